//! Ids, secrets and names: how new ones are made from random bytes, and which ones are accepted.
//!
//! Onezone tests names with Unicode classes of its regular expression library; the standard library's notions
//! of letter and number that are used here are a little wider (they include letter-like marks), and one
//! trailing line feed, which Onezone lets through by accident, is refused.

use std::fmt::Write;

use crate::{InputError, Secret};

const MAX_ID: usize = 255;

/// A new id for a user, provider, group or token: 32 hex digits, `ch` and four more.
pub fn generate_id(random: [u8; 18]) -> String {
    let (body, label) = random.split_at(16);
    format!("{}ch{}", hex(body), hex(label))
}

/// A new secret: 64 hex digits, which are used as text.
pub fn generate_secret(random: [u8; 32]) -> Secret {
    Secret::new(hex(&random))
}

/// Whether a text can be an id: 1 to 255 bytes without control characters. `what` names the kind of id in the
/// error.
pub fn check_id(what: &'static str, id: &str) -> Result<(), InputError> {
    if id.is_empty() || id.len() > MAX_ID {
        return Err(InputError::Length { what, length: id.len(), unit: "bytes", min: 1, max: MAX_ID });
    }
    // As nearly every id, and every request has several.
    if id.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_control()) {
        return Ok(());
    }
    check_characters(what, id, "anything but control characters", |_, character| !character.is_control())
}

/// Whether a text can be a username: 2 to 32 of `a-z A-Z 0-9`, with `.` `_` `-` inside.
pub fn check_username(name: &str) -> Result<(), InputError> {
    check_length("username", name, 32)?;
    let allowed = "a-z, A-Z and 0-9, and between them also `.`, `_` and `-`";
    check_characters("username", name, allowed, |place, character| {
        character.is_ascii_alphanumeric() || (place == Place::Middle && "._-".contains(character))
    })
}

/// Whether a text can be a full name: 2 to 128 letters and digits, with blanks and `'` `,` `.` `-` inside and
/// `.` at the end.
pub fn check_full_name(name: &str) -> Result<(), InputError> {
    check_length("full name", name, 128)?;
    let allowed = "letters and digits, between them also blanks, `'`, `,`, `.` and `-`, and `.` at the end";
    check_characters("full name", name, allowed, |place, character| {
        character.is_alphanumeric()
            || (place == Place::Middle && " ',.-".contains(character))
            || (place == Place::Last && character == '.')
    })
}

/// Whether a text can be the name of a token, group or provider: 2 to 128 letters, digits, `_`, `(`, `)`,
/// with blanks, `.` and `-` inside.
pub fn check_name(what: &'static str, name: &str) -> Result<(), InputError> {
    check_length(what, name, 128)?;
    let allowed = "letters, digits, `_`, `(` and `)`, and between them also blanks, `.` and `-`";
    check_characters(what, name, allowed, |place, character| {
        character.is_alphanumeric()
            || "_()".contains(character)
            || (place == Place::Middle && " .-".contains(character))
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Middle,
    Last,
}

fn check_length(what: &'static str, name: &str, max: usize) -> Result<(), InputError> {
    let length = name.chars().count();
    if (2..=max).contains(&length) {
        Ok(())
    } else {
        Err(InputError::Length { what, length, unit: "characters", min: 2, max })
    }
}

fn check_characters(
    what: &'static str,
    text: &str,
    allowed: &'static str,
    is_allowed: impl Fn(Place, char) -> bool,
) -> Result<(), InputError> {
    let mut characters = text.chars().enumerate().peekable();
    while let Some((index, character)) = characters.next() {
        let place = match (index, characters.peek()) {
            (0, _) => Place::First,
            (_, None) => Place::Last,
            _ => Place::Middle,
        };
        if !is_allowed(place, character) {
            return Err(InputError::Character { what, character, position: index + 1, allowed });
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_secrets_are_lower_case_hex_of_their_random_bytes() {
        let random = std::array::from_fn(|index| u8::try_from(index).unwrap() * 15);
        assert_eq!(generate_id(random), "000f1e2d3c4b5a69788796a5b4c3d2e1chf0ff");
        let secret = generate_secret(std::array::from_fn(|index| u8::try_from(index).unwrap() * 8));
        assert_eq!(secret.expose(), "0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8");
        check_id("token id", &generate_id([0xff; 18])).unwrap();
    }

    #[test]
    fn ids_have_1_to_255_bytes_and_no_control_characters() {
        for id in ["a", "we used our secret key", "abc/def", "ą", &"x".repeat(255)] {
            assert_eq!(check_id("user id", id), Ok(()), "{id:?}");
        }
        for id in ["", "a\0", "\n", "a\u{85}", &"x".repeat(256), &"ą".repeat(128)] {
            assert!(check_id("user id", id).is_err(), "{id:?}");
        }
    }

    #[test]
    fn usernames_follow_their_rule() {
        for name in ["ab", "A.b_c-1", &"x".repeat(32)] {
            assert_eq!(check_username(name), Ok(()), "{name:?}");
        }
        for name in ["", "a", ".ab", "ab.", "-ab", "a b", "ąb", "ab\n", &"x".repeat(33)] {
            assert!(check_username(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn full_names_follow_their_rule() {
        for name in ["Unnamed User", "Ąę Ćł", "J. R. O'Neil, Jr.", "a1", &"ą".repeat(128)] {
            assert_eq!(check_full_name(name), Ok(()), "{name:?}");
        }
        for name in ["", "a", " ab", "ab ", ".ab", "ab-", "a_b", "a(b)", &"x".repeat(129)] {
            assert!(check_full_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn token_names_follow_their_rule() {
        for name in ["my token", "(a)", "_x_", "root token", "legacy token 1", "ąę.-1", &"ą".repeat(128)] {
            assert_eq!(check_name("token name", name), Ok(()), "{name:?}");
        }
        for name in ["", "a", " ab", "ab ", ".ab", "ab-", "a/b", "a,b", "ab\n", &"x".repeat(129)] {
            assert!(check_name("token name", name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_refused_name_is_answered_with_what_where_and_how_to_mend_it() {
        assert_eq!(
            check_username("al ice").unwrap_err().to_string(),
            "' ' cannot stand at position 3 of a username: use a-z, A-Z and 0-9, and between them also `.`, `_` and `-`"
        );
        assert_eq!(
            check_name("token name", "x").unwrap_err().to_string(),
            "a token name of 1 characters: use 2 to 128"
        );
    }
}
