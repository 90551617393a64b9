//! Enums: their values are of one type, each once, and the type says so.

use serde_json::{Map, Number, Value, json};

use super::{Mender, Repair, shown};
use crate::pointer::Pointer;

pub(super) fn repair(schema: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    let place = at.key("enum");
    match schema.get_mut("enum") {
        Some(Value::Array(_)) => {}
        Some(Value::Object(_)) | None => return,
        Some(scalar) => {
            let message = format!("`enum` is {}, taken for a list of it", shown(scalar));
            mender.note(&place, Repair::MissingList, &message, "put it into a list");
            *scalar = Value::Array(vec![scalar.take()]);
        }
    }
    let Some(Value::Array(values)) = schema.shift_remove("enum") else { return };
    let mut values = unique(values, &place, mender);
    null(schema, &mut values, &place, mender);
    kind(schema, &mut values, at, mender);
    let mut values = unique(values, &place, mender);
    case(&values, &place, mender);
    if schema.get("type").is_some_and(|kind| kind == "array") && values.iter().all(|value| !value.is_array())
    {
        values = to_items(schema, values, at, mender);
    }
    if !values.is_empty() {
        schema.insert("enum".to_owned(), Value::Array(values));
    }
}

fn unique(values: Vec<Value>, at: &Pointer, mender: &mut Mender<'_>) -> Vec<Value> {
    let mut seen: Vec<Value> = Vec::with_capacity(values.len());
    let mut keys = std::collections::HashSet::new();
    for value in values {
        if keys.insert(value.to_string()) {
            seen.push(value);
        } else {
            let message = format!("the enum has {} twice, taken once", shown(&value));
            mender.note(at, Repair::RepeatedEnumValue, &message, "remove one of them");
        }
    }
    seen
}

/// `null` among the values says that the schema is nullable.
fn null(schema: &mut Map<String, Value>, values: &mut Vec<Value>, at: &Pointer, mender: &mut Mender<'_>) {
    let Some(index) = values.iter().position(Value::is_null) else { return };
    let nullable = schema.get("nullable") == Some(&Value::Bool(true))
        || match schema.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "null"),
            Some(kind) => kind == "null",
            None => mender.is_newer,
        };
    if nullable || values.len() == 1 {
        return;
    }
    if mender.is_newer {
        values.remove(index);
        let message = "the enum has null, which its `type` does not allow, taken as absent";
        mender.note(at, Repair::EnumValue, message, "add \"null\" to `type`, or remove it");
    } else {
        schema.insert("nullable".to_owned(), Value::Bool(true));
        let message = "the enum has null, taken for `nullable: true`";
        mender.note(at, Repair::EnumValue, message, "add `nullable: true`");
    }
}

/// The type that a value of an enum has; `None` for null.
fn kind_of(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    })
}

/// The one type of all values.
fn common(values: &[Value]) -> Option<&'static str> {
    let mut kinds: Vec<_> = values.iter().filter_map(kind_of).collect();
    kinds.sort_unstable();
    kinds.dedup();
    match kinds.as_slice() {
        [kind] => Some(kind),
        ["integer", "number"] => Some("number"),
        _ => None,
    }
}

fn kind(schema: &mut Map<String, Value>, values: &mut [Value], at: &Pointer, mender: &mut Mender<'_>) {
    let composed = ["allOf", "anyOf", "oneOf"].iter().any(|key| schema.contains_key(*key));
    let written = match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        None if !composed => {
            if let Some(kind) = common(values) {
                let nullable = mender.is_newer && values.iter().any(Value::is_null);
                let message =
                    format!("`type` is missing beside an enum, taken for `{kind}`, as its values are");
                mender.note(at, Repair::MissingType, &message, &format!("add `type: {kind}`"));
                let kind = if nullable { json!([kind, "null"]) } else { Value::from(kind) };
                schema.insert("type".to_owned(), kind);
            }
            return;
        }
        _ => return,
    };
    let fits = |value: &Value| match kind_of(value) {
        None => true,
        Some("integer") => matches!(written.as_str(), "integer" | "number"),
        Some(kind) => kind == written,
    };
    if values.iter().all(fits) || written == "array" {
        return;
    }
    let converted: Vec<Option<Value>> = values
        .iter()
        .map(|value| if fits(value) { Some(value.clone()) } else { convert(value, &written) })
        .collect();
    if converted.iter().all(Option::is_some) {
        for (index, (value, taken)) in values.iter_mut().zip(converted.into_iter().flatten()).enumerate() {
            if *value != taken {
                let message = format!("{value} is no {written}, taken for {taken}");
                mender.note(&at.key("enum").index(index), Repair::EnumValue, &message, "write it so");
                *value = taken;
            }
        }
        return;
    }
    if let Some(kind) = common(values) {
        let message =
            format!("`type: {written}` contradicts the enum, taken for `type: {kind}`, as its values are");
        mender.note(&at.key("type"), Repair::TypeConflict, &message, &format!("write `type: {kind}`"));
        schema.insert("type".to_owned(), Value::from(kind));
    }
}

/// A scalar as one of another type, where it is written alike.
#[allow(clippy::cast_possible_truncation)] // The bounds are checked before.
pub(super) fn convert(value: &Value, kind: &str) -> Option<Value> {
    match (kind, value) {
        ("string", Value::Number(_) | Value::Bool(_)) => Some(Value::String(value.to_string())),
        ("integer", Value::String(text)) => text.trim().parse::<i64>().ok().map(Value::from),
        ("integer", Value::Number(number)) => {
            let number = number.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 9.0e15)?;
            Some(Value::from(number as i64))
        }
        ("number", Value::String(text)) => {
            let text = text.trim();
            let whole = text.parse::<i64>().ok().map(Value::from);
            whole.or_else(|| Number::from_f64(text.parse::<f64>().ok()?).map(Value::Number))
        }
        ("boolean", Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    }
}

/// An enum beside `type: array` whose values are no arrays is one of the elements.
fn to_items(
    schema: &mut Map<String, Value>,
    values: Vec<Value>,
    at: &Pointer,
    mender: &mut Mender<'_>,
) -> Vec<Value> {
    let items = schema.entry("items").or_insert_with(|| json!({}));
    let Value::Object(items) = items else { return values };
    if items.contains_key("enum") || items.contains_key("$ref") {
        let message = "no value of the enum is an array, the enum is taken as absent";
        mender.note(&at.key("enum"), Repair::TypeConflict, message, "move it into `items`");
        return Vec::new();
    }
    let message = "no value of the enum is an array, taken for the enum of the elements";
    mender.note(&at.key("enum"), Repair::TypeConflict, message, "move it into `items`");
    mender.scope.origins.moved(&at.key("enum"), &at.key("items").key("enum"));
    items.insert("enum".to_owned(), Value::Array(values));
    Vec::new()
}

/// Values that differ only in case are different values; whoever names types by them must know.
fn case(values: &[Value], at: &Pointer, mender: &mut Mender<'_>) {
    let mut seen: std::collections::HashMap<String, &str> = std::collections::HashMap::new();
    for value in values {
        let Some(text) = value.as_str() else { continue };
        if let Some(other) = seen.insert(text.to_ascii_lowercase(), text) {
            let message = format!("the enum has `{other}` and `{text}`, taken for two values");
            mender.note(at, Repair::EnumCase, &message, "keep one of them");
        }
    }
}
