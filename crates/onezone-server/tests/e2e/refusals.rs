//! Every kind of refusal: status, error id and headers, as each client shows them.

use onezone_client::{Client, Credentials, Error};
use serde_json::{Value, json};

use crate::curl::{Reply, curl};
use crate::fixture::{ALICE, BOB, CAROL, DORA};
use crate::processes::{Home, Server, rest_cli};

fn start() -> (Home, Server) {
    let home = Home::with_zone();
    let server = home.serve();
    (home, server)
}

/// 189 characters, which the document allows, and 378 bytes, which no id has.
const TOO_LONG: &str = "óóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóóó";

/// `DELETE /users/{id}/tokens/named`, with the id as it stands.
fn delete(server: &Server, id: &str, arguments: &[&str]) -> Reply {
    let url = format!("{}/users/{id}/tokens/named", server.base());
    curl(&[arguments, &["-X", "DELETE", &url]].concat())
}

/// `GET /providers/{id}/tokens/named`, with the id as it stands.
fn list(server: &Server, id: &str, arguments: &[&str]) -> Reply {
    let url = format!("{}/providers/{id}/tokens/named", server.base());
    curl(&[arguments, &[&url]].concat())
}

#[test]
fn without_credentials_both_operations_are_401_without_details() {
    let (_home, server) = start();
    for reply in [delete(&server, "alice", &[]), list(&server, "krakow", &[]), delete(&server, "nobody", &[])]
    {
        assert_eq!(reply.expect_error(401, "unauthorized").get("details"), None);
    }
    server.stop();
}

#[test]
fn refused_credentials_are_401_with_the_reason() {
    let (home, server) = start();
    let token = |id: &str| format!("X-Auth-Token: {}", home.token(id));
    let valid = home.token("alice-token");
    let tampered = {
        let last = if valid.ends_with('A') { 'B' } else { 'A' };
        format!("X-Auth-Token: {}{last}", &valid[..valid.len() - 1])
    };
    let headers = [
        ("X-Auth-Token: garbage".to_owned(), "badToken"),
        ("X-Auth-Token;".to_owned(), "badToken"),
        ("Authorization: Bearer garbage".to_owned(), "badToken"),
        ("Authorization: Basic !!!".to_owned(), "badBasicCredentials"),
        (tampered, "badToken"),
        (token("alice-revoked"), "tokenRevoked"),
        (token("alice-expired"), "tokenCaveatUnverified"),
        (token("alice-reads"), "tokenCaveatUnverified"),
        (token("alice-invites"), "notAnAccessToken"),
        (token("dora-token"), "userBlocked"),
    ];
    let mut rows: Vec<([&str; 2], &str)> =
        headers.iter().map(|(header, reason)| (["-H", header.as_str()], *reason)).collect();
    rows.push((["-u", "alice-login:wrong password"], "badBasicCredentials"));
    rows.push((["-u", "nobody-at-all:alice's password"], "badBasicCredentials"));
    rows.push((["-u", "erin-login:erin's password"], "basicAuthDisabled"));
    rows.push((["-u", DORA], "userBlocked"));
    for (credentials, reason) in rows {
        let error = delete(&server, "alice", &credentials).expect_error(401, "unauthorized");
        assert_eq!(error["details"]["authError"]["id"], reason, "{credentials:?}: {error}");
        assert!(error["details"]["authError"]["description"].is_string(), "{error}");
    }
    // The first one that is there decides, even when it is bad and the other one good.
    let bad = delete(&server, "alice", &["-H", "X-Auth-Token: garbage", "-u", ALICE]);
    assert_eq!(bad.expect_error(401, "unauthorized")["details"]["authError"]["id"], "badToken");
    let twice = format!("X-Auth-Token: {valid}");
    delete(&server, "alice", &["-H", &twice, "-H", &twice]).expect_error(401, "unauthorized");
    assert_eq!(home.tokens_of("usr-alice").len(), 6, "something was deleted");
    // What a token is confined to, it may do.
    list(&server, "krakow", &["-H", &token("alice-reads")]).expect(200);
    server.stop();
}

