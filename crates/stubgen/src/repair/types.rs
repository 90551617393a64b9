//! `type`: words that other languages use for one, and what the other keywords say where it is absent.

use serde_json::{Map, Value, json};

use super::{Mender, Repair};
use crate::pointer::Pointer;

const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "null"];

/// Takes a word that is no type for the one it means.
pub(super) fn unknown(
    schema: &mut Map<String, Value>,
    components: &[String],
    at: &Pointer,
    mender: &mut Mender<'_>,
) {
    let Some(word) = schema.get("type").and_then(Value::as_str).map(str::to_owned) else { return };
    if TYPES.contains(&word.as_str()) {
        return;
    }
    let place = at.key("type");
    let help = "types are string, number, integer, boolean, array and object";
    if components.contains(&word) && schema.len() == 1 {
        let reference = format!("#{}", Pointer::root().key("components").key("schemas").key(&word).as_str());
        let message = format!("`type: {word}` names a schema, taken for `$ref: '{reference}'`");
        mender.note(&place, Repair::UnknownType, &message, "refer to a schema by `$ref`");
        schema.clear();
        schema.insert("$ref".to_owned(), Value::String(reference));
        return;
    }
    let Some((kind, format)) = meaning(&word) else { return };
    let taken = match (kind, format) {
        (None, _) => "any value".to_owned(),
        (Some(kind), None) => format!("`type: {kind}`"),
        (Some(kind), Some(format)) => format!("`type: {kind}, format: {format}`"),
    };
    let message = format!("`{word}` is no type, taken for {taken}");
    mender.note(&place, Repair::UnknownType, &message, help);
    match kind {
        Some(kind) => schema.insert("type".to_owned(), Value::from(kind)),
        None => schema.shift_remove("type"),
    };
    if let Some(format) = format {
        schema.entry("format").or_insert_with(|| Value::from(format));
    }
}

/// The type, unless any, and the format that a word stands for.
fn meaning(word: &str) -> Option<(Option<&'static str>, Option<&'static str>)> {
    let plain = |kind| Some((Some(kind), None));
    let formatted = |kind, format| Some((Some(kind), Some(format)));
    match word.trim().to_ascii_lowercase().as_str() {
        "string" | "str" | "text" | "char" | "enum" => plain("string"),
        "integer" | "int" | "short" | "timestamp" | "bigint" | "uint" => plain("integer"),
        "int32" => formatted("integer", "int32"),
        "int64" | "long" => formatted("integer", "int64"),
        "number" | "numeric" | "decimal" | "real" => plain("number"),
        "float" => formatted("number", "float"),
        "double" => formatted("number", "double"),
        "boolean" | "bool" => plain("boolean"),
        "array" | "list" | "set" | "collection" => plain("array"),
        "object" | "dict" | "dictionary" | "map" | "hash" | "json" | "struct" => plain("object"),
        "null" | "none" | "nil" => plain("null"),
        "any" | "mixed" | "*" | "" | "unknown" => Some((None, None)),
        "file" | "binary" => formatted("string", "binary"),
        "byte" | "base64" => formatted("string", "byte"),
        "date" => formatted("string", "date"),
        "datetime" | "date-time" | "date_time" => formatted("string", "date-time"),
        "time" => formatted("string", "time"),
        "uuid" | "guid" => formatted("string", "uuid"),
        "uri" | "url" => formatted("string", "uri"),
        "email" => formatted("string", "email"),
        "password" => formatted("string", "password"),
        "ipv4" => formatted("string", "ipv4"),
        "ipv6" => formatted("string", "ipv6"),
        _ => None,
    }
}

/// `items` where no array is, and arrays without.
pub(super) fn items(schema: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    let Some(kind) = schema.get("type").and_then(Value::as_str) else { return };
    if kind == "array" {
        if !schema.contains_key("items") && !schema.contains_key("prefixItems") && !mender.is_newer {
            let message = "an array has no `items`, taken for an array of anything";
            mender.note(at, Repair::MissingItems, message, "add `items` with the schema of the elements");
            schema.insert("items".to_owned(), json!({}));
        }
    } else if schema.contains_key("items") {
        let message = format!("`items` means nothing for `type: {kind}`, taken as absent");
        mender.note(&at.key("items"), Repair::StrayItems, &message, "remove it, or write `type: array`");
        schema.shift_remove("items");
    }
}

/// Keywords that speak of values of one type only, with that type.
const TELLING: [(&str, &str); 16] = [
    ("properties", "object"),
    ("additionalProperties", "object"),
    ("patternProperties", "object"),
    ("minProperties", "object"),
    ("maxProperties", "object"),
    ("items", "array"),
    ("prefixItems", "array"),
    ("minItems", "array"),
    ("maxItems", "array"),
    ("uniqueItems", "array"),
    ("minLength", "string"),
    ("maxLength", "string"),
    ("pattern", "string"),
    ("minimum", "number"),
    ("maximum", "number"),
    ("multipleOf", "number"),
];

/// Adds the type that all other keywords speak of.
pub(super) fn missing(schema: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    const DECIDING: [&str; 8] = ["type", "enum", "const", "allOf", "anyOf", "oneOf", "not", "$dynamicRef"];
    if DECIDING.iter().any(|key| schema.contains_key(*key)) {
        return;
    }
    let mut kinds: Vec<&str> =
        TELLING.iter().filter(|(key, _)| schema.contains_key(*key)).map(|(_, kind)| *kind).collect();
    kinds.dedup();
    let format = schema.get("format").and_then(Value::as_str);
    let kind = match (kinds.as_slice(), format) {
        ([kind], _) => *kind,
        ([], Some("int32" | "int64")) => "integer",
        ([], Some("float" | "double")) => "number",
        (
            [],
            Some(
                "date" | "date-time" | "uuid" | "uri" | "email" | "byte" | "binary" | "password" | "ipv4"
                | "ipv6" | "hostname",
            ),
        ) => "string",
        _ => return,
    };
    let kind = if kind == "number" && matches!(format, Some("int32" | "int64")) { "integer" } else { kind };
    if is_condition(at, kind) {
        return;
    }
    let message = format!("`type` is missing, taken for `{kind}`, which the other keywords speak of");
    mender.note(at, Repair::MissingType, &message, &format!("add `type: {kind}`"));
    schema.insert("type".to_owned(), Value::from(kind));
    if kind == "array" {
        schema.entry("items").or_insert_with(|| json!({}));
    }
}

/// Whether the schema stands where keywords say something about values that have a type already. Properties in such a place are the usual
/// way to compose objects.
fn is_condition(at: &Pointer, kind: &str) -> bool {
    let Some((around, last)) = at.split_last() else { return false };
    match (last, around.split_last()) {
        ("not" | "if" | "then" | "else" | "contains" | "propertyNames", Some((_, outer))) => {
            outer != "properties"
        }
        (_, Some((_, "allOf" | "anyOf" | "oneOf"))) => kind != "object",
        (_, Some((_, "dependentSchemas"))) => true,
        _ => false,
    }
}
