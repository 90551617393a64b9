//! The mistakes of a zone file, collected and shown in the order of its lines.

use std::cell::{Cell, RefCell};
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

/// Nobody mends more at once; the rest is counted.
const MOST_KEPT: usize = 1000;

/// All mistakes found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    kept: RefCell<Vec<(Place, String)>>,
    count: Cell<usize>,
}

impl Problems {
    /// Adds one: what is wrong and how to mend it.
    pub(crate) fn add(&self, place: &Place, message: impl Into<String>) {
        self.count.set(self.count.get() + 1);
        let mut kept = self.kept.borrow_mut();
        if kept.len() < MOST_KEPT {
            kept.push((place.clone(), message.into()));
        }
    }

    /// Adds the error of a check, if it is one.
    pub(crate) fn check<T, E: fmt::Display>(&self, place: &Place, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.add(place, error.to_string())).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count.get() == 0
    }

    /// Whether there is a mistake at this path already.
    pub(crate) fn mentions(&self, path: &str) -> bool {
        self.kept.borrow().iter().any(|(place, _)| place.path == path)
    }

    /// One line a mistake, as `FILE:LINE: PATH: MESSAGE`, after a line that counts them.
    pub(crate) fn render(&self, file: &str) -> String {
        let mut problems = self.kept.borrow().clone();
        problems.sort_by_key(|(place, _)| place.line);
        let count = self.count.get();
        let more = count - problems.len();
        let mistakes = if count == 1 { "mistake" } else { "mistakes" };
        let mut text = format!("{file} has {count} {mistakes}; nothing was written");
        for (Place { line, path }, message) in problems {
            // Writing to a text does not fail.
            let path = if path.is_empty() { "the document" } else { &path };
            let _ = write!(text, "\n{file}:{line}: {path}: {message}");
        }
        if more > 0 {
            let _ = write!(text, "\nand {more} more");
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
