//! Objects, and those that hold at once.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{MAX_DEPTH, TypeMaker, array, is_true, kind, tells_type};
use crate::ir::types::{Additional, Field, Struct, TypeRef, TypeShape};
use crate::names;

impl TypeMaker<'_> {
    pub(super) fn structure(&mut self, schema: &Value, name: &str, depth: usize) -> Struct {
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let mut structure = Struct::default();
        for (property, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let base = names::snake(property);
            let stem = format!("{}_", base.trim_end_matches('_'));
            let ident = names::numbered(&base, &stem, |ident| taken.contains(ident));
            taken.insert(ident.clone());
            // A property that only one side sends cannot be required of both.
            let one_way = is_true(inner, "readOnly") || is_true(inner, "writeOnly");
            let text = |key: &str| inner.get(key).and_then(Value::as_str).map(str::to_owned);
            structure.fields.push(Field {
                name: property.clone(),
                ident,
                docs: text("description").or_else(|| text("title")),
                deprecated: is_true(inner, "deprecated"),
                required: is_required(schema, property) && !one_way,
                ty: self.reference(inner, &format!("{name}{}", names::pascal(property)), depth + 1),
            });
        }
        structure.additional = match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => Additional::Refused,
            Some(Value::Bool(true)) => Additional::Kept(TypeRef::Any),
            Some(values) if values.is_object() => {
                Additional::Kept(self.reference(values, &format!("{name}Value"), depth + 1))
            }
            // Of a value of a derived schema, this is all that the base can keep.
            _ if schema.get("discriminator").is_some() => Additional::Kept(TypeRef::Any),
            _ => Additional::Ignored,
        };
        structure
    }

    /// Objects that all hold at once are one object with the properties of all of them.
    pub(super) fn all_of(
        &mut self,
        schema: &Value,
        branches: &[Value],
        name: &str,
        depth: usize,
    ) -> Option<TypeShape> {
        let mut merged = Map::new();
        let mut outside = schema.as_object()?.clone();
        outside.remove("allOf");
        for branch in branches.iter().chain([&Value::Object(outside)]) {
            self.merge(branch, &mut merged, depth)?;
        }
        let merged = Value::Object(merged);
        merged.get("properties")?;
        Some(TypeShape::Struct(self.structure(&merged, name, depth + 1)))
    }

    /// Adds the properties of a schema to an object; `None` when it is something other than an object with properties.
    fn merge(&self, schema: &Value, into: &mut Map<String, Value>, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.components.get(reference.strip_prefix("#/components/schemas/")?)?;
            return self.merge(target, into, depth + 1);
        }
        let members = schema.as_object()?;
        let foreign = ["oneOf", "anyOf", "not", "enum", "items"].iter().any(|key| members.contains_key(*key));
        if foreign || kind(schema).is_some_and(|kind| kind != "object") || is_true(schema, "nullable") {
            return None;
        }
        for branch in array(schema, "allOf").into_iter().flatten() {
            self.merge(branch, into, depth + 1)?;
        }
        for key in ["properties", "required", "additionalProperties"] {
            match (members.get(key), into.get_mut(key)) {
                (Some(Value::Object(more)), Some(Value::Object(known))) if key == "properties" => {
                    for (name, schema) in more {
                        // What only limits a property that is known already says nothing about its type.
                        if tells_type(schema) || !known.contains_key(name) {
                            known.insert(name.clone(), schema.clone());
                        }
                    }
                }
                (Some(Value::Array(more)), Some(Value::Array(known))) => known.extend(more.iter().cloned()),
                // Each branch may allow what another one refuses; the values come in checked against all of them.
                (Some(Value::Bool(false)), _) if key == "additionalProperties" => {}
                (Some(value), None) => {
                    into.insert(key.to_owned(), value.clone());
                }
                _ => {}
            }
        }
        Some(())
    }
}

fn is_required(schema: &Value, property: &str) -> bool {
    array(schema, "required").is_some_and(|names| names.iter().any(|name| name.as_str() == Some(property)))
}
