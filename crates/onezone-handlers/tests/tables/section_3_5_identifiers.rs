//! Identifiers of tokens: section 3.5, every version, persistence, subject and type.

use crate::expect::not_an_access_token;
use crate::mint::{encode, forged, packets, parts, signed, token};
use crate::row::{Row, list, probe, run};
use crate::world::World;
use crate::zone::TEMPORARY_SECRET;

/// The codes of all invitations.
pub(crate) const INVITES: [&str; 14] =
    ["ujg", "gjg", "ujs", "gjs", "ssp", "hjs", "rop", "ujc", "gjc", "ujh", "gjh", "sjh", "uji", "gji"];

pub(crate) fn rows() -> Vec<Row> {
    [versions(), persistence(), subjects(), types()].concat()
}

fn row(identifier: &str) -> Row {
    probe("3.5", identifier.escape_debug().to_string()).token(token(identifier, &[]))
}

fn versions() -> Vec<Row> {
    let mut rows = Vec::new();
    for (identifier, id) in [
        ("legacy", "legacy"),
        ("1/legacy", "legacy"),
        ("01/legacy", "legacy"),
        ("+1/legacy", "legacy"),
        ("legacy/with/slashes", "legacy/with/slashes"),
        ("2/nmd/usr-alice/act/alice-token", "alice-token"),
        ("+2/nmd/usr-alice/act/alice-token", "alice-token"),
        ("02/nmd/usr-alice/act/alice-token", "alice-token"),
        // Whoever knows the secret may write the id in the old form.
        ("1/alice-token", "alice-token"),
        ("alice-token", "alice-token"),
    ] {
        let token = signed(identifier, &[], &format!("secret of {id}"));
        rows.push(probe("3.5", identifier).token(token).accepted());
    }
    // An old token is the provider's whose record it is.
    rows.push(list("3.5", "an old token of a provider", "paris").token(token("legacy-paris", &[])).lists(&[
        "legacy-paris",
        "paris-revoked",
        "paris-root",
    ]));
    rows.push(row("legacy-mallory").refused_as("userBlocked"));
    for unknown in [
        "nowhere",
        "abc/def",
        "/legacy",
        "legacy/",
        "2x/nmd/usr-alice/act/alice-token",
        " 2/nmd/usr-alice/act/alice-token",
        "",
        "2.0/x",
        "1/",
    ] {
        rows.push(row(unknown).refused_as("tokenInvalid"));
    }
    for undecodable in [
        "1/legacy/with/slashes",
        "1/a/b",
        "0/legacy",
        "3/nmd/usr-alice/act/alice-token",
        "-2/nmd/usr-alice/act/alice-token",
        "99999999999999999999999/nmd/usr-alice/act/alice-token",
        "2/alice-token",
        "2/nmd/usr-alice/act",
        "2/nmd/usr-alice/alice-token",
        "2/nmd/usr-alice/act/alice/token",
        "2/nmd/usr-alice/act/alice-token/",
        "2//nmd/usr-alice/act/alice-token",
        "2/",
    ] {
        rows.push(row(undecodable).refused_as("badToken"));
    }
    // An identifier that is no text names no record.
    let bytes = packets(&parts("z", b"2/nmd/usr-alice/act/alice-token\xff", &[], "secret of alice-token"));
    rows.push(probe("3.5", "no text").token(encode(&bytes)).refused_as("tokenInvalid"));
    let bytes = packets(&parts("z", b"2/nmd/usr-\xff/act/alice-token", &[], "secret of alice-token"));
    rows.push(
        probe("3.5", "a subject that is no text").token(encode(&bytes)).refused_as("tokenSubjectInvalid"),
    );
    rows
}

