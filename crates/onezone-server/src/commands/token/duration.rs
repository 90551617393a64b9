//! How long a temporary token lives, as people write it.

/// The longest life of a temporary token in Onezone: 30 days.
pub(super) const MAX_TTL: i64 = 2_592_000;

/// Seconds of a text such as `3600`, `90m`, `1h` or `30d`.
pub(super) fn parse_ttl(text: &str) -> Result<i64, String> {
    let digits = text.trim_end_matches(|character: char| !character.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err("write seconds, or a number with s, m, h, d or w, as 3600, 1h or 30d".to_owned()),
    };
    let number: i64 =
        if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
            .ok_or_else(|| {
                "write seconds, or a number with s, m, h, d or w, as 3600, 1h or 30d".to_owned()
            })?;
    match number.checked_mul(unit) {
        Some(0) => Err("a token that lives no time is of no use; write at least 1s".to_owned()),
        Some(seconds) if seconds <= MAX_TTL => Ok(seconds),
        _ => Err(format!(
            "Onezone lets temporary tokens live {MAX_TTL} seconds (30d) at most; for longer, create a named token"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_or_are_seconds() {
        for (text, seconds) in [
            ("1", 1),
            ("3600", 3_600),
            ("90s", 90),
            ("5m", 300),
            ("1h", 3_600),
            ("30d", MAX_TTL),
            ("4w", 2_419_200),
            ("2592000", MAX_TTL),
        ] {
            assert_eq!(parse_ttl(text), Ok(seconds), "{text}");
        }
        for text in [
            "",
            "h",
            "0",
            "0d",
            "-1h",
            "+1h",
            "1.5h",
            "1 h",
            "1H",
            "1hour",
            "1h30m",
            "31d",
            "2592001",
            "99999999999999999999",
            "9223372036854775807d",
            "١h",
        ] {
            assert!(parse_ttl(text).is_err(), "{text}");
        }
    }
}
