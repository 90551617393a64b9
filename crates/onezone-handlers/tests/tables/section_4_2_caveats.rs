//! When a caveat holds: table 4.2, and which spellings of section 4.1 are no caveat at all.

use crate::expect::{unknown, unverified, unverified_as};
use crate::mint::forged;
use crate::row::{Row, confined, probe, run};
use crate::world::World;
use crate::zone::NOW;

pub(crate) fn rows() -> Vec<Row> {
    [time(), ip(), asn(), country(), region(), service(), others(), order(), unreadable(), tolerated()]
        .concat()
}

fn row(label: &'static str, caveat: &str) -> Row {
    probe(label, caveat).token(confined("alice", &[caveat]))
}

fn judged(row: Row, caveat: &str, holds: bool) -> Row {
    if holds { row.accepted() } else { row.refused(unverified(caveat)) }
}

fn time() -> Vec<Row> {
    let caveat = "time < 1700000000";
    let mut rows = Vec::new();
    for (now, holds) in
        [(NOW - 1, true), (NOW, false), (NOW + 1, false), (0, true), (-1, true), (i64::MAX, false)]
    {
        rows.push(judged(row("4.2/time", caveat).at(now), caveat, holds));
    }
    for caveat in
        ["time < 1700000001", "time < 99999999999999999999", "time < +1700000001", "time < 01700000001"]
    {
        rows.push(row("4.2/time", caveat).accepted());
    }
    rows.push(row("4.2/time", "time < -1").refused(unverified("time < -1")));
    rows.push(row("4.2/time", "time < -1").at(-2).accepted());
    rows
}

fn ip() -> Vec<Row> {
    let mut rows = Vec::new();
    for (caveat, peer, holds) in [
        ("ip = 127.0.0.1/32", "127.0.0.1", true),
        ("ip = 127.0.0.1/32", "127.0.0.2", false),
        ("ip = 127.0.0.0/31", "127.0.0.1", true),
        ("ip = 127.0.0.2/31", "127.0.0.1", false),
        ("ip = 127.9.9.9/8", "127.1.2.3", true),
        ("ip = 126.0.0.0/7", "127.1.2.3", true),
        ("ip = 128.0.0.0/1", "127.1.2.3", false),
        ("ip = 0.0.0.0/0", "127.1.2.3", true),
        ("ip = 255.255.255.255/0", "127.1.2.3", true),
        ("ip = 10.0.0.0/8|127.4.0.0/16", "127.4.5.6", true),
        ("ip = 10.0.0.0/8|127.4.0.0/16", "127.5.5.6", false),
        ("ip = 192.0.2.7/32", "::ffff:192.0.2.7", true),
        ("ip = 0.0.0.0/0", "2001:db8::1", false),
        ("ip = 0.0.0.0/0", "::192.0.2.7", false),
    ] {
        rows.push(judged(row("4.2/ip", caveat).from(peer), caveat, holds));
    }
    // Without a length, all of the address counts, and the length is said.
    for caveat in [
        "ip = 127.0.0.1",
        "ip = 127.0.0.1/",
        "ip = /127.0.0.1//32/",
        "ip = 127.0.0.1/+32",
        "ip = 127.0.0.1/032",
    ] {
        rows.push(row("4.2/ip", caveat).accepted());
    }
    rows.push(row("4.2/ip", "ip = 127.0.0.3").refused(unverified("ip = 127.0.0.3/32")));
    // Nobody believes what a request says of its own origin.
    for header in [
        "X-Forwarded-For",
        "X-Onedata-Forwarded-For",
        "Forwarded",
        "X-Real-IP",
        "CF-Connecting-IP",
        "True-Client-IP",
    ] {
        let caveat = "ip = 192.0.2.1/32";
        rows.push(row("2.2", caveat).header(header, "192.0.2.1").refused(unverified(caveat)));
    }
    rows
}

/// The map of the tests; other addresses are on none.
fn asn() -> Vec<Row> {
    let mut rows = Vec::new();
    for (caveat, peer, holds) in [
        ("asn = 64496", "127.0.1.1", true),
        ("asn = 64496", "127.0.1.2", false),
        ("asn = 1|64497", "127.0.1.2", true),
        ("asn = 0", "127.0.1.11", true),
        ("asn = 64496", "127.0.1.3", false),
        ("asn = 64496", "127.0.0.1", false),
        ("asn = -64496", "127.0.1.1", false),
        ("asn = 4295031792", "127.0.1.1", false),
    ] {
        rows.push(judged(row("4.2/asn", caveat).from(peer), caveat, holds));
    }
    rows
}

