//! A point in time, as people write it.

use chrono::DateTime;

/// Seconds since 1970 of a text such as `1800000000` or `2027-01-15T08:00:00Z`.
pub(super) fn parse_moment(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(seconds);
    }
    DateTime::parse_from_rfc3339(text)
        .map(|moment| moment.timestamp())
        .map_err(|_| "write seconds since 1970, or a time as 2027-01-15T08:00:00Z".to_owned())
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
}
