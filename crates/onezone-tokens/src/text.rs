//! Bytes that are meant to be text, made readable without making two different ones of a kind equal to anything
//! that is stored.

use std::borrow::Cow;

/// What stands for bytes that are not UTF-8. The null character keeps it apart from every id and name, which hold no
/// control characters, so that a caveat on such bytes is never met by a record that merely looks like it.
const UNREADABLE: &str = "\u{fffd}\0";

/// The text, with a mark in the place of every run of bytes that is not UTF-8. Onezone compares bytes; this gives
/// the same outcomes, since nothing that a server holds contains such bytes.
pub(crate) fn readable(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + UNREADABLE.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push_str(UNREADABLE);
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids;

    #[test]
    fn text_stays_as_it_is_and_what_stands_for_other_bytes_is_in_no_id() {
        assert_eq!(readable("zażółć".as_bytes()), "zażółć");
        let text = readable(b"a\xff\xfeb\xc5");
        assert_eq!(text, "a\u{fffd}\0\u{fffd}\0b\u{fffd}\0");
        assert!(ids::check_id("id", &text).is_err());
        assert!(ids::check_id("id", "\u{fffd}").is_ok(), "which is why the mark has more than this");
    }
}
