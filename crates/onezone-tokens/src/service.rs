//! The services of Onedata, as tokens, caveats and errors name them.

use std::fmt;

use serde_json::{Value, json};

/// The four kinds of services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServiceType {
    /// The worker of Onezone.
    OzWorker,
    /// The panel of Onezone.
    OzPanel,
    /// The worker of a Oneprovider.
    OpWorker,
    /// The panel of a Oneprovider.
    OpPanel,
}

impl ServiceType {
    /// The type with this three-letter name.
    pub fn from_short_name(name: &str) -> Option<Self> {
        match name {
            "ozw" => Some(Self::OzWorker),
            "ozp" => Some(Self::OzPanel),
            "opw" => Some(Self::OpWorker),
            "opp" => Some(Self::OpPanel),
            _ => None,
        }
    }

    /// The three-letter name that tokens and caveats use.
    pub fn short_name(self) -> &'static str {
        match self {
            Self::OzWorker => "ozw",
            Self::OzPanel => "ozp",
            Self::OpWorker => "opw",
            Self::OpPanel => "opp",
        }
    }

    /// The long name that JSON and descriptions use.
    pub fn name(self) -> &'static str {
        match self {
            Self::OzWorker => "oz_worker",
            Self::OzPanel => "oz_panel",
            Self::OpWorker => "op_worker",
            Self::OpPanel => "op_panel",
        }
    }
}

/// One service, or with the id `*` any service of a type. `Display` is the serialized form, such as
/// `ozw-onezone`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// The kind of service.
    pub service_type: ServiceType,
    /// The id of its cluster: `onezone`, or the provider's id.
    pub id: String,
}

impl Service {
    /// A service by kind and id.
    pub fn new(service_type: ServiceType, id: impl Into<String>) -> Self {
        Self { service_type, id: id.into() }
    }

    /// The worker of Onezone, which every request addresses that comes without a service token.
    pub fn onezone() -> Self {
        Self::new(ServiceType::OzWorker, "onezone")
    }

    /// Reads the serialized form; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, id) = text.split_once('-')?;
        Some(Self::new(ServiceType::from_short_name(name)?, id))
    }

    /// The form of descriptions, such as `op_worker:<id>`.
    pub fn printable(&self) -> String {
        format!("{}:{}", self.service_type.name(), self.id)
    }

    /// The JSON form.
    pub fn to_json(&self) -> Value {
        json!({ "type": self.service_type.name(), "id": self.id })
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.service_type.short_name(), self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_a_serialized_a_printable_and_a_json_form() {
        for (text, printable) in [
            ("ozw-onezone", "oz_worker:onezone"),
            ("ozp-onezone", "oz_panel:onezone"),
            ("opw-*", "op_worker:*"),
            ("opp-a-b", "op_panel:a-b"),
        ] {
            let service = Service::parse(text).unwrap();
            assert_eq!(service.to_string(), text);
            assert_eq!(service.printable(), printable);
            let (name, id) = printable.split_once(':').unwrap();
            assert_eq!(service.to_json(), json!({ "type": name, "id": id }));
        }
        for text in ["", "ozw", "foo-x", "OZW-x", "-x", "ozworker-x"] {
            assert_eq!(Service::parse(text), None, "{text:?}");
        }
    }
}
