//! The reason why a caveat did not hold, as a client of Onezone reads it.

use super::{Caveat, FilterKind, GeoFilter};

impl Caveat {
    /// Why a token with this caveat was refused: the part of the error's description after `Provided token is
    /// not valid` and the dash, without a full stop.
    pub fn unverified_text(&self) -> String {
        match self {
            Self::Time { valid_until } => {
                format!("unverified time caveat: this token has expired at '{}'", iso8601(*valid_until))
            }
            Self::Ip(masks) => format!(
                "unverified IP caveat: this token can only be used from an IP address that matches: '{}'",
                alternatives(texts(masks))
            ),
            Self::Asn(numbers) => format!(
                "unverified ASN caveat: this token can only be used from an IP address that maps to the \
                 following Autonomous System Number: '{}'",
                alternatives(texts(numbers))
            ),
            Self::Country(filter) => geo_text("country", filter),
            Self::Region(filter) => geo_text("region", filter),
            Self::Scope => {
                "this token carries no authorization (can be used only for identity verification)".to_owned()
            }
            Self::Service(services) => format!(
                "unverified service caveat: the service using this token must authenticate as '{}' (use the \
                 x-onedata-service-token header), or the requested API operation is disallowed for the \
                 whitelisted services",
                alternatives(services.iter().map(super::Service::printable))
            ),
            Self::Consumer(consumers) => {
                consumer_text(&alternatives(consumers.iter().map(super::Subject::printable)))
            }
            Self::Interface(interface) => format!(
                "unverified interface caveat: this token can only be used in the '{}' interface",
                interface.name()
            ),
            Self::Api(patterns) => format!(
                "unverified API caveat: this token can only be used for API calls that match the following spec: '{}'",
                alternatives(texts(patterns))
            ),
            Self::DataReadonly => {
                "unverified data access caveat: this token allows for readonly data access".to_owned()
            }
            Self::DataPath(paths) => format!(
                "unverified data path caveat: this token can only be used to access data under the following \
                 paths (and nested directories): '{}'",
                alternatives(paths.iter().map(|path| String::from_utf8_lossy(path).into_owned()))
            ),
            Self::DataObjectId(ids) => format!(
                "unverified data path caveat: this token can only be used to access data with the following \
                 FILE_ID (and nested directories): '{}'",
                alternatives(ids.iter().cloned())
            ),
        }
    }
}

fn texts<T: ToString>(entries: &[T]) -> Vec<String> {
    entries.iter().map(T::to_string).collect()
}

fn alternatives(entries: impl IntoIterator<Item = String>) -> String {
    entries.into_iter().collect::<Vec<_>>().join(" or ")
}

fn geo_text(what: &str, filter: &GeoFilter) -> String {
    let comes = if filter.kind == FilterKind::Whitelist { "comes" } else { "does NOT come" };
    format!(
        "unverified {what} caveat: this token can only be used from an IP address that {comes} from the \
         following {what}: '{}'",
        filter.names.join(" or ")
    )
}

fn consumer_text(consumers: &str) -> String {
    format!(
        "unverified consumer caveat: the consumer of this token must authenticate as '{consumers}' - if \
         that's you, you should:\n   * send your access token in 'x-auth-token' header if consuming an \
         invite token\n   * send your identity token in 'x-onedata-consumer-token' header if performing an \
         operation on behalf of somebody else with their access token\n   * send your identity token in \
         'consumerToken' field if using token verification API"
    )
}

