//! Fields whose value has another JSON type than OpenAPI says, for every part of a document alike, by the tables of [`crate::grammar`].

use serde_json::{Map, Number, Value, json};

use super::{Mender, Repair, rename, security, shown};
use crate::grammar::{self, Form, METHODS, Role};
use crate::pointer::Pointer;

pub(super) fn repair(root: &mut Value, mender: &mut Mender<'_>) {
    grammar::walk(Role::Document, root, &mut Pointer::root(), &mut |role, value, pointer| {
        match value {
            // An empty part is what was left out; an empty requirement would be an open door.
            Value::Null if role != Role::Requirement => {
                let message = "null stands where an object is expected, taken for an empty one";
                mender.note(pointer, Repair::NullField, message, "write what it is, or remove it");
                *value = json!({});
            }
            Value::String(name) if role == Role::Discriminator => {
                let message = format!("a discriminator is an object, taken for the property `{name}`");
                let help = format!("write `discriminator: {{propertyName: {name}}}`");
                mender.note(pointer, Repair::SwaggerTerm, &message, &help);
                *value = json!({ "propertyName": name });
            }
            _ => {}
        }
        let Value::Object(members) = value else { return };
        if matches!(role, Role::Parameter | Role::Header) {
            wrap_schema(members, pointer, mender);
        }
        if role == Role::SecurityScheme {
            security::terms(members, pointer, mender);
        }
        let keys: Vec<String> = members.keys().cloned().collect();
        for key in keys {
            match role.member(&key) {
                Some(form) => known(role, form, &key, members, pointer, mender),
                None => unknown(role, &key, members, pointer, mender),
            }
        }
    });
}

/// `type` and its kin directly in a parameter or a header, as Swagger 2.0 has them.
fn wrap_schema(members: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    const KEYS: [&str; 19] = [
        "type",
        "format",
        "items",
        "enum",
        "default",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "uniqueItems",
        "nullable",
        "oneOf",
        "anyOf",
    ];
    let stray: Vec<_> = KEYS.into_iter().filter(|key| members.contains_key(*key)).collect();
    if stray.is_empty() || members.contains_key("$ref") || members.contains_key("content") {
        return;
    }
    let schema = members.entry("schema").or_insert_with(|| json!({}));
    let Value::Object(schema) = schema else { return };
    if schema.contains_key("$ref") {
        return;
    }
    let mut schema = std::mem::take(schema);
    for key in &stray {
        if let Some(value) = members.shift_remove(*key) {
            let there = at.key("schema").key(key);
            mender.scope.origins.moved(&at.key(key), &there);
            schema.entry(*key).or_insert(value);
        }
    }
    members.insert("schema".to_owned(), Value::Object(schema));
    let message = format!("`{}` beside `schema`, taken for a part of it", stray.join("`, `"));
    mender.note(at, Repair::SwaggerTerm, &message, "move it into `schema`");
}

fn known(
    role: Role,
    form: Form,
    key: &str,
    members: &mut Map<String, Value>,
    at: &Pointer,
    mender: &mut Mender<'_>,
) {
    let Some(value) = members.get_mut(key) else { return };
    if value.is_null() {
        let kept = match form {
            Form::Data => true,
            Form::One(inner) => {
                matches!(inner, Role::Schema | Role::Operation | Role::PathItem | Role::Response)
            }
            _ => false,
        };
        if kept {
            return;
        }
        if role == Role::Requirement {
            *value = json!([]);
            let message = "null stands for the scopes, taken for none";
            return mender.note(&at.key(key), Repair::NullField, message, "write `[]`");
        }
        members.shift_remove(key);
        let message = format!("`{key}` is null, taken as if it were not there");
        return mender.note(&at.key(key), Repair::NullField, &message, "remove it");
    }
    let taken = match form {
        Form::Text => text(value),
        Form::Flag => flag(value),
        Form::Count => count(value),
        Form::Number => number(value),
        Form::Texts => texts(value, &at.key(key), mender),
        Form::TextMap => {
            text_map(value, &at.key(key), mender);
            None
        }
        Form::List(_) if value.is_object() => {
            let message = format!("`{key}` is one value, taken for a list of it");
            mender.note(&at.key(key), Repair::MissingList, &message, "put it into a list");
            mender.scope.origins.moved(&at.key(key), &at.key(key).index(0));
            *value = Value::Array(vec![value.take()]);
            None
        }
        Form::One(_) if value == "true" || value == "false" => flag(value),
        _ => None,
    };
    match taken {
        Some(Taken::For(taken)) => {
            let message = format!("`{key}` is {}, taken for {}", shown(value), shown(&taken));
            *value = taken;
            mender.note(&at.key(key), Repair::ScalarType, &message, "write it so");
        }
        Some(Taken::Absent) => {
            let message = format!("`{key}` is {}, which limits nothing, taken as absent", shown(value));
            members.shift_remove(key);
            mender.note(&at.key(key), Repair::LargeNumber, &message, "remove it");
        }
        None => {}
    }
}

