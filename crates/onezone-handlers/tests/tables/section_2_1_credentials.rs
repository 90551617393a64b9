//! Which credential is used: tables 2.1 and 2.2, and credentials that are there twice.

use crate::expect::{bad_consumer, bad_service, plain};
use crate::row::{Row, access, probe, run};
use crate::section_2_7_basic::basic;
use crate::world::World;
use crate::zone::PASSWORD;

const SERVICE: &str = "X-Onedata-Service-Token";
const CONSUMER: &str = "X-Onedata-Consumer-Token";

pub(crate) fn rows() -> Vec<Row> {
    [present(), precedence(), schemes(), values(), duplicates(), modifiers()].concat()
}

fn good() -> String {
    basic("alice.name", PASSWORD)
}

fn bearer() -> String {
    format!("Bearer {}", access("alice"))
}

fn present() -> Vec<Row> {
    vec![
        probe("2.1/1", "X-Auth-Token").user("alice").accepted(),
        probe("2.1/1", "empty").token("").refused_as("badToken"),
        probe("2.1/2", "Bearer").header("Authorization", bearer()).accepted(),
        probe("2.1/3", "Macaroon").header("Macaroon", access("alice")).accepted(),
        probe("2.1/3", "empty").header("Macaroon", "").refused_as("badToken"),
        probe("2.1/4", "Basic").header("Authorization", good()).accepted(),
        probe("2.1/5", "nothing").anonymous(),
        probe("2.1/5", "a session alone")
            .also("compat/GUI sessions")
            .header("Cookie", "SID=nonce|session")
            .anonymous(),
        probe("2.1/5", "a header that nobody reads").header("X-Auth", access("alice")).anonymous(),
        probe("2.1/5", "a proxy's credentials").header("Proxy-Authorization", bearer()).anonymous(),
        probe("2.1/5", "a cookie").header("Cookie", format!("X-Auth-Token={}", access("alice"))).anonymous(),
        // Names of headers have no case.
        probe("2.1/1", "lower case").header("x-auth-token", access("alice")).accepted(),
        probe("2.1/3", "upper case").header("MACAROON", access("alice")).accepted(),
    ]
}

/// The first that is present decides, whatever it is worth.
fn precedence() -> Vec<Row> {
    let alice = access("alice");
    let bad = basic("alice.name", "wrong");
    let all = |x_auth: &str, bearer: &str, macaroon: &str| {
        probe("2.1/1", "all of them")
            .header("Macaroon", macaroon)
            .header("Authorization", bearer)
            .header("X-Auth-Token", x_auth)
    };
    vec![
        all(&alice, "Bearer x", "x").accepted(),
        all("x", &bearer(), &alice).refused_as("badToken"),
        all("", &bearer(), &alice).refused_as("badToken"),
        all(&alice, &bad, "x").accepted(),
        all("x", &good(), &alice).refused_as("badToken"),
        probe("2.1/2", "before Macaroon")
            .header("Authorization", bearer())
            .header("Macaroon", "x")
            .accepted(),
        probe("2.1/2", "bad, before Macaroon")
            .header("Authorization", "Bearer x")
            .header("Macaroon", &alice)
            .refused_as("badToken"),
        probe("2.1/3", "before Basic").header("Authorization", &bad).header("Macaroon", &alice).accepted(),
        probe("2.1/3", "bad, before Basic")
            .header("Authorization", good())
            .header("Macaroon", "x")
            .refused_as("badToken"),
        probe("2.1/3", "empty, before Basic")
            .header("Authorization", good())
            .header("Macaroon", "")
            .refused_as("badToken"),
        probe("2.1/4", "bad").header("Authorization", bad).refused_as("badBasicCredentials"),
    ]
}

/// Schemes have one spelling, and any other counts as absent.
fn schemes() -> Vec<Row> {
    let alice = access("alice");
    let encoded = good().replacen("Basic ", "", 1);
    let mut rows = Vec::new();
    for (label, absent) in [
        ("2.1/2", format!("bearer {alice}")),
        ("2.1/2", format!("BEARER {alice}")),
        ("2.1/2", format!("Bearer\t{alice}")),
        ("2.1/2", format!("Bearer:{alice}")),
        ("2.1/2", format!("Bearer{alice}")),
        ("2.1/2", "Bearer".to_owned()),
        ("2.1/2", format!("x, Bearer {alice}")),
        ("2.1/4", format!("basic {encoded}")),
        ("2.1/4", format!("BASIC {encoded}")),
        ("2.1/4", format!("Basic\t{encoded}")),
        ("2.1/4", "Basic".to_owned()),
        ("2.1/5", format!("Digest {encoded}")),
        ("2.1/5", format!("Token {alice}")),
        ("2.1/5", format!("Macaroon {alice}")),
        ("2.1/5", alice.clone()),
        ("2.1/5", String::new()),
    ] {
        let row = probe(label, format!("Authorization: {absent:.12}")).header("Authorization", absent);
        rows.push(row.clone().header("Macaroon", &alice).accepted());
        rows.push(row.anonymous());
    }
    // Only the blanks around a value are no part of it.
    rows.push(
        probe("2.1/2", "two blanks")
            .header("Authorization", format!("Bearer  {alice}"))
            .refused_as("badToken"),
    );
    rows.push(
        probe("2.1/2", "a blank in it")
            .header("Authorization", format!("Bearer x {alice}"))
            .refused_as("badToken"),
    );
    rows.push(
        probe("2.1/2", "blank at the end")
            .only_http1()
            .header("Authorization", format!("{} \t", bearer()))
            .accepted(),
    );
    rows.push(
        probe("2.1/2", "nothing but blanks").only_http1().header("Authorization", "Bearer   ").anonymous(),
    );
    rows.push(probe("2.1/1", "blanks around").only_http1().token(format!("  \t{alice}  ")).accepted());
    rows.push(probe("2.1/1", "nothing but blanks").only_http1().token("   ").refused_as("badToken"));
    rows
}

