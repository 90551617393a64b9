//! Texts become JSON values: single ones as their shape says, and many of them by their places inside of a value.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use crate::body::{Strict, parse_json};
use crate::definition::Shape;
use crate::rejection::{Problem, Rejection};

/// How many brackets a name may have: what is deeper is an attack on the stack.
const MAX_DEPTH: usize = 16;

/// A decoded text and its place inside of a value.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) place: Vec<String>,
    pub(crate) text: Cow<'a, str>,
    /// Whether only its name was there.
    pub(crate) bare: bool,
}

/// What is wrong, and where in the value, as a JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) pointer: String,
    pub(crate) problem: Problem,
}

impl<'a> Entry<'a> {
    pub(crate) const fn whole(text: Cow<'a, str>) -> Self {
        Self { place: Vec::new(), text, bare: false }
    }
}

impl Fault {
    /// The same, in one sentence about the whole value.
    pub(crate) fn into_problem(self) -> Problem {
        if self.pointer.is_empty() {
            return self.problem;
        }
        let text = match self.problem {
            Problem::Malformed(text) => text,
            problem => problem.to_string(),
        };
        Problem::Malformed(format!("{text} at `{}`", self.pointer))
    }

    fn below(mut self, segment: &str) -> Self {
        self.pointer = format!("/{}{}", segment.replace('~', "~0").replace('/', "~1"), self.pointer);
        self
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self { pointer: String::new(), problem }
    }
}

/// The value of a single text. Arrays and objects are JSON here.
pub(crate) fn single(shape: &Shape, text: &str, bare: bool) -> Result<Value, Problem> {
    Ok(match shape {
        Shape::String => text.into(),
        Shape::Integer => match number(text) {
            Some(number) if number.is_i64() || number.is_u64() => Value::Number(number),
            _ => return Err(malformed("must be an integer")),
        },
        Shape::Number => Value::Number(number(text).ok_or_else(|| malformed("must be a number"))?),
        Shape::Boolean if bare => true.into(),
        Shape::Boolean => match text {
            "true" => true.into(),
            "false" => false.into(),
            _ => return Err(malformed("must be true or false")),
        },
        Shape::Any => scalar(text),
        Shape::Json => json(text)?,
        Shape::Array(_) if text.is_empty() => Value::Array(Vec::new()),
        Shape::Object(..) if text.is_empty() => Value::Object(Map::new()),
        Shape::Array(_) => {
            json(text).ok().filter(Value::is_array).ok_or_else(|| malformed("must be a JSON array"))?
        }
        Shape::Object(..) => {
            json(text).ok().filter(Value::is_object).ok_or_else(|| malformed("must be a JSON object"))?
        }
    })
}