#[test]
fn a_caller_without_the_right_gets_403_whether_the_subject_exists_or_not() {
    let (home, server) = start();
    let bodies: Vec<Value> = [
        delete(&server, "alice", &["-u", BOB]),
        delete(&server, "nobody", &["-u", BOB]),
        list(&server, "krakow", &["-u", BOB]),
        list(&server, "nowhere", &["-u", BOB]),
        list(&server, "empty", &["-u", ALICE]),
    ]
    .into_iter()
    .map(|reply| reply.expect_error(403, "forbidden"))
    .collect();
    assert!(bodies.iter().all(|body| body == &bodies[0]), "{bodies:?}");
    assert_eq!(home.tokens_of("usr-alice").len(), 6);
    server.stop();
}

#[test]
fn who_may_ask_is_told_that_there_is_nobody_of_that_id() {
    let (_home, server) = start();
    for id in ["nobody", "..%2Falice", "alice%20", "ALICE", "%E2%82%AC", "...", "a:b", "'%22;--"] {
        delete(&server, id, &["-u", CAROL]).expect_error(404, "notFound");
        list(&server, id, &["-u", CAROL]).expect_error(404, "notFound");
    }
    // Ids of users and of providers are two worlds.
    delete(&server, "krakow", &["-u", CAROL]).expect_error(404, "notFound");
    list(&server, "alice", &["-u", CAROL]).expect_error(404, "notFound");
    server.stop();
}

#[test]
fn an_id_that_cannot_be_one_is_400_with_its_key() {
    let (_home, server) = start();
    let rows = [
        ("%ff", "badValueString"),
        ("%zz", "badValueString"),
        ("%", "badValueString"),
        ("%C3", "badValueString"),
        ("", "badValueEmpty"),
        (&"a".repeat(256), "badValueTextTooLarge"),
        // 255 characters are not 255 bytes.
        (&"%C3%B3".repeat(255), "badValueTextTooLarge"),
        ("a%00b", "badValueIdentifier"),
        ("a%07", "badValueIdentifier"),
        ("%7F", "badValueIdentifier"),
        ("..", "badValueIdentifier"),
        (".", "badValueIdentifier"),
        ("%2e%2E", "badValueIdentifier"),
    ];
    for (id, expected) in rows {
        for reply in [delete(&server, id, &["-u", CAROL]), list(&server, id, &["-u", CAROL])] {
            assert_eq!(reply.expect_error(400, expected)["details"]["key"], "id", "{id}");
        }
    }
    delete(&server, &"a".repeat(255), &["-u", CAROL]).expect_error(404, "notFound");
    server.stop();
}

#[test]
fn methods_that_a_path_does_not_have_are_405_with_those_that_it_has() {
    let (_home, server) = start();
    let user = format!("{}/users/alice/tokens/named", server.base());
    let provider = format!("{}/providers/krakow/tokens/named", server.base());
    for (url, methods, allow) in [
        (&user, ["GET", "POST", "PUT", "PATCH", "BREW", "HEAD"], "DELETE, OPTIONS"),
        (&provider, ["DELETE", "POST", "PUT", "PATCH", "TRACE", "get"], "GET, HEAD, OPTIONS"),
    ] {
        for method in methods {
            let head = if method == "HEAD" { "-I" } else { "-s" };
            let reply = curl(&["-u", CAROL, "-X", method, head, url]);
            assert_eq!(reply.header("allow"), allow, "{method}");
            if method == "HEAD" {
                assert_eq!(reply.expect(405).body, "");
            } else {
                reply.expect_error(405, "notSupported");
            }
        }
    }
    server.stop();
}

#[test]
fn what_is_no_operation_is_404_in_the_same_shape() {
    let (_home, server) = start();
    for path in [
        "/",
        "/favicon.ico",
        "/api/v3/onezone",
        "/api/v3/onezone/",
        "/api/v3/onezone/users/alice",
        "/api/v3/onezone/users/alice/tokens/named/more",
        "/api/v3/oneprovider/users/alice/tokens/named",
        "/API/v3/onezone/users/alice/tokens/named",
    ] {
        curl(&[&format!("{}{path}", server.origin)]).expect_error(404, "notFound");
    }
    server.stop();
}

#[test]
fn an_accept_header_that_excludes_json_is_406_after_401_and_before_403() {
    let (_home, server) = start();
    for accept in ["Accept: text/html", "Accept: application/json;q=0", "Accept: application/xml, text/*"] {
        list(&server, "krakow", &["-u", ALICE, "-H", accept]).expect_error(406, "notSupported");
        list(&server, "krakow", &["-u", BOB, "-H", accept]).expect_error(406, "notSupported");
        let refused = list(&server, "krakow", &["-u", "bob-login:wrong password", "-H", accept]);
        refused.expect_error(401, "unauthorized");
    }
    for accept in
        ["Accept: application/json; charset=utf-8", "Accept: */*", "Accept: application/*", "Accept;"]
    {
        list(&server, "krakow", &["-u", ALICE, "-H", accept]).expect(200);
    }
    server.stop();
}

