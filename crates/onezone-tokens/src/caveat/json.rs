//! The JSON form of caveats, both ways. Reading says what is wrong with what people wrote and how to mend it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Caveat, FilterKind, GeoFilter, Interface, IpMask, path};
use crate::api::ApiPattern;
use crate::{InputError, Integer, Service, Subject};

/// The types of the JSON form, each with an example.
const EXAMPLES: [(&str, &str); 12] = [
    ("time", r#"{"type": "time", "validUntil": 1893456000}"#),
    ("ip", r#"{"type": "ip", "whitelist": ["10.0.0.0/8"]}"#),
    ("asn", r#"{"type": "asn", "whitelist": [64496]}"#),
    ("geo.country", r#"{"type": "geo.country", "filter": "whitelist", "list": ["PL", "FR"]}"#),
    ("geo.region", r#"{"type": "geo.region", "filter": "blacklist", "list": ["Asia"]}"#),
    ("service", r#"{"type": "service", "whitelist": ["ozw-onezone", "opw-*"]}"#),
    ("consumer", r#"{"type": "consumer", "whitelist": ["usr-ID", "grp-ID", "prv-*"]}"#),
    ("interface", r#"{"type": "interface", "interface": "rest"}"#),
    ("api", r#"{"type": "api", "whitelist": ["ozw/get/token.*.*:*"]}"#),
    ("data.readonly", r#"{"type": "data.readonly"}"#),
    ("data.path", r#"{"type": "data.path", "whitelist": ["L3NwYWNlMS9kaXI="]}"#),
    ("data.objectid", r#"{"type": "data.objectid", "whitelist": ["00000000000CDBDA"]}"#),
];

/// The one caveat whose JSON form has no type.
const SCOPE: &str = r#"{"scope": "identityToken"}"#;

impl Caveat {
    /// The JSON form, with the type before its particulars.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Time { valid_until } => json!({ "type": "time", "validUntil": valid_until }),
            Self::Ip(masks) => whitelist("ip", masks.iter().map(texts)),
            Self::Asn(numbers) => whitelist("asn", numbers.iter().map(Integer::to_json)),
            Self::Country(filter) => geo("geo.country", filter),
            Self::Region(filter) => geo("geo.region", filter),
            Self::Scope => json!({ "scope": "identityToken" }),
            Self::Service(services) => whitelist("service", services.iter().map(texts)),
            Self::Consumer(consumers) => whitelist("consumer", consumers.iter().map(texts)),
            Self::Interface(interface) => json!({ "type": "interface", "interface": interface.name() }),
            Self::Api(patterns) => whitelist("api", patterns.iter().map(texts)),
            Self::DataReadonly => json!({ "type": "data.readonly" }),
            Self::DataPath(paths) => {
                whitelist("data.path", paths.iter().map(|path| STANDARD.encode(path).into()))
            }
            Self::DataObjectId(ids) => whitelist("data.objectid", ids.iter().map(texts)),
        }
    }

    /// Reads the JSON form. An error says what is wrong, where, and what to write instead.
    pub fn from_json(value: &Value) -> Result<Self, InputError> {
        let caveat = read(value).map_err(InputError::CaveatJson)?;
        // An entry with a bar in it would become two, and a lone empty one none.
        let serialized = caveat.to_string();
        if Self::parse(&serialized).as_ref() == Some(&caveat) {
            Ok(caveat)
        } else {
            Err(InputError::Caveat(serialized))
        }
    }
}

fn texts<T: ToString>(entry: &T) -> Value {
    entry.to_string().into()
}

fn whitelist(kind: &str, entries: impl Iterator<Item = Value>) -> Value {
    json!({ "type": kind, "whitelist": entries.collect::<Vec<_>>() })
}

fn geo(kind: &str, filter: &GeoFilter) -> Value {
    json!({ "type": kind, "filter": filter.kind.name(), "list": filter.names })
}

fn read(value: &Value) -> Result<Caveat, String> {
    let Some(object) = value.as_object() else {
        return Err(format!("an object is expected, such as {}", EXAMPLES[0].1));
    };
    let Some(kind) = object.get("type") else {
        return read_scope(object);
    };
    let known = kind.as_str().and_then(|kind| EXAMPLES.into_iter().find(|(name, _)| *name == kind));
    let Some((kind, example)) = known else {
        return Err(format!("{kind} is not a type of caveats; the types are {}", types()));
    };
    let fields = Fields { object, example };
    match kind {
        "time" => fields.only(&["validUntil"])?.time(),
        "ip" => {
            fields.whitelist(IpMask::parse, "an IPv4 network, as 10.0.0.0/8 or 192.0.2.1").map(Caveat::Ip)
        }
        "asn" => fields.asn(),
        "geo.country" => fields.geo().map(Caveat::Country),
        "geo.region" => fields.geo().map(Caveat::Region),
        "service" => fields
            .whitelist(Service::parse, "a service: `ozw-`, `ozp-`, `opw-` or `opp-` with an id or `*`")
            .map(Caveat::Service),
        "consumer" => fields
            .whitelist(Subject::parse, "a consumer: `usr-`, `grp-` or `prv-` with an id or `*`")
            .map(Caveat::Consumer),
        "interface" => fields.only(&["interface"])?.interface(),
        "api" => fields
            .whitelist(
                ApiPattern::parse,
                "a pattern of calls: <service>/<operation>/<type>.<id>.<aspect>:<scope>",
            )
            .map(Caveat::Api),
        "data.readonly" => fields.only(&[]).map(|_| Caveat::DataReadonly),
        "data.path" => fields.whitelist(path, "the base64 of a path, with its padding").map(Caveat::DataPath),
        _ => fields.whitelist(|id| Some(id.to_owned()), "the id of a file").map(Caveat::DataObjectId),
    }
}

fn read_scope(object: &Map<String, Value>) -> Result<Caveat, String> {
    match object.get("scope") {
        Some(Value::String(scope)) if scope == "identityToken" && object.len() == 1 => Ok(Caveat::Scope),
        Some(_) => Err(format!("a caveat with a scope is {SCOPE} and nothing else")),
        None => Err(format!("`type` is missing; the types are {}, and one caveat is {SCOPE}", types())),
    }
}

fn types() -> String {
    EXAMPLES.map(|(kind, _)| kind).join(", ")
}

/// The fields of a caveat, and what they look like.
struct Fields<'a> {
    object: &'a Map<String, Value>,
    example: &'static str,
}

impl Fields<'_> {
    /// Refuses fields beside the type and these: a mistyped one would confine less than was meant.
    fn only(self, names: &[&str]) -> Result<Self, String> {
        let unknown = self.object.keys().find(|key| *key != "type" && !names.contains(&key.as_str()));
        match unknown {
            Some(key) => Err(format!("`{key}` is not a field of this caveat; write {}", self.example)),
            None => Ok(self),
        }
    }

    fn take(&self, name: &str) -> Result<&Value, String> {
        self.object.get(name).ok_or_else(|| format!("`{name}` is missing; write {}", self.example))
    }

    fn time(&self) -> Result<Caveat, String> {
        let value = self.take("validUntil")?;
        let valid_until = value.as_i64().ok_or_else(|| {
            format!(
                "`validUntil` is {value}, and has to be a whole number of seconds since 1970; write {}",
                self.example
            )
        })?;
        Ok(Caveat::Time { valid_until })
    }

    fn interface(&self) -> Result<Caveat, String> {
        let value = self.take("interface")?;
        let interface = value.as_str().and_then(Interface::parse);
        interface
            .map(Caveat::Interface)
            .ok_or_else(|| format!("`interface` is {value}; write \"rest\", \"oneclient\" or \"graphsync\""))
    }

    fn asn(self) -> Result<Caveat, String> {
        let fields = self.only(&["whitelist"])?;
        let number = |value: &Value| {
            let integer = value.is_i64() || value.is_u64() || value.is_string();
            // A number too large for JSON libraries is written as a text.
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Integer::parse(&text).filter(|_| integer)
        };
        fields.entries("whitelist", number, "the number of an autonomous system").map(Caveat::Asn)
    }

    fn geo(self) -> Result<GeoFilter, String> {
        let fields = self.only(&["filter", "list"])?;
        let filter = fields.take("filter")?;
        let kind = match filter.as_str() {
            Some("whitelist") => FilterKind::Whitelist,
            Some("blacklist") => FilterKind::Blacklist,
            _ => return Err(format!("`filter` is {filter}; write \"whitelist\" or \"blacklist\"")),
        };
        let name = |value: &Value| value.as_str().map(str::to_owned);
        Ok(GeoFilter { kind, names: fields.entries("list", name, "a name")? })
    }

    fn whitelist<T>(self, parse: impl Fn(&str) -> Option<T>, what: &str) -> Result<Vec<T>, String> {
        let fields = self.only(&["whitelist"])?;
        fields.entries("whitelist", |value| value.as_str().and_then(&parse), what)
    }

    fn entries<T>(
        &self,
        name: &str,
        parse: impl Fn(&Value) -> Option<T>,
        what: &str,
    ) -> Result<Vec<T>, String> {
        let value = self.take(name)?;
        let Some(entries) = value.as_array().filter(|entries| !entries.is_empty()) else {
            return Err(format!("`{name}` has to be a list of at least one entry; write {}", self.example));
        };
        let entry = |(index, entry): (usize, &Value)| {
            parse(entry).ok_or_else(|| format!("entry {} of `{name}`, {entry}, is not {what}", index + 1))
        };
        entries.iter().enumerate().map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_example_is_read_and_written_the_same() {
        for text in EXAMPLES.map(|(_, example)| example).into_iter().chain([SCOPE]) {
            let json: Value = serde_json::from_str(text).unwrap();
            let caveat = Caveat::from_json(&json).unwrap();
            assert_eq!(caveat.to_json(), json);
        }
    }

    #[test]
    fn mistakes_are_named_with_a_way_out() {
        for (json, expected) in [
            (json!("time < 5"), "an object is expected, such as {\"type\": \"time\""),
            (json!({}), "`type` is missing; the types are time, ip, asn"),
            (json!({"type": "tiem"}), "\"tiem\" is not a type of caveats; the types are time"),
            (json!({"type": 5}), "5 is not a type"),
            (json!({"scope": "all"}), "a caveat with a scope is {\"scope\": \"identityToken\"}"),
            (json!({"scope": "identityToken", "x": 1}), "and nothing else"),
            (
                json!({"type": "time"}),
                "`validUntil` is missing; write {\"type\": \"time\", \"validUntil\": 1893456000}",
            ),
            (
                json!({"type": "time", "validUntil": "soon"}),
                "`validUntil` is \"soon\", and has to be a whole number",
            ),
            (json!({"type": "time", "validUntil": 1.5}), "`validUntil` is 1.5"),
            (json!({"type": "time", "validuntil": 5}), "`validuntil` is not a field of this caveat"),
            (json!({"type": "ip", "whitelist": []}), "`whitelist` has to be a list of at least one entry"),
            (json!({"type": "ip", "whitelist": "10.0.0.0/8"}), "`whitelist` has to be a list"),
            (
                json!({"type": "ip", "whitelist": ["10.0.0.0/8", "::1"]}),
                "entry 2 of `whitelist`, \"::1\", is not an IPv4 network",
            ),
            (
                json!({"type": "asn", "whitelist": [1.5]}),
                "entry 1 of `whitelist`, 1.5, is not the number of an autonomous system",
            ),
            (json!({"type": "asn", "whitelist": ["x"]}), "entry 1 of `whitelist`, \"x\""),
            (json!({"type": "geo.country", "list": ["PL"]}), "`filter` is missing"),
            (
                json!({"type": "geo.country", "filter": "greylist", "list": ["PL"]}),
                "`filter` is \"greylist\"; write",
            ),
            (
                json!({"type": "geo.region", "filter": "whitelist", "list": [1]}),
                "entry 1 of `list`, 1, is not a name",
            ),
            (json!({"type": "service", "whitelist": ["foo-x"]}), "is not a service"),
            (json!({"type": "consumer", "whitelist": ["alice"]}), "is not a consumer"),
            (json!({"type": "interface", "interface": "soap"}), "`interface` is \"soap\"; write \"rest\""),
            (json!({"type": "api", "whitelist": ["all/all"]}), "is not a pattern of calls"),
            (json!({"type": "data.readonly", "path": "/"}), "`path` is not a field"),
            (json!({"type": "data.path", "whitelist": ["YQ"]}), "is not the base64 of a path"),
            (json!({"type": "data.objectid", "whitelist": ["a|b"]}), "write no `|` inside its entries"),
            (
                json!({"type": "geo.country", "filter": "whitelist", "list": [""]}),
                "would be read back differently",
            ),
        ] {
            let error = Caveat::from_json(&json).unwrap_err().to_string();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    proptest! {
        #[test]
        fn json_is_read_back_from_whatever_can_be_serialized(caveat in super::super::strategy::caveat()) {
            prop_assert_eq!(Caveat::from_json(&caveat.to_json()), Ok(caveat.clone()));
            prop_assert_eq!(Caveat::parse(&caveat.to_string()), Some(caveat));
        }

        #[test]
        fn reading_never_panics(kind in 0..EXAMPLES.len(), key in "[a-zA-Z]{0,9}", text in any::<String>(), number in any::<i64>()) {
            let mut json: Value = serde_json::from_str(EXAMPLES[kind].1).unwrap();
            let object = json.as_object_mut().unwrap();
            let keys: Vec<String> = object.keys().cloned().chain([key]).collect();
            for name in keys {
                for value in [json!(text), json!(number), json!([text]), json!([[number]]), json!(null), json!({})] {
                    let mut changed = json.clone();
                    changed[&name] = value;
                    if let Ok(caveat) = Caveat::from_json(&changed) {
                        prop_assert_eq!(Caveat::parse(&caveat.to_string()), Some(caveat));
                    }
                }
            }
        }
    }
}
