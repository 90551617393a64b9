//! Schemas to types. Every schema has a type: one that no Rust type can follow becomes any JSON value, because what a type does not say
//! is still checked, against the schema itself, where values come in.

mod boxing;
mod choices;
mod objects;
mod unions;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::ir::types::{Definition, Scalar, TextRules, TypeId, TypeRef, TypeShape, Types};
use crate::names;
use boxing::box_recursion;
use choices::choice;

/// Compositions are followed this deep into one another; what is deeper is any JSON value.
const MAX_DEPTH: usize = 32;

/// The types made so far.
pub(crate) struct TypeMaker<'a> {
    components: &'a Map<String, Value>,
    pub(crate) types: Types,
    taken: BTreeSet<String>,
    pub(crate) by_component: BTreeMap<String, TypeId>,
}

impl<'a> TypeMaker<'a> {
    /// Makes the types of all component schemas; each has a type of its own.
    pub(crate) fn new(components: &'a Map<String, Value>) -> Self {
        let mut maker = Self {
            components,
            types: Types::default(),
            taken: BTreeSet::new(),
            by_component: BTreeMap::new(),
        };
        for (name, schema) in components {
            let id = maker.declare(&names::pascal(name), schema);
            maker.by_component.insert(name.clone(), id);
        }
        for (name, schema) in components {
            let id = maker.by_component[name];
            let shape = maker.shape(schema, id);
            maker.types.definitions[id.0].shape = shape;
        }
        maker
    }

    /// The type of a schema at its place; `name` is what a type of its own would be called.
    pub(crate) fn make(&mut self, schema: &Value, name: &str) -> TypeRef {
        self.reference(schema, name, 0)
    }

