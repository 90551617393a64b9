//! Limits of numbers, texts, lists and objects: whether fewer or more values are within them.

use std::cmp::Ordering;

use serde_json::Value;

use super::ChangeKind;
use super::collect::{Collector, In};
use super::flat::Flat;

/// All keywords that are judged here.
pub(super) const KEYWORDS: [&str; 12] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "multipleOf",
    "uniqueItems",
];

/// Lower bounds, and then the upper ones.
const BOUNDS: [(&str, Option<&str>, bool); 8] = [
    ("minimum", Some("exclusiveMinimum"), true),
    ("minLength", None, true),
    ("minItems", None, true),
    ("minProperties", None, true),
    ("maximum", Some("exclusiveMaximum"), false),
    ("maxLength", None, false),
    ("maxItems", None, false),
    ("maxProperties", None, false),
];

/// Compares the limits of two schemas.
pub(super) fn compare<'a>(collector: &mut Collector<'a>, pair: usize, old: &Flat<'a>, new: &Flat<'a>) {
    for (key, exclusive, is_lower) in BOUNDS {
        bound(collector, pair, (old, new), key, exclusive, is_lower);
    }
    multiple(collector, pair, old, new);
    match (old.is_true("uniqueItems"), new.is_true("uniqueItems")) {
        (false, true) => {
            let at = In::New(new.place("uniqueItems"));
            collector.add_to(pair, ChangeKind::LimitTightened, at, "elements have to be different now", None);
        }
        (true, false) => {
            let at = In::New(new.place("uniqueItems"));
            collector.add_to(pair, ChangeKind::LimitLoosened, at, "elements may be the same now", None);
        }
        _ => {}
    }
}

/// A bound, and whether the value itself is outside of it. It stays a JSON value, since not every integer is a double.
type Bound<'v> = Option<(&'v Value, bool)>;

fn bound<'a>(
    collector: &mut Collector<'a>,
    pair: usize,
    (old, new): (&Flat<'a>, &Flat<'a>),
    key: &str,
    exclusive: Option<&str>,
    is_lower: bool,
) {
    let of = |flat: &Flat<'a>| -> Bound<'a> {
        let value = flat.keywords.get(key).map(|at| at.value).filter(|value| value.is_number())?;
        // A count of nothing is no limit.
        let is_idle = is_lower && key != "minimum" && value.as_u64() == Some(0);
        (!is_idle).then(|| (value, exclusive.is_some_and(|key| flat.is_true(key))))
    };
    let shown = |(value, is_exclusive): (&Value, bool)| {
        format!("{value}{}", if is_exclusive { " (exclusive)" } else { "" })
    };
    let (kind, message) = match (of(old), of(new)) {
        (None, None) => return,
        (None, Some(b)) => {
            (ChangeKind::LimitTightened, format!("`{key}` is {} now, and was absent", shown(b)))
        }
        (Some(_), None) => (ChangeKind::LimitLoosened, format!("`{key}` is gone")),
        (Some(a), Some(b)) => {
            let is_tighter = match order(a.0, b.0) {
                Ordering::Equal if a.1 == b.1 => return,
                Ordering::Equal => b.1,
                Ordering::Less => is_lower,
                Ordering::Greater => !is_lower,
            };
            let kind = if is_tighter { ChangeKind::LimitTightened } else { ChangeKind::LimitLoosened };
            (kind, format!("`{key}` is {} now, and was {}", shown(b), shown(a)))
        }
    };
    let at = if new.keywords.contains_key(key) { In::New(new.place(key)) } else { In::Old(old.place(key)) };
    collector.add_to(pair, kind, at, message, None);
}

/// The order of two numbers: exact for integers.
fn order(a: &Value, b: &Value) -> Ordering {
    let integer = |value: &Value| value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.as_f64().unwrap_or_default().total_cmp(&b.as_f64().unwrap_or_default()),
    }
}

fn multiple<'a>(collector: &mut Collector<'a>, pair: usize, old: &Flat<'a>, new: &Flat<'a>) {
    let of = |flat: &Flat<'a>| flat.keywords.get("multipleOf").and_then(|at| at.value.as_f64());
    let is_multiple = |value: f64, of: f64| {
        let times = value / of;
        times.is_finite() && (times - times.round()).abs() < 1e-9
    };
    let (kind, message) = match (of(old), of(new)) {
        (None, Some(b)) => (ChangeKind::LimitTightened, format!("`multipleOf` is {b} now, and was absent")),
        (Some(_), None) => (ChangeKind::LimitLoosened, "`multipleOf` is gone".to_owned()),
        (Some(a), Some(b)) if (a - b).abs() > 0.0 => {
            let kind = if is_multiple(b, a) {
                ChangeKind::LimitTightened
            } else if is_multiple(a, b) {
                ChangeKind::LimitLoosened
            } else {
                ChangeKind::LimitChanged
            };
            (kind, format!("`multipleOf` is {b} now, and was {a}"))
        }
        _ => return,
    };
    let at = if new.keywords.contains_key("multipleOf") {
        In::New(new.place("multipleOf"))
    } else {
        In::Old(old.place("multipleOf"))
    };
    collector.add_to(pair, kind, at, message, None);
}
