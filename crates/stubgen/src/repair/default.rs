//! Defaults: each fits its schema, or there is none.

use serde_json::{Map, Value};

use super::enumeration::convert;
use super::{Mender, Repair, shown};
use crate::pointer::Pointer;

pub(super) fn repair(schema: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    let Some(default) = schema.get("default") else { return };
    if fits(default, schema) {
        return;
    }
    let place = at.key("default");
    let help = "write a default that fits its schema, or remove it";
    let taken = candidates(default, schema).into_iter().find(|taken| fits(taken, schema));
    if let Some(taken) = taken {
        let message =
            format!("the default {} does not fit its schema, taken for {}", shown(default), shown(&taken));
        mender.note(&place, Repair::Default, &message, help);
        schema.insert("default".to_owned(), taken);
    } else {
        let message = format!("the default {} does not fit its schema, taken as absent", shown(default));
        mender.note(&place, Repair::Default, &message, help);
        schema.shift_remove("default");
    }
}

/// What else the default can mean.
fn candidates(default: &Value, schema: &Map<String, Value>) -> Vec<Value> {
    let mut candidates = Vec::new();
    if let Some(Value::String(kind)) = schema.get("type") {
        candidates.extend(convert(default, kind));
        if kind == "array" && !default.is_null() && default != "" {
            candidates.push(Value::Array(vec![default.clone()]));
        }
    }
    if let (Some(text), Some(Value::Array(values))) = (default.as_str(), schema.get("enum")) {
        let near = values.iter().filter(|value| value.as_str().is_some_and(|v| v.eq_ignore_ascii_case(text)));
        candidates.extend(near.cloned());
    }
    candidates
}

fn fits(value: &Value, schema: &Map<String, Value>) -> bool {
    if value.is_null() && schema.get("nullable") == Some(&Value::Bool(true)) {
        return true;
    }
    let of_type = |kind: &str| match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    };
    let typed = match schema.get("type") {
        Some(Value::String(kind)) => of_type(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(of_type),
        _ => true,
    };
    let listed = match schema.get("enum") {
        Some(Value::Array(values)) => values.contains(value),
        _ => true,
    };
    // An array with a default is checked by its elements where these are an enum: the usual mistake.
    let elements = match (value, schema.get("items").and_then(|items| items.get("enum"))) {
        (Value::Array(elements), Some(Value::Array(values))) => {
            elements.iter().all(|element| values.contains(element))
        }
        _ => true,
    };
    typed && listed && elements
}