enum Taken {
    For(Value),
    Absent,
}

fn text(value: &Value) -> Option<Taken> {
    matches!(value, Value::Number(_) | Value::Bool(_)).then(|| Taken::For(Value::String(value.to_string())))
}

fn flag(value: &Value) -> Option<Taken> {
    match value.as_str()?.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(Taken::For(Value::Bool(true))),
        "false" | "no" => Some(Taken::For(Value::Bool(false))),
        _ => None,
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The bounds are checked before.
fn count(value: &Value) -> Option<Taken> {
    if value.is_u64() {
        return None;
    }
    let number = match value {
        Value::String(text) => text.trim().parse::<f64>().ok()?,
        value => value.as_f64()?,
    };
    if !(0.0..9.0e15).contains(&number) {
        return Some(Taken::Absent);
    }
    (number.fract() == 0.0).then(|| Taken::For(Value::from(number as u64)))
}

fn number(value: &Value) -> Option<Taken> {
    let text = value.as_str()?.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Taken::For(Value::from(whole)));
    }
    let number = text.parse::<f64>().ok()?;
    Some(Number::from_f64(number).map_or(Taken::Absent, |number| Taken::For(Value::Number(number))))
}

fn texts(value: &mut Value, at: &Pointer, mender: &mut Mender<'_>) -> Option<Taken> {
    if let Value::String(_) = value {
        let message = format!("{} stands where a list is expected, taken for a list of it", shown(value));
        mender.note(at, Repair::MissingList, &message, "put it into a list");
        *value = Value::Array(vec![value.take()]);
    }
    for (index, element) in value.as_array_mut().into_iter().flatten().enumerate() {
        if let Some(Taken::For(taken)) = text(element) {
            let message = format!("{element} stands where a text is expected, taken for {taken}");
            mender.note(&at.index(index), Repair::ScalarType, &message, "quote it");
            *element = taken;
        }
    }
    None
}

fn text_map(value: &mut Value, at: &Pointer, mender: &mut Mender<'_>) {
    for (key, member) in value.as_object_mut().into_iter().flatten() {
        let taken = if member.is_null() { Some(Taken::For(Value::from(""))) } else { text(member) };
        if let Some(Taken::For(taken)) = taken {
            let message = format!("{member} stands where a text is expected, taken for {taken}");
            mender.note(&at.key(key), Repair::ScalarType, &message, "quote it");
            *member = taken;
        }
    }
}

fn unknown(role: Role, key: &str, members: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    let methods = if role == Role::PathItem { METHODS.as_slice() } else { &[] };
    let near = role
        .table()
        .iter()
        .map(|(name, _)| *name)
        .chain(methods.iter().copied())
        .find(|name| name.eq_ignore_ascii_case(key) && !members.contains_key(*name));
    if let Some(name) = near {
        let message = format!("`{key}` is taken for `{name}`: case matters");
        mender.note(&at.key(key), Repair::FieldCase, &message, &format!("write `{name}`"));
        mender.scope.origins.moved(&at.key(key), &at.key(name));
        rename(members, key, name);
        return;
    }
    // A version of Swagger that cannot be read is refused as such.
    if role == Role::Document && key == "swagger" {
        return;
    }
    // Schemas of JSON Schema may have keywords of their own.
    if role == Role::Schema && mender.is_newer {
        return;
    }
    // Parts that are referred to instead of written have nothing of their own.
    if members.contains_key("$ref") && role != Role::PathItem {
        return;
    }
    let message = format!("`{key}` is no field of OpenAPI here; it is published, and means nothing");
    let help = format!("remove it, or name it `x-{key}` if it is an extension");
    mender.note(&at.key(key), Repair::UnknownField, &message, &help);
    if role == Role::PathItem {
        members.shift_remove(key);
    }
}