    /// The schema that a reference leads to; a schema that is none is itself.
    pub(crate) fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let mut schema = schema;
        for _ in 0..MAX_DEPTH {
            match component(schema).and_then(|name| self.components.get(name)) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// All types, with pointers where types contain themselves.
    pub(crate) fn finish(mut self) -> (Types, BTreeMap<String, TypeId>) {
        box_recursion(&mut self.types);
        (self.types, self.by_component)
    }

    fn declare(&mut self, name: &str, schema: &Value) -> TypeId {
        let ident = self.free(name);
        self.taken.insert(ident.clone());
        let text = |key: &str| schema.get(key).and_then(Value::as_str).map(str::to_owned);
        self.types.definitions.push(Definition {
            ident,
            docs: text("description").or_else(|| text("title")),
            deprecated: is_true(schema, "deprecated"),
            shape: TypeShape::Pending,
        });
        TypeId(self.types.definitions.len() - 1)
    }

    /// What the named type of a schema is.
    fn shape(&mut self, schema: &Value, id: TypeId) -> TypeShape {
        let name = self.types.get(id).ident.clone();
        match self.named_shape(schema, &name, 0) {
            Some(shape) => shape,
            None => {
                let ty = self.reference(schema, &format!("{name}Inner"), 0);
                let rules = if ty == TypeRef::Scalar(Scalar::String) {
                    text_rules(schema)
                } else {
                    TextRules::default()
                };
                TypeShape::Newtype(ty, rules)
            }
        }
    }

    /// The shape of a schema that needs a type with a name; `None` for those that are scalars, lists and the like.
    fn named_shape(&mut self, schema: &Value, name: &str, depth: usize) -> Option<TypeShape> {
        if depth > MAX_DEPTH || schema.get("$ref").is_some() || is_true(schema, "nullable") {
            return None;
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return choice(schema, values);
        }
        if let Some(branches) = array(schema, "allOf") {
            return self.all_of(schema, branches, name, depth);
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(branches) = array(schema, key) {
                let plain = schema.get("properties").is_none();
                return if plain { self.union(schema, branches, name, depth) } else { None };
            }
        }
        let has_properties =
            schema.get("properties").and_then(Value::as_object).is_some_and(|p| !p.is_empty());
        let is_object = kind(schema).is_none_or(|kind| kind == "object");
        (has_properties && is_object).then(|| TypeShape::Struct(self.structure(schema, name, depth)))
    }

    fn reference(&mut self, schema: &Value, name: &str, depth: usize) -> TypeRef {
        if depth > MAX_DEPTH {
            return TypeRef::Any;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let component = reference.strip_prefix("#/components/schemas/");
            return component
                .and_then(|name| self.by_component.get(name))
                .map_or(TypeRef::Any, |id| TypeRef::Named(*id));
        }
        if is_true(schema, "nullable") {
            let mut inner = schema.clone();
            if let Some(members) = inner.as_object_mut() {
                members.remove("nullable");
                if let Some(values) = members.get_mut("enum").and_then(Value::as_array_mut) {
                    values.retain(|value| !value.is_null());
                }
            }
            return nullable(self.reference(&inner, name, depth + 1));
        }
        if let Some(only) = transparent(schema) {
            return self.reference(only, name, depth + 1);
        }
        if let Some(rest) = without_null(schema) {
            return nullable(self.reference(&rest, name, depth + 1));
        }
        // The name is taken before the shape is known, so that an inner type does not take it.
        let free = self.free(name);
        if let Some(shape) = self.named_shape(schema, &free, depth) {
            let id = self.declare(&free, schema);
            self.types.definitions[id.0].shape = shape;
            return TypeRef::Named(id);
        }
        if let Some(only) = only_typed_part(schema) {
            return self.reference(only, name, depth + 1);
        }
        self.unnamed(schema, name, depth)
    }

    fn free(&self, name: &str) -> String {
        names::numbered(name, name, |ident| self.taken.contains(ident))
    }

    fn unnamed(&mut self, schema: &Value, name: &str, depth: usize) -> TypeRef {
        let composed = ["allOf", "oneOf", "anyOf", "not"].iter().any(|key| schema.get(key).is_some());
        match kind(schema) {
            Some("string") => TypeRef::Scalar(string(schema)),
            Some("integer") => TypeRef::Scalar(integer(schema)),
            Some("number") if format(schema) == Some("float") => TypeRef::Scalar(Scalar::Float32),
            Some("number") => TypeRef::Scalar(Scalar::Float64),
            Some("boolean") => TypeRef::Scalar(Scalar::Boolean),
            Some("array") => {
                let items = schema.get("items").cloned().unwrap_or(Value::Bool(true));
                TypeRef::List(Box::new(self.reference(&items, &format!("{name}Item"), depth + 1)))
            }
            Some("object") if !composed => match schema.get("additionalProperties") {
                Some(values) if values.is_object() => {
                    TypeRef::Map(Box::new(self.reference(values, &format!("{name}Value"), depth + 1)))
                }
                _ => TypeRef::Map(Box::new(TypeRef::Any)),
            },
            _ => TypeRef::Any,
        }
    }
}

/// The one schema that a composition of one branch stands for: how OpenAPI 3.0 gives a reference a description.
fn transparent(schema: &Value) -> Option<&Value> {
    let members = schema.as_object()?;
    let says_more = members.keys().any(|key| {
        !matches!(
            key.as_str(),
            "allOf"
                | "oneOf"
                | "anyOf"
                | "description"
                | "title"
                | "example"
                | "default"
                | "deprecated"
                | "readOnly"
                | "writeOnly"
                | "type"
                | "externalDocs"
                | "xml"
        ) && !key.starts_with("x-")
    });
    let mut branches = ["allOf", "oneOf", "anyOf"].iter().filter_map(|key| array(schema, key));
    match (branches.next(), branches.next()) {
        (Some([only]), None) if !says_more => Some(only),
        _ => None,
    }
}

/// Whether a schema says what values look like, and not only how they are limited or described.
fn tells_type(schema: &Value) -> bool {
    const TELLING: [&str; 8] = ["$ref", "type", "enum", "properties", "items", "allOf", "anyOf", "oneOf"];
    TELLING.iter().any(|key| schema.get(key).is_some())
}

/// The one schema of those that hold at once which says what values look like, when the others only limit them.
fn only_typed_part(schema: &Value) -> Option<&Value> {
    let outside = schema.as_object()?.keys().filter(|key| *key != "allOf");
    let branches = array(schema, "allOf")
        .filter(|_| !outside.clone().any(|key| TYPED_BESIDE.contains(&key.as_str())))?;
    let mut typed = branches.iter().filter(|branch| tells_type(branch));
    typed.next().filter(|_| typed.next().is_none())
}

/// Keywords beside `allOf` that say what values look like.
const TYPED_BESIDE: [&str; 5] = ["enum", "properties", "items", "anyOf", "oneOf"];

/// A choice with `null`, without it.
fn without_null(schema: &Value) -> Option<Value> {
    let key = ["oneOf", "anyOf"].into_iter().find(|key| array(schema, key).is_some())?;
    let branches = array(schema, key)?;
    let is_null = |branch: &Value| {
        kind(branch) == Some("null")
            || branch.get("enum").is_some_and(|values| *values == serde_json::json!([null]))
    };
    if !branches.iter().any(is_null) {
        return None;
    }
    let mut rest = schema.clone();
    rest[key] = branches.iter().filter(|branch| !is_null(branch)).cloned().collect();
    Some(rest)
}

fn nullable(ty: TypeRef) -> TypeRef {
    match ty {
        TypeRef::Nullable(_) | TypeRef::Any => ty,
        ty => TypeRef::Nullable(Box::new(ty)),
    }
}

fn component(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}

fn kind(schema: &Value) -> Option<&str> {
    schema.get("type").and_then(Value::as_str)
}

fn format(schema: &Value) -> Option<&str> {
    schema.get("format").and_then(Value::as_str)
}

fn array<'a>(schema: &'a Value, key: &str) -> Option<&'a [Value]> {
    schema.get(key).and_then(Value::as_array).map(Vec::as_slice)
}