/// Seconds since 1970 as a UTC time. Onezone fails to print times before the year 0; they get a negative year
/// here.
pub(super) fn iso8601(seconds: i64) -> String {
    const DAY: i64 = 86_400;
    let (days, time) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    // Years are counted from March, which puts the leap day last, in eras of 400 years, which all have the
    // same length.
    let since_era_zero = days + 719_468;
    let (era, day_of_era) = (since_era_zero.div_euclid(146_097), since_era_zero.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", time / 3_600, time / 60 % 60, time % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The serialized form, the JSON form and the reason of every caveat.
    const TABLE: [(&str, &str, &str); 15] = [
        (
            "time < 1571147494",
            r#"{"type":"time","validUntil":1571147494}"#,
            "unverified time caveat: this token has expired at '2019-10-15T13:51:34Z'",
        ),
        (
            "ip = 189.34.15.0/8|127.0.0.0/24",
            r#"{"type":"ip","whitelist":["189.34.15.0/8","127.0.0.0/24"]}"#,
            "unverified IP caveat: this token can only be used from an IP address that matches: \
             '189.34.15.0/8 or 127.0.0.0/24'",
        ),
        (
            "asn = 64496|64497",
            r#"{"type":"asn","whitelist":[64496,64497]}"#,
            "unverified ASN caveat: this token can only be used from an IP address that maps to the \
             following Autonomous System Number: '64496 or 64497'",
        ),
        (
            "geo.country = PL|FR",
            r#"{"type":"geo.country","filter":"whitelist","list":["PL","FR"]}"#,
            "unverified country caveat: this token can only be used from an IP address that comes from the \
             following country: 'PL or FR'",
        ),
        (
            "geo.country != PL",
            r#"{"type":"geo.country","filter":"blacklist","list":["PL"]}"#,
            "unverified country caveat: this token can only be used from an IP address that does NOT come \
             from the following country: 'PL'",
        ),
        (
            "geo.region = EU",
            r#"{"type":"geo.region","filter":"whitelist","list":["EU"]}"#,
            "unverified region caveat: this token can only be used from an IP address that comes from the \
             following region: 'EU'",
        ),
        (
            "geo.region != Asia|EU",
            r#"{"type":"geo.region","filter":"blacklist","list":["Asia","EU"]}"#,
            "unverified region caveat: this token can only be used from an IP address that does NOT come \
             from the following region: 'Asia or EU'",
        ),
        (
            "authorization = none",
            r#"{"scope":"identityToken"}"#,
            "this token carries no authorization (can be used only for identity verification)",
        ),
        (
            "service = ozw-onezone|opw-*|ozp-a|opp-b",
            r#"{"type":"service","whitelist":["ozw-onezone","opw-*","ozp-a","opp-b"]}"#,
            "unverified service caveat: the service using this token must authenticate as 'oz_worker:onezone \
             or op_worker:* or oz_panel:a or op_panel:b' (use the x-onedata-service-token header), or the \
             requested API operation is disallowed for the whitelisted services",
        ),
        (
            "consumer = usr-X|grp-Y|prv-*",
            r#"{"type":"consumer","whitelist":["usr-X","grp-Y","prv-*"]}"#,
            "unverified consumer caveat: the consumer of this token must authenticate as 'user:X or group:Y \
             or oneprovider:*' - if that's you, you should:\n   * send your access token in 'x-auth-token' \
             header if consuming an invite token\n   * send your identity token in \
             'x-onedata-consumer-token' header if performing an operation on behalf of somebody else with \
             their access token\n   * send your identity token in 'consumerToken' field if using token verification API",
        ),
        (
            "interface = rest",
            r#"{"type":"interface","interface":"rest"}"#,
            "unverified interface caveat: this token can only be used in the 'rest' interface",
        ),
        (
            "api = all/all/*.*.*:*|ozw/get/user.self.instance:private",
            r#"{"type":"api","whitelist":["all/all/*.*.*:*","ozw/get/user.self.instance:private"]}"#,
            "unverified API caveat: this token can only be used for API calls that match the following spec: \
             'all/all/*.*.*:* or ozw/get/user.self.instance:private'",
        ),
        (
            "data.readonly",
            r#"{"type":"data.readonly"}"#,
            "unverified data access caveat: this token allows for readonly data access",
        ),
        (
            "data.path = L3NwYWNlMS9maWxlMS50eHQ=|L3NwYWNlMi9kaXIvZmlsZTIudHh0",
            r#"{"type":"data.path","whitelist":["L3NwYWNlMS9maWxlMS50eHQ=","L3NwYWNlMi9kaXIvZmlsZTIudHh0"]}"#,
            "unverified data path caveat: this token can only be used to access data under the following \
             paths (and nested directories): '/space1/file1.txt or /space2/dir/file2.txt'",
        ),
        (
            "data.objectid = 00000000000CDBDA|1234",
            r#"{"type":"data.objectid","whitelist":["00000000000CDBDA","1234"]}"#,
            "unverified data path caveat: this token can only be used to access data with the following \
             FILE_ID (and nested directories): '00000000000CDBDA or 1234'",
        ),
    ];

    #[test]
    fn every_caveat_has_a_serialized_form_a_json_form_and_a_reason() {
        for (serialized, json, reason) in TABLE {
            let caveat = Caveat::parse(serialized).unwrap();
            assert_eq!(caveat.to_string(), serialized);
            assert_eq!(caveat.to_json().to_string(), json);
            assert_eq!(caveat.unverified_text(), reason);
        }
    }

    #[test]
    fn times_are_printed_in_utc_however_far_away() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
            (-62_167_219_201, "-001-12-31T23:59:59Z"),
        ] {
            assert_eq!(iso8601(seconds), text);
        }
        for seconds in [i64::MIN, i64::MAX] {
            assert!(iso8601(seconds).ends_with('Z'));
        }
    }
}
