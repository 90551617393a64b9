//! A loaded document, the positions of its values, and [`At`], the cursor that every later stage reads it with.

use serde_json::{Map, Value};

use super::File;
use super::origins::{Origin, Origins};
use crate::diagnostic::{Diagnostic, Diagnostics, Kind, Position};
use crate::feature::Feature;
use crate::pointer::Pointer;

/// A document of one or more files as one value, which later stages change, and where everything in it came from.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// The document as the stages so far have made it.
    pub(crate) root: Value,
    /// The files as they were read; the first is the document itself.
    files: Vec<File>,
    origins: Origins,
    /// What a server publishes, unless it is the first file as it was read.
    bundled: Option<Value>,
}

impl Document {
    pub(super) fn new(root: Value, files: Vec<File>, origins: Origins) -> Self {
        let bundled = (files.len() > 1).then(|| root.clone());
        Self { root, files, origins, bundled }
    }

    /// The cursor at the whole document.
    pub(crate) fn at_root(&self) -> At<'_> {
        At { document: self, value: &self.root, pointer: Pointer::root() }
    }

    /// The cursor at what a server publishes; places in it are those of the files as far as nothing was moved.
    pub(crate) fn at_served(&self) -> At<'_> {
        At { document: self, value: self.served(), pointer: Pointer::root() }
    }

    /// What a server publishes: the document as it was written, or, when it has several files, bundled and otherwise unchanged.
    pub(crate) fn served(&self) -> &Value {
        self.bundled.as_ref().unwrap_or(&self.files[0].root)
    }

    /// Whether the document has several files, so that no text is what a server publishes.
    pub(crate) fn is_bundled(&self) -> bool {
        self.bundled.is_some()
    }

    /// The value, and apart from it what a stage needs that changes it.
    pub(crate) fn edit<'a>(&'a mut self, diagnostics: &'a mut Diagnostics) -> (&'a mut Value, Scope<'a>) {
        let Self { root, files, origins, .. } = self;
        (root, Scope { files, origins, diagnostics })
    }
}

/// What a stage that changes a document reports with: places are looked up by where a value came from.
pub(crate) struct Scope<'a> {
    files: &'a [File],
    /// To be told of whatever moves.
    pub(crate) origins: &'a mut Origins,
    pub(crate) diagnostics: &'a mut Diagnostics,
}

impl Scope<'_> {
    /// Adds a finding at a place of the document as it is now.
    pub(crate) fn report(&mut self, at: &Pointer, kind: Kind, message: &str, help: &str) {
        report(self.files, self.origins, self.diagnostics, at, kind, message, help);
    }

    /// The name of the document, without folder and extension.
    pub(crate) fn stem(&self) -> &str {
        let file = self.files[0].name.rsplit('/').next().unwrap_or_default();
        file.split('.').next().unwrap_or_default()
    }
}

/// Adds a finding at a place of a document: in the file, and at the place in it, that the value came from.
pub(super) fn report(
    files: &[File],
    origins: &Origins,
    diagnostics: &mut Diagnostics,
    at: &Pointer,
    kind: Kind,
    message: &str,
    help: &str,
) {
    let Origin { file, pointer } = origins.of(at);
    let file = &files[file];
    diagnostics.push(Diagnostic {
        severity: kind.severity(),
        kind,
        file: file.name.clone(),
        position: Some(file.places.position(&file.root, &pointer)),
        pointer,
        message: message.to_owned(),
        help: help.to_owned(),
    });
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

    /// The file that the value came from, its place in it and the position of that.
    pub(crate) fn origin(&self) -> (&'a str, Pointer, Position) {
        let Document { files, origins, .. } = self.document;
        let Origin { file, pointer } = origins.of(&self.pointer);
        let file = &files[file];
        let position = file.places.position(&file.root, &pointer);
        (&file.name, pointer, position)
    }

    /// Adds a finding at this place.
    pub(crate) fn report(&self, diagnostics: &mut Diagnostics, kind: Kind, message: &str, help: &str) {
        let Document { files, origins, .. } = self.document;
        report(files, origins, diagnostics, &self.pointer, kind, message, help);
    }

    /// Adds the finding that `what`, standing at this place, is a feature that cannot be generated.
    pub(crate) fn unsupported(&self, diagnostics: &mut Diagnostics, feature: Feature, what: &str) {
        let message = format!("{what}: {}", feature.reason());
        self.report(diagnostics, Kind::Unsupported(feature), &message, feature.instead());
    }
}
