//! The consumer token of a request, and the caveats that ask for it: sections 2.5 and 4.2.

use crate::expect::{bad_consumer, not_an_identity_token, plain, unknown, unverified};
use crate::mint::{forged, signed, token};
use crate::row::{Row, access, confined, probe, root, run};
use crate::world::World;
use crate::zone::TEMPORARY_SECRET;

const CONSUMER: &str = "X-Onedata-Consumer-Token";

pub(crate) fn rows() -> Vec<Row> {
    [tokens(), caveats_of_it(), caveats_on_it()].concat()
}

fn identity(subject: &str, id: &str) -> String {
    token(&format!("2/nmd/{subject}/idn/{id}"), &[])
}

fn tokens() -> Vec<Row> {
    let with = |what: &str, consumer: String| probe("2.5", what).user("alice").header(CONSUMER, consumer);
    let mut rows = Vec::new();
    for (what, consumer) in [
        ("a user's", identity("usr-bob", "bob-token")),
        ("the subject's own", identity("usr-alice", "alice-token")),
        ("a provider's", identity("prv-paris", "paris-root")),
        ("a provider's worker's", format!("opw-{}", identity("prv-paris", "paris-root"))),
        ("a provider's panel's", format!("opp-{}", identity("prv-paris", "paris-root"))),
        ("a user's with an indication", format!("opw-{}", identity("usr-bob", "bob-token"))),
        ("a provider's root token", root("paris")),
        ("a provider's old token", token("legacy-paris", &[])),
        (
            "a provider's root token with authorization = none",
            token("2/nmd/prv-paris/act/paris-root", &["authorization = none"]),
        ),
        ("temporary, a user's", signed("2/tmp-2/usr-alice/idn/t", &[], TEMPORARY_SECRET)),
        ("temporary, a provider's", signed("2/tmp-2/prv-paris/idn/t", &[], TEMPORARY_SECRET)),
        // Whoever consumes a token acts as its subject: the administrator's rights are of no use.
        ("an administrator's", identity("usr-carol", "carol-token")),
    ] {
        rows.push(with(what, consumer).accepted());
    }
    for (what, consumer, cause) in [
        ("empty", String::new(), plain("badToken")),
        ("rubbish", "rubbish".to_owned(), plain("badToken")),
        ("a wrong indication", format!("ozw-{}", identity("usr-bob", "bob-token")), plain("badToken")),
        ("access token", access("bob"), not_an_identity_token("act")),
        ("old access token", token("legacy", &[]), not_an_identity_token("act")),
        ("session", forged("2/nmd/usr-bob/act:s/nowhere", &[]), not_an_identity_token("act:s")),
        (
            "invite",
            forged("2/nmd/usr-bob/gjh:harvester:/nowhere", &[]),
            not_an_identity_token("gjh:harvester:"),
        ),
        ("forged access token", forged("2/nmd/usr-bob/act/bob-token", &[]), plain("tokenInvalid")),
        ("forged", forged("2/nmd/usr-bob/idn/bob-token", &[]), plain("tokenInvalid")),
        ("unknown", identity("usr-bob", "nowhere"), plain("tokenInvalid")),
        ("revoked", identity("usr-alice", "alice-revoked"), plain("tokenRevoked")),
        ("of somebody else's record", identity("usr-bob", "alice-token"), plain("tokenSubjectInvalid")),
        ("blocked", identity("usr-mallory", "mallory-token"), plain("userBlocked")),
        ("blocked, forged", forged("2/nmd/usr-mallory/idn/mallory-token", &[]), plain("tokenInvalid")),
        (
            "an earlier generation",
            signed("2/tmp-1/usr-alice/idn/t", &[], TEMPORARY_SECRET),
            plain("tokenRevoked"),
        ),
        (
            "a later generation",
            signed("2/tmp-3/usr-alice/idn/t", &[], TEMPORARY_SECRET),
            plain("tokenInvalid"),
        ),
    ] {
        rows.push(with(what, consumer).refused(bad_consumer(&cause)));
    }
    rows
}