fn is_true(schema: &Value, key: &str) -> bool {
    schema.get(key) == Some(&Value::Bool(true))
}

fn text_rules(schema: &Value) -> TextRules {
    let length =
        |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|length| usize::try_from(length).ok());
    // A pattern that regress cannot read is left to the server's validator.
    let pattern =
        schema.get("pattern").and_then(Value::as_str).filter(|pattern| regress::Regex::new(pattern).is_ok());
    TextRules {
        min_length: length("minLength"),
        max_length: length("maxLength"),
        pattern: pattern.map(str::to_owned),
    }
}

fn string(schema: &Value) -> Scalar {
    match format(schema) {
        Some("date") => Scalar::Date,
        Some("date-time") => Scalar::DateTime,
        Some("uuid") => Scalar::Uuid,
        Some("ipv4") => Scalar::Ipv4,
        Some("ipv6") => Scalar::Ipv6,
        Some("ip") => Scalar::Ip,
        _ => Scalar::String,
    }
}

fn integer(schema: &Value) -> Scalar {
    match format(schema) {
        Some("int8" | "int16" | "int32") => Scalar::Int32,
        Some("uint8" | "uint16" | "uint32") => Scalar::Uint32,
        Some("uint" | "uint64") => Scalar::Uint64,
        // Only such numbers are beyond a signed one.
        _ if schema
            .get("maximum")
            .and_then(Value::as_u64)
            .is_some_and(|most| i64::try_from(most).is_err()) =>
        {
            Scalar::Uint64
        }
        _ => Scalar::Int64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::types::Additional;
    use serde_json::json;

    fn made(components: &Value) -> (Types, BTreeMap<String, TypeId>) {
        TypeMaker::new(components.as_object().expect("an object")).finish()
    }

    #[test]
    fn a_type_that_contains_itself_is_boxed_where_it_does() {
        let (types, ids) = made(&json!({
            "Node": {"type": "object", "properties": {
                "next": {"$ref": "#/components/schemas/Node"},
                "all": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
                "leaf": {"$ref": "#/components/schemas/Leaf"}}},
            "Leaf": {"type": "object", "properties": {"a": {"type": "string"}}}
        }));
        let TypeShape::Struct(node) = &types.get(ids["Node"]).shape else { panic!("a struct") };
        assert!(matches!(node.fields[0].ty, TypeRef::Boxed(_)));
        assert!(matches!(node.fields[1].ty, TypeRef::List(_)));
        assert!(matches!(node.fields[2].ty, TypeRef::Named(_)));
    }

    #[test]
    fn parts_that_hold_at_once_become_one_object() {
        let (types, ids) = made(&json!({
            "Cat": {"type": "object", "required": ["meow"], "properties": {"meow": {"type": "string"}}},
            "Both": {"allOf": [{"$ref": "#/components/schemas/Cat"}, {"properties": {"age": {"type": "integer"}}}]}
        }));
        let TypeShape::Struct(both) = &types.get(ids["Both"]).shape else { panic!("a struct") };
        let fields: Vec<_> = both.fields.iter().map(|field| (field.name.as_str(), field.required)).collect();
        assert_eq!(fields, [("meow", true), ("age", false)]);
    }

    #[test]
    fn what_only_limits_leaves_the_type_as_it_is() {
        let (types, ids) = made(&json!({
            "Text": {"type": "string"},
            "Short": {"allOf": [{"$ref": "#/components/schemas/Text"}, {"maxLength": 3}]},
            "Base": {"type": "object", "properties": {"kind": {"type": "string"}}, "discriminator": {"propertyName": "kind"}},
            "Derived": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"kind": {"description": "d"}}}]},
            "Large": {"type": "integer", "maximum": 18_446_744_073_709_551_615_u64}
        }));
        let short = &types.get(ids["Short"]).shape;
        assert!(matches!(short, TypeShape::Newtype(TypeRef::Named(id), _) if *id == ids["Text"]));
        let TypeShape::Struct(derived) = &types.get(ids["Derived"]).shape else { panic!("a struct") };
        assert_eq!(derived.fields[0].ty, TypeRef::Scalar(Scalar::String));
        assert!(matches!(derived.additional, Additional::Ignored));
        let TypeShape::Struct(base) = &types.get(ids["Base"]).shape else { panic!("a struct") };
        assert!(matches!(base.additional, Additional::Kept(TypeRef::Any)));
        assert!(matches!(
            types.get(ids["Large"]).shape,
            TypeShape::Newtype(TypeRef::Scalar(Scalar::Uint64), _)
        ));
    }

    #[test]
    fn a_discriminator_names_by_its_mapping_and_by_name() {
        let (types, ids) = made(&json!({
            "Cat": {"type": "object", "properties": {"kind": {"type": "string"}}},
            "Dog": {"type": "object", "properties": {"kind": {"type": "string"}}},
            "Pet": {
                "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
                "discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat", "Cat": "#/components/schemas/Dog"}}
            }
        }));
        let TypeShape::Union(pet) = &types.get(ids["Pet"]).shape else { panic!("a union") };
        let tags: Vec<Vec<_>> =
            pet.variants.iter().map(|v| v.tags.iter().map(String::as_str).collect()).collect();
        assert_eq!(tags, [vec!["cat"], vec!["Cat", "Dog"]]);
    }

    #[test]
    fn names_that_collide_are_told_apart_by_their_order() {
        let (types, ids) = made(&json!({
            "a_b": {"type": "string", "enum": ["x", "X", "+1", "-1"]}, "aB": {"type": "object", "properties": {"x-y": {}, "x_y": {}}}
        }));
        assert_eq!(
            (types.get(ids["a_b"]).ident.as_str(), types.get(ids["aB"]).ident.as_str()),
            ("AB", "AB2")
        );
        let TypeShape::Choice(values) = &types.get(ids["a_b"]).shape else { panic!("a choice") };
        assert_eq!(
            values.iter().map(|value| value.ident.as_str()).collect::<Vec<_>>(),
            ["X", "X2", "X1", "X12"]
        );
        let TypeShape::Struct(object) = &types.get(ids["aB"]).shape else { panic!("a struct") };
        assert_eq!(
            object.fields.iter().map(|field| field.ident.as_str()).collect::<Vec<_>>(),
            ["x_y", "x_y_2"]
        );
    }
}
