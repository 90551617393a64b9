//! User name and password: the order of outcomes of section 2.7, with Basic on and off.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onezone_handlers::Settings;
use stubgen_runtime::Options;

use crate::row::{Row, delete, probe, run};
use crate::world::{World, settings};
use crate::zone::{PASSWORD, zone};

/// The header of a user name and a password.
pub(crate) fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

/// What is sent and what comes of it when Basic is on; when it is off, everything that can be read is not supported.
fn table() -> Vec<(&'static str, String, Option<&'static str>)> {
    let bad = Some("badBasicCredentials");
    let good = basic("alice.name", PASSWORD).replacen("Basic ", "", 1);
    let encoded = |bytes: &[u8]| format!("Basic {}", STANDARD.encode(bytes));
    vec![
        ("2.7/1", "Basic !!!".to_owned(), bad),
        ("2.7/1", "Basic YWxpY2U=".to_owned(), bad), // no colon
        ("2.7/1", "Basic YTpi=".to_owned(), bad),    // padding too much
        ("2.7/1", "Basic YTo".to_owned(), bad),      // padding missing
        ("2.7/1", "Basic YTo=YTo=".to_owned(), bad), // padding inside
        ("2.7/1", "Basic YTpi-_".to_owned(), bad),
        ("2.7/1", format!("Basic {good}, {good}"), bad),
        ("2.7/1", format!("Basic Basic {good}"), bad),
        ("2.7/1", "Basic alice.name:correct horse".to_owned(), bad),
        ("2.7/3", basic("nobody", PASSWORD), bad),
        ("2.7/3", basic("alice", PASSWORD), bad), // the id is not the name
        ("2.7/3", basic("ALICE.NAME", PASSWORD), bad),
        ("2.7/3", basic(" alice.name", PASSWORD), bad),
        ("2.7/3", basic("alice.name ", PASSWORD), bad),
        ("2.7/3", basic("", ""), bad),
        ("2.7/3", basic("", PASSWORD), bad),
        ("2.7/3", basic("alice.name\0", PASSWORD), bad),
        ("2.7/3", basic("paris", PASSWORD), bad), // providers have no passwords
        ("2.7/3", basic("*", PASSWORD), bad),
        ("2.7/3", basic("alice.name' OR '1'='1", PASSWORD), bad),
        ("2.7/3", basic(&"x".repeat(256), PASSWORD), bad),
        ("2.7/3", basic(&"x".repeat(20_000), PASSWORD), bad),
        ("2.7/3", encoded(b"\xff:correct horse"), bad),
        ("2.7/4", basic("mallory.name", PASSWORD), Some("userBlocked")),
        ("2.7/4", basic("mallory.name", "wrong"), Some("userBlocked")),
        ("2.7/4", basic("mallory.name", ""), Some("userBlocked")),
        ("2.7/5", basic("nora.name", PASSWORD), Some("basicAuthDisabled")),
        ("2.7/5", basic("nora.name", ""), Some("basicAuthDisabled")),
        ("2.7/5", basic("otto.name", PASSWORD), Some("basicAuthDisabled")),
        ("2.7/5", basic("otto.name", "wrong"), Some("basicAuthDisabled")),
        ("2.7/6", basic("alice.name", "wrong"), bad),
        ("2.7/6", basic("alice.name", ""), bad),
        ("2.7/6", basic("alice.name", "Correct horse"), bad),
        ("2.7/6", basic("alice.name", "correct horse:"), bad),
        ("2.7/6", basic("alice.name", ":correct horse"), bad),
        // The hash fills a short password up with zeros, in Onezone as well.
        ("2.7/6", basic("alice.name", "correct horse\0"), None),
        ("2.7/6", basic("alice.name", "\0correct horse"), bad),
        ("2.7/6", basic("alice.name", "correct horse\n"), bad),
        ("2.7/6", basic("alice.name", &"x".repeat(20_000)), bad),
        ("2.7/6", encoded(b"alice.name:\xff"), bad),
        ("2.7/6", basic("colin.name", "a"), bad),
        ("2.7/6", basic("colin.name", "a:b::c"), None),
        ("2.7/6", basic("alice.name", PASSWORD), None),
        // Blanks anywhere count for nothing.
        ("2.7/6", format!("Basic   {good}"), None),
        ("2.7/6", format!("Basic {}\t {}", &good[..7], &good[7..]), None),
    ]
}

pub(crate) fn rows() -> Vec<Row> {
    let row = |(label, header, outcome): (&'static str, String, Option<&str>)| {
        let row = probe(label, format!("{header:.60}")).header("Authorization", header);
        outcome.map_or_else(|| row.clone().accepted(), |id| row.clone().refused_as(id))
    };
    let mut rows: Vec<Row> = table().into_iter().map(row).collect();
    for bytes in [&b"Basic \xff\xff"[..], b"Basic YTpi\xc4\x85"] {
        rows.push(
            probe("2.7/1", "no ASCII").header("Authorization", bytes).refused_as("badBasicCredentials"),
        );
    }
    // A password opens what its user may do, and knows no caveats and no sessions.
    let alice = || basic("alice.name", PASSWORD);
    rows.push(delete("2.7/6", "one's own", "alice").header("Authorization", alice()).deleted());
    rows.push(delete("2.7/6", "somebody else's", "bob").header("Authorization", alice()).forbidden());
    rows.push(
        delete("2.7/6", "an administrator", "bob")
            .header("Authorization", basic("carol.name", PASSWORD))
            .deleted(),
    );
    rows.push(
        probe("2.7/6", "a session")
            .header("Authorization", alice())
            .header("Cookie", "SID=nonce|s")
            .accepted(),
    );
    rows
}

#[tokio::test]
async fn passwords_have_their_outcomes_in_order() {
    run(&World::new().await, &rows()).await;
}

#[tokio::test]
async fn what_can_be_read_is_not_supported_when_basic_is_off() {
    let settings = Settings { basic_auth: false, ..settings() };
    let world = World::with(zone(), settings, Options::default()).await;
    let row = |(label, header, _): (&'static str, String, _)| {
        let id = if label == "2.7/1" { "badBasicCredentials" } else { "basicAuthNotSupported" };
        probe("2.7/2", format!("{header:.60}")).header("Authorization", header).refused_as(id)
    };
    run(&world, &table().into_iter().map(row).collect::<Vec<_>>()).await;
}
