//! What a caveat asks for, in words for people.

use super::describe::iso8601;
use super::{Caveat, FilterKind, GeoFilter};
use crate::{Service, Subject};

impl Caveat {
    /// The condition in words, such as `only from addresses in 10.0.0.0/8`, without a full stop.
    pub fn words(&self) -> String {
        match self {
            Self::Time { valid_until } => format!("valid until {}", iso8601(*valid_until)),
            Self::Ip(masks) => format!("only from addresses in {}", any_of(masks)),
            Self::Asn(numbers) => {
                format!("only from addresses of the autonomous system {}", any_of(numbers))
            }
            Self::Country(filter) => geo("country", filter),
            Self::Region(filter) => geo("region", filter),
            Self::Scope => "only to prove who its subject is; carries no authority (deprecated)".to_owned(),
            Self::Service(services) => {
                let services: Vec<String> = services.iter().map(service).collect();
                format!("only when used by {}, and for what such a service needs", any_of(&services))
            }
            Self::Consumer(consumers) => {
                let consumers: Vec<String> = consumers.iter().map(consumer).collect();
                format!("only when consumed by {}", any_of(&consumers))
            }
            Self::Interface(interface) => format!("only through the {} interface", interface.name()),
            Self::Api(patterns) => format!("only for calls that match {}", any_of(patterns)),
            Self::DataReadonly => "only to read data".to_owned(),
            Self::DataPath(paths) => {
                let paths: Vec<_> = paths.iter().map(|path| String::from_utf8_lossy(path)).collect();
                format!("only for data at or below {}", any_of(&paths))
            }
            Self::DataObjectId(ids) => {
                format!("only for data at or below the file with the id {}", any_of(ids))
            }
        }
    }
}

fn any_of<T: ToString>(entries: &[T]) -> String {
    entries.iter().map(T::to_string).collect::<Vec<_>>().join(" or ")
}

fn geo(what: &str, filter: &GeoFilter) -> String {
    let place = if filter.kind == FilterKind::Whitelist { "in" } else { "known to be outside" };
    format!("only from addresses {place} the {what} {}", any_of(&filter.names))
}

fn service(service: &Service) -> String {
    let name = service.service_type.name();
    if service.id == "*" { format!("any {name}") } else { format!("the {name} of {}", service.id) }
}

fn consumer(consumer: &Subject) -> String {
    match consumer {
        Subject::User(id) if id == "*" => "any user".to_owned(),
        Subject::Provider(id) if id == "*" => "any Oneprovider".to_owned(),
        Subject::Group(id) if id == "*" => "any user who is a member of a group".to_owned(),
        Subject::User(id) => format!("the user {id}"),
        Subject::Provider(id) => format!("the Oneprovider {id}"),
        Subject::Group(id) => format!("a member of the group {id}"),
        Subject::Nobody => "nobody".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_caveat_is_put_in_words() {
        for (caveat, words) in [
            ("time < 1800000000", "valid until 2027-01-15T08:00:00Z"),
            ("ip = 10.0.0.0/8|192.0.2.1", "only from addresses in 10.0.0.0/8 or 192.0.2.1/32"),
            ("asn = 64496|64497", "only from addresses of the autonomous system 64496 or 64497"),
            ("geo.country = PL|FR", "only from addresses in the country PL or FR"),
            ("geo.country != PL", "only from addresses known to be outside the country PL"),
            ("geo.region = EU", "only from addresses in the region EU"),
            ("geo.region != Asia|EU", "only from addresses known to be outside the region Asia or EU"),
            ("authorization = none", "only to prove who its subject is; carries no authority (deprecated)"),
            (
                "service = ozw-onezone|opw-*",
                "only when used by the oz_worker of onezone or any op_worker, and for what such a service needs",
            ),
            (
                "consumer = usr-u|grp-g|prv-p|nobody",
                "only when consumed by the user u or a member of the group g or the Oneprovider p or nobody",
            ),
            (
                "consumer = usr-*|grp-*|prv-*",
                "only when consumed by any user or any user who is a member of a group or any Oneprovider",
            ),
            ("interface = oneclient", "only through the oneclient interface"),
            (
                "api = all/all/*.*.*:*|ozw/get/user.u.x",
                "only for calls that match all/all/*.*.*:* or ozw/get/user.u.x:private",
            ),
            ("data.readonly", "only to read data"),
            ("data.path = L3Mx|L3My", "only for data at or below /s1 or /s2"),
            ("data.objectid = a|b", "only for data at or below the file with the id a or b"),
        ] {
            assert_eq!(Caveat::parse(caveat).unwrap().words(), words, "{caveat}");
        }
    }
}
