//! The outer text form of tokens: base64 whose special characters are escaped with `0`, so that it is
//! alphanumeric.
//!
//! Reading is as tolerant as Onezone's: unescaped base64 and base64url pass, blanks and line ends are
//! ignored, and unused trailing bits may have any value. One token therefore has many spellings; serialized
//! tokens are never compared.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD_NO_PAD};
use zeroize::Zeroizing;

/// Base64 as the Erlang standard library reads it, once blanks are gone.
const TOLERANT: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// Bytes to text; only the escapes `00`, `01` and `02` occur, since base64url has no other special
/// characters.
pub(crate) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(STANDARD_NO_PAD.encode(bytes));
    let escapes = base64.bytes().filter(|byte| matches!(byte, b'0' | b'/' | b'+')).count();
    // As long as it gets, for a text that has to move leaves a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(base64.len() + escapes));
    for character in base64.chars() {
        match character {
            '0' => text.push_str("00"),
            '/' => text.push_str("01"),
            '+' => text.push_str("02"),
            other => text.push(other),
        }
    }
    text
}

/// Text to bytes; `None` when it is not in the form.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut base64 = unescape(text)?;
    // Onezone counts blanks when it adds the padding, and skips them only afterwards. Nothing is added to a
    // length that no padding makes whole; such a text may still be whole without its blanks.
    match base64.len() % 4 {
        2 => base64.extend_from_slice(b"=="),
        3 => base64.push(b'='),
        _ => {}
    }
    decode_base64(base64)
}

/// Standard base64 with padding, blanks ignored.
pub(crate) fn decode_base64(mut base64: Zeroizing<Vec<u8>>) -> Option<Zeroizing<Vec<u8>>> {
    base64.retain(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(base64.len())]);
    let length = TOLERANT.decode_slice(base64.as_slice(), &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

fn unescape(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // The two spare bytes keep the padding from moving the buffer, which would leave a copy behind.
    let mut base64 = Zeroizing::new(Vec::with_capacity(text.len() + 2));
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let plain = if byte == b'0' {
            match bytes.next() {
                Some(b'0') | None => b'0',
                Some(b'1' | b'3') => b'/',
                Some(b'2' | b'4') => b'+',
                Some(b'5') => b'=',
                Some(_) => return None,
            }
        } else {
            byte
        };
        base64.push(match plain {
            b'_' => b'/',
            b'-' => b'+',
            other => other,
        });
    }
    Some(base64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(text: &str) -> Option<Vec<u8>> {
        decode(text).map(|bytes| bytes.to_vec())
    }

    #[test]
    fn every_accepted_spelling_decodes_to_the_same_bytes() {
        // The base64 of these bytes is `0/+0`, with every character that has an escape.
        let bytes = STANDARD_NO_PAD.decode("0/+0").unwrap();
        assert_eq!(encode(&bytes).as_str(), "00010200");
        for text in ["00010200", "00030400", "00/+00", "00_-00", "00/+0", "0001 0200\r\n ", "0001 0200"] {
            assert_eq!(decoded(text), Some(bytes.clone()), "{text:?}");
        }
    }

    #[test]
    fn padding_is_added_and_tolerated_and_trailing_bits_are_ignored() {
        for text in ["YQ", "YR", "YQ=", "YQ==", "YQ0505", "Y   Q ", "YQ=\t=", "YQ==\n"] {
            assert_eq!(decoded(text), Some(b"a".to_vec()), "{text:?}");
        }
        assert_eq!(decoded("YWI"), Some(b"ab".to_vec()));
    }

    #[test]
    fn what_onezone_cannot_read_is_refused() {
        for text in ["Y", "YWJjY", "0a", "YQ09", "YQ==YQ==", "=", "YWJj=", "Y!Q=", "YQ  ", "Y Q=", "ą"] {
            assert_eq!(decoded(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn encoding_is_alphanumeric_and_decodes_to_itself(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let text = encode(&bytes);
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            prop_assert_eq!(text.capacity(), text.len(), "the text never moved");
            prop_assert_eq!(decoded(&text), Some(bytes));
        }

        #[test]
        fn decoding_never_panics(text in any::<String>()) {
            let _ = decode(&text);
        }
    }
}
