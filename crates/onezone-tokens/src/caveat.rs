//! Caveats: the conditions that a token carries. Reading and writing their serialized form.
//!
//! Reading follows Onezone: blanks are significant, lists are joined with `|`, names of countries and regions
//! are not checked. What cannot be read is an *unknown* caveat, which no verification passes.

mod describe;
mod ip_mask;
mod json;
#[cfg(test)]
pub(crate) mod strategy;
mod words;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

pub use ip_mask::IpMask;

use crate::api::ApiPattern;
use crate::{Integer, Service, Subject, base62, integer};

/// A condition under which a token is valid. `Display` is the serialized form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caveat {
    /// `time < 1571147494`: until this time, in seconds since 1970, exclusive.
    Time {
        /// The first second at which the token is no longer valid.
        valid_until: i64,
    },
    /// `ip = 189.34.15.0/8|127.0.0.0/24`: from an IPv4 address in one of these networks.
    Ip(Vec<IpMask>),
    /// `asn = 64496|64497`: from an address of one of these autonomous systems.
    Asn(Vec<Integer>),
    /// `geo.country = PL|FR`: from, or not from, one of these countries.
    Country(GeoFilter),
    /// `geo.region != Asia`: from, or not from, one of these regions.
    Region(GeoFilter),
    /// `authorization = none`: only to prove an identity (deprecated).
    Scope,
    /// `service = ozw-onezone|opw-*`: when presented to one of these services.
    Service(Vec<Service>),
    /// `consumer = usr-X|grp-Y|prv-*`: when consumed by one of these.
    Consumer(Vec<Subject>),
    /// `interface = rest`: through this interface.
    Interface(Interface),
    /// `api = all/all/*.*.*:*`: for calls that match one of these patterns.
    Api(Vec<ApiPattern>),
    /// `data.readonly`: to read data.
    DataReadonly,
    /// `data.path = <base64>|<base64>`: for data below one of these paths.
    DataPath(Vec<Vec<u8>>),
    /// `data.objectid = <id>|<id>`: for data below one of these files.
    DataObjectId(Vec<String>),
}

/// Names of countries or regions, and whether they are allowed or excluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeoFilter {
    /// Whether the names are those allowed or those excluded.
    pub kind: FilterKind,
    /// Two-letter country codes, or names of regions.
    pub names: Vec<String>,
}

/// How a list filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterKind {
    /// Only what is listed passes.
    Whitelist,
    /// Only what is not listed passes.
    Blacklist,
}

impl FilterKind {
    /// The name of the JSON form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whitelist => "whitelist",
            Self::Blacklist => "blacklist",
        }
    }
}

/// The interfaces of Onedata that a token can be confined to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// The REST API.
    Rest,
    /// The file system client.
    Oneclient,
    /// The channel of GUIs and Oneproviders.
    Graphsync,
}

impl Interface {
    /// The interface with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Rest, Self::Oneclient, Self::Graphsync].into_iter().find(|interface| interface.name() == name)
    }

    /// The name that caveats use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Oneclient => "oneclient",
            Self::Graphsync => "graphsync",
        }
    }
}

impl Caveat {
    /// Reads the serialized form; `None` when the caveat is unknown.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "authorization = none" => return Some(Self::Scope),
            "data.readonly" => return Some(Self::DataReadonly),
            _ => {}
        }
        if let Some(valid_until) = text.strip_prefix("time < ") {
            return Some(Self::Time { valid_until: integer::parse(valid_until)? });
        }
        // The longer operator goes first only in the text; the names differ in nothing else.
        if let Some((name, list)) = text.split_once(" != ")
            && matches!(name, "geo.country" | "geo.region")
        {
            return Self::geo(name, FilterKind::Blacklist, list);
        }
        let (name, list) = text.split_once(" = ")?;
        match name {
            "geo.country" | "geo.region" => Self::geo(name, FilterKind::Whitelist, list),
            "interface" => Interface::parse(list).map(Self::Interface),
            "ip" => entries(list, IpMask::parse).map(Self::Ip),
            "asn" => entries(list, Integer::parse).map(Self::Asn),
            "service" => entries(list, Service::parse).map(Self::Service),
            "consumer" => entries(list, Subject::parse).map(Self::Consumer),
            "api" => entries(list, ApiPattern::parse).map(Self::Api),
            "data.path" => entries(list, path).map(Self::DataPath),
            "data.objectid" => entries(list, |id| Some(id.to_owned())).map(Self::DataObjectId),
            _ => None,
        }
    }

    fn geo(name: &str, kind: FilterKind, list: &str) -> Option<Self> {
        let filter = GeoFilter { kind, names: entries(list, |name| Some(name.to_owned()))? };
        Some(if name == "geo.country" { Self::Country(filter) } else { Self::Region(filter) })
    }
}

