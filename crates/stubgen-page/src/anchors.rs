//! The names of places in the page, for links to them.

use std::collections::BTreeSet;

/// Names that are given once.
#[derive(Default)]
pub(crate) struct Anchors(BTreeSet<String>);

impl Anchors {
    /// The name, with a number where it is taken.
    pub(crate) fn unique(&mut self, name: &str) -> String {
        let mut candidate = name.to_owned();
        let mut number = 2;
        while !self.0.insert(candidate.clone()) {
            candidate = format!("{name}-{number}");
            number += 1;
        }
        candidate
    }
}

/// A name of the page: the kind keeps those of operations, tags and schemas apart.
pub(crate) fn anchor(kind: &str, name: &str) -> String {
    let mut text = kind.to_owned();
    for part in name.split(|character: char| !character.is_alphanumeric() && !matches!(character, '_' | '.'))
    {
        if !part.is_empty() {
            text.push('-');
            text.push_str(part);
        }
    }
    text
}

/// The name of the place where a schema stands.
pub(crate) fn schema_anchor(name: &str) -> String {
    anchor("schema", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_nothing_that_a_link_would_have_to_escape_and_are_given_once() {
        assert_eq!(anchor("operation", "get /a/{b c}"), "operation-get-a-b-c");
        assert_eq!(schema_anchor("Named.List_1"), "schema-Named.List_1");
        let mut anchors = Anchors::default();
        assert_eq!([(); 3].map(|()| anchors.unique("a")), ["a", "a-2", "a-3"]);
    }
}
