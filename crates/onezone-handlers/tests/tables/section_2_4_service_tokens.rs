//! The service token of a request: section 2.4, every sentence of it.

use crate::expect::{
    bad_consumer, bad_service, not_an_access_token, not_an_identity_token, plain, service_forbidden, unknown,
    unverified,
};
use crate::mint::{forged, signed, token};
use crate::row::{Row, access, confined, list, probe, root, run};
use crate::world::World;
use crate::zone::TEMPORARY_SECRET;

const SERVICE: &str = "X-Onedata-Service-Token";
const CONSUMER: &str = "X-Onedata-Consumer-Token";

pub(crate) fn rows() -> Vec<Row> {
    [refused(), accepted(), caveats(), order()].concat()
}

fn identity(caveats: &[&str]) -> String {
    token("2/nmd/prv-paris/idn/paris-root", caveats)
}

fn of_paris(caveats: &[&str]) -> String {
    token("2/nmd/prv-paris/act/paris-root", caveats)
}

/// Beside a token that would be good.
fn with(what: &str, service: impl AsRef<[u8]>) -> Row {
    probe("2.4", what).user("erin").header(SERVICE, service)
}

fn refused() -> Vec<Row> {
    let mut rows = Vec::new();
    for (what, service) in [
        ("empty", String::new()),
        ("rubbish", "rubbish".to_owned()),
        ("a password", "Basic YWxpY2U6".to_owned()),
        ("a scheme before it", format!("Bearer {}", identity(&[]))),
        ("an indication of Onezone", format!("ozw-{}", identity(&[]))),
        ("another indication", format!("ozp-{}", identity(&[]))),
        ("two of them in one", format!("{}, {}", identity(&[]), identity(&[]))),
    ] {
        rows.push(with(what, service).refused(bad_service(&plain("badToken"))));
    }
    rows.push(with("no text", b"\xff").refused(bad_service(&plain("badToken"))));
    for kind in ["act:session", "ujg:group:", "ssp:space:ge", "rop:user:"] {
        for subject in ["prv-paris", "usr-erin"] {
            let service = forged(&format!("2/nmd/{subject}/{kind}/nowhere"), &["time < 1"]);
            rows.push(
                with("no identity token, first of all", service)
                    .refused(bad_service(&not_an_identity_token(kind))),
            );
        }
    }
    for (what, service, cause) in [
        (
            "of a user, who is not a Oneprovider",
            token("2/nmd/usr-erin/idn/erin-token", &[]),
            plain("tokenInvalid"),
        ),
        ("access token of a user", access("erin"), not_an_identity_token("act")),
        (
            "access token of a user, forged",
            forged("2/nmd/usr-erin/act/erin-token", &[]),
            plain("tokenInvalid"),
        ),
        ("access token of a user, expired", confined("erin", &["time < 1"]), unverified("time < 1")),
        (
            "access token of a user, revoked",
            token("2/nmd/usr-alice/act/alice-revoked", &[]),
            plain("tokenRevoked"),
        ),
        ("access token of a blocked user", access("mallory"), plain("userBlocked")),
        ("of a blocked user", token("2/nmd/usr-mallory/idn/mallory-token", &[]), plain("userBlocked")),
        ("old token of a user", token("legacy", &[]), not_an_identity_token("act")),
        ("unknown", token("2/nmd/prv-paris/idn/nowhere", &[]), plain("tokenInvalid")),
        ("revoked", token("2/nmd/prv-paris/idn/paris-revoked", &[]), plain("tokenRevoked")),
        (
            "of somebody else's record",
            token("2/nmd/prv-prague/idn/paris-root", &[]),
            plain("tokenSubjectInvalid"),
        ),
        ("of a group", token("2/nmd/grp-staff/idn/paris-root", &[]), plain("tokenSubjectInvalid")),
        ("forged", forged("2/nmd/prv-paris/idn/paris-root", &[]), plain("tokenInvalid")),
        (
            "an earlier generation",
            signed("2/tmp-1/prv-paris/idn/t", &[], TEMPORARY_SECRET),
            plain("tokenRevoked"),
        ),
        (
            "a later generation",
            signed("2/tmp-3/prv-paris/idn/t", &[], TEMPORARY_SECRET),
            plain("tokenInvalid"),
        ),
        (
            "a temporary token of nobody's secret",
            signed("2/tmp-1/prv-bare/idn/t", &[], "x"),
            plain("tokenInvalid"),
        ),
        (
            "temporary, of a user",
            signed("2/tmp-2/usr-alice/idn/t", &[], TEMPORARY_SECRET),
            plain("tokenInvalid"),
        ),
    ] {
        rows.push(with(what, service).refused(bad_service(&cause)));
    }
    // Onezone fails at a secret of a group, and then it is nobody's token that is bad.
    for subject in ["grp-staff", "nobody"] {
        let service = signed(&format!("2/tmp-1/{subject}/idn/t"), &["time < 1"], "x");
        rows.push(with(subject, &service).refused_as("internalServerError"));
        rows.push(
            probe("2.5", subject).user("erin").header(CONSUMER, service).refused_as("internalServerError"),
        );
    }
    rows
}

