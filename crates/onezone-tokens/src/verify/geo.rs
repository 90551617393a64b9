//! Where an address is on the map: the interface that a geographical database fills in.

use std::net::IpAddr;

/// Looks addresses up. An address that is not found fails every caveat that asks, even those that exclude.
pub trait GeoLookup: Send + Sync {
    /// The number of the autonomous system that the address belongs to.
    fn asn(&self, address: IpAddr) -> Option<u32>;

    /// The place that the address is in.
    fn location(&self, address: IpAddr) -> Option<Location>;
}

/// A place, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// The two-letter code of the country.
    pub country: Option<String>,
    /// The continent.
    pub continent: Option<Continent>,
    /// Whether the country is a member of the European Union.
    pub in_european_union: bool,
}

/// The continents, as geographical databases code them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continent {
    /// AF.
    Africa,
    /// AN.
    Antarctica,
    /// AS.
    Asia,
    /// EU.
    Europe,
    /// NA.
    NorthAmerica,
    /// OC.
    Oceania,
    /// SA.
    SouthAmerica,
}

impl Continent {
    /// The continent with this two-letter code.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "AF" => Some(Self::Africa),
            "AN" => Some(Self::Antarctica),
            "AS" => Some(Self::Asia),
            "EU" => Some(Self::Europe),
            "NA" => Some(Self::NorthAmerica),
            "OC" => Some(Self::Oceania),
            "SA" => Some(Self::SouthAmerica),
            _ => None,
        }
    }

    /// The name that region caveats use.
    pub fn region(self) -> &'static str {
        match self {
            Self::Africa => "Africa",
            Self::Antarctica => "Antarctica",
            Self::Asia => "Asia",
            Self::Europe => "Europe",
            Self::NorthAmerica => "NorthAmerica",
            Self::Oceania => "Oceania",
            Self::SouthAmerica => "SouthAmerica",
        }
    }
}

/// No database: nothing is ever found.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoGeo;

impl GeoLookup for NoGeo {
    fn asn(&self, _address: IpAddr) -> Option<u32> {
        None
    }

    fn location(&self, _address: IpAddr) -> Option<Location> {
        None
    }
}
