//! The order of checks on a token: table 5.2. Each row fails at its check and would at every later one.

use crate::expect::{not_an_access_token, service_forbidden, unknown, unverified};
use crate::mint::{forged, signed, token};
use crate::row::{Row, access, confined, probe, root, run};
use crate::world::World;
use crate::zone::TEMPORARY_SECRET;

pub(crate) fn rows() -> Vec<Row> {
    [named(), temporary(), later(), holders()].concat()
}

/// A token of somebody else's signature, expired, beside a session: everything is wrong with it.
fn wrong(label: &'static str, what: &str, identifier: &str) -> Row {
    let token = forged(identifier, &["time < 1", "x"]);
    probe(label, what).token(token).header("Cookie", "SID=nonce|another")
}

fn named() -> Vec<Row> {
    let mut rows = vec![
        wrong("5.2/1", "identity", "2/nmd/usr-mallory/idn/alice-revoked").refused(not_an_access_token("idn")),
        wrong("5.2/1", "invite", "2/nmd/usr-mallory/hjs:space:/nowhere")
            .refused(not_an_access_token("hjs:space:")),
        wrong("5.2/2c", "unknown", "2/nmd/usr-mallory/act:s/nowhere").refused_as("tokenInvalid"),
        wrong("5.2/2c", "unknown, old", "nowhere").refused_as("tokenInvalid"),
        wrong("5.2/2c", "of a group", "2/nmd/grp-staff/act:s/nowhere").refused_as("tokenInvalid"),
        wrong("5.2/2c", "of an id that nobody can have", "2/nmd/usr-alice/act/a\0")
            .refused_as("tokenInvalid"),
        wrong("5.2/2c", "of an empty id", "2/nmd/usr-alice/act/").refused_as("tokenInvalid"),
        wrong("5.2/2d", "revoked, of another", "2/nmd/usr-mallory/act:s/alice-revoked")
            .also("compat/13")
            .refused_as("tokenRevoked"),
        wrong("5.2/2d", "revoked, of nobody", "2/nmd/nobody/act:s/alice-revoked").refused_as("tokenRevoked"),
        wrong("5.2/2d", "revoked, in the old form", "alice-revoked").refused_as("tokenRevoked"),
        wrong("5.2/2d", "revoked", "2/nmd/usr-alice/act/alice-revoked").refused_as("tokenRevoked"),
        wrong("5.2/3", "expired", "2/nmd/usr-mallory/act:s/mallory-token").refused(unverified("time < 1")),
        wrong("5.2/3", "expired, old", "legacy-mallory").refused(unverified("time < 1")),
    ];
    for subject in ["usr-bob", "usr-nowhere", "prv-alice", "grp-alice", "nobody", "usr-", "usr-alic"] {
        let identifier = format!("2/nmd/{subject}/act:s/alice-token");
        rows.push(wrong("5.2/2e", subject, &identifier).refused_as("tokenSubjectInvalid"));
    }
    let unknown_first = forged("2/nmd/usr-mallory/act:s/mallory-token", &["x", "time < 1"]);
    rows.push(probe("5.2/3", "unknown").token(unknown_first).refused(unknown("x")));
    rows
}

fn temporary() -> Vec<Row> {
    let mut rows = Vec::new();
    for subject in ["usr-mallory", "usr-alice", "prv-paris"] {
        for (generation, label, id) in
            [(1, "5.2/2a", "tokenRevoked"), (0, "5.2/2a", "tokenRevoked"), (3, "5.2/2b", "tokenInvalid")]
        {
            let identifier = format!("2/tmp-{generation}/{subject}/act:s/t");
            rows.push(wrong(label, subject, &identifier).refused_as(id));
        }
        rows.push(
            wrong("5.2/3", subject, &format!("2/tmp-2/{subject}/act:s/t")).refused(unverified("time < 1")),
        );
    }
    // A subject without a secret is as one whose first secret nobody has seen, and it gets none.
    for subject in ["usr-bob", "usr-nowhere", "prv-bare", "prv-nowhere", "usr-"] {
        for (generation, label, id) in [(0, "5.2/2a", "tokenRevoked"), (2, "5.2/2b", "tokenInvalid")] {
            let identifier = format!("2/tmp-{generation}/{subject}/act:s/t");
            rows.push(wrong(label, subject, &identifier).also("compat/12").refused_as(id));
        }
        rows.push(
            wrong("5.2/3", subject, &format!("2/tmp-1/{subject}/act:s/t")).refused(unverified("time < 1")),
        );
        let first = signed(&format!("2/tmp-1/{subject}/act/t"), &[], TEMPORARY_SECRET);
        rows.push(probe("5.2/4", subject).also("compat/12").token(first).refused_as("tokenInvalid"));
    }
    rows
}

