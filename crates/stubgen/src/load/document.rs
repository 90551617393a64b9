//! A loaded document, the positions of its values, and [`At`], the cursor that every later stage reads it with.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, Diagnostics, Kind, Position};
use crate::feature::Feature;
use crate::pointer::Pointer;

/// A document as values, with where they stood.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// The name the caller gave it.
    pub(crate) name: String,
    /// The whole document.
    pub(crate) root: Value,
    /// Where things stood.
    pub(crate) places: Places,
}

/// Positions, shaped as the values are.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Where the value starts; for a member of an object where its key starts, which is what a reader looks for.
    pub(crate) at: Position,
    /// Places of members.
    pub(crate) members: HashMap<String, Places>,
    /// Places of elements.
    pub(crate) elements: Vec<Places>,
}

impl Places {
    pub(crate) fn leaf(at: Position) -> Self {
        Self { at, members: HashMap::new(), elements: Vec::new() }
    }
}

impl Document {
    /// The cursor at the whole document.
    pub(crate) fn at_root(&self) -> At<'_> {
        At { document: self, value: &self.root, pointer: Pointer::root() }
    }

    /// The position of the place, or of the nearest place around it.
    pub(crate) fn position(&self, pointer: &Pointer) -> Position {
        let mut places = &self.places;
        for part in pointer.parts() {
            let next = match part.parse::<usize>() {
                Ok(index) if !places.elements.is_empty() => places.elements.get(index),
                _ => places.members.get(&part),
            };
            match next {
                Some(inner) => places = inner,
                None => break,
            }
        }
        places.at
    }
}

/// A value of a document that knows its place.
#[derive(Clone, Debug)]
pub(crate) struct At<'a> {
    document: &'a Document,
    pub(crate) value: &'a Value,
    pub(crate) pointer: Pointer,
}

impl<'a> At<'a> {
    /// The member `key`, if the value is an object that has it.
    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        Some(Self { document: self.document, value, pointer: self.pointer.key(key) })
    }

    /// Members in the order of the document; none when the value is no object.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> + use<'a> {
        let (document, pointer) = (self.document, self.pointer.clone());
        self.value
            .as_object()
            .into_iter()
            .flatten()
            .map(move |(key, value)| (key.as_str(), Self { document, value, pointer: pointer.key(key) }))
    }

    /// Elements; none when the value is no array.
    pub(crate) fn items(&self) -> impl Iterator<Item = Self> + use<'a> {
        let (document, pointer) = (self.document, self.pointer.clone());
        self.value.as_array().into_iter().flatten().enumerate().map(move |(i, value)| Self {
            document,
            value,
            pointer: pointer.index(i),
        })
    }

    /// The text, if the value is one.
    pub(crate) fn text(&self) -> Option<&'a str> {
        self.value.as_str()
    }

    /// The text of member `key`.
    pub(crate) fn text_of(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    /// The object, if the value is one.
    pub(crate) fn object(&self) -> Option<&'a Map<String, Value>> {
        self.value.as_object()
    }

    /// Whether member `key` is `true`.
    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.value.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Follows `$ref`s until a value without one; `None` (with a finding) when they lead nowhere.
    pub(crate) fn resolve(&self, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut here = self.clone();
        for _ in 0..32 {
            let Some(reference) = here.text_of("$ref") else { return Some(here) };
            here = here.follow(reference, diagnostics)?;
        }
        self.report(
            diagnostics,
            Kind::ReferenceCycle,
            "this $ref leads back to itself, so it names nothing",
            "point it at a definition",
        );
        None
    }

    fn follow(&self, reference: &str, diagnostics: &mut Diagnostics) -> Option<Self> {
        let Some(fragment) = reference.strip_prefix('#') else {
            self.unsupported(diagnostics, Feature::ExternalReference, &format!("$ref `{reference}`"));
            return None;
        };
        let target = Pointer::from_fragment(fragment)
            .and_then(|pointer| self.document.root.pointer(pointer.as_str()).map(|value| (pointer, value)));
        let Some((pointer, value)) = target else {
            self.report(
                diagnostics,
                Kind::DanglingReference,
                &format!("$ref `{reference}` points to nothing in this document"),
                "define what it names, or correct the spelling (names are case-sensitive)",
            );
            return None;
        };
        Some(Self { document: self.document, value, pointer })
    }

    /// Adds a finding at this place.
    pub(crate) fn report(&self, diagnostics: &mut Diagnostics, kind: Kind, message: &str, help: &str) {
        diagnostics.push(Diagnostic {
            kind,
            file: self.document.name.clone(),
            position: Some(self.document.position(&self.pointer)),
            pointer: self.pointer.clone(),
            message: message.to_owned(),
            help: help.to_owned(),
        });
    }

    /// Adds the finding that `what`, standing at this place, is a feature that cannot be generated.
    pub(crate) fn unsupported(&self, diagnostics: &mut Diagnostics, feature: Feature, what: &str) {
        let message = format!("{what}: {}", feature.reason());
        self.report(diagnostics, Kind::Unsupported(feature), &message, feature.instead());
    }
}
