//! What becomes of a token when any single bit of it is turned: it is refused, or it is the same token.
//!
//! Three things can be changed without the secret, none of which decides anything:
//!
//! 1. the value of the `location` packet, which the signature does not cover and which is compared with nothing;
//! 2. the case of the hexadecimal digits of a packet's length;
//! 3. the spelling of the same bytes in the serialized text: the unused last bits, and `03` for `01`.

use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::caveat::strategy;
use crate::{Caveat, Identifier, InviteType, Limits, Secret, ServiceType, Subject, Token, TokenType, base62};

const DOMAIN: &str = "onezone.example.com";

fn token_type() -> impl Strategy<Value = TokenType> {
    let id = "[a-z0-9]{1,8}";
    prop_oneof![
        Just(TokenType::ACCESS),
        Just(TokenType::Identity),
        id.prop_map(|session| TokenType::Access { session: Some(session) }),
        (0..InviteType::ALL.len(), id)
            .prop_map(|(index, entity_id)| TokenType::Invite { invite: InviteType::ALL[index], entity_id }),
    ]
}

fn identifier() -> impl Strategy<Value = Identifier> {
    let id = "[a-z0-9]{0,12}";
    let subject = prop_oneof![id.prop_map(Subject::User), id.prop_map(Subject::Provider)];
    let version_two = (subject, token_type(), id, any::<Option<i64>>()).prop_map(
        |(subject, token_type, id, generation)| match generation {
            Some(generation) => Identifier::temporary(generation, subject, token_type, id),
            None => Identifier::named(subject, token_type, id),
        },
    );
    prop_oneof![4 => version_two, 1 => id.prop_map(|id| Identifier::V1 { id })]
}

fn caveats() -> impl Strategy<Value = Vec<Caveat>> {
    proptest::collection::vec(strategy::caveat(), 0..3)
}

/// What a token says, apart from where it says to come from.
fn meaning(token: &Token) -> (Identifier, Vec<String>, Option<ServiceType>) {
    let caveats = token.caveats().map(std::borrow::Cow::into_owned).collect();
    (token.identifier().clone(), caveats, token.service_indication())
}

/// The places of the location's value and of the digits of lengths among the packets.
fn unsigned(packets: &[u8]) -> (std::ops::Range<usize>, Vec<usize>) {
    let value = 4 + "location ".len();
    let location = value..value + DOMAIN.len();
    assert_eq!(&packets[location.clone()], DOMAIN.as_bytes());
    let (mut digits, mut start) = (Vec::new(), 0);
    while start < packets.len() {
        digits.extend(start..start + 4);
        let length = std::str::from_utf8(&packets[start..start + 4]).unwrap();
        start += usize::from_str_radix(length, 16).unwrap();
    }
    (location, digits)
}

/// The token that the bytes decode to, if it is one that the secret signed.
fn accepted(text: &str, secret: &Secret) -> Option<Token> {
    let limits = Limits { max_serialized: text.len(), ..Limits::default() };
    Token::decode(text, &limits).ok().filter(|token| token.is_signed_with(secret))
}

proptest! {
    #![proptest_config(Config { cases: 24, ..Config::default() })]

    #[test]
    fn every_turned_bit_of_the_packets_is_refused_but_those_that_nobody_reads(
        identifier in identifier(),
        caveats in caveats(),
        secret in ".{0,70}",
    ) {
        let secret = Secret::new(secret);
        let token = Token::mint(DOMAIN, &identifier, &caveats, &secret).unwrap();
        let text = token.serialize();
        let packets = base62::decode(text.expose()).unwrap();
        let (location, digits) = unsigned(&packets);
        prop_assert!(accepted(text.expose(), &secret).is_some());
        for index in 0..packets.len() {
            for bit in 0..8 {
                let mut turned = packets.to_vec();
                turned[index] ^= 1 << bit;
                let unread = location.contains(&index)
                    || (digits.contains(&index) && turned[index].eq_ignore_ascii_case(&packets[index]));
                match accepted(&base62::encode(&turned), &secret) {
                    Some(same) => {
                        prop_assert!(unread, "bit {} of byte {}", bit, index);
                        prop_assert_eq!(meaning(&same), meaning(&token));
                    }
                    None => prop_assert!(!unread, "bit {} of byte {}", bit, index),
                }
            }
        }
    }

    #[test]
    fn every_turned_bit_of_the_text_is_refused_or_spells_the_same_token(
        identifier in identifier(),
        caveats in caveats(),
        secret in ".{0,70}",
        indication in (0..3_usize),
    ) {
        let secret = Secret::new(secret);
        let indication = [ServiceType::OzWorker, ServiceType::OpWorker, ServiceType::OpPanel][indication];
        let token = Token::mint(DOMAIN, &identifier, &caveats, &secret).unwrap().with_service_indication(indication);
        let text = token.serialize();
        let start = if token.service_indication().is_some() { 4 } else { 0 };
        let packets = base62::decode(&text.expose()[start..]).unwrap();
        let (location, digits) = unsigned(&packets);
        let mut spellings = 0;
        for index in 0..text.expose().len() {
            for bit in 0..8 {
                let mut turned = text.expose().as_bytes().to_vec();
                turned[index] ^= 1 << bit;
                // Header values that are not UTF-8 are read like this.
                let turned = String::from_utf8_lossy(&turned);
                let Some(same) = accepted(&turned, &secret) else { continue };
                prop_assert_eq!(meaning(&same), meaning(&token), "bit {} of character {}", bit, index);
                let bytes = base62::decode(&turned[start..]).unwrap();
                prop_assert_eq!(bytes.len(), packets.len());
                let differ = (0..packets.len()).filter(|place| bytes[*place] != packets[*place]);
                for place in differ {
                    let case = digits.contains(&place) && bytes[place].eq_ignore_ascii_case(&packets[place]);
                    prop_assert!(location.contains(&place) || case, "bit {} of character {}", bit, index);
                }
                spellings += 1;
            }
        }
        // The location is a good part of the text, so that a test which accepts nothing has gone wrong.
        prop_assert!(spellings > DOMAIN.len());
    }
}

#[test]
fn what_is_not_signed_can_be_taken_away_and_decides_nothing() {
    let secret = Secret::new("s");
    let identifier = Identifier::named(Subject::User("u".to_owned()), TokenType::ACCESS, "i");
    let token = Token::mint(DOMAIN, &identifier, &[], &secret).unwrap();
    let packets = base62::decode(token.serialize().expose()).unwrap();
    let length = 4 + "location ".len() + DOMAIN.len() + 1;
    let without = accepted(&base62::encode(&packets[length..]), &secret).unwrap();
    assert_eq!(without.domain(), None);
    assert_eq!(meaning(&without), meaning(&token));
    let elsewhere = Token::mint("evil.example.com", &identifier, &[], &secret).unwrap();
    assert!(elsewhere.is_signed_with(&secret));
    assert_eq!(meaning(&elsewhere), meaning(&token));
}