/// The value that the entries make up together.
pub(crate) fn compose(shape: &Shape, entries: &[Entry<'_>]) -> Result<Value, Fault> {
    compose_at(shape, &entries.iter().collect::<Vec<_>>(), 0)
}

/// The place that a name with brackets stands for: `a[b][]` is below `a` and `b`. None for any other name.
pub(crate) fn bracketed(name: &str) -> Result<Option<Vec<String>>, Problem> {
    let Some((head, rest)) = name.split_once('[') else { return Ok(None) };
    let Some(inner) = rest.strip_suffix(']').filter(|_| !head.is_empty()) else { return Ok(None) };
    let mut place = vec![head.to_owned()];
    for segment in inner.split("][") {
        if segment.contains(['[', ']']) {
            return Ok(None);
        }
        if place.len() > MAX_DEPTH {
            return Err(malformed("is nested too deeply"));
        }
        place.push(segment.to_owned());
    }
    Ok(Some(place))
}

pub(crate) fn malformed(text: &str) -> Problem {
    Problem::Malformed(text.to_owned())
}

fn compose_at(shape: &Shape, entries: &[&Entry<'_>], depth: usize) -> Result<Value, Fault> {
    let deeper = || entries.iter().any(|entry| entry.place.len() > depth);
    match shape {
        Shape::Array(item) => array(item, entries, depth),
        Shape::Object(known, others) => object(known, *others, entries, depth),
        Shape::Any if deeper() => {
            let is_element = |entry: &&Entry<'_>| entry.place.get(depth).is_some_and(|key| is_index(key));
            if entries.iter().all(is_element) {
                array(&Shape::Any, entries, depth)
            } else {
                object(&[], Some(&Shape::Any), entries, depth)
            }
        }
        Shape::Any if entries.len() > 1 => array(&Shape::Any, entries, depth),
        shape => match entries {
            [] => Err(Problem::Missing.into()),
            [entry] if entry.place.len() > depth => Err(malformed("must be a single value").into()),
            [entry] => Ok(single(shape, &entry.text, entry.bare)?),
            _ => Err(Problem::Duplicate.into()),
        },
    }
}

/// Unnumbered elements come in the order of the request, then the numbered ones in the order of their numbers.
fn array(item: &Shape, entries: &[&Entry<'_>], depth: usize) -> Result<Value, Fault> {
    if let [entry] = entries
        && entry.place.len() == depth
        && entry.text.is_empty()
    {
        return Ok(Value::Array(Vec::new()));
    }
    let mut elements = Vec::new();
    let mut numbered: BTreeMap<usize, Vec<&Entry<'_>>> = BTreeMap::new();
    let below = |index: usize| move |fault: Fault| fault.below(&index.to_string());
    for &entry in entries {
        match entry.place.get(depth).map(String::as_str) {
            None => {
                let value = single(item, &entry.text, entry.bare);
                elements.push(value.map_err(|problem| below(elements.len())(problem.into()))?);
            }
            Some("") => {
                let value = compose_at(item, &[entry], depth + 1);
                elements.push(value.map_err(below(elements.len()))?);
            }
            Some(key) => {
                let index = Some(key).filter(|key| is_index(key)).and_then(|key| key.parse().ok());
                let index = index.ok_or_else(|| malformed("must be an array"))?;
                numbered.entry(index).or_default().push(entry);
            }
        }
    }
    for entries in numbered.into_values() {
        let value = compose_at(item, &entries, depth + 1);
        elements.push(value.map_err(below(elements.len()))?);
    }
    Ok(Value::Array(elements))
}

fn object(
    known: &[(&str, Shape)],
    others: Option<&Shape>,
    entries: &[&Entry<'_>],
    depth: usize,
) -> Result<Value, Fault> {
    if let [entry] = entries
        && entry.place.len() == depth
    {
        return Ok(single(&Shape::Object(&[], None), &entry.text, entry.bare)?);
    }
    let mut members: BTreeMap<&str, Vec<&Entry<'_>>> = BTreeMap::new();
    for &entry in entries {
        let key = entry.place.get(depth).ok_or_else(|| malformed("must be an object"))?;
        members.entry(key).or_default().push(entry);
    }
    let mut value = Map::new();
    for (key, entries) in members {
        let shape = known.iter().find(|(name, _)| *name == key).map(|(_, shape)| shape);
        let shape = shape.or(others).unwrap_or(&Shape::Any);
        let member = compose_at(shape, &entries, depth + 1).map_err(|fault| fault.below(key))?;
        value.insert(key.to_owned(), member);
    }
    Ok(Value::Object(value))
}

fn is_index(key: &str) -> bool {
    key.len() <= 9 && key.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number, a truth value or the text. Integers too long for JSON's common ones stay text, so that no digit is lost.
fn scalar(text: &str) -> Value {
    match text {
        "true" => true.into(),
        "false" => false.into(),
        _ => {
            let integer = !text.contains(['.', 'e', 'E']);
            let exact = |number: &Number| !integer || number.is_i64() || number.is_u64();
            number(text).filter(exact).map_or_else(|| text.into(), Value::Number)
        }
    }
}

fn json(text: &str) -> Result<Value, Problem> {
    match parse_json::<Strict>(text.as_bytes()) {
        Ok(Strict(value)) => Ok(value),
        Err(Rejection::InvalidBody { reason, .. }) => {
            Err(Problem::Malformed(format!("must be JSON: {reason}")))
        }
        Err(_) => Err(malformed("must be JSON")),
    }
}

/// A number in JSON's notation, so that `+5`, `007` and ` 5` are none.
fn number(text: &str) -> Option<Number> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if plain { serde_json::from_str(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn integers_are_json_integers() {
        assert_eq!(single(&Shape::Integer, "-5", false), Ok(json!(-5)));
        assert_eq!(single(&Shape::Integer, "18446744073709551615", false), Ok(json!(u64::MAX)));
        for text in ["", "+5", "007", " 5", "5 ", "1.0", "1e3", "0x10", "five"] {
            assert!(single(&Shape::Integer, text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_and_booleans_are_json_ones() {
        assert_eq!(single(&Shape::Number, "1.5e3", false), Ok(json!(1500.0)));
        assert!(single(&Shape::Number, "NaN", false).is_err());
        assert_eq!(single(&Shape::Boolean, "true", false), Ok(json!(true)));
        assert_eq!(single(&Shape::Boolean, "", true), Ok(json!(true)));
        assert!(single(&Shape::Boolean, "True", false).is_err());
        assert!(single(&Shape::Boolean, "", false).is_err());
    }

    #[test]
    fn any_is_what_json_makes_of_a_scalar_and_otherwise_text() {
        let rows = [
            ("1", json!(1)),
            ("-1.5", json!(-1.5)),
            ("true", json!(true)),
            ("null", json!("null")),
            ("007", json!("007")),
            ("1e999", json!("1e999")),
            ("123456789012345678901234", json!("123456789012345678901234")),
            ("[1]", json!("[1]")),
            ("", json!("")),
        ];
        for (text, value) in rows {
            assert_eq!(single(&Shape::Any, text, false), Ok(value), "{text}");
        }
    }

    #[test]
    fn names_with_brackets_are_places() {
        let rows = [
            ("a[b]", Some(vec!["a", "b"])),
            ("a[b][]", Some(vec!["a", "b", ""])),
            ("a[]", Some(vec!["a", ""])),
            ("a", None),
            ("a[b", None),
            ("a[b]c", None),
            ("[b]", None),
            ("a[[b]]", None),
            ("a[b]]", None),
        ];
        for (name, place) in rows {
            let place = place.map(|place| place.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(bracketed(name), Ok(place), "{name}");
        }
        assert!(bracketed(&format!("a{}", "[b]".repeat(MAX_DEPTH))).is_ok());
        assert!(bracketed(&format!("a{}", "[b]".repeat(MAX_DEPTH + 1))).is_err());
    }
}
