//! From text to packets: sections 3.2, 3.3, 3.6 and 3.7, what is tolerated and what is not.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::expect::unknown;
use crate::mint::{encode, packet, packets, parts, secret_of, token};
use crate::row::{Row, probe, root, run};
use crate::world::World;

const IDENTIFIER: &[u8] = b"2/nmd/usr-alice/act/alice-token";

pub(crate) fn rows() -> Vec<Row> {
    [spellings(), packets_of(), values(), indications()].concat()
}

/// The parts of alice's token with these caveats.
fn alice(caveats: &[&[u8]]) -> Vec<(&'static str, Vec<u8>)> {
    parts("onezone.example.com", IDENTIFIER, caveats, &secret_of("alice-token"))
}

/// One token in every spelling. Its location is chosen so that every escape occurs.
fn spellings() -> Vec<Row> {
    let mut rows = Vec::new();
    // Of three lengths, so that each padding occurs.
    for location in ["\u{fff}\u{3fff}~~??>>", "\u{fff}\u{3fff}~~??>>a", "\u{fff}\u{3fff}~~??>>ab"] {
        let bytes = packets(&parts(location, IDENTIFIER, &[], &secret_of("alice-token")));
        let (base64, base64url) = (STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes));
        let escaped = encode(&bytes);
        let zeros = |text: &str| text.replace('0', "00");
        let standard = zeros(base64.trim_end_matches('='));
        for (what, text) in [
            ("as minted", escaped.clone()),
            ("escapes of base64", standard.replace('/', "03").replace('+', "04")),
            ("base64 without padding", standard.clone()),
            ("base64 with padding", zeros(&base64)),
            (
                "escaped padding",
                zeros(base64.trim_end_matches('='))
                    + &"05".repeat(base64.len() - base64.trim_end_matches('=').len()),
            ),
            ("base64url", zeros(&base64url)),
        ] {
            // The fourth character of a spelling with `-` would be read as that of an indication.
            assert_ne!(text.as_bytes()[3], b'-', "{what}");
            rows.push(probe("3.7", what).token(text).accepted());
        }
        for (what, text) in [
            ("an unknown escape", format!("{escaped}06")),
            ("an escaped letter", escaped.replacen("00", "0a", 1)),
            ("no escapes for zeros", base64url.clone()),
            ("one character too many", format!("{}A", "A".repeat(4) + &escaped)),
            ("something before it", format!("A{escaped}")),
            ("a quotation mark", format!("\"{escaped}\"")),
            ("a character of no alphabet", escaped.replacen('M', "!", 1)),
            ("half of it", escaped[..escaped.len() / 2].to_owned()),
        ] {
            rows.push(probe("3.7", what).token(text).refused_as("badToken"));
        }
        // Blanks are counted for the padding, and only then skipped: four of them change nothing.
        let four = format!("{} {} {} {}", &escaped[..9], &escaped[9..17], &escaped[17..30], &escaped[30..]);
        rows.push(probe("3.7", "four blanks inside").token(four.replacen(' ', "  ", 1)).accepted());
        rows.push(
            probe("3.7", "four blanks in Bearer")
                .header("Authorization", format!("Bearer     {escaped}"))
                .accepted(),
        );
    }
    for text in [
        "",
        "0",
        "00",
        "rubbish-123",
        "x",
        "xx",
        "xxx",
        "xxxx",
        "=",
        "====",
        "05",
        "eyJhbGciOiJIUzI1NiJ9.e30.x",
        "{}",
        "AAAA",
        "\u{105}",
    ] {
        rows.push(probe("3.7", format!("{text:?}")).token(text).refused_as("badToken"));
    }
    rows
}

