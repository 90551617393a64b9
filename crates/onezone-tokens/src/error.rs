//! What can go wrong, in three types: [`AuthError`] is the verdict on a client's credentials,
//! [`OnedataError`] is an answer in Onedata's wire form, and [`InputError`] is a value that an operator or
//! another crate got wrong.

mod auth;
mod onedata;

pub use auth::AuthError;
pub use onedata::OnedataError;

/// A value that cannot be used, with what is wrong with it and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// A text that is not in the form its kind demands.
    #[error("`{text}` is not a {what}: write {expected}")]
    Form {
        /// The kind of value.
        what: &'static str,
        /// The text that was given.
        text: String,
        /// The form that is understood.
        expected: &'static str,
    },
    /// A name or an id that is too short or too long.
    #[error("a {what} of {length} {unit}: use {min} to {max}")]
    Length {
        /// The kind of value.
        what: &'static str,
        /// The length that was given.
        length: usize,
        /// What the length counts.
        unit: &'static str,
        /// The least length.
        min: usize,
        /// The greatest length.
        max: usize,
    },
    /// A character that is not allowed where it stands.
    #[error("{character:?} cannot stand at position {position} of a {what}: use {allowed}")]
    Character {
        /// The kind of value.
        what: &'static str,
        /// The offending character.
        character: char,
        /// Its place, counted in characters from 1.
        position: usize,
        /// What may stand there.
        allowed: &'static str,
    },
    /// A new password that is too short. The password itself is never repeated.
    #[error("a password of {length} characters: use at least 8")]
    PasswordTooShort {
        /// The number of characters given.
        length: usize,
    },
    /// A stored password hash that is not one. The hash itself is never repeated.
    #[error("not a password hash: expected the base64 of 65 bytes, a salt of 32, a dot and a digest of 32")]
    PasswordHash,
    /// A value too long for the packet format of tokens.
    #[error(
        "the {packet} packet would take {length} bytes, and the token format allows 65535: shorten its value"
    )]
    PacketTooLong {
        /// The name of the packet.
        packet: &'static str,
        /// The bytes that it would take.
        length: usize,
    },
    /// An identifier that would be read back as something else.
    #[error("the token identifier `{0}` would be read back differently: use ids without slashes and colons")]
    Identifier(String),
    /// A caveat that would be read back as something else, such as an empty list.
    #[error(
        "the caveat `{0}` would be read back differently: fill its list, and write no `|` inside its entries"
    )]
    Caveat(String),
    /// JSON that is not a caveat.
    #[error("not a caveat: {0}")]
    CaveatJson(String),
    /// A caveat cannot be added to a token that has no signature.
    #[error("the token carries no signature, so no caveat can be added to it: use it as it was issued")]
    Unsigned,
}