/// Which caveats a consumer token may have itself.
fn caveats_of_it() -> Vec<Row> {
    let mut rows = Vec::new();
    for caveat in [
        "time < 1700000001",
        "ip = 127.0.0.0/8",
        "asn = 64496",
        "geo.country != US",
        "geo.region = Europe",
        "interface = rest",
    ] {
        let consumer = token("2/nmd/usr-bob/idn/bob-token", &[caveat]);
        rows.push(probe("2.5", caveat).from("127.0.1.1").user("alice").header(CONSUMER, consumer).accepted());
    }
    for caveat in [
        "time < 1",
        "ip = 10.0.0.0/8",
        "asn = 1",
        "geo.country = US",
        "geo.region = Asia",
        "interface = graphsync",
        "consumer = usr-bob",
        "authorization = none",
        "service = ozw-*",
        "api = all/all/*.*.*:*",
        "data.readonly",
    ] {
        let consumer = token("2/nmd/usr-bob/idn/bob-token", &[caveat]);
        rows.push(
            probe("2.5", caveat)
                .user("alice")
                .header(CONSUMER, consumer)
                .refused(bad_consumer(&unverified(caveat))),
        );
    }
    let consumer = token("2/nmd/usr-bob/idn/bob-token", &["grant = everything"]);
    rows.push(
        probe("2.5", "unknown")
            .user("alice")
            .header(CONSUMER, consumer)
            .refused(bad_consumer(&unknown("grant = everything"))),
    );
    rows
}

/// Caveats on the consumer, and who meets them.
fn caveats_on_it() -> Vec<Row> {
    let alice = identity("usr-alice", "alice-token");
    let frank = identity("usr-frank", "frank-token");
    let deep = identity("usr-deep", "deep-token");
    let wide = identity("usr-wide", "wide-token");
    let ring = identity("usr-ring", "ring-token");
    let twin = identity("usr-twin", "twin-token");
    let (paris, twin_provider) = (identity("prv-paris", "paris-root"), identity("prv-twin", "twin-root"));
    let mut rows = Vec::new();
    for (caveat, consumer, holds) in [
        // Nobody is a consumer by being the subject.
        ("consumer = usr-erin", None, false),
        ("consumer = usr-*", None, false),
        ("consumer = usr-alice", Some(&alice), true),
        ("consumer = usr-alice", Some(&frank), false),
        ("consumer = usr-*", Some(&alice), true),
        ("consumer = usr-bob|prv-*", Some(&alice), false),
        ("consumer = usr-bob|usr-alice", Some(&alice), true),
        ("consumer = usr-", Some(&alice), false),
        ("consumer = usr-ALICE", Some(&alice), false),
        ("consumer = prv-paris", Some(&paris), true),
        ("consumer = prv-*", Some(&paris), true),
        ("consumer = usr-*", Some(&paris), false),
        ("consumer = prv-prague", Some(&paris), false),
        // A user and a provider of the same id are two.
        ("consumer = usr-twin", Some(&twin), true),
        ("consumer = prv-twin", Some(&twin), false),
        ("consumer = prv-twin", Some(&twin_provider), true),
        ("consumer = usr-twin", Some(&twin_provider), false),
        // Groups: directly, through others, in rings; parents and strangers not.
        ("consumer = grp-night", Some(&frank), true),
        ("consumer = grp-operators", Some(&frank), true),
        ("consumer = grp-admins", Some(&frank), false),
        ("consumer = grp-nowhere", Some(&frank), false),
        ("consumer = grp-", Some(&frank), false),
        ("consumer = grp-nowhere|grp-operators", Some(&frank), true),
        ("consumer = grp-depth-0", Some(&deep), true),
        ("consumer = grp-depth-11", Some(&deep), true),
        ("consumer = grp-top", Some(&wide), true),
        ("consumer = grp-left", Some(&wide), true),
        ("consumer = grp-right", Some(&wide), true),
        ("consumer = grp-ring-a", Some(&ring), true),
        ("consumer = grp-ring-b", Some(&ring), true),
        ("consumer = grp-ring-c", Some(&ring), true),
        ("consumer = grp-*", Some(&frank), true),
        ("consumer = grp-*", Some(&alice), false),
        ("consumer = grp-*", Some(&paris), false),
        ("consumer = grp-*", None, false),
    ] {
        let mut row = probe("4.2/consumer", format!("{caveat}, {}", if holds { "met" } else { "not met" }))
            .also("2.5")
            .token(confined("erin", &[caveat]));
        if let Some(consumer) = consumer {
            row = row.header(CONSUMER, consumer);
        }
        rows.push(if holds { row.accepted() } else { row.refused(unverified(caveat)) });
    }
    // Each of several must be met.
    let both = confined("erin", &["consumer = usr-*", "consumer = usr-bob"]);
    rows.push(
        probe("4.2/consumer", "two")
            .token(both)
            .header(CONSUMER, &alice)
            .refused(unverified("consumer = usr-bob")),
    );
    rows
}

#[tokio::test]
async fn a_consumer_token_proves_whoever_uses_a_token() {
    run(&World::new().await, &rows()).await;
}