impl fmt::Display for Caveat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time { valid_until } => write!(formatter, "time < {valid_until}"),
            Self::Ip(masks) => write_list(formatter, "ip = ", masks),
            Self::Asn(numbers) => write_list(formatter, "asn = ", numbers),
            Self::Country(filter) => write_geo(formatter, "geo.country", filter),
            Self::Region(filter) => write_geo(formatter, "geo.region", filter),
            Self::Scope => formatter.write_str("authorization = none"),
            Self::Service(services) => write_list(formatter, "service = ", services),
            Self::Consumer(consumers) => write_list(formatter, "consumer = ", consumers),
            Self::Interface(interface) => write!(formatter, "interface = {}", interface.name()),
            Self::Api(patterns) => write_list(formatter, "api = ", patterns),
            Self::DataReadonly => formatter.write_str("data.readonly"),
            Self::DataPath(paths) => {
                write_list(formatter, "data.path = ", paths.iter().map(|path| STANDARD.encode(path)))
            }
            Self::DataObjectId(ids) => write_list(formatter, "data.objectid = ", ids),
        }
    }
}

fn write_geo(formatter: &mut fmt::Formatter<'_>, name: &str, filter: &GeoFilter) -> fmt::Result {
    formatter.write_str(name)?;
    let operator = if filter.kind == FilterKind::Whitelist { " = " } else { " != " };
    write_list(formatter, operator, &filter.names)
}

fn write_list<T: fmt::Display>(
    formatter: &mut fmt::Formatter<'_>,
    start: &str,
    entries: impl IntoIterator<Item = T>,
) -> fmt::Result {
    let mut separator = start;
    for entry in entries {
        write!(formatter, "{separator}{entry}")?;
        separator = "|";
    }
    Ok(())
}

/// The entries of a list, which must have at least one and all be readable.
fn entries<T>(list: &str, parse: impl FnMut(&str) -> Option<T>) -> Option<Vec<T>> {
    if list.is_empty() { None } else { list.split('|').map(parse).collect() }
}

fn path(base64: &str) -> Option<Vec<u8>> {
    base62::decode_base64(Zeroizing::new(base64.as_bytes().to_vec())).map(|path| path.to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_onezone_cannot_read_is_unknown() {
        for text in [
            "",
            "grant = everything",
            "time < ",
            "time < x",
            "time < 1.5",
            "time<5",
            "time <  5",
            "time < 5 ",
            "time = 5",
            "TIME < 5",
            "ip = ",
            "ip =",
            "ip = 1.2.3",
            "ip = 1.2.3.4.5",
            "ip = 1.2.3.4/33",
            "ip = 1.2.3.4/-1",
            "ip = ::1",
            "ip = 1.2.3.4|",
            "ip != 1.2.3.4",
            "asn = ",
            "asn = x",
            "asn = 1|",
            "geo.country = ",
            "geo.country != ",
            "geo.country =! PL",
            "geo.region = ",
            "authorization = all",
            "authorization = none ",
            "service = ",
            "service = foo-x",
            "service = ozw",
            "service != ozw-onezone",
            "consumer = ",
            "consumer = abc-x",
            "consumer = usr",
            "interface = ",
            "interface = soap",
            "interface = rest|oneclient",
            "api = ",
            "api = all/all",
            "api = all/all/*.*.*:*|",
            "data.readonly ",
            "data.path = ",
            "data.path = *",
            "data.path = YQ",
            "data.path = YQ==|!",
            "data.objectid = ",
        ] {
            assert_eq!(Caveat::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn tolerated_spellings_are_written_in_the_customary_one() {
        for (text, written) in [
            ("time < +05", "time < 5"),
            ("time < -5", "time < -5"),
            ("ip = 1.2.3.4", "ip = 1.2.3.4/32"),
            ("ip = 1.2.3.4/08|5.6.7.8/0", "ip = 1.2.3.4/8|5.6.7.8/0"),
            ("ip = 1.2.3.4/|/5.6.7.8//08", "ip = 1.2.3.4/32|5.6.7.8/8"),
            ("asn = 007", "asn = 7"),
            ("asn = -1|99999999999999999999", "asn = -1|99999999999999999999"),
            ("geo.country = nowhere||x = y", "geo.country = nowhere||x = y"),
            ("geo.country = a != b", "geo.country = a != b"),
            ("geo.region != a = b", "geo.region != a = b"),
            ("consumer = nobody|grp-", "consumer = nobody|grp-"),
            ("api = ozw/get/user.*.*", "api = ozw/get/user.*.*:private"),
            ("data.path = Y Q==", "data.path = YQ=="),
            ("data.objectid = a||b", "data.objectid = a||b"),
        ] {
            assert_eq!(
                Caveat::parse(text).map(|caveat| caveat.to_string()).as_deref(),
                Some(written),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_what_parses_is_read_back_from_its_display(
            name in "(time|ip|asn|geo\\.country|geo\\.region|service|consumer|interface|api|data\\.path|data\\.objectid|authorization)",
            operator in "( = | != | < )",
            list in "([0-9./|,:*-]|usr-|ozw|all/|get/|user\\.|rest|YQ==|none|PL){0,8}",
            noise in any::<String>(),
        ) {
            let _ = Caveat::parse(&noise);
            if let Some(caveat) = Caveat::parse(&format!("{name}{operator}{list}")) {
                prop_assert_eq!(Caveat::parse(&caveat.to_string()), Some(caveat));
            }
        }
    }
}
