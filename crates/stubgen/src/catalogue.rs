//! Enums whose variants are a table: a stable name and a meaning each, and a list of all of them, which documentation and tests go by.

/// Declares an enum without data of which every variant has its meaning (its documentation) and its stable name.
macro_rules! catalogue {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident {
            $(#[doc = $meaning:literal] $variant:ident = $code:literal,)*
        }
    ) => {
        $(#[$attribute])*
        pub enum $name {
            $(#[doc = $meaning] $variant,)*
        }

        impl $name {
            /// Every one there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// A stable name, in lower case with hyphens.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// What it means, in a sentence or two.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning.trim_ascii(),)*
                }
            }
        }
    };
}

pub(crate) use catalogue;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::{Feature, Kind, Reduction, Repair};

    #[test]
    fn every_stable_name_stands_for_one_kind() {
        let codes: Vec<_> = Kind::all().map(Kind::code).collect();
        let distinct: BTreeSet<_> = codes.iter().collect();
        assert_eq!(distinct.len(), codes.len());
        assert!(codes.len() > Feature::ALL.len() + Repair::ALL.len() + Reduction::ALL.len());
        assert!(
            codes
                .iter()
                .all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b"-/0123456789".contains(&b)))
        );
    }

    #[test]
    fn every_meaning_is_a_sentence() {
        let meanings = Repair::ALL.iter().map(|repair| repair.meaning());
        for meaning in meanings.chain(Reduction::ALL.iter().map(|reduction| reduction.meaning())) {
            assert!(meaning.ends_with('.') && !meaning.starts_with(' '), "{meaning}");
        }
    }
}