/// Packets in any order and number.
fn packets_of() -> Vec<Row> {
    let row = |what: &str, bytes: &[u8]| probe("3.7", what).token(encode(bytes));
    let good = alice(&[b"interface = rest", b"time < 1700000001"]);
    let mut reversed = good.clone();
    reversed.reverse();
    // Caveats are an exception: their order is signed.
    reversed.swap(1, 2);
    let without = |key: &str| packets(&good.iter().filter(|part| part.0 != key).cloned().collect::<Vec<_>>());
    let with = |key: &str, value: &[u8]| [packets(&good), packet(key, value)].concat();
    let after_caveat = |keys: &[&'static str]| {
        let mut parts = good.clone();
        for key in keys.iter().rev() {
            parts.insert(3, (key, b"x".to_vec()));
        }
        packets(&parts)
    };
    let cut = |bytes: usize| {
        let good = packets(&good);
        good[..good.len() - bytes].to_vec()
    };
    let mut rows = vec![
        row("customary", &packets(&good)).accepted(),
        row("reversed", &packets(&reversed)).accepted(),
        row("no location", &without("location")).accepted(),
        row(
            "another location",
            &packets(&parts("elsewhere.example", IDENTIFIER, &[], &secret_of("alice-token"))),
        )
        .accepted(),
        row("an empty location", &packets(&parts("", IDENTIFIER, &[], &secret_of("alice-token")))).accepted(),
        row("no identifier", &without("identifier")).refused_as("badToken"),
        row("no signature", &without("signature")).refused_as("tokenInvalid"),
        row("no caveats any more", &without("cid")).refused_as("tokenInvalid"),
        row("an empty signature", &[without("signature"), packet("signature", b"")].concat())
            .refused_as("tokenInvalid"),
        row("a short signature", &[without("signature"), packet("signature", &[0; 31])].concat())
            .refused_as("tokenInvalid"),
        row("a long signature", &[without("signature"), packet("signature", &[0; 33])].concat())
            .refused_as("tokenInvalid"),
        row("one more caveat", &with("cid", b"interface = rest")).refused_as("tokenInvalid"),
        row("third party", &after_caveat(&["vid", "cl"])).refused_as("tokenInvalid"),
        row("third party without a location", &after_caveat(&["vid"])).refused_as("badToken"),
        row("third party without a key", &after_caveat(&["cl"])).refused_as("badToken"),
        row("third party the other way round", &after_caveat(&["cl", "vid"])).refused_as("badToken"),
        row("third party, broken off", &after_caveat(&["vid", "cid", "cl"])).refused_as("badToken"),
        row("nothing", b"").refused_as("badToken"),
        row("something behind", &[packets(&good), b"x".to_vec()].concat()).refused_as("badToken"),
        row("a line feed behind", &[packets(&good), b"\n".to_vec()].concat()).refused_as("badToken"),
        row("cut", &cut(1)).refused_as("badToken"),
        row("cut before the signature", &cut(47)).refused_as("tokenInvalid"),
    ];
    for key in ["location", "identifier", "signature"] {
        rows.push(row("twice", &with(key, b"x")).refused_as("badToken"));
    }
    for key in ["", "Cid", "caveat", "v", "identifier\0", "cid\t"] {
        rows.push(row(&format!("key {key:?}"), &with(key, b"x")).refused_as("badToken"));
    }
    // What follows the first blank is the value, a second blank as well.
    rows.push(row("two blanks", &with("cid ", b"x")).refused(unknown(" x")));
    for key in ["vid", "cl"] {
        let bytes = [packet(key, b"x"), packets(&good)].concat();
        rows.push(row(&format!("{key} of no caveat"), &bytes).refused_as("badToken"));
    }
    rows
}

/// Lengths decide, and nothing in a value does.
fn values() -> Vec<Row> {
    let row = |what: &str, bytes: &[u8]| probe("3.7", what).token(encode(bytes));
    let mut lengths = Vec::new();
    for length in ["0000", "0004", "0005", "ffff", "zzzz", "-001", "+01c", " 01c", "0x1c"] {
        lengths.push(
            row(&format!("length {length}"), &[length.as_bytes(), b"location onezone.example\n"].concat())
                .refused_as("badToken"),
        );
    }
    let bytes = packets(&parts(&"x".repeat(44), IDENTIFIER, &[], &secret_of("alice-token")));
    let text = String::from_utf8(bytes[..4].to_vec()).unwrap().to_ascii_uppercase();
    let capital = [text.as_bytes(), &bytes[4..]].concat();
    assert_ne!(capital, bytes, "the length has a letter");
    let caveat = "a\n0010cid b = c\n \0";
    let mut rows = vec![
        row("capital digits", &capital).accepted(),
        row("a caveat with packets in it", &packets(&alice(&[caveat.as_bytes()]))).refused(unknown(caveat)),
        row("an empty caveat", &packets(&alice(&[b""]))).refused(unknown("")),
        row("256 caveats", &packets(&alice(&[b"interface = rest".as_slice(); 256]))).accepted(),
        row("257 caveats", &packets(&alice(&[b"interface = rest".as_slice(); 257]))).refused_as("badToken"),
        row("a caveat as long as can be", &packets(&alice(&["x".repeat(40_000).as_bytes()])))
            .refused(unknown(&"x".repeat(40_000))),
    ];
    rows.extend(lengths);
    rows
}

/// The fourth character tells of an indication.
fn indications() -> Vec<Row> {
    let mut rows = Vec::new();
    for token in [token("2/nmd/usr-alice/act/alice-token", &[]), token("legacy", &[]), root("paris")] {
        for indication in ["opw-", "opp-"] {
            rows.push(probe("3.6", indication).token(format!("{indication}{token}")).accepted());
            rows.push(
                probe("3.6", indication)
                    .header("Authorization", format!("Bearer {indication}{token}"))
                    .accepted(),
            );
            rows.push(probe("3.6", indication).header("Macaroon", format!("{indication}{token}")).accepted());
        }
        for wrong in
            ["ozw-", "ozp-", "xyz-", "OPW-", "---", "op--", "opw", "opw--", "opw-opw-", "opw_", "usr-"]
        {
            rows.push(probe("3.6", wrong).token(format!("{wrong}{token}")).refused_as("badToken"));
        }
    }
    for nothing in ["opw-", "opp-", "ozw-", "abc-"] {
        rows.push(probe("3.6", nothing).token(nothing).refused_as("badToken"));
    }
    rows
}

#[tokio::test]
async fn what_onezone_reads_is_read_and_nothing_else() {
    run(&World::new().await, &rows()).await;
}
