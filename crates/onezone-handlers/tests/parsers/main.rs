//! The entries of the fuzz targets over their seeds, over changed seeds and over any bytes.

#![allow(clippy::unwrap_used, reason = "the functions beside the tests belong to them")]

mod entry;

use proptest::prelude::*;

/// A parser's entry and its seeds, one a line.
type Target = (fn(&[u8]), &'static str);

const TARGETS: [Target; 4] = [
    (entry::token, include_str!("seeds/token.txt")),
    (entry::caveat, include_str!("seeds/caveat.txt")),
    (entry::basic, include_str!("seeds/basic.txt")),
    (entry::cookie, include_str!("seeds/cookie.txt")),
];

/// A seed of a target, by numbers that may be anything.
fn seed(target: usize, index: usize) -> (fn(&[u8]), Vec<u8>) {
    let (entry, seeds) = TARGETS[target % TARGETS.len()];
    let seeds: Vec<&str> = seeds.lines().collect();
    (entry, seeds[index % seeds.len()].as_bytes().to_vec())
}

#[test]
fn what_holds_for_any_bytes_holds_for_the_seeds() {
    for (entry, seeds) in TARGETS {
        assert!(seeds.lines().count() > 8);
        for seed in seeds.lines() {
            entry(seed.as_bytes());
        }
    }
}

/// A test over seeds that are all refused at once would show nothing.
#[test]
fn seeds_reach_what_lies_behind_the_parsers() {
    use http::header::COOKIE;
    use onezone_tokens::{Caveat, Limits, Token};
    let lines = |target: usize| TARGETS[target].1.lines();
    let decoded = lines(0).filter(|seed| Token::decode(seed, &Limits::default()).is_ok()).count();
    let known = lines(1).filter(|seed| Caveat::parse(seed).is_some()).count();
    let basic = lines(2).filter(|seed| onezone_handlers::parsers::basic(seed).is_some()).count();
    let session = |seed: &&str| {
        let mut headers = http::HeaderMap::new();
        headers.insert(COOKIE, http::HeaderValue::from_bytes(seed.as_bytes()).unwrap());
        onezone_handlers::parsers::session(&headers).is_ok_and(|session| session.is_some())
    };
    let cookies = lines(3).filter(session).count();
    assert!(decoded > 30 && known > 15 && basic > 5 && cookies > 4, "{decoded} {known} {basic} {cookies}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_holds_for_any_bytes_holds_for_changed_seeds(
        target in 0..4_usize,
        index in any::<usize>(),
        other in any::<usize>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 0..6),
    ) {
        let (entry, mut bytes) = seed(target, index);
        for (place, byte, kind) in changes {
            let place = place.index(bytes.len().max(1));
            match kind {
                0 if place < bytes.len() => bytes[place] = byte,
                1 => bytes.insert(place.min(bytes.len()), byte),
                2 if place < bytes.len() => { bytes.remove(place); }
                _ => bytes.splice(place.min(bytes.len()).., seed(target, other).1).for_each(drop),
            }
        }
        entry(&bytes);
    }

    #[test]
    fn what_holds_for_any_bytes_holds_for_random_ones(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (entry, _) in TARGETS {
            entry(&bytes);
        }
    }

    /// Packets that are well-formed, with anything in them: most random bytes do not get beyond the base64.
    #[test]
    fn what_holds_for_any_bytes_holds_for_packets(
        packets in proptest::collection::vec(
            ("(location|identifier|cid|vid|cl|signature|x)", proptest::collection::vec(any::<u8>(), 0..40)),
            0..8,
        ),
        identifier in "(2/(nmd|tmp-[0-9]{1,3})/(usr|prv|grp)-[a-z]{0,3}/(act|act:s|idn|ujg:g:)/[a-z]{0,4}|.{0,12})",
    ) {
        use base64::Engine as _;
        let mut bytes = Vec::new();
        let identifier = [("identifier".to_owned(), identifier.into_bytes())];
        for (key, value) in identifier.into_iter().chain(packets) {
            bytes.extend_from_slice(format!("{:04x}{key} ", key.len() + value.len() + 6).as_bytes());
            bytes.extend_from_slice(&value);
            bytes.push(b'\n');
        }
        let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes).replace('0', "00");
        entry::token(text.as_bytes());
    }
}