fn country() -> Vec<Row> {
    let mut rows = Vec::new();
    for (caveat, peer, holds) in [
        ("geo.country = PL", "127.0.1.1", true),
        ("geo.country = PL|US", "127.0.1.2", true),
        ("geo.country = PL", "127.0.1.2", false),
        ("geo.country = pl", "127.0.1.1", false),
        ("geo.country = PL", "127.0.1.10", true),
        ("geo.country != PL", "127.0.1.1", false),
        ("geo.country != US|PL", "127.0.1.1", false),
        ("geo.country != US|FR", "127.0.1.1", true),
        ("geo.country != pl", "127.0.1.1", true),
        // What is on no map is excluded by every caveat.
        ("geo.country = PL", "127.0.0.1", false),
        ("geo.country != PL", "127.0.0.1", false),
        ("geo.country = PL", "127.0.1.12", false),
        ("geo.country != PL", "127.0.1.12", false),
        ("geo.country != PL", "127.0.1.11", false),
    ] {
        let row = row("4.2/country", caveat).also("compat/Geo caveats").from(peer);
        rows.push(judged(row, caveat, holds));
    }
    rows
}

fn region() -> Vec<Row> {
    let mut rows = Vec::new();
    for (region, peer) in [
        ("Europe", "127.0.1.1"),
        ("EU", "127.0.1.1"),
        ("NorthAmerica", "127.0.1.2"),
        ("Europe", "127.0.1.3"),
        ("Africa", "127.0.1.4"),
        ("Antarctica", "127.0.1.5"),
        ("Asia", "127.0.1.6"),
        ("Oceania", "127.0.1.7"),
        ("SouthAmerica", "127.0.1.8"),
        ("SouthAmerica", "127.0.1.9"),
        ("EU", "127.0.1.9"),
    ] {
        for (caveat, holds) in [
            (format!("geo.region = {region}"), true),
            (format!("geo.region = nowhere|{region}"), true),
            (format!("geo.region != {region}"), false),
            (format!("geo.region = {}", region.to_uppercase() + "x"), false),
            ("geo.region != nowhere".to_owned(), true),
        ] {
            rows.push(judged(row("4.2/region", &caveat).from(peer), &caveat, holds));
        }
    }
    for (caveat, peer, holds) in [
        // Norway is not in the union; a country of the union elsewhere is.
        ("geo.region = EU", "127.0.1.3", false),
        ("geo.region != EU", "127.0.1.3", true),
        ("geo.region = Europe", "127.0.1.9", false),
        ("geo.region = Europe", "127.0.0.1", false),
        ("geo.region != Europe", "127.0.0.1", false),
        ("geo.region != Europe", "127.0.1.11", false),
        // A continent counts only with a country, and a country only with a continent.
        ("geo.region = Antarctica", "127.0.1.12", false),
        ("geo.region != Europe", "127.0.1.12", false),
        ("geo.region = EU", "127.0.1.10", false),
        ("geo.region != EU", "127.0.1.10", false),
    ] {
        rows.push(judged(row("4.2/region", caveat).also("compat/Geo caveats").from(peer), caveat, holds));
    }
    rows
}

fn service() -> Vec<Row> {
    let mut rows = Vec::new();
    for (caveat, holds) in [
        ("service = ozw-onezone", true),
        ("service = ozw-*", true),
        ("service = opw-*|ozw-onezone", true),
        ("service = ozw-elsewhere", false),
        ("service = ozp-onezone", false),
        ("service = opw-*", false),
        ("service = opw-onezone", false),
        ("service = opp-paris|opw-paris", false),
    ] {
        rows.push(judged(row("4.2/service", caveat), caveat, holds));
    }
    rows
}

fn others() -> Vec<Row> {
    let mut rows = Vec::new();
    for (label, caveat, holds) in [
        ("4.2/interface", "interface = rest", true),
        ("4.2/interface", "interface = oneclient", false),
        ("4.2/interface", "interface = graphsync", false),
        ("4.2/scope", "authorization = none", false),
        ("4.2/data.*", "data.readonly", false),
        ("4.2/data.*", "data.objectid = x", false),
        // Held against the call later: authentication is through, and the call decides.
        ("4.2/API", "api = all/all/*.*.*:*", true),
    ] {
        rows.push(judged(row(label, caveat), caveat, holds));
    }
    let text = "unverified data path caveat: this token can only be used to access data under the following paths (and \
                nested directories): '/a'";
    let json = serde_json::json!({ "type": "data.path", "whitelist": ["L2E="] });
    rows.push(row("4.2/data.*", "data.path = L2E=").refused(unverified_as(&json, text)));
    rows
}

