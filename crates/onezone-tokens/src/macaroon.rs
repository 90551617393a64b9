//! The packets and the signature chain below a token: libmacaroons' version 1 format with HMAC-SHA256.
//!
//! Parsing walks over slices and is bounded by the caller's limit on caveats, since hostile input reaches it
//! before any authentication. A recursive parser of this format can be made to overflow the stack with some
//! ten thousand caveats.

use std::sync::LazyLock;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::{InputError, Secret};

/// The text that root keys are derived with, padded with zero bytes to the length of a key.
const KEY_GENERATOR: &[u8; 32] = b"macaroons-key-generator\0\0\0\0\0\0\0\0\0";

/// The greatest length of a packet, which four hex digits can say.
const MAX_PACKET: usize = 0xffff;

type Digest = Zeroizing<[u8; 32]>;

/// One caveat; with `verification_id` and `location` a third-party caveat, which Onedata never issues and
/// never accepts.
#[derive(Clone, Default)]
pub(crate) struct RawCaveat {
    pub(crate) id: Vec<u8>,
    verification_id: Option<Vec<u8>>,
    location: Option<Vec<u8>>,
}

impl RawCaveat {
    pub(crate) fn is_first_party(&self) -> bool {
        self.verification_id.is_none()
    }
}

/// The parts of a token. Which parts are present is what its packets said; only the identifier is sure.
#[derive(Clone)]
pub(crate) struct Macaroon {
    pub(crate) location: Option<Vec<u8>>,
    pub(crate) identifier: Vec<u8>,
    pub(crate) caveats: Vec<RawCaveat>,
    signature: Option<Zeroizing<Vec<u8>>>,
}

impl Macaroon {
    /// A macaroon without caveats.
    pub(crate) fn create(location: &str, identifier: &str, secret: &Secret) -> Result<Self, InputError> {
        check_packet("location", location.as_bytes())?;
        check_packet("identifier", identifier.as_bytes())?;
        let identifier = identifier.as_bytes().to_vec();
        let signature = hmac(root_key(secret).as_slice(), &identifier);
        Ok(Self {
            location: Some(location.as_bytes().to_vec()),
            identifier,
            caveats: Vec::new(),
            signature: Some(Zeroizing::new(signature.to_vec())),
        })
    }

    /// Adds a caveat, which needs the signature only and not the secret.
    pub(crate) fn add_caveat(&mut self, caveat: &str) -> Result<(), InputError> {
        check_packet("cid", caveat.as_bytes())?;
        let signature = self.signature.as_ref().ok_or(InputError::Unsigned)?;
        self.signature = Some(Zeroizing::new(hmac(signature, caveat.as_bytes()).to_vec()));
        self.caveats.push(RawCaveat { id: caveat.as_bytes().to_vec(), ..RawCaveat::default() });
        Ok(())
    }

    /// Whether the signature is the one that this secret gives. A macaroon with a third-party caveat never
    /// is: it could only be discharged by a token that no request can carry.
    pub(crate) fn is_signed_with(&self, secret: &Secret) -> bool {
        let mut chain = hmac(root_key(secret).as_slice(), &self.identifier);
        let mut first_party = true;
        for caveat in &self.caveats {
            chain = hmac(chain.as_slice(), &caveat.id);
            first_party &= caveat.is_first_party();
        }
        let signature = self.signature.as_ref().map_or(&[][..], |signature| signature.as_slice());
        first_party & bool::from(chain.as_slice().ct_eq(signature))
    }

