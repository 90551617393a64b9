//! The session context: section 2.6, and the grammar of cookies that it hangs on.

use crate::expect::{bad_consumer, bad_service, not_an_access_token, plain};
use crate::mint::{forged, signed, token};
use crate::row::{Row, probe, root, run};
use crate::world::World;
use crate::zone::TEMPORARY_SECRET;

const SERVICE: &str = "X-Onedata-Service-Token";

pub(crate) fn rows() -> Vec<Row> {
    [tokens(), cookies(), unreadable(), panels()].concat()
}

/// A token that is bound to the session `s`.
fn bound(subject: &str, id: &str) -> String {
    token(&format!("2/nmd/{subject}/act:s/{id}"), &[])
}

fn tokens() -> Vec<Row> {
    let row = |label, what: &str, token: &str| probe(label, what).token(token);
    let mut rows = Vec::new();
    let temporary = signed("2/tmp-2/usr-alice/act:s/t", &[], TEMPORARY_SECRET);
    for (what, token) in [
        ("a user's", bound("usr-alice", "alice-token")),
        ("a provider's", bound("prv-paris", "paris-root")),
        ("a blocked user's", bound("usr-mallory", "mallory-token")),
        ("temporary", temporary),
    ] {
        rows.push(
            row("2.6/access token bound to session S/no SID cookie", what, &token)
                .refused_as("tokenSessionInvalid"),
        );
        let matches =
            row("2.6/access token bound to session S/SID matches", what, &token).also("compat/GUI sessions");
        // There are no sessions that would be alive; whether its user is blocked is asked before.
        let id = if what.starts_with("a blocked") { "userBlocked" } else { "tokenSessionInvalid" };
        rows.push(matches.header("Cookie", "SID=nonce|s").refused_as(id));
        let differs = row("2.6/access token bound to session S/SID differs", what, &token);
        rows.push(differs.header("Cookie", "SID=nonce|t").refused_as("tokenSessionInvalid"));
    }
    for (what, token) in [
        ("a user's", token("2/nmd/usr-alice/act/alice-token", &[])),
        ("a provider's", root("paris")),
        ("old", token("legacy", &[])),
        ("temporary", signed("2/tmp-2/usr-alice/act/t", &[], TEMPORARY_SECRET)),
    ] {
        rows.push(row("2.6/ordinary access token (no session)/no SID cookie", what, &token).accepted());
        let differs = row("2.6/ordinary access token (no session)/SID differs", what, &token)
            .also("compat/GUI sessions");
        rows.push(differs.header("Cookie", "SID=nonce|s").refused_as("tokenSessionInvalid"));
    }
    rows
}

/// Which cookies name a session; an ordinary token is refused beside one.
fn cookies() -> Vec<Row> {
    let mut rows = Vec::new();
    for (cookies, names_one) in [
        (&[&b""[..]][..], false),
        (&[b"a=b"], false),
        (&[b"SID=undefined"], false),
        (&[b"SID="], false),
        (&[b"SID"], false),
        (&[b"SID=nonce"], false),
        (&[b"sid=nonce|s"], false),
        (&[b"XSID=nonce|s"], false),
        (&[b"SID =nonce|s"], false),
        (&[b"SID=nonce; SID=nonce|s"], false),
        (&[b"SID=undefined; SID=nonce|s"], false),
        (&[b"SID=nonce", b"SID=nonce|s"], false),
        (&[b"a=SID=nonce|s"], false),
        (&[b"a=b, SID=nonce|s"], false),
        (&[b"SID=nonce%7Cs"], false),
        (&[b"SID=nonce|s"], true),
        (&[b"SID=|s"], true),
        (&[b"SID=nonce|"], true),
        (&[b"SID=|"], true),
        (&[b"SID=nonce|s|t"], true),
        (&[b"SID= nonce|s"], true),
        (&[b"SID=\"nonce|s\""], true),
        (&[b"a=b; SID=nonce|s"], true),
        (&[b"a=b;SID=nonce|s"], true),
        (&[b"a=b;;\t, SID=nonce|s"], true),
        (&[b"flag; SID=nonce|s; b=c"], true),
        (&[b"a=b", b"SID=nonce|s"], true),
        (&[b"SID=nonce|s", b"SID=nonce"], true),
        (&[b"SID=nonce|s; SID"], true),
        (&[b"a=b|c; SID=nonce|s"], true),
        (&[b"\xff=\xfe; SID=nonce|s"], true),
        (&[b"SID=nonce|\xff"], true),
        (&[b"SID=nonce|s=t"], true),
    ] {
        let mut row = probe(
            "2.6",
            format!(
                "{:?}",
                cookies.iter().map(|cookie| cookie.escape_ascii().to_string()).collect::<Vec<_>>()
            ),
        )
        .user("alice");
        for cookie in cookies {
            row = row.header("Cookie", cookie);
        }
        rows.push(if names_one { row.refused_as("tokenSessionInvalid") } else { row.accepted() });
    }
    let mut many = probe("2.6", "many cookies").user("alice");
    for number in 0..90 {
        many = many.header("Cookie", format!("c{number}=x"));
    }
    rows.push(many.clone().accepted());
    rows.push(many.header("Cookie", "SID=nonce|s").refused_as("tokenSessionInvalid"));
    // A comma joins values: there is one cookie, and its session is the whole rest.
    rows.push(
        probe("2.6", "a list")
            .token(bound("usr-alice", "alice-token"))
            .header("Cookie", "SID=n|s, a=b")
            .refused_as("tokenSessionInvalid"),
    );
    rows
}

