//! Schemas of JSON Schema 2020-12 in the words of OpenAPI 3.0: the inner ones before those around them.

use serde_json::{Map, Value, json};

use super::{Terms, keywords, types};
use crate::grammar::{self, Form, Role};
use crate::pointer::Pointer;

pub(super) fn normalise(root: &mut Value, terms: &mut Terms<'_>) {
    grammar::walk_inside_out(Role::Document, root, &mut Pointer::root(), &mut |role, value, at| {
        let Value::Object(members) = value else { return };
        truth_values(role, members);
        if role == Role::Schema {
            schema(members, at, terms);
        }
        if role == Role::Discriminator && members.shift_remove("defaultMapping").is_some() {
            let message = "`defaultMapping` is not followed: a value without the property is refused";
            let help = "require the property";
            terms.note(&at.key("defaultMapping"), super::Reduction::DefaultMapping, message, help);
        }
    });
}

fn schema(schema: &mut Map<String, Value>, at: &Pointer, terms: &mut Terms<'_>) {
    keywords::drop_annotations(schema);
    keywords::assertions(schema, at, terms);
    keywords::bounds(schema, at, terms);
    keywords::content(schema, at, terms);
    keywords::tuples(schema, at, terms);
    keywords::properties(schema, at, terms);
    keywords::examples(schema, at, terms);
    constant(schema, at, terms);
    types::normalise(schema, at, terms);
    null_branches(schema, at, terms);
    reference(schema, at, terms);
}

/// `true` and `false` as schemas.
fn truth_values(role: Role, members: &mut Map<String, Value>) {
    let schema = |value: &mut Value| match value {
        Value::Bool(true) => *value = json!({}),
        Value::Bool(false) => *value = json!({"not": {}}),
        _ => {}
    };
    for (key, member) in members {
        match role.member(key) {
            Some(Form::One(Role::Schema)) => {
                let kept = matches!(
                    key.as_str(),
                    "additionalProperties" | "unevaluatedProperties" | "unevaluatedItems" | "items"
                );
                if role != Role::Schema || !kept {
                    schema(member);
                }
            }
            Some(Form::List(Role::Schema)) => member.as_array_mut().into_iter().flatten().for_each(schema),
            Some(Form::Map(Role::Schema)) => {
                member.as_object_mut().into_iter().flatten().for_each(|(_, member)| schema(member));
            }
            _ => {}
        }
    }
}

/// `const` is an enum of one value.
fn constant(schema: &mut Map<String, Value>, at: &Pointer, terms: &mut Terms<'_>) {
    let Some(value) = schema.shift_remove("const") else { return };
    let kind = match &value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    terms.moved(&at.key("const"), &at.key("enum").index(0));
    if !["type", "allOf", "anyOf", "oneOf", "$ref"].iter().any(|key| schema.contains_key(*key)) {
        schema.insert("type".to_owned(), Value::from(kind));
    }
    schema.insert("enum".to_owned(), Value::Array(vec![value]));
}

/// Takes branches that allow null and nothing else for `nullable: true`.
fn null_branches(schema: &mut Map<String, Value>, at: &Pointer, terms: &mut Terms<'_>) {
    for key in ["anyOf", "oneOf"] {
        let Some(Value::Array(branches)) = schema.get_mut(key) else { continue };
        if !branches.iter().any(types::is_null) {
            continue;
        }
        let place = at.key(key);
        let mut kept = Vec::new();
        for (index, branch) in std::mem::take(branches).into_iter().enumerate() {
            if !types::is_null(&branch) {
                terms.moved(&place.index(index), &place.index(kept.len()));
                kept.push(branch);
            }
        }
        match kept.len() {
            0 => {
                schema.shift_remove(key);
                schema.insert("enum".to_owned(), json!([null]));
            }
            1 if !schema.contains_key("allOf") && !schema.contains_key("discriminator") => {
                schema.shift_remove(key);
                terms.moved(&place.index(0), &at.key("allOf").index(0));
                schema.insert("allOf".to_owned(), Value::Array(kept));
            }
            _ => {
                schema.insert(key.to_owned(), Value::Array(kept));
            }
        }
        schema.insert("nullable".to_owned(), Value::Bool(true));
    }
}

/// A `$ref` beside other keywords is one of the schemas that all hold.
fn reference(schema: &mut Map<String, Value>, at: &Pointer, terms: &mut Terms<'_>) {
    if !schema.get("$ref").is_some_and(Value::is_string) {
        return;
    }
    schema.shift_remove("summary");
    if schema.keys().all(|key| key == "$ref" || (key.starts_with("x-") && key != keywords::ASSERTIONS)) {
        return;
    }
    let Some(reference) = schema.shift_remove("$ref") else { return };
    let reference = json!({ "$ref": reference });
    match schema.get_mut("allOf") {
        Some(Value::Array(all)) => {
            let place = at.key("allOf");
            for index in (0..all.len()).rev() {
                terms.moved(&place.index(index), &place.index(index + 1));
            }
            terms.moved(at, &place.index(0));
            all.insert(0, reference);
        }
        _ => {
            schema.insert("allOf".to_owned(), Value::Array(vec![reference]));
        }
    }
}
