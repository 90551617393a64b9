//! The identifier inside a token: which record it belongs to, whom it speaks for and what it is for.

use std::fmt;

use crate::{Subject, TokenType, integer};

/// Where the record of a token is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// A named token has a record of its own.
    Named,
    /// A temporary token is signed with the secret of its subject, and dies when the generation goes up.
    Temporary {
        /// The generation of the subject's secret at the time of issue.
        generation: i64,
    },
}

/// A token's identifier. `Display` is the form that is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identifier {
    /// Releases up to 19.02: a named access token whose subject only the record knows.
    V1 {
        /// The id of the token.
        id: String,
    },
    /// `2/<persistence>/<subject>/<type>/<id>`.
    V2 {
        /// Named or temporary.
        persistence: Persistence,
        /// Whom the token speaks for.
        subject: Subject,
        /// What the token is for.
        token_type: TokenType,
        /// The id of the token.
        id: String,
    },
}

impl Identifier {
    /// The identifier of a named token as it is issued today.
    pub fn named(subject: Subject, token_type: TokenType, id: impl Into<String>) -> Self {
        Self::V2 { persistence: Persistence::Named, subject, token_type, id: id.into() }
    }

    /// The identifier of a temporary token as it is issued today.
    pub fn temporary(
        generation: i64,
        subject: Subject,
        token_type: TokenType,
        id: impl Into<String>,
    ) -> Self {
        Self::V2 { persistence: Persistence::Temporary { generation }, subject, token_type, id: id.into() }
    }

    /// Reads the signed form; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let Some((first, rest)) = text.split_once('/') else {
            return Some(Self::V1 { id: text.to_owned() });
        };
        match integer::parse(first) {
            // Not a version: the slash is part of an id of old.
            None => Some(Self::V1 { id: text.to_owned() }),
            Some(1) => (!rest.contains('/')).then(|| Self::V1 { id: rest.to_owned() }),
            Some(2) => Self::parse_v2(rest),
            Some(_) => None,
        }
    }

    /// The id of the token.
    pub fn id(&self) -> &str {
        match self {
            Self::V1 { id } | Self::V2 { id, .. } => id,
        }
    }

    /// Whom the token speaks for, when it says so itself.
    pub fn subject(&self) -> Option<&Subject> {
        match self {
            Self::V1 { .. } => None,
            Self::V2 { subject, .. } => Some(subject),
        }
    }

    /// What the token is for.
    pub fn token_type(&self) -> &TokenType {
        match self {
            Self::V1 { .. } => &TokenType::ACCESS,
            Self::V2 { token_type, .. } => token_type,
        }
    }

    /// Where the record of the token is kept.
    pub fn persistence(&self) -> Persistence {
        match self {
            Self::V1 { .. } => Persistence::Named,
            Self::V2 { persistence, .. } => *persistence,
        }
    }

    fn parse_v2(text: &str) -> Option<Self> {
        let mut fragments = text.split('/');
        let (Some(persistence), Some(subject), Some(token_type), Some(id), None) =
            (fragments.next(), fragments.next(), fragments.next(), fragments.next(), fragments.next())
        else {
            return None;
        };
        let persistence = match persistence.strip_prefix("tmp-") {
            Some(generation) => Persistence::Temporary { generation: integer::parse(generation)? },
            None if persistence == "nmd" => Persistence::Named,
            None => return None,
        };
        Some(Self::V2 {
            persistence,
            subject: Subject::parse(subject)?,
            token_type: TokenType::parse(token_type)?,
            id: id.to_owned(),
        })
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V1 { id } => formatter.write_str(id),
            Self::V2 { persistence, subject, token_type, id } => {
                formatter.write_str("2/")?;
                match persistence {
                    Persistence::Named => formatter.write_str("nmd")?,
                    Persistence::Temporary { generation } => write!(formatter, "tmp-{generation}")?,
                }
                write!(formatter, "/{subject}/{token_type}/{id}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn user() -> Subject {
        Subject::User("u".to_owned())
    }

    #[test]
    fn version_one_is_anything_that_does_not_start_with_a_version() {
        for (text, id) in [
            ("abc", "abc"),
            ("abc/def", "abc/def"),
            ("", ""),
            ("/x", "/x"),
            ("2", "2"),
            ("2x/nmd/usr-u/act/i", "2x/nmd/usr-u/act/i"),
            ("1/abc", "abc"),
            ("1/", ""),
            ("+1/abc", "abc"),
        ] {
            let identifier = Identifier::parse(text).unwrap();
            assert_eq!(identifier, Identifier::V1 { id: id.to_owned() }, "{text:?}");
            assert_eq!(identifier.persistence(), Persistence::Named);
            assert_eq!(identifier.token_type(), &TokenType::ACCESS);
            assert_eq!(identifier.subject(), None);
        }
    }

    #[test]
    fn version_two_says_persistence_subject_type_and_id() {
        let named = Identifier::named(user(), TokenType::ACCESS, "i");
        for text in ["2/nmd/usr-u/act/i", "+2/nmd/usr-u/act/i", "02/nmd/usr-u/act/i"] {
            assert_eq!(Identifier::parse(text), Some(named.clone()), "{text:?}");
        }
        assert_eq!(named.to_string(), "2/nmd/usr-u/act/i");

        let temporary = Identifier::temporary(7, user(), TokenType::Identity, "");
        for text in ["2/tmp-7/usr-u/idn/", "2/tmp-+07/usr-u/idn/"] {
            assert_eq!(Identifier::parse(text), Some(temporary.clone()), "{text:?}");
        }
        assert_eq!(temporary.to_string(), "2/tmp-7/usr-u/idn/");
        for subject in ["usr-", "prv-p", "grp-g", "nobody"] {
            let identifier = Identifier::parse(&format!("2/nmd/{subject}/act/i")).unwrap();
            assert_eq!(identifier.subject().unwrap().to_string(), subject);
        }
    }

    #[test]
    fn other_versions_fragment_counts_and_fragments_are_refused() {
        for text in [
            "1/a/b",
            "0/a",
            "3/nmd/usr-u/act/i",
            "-2/nmd/usr-u/act/i",
            "99999999999999999999/a",
            "2/nmd/usr-u/act",
            "2/nmd/usr-u/i",
            "2/nmd/usr-u/act/i/j",
            "2/perm/usr-u/act/i",
            "2/tmp/usr-u/act/i",
            "2/tmp-/usr-u/act/i",
            "2/tmp-x/usr-u/act/i",
            "2/nmd/xyz-u/act/i",
            "2/nmd//act/i",
            "2/nmd/usr-u//i",
            "2/nmd/usr-u/act:/i",
            "2/",
        ] {
            assert_eq!(Identifier::parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_what_parses_is_read_back_from_its_display(text in "([0-9+/a-z:-]|usr-|nmd|2/){0,12}") {
            if let Some(identifier) = Identifier::parse(&text) {
                prop_assert_eq!(Identifier::parse(&identifier.to_string()), Some(identifier));
            }
        }

        #[test]
        fn identifiers_of_today_are_read_back(id in "[a-z0-9]{0,40}", generation in any::<i64>(), owner in "[^/]{0,20}") {
            for identifier in [
                Identifier::named(Subject::Provider(owner.clone()), TokenType::ACCESS, id.clone()),
                Identifier::temporary(generation, Subject::User(owner), TokenType::Identity, id),
            ] {
                prop_assert_eq!(Identifier::parse(&identifier.to_string()), Some(identifier));
            }
        }
    }
}
