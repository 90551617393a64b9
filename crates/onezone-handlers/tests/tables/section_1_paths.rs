//! Paths: sections 1.3 and 1.4, as far as they are kept, and what stands for a bare 400 or an empty 404 here.

use serde_json::json;

use crate::expect::{self, error, plain};
use crate::row::{Row, access, delete, list, request, run};
use crate::world::World;

const BASE: &str = "/api/v3/onezone";

fn bad(id: &str, key: &str) -> String {
    let description = match id {
        "badValueString" => format!("Bad value: provided \"{key}\" must be a string."),
        "badValueEmpty" => format!("Bad value: provided \"{key}\" must not be empty."),
        _ => format!("Bad value: provided \"{key}\" is not a valid identifier."),
    };
    error(id, Some(json!({ "key": key })), &description)
}

fn too_long() -> String {
    let description = "Bad value: the text provided in \"id\" cannot be larger than 255 characters.";
    error("badValueTextTooLarge", Some(json!({ "key": "id", "limit": 255 })), description)
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = ids();
    rows.extend(spellings());
    rows.extend(unknown_paths());
    rows
}

/// What stands where an id is expected, asked for by somebody who may know.
fn ids() -> Vec<Row> {
    let mut rows = Vec::new();
    let (long, long_in_bytes) = ("x".repeat(256), "%C4%85".repeat(128));
    for (id, body) in [
        ("%", bad("badValueString", "id")),
        ("%2", bad("badValueString", "id")),
        ("%zz", bad("badValueString", "id")),
        ("a%zzb", bad("badValueString", "id")),
        ("%ff", bad("badValueString", "id")),
        ("%c3%28", bad("badValueString", "id")),
        ("%ed%a0%80", bad("badValueString", "id")),
        ("%c0%af", bad("badValueString", "id")),
        ("", bad("badValueEmpty", "id")),
        ("%2e", bad("badValueIdentifier", "id")),
        ("%2e%2e", bad("badValueIdentifier", "id")),
        ("%2E.", bad("badValueIdentifier", "id")),
        ("..", bad("badValueIdentifier", "id")),
        (".", bad("badValueIdentifier", "id")),
        ("%00", bad("badValueIdentifier", "id")),
        ("alice%00", bad("badValueIdentifier", "id")),
        ("alice%0A", bad("badValueIdentifier", "id")),
        ("alice%0d%0aX-Auth-Token:%20x", bad("badValueIdentifier", "id")),
        ("%7f", bad("badValueIdentifier", "id")),
        ("%C2%85", bad("badValueIdentifier", "id")),
        (long.as_str(), too_long()),
        (long_in_bytes.as_str(), too_long()),
    ] {
        let what = format!("the id {id:.20}");
        rows.push(delete("compat/2", what.clone(), id).also("1.3").user("carol").is(400, body.clone()));
        rows.push(list("compat/2", what, id).also("1.3").user("carol").is(400, body));
    }
    let (longest, longest_in_bytes) = ("x".repeat(255), "%C4%85".repeat(127));
    for id in [
        "a%2Fb",
        "%2F",
        "..%2Fparis",
        "...",
        "..a",
        "a..",
        ".a",
        "%20",
        "+",
        "%C4%85",
        "alice;jsessionid=1",
        "alice,bob",
        "*",
        "null",
        "self",
        "%25",
        "ALICE",
        "alice%20",
        "usr-alice",
        &longest,
        &longest_in_bytes,
    ] {
        let what = format!("the id {id:.20}, which nobody has");
        rows.push(delete("1.3", what.clone(), id).user("carol").not_found());
        rows.push(delete("1.3", what, id).user("bob").forbidden());
    }
    rows
}