    /// Reads packets; `None` when they are not well-formed or the caveats are more than `max_caveats`.
    pub(crate) fn parse(mut bytes: &[u8], max_caveats: usize) -> Option<Self> {
        let mut location = None;
        let mut identifier = None;
        let mut signature = None;
        let mut caveats: Vec<RawCaveat> = Vec::new();
        // Whether the last caveat has its `vid` and waits for the `cl` that makes it whole.
        let mut unfinished = false;
        while !bytes.is_empty() {
            let (key, value, rest) = split_packet(bytes)?;
            match key {
                b"location" => set_once(&mut location, value.to_vec())?,
                b"identifier" => set_once(&mut identifier, value.to_vec())?,
                b"signature" => set_once(&mut signature, Zeroizing::new(value.to_vec()))?,
                b"cid" if !unfinished && caveats.len() < max_caveats => {
                    caveats.push(RawCaveat { id: value.to_vec(), ..RawCaveat::default() });
                }
                b"vid" if !unfinished => {
                    caveats.last_mut()?.verification_id = Some(value.to_vec());
                    unfinished = true;
                }
                b"cl" if unfinished => {
                    caveats.last_mut()?.location = Some(value.to_vec());
                    unfinished = false;
                }
                _ => return None,
            }
            bytes = rest;
        }
        if unfinished { None } else { Some(Self { location, identifier: identifier?, caveats, signature }) }
    }

    /// Writes the packets in their customary order.
    pub(crate) fn serialize(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.serialized_length()));
        for (key, value) in self.packets() {
            let length = packet_length(key, value);
            debug_assert!(length <= MAX_PACKET, "checked when the part was set");
            bytes.extend_from_slice(format!("{length:04x}").as_bytes());
            bytes.extend_from_slice(key.as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(value);
            bytes.push(b'\n');
        }
        bytes
    }

    fn serialized_length(&self) -> usize {
        self.packets().map(|(key, value)| packet_length(key, value)).sum()
    }

    fn packets(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let caveats = self.caveats.iter().flat_map(|caveat| {
            let vid = caveat.verification_id.as_deref().map(|value| ("vid", value));
            let cl = caveat.location.as_deref().map(|value| ("cl", value));
            std::iter::once(("cid", caveat.id.as_slice())).chain(vid).chain(cl)
        });
        let location = self.location.as_deref().map(|value| ("location", value));
        let signature = self.signature.as_ref().map(|value| ("signature", value.as_slice()));
        location
            .into_iter()
            .chain(std::iter::once(("identifier", self.identifier.as_slice())))
            .chain(caveats)
            .chain(signature)
    }
}

fn root_key(secret: &Secret) -> Digest {
    // What depends on the generator alone, a fifth of the work for a token without caveats, is done once.
    static GENERATOR: LazyLock<Hmac<Sha256>> = LazyLock::new(|| keyed(KEY_GENERATOR));
    finish(GENERATOR.clone(), secret.expose().as_bytes())
}