/// Cookies that cannot be read, of which Onezone says that it failed.
fn unreadable() -> Vec<Row> {
    let failure = || plain("internalServerError");
    let mut rows = Vec::new();
    for cookies in [
        &["="][..],
        &["=x"],
        &["a=b; =x"],
        &["SID=nonce|s; ="],
        &["a=b", "="],
        &["a,b=c"],
        &["a\tb=c"],
        &["a=b\tc"],
        &["SID=n\t|s"],
    ] {
        let with = |mut row: Row| {
            for cookie in cookies {
                row = row.header("Cookie", cookie);
            }
            row
        };
        rows.push(with(probe("2.6", format!("unreadable {cookies:?}"))).user("alice").refused(failure()));
    }
    let row = |what: &str| probe("2.6", what).header("Cookie", "=");
    // After the tokens beside the token, before the token.
    rows.push(row("bad service").user("alice").header(SERVICE, "x").refused(bad_service(&plain("badToken"))));
    rows.push(
        row("bad consumer")
            .user("alice")
            .header("X-Onedata-Consumer-Token", "x")
            .refused(bad_consumer(&plain("badToken"))),
    );
    rows.push(row("no access token").token(forged("2/nmd/usr-alice/idn/nowhere", &[])).refused(failure()));
    rows.push(row("unknown token").token(forged("2/nmd/usr-alice/act/nowhere", &[])).refused(failure()));
    rows
}

/// Requests that a panel relays may be of any session; nobody reads their cookies.
fn panels() -> Vec<Row> {
    let (panel, worker) = (format!("opp-{}", root("paris")), root("paris"));
    let row = |what: &str, cookie: &str| probe("2.6", what).header("Cookie", cookie);
    vec![
        row("a panel", "SID=nonce|s").user("erin").header(SERVICE, &panel).accepted(),
        row("a panel, unreadable", "=").user("erin").header(SERVICE, &panel).accepted(),
        row("a panel, a bound token", "SID=nonce|s")
            .token(bound("usr-erin", "erin-token"))
            .header(SERVICE, &panel)
            .refused_as("tokenSessionInvalid"),
        row("a worker", "SID=nonce|s")
            .user("erin")
            .header(SERVICE, &worker)
            .refused_as("tokenSessionInvalid"),
        row("a worker, unreadable", "=")
            .user("erin")
            .header(SERVICE, &worker)
            .refused_as("internalServerError"),
        row("no access token", "SID=nonce|s")
            .token(forged("2/nmd/usr-erin/idn/x", &[]))
            .header(SERVICE, panel)
            .refused(not_an_access_token("idn")),
    ]
}

#[tokio::test]
async fn a_token_and_its_request_belong_to_the_same_session_or_neither_to_any() {
    run(&World::new().await, &rows()).await;
}