/// Values that are no text, or more than one.
fn values() -> Vec<Row> {
    let alice = access("alice");
    let mut rows = Vec::new();
    for bytes in [&b"\xff"[..], b"\xc4\x85", b"\x80\x80\x80-x", b"a\tb"] {
        rows.push(probe("2.1/1", "no ASCII").token(bytes).refused_as("badToken"));
        rows.push(probe("2.1/3", "no ASCII").header("Macaroon", bytes).refused_as("badToken"));
        let authorization = [b"Bearer ", bytes].concat();
        rows.push(probe("2.1/2", "no ASCII").header("Authorization", authorization).refused_as("badToken"));
        rows.push(probe("2.1/5", "no ASCII").header("Authorization", bytes).anonymous());
    }
    for joined in
        [format!("{alice}, {alice}"), format!("{alice},{alice}"), format!("{alice},"), format!(", {alice}")]
    {
        rows.push(probe("2.1/1", "comma").token(&joined).refused_as("badToken"));
        rows.push(probe("2.1/3", "comma").header("Macaroon", &joined).refused_as("badToken"));
        rows.push(
            probe("2.1/2", "comma")
                .header("Authorization", format!("Bearer {joined}"))
                .refused_as("badToken"),
        );
    }
    rows
}

/// A credential that is there twice is refused, the same one as well.
fn duplicates() -> Vec<Row> {
    let alice = access("alice");
    let twice =
        |name: &str, one: &str, other: &str| probe("2.1", "twice").header(name, one).header(name, other);
    vec![
        twice("X-Auth-Token", &alice, &alice).refused_as("badToken"),
        twice("X-Auth-Token", &alice, "").refused_as("badToken"),
        twice("X-Auth-Token", &alice, "x").header("Authorization", good()).refused_as("badToken"),
        twice("Macaroon", &alice, &alice).refused_as("badToken"),
        twice("Macaroon", &alice, "x").user("alice").refused_as("badToken"),
        twice("Macaroon", "x", &alice).header("Authorization", good()).refused_as("badToken"),
        twice("Authorization", &bearer(), &bearer()).refused_as("badToken"),
        twice("Authorization", &bearer(), &good()).refused_as("badToken"),
        twice("Authorization", &good(), &good()).refused_as("badBasicCredentials"),
        twice("Authorization", &good(), &bearer()).refused_as("badBasicCredentials"),
        twice("Authorization", &bearer(), "").user("alice").refused_as("badToken"),
        twice(SERVICE, &alice, &alice).user("alice").refused(bad_service(&plain("badToken"))),
        twice(CONSUMER, &alice, &alice).user("alice").refused(bad_consumer(&plain("badToken"))),
        twice(CONSUMER, "x", "x")
            .header(SERVICE, "x")
            .header(SERVICE, "x")
            .user("alice")
            .refused(bad_service(&plain("badToken"))),
        // Other headers may come as often as they like.
        twice("X-Forwarded-For", "192.0.2.1", "192.0.2.2").user("alice").accepted(),
    ]
}

/// The headers that modify a token are read only when there is one that can be read.
fn modifiers() -> Vec<Row> {
    let mut rows = Vec::new();
    for name in [SERVICE, CONSUMER] {
        for values in [&["x"][..], &[""], &["x", "x"]] {
            let with = |mut row: Row| {
                for value in values {
                    row = row.header(name, value);
                }
                row
            };
            let what = format!("{name} {values:?}");
            rows.push(
                with(probe("2.2", format!("{what}, Basic"))).header("Authorization", good()).accepted(),
            );
            rows.push(with(probe("2.2", format!("{what}, anonymous"))).anonymous());
            rows.push(
                with(probe("2.2", format!("{what}, unreadable token"))).token("x").refused_as("badToken"),
            );
            let wrong = basic("alice.name", "wrong");
            rows.push(
                with(probe("2.2", what)).header("Authorization", wrong).refused_as("badBasicCredentials"),
            );
        }
    }
    rows.push(
        probe("2.2", "an unreadable cookie").header("Cookie", "=").header("Authorization", good()).accepted(),
    );
    rows.push(probe("2.2", "an unreadable cookie").header("Cookie", "=").anonymous());
    rows.push(probe("2.2", "an unreadable cookie").header("Cookie", "=").token("x").refused_as("badToken"));
    rows
}

#[tokio::test]
async fn the_first_credential_that_is_present_decides() {
    run(&World::new().await, &rows()).await;
}