fn hmac(key: &[u8], message: &[u8]) -> Digest {
    finish(keyed(key), message)
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn finish(mut mac: Hmac<Sha256>, message: &[u8]) -> Digest {
    mac.update(message);
    let mut bytes = mac.finalize().into_bytes();
    let digest = Zeroizing::new(bytes.into());
    bytes.as_mut_slice().zeroize();
    digest
}

fn packet_length(key: &str, value: &[u8]) -> usize {
    // Four digits, the key, a blank, the value, a line feed.
    4 + key.len() + 1 + value.len() + 1
}

fn check_packet(packet: &'static str, value: &[u8]) -> Result<(), InputError> {
    let length = packet_length(packet, value);
    if length > MAX_PACKET { Err(InputError::PacketTooLong { packet, length }) } else { Ok(()) }
}

/// The key and the value of the first packet, and what follows it. Onezone reads the length as any integer, so
/// that a sign may stand in the place of the first digit.
fn split_packet(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut length = 0;
    let digits = bytes.get(..4)?;
    for digit in digits.strip_prefix(b"+").unwrap_or(digits) {
        length = length * 16 + usize::try_from(char::from(*digit).to_digit(16)?).ok()?;
    }
    let packet = bytes.get(..length)?;
    let body = packet.get(4..)?.strip_suffix(b"\n")?;
    let space = body.iter().position(|byte| *byte == b' ')?;
    Some((&body[..space], &body[space + 1..], &bytes[length..]))
}

fn set_once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(key: &str, value: &[u8]) -> Vec<u8> {
        let mut bytes = format!("{:04x}{key} ", packet_length(key, value)).into_bytes();
        bytes.extend_from_slice(value);
        bytes.push(b'\n');
        bytes
    }

    fn parse(packets: &[(&str, &[u8])]) -> Option<Macaroon> {
        let bytes: Vec<u8> = packets.iter().flat_map(|(key, value)| packet(key, value)).collect();
        Macaroon::parse(&bytes, 4)
    }

    fn signed(secret: &Secret, caveats: &[&str]) -> Macaroon {
        let mut macaroon = Macaroon::create("domain", "id", secret).unwrap();
        for caveat in caveats {
            macaroon.add_caveat(caveat).unwrap();
        }
        macaroon
    }

    #[test]
    fn packets_may_come_in_any_order_and_are_written_in_the_customary_one() {
        let shuffled = parse(&[
            ("signature", b"s"),
            ("cid", b"a"),
            ("identifier", b"i"),
            ("cid", b"b"),
            ("location", b"l"),
        ]);
        let ordered = parse(&[
            ("location", b"l"),
            ("identifier", b"i"),
            ("cid", b"a"),
            ("cid", b"b"),
            ("signature", b"s"),
        ]);
        assert_eq!(shuffled.unwrap().serialize(), ordered.unwrap().serialize());
    }

    #[test]
    fn location_identifier_and_signature_may_come_once_at_most() {
        for key in ["location", "identifier", "signature"] {
            assert!(parse(&[("identifier", b"i"), (key, b"1"), (key, b"2")]).is_none(), "{key}");
        }
        assert!(parse(&[("location", b"l"), ("signature", b"s")]).is_none(), "the identifier is needed");
    }

    #[test]
    fn a_missing_location_is_accepted_and_a_missing_signature_is_never_valid() {
        let secret = Secret::new("s");
        let mut macaroon = signed(&secret, &["a = b"]);
        macaroon.location = None;
        let reread = Macaroon::parse(&macaroon.serialize(), 4).unwrap();
        assert!(reread.is_signed_with(&secret));

        macaroon.signature = None;
        let reread = Macaroon::parse(&macaroon.serialize(), 4).unwrap();
        assert!(!reread.is_signed_with(&secret));
        assert_eq!(reread.clone().add_caveat("c").unwrap_err(), InputError::Unsigned);
    }

    #[test]
    fn lengths_decide_so_that_values_may_hold_line_ends_and_blanks() {
        let macaroon = parse(&[("identifier", b"a b\n0010cid x\n"), ("cid", b"\n"), ("cid", b"")]).unwrap();
        assert_eq!(macaroon.identifier, b"a b\n0010cid x\n");
        assert_eq!(macaroon.caveats.len(), 2);
        assert_eq!(macaroon.caveats[0].id, b"\n");
    }

    #[test]
    fn length_digits_may_be_upper_case_and_the_first_may_be_a_plus_sign() {
        let mut bytes = packet("identifier", &[b'i'; 10]);
        assert_eq!(&bytes[..4], b"001a");
        bytes[3] = b'A';
        assert!(Macaroon::parse(&bytes, 4).is_some());
        bytes[0] = b'+';
        assert!(Macaroon::parse(&bytes, 4).is_some());
    }

    #[test]
    fn malformed_packets_are_refused() {
        let good = packet("identifier", b"i");
        for (what, bytes) in [
            ("nothing", Vec::new()),
            ("unknown key", [good.clone(), packet("note", b"x")].concat()),
            ("length beyond the end", b"00ffidentifier i\n".to_vec()),
            ("length zero", [b"0000".to_vec(), good.clone()].concat()),
            ("length below the digits", [b"0003".to_vec(), good.clone()].concat()),
            ("no digits", b"zzzzidentifier i\n".to_vec()),
            ("negative length", b"-011identifier i\n".to_vec()),
            ("two signs", b"++11identifier i\n".to_vec()),
            ("no line end", b"0011identifier ix".to_vec()),
            ("no blank", b"0010identifieri\n".to_vec()),
            ("cut short", good[..good.len() - 1].to_vec()),
            ("text after the last packet", [good.clone(), b"00".to_vec()].concat()),
            ("vid without cid", [good.clone(), packet("vid", b"x"), packet("cl", b"x")].concat()),
            ("cl without cid", [good.clone(), packet("cl", b"x")].concat()),
            ("cl without vid", [good.clone(), packet("cid", b"x"), packet("cl", b"x")].concat()),
            ("vid without cl", [good.clone(), packet("cid", b"x"), packet("vid", b"x")].concat()),
            (
                "vid twice",
                [good.clone(), packet("cid", b"x"), packet("vid", b"x"), packet("vid", b"x")].concat(),
            ),
            (
                "cid before cl",
                [good.clone(), packet("cid", b"x"), packet("vid", b"x"), packet("cid", b"y")].concat(),
            ),
        ] {
            assert!(Macaroon::parse(&bytes, 4).is_none(), "{what}");
        }
        assert!(Macaroon::parse(&good, 4).is_some());
    }

    #[test]
    fn caveats_beyond_the_limit_are_refused() {
        let caveats = |count| [vec![("identifier", &b"i"[..])], vec![("cid", &b"c"[..]); count]].concat();
        assert!(parse(&caveats(4)).is_some());
        assert!(parse(&caveats(5)).is_none());
    }

    #[test]
    fn third_party_caveats_are_kept_and_never_valid() {
        let secret = Secret::new("s");
        let mut bytes = signed(&secret, &["a = b"]).serialize().to_vec();
        let signature = bytes.split_off(bytes.len() - 0x2f);
        bytes.extend_from_slice(&packet("vid", b"v"));
        bytes.extend_from_slice(&packet("cl", b"l"));
        bytes.extend_from_slice(&signature);
        let macaroon = Macaroon::parse(&bytes, 4).unwrap();
        assert!(!macaroon.is_signed_with(&secret));
        assert_eq!(macaroon.serialize().to_vec(), bytes);
    }

    #[test]
    fn a_signature_of_another_length_is_not_valid() {
        let secret = Secret::new("s");
        let mut macaroon = signed(&secret, &[]);
        for length in [0, 31, 33] {
            let mut signature = macaroon.signature.clone().unwrap();
            signature.resize(length, 0);
            macaroon.signature = Some(signature);
            assert!(!macaroon.is_signed_with(&secret), "{length}");
        }
    }

    #[test]
    fn a_part_that_no_packet_can_hold_is_refused() {
        let secret = Secret::new("s");
        let longest = "x".repeat(MAX_PACKET - packet_length("cid", b""));
        let mut macaroon = signed(&secret, &[&longest]);
        assert!(Macaroon::parse(&macaroon.serialize(), 4).unwrap().is_signed_with(&secret));
        let error = macaroon.add_caveat(&format!("{longest}x")).unwrap_err();
        assert_eq!(error, InputError::PacketTooLong { packet: "cid", length: 65536 });
        assert_eq!(macaroon.caveats.len(), 1);
    }

    proptest! {
        #[test]
        fn parsing_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Macaroon::parse(&bytes, 4);
        }

        #[test]
        fn parsing_something_like_packets_never_panics(text in "(00[0-2][0-9a-f](identifier|cid|vid|cl|signature|location)? ?.{0,3}\n?){0,6}") {
            let _ = Macaroon::parse(text.as_bytes(), 4);
        }

        #[test]
        fn what_is_signed_is_read_back_and_valid_under_its_secret_only(
            secret in ".{0,70}",
            other in ".{0,70}",
            caveats in proptest::collection::vec(".{0,40}", 0..4),
        ) {
            let texts: Vec<&str> = caveats.iter().map(String::as_str).collect();
            let macaroon = signed(&Secret::new(secret.clone()), &texts);
            let reread = Macaroon::parse(&macaroon.serialize(), 4).unwrap();
            prop_assert_eq!(reread.serialize(), macaroon.serialize());
            prop_assert!(reread.is_signed_with(&Secret::new(secret.clone())));
            prop_assert_eq!(reread.is_signed_with(&Secret::new(other.clone())), secret == other);
        }
    }
}
