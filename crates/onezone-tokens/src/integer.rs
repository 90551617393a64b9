//! Integers as Onezone reads them: an optional sign and decimal digits, leading zeros allowed, of any size.

use std::fmt;

use serde_json::Value;

/// Reads an integer; `None` when the text is not one. Onezone's integers have no bound, and nothing that is read
/// here compares unequal to an `i64` by being even larger, so that larger ones are taken as the nearest `i64`.
pub(crate) fn parse(text: &str) -> Option<i64> {
    digits(text)?;
    let nearest = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(text.parse().unwrap_or(nearest))
}

/// An integer of any size. `Display` is decimal, without leading zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integer(String);

impl Integer {
    /// Reads an integer; `None` when the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = digits(text)?;
        Some(Self(match digits {
            "" => "0".to_owned(),
            _ if text.starts_with('-') => format!("-{digits}"),
            _ => digits.to_owned(),
        }))
    }

    /// A JSON number; one that no JSON library of ours can hold becomes a text.
    pub fn to_json(&self) -> Value {
        let signed = self.0.parse::<i64>().map(Value::from);
        signed
            .or_else(|_| self.0.parse::<u64>().map(Value::from))
            .unwrap_or_else(|_| Value::from(self.0.as_str()))
    }
}

impl From<u32> for Integer {
    fn from(number: u32) -> Self {
        Self(number.to_string())
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The digits after the sign, without leading zeros: nothing for zero itself.
fn digits(text: &str) -> Option<&str> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_integer.then(|| digits.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn signs_and_leading_zeros_are_read_and_nothing_else_is() {
        let cases = [
            ("2", Some(2)),
            ("+2", Some(2)),
            ("02", Some(2)),
            ("-7", Some(-7)),
            ("-0", Some(0)),
            ("000", Some(0)),
            ("99999999999999999999", Some(i64::MAX)),
            ("-99999999999999999999", Some(i64::MIN)),
            ("", None),
            ("+", None),
            ("--1", None),
            ("+-1", None),
            (" 1", None),
            ("1 ", None),
            ("1_0", None),
            ("0x1", None),
            ("1e3", None),
            ("٣", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text:?}");
            assert_eq!(Integer::parse(text).is_some(), expected.is_some(), "{text:?}");
        }
    }

    #[test]
    fn integers_of_any_size_keep_their_value() {
        for (text, shown, json) in [
            ("007", "7", json!(7)),
            ("-0", "0", json!(0)),
            ("+18446744073709551615", "18446744073709551615", json!(u64::MAX)),
            ("-9223372036854775808", "-9223372036854775808", json!(i64::MIN)),
            ("0099999999999999999999", "99999999999999999999", json!("99999999999999999999")),
        ] {
            let integer = Integer::parse(text).unwrap();
            assert_eq!(integer.to_string(), shown);
            assert_eq!(integer.to_json(), json);
        }
        assert_eq!(Integer::parse("064496"), Some(Integer::from(64_496)));
    }
}
