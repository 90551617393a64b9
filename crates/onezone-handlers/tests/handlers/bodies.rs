//! Bodies byte for byte.

use crate::support::{Onezone, access, basic, named, settings, token, zone};

const LIST: &str = "/providers/nowhere/tokens/named";

fn refused(cause: &str) -> String {
    format!(
        r#"{{"error":{{"id":"unauthorized","details":{{"authError":{cause}}},"description":"Provided authentication is not valid (see details)."}}}}"#
    )
}

#[tokio::test]
async fn errors_look_as_in_the_catalogue_with_id_details_description_in_this_order() {
    let onezone = Onezone::new().await;
    let expired = token("2/nmd/usr-alice/act/alice-token", &["time < 1571147494"]);
    let identity = token("2/nmd/usr-alice/idn/alice-token", &[]);
    let (alice, wrong) = (access("alice"), basic("alice.name", "wrong"));
    let rows: &[(&[(&str, &str)], String)] = &[
        (
            &[],
            r#"{"error":{"id":"unauthorized","description":"You must authenticate yourself to perform this operation."}}"#.to_owned(),
        ),
        (
            &[("x-auth-token", "x")],
            refused(r#"{"id":"badToken","description":"Provided token could not be understood by the server."}"#),
        ),
        (
            &[("x-auth-token", &identity)],
            refused(
                r#"{"id":"notAnAccessToken","details":{"received":{"identityToken":{}}},"description":"Expected an access token, but received a(n) identity token."}"#,
            ),
        ),
        (
            &[("x-auth-token", &expired)],
            refused(
                r#"{"id":"tokenCaveatUnverified","details":{"caveat":{"type":"time","validUntil":1571147494}},"description":"Provided token is not valid - unverified time caveat: this token has expired at '2019-10-15T13:51:34Z'."}"#,
            ),
        ),
        (
            &[("x-auth-token", &alice), ("x-onedata-service-token", "x")],
            refused(
                r#"{"id":"badServiceToken","details":{"tokenError":{"id":"badToken","description":"Provided token could not be understood by the server."}},"description":"Provided service token is not valid (see details)."}"#,
            ),
        ),
        (
            &[("authorization", &wrong)],
            refused(r#"{"id":"badBasicCredentials","description":"Invalid username or password."}"#),
        ),
        (
            &[("x-auth-token", &alice)],
            r#"{"error":{"id":"forbidden","description":"You are not authorized to perform this operation."}}"#.to_owned(),
        ),
    ];
    for (headers, body) in rows {
        let answer = onezone.send("GET", LIST, headers).await;
        assert_eq!(answer.body, *body);
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
    }
}

#[tokio::test]
async fn an_empty_list_is_a_list() {
    let mut zone = zone();
    zone.tokens.retain(|token| token.subject.to_string() != "prv-prague");
    zone.tokens.push(named("usr-alice", "another"));
    let onezone = Onezone::over(zone, settings()).await;
    let path = "/providers/prague/tokens/named";
    let answer = onezone.send("GET", path, &[("x-auth-token", &access("carol"))]).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"tokens":[]}"#));
}
