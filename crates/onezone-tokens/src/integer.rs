//! Integers as Onezone reads them: an optional sign and decimal digits, leading zeros allowed, of any size.

/// Reads an integer; `None` when the text is not one. Onezone's integers have no bound, and nothing here
/// compares unequal to an `i64` by being even larger, so that larger ones are taken as the nearest `i64`.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nearest = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(text.parse().unwrap_or(nearest))
}

#[cfg(test)]
mod tests {
    #[test]
    fn signs_and_leading_zeros_are_read_and_nothing_else_is() {
        let cases = [
            ("2", Some(2)),
            ("+2", Some(2)),
            ("02", Some(2)),
            ("-7", Some(-7)),
            ("99999999999999999999", Some(i64::MAX)),
            ("-99999999999999999999", Some(i64::MIN)),
            ("", None),
            ("+", None),
            ("--1", None),
            (" 1", None),
            ("1 ", None),
            ("1_0", None),
            ("0x1", None),
            ("٣", None),
        ];
        for (text, expected) in cases {
            assert_eq!(super::parse(text), expected, "{text:?}");
        }
    }
}
