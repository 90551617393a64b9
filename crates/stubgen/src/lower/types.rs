//! Schemas to types. Every schema has a type: one that no Rust type can follow becomes any JSON value, because what a type does not say
//! is still checked, against the schema itself, where values come in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::ir::types::{
    Additional, ChoiceValue, Definition, Field, Scalar, Struct, TextRules, TypeId, TypeRef, TypeShape, Types,
    Union, Variant,
};
use crate::names;

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

    fn structure(&mut self, schema: &Value, name: &str, depth: usize) -> Struct {
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
            _ => Additional::Ignored,
        };
        structure
    }

    /// Objects that all hold at once are one object with the properties of all of them.
    fn all_of(&mut self, schema: &Value, branches: &[Value], name: &str, depth: usize) -> Option<TypeShape> {
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
                    known.extend(more.iter().map(|(name, schema)| (name.clone(), schema.clone())));
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

    fn union(&mut self, schema: &Value, branches: &[Value], name: &str, depth: usize) -> Option<TypeShape> {
        if branches.len() < 2 || kind(schema).is_some_and(|kind| kind != "object") {
            return None;
        }
        let mut variants: Vec<Variant> = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            let component = component(branch);
            let title =
                component.or_else(|| branch.get("title").and_then(Value::as_str)).or_else(|| kind(branch));
            let base = title.map_or_else(|| format!("Variant{index}"), names::pascal);
            let taken = |ident: &str| variants.iter().any(|variant| variant.ident == ident);
            let ident = names::numbered(&base, &base, taken);
            let ty = self.reference(branch, &format!("{name}{ident}"), depth + 1);
            if ty == TypeRef::Any {
                return None;
            }
            let tags = component.map(|name| tags(schema, name)).unwrap_or_default();
            variants.push(Variant { ident, ty, tags });
        }
        let discriminator = schema.pointer("/discriminator/propertyName").and_then(Value::as_str);
        let tagged = variants.iter().any(|variant| !variant.tags.is_empty());
        Some(TypeShape::Union(Union {
            variants,
            discriminator: discriminator.filter(|_| tagged).map(str::to_owned),
        }))
    }
}

/// The values of the discriminator that name a component: those that the mapping lists, else its own name.
fn tags(schema: &Value, name: &str) -> BTreeSet<String> {
    if schema.get("discriminator").is_none() {
        return BTreeSet::new();
    }
    let mapping = schema.pointer("/discriminator/mapping").and_then(Value::as_object);
    let full = format!("#/components/schemas/{name}");
    let mapped: BTreeSet<_> = mapping
        .into_iter()
        .flatten()
        .filter(|(_, target)| target.as_str().is_some_and(|target| target == full || target == name))
        .map(|(tag, _)| tag.clone())
        .collect();
    if mapped.is_empty() { BTreeSet::from([name.to_owned()]) } else { mapped }
}

fn choice(schema: &Value, values: &[Value]) -> Option<TypeShape> {
    if kind(schema).is_some_and(|kind| kind != "string") || values.is_empty() {
        return None;
    }
    let mut choices: Vec<ChoiceValue> = Vec::new();
    for value in values {
        let value = value.as_str()?;
        if choices.iter().any(|choice| choice.value == value) {
            continue;
        }
        let base = if value.is_empty() { "Empty".to_owned() } else { names::pascal(value) };
        let taken = |ident: &str| choices.iter().any(|choice| choice.ident == ident);
        let ident = names::numbered(&base, &base, taken);
        choices.push(ChoiceValue { value: value.to_owned(), ident });
    }
    Some(TypeShape::Choice(choices))
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

fn is_required(schema: &Value, property: &str) -> bool {
    array(schema, "required").is_some_and(|names| names.iter().any(|name| name.as_str() == Some(property)))
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
        _ => Scalar::Int64,
    }
}

/// Puts a pointer into every place where a type would contain itself by value: wherever one type of a cycle contains another one of it.
fn box_recursion(types: &mut Types) {
    let edges: Vec<Vec<usize>> =
        types.definitions.iter().map(|definition| contained(&definition.shape)).collect();
    let cycle = cycles(&edges);
    for (index, definition) in types.definitions.iter_mut().enumerate() {
        let back = |id: TypeId| cycle[id.0] == cycle[index];
        match &mut definition.shape {
            TypeShape::Struct(structure) => {
                structure.fields.iter_mut().for_each(|field| boxed(&mut field.ty, &back));
            }
            TypeShape::Union(union) => {
                union.variants.iter_mut().for_each(|variant| boxed(&mut variant.ty, &back));
            }
            TypeShape::Newtype(ty, _) => boxed(ty, &back),
            TypeShape::Choice(_) | TypeShape::Pending => {}
        }
    }
}

fn boxed(ty: &mut TypeRef, back: &dyn Fn(TypeId) -> bool) {
    match ty {
        TypeRef::Named(id) if back(*id) => *ty = TypeRef::Boxed(Box::new(ty.clone())),
        TypeRef::Nullable(inner) => boxed(inner, back),
        _ => {}
    }
}

/// Types that values of a shape contain without a pointer between.
fn contained(shape: &TypeShape) -> Vec<usize> {
    fn of(ty: &TypeRef, found: &mut Vec<usize>) {
        match ty {
            TypeRef::Named(id) => found.push(id.0),
            TypeRef::Nullable(inner) => of(inner, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    match shape {
        TypeShape::Struct(structure) => structure.fields.iter().for_each(|field| of(&field.ty, &mut found)),
        TypeShape::Union(union) => union.variants.iter().for_each(|variant| of(&variant.ty, &mut found)),
        TypeShape::Newtype(ty, _) => of(ty, &mut found),
        TypeShape::Choice(_) | TypeShape::Pending => {}
    }
    found
}

/// For each node of a graph the number of its strongly connected component (Kosaraju's algorithm, without recursion).
fn cycles(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut reversed = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for to in targets {
            reversed[*to].push(from);
        }
    }
    let mut finished = Vec::with_capacity(edges.len());
    let mut seen = vec![false; edges.len()];
    for start in 0..edges.len() {
        let mut stack = vec![(start, 0)];
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        while let Some((node, next)) = stack.pop() {
            match edges[node].get(next) {
                Some(target) => {
                    stack.push((node, next + 1));
                    if !std::mem::replace(&mut seen[*target], true) {
                        stack.push((*target, 0));
                    }
                }
                None => finished.push(node),
            }
        }
    }
    let mut component = vec![usize::MAX; edges.len()];
    for start in finished.into_iter().rev() {
        let mut stack = vec![start];
        while let Some(node) = stack.pop() {
            if component[node] == usize::MAX {
                component[node] = start;
                stack.extend(reversed[node].iter().copied().filter(|next| component[*next] == usize::MAX));
            }
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nodes_of_a_cycle_share_a_number() {
        let numbers = cycles(&[vec![1], vec![2], vec![0, 3], vec![], vec![4]]);
        assert!(numbers[0] == numbers[1] && numbers[1] == numbers[2]);
        assert!(numbers[3] != numbers[0] && numbers[4] != numbers[3]);
    }

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
