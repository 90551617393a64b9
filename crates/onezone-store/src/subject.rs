//! Who owns tokens and who belongs to groups, in the text forms that Onezone uses and the store keys on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Result, StoreError};

/// The longest id, in bytes. Longer ones fit neither an index page nor any real zone.
pub const MAX_ID_BYTES: usize = 255;

/// A user or a provider: whoever can own tokens. Its text form is `usr-ID` or `prv-ID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The user of this id.
    User(String),
    /// The provider of this id.
    Provider(String),
}

/// A user or a group: whoever can belong to a group or a cluster. Its text form is `usr-ID` or `grp-ID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// The user of this id.
    User(String),
    /// The group of this id.
    Group(String),
}

/// Refuses what can be no id: the empty text, over-long ones, and control characters (`PostgreSQL` stores no NUL,
/// terminals obey the others).
pub fn check_id(id: &str) -> Result<()> {
    if id.is_empty() || id.len() > MAX_ID_BYTES || id.chars().any(char::is_control) {
        return Err(StoreError::InvalidId(id.to_owned()));
    }
    Ok(())
}

impl Subject {
    /// The id without the prefix that tells what it is of.
    pub fn id(&self) -> &str {
        match self {
            Self::User(id) | Self::Provider(id) => id,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(formatter, "usr-{id}"),
            Self::Provider(id) => write!(formatter, "prv-{id}"),
        }
    }
}

impl FromStr for Subject {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let subject = match text.split_at_checked(4) {
            Some(("usr-", id)) => Self::User(id.to_owned()),
            Some(("prv-", id)) => Self::Provider(id.to_owned()),
            _ => return Err(StoreError::InvalidSubject(text.to_owned())),
        };
        check_id(subject.id())?;
        Ok(subject)
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Member {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(formatter, "usr-{id}"),
            Self::Group(id) => write!(formatter, "grp-{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_is_read_back_as_the_same_subject() {
        for text in ["usr-c26bab", "prv-6ebe7ac2", "usr-usr-", "prv-żółw"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn texts_that_name_nobody_are_refused() {
        for text in ["", "usr", "usr-", "grp-x", "nobody", "USR-x", "usr-a\u{0}b", "ż-x", "usr-\n"] {
            assert!(text.parse::<Subject>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn an_id_may_have_255_bytes_and_no_more() {
        assert!(check_id(&"x".repeat(255)).is_ok());
        assert!(check_id(&"x".repeat(256)).is_err());
    }
}