#[test]
fn head_is_answered_like_get_without_the_body() {
    let (_home, server) = start();
    let full = list(&server, "krakow", &["-u", ALICE]).expect(200);
    let head = list(&server, "krakow", &["-u", ALICE, "-I"]).expect(200);
    assert_eq!((head.body.as_str(), head.header("content-length")), ("", full.header("content-length")));
    assert_eq!(list(&server, "krakow", &["-I"]).expect(401).body, "");
    server.stop();
}

#[test]
fn a_browser_may_ask_before_it_sends_credentials() {
    let (_home, server) = start();
    let preflight = |method: &str, path: &str| {
        let wanted = format!("Access-Control-Request-Method: {method}");
        let origin = "Origin: https://app.example.com";
        let headers = "Access-Control-Request-Headers: x-auth-token, authorization";
        let url = format!("{}{path}", server.base());
        curl(&["-X", "OPTIONS", "-H", origin, "-H", &wanted, "-H", headers, &url]).expect(204)
    };
    let reply = preflight("DELETE", "/users/alice/tokens/named");
    assert_eq!(reply.header("allow"), "DELETE, OPTIONS");
    assert!(reply.header("access-control-allow-methods").contains("DELETE"));
    let headers = reply.header("access-control-allow-headers").to_ascii_lowercase();
    assert!(headers.contains("x-auth-token") && headers.contains("authorization"), "{headers}");
    let reply = preflight("GET", "/providers/krakow/tokens/named");
    assert!(reply.header("access-control-allow-methods").contains("GET"));
    // A page's own request gets no challenge that makes the browser open a window.
    let url = format!("{}/providers/krakow/tokens/named", server.base());
    let refused = curl(&["-H", "Sec-Fetch-Mode: cors", &url]).expect(401);
    assert!(refused.all("www-authenticate").iter().all(|challenge| !challenge.starts_with("Basic")));
    server.stop();
}

#[tokio::test]
async fn the_client_crate_gives_the_error_as_the_server_said_it() {
    let (home, server) = start();
    let anonymous = Client::builder(server.origin.as_str()).build().unwrap();
    let revoked = home.token("alice-revoked");
    for (credentials, id, status, error_id) in [
        (Credentials::None, "alice", 401, "unauthorized"),
        (Credentials::x_auth_token(revoked), "alice", 401, "unauthorized"),
        (Credentials::basic("bob-login", "bob's password"), "alice", 403, "forbidden"),
        (Credentials::basic("carol-login", "carol's password"), "nobody", 404, "notFound"),
        (Credentials::basic("carol-login", "carol's password"), TOO_LONG, 400, "badValueTextTooLarge"),
    ] {
        let client = anonymous.with_credentials(credentials);
        let sent = client.delete_named_tokens_of_user().id(id).send().await;
        let Error::Api(error) = Error::from(sent.unwrap_err()) else { panic!("{id}: no error of the API") };
        assert_eq!((error.status.as_u16(), error.error.id.as_str()), (status, error_id));
        assert!(error.request_id.is_some());
    }
    server.stop();
}

#[test]
fn the_command_line_tells_the_error_and_exits_with_1() {
    let (_home, server) = start();
    for (login, id, expected) in [
        (BOB, "id=alice", "error: server answered 403, forbidden: "),
        (CAROL, "id=nobody", "error: server answered 404, notFound: "),
        ("bob-login:wrong password", "id=bob", "error: server answered 401, unauthorized"),
    ] {
        let output = rest_cli(
            &["deleteNamedTokensOfUser", id],
            &[("ONEZONE_HOST", &server.origin), ("ONEZONE_BASIC_AUTH", login)],
        );
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{told}");
        assert!(told.starts_with(expected), "{told}");
    }
    server.stop();
}

#[test]
fn the_size_of_an_id_is_told_with_its_limit() {
    let (_home, server) = start();
    let error = delete(&server, &"x".repeat(300), &["-u", CAROL]).expect_error(400, "badValueTextTooLarge");
    assert_eq!(error["details"], json!({ "key": "id", "limit": 255 }));
    server.stop();
}
