//! Methods, `Accept`, conditions, bodies and limits: sections 1.5 to 1.9 and what is better here on purpose.

use std::net::Ipv4Addr;

use serde_json::json;
use stubgen_runtime::Options;

use crate::expect::{error, plain, too_large};
use crate::row::{Row, access, delete, list, probe, request, root, run};
use crate::wire::everything;
use crate::world::{World, settings};
use crate::zone::zone;

const USERS: &str = "/api/v3/onezone/users/alice/tokens/named";
const PROVIDERS: &str = "/api/v3/onezone/providers/paris/tokens/named";

pub(crate) fn rows() -> Vec<Row> {
    [methods(), accept(), conditions(), bodies(), challenges(), heads()].concat()
}

fn not_allowed(allow: &str) -> String {
    error("notSupported", None, &format!("This operation is not supported. Use one of the methods {allow}."))
}

fn methods() -> Vec<Row> {
    let mut rows = Vec::new();
    for (target, allow, others) in [
        (USERS, "DELETE, OPTIONS", ["GET", "HEAD", "POST", "PUT", "PATCH"]),
        (PROVIDERS, "GET, HEAD, OPTIONS", ["DELETE", "POST", "PUT", "PATCH", "TRACE"]),
    ] {
        for method in others.into_iter().chain(["PURGE", "delete", "get", "Delete"]) {
            for token in [None, Some("rubbish".to_owned()), Some(access("carol"))] {
                let mut row = request("compat/The other methods on our two paths", method, method, target)
                    .also("1.5")
                    .also("compat/3")
                    .answers("allow", allow);
                if let Some(token) = token {
                    row = row.token(token);
                }
                let body = if method == "HEAD" { String::new() } else { not_allowed(allow) };
                rows.push(row.is(405, body));
            }
        }
        let preflight = request("compat/3", "a preflight", "OPTIONS", target)
            .header("Origin", "https://gui.example.com")
            .header("Access-Control-Request-Method", "DELETE")
            .header("Access-Control-Request-Headers", "x-auth-token, x-onedata-service-token");
        rows.push(
            preflight
                .answers("allow", allow)
                .answers("access-control-allow-methods", allow)
                .answers("access-control-allow-headers", "x-auth-token, x-onedata-service-token")
                .is(204, ""),
        );
        let options = request("compat/3", "OPTIONS of nobody in particular", "OPTIONS", target);
        rows.push(options.clone().answers("allow", allow).is(204, ""));
        rows.push(options.token("rubbish").is(204, ""));
    }
    rows.push(request("compat/3", "HEAD", "HEAD", PROVIDERS).user("erin").is(200, "").only_http1());
    rows.push(
        request("compat/3", "HEAD without the right", "HEAD", PROVIDERS).user("bob").is(403, "").only_http1(),
    );
    rows.push(request("compat/3", "HEAD, bad token", "HEAD", PROVIDERS).token("x").is(401, "").only_http1());
    rows
}

fn accept() -> Vec<Row> {
    let excluded =
        "The response can only be application/json. Allow it in the Accept header, or leave the header out.";
    let excluded = || error("notSupported", None, excluded);
    let mut rows = Vec::new();
    for accepted in [
        "*/*",
        "application/*",
        "application/json",
        "application/json;q=0.1",
        "text/html, application/json",
        "text/html, */*;q=0.1",
        "*; q=.2",
        "application/json; charset=utf-8",
        "application/json;charset=\"utf-8\"",
        "*/*; v=1",
        "APPLICATION/JSON",
        "",
        "foo",
    ] {
        let row =
            list("compat/9", format!("Accept: {accepted}"), "paris").also("1.7").header("Accept", accepted);
        rows.push(row.user("erin").lists(&["legacy-paris", "paris-revoked", "paris-root"]));
    }
    for refused in ["text/html", "text/*", "application/xml", "application/json;q=0", "*/*;q=0"] {
        let what = format!("Accept: {refused}");
        let get = list("compat/9", what.clone(), "paris").also("1.7").header("Accept", refused);
        rows.push(get.clone().user("erin").is(406, excluded()));
        rows.push(get.clone().user("bob").is(406, excluded()));
        rows.push(get.clone().is(406, excluded()));
        rows.push(get.also("1.6").token("x").refused(plain("badToken")));
        // A deletion as well, whose errors are JSON.
        let delete = delete("compat/9", what, "alice").header("Accept", refused);
        rows.push(delete.also("compat/Statuses").user("alice").is(406, excluded()));
    }
    rows
}

