//! Where this server is better than Onezone on purpose: each rule that shows in these handlers.

use std::collections::BTreeSet;

use onezone_api::DEFINITION;

use crate::support::{Onezone, access, root, token};

#[tokio::test]
async fn an_authorised_caller_is_told_that_the_subject_does_not_exist() {
    let onezone = Onezone::new().await;
    let carol = access("carol");
    let answer = onezone.send("DELETE", "/users/nobody/tokens/named", &[("x-auth-token", &carol)]).await;
    let body = r#"{"error":{"id":"notFound","description":"The resource could not be found."}}"#;
    assert_eq!((answer.status, answer.body.as_str()), (404, body));
    assert!(onezone.store.audit_trail("usr-nobody").await.unwrap().is_empty());
}

#[tokio::test]
async fn an_id_that_cannot_be_one_is_refused_naming_the_parameter() {
    let onezone = Onezone::new().await;
    let carol = access("carol");
    let (long, long_in_bytes) = ("x".repeat(256), "%C4%85".repeat(128));
    for (id, outcome) in [
        ("%", "400 badValueString"),
        ("%zz", "400 badValueString"),
        ("%ff", "400 badValueString"),
        ("", "400 badValueEmpty"),
        ("%2e%2e", "400 badValueIdentifier"),
        (".", "400 badValueIdentifier"),
        ("a%00b", "400 badValueIdentifier"),
        ("a%0A", "400 badValueIdentifier"),
        ("%C2%85", "400 badValueIdentifier"),
        (&long, "400 badValueTextTooLarge"),
        (&long_in_bytes, "400 badValueTextTooLarge"),
    ] {
        let path = format!("/users/{id}/tokens/named");
        let answer = onezone.send("DELETE", &path, &[("x-auth-token", &carol)]).await;
        assert_eq!(answer.outcome(), outcome, "{id}");
        let details = &answer.error()["details"];
        assert_eq!(details["key"], "id", "{id}");
        if outcome == "400 badValueTextTooLarge" {
            assert_eq!(details["limit"], 255, "{id}");
        }
    }
    for id in ["a%2Fb", "...", "..a", "%C4%85", &"x".repeat(255), &"%C4%85".repeat(127)] {
        assert_eq!(onezone.delete(id, &[("x-auth-token", &carol)]).await, "404 notFound", "{id}");
    }
}

#[tokio::test]
async fn the_published_example_of_a_bad_request_is_what_is_sent() {
    let onezone = Onezone::new().await;
    let answer = onezone.send("DELETE", "/users/%/tokens/named", &[]).await;
    let body = r#"{"error":{"id":"badValueString","details":{"key":"id"},"description":"Bad value: provided \"id\" must be a string."}}"#;
    assert_eq!((answer.status, answer.body.as_str()), (400, body));
}

#[tokio::test]
async fn methods_of_browsers_work_and_others_are_refused_with_those_that_are_served() {
    let onezone = Onezone::new().await;
    let (paris, path) = (root("paris"), "/providers/paris/tokens/named");
    let head = onezone.send("HEAD", path, &[("x-auth-token", &paris)]).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(onezone.send("OPTIONS", path, &[]).await.status, 204);
    for (method, path, allow) in [
        ("POST", path, "GET, HEAD, OPTIONS"),
        ("DELETE", path, "GET, HEAD, OPTIONS"),
        ("GET", "/users/alice/tokens/named", "DELETE, OPTIONS"),
        ("PURGE", "/users/alice/tokens/named", "DELETE, OPTIONS"),
    ] {
        let answer = onezone.send(method, path, &[]).await;
        assert_eq!(answer.outcome(), "405 notSupported", "{method} {path}");
        assert_eq!(answer.headers["allow"], allow, "{method} {path}");
        assert!(answer.error()["description"].as_str().unwrap().contains(allow), "{answer:?}");
    }
}

#[tokio::test]
async fn unknown_paths_have_the_one_error_shape() {
    let onezone = Onezone::new().await;
    let answer = onezone.send("GET", "/nope", &[]).await;
    assert_eq!(answer.outcome(), "404 notFound");
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    assert_eq!(onezone.send("GET", "/nope/%", &[]).await.outcome(), "400 badValueString");
}

