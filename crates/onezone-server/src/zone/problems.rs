//! The mistakes of a zone file, collected and shown in the order of its lines.

use std::cell::RefCell;
use std::fmt::{self, Write as _};

/// A place in a zone file: the line and what stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) path: String,
}

/// A value with the place it was read from.
#[derive(Clone, Debug)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

/// All mistakes found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(RefCell<Vec<(Place, String)>>);

impl Problems {
    /// Adds one: what is wrong and how to mend it.
    pub(crate) fn add(&self, place: &Place, message: impl Into<String>) {
        self.0.borrow_mut().push((place.clone(), message.into()));
    }

    /// Adds the error of a check, if it is one.
    pub(crate) fn check<T, E: fmt::Display>(&self, place: &Place, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.add(place, error.to_string())).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Whether there is a mistake at this path already.
    pub(crate) fn mentions(&self, path: &str) -> bool {
        self.0.borrow().iter().any(|(place, _)| place.path == path)
    }

    /// One line a mistake, as `FILE:LINE: PATH: MESSAGE`, after a line that counts them.
    pub(crate) fn render(&self, file: &str) -> String {
        let mut problems = self.0.borrow().clone();
        problems.sort_by_key(|(place, _)| place.line);
        let mistakes = if problems.len() == 1 { "mistake" } else { "mistakes" };
        let mut text = format!("{file} has {} {mistakes}; nothing was written", problems.len());
        for (Place { line, path }, message) in problems {
            // Writing to a text does not fail.
            let path = if path.is_empty() { "the document" } else { &path };
            let _ = write!(text, "\n{file}:{line}: {path}: {message}");
        }
        text
    }
}

impl Place {
    /// The place of the value under a key.
    pub(crate) fn key(&self, key: &str, line: usize) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Self { line, path }
    }

    /// The place of an element of a list.
    pub(crate) fn index(&self, index: usize, line: usize) -> Self {
        Self { line, path: format!("{}[{index}]", self.path) }
    }
}