fn conditions() -> Vec<Row> {
    let mut rows = Vec::new();
    for header in ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"] {
        for value in ["*", "\"x\"", "W/\"x\"", "x", "", "Tue, 14 Nov 2023 22:13:20 GMT"] {
            let what = format!("{header}: {value}");
            let get = list("compat/11", what.clone(), "prague").also("1.8").header(header, value);
            rows.push(get.token(root("prague")).lists(&["prague-root"]));
            rows.push(delete("compat/11", what, "alice").header(header, value).user("alice").deleted());
        }
    }
    rows
}

/// Nobody looks at what a request has after its head.
fn bodies() -> Vec<Row> {
    let mut rows = Vec::new();
    for content_type in ["application/json", "text/plain", "multipart/form-data", "no type"] {
        for body in ["{}", "{", "null", "{\"id\":\"bob\"}", &"x".repeat(100_000)] {
            let what = format!("a body of {content_type}: {body:.10}");
            let get = list("1.6", what.clone(), "prague").header("Content-Type", content_type).body(body);
            rows.push(get.token(root("prague")).lists(&["prague-root"]));
            let delete = delete("1.6", what, "alice").header("Content-Type", content_type).body(body);
            rows.push(delete.user("alice").deleted());
        }
    }
    rows
}

fn challenges() -> Vec<Row> {
    let mut rows = Vec::new();
    let page = "no-cors";
    for mode in ["cors", "same-origin", page, "websocket", ""] {
        rows.push(probe("compat/5", "a page's own fetch").header("Sec-Fetch-Mode", mode).anonymous());
    }
    for credential in ["", "x"] {
        let probe = probe("compat/5", "bad credentials");
        rows.push(probe.token(credential).answers("content-type", "application/json").refused_as("badToken"));
    }
    rows.push(
        probe("compat/5", "an operation refuses")
            .answers("content-type", "application/json")
            .answers("www-authenticate", "ApiKey header=\"X-Auth-Token\"")
            .anonymous(),
    );
    rows
}

/// Heads that are no head of one request, or too much of one.
fn heads() -> Vec<Row> {
    let too_many = |limit: u32| {
        let description =
            format!("Bad value: the headers of the request cannot be larger than {limit} bytes. Send less.");
        error("badValueTextTooLarge", Some(json!({ "key": "headers", "limit": limit })), &description)
    };
    let mut many = probe("compat/Statuses", "a hundred and one headers").only_http1();
    for number in 0..101 {
        many = many.header(&format!("X-{number}"), "x");
    }
    vec![
        many.is(431, too_many(65_536)),
        probe("compat/Statuses", "a header over the limit")
            .user("alice")
            .header("X-Long", "x".repeat(65_530))
            .is(431, too_many(65_536)),
        probe("compat/Statuses", "a token over the limit")
            .token("x".repeat(65_537))
            .is(431, too_many(65_536)),
        probe("1.9", "a long token that fits").token("x".repeat(60_000)).refused_as("badToken"),
        probe("1.6", "100-continue for a body of which nobody wants anything")
            .only_http1()
            .user("alice")
            .header("Expect", "100-continue")
            .forbidden(),
        probe("1.9", "another host")
            .only_http1()
            .user("alice")
            .header("X-Forwarded-Host", "www.example.com")
            .forbidden(),
        probe("1.9", "another method in a header")
            .user("alice")
            .header("X-HTTP-Method-Override", "DELETE")
            .forbidden(),
    ]
}

#[tokio::test]
async fn methods_accept_conditions_and_bodies_are_what_http_says() {
    run(&World::new().await, &rows()).await;
}

/// Which challenges there are, and which a page's own fetch does not get.
#[tokio::test]
async fn a_page_is_not_asked_for_a_password() {
    let world = World::new().await;
    for (mode, challenges) in [
        ("", "ApiKey header=\"X-Auth-Token\", Bearer, Basic"),
        ("Sec-Fetch-Mode: navigate\r\n", "ApiKey header=\"X-Auth-Token\", Bearer, Basic"),
        ("Sec-Fetch-Mode: cors\r\n", "ApiKey header=\"X-Auth-Token\", Bearer"),
        ("Sec-Fetch-Mode: no-cors\r\n", "ApiKey header=\"X-Auth-Token\", Bearer"),
    ] {
        for token in ["", "X-Auth-Token: x\r\n"] {
            let request =
                format!("GET {PROVIDERS} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{mode}{token}\r\n");
            let answer = everything(world.address, Ipv4Addr::LOCALHOST.into(), request.as_bytes()).await;
            let lines = answer.lines().filter_map(|line| line.strip_prefix("www-authenticate: "));
            let met: Vec<&str> = lines.map(|line| line.split(" realm").next().unwrap()).collect();
            assert_eq!(met.join(", "), challenges, "{mode}{token}");
        }
    }
}

