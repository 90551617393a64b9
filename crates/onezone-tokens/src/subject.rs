//! Whom a token speaks for, and who may consume it.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::{InputError, ids};

/// A user, a Oneprovider, a group (in consumer caveats) or nobody. `Display` is the serialized form, such as
/// `usr-<id>`; in consumer caveats the id `*` stands for any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A user by id.
    User(String),
    /// A Oneprovider by id.
    Provider(String),
    /// A group by id.
    Group(String),
    /// Nobody: the anonymous client.
    Nobody,
}

impl Subject {
    /// Reads the serialized form; `None` when it is not one. The id may be anything, even empty: whether it
    /// can exist is the question of [`Subject::can_exist`].
    pub fn parse(text: &str) -> Option<Self> {
        if text == "nobody" {
            return Some(Self::Nobody);
        }
        let (prefix, id) = text.split_once('-')?;
        match prefix {
            "usr" => Some(Self::User(id.to_owned())),
            "prv" => Some(Self::Provider(id.to_owned())),
            "grp" => Some(Self::Group(id.to_owned())),
            _ => None,
        }
    }

    /// The id, when the subject has one.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::User(id) | Self::Provider(id) | Self::Group(id) => Some(id),
            Self::Nobody => None,
        }
    }

    /// The type as JSON and descriptions name it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Provider(_) => "oneprovider",
            Self::Group(_) => "group",
            Self::Nobody => "nobody",
        }
    }

    /// Whether a store could know this subject: a user or a provider whose id is a legal id. Other subjects
    /// need no look-up, and some storage engines refuse the characters in them.
    pub fn can_exist(&self) -> bool {
        matches!(self, Self::User(id) | Self::Provider(id) if ids::check_id("id", id).is_ok())
    }

    /// The form of descriptions, such as `user:<id>`.
    pub fn printable(&self) -> String {
        match self.id() {
            Some(id) => format!("{}:{id}", self.type_name()),
            None => self.type_name().to_owned(),
        }
    }

    /// The JSON form.
    pub fn to_json(&self) -> Value {
        json!({ "type": self.type_name(), "id": self.id() })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(formatter, "usr-{id}"),
            Self::Provider(id) => write!(formatter, "prv-{id}"),
            Self::Group(id) => write!(formatter, "grp-{id}"),
            Self::Nobody => formatter.write_str("nobody"),
        }
    }
}

impl FromStr for Subject {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        Self::parse(text).ok_or_else(|| InputError::Form {
            what: "subject",
            text: text.to_owned(),
            expected: "`usr-<user id>` or `prv-<provider id>`",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_has_a_serialized_a_printable_and_a_json_form() {
        for (text, printable, json) in [
            ("usr-u", "user:u", json!({"type": "user", "id": "u"})),
            ("prv-p-q", "oneprovider:p-q", json!({"type": "oneprovider", "id": "p-q"})),
            ("grp-", "group:", json!({"type": "group", "id": ""})),
            ("nobody", "nobody", json!({"type": "nobody", "id": null})),
        ] {
            let subject: Subject = text.parse().unwrap();
            assert_eq!(subject.to_string(), text);
            assert_eq!(subject.printable(), printable);
            assert_eq!(subject.to_json(), json);
        }
        for text in ["", "usr", "user-u", "USR-u", "nobody-x", "root"] {
            assert_eq!(Subject::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn only_users_and_providers_with_legal_ids_can_exist() {
        assert!(Subject::User("u".to_owned()).can_exist());
        assert!(Subject::Provider("p".to_owned()).can_exist());
        for subject in ["usr-", "usr-a\0b", "grp-g", "nobody"] {
            assert!(!Subject::parse(subject).unwrap().can_exist(), "{subject:?}");
        }
    }

    #[test]
    fn a_malformed_subject_is_answered_with_the_form_to_write() {
        assert_eq!(
            "alice".parse::<Subject>().unwrap_err().to_string(),
            "`alice` is not a subject: write `usr-<user id>` or `prv-<provider id>`"
        );
    }
}
