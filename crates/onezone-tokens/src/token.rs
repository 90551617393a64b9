//! A decoded token: reading it from a header, issuing it, confining it and writing it.

use std::borrow::Cow;
use std::fmt;

use zeroize::Zeroizing;

use crate::macaroon::{Macaroon, RawCaveat};
use crate::{
    AuthError, Caveat, Identifier, InputError, Persistence, Secret, SerializedToken, ServiceType, Subject,
};
use crate::{base62, ids, text};

/// What is read before a token has proved anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The greatest length of the serialized text, in bytes.
    pub max_serialized: usize,
    /// The greatest number of caveats.
    pub max_caveats: usize,
}

impl Limits {
    /// The length of text that Onezone reads: 1 MiB.
    pub const ONEZONE_MAX_SERIALIZED: usize = 1_048_576;
}

/// 64 KiB and 256 caveats, far above what Onedata issues.
impl Default for Limits {
    fn default() -> Self {
        Self { max_serialized: 65_536, max_caveats: 256 }
    }
}

/// The record that has to be fetched to verify a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// The named token with this id.
    Named(&'a str),
    /// The secret that the temporary tokens of this subject share.
    Temporary(&'a Subject),
    /// None: no store can hold a record for this token.
    Nothing,
}

/// A token that has been decoded, which says nothing about its validity. `Debug` shows neither signature nor
/// caveats.
#[derive(Clone)]
pub struct Token {
    macaroon: Macaroon,
    identifier: Identifier,
    service_indication: Option<ServiceType>,
}

impl Token {
    /// Reads a token from the text of a header. Caveats and signature are not looked at.
    pub fn decode(text: &str, limits: &Limits) -> Result<Self, AuthError> {
        if text.len() > limits.max_serialized {
            return Err(AuthError::TokenTooLarge { limit: limits.max_serialized });
        }
        Self::decode_bounded(text, limits).ok_or(AuthError::BadToken)
    }

    /// Issues a token of the zone at `domain`, signed with `secret`.
    pub fn mint(
        domain: &str,
        identifier: &Identifier,
        caveats: &[Caveat],
        secret: &Secret,
    ) -> Result<Self, InputError> {
        let text = identifier.to_string();
        if Identifier::parse(&text).as_ref() != Some(identifier) {
            return Err(InputError::Identifier(text));
        }
        let macaroon = Macaroon::create(domain, &text, secret)?;
        let mut token = Self { macaroon, identifier: identifier.clone(), service_indication: None };
        for caveat in caveats {
            token.add_caveat(caveat)?;
        }
        Ok(token)
    }

    /// The same token with one more caveat. Anybody who holds a token can confine it; nobody can undo it.
    pub fn confine(&self, caveat: &Caveat) -> Result<Self, InputError> {
        let mut token = self.clone();
        token.add_caveat(caveat)?;
        Ok(token)
    }

    fn add_caveat(&mut self, caveat: &Caveat) -> Result<(), InputError> {
        let text = caveat.to_string();
        if Caveat::parse(&text).as_ref() != Some(caveat) {
            return Err(InputError::Caveat(text));
        }
        self.macaroon.add_caveat(&text)
    }

    /// The same token, marked as sent by this service of a Oneprovider. Services of Onezone are never
    /// indicated, and asking for one leaves the token as it is.
    #[must_use]
    pub fn with_service_indication(mut self, service: ServiceType) -> Self {
        if matches!(service, ServiceType::OpWorker | ServiceType::OpPanel) {
            self.service_indication = Some(service);
        }
        self
    }

    /// The text form.
    pub fn serialize(&self) -> SerializedToken {
        let base62 = base62::encode(&self.macaroon.serialize());
        let Some(service) = self.service_indication else { return SerializedToken::new(base62) };
        let name = service.short_name();
        let mut text = Zeroizing::new(String::with_capacity(name.len() + 1 + base62.len()));
        text.push_str(name);
        text.push('-');
        text.push_str(&base62);
        SerializedToken::new(text)
    }

    /// Which record the token belongs to, whom it speaks for and what it is for: all unproven.
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// The record to fetch before the token can be verified.
    pub fn lookup(&self) -> Lookup<'_> {
        match (self.identifier.persistence(), self.identifier.subject()) {
            (Persistence::Named, _) if ids::check_id("token id", self.identifier.id()).is_ok() => {
                Lookup::Named(self.identifier.id())
            }
            (Persistence::Temporary { .. }, Some(subject)) if subject.can_exist() => {
                Lookup::Temporary(subject)
            }
            _ => Lookup::Nothing,
        }
    }

    /// The domain of the zone that issued the token, as the token says; it is not signed.
    pub fn domain(&self) -> Option<Cow<'_, str>> {
        self.macaroon.location.as_deref().map(String::from_utf8_lossy)
    }

    /// The service of a Oneprovider that the sender says to be.
    pub fn service_indication(&self) -> Option<ServiceType> {
        self.service_indication
    }

    /// The serialized caveats in their order. Where bytes are not UTF-8 stand the replacement character and a
    /// null character, which no id has: nothing that is stored equals them.
    pub fn caveats(&self) -> impl ExactSizeIterator<Item = Cow<'_, str>> {
        self.macaroon.caveats.iter().map(|caveat| text::readable(&caveat.id))
    }

    /// Whether this secret signed the token and its caveats, and nothing else about it.
    pub fn is_signed_with(&self, secret: &Secret) -> bool {
        self.macaroon.is_signed_with(secret)
    }

    /// Whether each caveat is a first-party one, in the order of [`Self::caveats`].
    pub(crate) fn are_first_party(&self) -> impl Iterator<Item = bool> {
        self.macaroon.caveats.iter().map(RawCaveat::is_first_party)
    }

    /// The first-party caveats as they were signed.
    pub(crate) fn raw_caveats(&self) -> impl Iterator<Item = &[u8]> {
        self.macaroon
            .caveats
            .iter()
            .filter(|caveat| caveat.is_first_party())
            .map(|caveat| caveat.id.as_slice())
    }

    fn decode_bounded(serialized: &str, limits: &Limits) -> Option<Self> {
        let (service_indication, base62) = split_indication(serialized)?;
        let macaroon = Macaroon::parse(&base62::decode(base62)?, limits.max_caveats)?;
        // An identifier that is not UTF-8 names no record; the signature is checked over the bytes
        // themselves.
        let identifier = Identifier::parse(&text::readable(&macaroon.identifier))?;
        Some(Self { macaroon, identifier, service_indication })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Token")
            .field("identifier", &self.identifier)
            .field("caveats", &self.macaroon.caveats.len())
            .field("service_indication", &self.service_indication)
            .finish_non_exhaustive()
    }
}

