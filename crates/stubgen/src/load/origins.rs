//! Where the values of a document that was bundled, repaired and normalised came from: whatever was moved remembers its first place.

use std::collections::BTreeMap;

use crate::pointer::Pointer;

/// A place in one of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Index of the file; 0 is the document itself.
    pub(crate) file: usize,
    pub(crate) pointer: Pointer,
}

/// What was moved, by its present place. Everything that is not inside of a moved place stands where it stood.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins(BTreeMap<Pointer, Origin>);

impl Origins {
    /// Where the value at this place came from.
    pub(crate) fn of(&self, pointer: &Pointer) -> Origin {
        let mut around = pointer.clone();
        loop {
            if let Some(origin) = self.0.get(&around) {
                let first = pointer.rebased(&around, &origin.pointer);
                return Origin {
                    file: origin.file,
                    pointer: first.unwrap_or_else(|| origin.pointer.clone()),
                };
            }
            match around.split_last() {
                Some((outer, _)) => around = outer,
                None => return Origin { file: 0, pointer: pointer.clone() },
            }
        }
    }

    /// Says that the value at `here` stands in a file at `origin`.
    pub(crate) fn set(&mut self, here: &Pointer, origin: Origin) {
        self.forget_inside(here);
        self.0.insert(here.clone(), origin);
    }

    /// Says that what stood at `from` stands at `to` now. What stood at `to` is forgotten.
    pub(crate) fn moved(&mut self, from: &Pointer, to: &Pointer) {
        if from == to {
            return;
        }
        let origin = self.of(from);
        let inside: Vec<_> = self
            .inside(from)
            .filter_map(|(pointer, origin)| Some((pointer.rebased(from, to)?, origin.clone())))
            .collect();
        self.set(to, origin);
        self.0.extend(inside);
    }

    fn inside(&self, pointer: &Pointer) -> impl Iterator<Item = (&Pointer, &Origin)> {
        let prefix = format!("{}/", pointer.as_str());
        self.0
            .range(Pointer::from_text(&prefix)..)
            .take_while(move |(inner, _)| inner.as_str().starts_with(&prefix))
    }

    fn forget_inside(&mut self, pointer: &Pointer) {
        let inside: Vec<_> = self.inside(pointer).map(|(inner, _)| inner.clone()).collect();
        for inner in inside {
            self.0.remove(&inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Pointer {
        Pointer::from_text(text)
    }

    #[test]
    fn what_moves_twice_remembers_its_first_place() {
        let mut origins = Origins::default();
        origins.set(&at("/a"), Origin { file: 2, pointer: at("/x") });
        origins.moved(&at("/a/b"), &at("/c"));
        origins.moved(&at("/c"), &at("/d/0"));
        assert_eq!(origins.of(&at("/d/0/e")), Origin { file: 2, pointer: at("/x/b/e") });
        assert_eq!(origins.of(&at("/d/1")), Origin { file: 0, pointer: at("/d/1") });
    }

    #[test]
    fn what_was_moved_inside_moves_along() {
        let mut origins = Origins::default();
        origins.moved(&at("/p"), &at("/a/b"));
        origins.moved(&at("/a"), &at("/z"));
        assert_eq!(origins.of(&at("/z/b/c")).pointer, at("/p/c"));
        assert_eq!(origins.of(&at("/z/q")).pointer, at("/a/q"));
    }
}
