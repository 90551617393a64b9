//! One of several types: which, and what tells them apart.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{TypeMaker, component, kind};
use crate::ir::types::{TypeRef, TypeShape, Union, Variant};
use crate::names;

impl TypeMaker<'_> {
    /// The shape of a `oneOf` or `anyOf`; `None` when a branch can be anything.
    pub(super) fn union(
        &mut self,
        schema: &Value,
        branches: &[Value],
        name: &str,
        depth: usize,
    ) -> Option<TypeShape> {
        if branches.len() < 2 || kind(schema).is_some_and(|kind| kind != "object") {
            return None;
        }
        let mut variants: Vec<Variant> = Vec::new();
        let mut seen = Vec::new();
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
            let again = component.is_some_and(|name| seen.contains(&name));
            let tags = component.filter(|_| !again).map(|name| tags(schema, name)).unwrap_or_default();
            seen.extend(component);
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

/// The values of the discriminator that name a component: those that the mapping lists, and its own name unless that is another's
/// (OpenAPI 3.0.4, discriminator object).
fn tags(schema: &Value, name: &str) -> BTreeSet<String> {
    let Some(discriminator) = schema.get("discriminator") else { return BTreeSet::new() };
    let mapping = discriminator.get("mapping").and_then(Value::as_object);
    let full = format!("#/components/schemas/{name}");
    let is_this = |target: &Value| target.as_str().is_some_and(|target| target == full || target == name);
    let mapped = mapping.into_iter().flatten().filter(|(_, target)| is_this(target));
    let own = mapping.is_none_or(|mapping| !mapping.contains_key(name)).then(|| name.to_owned());
    mapped.map(|(tag, _)| tag.clone()).chain(own).collect()
}