/// The service that a prefix such as `opw-` indicates, and the rest. Only the fourth character tells: escaped
/// text has no `-`, and unescaped text that has one there is not understood by Onezone either.
fn split_indication(text: &str) -> Option<(Option<ServiceType>, &str)> {
    if text.as_bytes().get(3) != Some(&b'-') {
        return Some((None, text));
    }
    match ServiceType::from_short_name(text.get(..3)?)? {
        service @ (ServiceType::OpWorker | ServiceType::OpPanel) => Some((Some(service), text.get(4..)?)),
        ServiceType::OzWorker | ServiceType::OzPanel => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::TokenType;

    fn secret() -> Secret {
        Secret::new("secret")
    }

    fn token(identifier: &str) -> Token {
        Token::mint("zone.example.com", &Identifier::parse(identifier).unwrap(), &[], &secret()).unwrap()
    }

    fn decode(text: &str) -> Result<Token, AuthError> {
        Token::decode(text, &Limits::default())
    }

    #[test]
    fn the_indication_is_the_fourth_character_and_only_oneprovider_services_are_legal() {
        let text = token("2/nmd/prv-p/act/i").serialize().expose().to_owned();
        assert_eq!(decode(&text).unwrap().service_indication(), None);
        for (prefix, service) in [("opw-", ServiceType::OpWorker), ("opp-", ServiceType::OpPanel)] {
            let token = decode(&format!("{prefix}{text}")).unwrap();
            assert_eq!(token.service_indication(), Some(service));
            assert_eq!(token.serialize().expose(), format!("{prefix}{text}"));
        }
        for prefix in ["ozw-", "ozp-", "abc-", "OPW-", "---", "opw--", "ąb-"] {
            assert_eq!(decode(&format!("{prefix}{text}")).unwrap_err(), AuthError::BadToken, "{prefix}");
        }
        assert_eq!(decode("opw-").unwrap_err(), AuthError::BadToken);
    }

    #[test]
    fn services_of_onezone_are_never_indicated() {
        let plain = token("2/nmd/prv-p/act/i");
        let marked = plain.clone().with_service_indication(ServiceType::OzWorker);
        assert_eq!(marked.serialize().expose(), plain.serialize().expose());
    }

    #[test]
    fn size_is_checked_before_anything_else() {
        let limits = Limits { max_serialized: 8, ..Limits::default() };
        assert_eq!(Token::decode("!!!!!!!!", &limits).unwrap_err(), AuthError::BadToken);
        assert_eq!(Token::decode("!!!!!!!!!", &limits).unwrap_err(), AuthError::TokenTooLarge { limit: 8 });
    }

    #[test]
    fn tens_of_thousands_of_caveats_are_refused_without_harm() {
        let mut bytes = b"0011identifier i\n".to_vec();
        bytes.extend_from_slice(&b"000acid c\n".repeat(60_000));
        let limits = Limits { max_serialized: Limits::ONEZONE_MAX_SERIALIZED, max_caveats: 256 };
        assert_eq!(Token::decode(&base62::encode(&bytes), &limits).unwrap_err(), AuthError::BadToken);
    }

    #[test]
    fn the_record_to_fetch_follows_from_persistence_and_subject() {
        assert_eq!(token("2/nmd/usr-u/act/i").lookup(), Lookup::Named("i"));
        assert_eq!(token("legacy").lookup(), Lookup::Named("legacy"));
        assert_eq!(token("2/tmp-1/usr-u/act/i").lookup(), Lookup::Temporary(&Subject::User("u".to_owned())));
        for identifier in
            ["2/nmd/usr-u/act/", "2/nmd/usr-u/act/a\0", "2/tmp-1/usr-/act/i", "2/tmp-1/nobody/act/i"]
        {
            assert_eq!(token(identifier).lookup(), Lookup::Nothing, "{identifier:?}");
        }
    }

    #[test]
    fn an_identifier_that_would_be_read_differently_is_not_issued() {
        let user = || Subject::User("u".to_owned());
        for identifier in [
            Identifier::named(user(), TokenType::ACCESS, "a/b"),
            Identifier::named(Subject::User("a/b".to_owned()), TokenType::ACCESS, "i"),
            Identifier::named(user(), TokenType::Access { session: Some(String::new()) }, "i"),
            Identifier::V1 { id: "2/x".to_owned() },
        ] {
            let error = Token::mint("d", &identifier, &[], &secret()).unwrap_err();
            assert_eq!(error, InputError::Identifier(identifier.to_string()));
        }
    }

    #[test]
    fn a_confined_token_is_what_would_have_been_issued_with_the_caveat() {
        let caveats = ["time < 5", "data.readonly"].map(|text| Caveat::parse(text).unwrap());
        let identifier = Identifier::parse("2/nmd/usr-u/act/i").unwrap();
        let issued = Token::mint("d", &identifier, &caveats, &secret()).unwrap();
        let plain = Token::mint("d", &identifier, &[], &secret()).unwrap();
        let confined = plain.confine(&caveats[0]).unwrap().confine(&caveats[1]).unwrap();
        assert_eq!(confined.serialize().expose(), issued.serialize().expose());
        assert_eq!(confined.caveats().collect::<Vec<_>>(), ["time < 5", "data.readonly"]);
        assert_eq!(confined.domain().as_deref(), Some("d"));
    }

    #[test]
    fn a_caveat_that_would_be_read_differently_is_not_added() {
        let token = token("2/nmd/usr-u/act/i");
        // Blanks alone are base64 of the empty path; a list of it alone would be written as an empty list.
        let blank = Caveat::parse("data.path =   ").unwrap();
        for caveat in [Caveat::Ip(vec![]), Caveat::DataObjectId(vec!["a|b".to_owned()]), blank] {
            let error = token.confine(&caveat).unwrap_err();
            assert_eq!(error, InputError::Caveat(caveat.to_string()));
        }
    }

    #[test]
    fn debug_shows_neither_signature_nor_caveats() {
        let token =
            token("2/nmd/usr-u/act/i").confine(&Caveat::parse("data.objectid = hush").unwrap()).unwrap();
        let shown = format!("{token:?}");
        assert!(
            shown.contains("caveats: 1") && !shown.contains("hush") && !shown.contains("signature"),
            "{shown}"
        );
    }

    proptest! {
        #[test]
        fn decoding_never_panics(text in any::<String>()) {
            let _ = decode(&text);
        }
    }
}
