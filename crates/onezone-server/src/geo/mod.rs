//! Where addresses are on the map: MaxMind-format databases, as files that may be replaced while they are in use.
//!
//! The rules are those of Onezone 21.02: the number of the autonomous system as the database has it; the country is
//! that of the record's `country` (not `registered_country`); the region is that of the continent, and `EU` as well
//! where the country is flagged as a member. What a record leaves out was not found.
//!
//! Files are looked at every few seconds by their size, modification time and identity, which costs a system call,
//! rather than watched: that works on every file system, and across the rename with which `geoipupdate` replaces
//! them. A file that cannot be used is reported once and leaves the one read before in place.

mod database;
#[cfg(test)]
pub(crate) mod fixture;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use maxminddb::path;
use onezone_tokens::verify::{Continent, GeoLookup, Location};
use serde::Deserialize;

use self::database::{Kind, WatchedDatabase};

/// How often files are looked at.
const INTERVAL: Duration = Duration::from_secs(5);

/// Where the databases are.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Places")]
pub(crate) struct GeoArguments {
    /// A MaxMind-format database of autonomous systems (GeoLite2-ASN or alike), for `asn` caveats
    #[arg(long, value_name = "FILE", env = "ONEZONE_GEO_ASN_DATABASE")]
    geo_asn_database: Option<PathBuf>,
    /// A MaxMind-format database of countries (GeoLite2-Country, -City or alike), for `geo.country` and `geo.region` caveats
    #[arg(long, value_name = "FILE", env = "ONEZONE_GEO_COUNTRY_DATABASE")]
    geo_country_database: Option<PathBuf>,
}

/// The databases that were named. Without one, nothing is found in it.
pub(crate) struct GeoDatabases {
    asn: Option<WatchedDatabase>,
    country: Option<WatchedDatabase>,
}

/// What counts of a record's `country`.
#[derive(Deserialize)]
struct Country {
    iso_code: Option<String>,
    #[serde(default)]
    is_in_european_union: bool,
}

impl GeoDatabases {
    /// Reads and checks the files. The error names the option, the file and what is wrong with it.
    pub(crate) fn open(arguments: &GeoArguments) -> anyhow::Result<Self> {
        let open = |path: &Option<PathBuf>, kind| {
            path.as_ref().map(|path| WatchedDatabase::open(path, kind)).transpose()
        };
        Ok(Self {
            asn: open(&arguments.geo_asn_database, Kind::Asn)?,
            country: open(&arguments.geo_country_database, Kind::Country)?,
        })
    }

    /// This, if there is a database of autonomous systems.
    pub(crate) fn asn_lookup(&self) -> Option<&dyn GeoLookup> {
        self.asn.is_some().then_some(self as &dyn GeoLookup)
    }

    /// This, if there is a database of countries.
    pub(crate) fn location_lookup(&self) -> Option<&dyn GeoLookup> {
        self.country.is_some().then_some(self as &dyn GeoLookup)
    }

    /// Reads the files that were replaced since they were read last. Blocks for as long as reading takes.
    fn refresh(&self) {
        self.each().for_each(WatchedDatabase::refresh);
    }

    fn each(&self) -> impl Iterator<Item = &WatchedDatabase> {
        [&self.asn, &self.country].into_iter().flatten()
    }
}

/// Says which databases are in use, and keeps them up to date for as long as anybody has them.
pub(crate) fn keep_fresh(databases: &Arc<GeoDatabases>) -> anyhow::Result<()> {
    if databases.each().count() == 0 {
        return Ok(());
    }
    databases.each().for_each(WatchedDatabase::report);
    let databases = Arc::downgrade(databases);
    // A thread that nobody waits for: a file system that hangs must not keep the server from stopping.
    let thread = std::thread::Builder::new().name("geo".to_owned());
    let follow = move || {
        loop {
            std::thread::sleep(INTERVAL);
            let Some(databases) = databases.upgrade() else { return };
            databases.refresh();
        }
    };
    thread.spawn(follow).context("cannot start the thread that follows the geographical databases")?;
    Ok(())
}

