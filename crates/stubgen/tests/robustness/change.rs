//! Changes of a document at random places: values, keys, kinds and shapes that somebody could have written.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A place, by its position among all places of a document, and what happens to it.
pub(crate) type Edit = (prop::sample::Index, Change);

/// What happens to a place.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Replace(Value),
    /// Text before and behind the text (or key) that is there.
    Around {
        before: String,
        behind: String,
    },
    Remove,
    Rename(String),
    Duplicate,
    CopyFrom(prop::sample::Index),
    Swap(prop::sample::Index),
    /// The value inside of so many lists.
    Nest(usize),
    /// A value becomes its text, a text that is a number becomes one, an object a list of its values, and so on.
    Retype,
}

/// Up to `most` changes.
pub(crate) fn edits(most: usize) -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec((any::<prop::sample::Index>(), change()), 0..=most)
}

/// The document with the changes, one after the other.
pub(crate) fn changed(mut document: Value, edits: &[Edit]) -> Value {
    for (at, change) in edits {
        apply(&mut document, *at, change);
    }
    document
}

fn change() -> impl Strategy<Value = Change> {
    let values = prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(-0.0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(9_007_199_254_740_993_u64),
        json!(""),
        json!(" "),
        json!("{}"),
        json!("object"),
        json!("integer"),
        json!("#/components/schemas/A"),
        json!("#/paths/~1a~1{id}"),
        json!("#/components/schemas/A/properties/next"),
        json!("other.yaml#/x"),
        json!("żółw \u{202e} */ \"#"),
        json!("\u{0}\n\r\t\u{2028}"),
        json!("r#\"x\"#"),
        json!("'; }} {{ \\"),
        json!([]),
        json!({}),
        json!(["string", "null", "object"]),
        json!({"$ref": "#/components/schemas/U"}),
        json!({"$ref": "#"}),
        json!({"type": "array", "items": {"type": "array", "items": {"type": "object", "additionalProperties": true}}}),
        json!({"allOf": [{"$ref": "#/components/schemas/A"}, {"type": "string"}]}),
        json!({"oneOf": [{"type": "string"}, {"type": "integer"}, {"$ref": "#/components/schemas/A"}]}),
        json!({"type": "string", "format": "binary"}),
        json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": 1e30}),
        json!([[], {}, null, 1, "x", "X", true]),
    ]);
    let names = prop::sample::select(vec![
        "$ref",
        "type",
        "enum",
        "items",
        "const",
        "x-a",
        "",
        "/a/{id}",
        "/a/{id}?x={y}#z",
        "{}{",
        "2xx",
        "default",
        "patternProperties",
        "additionalProperties",
        "swagger",
        "prefixItems",
        "required",
        "ą b",
        "self",
        "Self",
        "fn",
        "r#type",
        "type ",
        "async",
        "200",
        "body",
        "Request",
        "Option",
        "String",
        "Vec",
        "api",
        "new",
        "client",
        "\u{202e}",
        "a\"b",
        "*/",
        "__",
        "1",
    ]);
    let texts = prop::sample::select(vec![
        "", "\"", "*/", "\n", "{", "}}", "#", "\u{202e}", "\u{0}", "r#\"", "\\", "é", "_", "A", "-", " ",
    ]);
    let text = texts.prop_map(str::to_owned);
    prop_oneof![
        4 => values.prop_map(Change::Replace),
        2 => (text.clone(), text).prop_map(|(before, behind)| Change::Around { before, behind }),
        2 => Just(Change::Remove),
        3 => names.prop_map(|name| Change::Rename(name.to_owned())),
        1 => Just(Change::Duplicate),
        3 => any::<prop::sample::Index>().prop_map(Change::CopyFrom),
        1 => any::<prop::sample::Index>().prop_map(Change::Swap),
        1 => prop::sample::select(vec![1_usize, 3, 60, 200]).prop_map(Change::Nest),
        1 => Just(Change::Retype),
    ]
}

/// All places of a document, as pointers.
pub(crate) fn places(value: &Value) -> Vec<String> {
    fn walk(value: &Value, pointer: &str, found: &mut Vec<String>) {
        found.push(pointer.to_owned());
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    walk(member, &format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), found);
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    walk(element, &format!("{pointer}/{index}"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

fn apply(document: &mut Value, at: prop::sample::Index, change: &Change) {
    let found = places(document);
    let place = at.get(&found).clone();
    let Some((around, last)) = place.rsplit_once('/') else { return };
    let key = last.replace("~1", "/").replace("~0", "~");
    match change {
        Change::Replace(value) => set(document, &place, value.clone()),
        Change::CopyFrom(from) => {
            let copied = document.pointer(from.get::<String>(&found)).cloned();
            set(document, &place, copied.unwrap_or_default());
        }
        Change::Swap(with) => {
            let other = with.get::<String>(&found).clone();
            let (here, there) = (document.pointer(&place).cloned(), document.pointer(&other).cloned());
            set(document, &other, here.unwrap_or_default());
            set(document, &place, there.unwrap_or_default());
        }
        Change::Nest(depth) => {
            let value = document.pointer(&place).cloned().unwrap_or_default();
            set(document, &place, (0..*depth).fold(value, |inner, _| json!([inner])));
        }
        Change::Retype => {
            let value = document.pointer(&place).map(retyped);
            set(document, &place, value.unwrap_or_default());
        }
        Change::Around { before, behind } => {
            let text = document
                .pointer(&place)
                .and_then(Value::as_str)
                .map(|text| format!("{before}{text}{behind}"));
            match text {
                Some(text) => set(document, &place, Value::String(text)),
                None => rename(document, around, &key, &format!("{before}{key}{behind}")),
            }
        }
        Change::Rename(name) => rename(document, around, &key, name),
        Change::Remove => remove(document, around, &key),
        Change::Duplicate => duplicate(document, around, &key),
    }
}

fn set(document: &mut Value, place: &str, value: Value) {
    if let Some(place) = document.pointer_mut(place) {
        *place = value;
    }
}

fn retyped(value: &Value) -> Value {
    match value {
        Value::String(text) => text.parse::<f64>().map_or_else(|_| json!([text]), |number| json!(number)),
        Value::Array(elements) => {
            elements.iter().enumerate().map(|(index, element)| (index.to_string(), element.clone())).collect()
        }
        Value::Object(members) => Value::Array(members.values().cloned().collect()),
        Value::Null => json!("null"),
        other => json!(other.to_string()),
    }
}

fn rename(document: &mut Value, around: &str, key: &str, name: &str) {
    if let Some(Value::Object(members)) = document.pointer_mut(around) {
        let renamed: Map<String, Value> = std::mem::take(members)
            .into_iter()
            .map(|(known, value)| (if known == key { name.to_owned() } else { known }, value))
            .collect();
        *members = renamed;
    }
}

fn remove(document: &mut Value, around: &str, key: &str) {
    match document.pointer_mut(around) {
        Some(Value::Object(members)) => {
            members.shift_remove(key);
        }
        Some(Value::Array(elements)) => {
            elements.remove(key.parse().expect("an index"));
        }
        _ => {}
    }
}

fn duplicate(document: &mut Value, around: &str, key: &str) {
    match document.pointer_mut(around) {
        Some(Value::Object(members)) => {
            let value = members.get(key).cloned().unwrap_or_default();
            members.insert(format!("{key}2"), value);
        }
        Some(Value::Array(elements)) => {
            let value = elements[key.parse::<usize>().expect("an index")].clone();
            elements.push(value);
        }
        _ => {}
    }
}
