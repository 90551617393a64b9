//! Tokens that are confined to places, used from addresses that databases made for the test put there. All of
//! 127.0.0.0/8 is this machine, so that one of its addresses can stand for any place.

use std::time::{Duration, Instant};

use onezone_tokens::{Caveat, Limits, Token};

use crate::curl::{Reply, curl};
use crate::geo_fixture::{Value, asn_database, country_database, database};
use crate::processes::{Home, Server};

const POLAND: &str = "127.0.0.2"; // AS 64496
const AMERICA: &str = "127.0.0.3"; // AS 64497
const UKRAINE: &str = "127.0.0.5";
const NOWHERE: &str = "127.0.0.6";
const REGISTERED_ONLY: &str = "127.0.0.9";

fn home() -> Home {
    let home = Home::with_zone();
    home.write("asn.mmdb", asn_database());
    home.write("country.mmdb", country_database());
    home
}

fn serve(home: &Home, listen: &str) -> Server {
    let mut command = home.command(&["serve", "--listen", listen, "--geo-asn-database", "asn.mmdb"]);
    command.env("ONEZONE_GEO_COUNTRY_DATABASE", "country.mmdb");
    Server::start(command)
}

/// What a token of alice's with this caveat comes to from this address.
fn present(server: &Server, token: &str, caveat: &str, from: &str) -> Reply {
    let token = Token::decode(token, &Limits::default()).unwrap();
    let token = token.confine(&Caveat::parse(caveat).unwrap()).unwrap().serialize();
    let header = format!("X-Auth-Token: {}", token.expose());
    curl(&["--interface", from, "-H", &header, &format!("{}/providers/krakow/tokens/named", server.base())])
}

fn expect(server: &Server, token: &str, caveat: &str, from: &str, allowed: bool) {
    let reply = present(server, token, caveat, from);
    if allowed {
        assert_eq!(reply.status, 200, "{caveat} from {from}: {reply:?}");
    } else {
        let error = reply.expect_error(401, "unauthorized");
        assert_eq!(
            error["details"]["authError"]["id"], "tokenCaveatUnverified",
            "{caveat} from {from}: {error}"
        );
    }
}

#[test]
fn caveats_of_places_hold_where_the_databases_say() {
    let home = home();
    let server = serve(&home, "127.0.0.1:0");
    let token = home.token("alice-token");
    for (caveat, from, allowed) in [
        ("asn = 64496", POLAND, true),
        ("asn = 1|64496", POLAND, true),
        ("asn = 64497", POLAND, false),
        ("asn = 64497", AMERICA, true),
        ("asn = 0", NOWHERE, false),
        ("geo.country = PL", POLAND, true),
        ("geo.country = FR|PL", POLAND, true),
        ("geo.country = US", POLAND, false), // where the network is registered
        ("geo.country = pl", POLAND, false),
        ("geo.country != PL", POLAND, false),
        ("geo.country != FR|US", POLAND, true),
        ("geo.country != PL", AMERICA, true),
        ("geo.country = FR", REGISTERED_ONLY, false),
        ("geo.country != US", REGISTERED_ONLY, false), // it is in no country at all
        ("geo.country != PL", NOWHERE, false),         // not even an exclusion holds for what is not found
        ("geo.region = Europe", POLAND, true),
        ("geo.region = EU", POLAND, true),
        ("geo.region = Europe", UKRAINE, true),
        ("geo.region = EU", UKRAINE, false),
        ("geo.region != EU", UKRAINE, true),
        ("geo.region != EU", POLAND, false),
        ("geo.region != Europe", POLAND, false),
        ("geo.region != Asia|Africa", POLAND, true),
        ("geo.region = NorthAmerica", AMERICA, true),
        ("geo.region = Europe|Oceania", AMERICA, false),
        ("geo.region != EU", REGISTERED_ONLY, false),
        ("geo.region != EU", NOWHERE, false),
    ] {
        expect(&server, &token, caveat, from, allowed);
    }
    let error = present(&server, &token, "geo.region != EU|Asia", POLAND).expect_error(401, "unauthorized");
    let cause = &error["details"]["authError"];
    assert_eq!(
        cause["details"]["caveat"],
        serde_json::json!({ "type": "geo.region", "filter": "blacklist", "list": ["EU", "Asia"] })
    );
    assert!(
        cause["description"]
            .as_str()
            .unwrap()
            .contains("does NOT come from the following region: 'EU or Asia'")
    );
    server.stop();
}

#[test]
fn addresses_of_ipv6_are_looked_up_as_well() {
    // A machine without IPv6 has no such peers.
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let home = home();
    let server = serve(&home, "[::1]:0");
    let token = home.token("alice-token");
    for (caveat, allowed) in [
        ("asn = 64501", true),
        ("asn = 64496", false),
        ("geo.country = NZ", true),
        ("geo.country != NZ", false),
        ("geo.region = Oceania", true),
        ("geo.region != EU", true),
    ] {
        expect(&server, &token, caveat, "::1", allowed);
    }
    server.stop();
}

#[test]
fn without_databases_no_such_caveat_holds() {
    let home = home();
    let server = home.serve();
    let token = home.token("alice-token");
    for caveat in
        ["asn = 64496", "geo.country = PL", "geo.country != US", "geo.region = EU", "geo.region != Asia"]
    {
        expect(&server, &token, caveat, POLAND, false);
    }
    server.stop();
}

#[test]
fn a_database_that_is_replaced_is_used_without_a_restart() {
    let home = home();
    let server = serve(&home, "127.0.0.1:0");
    let token = home.token("alice-token");
    expect(&server, &token, "asn = 7", POLAND, false);
    let record = Value::Map(vec![("autonomous_system_number", Value::Number(7))]);
    home.write("new.mmdb", database("GeoLite2-ASN", 6, &[("127.0.0.0/8", record)]));
    std::fs::rename(home.path("new.mmdb"), home.path("asn.mmdb")).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while present(&server, &token, "asn = 7", POLAND).status != 200 {
        assert!(Instant::now() < deadline, "the new database was not picked up");
        std::thread::sleep(Duration::from_millis(200));
    }
    let ended = server.stop();
    // Two when it started, and one that was replaced.
    assert_eq!(ended.stderr.matches("a geographical database is in use").count(), 3, "{}", ended.stderr);
}

#[test]
fn a_database_that_cannot_be_used_is_said_before_anything_is_created() {
    let home = Home::new();
    home.write("asn.mmdb", asn_database());
    home.write("notes.txt", "no database at all");
    for (option, file, expected) in [
        ("--geo-asn-database", "missing.mmdb", "cannot read missing.mmdb"),
        ("--geo-asn-database", ".", "cannot read .; check that the file exists"),
        ("--geo-asn-database", "/dev/zero", "it is not a file"),
        ("--geo-asn-database", "notes.txt", "notes.txt is no MaxMind-format database"),
        ("--geo-country-database", "asn.mmdb", "asn.mmdb holds no countries (its type is `GeoLite2-ASN`)"),
    ] {
        let error = home.fail(1, &["serve", "--listen", "127.0.0.1:0", option, file]);
        assert!(error.contains(expected) && error.contains(option), "{error}");
    }
    assert!(!home.path("data").exists());
}