/// After the caveats: signature, session, subject, blocked, session again, service.
fn later() -> Vec<Row> {
    let in_session = |row: Row| row.header("Cookie", "SID=nonce|another");
    let service = |row: Row| row.header("X-Onedata-Service-Token", root("prague"));
    vec![
        in_session(probe("5.2/4", "forged").token(forged("2/nmd/usr-mallory/act:s/mallory-token", &[])))
            .refused_as("tokenInvalid"),
        in_session(probe("5.2/4", "temporary, forged").token(forged("2/tmp-2/usr-mallory/act:s/t", &[])))
            .refused_as("tokenInvalid"),
        probe("5.2/4", "the secret of another")
            .token(signed("2/nmd/usr-alice/act/alice-token", &[], "secret of bob-token"))
            .refused_as("tokenInvalid"),
        probe("5.2/4", "another type than was issued")
            .token(forged("2/nmd/usr-alice/act:s/alice-token", &[]))
            .refused_as("tokenInvalid"),
        in_session(
            probe("5.2/5", "of another session").token(token("2/nmd/usr-mallory/act:s/mallory-token", &[])),
        )
        .refused_as("tokenSessionInvalid"),
        in_session(service(probe("5.2/5", "of no session").token(access("mallory"))))
            .refused_as("tokenSessionInvalid"),
        // A subject that does not exist has no record and no secret here; table 6.4 has it with one deleted.
        probe("5.2/6", "deleted with its tokens")
            .token(token("2/nmd/usr-nowhere/act/nowhere-token", &[]))
            .refused_as("tokenInvalid"),
        service(probe("5.2/7", "blocked").token(access("mallory"))).refused_as("userBlocked"),
        probe("5.2/7", "blocked, old").token(token("legacy-mallory", &[])).refused_as("userBlocked"),
        probe("5.2/7", "blocked, temporary")
            .token(signed("2/tmp-2/usr-mallory/act/t", &[], TEMPORARY_SECRET))
            .refused_as("userBlocked"),
        probe("5.2/7", "blocked, dead session")
            .token(token("2/nmd/usr-mallory/act:s/mallory-token", &[]))
            .header("Cookie", "SID=n|s")
            .refused_as("userBlocked"),
        service(
            probe("5.2/8", "a session that nobody has")
                .token(token("2/nmd/usr-alice/act:s/alice-token", &[]))
                .header("Cookie", "SID=n|s"),
        )
        .refused_as("tokenSessionInvalid"),
        service(probe("5.2/9", "a service that may not").token(access("alice")))
            .refused(service_forbidden("op_worker", "prague")),
    ]
}

/// What is not compared with the record, and what a holder may add.
fn holders() -> Vec<Row> {
    vec![
        probe("5.2", "confined further")
            .token(confined("alice", &["interface = rest", "time < 1700000001"]))
            .accepted(),
        probe("5.2", "expired by its holder")
            .token(confined("alice", &["time < 1700000000"]))
            .refused(unverified("time < 1700000000")),
        probe("5.2", "a provider's").token(root("paris")).accepted(),
        probe("5.2", "temporary").token(signed("2/tmp-2/usr-alice/act/t", &[], TEMPORARY_SECRET)).accepted(),
        probe("5.2", "temporary, a provider's")
            .token(signed("2/tmp-2/prv-paris/act/t", &[], TEMPORARY_SECRET))
            .accepted(),
    ]
}

#[tokio::test]
async fn the_first_check_that_fails_decides() {
    run(&World::new().await, &rows()).await;
}

#[tokio::test]
async fn nothing_that_is_refused_leaves_anything_behind() {
    let world = World::new().await;
    let before = world.store.export().await.unwrap();
    run(&world, &rows()).await;
    assert_eq!(world.store.export().await.unwrap(), before);
}
