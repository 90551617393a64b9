//! The output: a sorted map from path to text.

use std::collections::BTreeMap;
use std::ops::Deref;

/// Files by their path inside of a `generated/` folder, with `/` between parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, String>);

impl Files {
    pub(crate) fn insert(&mut self, path: &str, text: String) {
        self.0.insert(path.to_owned(), text);
    }

    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }
}

impl Deref for Files {
    type Target = BTreeMap<String, String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
