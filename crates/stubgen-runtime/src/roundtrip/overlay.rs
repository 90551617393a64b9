//! The overlay: what has to be put on top of dropshot's document so that it says all that the specification says.

use serde_json::Value;

use super::canonical::canonical;
use super::inexpressible::Inexpressible;
use super::pointer;

/// One change to the canonical form of the emitted document.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Where, as a JSON pointer into the canonical form.
    pub pointer: String,
    /// What is there afterwards; `None` removes what dropshot put there.
    pub value: Option<Value>,
    /// The entry of the list that allows it.
    pub entry: &'static Inexpressible,
}

/// Every change that the published document needs, and that the list allows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlay {
    /// The changes; no two are at the same place or inside one another.
    pub edits: Vec<Edit>,
}

impl Overlay {
    /// The document that is published: the emitted one, in canonical form, with every edit made.
    pub fn apply(&self, emitted: &Value) -> Value {
        let mut document = canonical(emitted);
        for edit in &self.edits {
            match &edit.value {
                Some(value) => pointer::set(&mut document, &edit.pointer, value.clone()),
                None => drop(pointer::remove(&mut document, &edit.pointer)),
            }
        }
        document
    }
}
