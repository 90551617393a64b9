//! A schema with what it takes over by `allOf` and `$ref`, so that moving a part of it into a component and back is no difference.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::resolved;
use crate::load::At;
use crate::normalise::ASSERTIONS;
use crate::pointer::Pointer;

/// Schemas that are taken over are followed this deep into one another.
const MAX_DEPTH: usize = 32;

/// What a wrapper around one schema may say of its own without being a condition by itself.
const WRAPPING: [&str; 11] = [
    "allOf",
    "title",
    "description",
    "example",
    "externalDocs",
    "nullable",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "xml",
];

/// What two schemas that both hold cannot say together in one.
const SEPARATE: [&str; 6] = ["nullable", "oneOf", "anyOf", "not", "discriminator", "additionalProperties"];

/// A schema as one list of keywords.
pub(super) struct Flat<'a> {
    /// Where it is used.
    pub(super) at: At<'a>,
    /// All that has no field of its own here.
    pub(super) keywords: BTreeMap<&'a str, At<'a>>,
    /// Several schemas of one property hold all.
    pub(super) properties: BTreeMap<&'a str, Vec<At<'a>>>,
    pub(super) required: BTreeMap<&'a str, At<'a>>,
    /// Schemas of `allOf` that stay for themselves.
    pub(super) conditions: Vec<At<'a>>,
}

impl<'a> Flat<'a> {
    pub(super) fn of(at: &At<'a>) -> Self {
        let mut flat = Self {
            at: at.clone(),
            keywords: BTreeMap::new(),
            properties: BTreeMap::new(),
            required: BTreeMap::new(),
            conditions: Vec::new(),
        };
        flat.absorb(&resolved(at), &mut BTreeSet::new(), 0);
        flat
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.keywords.get(key).and_then(At::text)
    }

    pub(super) fn is_true(&self, key: &str) -> bool {
        self.keywords.get(key).is_some_and(|at| at.value.as_bool() == Some(true))
    }

    /// Where a keyword stands; the schema where it has none.
    pub(super) fn place(&self, key: &str) -> &At<'a> {
        self.keywords.get(key).unwrap_or(&self.at)
    }

    fn absorb(&mut self, at: &At<'a>, seen: &mut BTreeSet<Pointer>, depth: usize) {
        if depth > MAX_DEPTH || !seen.insert(at.pointer.clone()) {
            return;
        }
        for (key, value) in at.entries() {
            match key {
                "properties" => {
                    for (name, property) in value.entries() {
                        self.properties.entry(name).or_default().push(property);
                    }
                }
                "required" => {
                    for name in value.items() {
                        if let Some(text) = name.text() {
                            self.required.entry(text).or_insert(name);
                        }
                    }
                }
                "allOf" => {}
                _ => {
                    self.keywords.entry(key).or_insert(value);
                }
            }
        }
        let Some(all) = at.get("allOf") else { return };
        let branches: Vec<At<'a>> = all.items().collect();
        let is_wrapper = branches.len() == 1
            && at
                .entries()
                .all(|(key, _)| WRAPPING.contains(&key) || (key.starts_with("x-") && key != ASSERTIONS));
        for branch in branches {
            let target = resolved(&branch);
            if is_wrapper || self.fits(&target) {
                self.absorb(&target, seen, depth + 1);
            } else {
                self.conditions.push(branch);
            }
        }
    }

    /// Whether all that a schema says can be said beside what is there.
    fn fits(&self, schema: &At<'a>) -> bool {
        schema.object().is_some()
            && schema.entries().all(|(key, value)| match key {
                "properties" | "required" | "allOf" | "title" | "description" | "example"
                | "externalDocs" => true,
                key if SEPARATE.contains(&key) || key == ASSERTIONS || key == "$ref" => false,
                key => self.keywords.get(key).is_none_or(|known| known.value == value.value),
            })
    }
}

/// The component that a schema is, if it is nothing but one: by `$ref`, or by an `allOf` of one.
pub(super) fn name_of(at: &At<'_>) -> Option<String> {
    let reference = at.text_of("$ref").or_else(|| {
        let all = at.value.get("allOf")?.as_array()?;
        let [only] = all.as_slice() else { return None };
        only.get("$ref")?.as_str()
    })?;
    let fragment = reference.strip_prefix('#').and_then(Pointer::from_fragment);
    let name = fragment.and_then(|pointer| match pointer.parts().collect::<Vec<_>>().as_slice() {
        [components, schemas, name] if components == "components" && schemas == "schemas" => {
            Some(name.clone())
        }
        _ => None,
    });
    Some(name.unwrap_or_else(|| reference.to_owned()))
}