fn persistence() -> Vec<Row> {
    let mut rows = Vec::new();
    for persistence in
        ["", "nmd-", "NMD", "perm", "tmp", "tmp-", "tmp-x", "tmp-1.5", "tmp--", "tmp-1 ", "nmd-1"]
    {
        rows.push(row(&format!("2/{persistence}/usr-alice/act/alice-token")).refused_as("badToken"));
    }
    for (generation, outcome) in [
        ("2", None),
        ("+2", None),
        ("002", None),
        ("1", Some("tokenRevoked")),
        ("0", Some("tokenRevoked")),
        ("-1", Some("tokenRevoked")),
        ("-99999999999999999999", Some("tokenRevoked")),
        ("3", Some("tokenInvalid")),
        ("99999999999999999999", Some("tokenInvalid")),
    ] {
        let token = signed(&format!("2/tmp-{generation}/usr-alice/act/any id"), &[], TEMPORARY_SECRET);
        let row = probe("3.5", format!("generation {generation}")).token(token);
        rows.push(match outcome {
            Some(id) => row.refused_as(id),
            None => row.accepted(),
        });
    }
    // The id of a temporary token says nothing.
    for id in ["", "alice-revoked", "\n", "\u{105}"] {
        let token = signed(&format!("2/tmp-2/usr-alice/act/{id}"), &[], TEMPORARY_SECRET);
        rows.push(probe("3.5", format!("temporary, id {id:?}")).token(token).accepted());
    }
    rows
}

fn subjects() -> Vec<Row> {
    let mut rows = Vec::new();
    for subject in [
        "",
        "alice",
        "usr",
        "USR-alice",
        "xyz-alice",
        "user-alice",
        "nobody-",
        "Nobody",
        "root",
        "-alice",
        "usr_alice",
    ] {
        rows.push(row(&format!("2/nmd/{subject}/act/alice-token")).refused_as("badToken"));
        let temporary = signed(&format!("2/tmp-2/{subject}/act/t"), &[], TEMPORARY_SECRET);
        rows.push(probe("3.5", subject).token(temporary).refused_as("badToken"));
    }
    for subject in [
        "usr-",
        "prv-",
        "grp-",
        "grp-staff",
        "nobody",
        "usr-bob",
        "prv-alice",
        "usr-ALICE",
        "usr-alice ",
        "usr-*",
        "usr-a\0b",
        "usr-nowhere",
    ] {
        rows.push(row(&format!("2/nmd/{subject}/act/alice-token")).refused_as("tokenSubjectInvalid"));
        rows.push(row(&format!("2/nmd/{subject}/act/nowhere")).refused_as("tokenInvalid"));
    }
    for subject in ["grp-", "grp-staff", "nobody"] {
        let token = signed(&format!("2/tmp-1/{subject}/act/t"), &["time < 1"], "x");
        rows.push(probe("3.5", subject).also("5.2/2a").token(token).refused_as("internalServerError"));
    }
    for subject in ["usr-", "prv-", "usr-nowhere", "prv-nowhere", "usr-a\0b", "usr-bob"] {
        let token = signed(&format!("2/tmp-1/{subject}/act/t"), &[], "x");
        rows.push(
            probe("3.5", subject.escape_debug().to_string())
                .also("compat/12")
                .token(token)
                .refused_as("tokenInvalid"),
        );
    }
    rows
}

fn types() -> Vec<Row> {
    let mut rows = Vec::new();
    for kind in [
        "",
        "ACT",
        "acc",
        "act:",
        "acts",
        "idn:",
        "idn:x",
        "inv",
        "ujg",
        "ujg:group",
        "ujg::",
        "ujg:group:x:y",
        "xyz:group:",
        "UJG:group:",
        "act ",
    ] {
        rows.push(row(&format!("2/nmd/usr-alice/{kind}/alice-token")).refused_as("badToken"));
    }
    let mut other = vec!["idn".to_owned()];
    for code in INVITES {
        other.extend([
            format!("{code}:some id:"),
            format!("{code}:x:ge"),
            format!("{code}:\u{105}\"\\:what ever"),
        ]);
    }
    for kind in other {
        for subject in ["usr-alice", "prv-paris", "grp-staff", "nobody"] {
            for (persistence, id) in
                [("nmd", "alice-token"), ("nmd", "alice-revoked"), ("nmd", "nowhere"), ("tmp-2", "t")]
            {
                let token = forged(&format!("2/{persistence}/{subject}/{kind}/{id}"), &["time < 1"]);
                let row = probe("3.5", format!("{kind} of {subject}")).also("5.2/1").token(token);
                rows.push(row.refused(not_an_access_token(&kind)));
            }
        }
    }
    for session in ["s", "act", "a:b:c", "\u{105}"] {
        rows.push(
            row(&format!("2/nmd/usr-alice/act:{session}/alice-token")).refused_as("tokenSessionInvalid"),
        );
    }
    rows
}

#[tokio::test]
async fn an_identifier_says_record_subject_and_type_or_is_no_token() {
    run(&World::new().await, &rows()).await;
}