#[tokio::test]
async fn every_refusal_of_credentials_is_json_and_says_how_to_authenticate() {
    let onezone = Onezone::new().await;
    let confined = token("2/nmd/usr-alice/act/alice-token", &["api = opw/all/*.*.*:*"]);
    for headers in [&[][..], &[("x-auth-token", "x")], &[("x-auth-token", confined.as_str())]] {
        let answer = onezone.send("GET", "/providers/paris/tokens/named", headers).await;
        assert_eq!(
            (answer.status, &answer.headers["content-type"]),
            (401, &"application/json".parse().unwrap())
        );
        assert_eq!(answer.headers.get_all("www-authenticate").iter().count(), 3);
    }
}

#[tokio::test]
async fn a_deletion_is_answered_without_body_and_content_type() {
    let onezone = Onezone::new().await;
    let path = "/users/alice/tokens/named";
    let answer = onezone.send("DELETE", path, &[("x-auth-token", &access("alice"))]).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert!(!answer.headers.contains_key("content-type"));
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn accept_is_judged_after_credentials_and_before_rights() {
    let onezone = Onezone::new().await;
    let (alice, path) = (access("alice"), "/providers/paris/tokens/named");
    for (accept, headers, outcome) in [
        ("text/html", &[("x-auth-token", "x")][..], "401 badToken"),
        ("text/html", &[], "406 notSupported"),
        ("text/html", &[("x-auth-token", &alice)], "406 notSupported"),
        ("application/json; charset=utf-8", &[("x-auth-token", &alice)], "403 forbidden"),
        ("*/*; v=1", &[], "401 unauthorized"),
    ] {
        let headers = [headers, &[("accept", accept)]].concat();
        assert_eq!(onezone.send("GET", path, &headers).await.outcome(), outcome, "{accept} {headers:?}");
    }
}

#[tokio::test]
async fn conditions_on_what_has_no_validator_are_ignored() {
    let onezone = Onezone::new().await;
    let paris = root("paris");
    for condition in ["if-match", "if-none-match"] {
        for value in ["*", "\"x\"", "x"] {
            let headers = [("x-auth-token", paris.as_str()), (condition, value)];
            assert_eq!(onezone.list("paris", &headers).await, "200", "{condition}: {value}");
        }
    }
}

#[tokio::test]
async fn a_bad_id_is_reported_after_bad_credentials_and_before_missing_ones() {
    let onezone = Onezone::new().await;
    for id in ["a%0A", &"%C4%85".repeat(128)] {
        assert_eq!(onezone.list(id, &[("x-auth-token", "x")]).await, "401 badToken", "{id}");
        assert!(onezone.list(id, &[]).await.starts_with("400 "), "{id}");
    }
}

#[tokio::test]
async fn whatever_an_operation_answers_its_document_lists() {
    let onezone = Onezone::new().await;
    let mut met = BTreeSet::new();
    let (bob, carol) = (access("bob"), access("carol"));
    for (index, method, path) in [(0, "DELETE", "/users/"), (1, "GET", "/providers/")] {
        for id in ["alice", "nobody", "%", &"%C4%85".repeat(128), "a%0A"] {
            for headers in [
                &[][..],
                &[("x-auth-token", "x")],
                &[("x-auth-token", &bob)],
                &[("x-auth-token", &carol)],
                &[("accept", "text/html")],
                &[("x-auth-token", "a"), ("x-auth-token", "b")],
                &[("x-long", &"x".repeat(70_000))],
            ] {
                let answer = onezone.send(method, &format!("{path}{id}/tokens/named"), headers).await;
                assert!(DEFINITION.operations[index].statuses.contains(&answer.status), "{answer:?}");
                met.insert(answer.status);
            }
        }
    }
    assert_eq!(met.into_iter().collect::<Vec<_>>(), [200, 204, 400, 401, 403, 404, 406, 431]);
}
