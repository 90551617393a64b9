//! A point in time, as people write it.

use chrono::{DateTime, SecondsFormat};

/// Seconds since 1970 of a text such as `1800000000` or `2027-01-15T08:00:00Z`.
pub(super) fn parse_moment(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(seconds);
    }
    DateTime::parse_from_rfc3339(text)
        .map(|moment| moment.timestamp())
        .map_err(|_| "write seconds since 1970, or a time as 2027-01-15T08:00:00Z".to_owned())
}

/// The same, or a while before now: `30m`, `12h`, `7d`.
pub(super) fn parse_since(text: &str, now: i64) -> Result<i64, String> {
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];
    for (unit, seconds) in units {
        let number =
            text.strip_suffix(unit).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        if let Some(number) = number.and_then(|number| number.parse::<i64>().ok()) {
            return Ok(now.saturating_sub(number.saturating_mul(seconds)));
        }
    }
    parse_moment(text).map_err(|error| format!("{error}, or a while ago as 30m, 12h or 7d"))
}

/// Seconds since 1970 as people read them.
pub(super) fn show(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0)
        .map_or_else(|| seconds.to_string(), |time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_seconds_or_times_with_their_offset() {
        for (text, seconds) in [
            ("1800000000", 1_800_000_000),
            ("-1", -1),
            ("2027-01-15T08:00:00Z", 1_800_000_000),
            ("2027-01-15T09:00:00+01:00", 1_800_000_000),
        ] {
            assert_eq!(parse_moment(text), Ok(seconds), "{text}");
        }
        for text in ["", "soon", "2027-01-15", "2027-01-15T08:00:00"] {
            assert!(parse_moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_while_ago_is_counted_from_now() {
        for (text, seconds) in [("90s", 910), ("15m", 100), ("0d", 1_000), ("500", 500), ("1w", -603_800)] {
            assert_eq!(parse_since(text, 1_000), Ok(seconds), "{text}");
        }
        for text in ["", "h", "-1h", "1.5h", "1y", "soon"] {
            assert!(parse_since(text, 1_000).is_err(), "{text}");
        }
    }
}