impl GeoLookup for GeoDatabases {
    fn asn(&self, address: IpAddr) -> Option<u32> {
        let reader = self.asn.as_ref()?.reader();
        reader.lookup(address).ok()?.decode_path(&path!["autonomous_system_number"]).ok()?
    }

    fn location(&self, address: IpAddr) -> Option<Location> {
        let reader = self.country.as_ref()?.reader();
        let record = reader.lookup(address).ok()?;
        // Without a country, Onezone does not find the region either.
        let country: Country = record.decode_path(&path!["country"]).ok()??;
        let continent: Option<String> = record.decode_path(&path!["continent", "code"]).ok()?;
        Some(Location {
            country: country.iso_code,
            continent: continent.as_deref().and_then(Continent::from_code),
            in_european_union: country.is_in_european_union,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::path::Path;

    use super::fixture::{Value, asn_database, country_database, database};
    use super::*;

    fn write(path: &Path, bytes: &[u8]) {
        // As geoipupdate does it: beside the file, and then in its place.
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap()).unwrap();
        file.write_all(bytes).unwrap();
        file.persist(path).unwrap();
    }

    fn arguments(directory: &Path) -> GeoArguments {
        GeoArguments {
            geo_asn_database: Some(directory.join("asn.mmdb")),
            geo_country_database: Some(directory.join("country.mmdb")),
        }
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn opened() -> (tempfile::TempDir, GeoDatabases) {
        let directory = tempfile::tempdir().unwrap();
        write(&directory.path().join("asn.mmdb"), &asn_database());
        write(&directory.path().join("country.mmdb"), &country_database());
        let databases = GeoDatabases::open(&arguments(directory.path())).unwrap();
        (directory, databases)
    }

    #[test]
    fn numbers_are_found_by_the_most_specific_network() {
        let (_directory, databases) = opened();
        for (peer, expected) in [
            ("127.0.0.2", Some(64496)),
            ("127.0.0.3", Some(64497)),
            ("127.0.0.4", None), // a record without a number
            ("127.0.0.6", None),
            ("128.0.0.1", None),
            ("127.1.2.3", Some(64500)),
            ("127.1.2.255", Some(4_200_000_000)),
            ("::1", Some(64501)),
            ("2001:db8::1", Some(64502)),
            ("2001:db9::1", None),
        ] {
            assert_eq!(databases.asn(address(peer)), expected, "{peer}");
        }
    }

    #[test]
    fn places_are_those_of_the_country_and_not_of_where_it_is_registered() {
        let (_directory, databases) = opened();
        let at = |country: Option<&str>, continent, in_european_union| {
            Some(Location { country: country.map(str::to_owned), continent, in_european_union })
        };
        for (peer, expected) in [
            ("127.0.0.2", at(Some("PL"), Some(Continent::Europe), true)),
            ("127.0.0.3", at(Some("US"), Some(Continent::NorthAmerica), false)),
            ("127.0.0.4", None), // a continent and no country
            ("127.0.0.5", at(Some("UA"), Some(Continent::Europe), false)),
            ("127.0.0.6", None),
            ("127.0.0.7", at(None, Some(Continent::Europe), true)), // a country without its code
            ("127.0.0.8", at(Some("CY"), None, true)),              // no continent
            ("127.0.0.9", None),                                    // registered in a country, and in none
            ("127.0.0.10", at(Some("XX"), None, false)),            // a continent that nobody knows
            ("::1", at(Some("NZ"), Some(Continent::Oceania), false)),
        ] {
            assert_eq!(databases.location(address(peer)), expected, "{peer}");
        }
    }

    #[test]
    fn without_a_database_nothing_is_found() {
        let databases = GeoDatabases::open(&GeoArguments::default()).unwrap();
        assert_eq!(databases.asn(address("127.0.0.2")), None);
        assert_eq!(databases.location(address("127.0.0.2")), None);
    }

    #[test]
    fn a_database_of_ipv4_alone_finds_no_other_addresses() {
        let directory = tempfile::tempdir().unwrap();
        let record = Value::Map(vec![("autonomous_system_number", Value::Number(7))]);
        write(&directory.path().join("asn.mmdb"), &database("GeoLite2-ASN", 4, &[("10.0.0.0/8", record)]));
        let arguments = GeoArguments { geo_country_database: None, ..arguments(directory.path()) };
        let databases = GeoDatabases::open(&arguments).unwrap();
        assert_eq!(databases.asn(address("10.1.2.3")), Some(7));
        assert_eq!(databases.asn(address("::1")), None);
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_the_option_and_what_is_wrong() {
        let (directory, _) = opened();
        let path = directory.path().join("asn.mmdb");
        let whole = asn_database();
        let mut damaged = whole.clone();
        damaged[..40].fill(0xff);
        let record = Value::Map(vec![("country", Value::Text("PL"))]);
        let other_shape = database("Some-Country", 6, &[("127.0.0.0/8", record)]);
        for (bytes, expected) in [
            (&b""[..], "is no MaxMind-format database"),
            (b"not a database at all", "is no MaxMind-format database"),
            (&whole[..whole.len() / 3], "is no MaxMind-format database"),
            (&damaged, "is damaged"),
            (&country_database(), "holds no autonomous system numbers (its type is `GeoLite2-Country`)"),
            (&database("GeoLite2-ASN", 6, &[]), "holds no autonomous system numbers"),
            (&other_shape, "holds no autonomous system numbers (its type is `Some-Country`)"),
        ] {
            write(&path, bytes);
            let error = format!("{:#}", GeoDatabases::open(&arguments(directory.path())).err().unwrap());
            assert!(error.contains(expected), "{error}");
            assert!(error.contains("--geo-asn-database") && error.contains("asn.mmdb"), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
        write(&path, &whole);
        let country = directory.path().join("country.mmdb");
        write(&country, &whole);
        let error = format!("{:#}", GeoDatabases::open(&arguments(directory.path())).err().unwrap());
        assert!(error.contains("--geo-country-database") && error.contains("holds no countries"), "{error}");
        write(&country, &other_shape);
        let error = format!("{:#}", GeoDatabases::open(&arguments(directory.path())).err().unwrap());
        assert!(error.contains("holds no countries (its type is `Some-Country`)"), "{error}");
        fs::remove_file(&country).unwrap();
        for place in [country, directory.path().to_owned()] {
            let arguments =
                GeoArguments { geo_asn_database: None, geo_country_database: Some(place.clone()) };
            let error = format!("{:#}", GeoDatabases::open(&arguments).err().unwrap());
            let path = place.display().to_string();
            assert!(error.contains(&path) && error.contains("--geo-country-database"), "{error}");
        }
    }

    #[test]
    fn a_file_that_was_replaced_is_read_and_a_bad_one_leaves_the_last_in_place() {
        let (directory, databases) = opened();
        let (path, peer) = (directory.path().join("asn.mmdb"), address("127.0.0.2"));
        let numbered = |number| {
            let record = Value::Map(vec![("autonomous_system_number", Value::Number(number))]);
            database("GeoLite2-ASN", 6, &[("127.0.0.2/32", record)])
        };
        let expect = |number| {
            databases.refresh();
            assert_eq!(databases.asn(peer), Some(number));
        };
        write(&path, &numbered(1));
        expect(1);
        for bad in [&b"rubbish"[..], &country_database(), &numbered(2)[..100]] {
            write(&path, bad);
            expect(1);
            expect(1);
        }
        fs::remove_file(&path).unwrap();
        expect(1);
        write(&path, &numbered(2));
        expect(2);
        assert_eq!(
            databases.location(peer).unwrap().country.as_deref(),
            Some("PL"),
            "the other is untouched"
        );
    }
}