/// Every kind of token that proves a service, and which service it proves.
fn accepted() -> Vec<Row> {
    let mut rows = Vec::new();
    for (what, service, panel) in [
        ("identity", identity(&[]), false),
        ("worker", format!("opw-{}", identity(&[])), false),
        ("panel", format!("opp-{}", identity(&[])), true),
        ("root token", of_paris(&[]), false),
        ("root token of the panel", format!("opp-{}", of_paris(&[])), true),
        ("old token", token("legacy-paris", &[]), false),
        ("old token of the panel", format!("opp-{}", token("legacy-paris", &[])), true),
        ("temporary", signed("2/tmp-2/prv-paris/idn/t", &[], TEMPORARY_SECRET), false),
        (
            "temporary of the panel",
            format!("opp-{}", signed("2/tmp-2/prv-paris/act/t", &[], TEMPORARY_SECRET)),
            true,
        ),
    ] {
        // Prague has nobody: what is forbidden names the service.
        let row = probe("2.4", what).user("alice").header(SERVICE, service);
        let kind = if panel { "op_panel" } else { "op_worker" };
        rows.push(row.refused(service_forbidden(kind, "paris")));
    }
    rows
}

/// Which caveats a service token may have: those of identity tokens, and of old `authorization = none`.
fn caveats() -> Vec<Row> {
    let mut rows = Vec::new();
    let good = service_forbidden("op_worker", "paris");
    for caveat in [
        "time < 1700000001",
        "ip = 127.0.1.1",
        "asn = 64496",
        "geo.country = PL",
        "geo.region = EU",
        "interface = rest",
    ] {
        for service in [identity(&[caveat]), of_paris(&[caveat])] {
            let row = probe("2.4", caveat).from("127.0.1.1").user("alice").header(SERVICE, service);
            rows.push(row.refused(good.clone()));
        }
    }
    for caveat in [
        "time < 1700000000",
        "ip = 127.0.0.2/32",
        "asn = 64497",
        "geo.country != PL",
        "geo.region != EU",
        "interface = oneclient",
        // There is no consumer of a service token.
        "consumer = prv-paris|usr-*",
        "service = ozw-onezone",
        "service = opw-paris",
        "api = all/all/*.*.*:*",
        "data.readonly",
        "data.objectid = x",
    ] {
        for service in [identity(&[caveat]), of_paris(&[caveat])] {
            rows.push(with(caveat, service).from("127.0.1.1").refused(bad_service(&unverified(caveat))));
        }
    }
    let none = "authorization = none";
    rows.push(
        probe("2.4", "access token with authorization = none")
            .user("alice")
            .header(SERVICE, of_paris(&[none]))
            .refused(good),
    );
    rows.push(
        with("identity token with authorization = none", identity(&[none]))
            .refused(bad_service(&unverified(none))),
    );
    rows.push(with("an unknown caveat", token_with_unknown()).refused(bad_service(&unknown("x = y"))));
    // A consumer token beside it is not the consumer of the service token.
    let consumer = token("2/nmd/usr-carol/idn/carol-token", &[]);
    let service = identity(&["consumer = usr-carol"]);
    rows.push(
        with("a consumer beside it", service)
            .header(CONSUMER, consumer)
            .refused(bad_service(&unverified("consumer = usr-carol"))),
    );
    rows
}

fn token_with_unknown() -> String {
    identity(&["x = y"])
}

/// The errors of the service token come first, then those of the consumer token, then those of the token itself.
fn order() -> Vec<Row> {
    let wrong_type = forged("2/nmd/usr-alice/idn/alice-token", &["time < 1"]);
    let (service, consumer) = (bad_service(&plain("badToken")), bad_consumer(&plain("badToken")));
    let row = |what: &str| probe("2.4", what).also("2.2").token(&wrong_type);
    vec![
        row("both").header(CONSUMER, "x").header(SERVICE, "x").refused(service.clone()),
        row("service").header(SERVICE, "x").refused(service),
        row("consumer").header(CONSUMER, "x").refused(consumer.clone()),
        row("neither").refused(not_an_access_token("idn")),
        row("a good service").header(SERVICE, identity(&[])).header(CONSUMER, "x").refused(consumer),
        row("both good")
            .header(SERVICE, identity(&[]))
            .header(CONSUMER, identity(&[]))
            .refused(not_an_access_token("idn")),
        // A service may be proved, needed or not, and then must be allowed: table 5.3.
        list("2.2", "proved, and not needed", "paris")
            .user("erin")
            .header(SERVICE, format!("opp-{}", root("paris")))
            .lists(&["legacy-paris", "paris-revoked", "paris-root"]),
    ]
}

#[tokio::test]
async fn a_service_token_proves_a_service_of_a_oneprovider() {
    run(&World::new().await, &rows()).await;
}