#[tokio::test]
async fn what_no_client_sends_by_accident_is_one_answer_or_none() {
    let world = World::new().await;
    let token = access("alice");
    let head = format!("DELETE {USERS} HTTP/1.1\r\nHost: a\r\n");
    let close = "Connection: close\r\n";
    for (what, request, answers) in [
        ("a folded header", format!("{head}{close}X-Auth-Token: {token}\r\n folded\r\n\r\n"), "400"),
        ("a header name with a blank", format!("{head}{close}X-Auth-Token : {token}\r\n\r\n"), "400"),
        (
            "a bare line feed in a value",
            format!("{head}{close}X-A: b\nX-Auth-Token: {token}\n\r\n\r\n"),
            "204|400",
        ),
        ("NUL in a value", format!("{head}{close}X-Auth-Token: \0{token}\r\n\r\n"), "400"),
        ("a control character in a value", format!("{head}{close}X-Auth-Token: {token}\x0b\r\n\r\n"), "400"),
        ("two lengths", format!("{head}{close}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "400"),
        (
            "a body that looks like a request",
            format!(
                "{head}Content-Length: 40\r\n\r\nDELETE {USERS} HTTP/1.1\r\nX-Auth-Token: {token}\r\n\r\n"
            ),
            "401|401 400",
        ),
        (
            "length and chunks",
            format!(
                "{head}{close}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\nDELETE {USERS} HTTP/1.1\r\n\r\n"
            ),
            "400|401",
        ),
        ("a tunnel", format!("CONNECT onezone.example.com:443 HTTP/1.1\r\nHost: a\r\n{close}\r\n"), "404"),
        ("a tunnel to a path", format!("CONNECT {USERS} HTTP/1.1\r\nHost: a\r\n{close}\r\n"), "405"),
        ("the whole server", format!("OPTIONS * HTTP/1.1\r\nHost: a\r\n{close}\r\n"), "204"),
        ("no path", format!("GET * HTTP/1.1\r\nHost: a\r\n{close}\r\n"), "404"),
        ("an authority", format!("GET onezone.example.com:443 HTTP/1.1\r\nHost: a\r\n{close}\r\n"), "404"),
        (
            "a fragment",
            format!("DELETE {USERS}#x HTTP/1.1\r\nHost: a\r\n{close}X-Auth-Token: {token}\r\n\r\n"),
            "204",
        ),
        (
            "an upgrade that is not offered",
            format!(
                "{head}{close}Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nX-Auth-Token: {token}\r\n\r\n"
            ),
            "204",
        ),
        ("the version before", format!("DELETE {USERS} HTTP/1.0\r\nX-Auth-Token: {token}\r\n\r\n"), "204"),
        (
            "characters that no target has",
            format!("DELETE /api/v3/onezone/users/<>/tokens/named HTTP/1.1\r\nHost: a\r\n{close}\r\n"),
            "400",
        ),
        ("two requests", format!("{head}\r\n{head}{close}X-Auth-Token: {token}\r\n\r\n"), "401 204"),
    ] {
        let answer = everything(world.address, Ipv4Addr::LOCALHOST.into(), request.as_bytes()).await;
        let statuses: Vec<&str> = answer.split("HTTP/1.").skip(1).map(|rest| &rest[2..5]).collect();
        assert!(answers.split('|').any(|expected| expected == statuses.join(" ")), "{what}: {answer}");
        world.restore().await;
    }
}

#[tokio::test]
async fn a_token_over_its_limit_is_told_the_limit() {
    const MIB: usize = 1_048_576;
    for (limit, length) in [(MIB, MIB + 1), (65_536, 65_537), (100, 101)] {
        let mut settings = settings();
        settings.token_limits.max_serialized = limit;
        let options = Options { max_header_bytes: 4 * 1024 * 1024, ..Options::default() };
        let world = World::with(zone(), settings, options).await;
        let (long, fits) = ("x".repeat(length), "x".repeat(limit));
        let bearer = format!("Bearer {long}");
        let label = "compat/10";
        let rows = [
            probe(label, "X-Auth-Token").token(&long).refused(too_large(limit)),
            probe(label, "Bearer").header("Authorization", bearer).refused(too_large(limit)),
            probe(label, "Macaroon").header("Macaroon", &long).refused(too_large(limit)),
            probe(label, "at the limit").token(&fits).refused_as("badToken"),
            probe(label, "with an indication").token(format!("opw-{fits}")).refused(too_large(limit)),
        ];
        run(&world, &rows).await;
    }
}