/// Spellings of a path that is there.
fn spellings() -> Vec<Row> {
    let to = |what: &str, path: &str| request("1.3", what, "DELETE", &format!("{BASE}{path}")).user("alice");
    vec![
        to("as documented", "/users/alice/tokens/named").deleted(),
        to("a trailing slash", "/users/alice/tokens/named/").deleted(),
        to("a query", "/users/alice/tokens/named?id=bob&x-auth-token=x").deleted(),
        to("an empty query", "/users/alice/tokens/named?").deleted(),
        to("an encoded letter of the id", "/users/%61lic%65/tokens/named").deleted(),
        to("an encoded letter of a fixed segment", "/%75sers/alice/tokens/named").deleted(),
        request(
            "1.3",
            "an absolute target",
            "DELETE",
            &format!("http://elsewhere.example{BASE}/users/alice/tokens/named"),
        )
        .only_http1()
        .user("alice")
        .deleted(),
        // The query is no place for credentials.
        request(
            "1.3",
            "a token in the query",
            "GET",
            &format!("{BASE}/providers/paris/tokens/named?token={}", access("erin")),
        )
        .anonymous(),
    ]
}

/// Paths of no operation, in the one shape of errors.
fn unknown_paths() -> Vec<Row> {
    let to = |method: &str, path: &str| {
        request("compat/4", format!("{method} {path}"), method, path).user("carol")
    };
    let mut rows = Vec::new();
    for path in [
        "/",
        "/index.html",
        "/api",
        "/api/v3/onezone",
        "/api/v3/onezone/",
        "/api/v3/onezone/nope",
        "/api/v3/onezone/users/alice/tokens",
        "/api/v3/onezone/users/alice/tokens/named/extra",
        "/api/v3/onezone/users/alice/tokens/named//",
        "/api/v3/onezone/Users/alice/tokens/named",
        "/API/v3/onezone/users/alice/tokens/named",
        "/api/v3/onezone//users/alice/tokens/named",
        "//api/v3/onezone/users/alice/tokens/named",
        "/api/v2/onezone/users/alice/tokens/named",
        "/api/v3/onezone/users/alice%2Ftokens%2Fnamed",
        "/api/v3/onezone/users/a/b/tokens/named",
        "/api/v3/onezone/users/alice/tokens/named;x",
        "/api/v3/onezone/users/alice/tokens/temporary",
    ] {
        rows.push(to("DELETE", path).is(404, expect::not_found()));
        rows.push(to("GET", path).is(404, expect::not_found()));
    }
    rows.push(to("DELETE", "/api/v3/onezone/nope/%").is(400, bad("badValueString", "path")));
    rows.push(to("GET", "/api/v3/onezone/nope/%ff").is(400, bad("badValueString", "path")));
    rows.push(to("GET", "/api/v3/onezone/providers/../users/x").is(400, bad("badValueIdentifier", "path")));
    rows.push(to("GET", "/api/v3/onezone/%2e%2e/x").is(400, bad("badValueIdentifier", "path")));
    // Nobody is asked for credentials where there is nothing.
    let nowhere = "/api/v3/onezone/nope";
    rows.push(request("compat/4", "without credentials", "GET", nowhere).is(404, expect::not_found()));
    rows.push(request("compat/4", "with bad ones", "GET", nowhere).token("x").is(404, expect::not_found()));
    rows.push(request("compat/2", "a path over the limit", "GET", &format!("/{}", "x".repeat(9000))).is(
        414,
        error(
            "badValueTextTooLarge",
            Some(json!({ "key": "path", "limit": 8192 })),
            "Bad value: the path of the request cannot be larger than 8192 bytes. Send less.",
        ),
    ));
    // A path that cannot be read is refused before credentials are; one that can, and names no id, after them.
    rows.push(delete("compat/2", "unreadable, anonymous", "%").is(400, bad("badValueString", "id")));
    rows.push(
        delete("compat/2", "unreadable, bad token", "%").token("x").is(400, bad("badValueString", "id")),
    );
    rows.push(delete("compat/2", "no id, anonymous", "%0A").is(400, bad("badValueIdentifier", "id")));
    rows.push(delete("compat/2", "no id, bad token", "%0A").token("x").refused(plain("badToken")));
    rows.push(
        delete("compat/2", "no id, no right", "%0A").user("bob").is(400, bad("badValueIdentifier", "id")),
    );
    rows
}

#[tokio::test]
async fn a_path_is_an_operation_with_an_id_or_an_error_in_the_one_shape() {
    run(&World::new().await, &rows()).await;
}