/// The first that does not hold decides, before the signature.
fn order() -> Vec<Row> {
    let row = |what: &str, caveats: &[&str]| probe("4.2/order", what).token(confined("alice", caveats));
    let forged = |caveats: &[&str]| forged("2/nmd/usr-alice/act/alice-token", caveats);
    vec![
        row("the first", &["interface = oneclient", "time < 1"]).refused(unverified("interface = oneclient")),
        row("the second", &["interface = rest", "time < 1", "x"]).refused(unverified("time < 1")),
        row("an unknown one first", &["x", "time < 1"]).refused(unknown("x")),
        row("all hold", &["time < 1700000001", "ip = 127.0.0.1", "interface = rest", "service = ozw-*"])
            .accepted(),
        row("the same twice", &["time < 1700000001", "time < 1"]).refused(unverified("time < 1")),
        probe("4.2/order", "forged").token(forged(&["time < 1"])).refused(unverified("time < 1")),
        probe("4.2/order", "forged, unknown").token(forged(&["x"])).refused(unknown("x")),
        probe("4.2/order", "forged, holding").token(forged(&["interface = rest"])).refused_as("tokenInvalid"),
        // A caveat that cannot be told in full is told all the same.
        row("long ago", &["time < -62167219201"]).refused(unverified_as(
            &serde_json::json!({ "type": "time", "validUntil": -62_167_219_201_i64 }),
            "unverified time caveat: this token has expired at '-001-12-31T23:59:59Z'",
        )),
    ]
}

/// What is none of the thirteen caveats.
fn unreadable() -> Vec<Row> {
    let mut rows = Vec::new();
    for caveat in [
        "",
        " ",
        "grant = everything",
        "time < ",
        "time < x",
        "time < 1.5",
        "time < 1e9",
        "time<1700000001",
        "time <  1700000001",
        "time < 1700000001 ",
        " time < 1700000001",
        "time = 1700000001",
        "Time < 1700000001",
        "time > 1",
        "ip = ",
        "ip =",
        "ip = 127.0.0",
        "ip = 127.0.0.1.1",
        "ip = 127.0.0.256",
        "ip = 127.0.0.1/33",
        "ip = 127.0.0.1/-1",
        "ip = ::1",
        "ip = localhost",
        "ip = 127.0.0.1|",
        "ip = |127.0.0.1",
        "ip = 127.0.0.1 | 127.0.0.2",
        "ip = 127.0.0.1,127.0.0.2",
        "ip != 127.0.0.1",
        "ip = 127.0.0.1/8/8",
        "asn = ",
        "asn = x",
        "asn = 1|",
        "asn = 0x1",
        "asn != 1",
        "geo.country = ",
        "geo.country != ",
        "geo.country =! PL",
        "geo.country < PL",
        "geo.city = Krakow",
        "country = PL",
        "geo.region = ",
        "authorization = all",
        "authorization = none ",
        "authorization = ",
        "service = ",
        "service = foo-x",
        "service = ozw",
        "service = OZW-onezone",
        "service != ozw-onezone",
        "consumer = ",
        "consumer = abc-x",
        "consumer = usr",
        "consumer = USR-x",
        "interface = ",
        "interface = soap",
        "interface = REST",
        "interface = rest|oneclient",
        "interface != rest",
        "api = ",
        "api = all",
        "api = all/all",
        "data.readonly ",
        "data.readonly = true",
        "data.path = ",
        "data.path = *",
        "data.path = YQ",
        "data.path = YQ==|!",
        "data.objectid = ",
        "data.objectid != x",
        "\u{105} = b",
        "\"quoted\" = \\",
        "a\nb",
        "null",
    ] {
        let row = probe("4.1", format!("{caveat:?}")).token(confined("alice", &[caveat]));
        rows.push(row.refused(unknown(caveat)));
    }
    // Bytes that are no text cannot be told as they are.
    let bytes = crate::mint::packets(&crate::mint::parts(
        "z",
        b"2/nmd/usr-alice/act/alice-token",
        &[b"x = \xff"],
        "secret of alice-token",
    ));
    rows.push(probe("4.1", "no text").token(crate::mint::encode(&bytes)).refused(unknown("x = \u{fffd}")));
    rows
}

/// What is tolerated, and how it is told.
fn tolerated() -> Vec<Row> {
    let mut rows = Vec::new();
    for (caveat, told) in [
        ("time < +1", "time < 1"),
        ("time < 0001", "time < 1"),
        ("ip = 10.1.2.3/08", "ip = 10.1.2.3/8"),
        ("ip = 10.1.2.3|10.1.2.4/31", "ip = 10.1.2.3/32|10.1.2.4/31"),
        ("asn = 007|+8", "asn = 7|8"),
        ("geo.country = nowhere||x = y", "geo.country = nowhere||x = y"),
        ("geo.region != Nowhere|", "geo.region != Nowhere|"),
        ("consumer = grp-|usr-", "consumer = grp-|usr-"),
        ("service = opw-|opp-a-b", "service = opw-|opp-a-b"),
        ("data.objectid = a||b", "data.objectid = a||b"),
    ] {
        rows.push(row("4.1", caveat).refused(unverified(told)));
    }
    rows
}

#[tokio::test]
async fn caveats_hold_or_not_as_in_onezone() {
    run(&World::new().await, &rows()).await;
}
