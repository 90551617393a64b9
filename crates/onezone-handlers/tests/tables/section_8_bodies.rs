//! Bodies byte for byte: sections 2.9, 8.1 and 8.4, with the keys in the order of the published examples.

use crate::mint::token;
use crate::row::{Row, confined, list, probe, run};
use crate::section_2_7_basic::basic;
use crate::world::World;

fn refused(cause: &str) -> String {
    format!(
        r#"{{"error":{{"id":"unauthorized","details":{{"authError":{cause}}},"description":"Provided authentication is not valid (see details)."}}}}"#
    )
}

pub(crate) fn rows() -> Vec<Row> {
    let probe = |what: &str| probe("8.4", what).also("compat/7").answers("content-type", "application/json");
    vec![
        probe("anonymous").also("2.9").is(
            401,
            r#"{"error":{"id":"unauthorized","description":"You must authenticate yourself to perform this operation."}}"#,
        ),
        probe("garbage").also("2.9").also("compat/Identity providers").token("egi:ya29.x").is(
            401,
            refused(r#"{"id":"badToken","description":"Provided token could not be understood by the server."}"#),
        ),
        probe("wrong type").token(token("2/nmd/usr-alice/idn/alice-token", &[])).is(
            401,
            refused(
                r#"{"id":"notAnAccessToken","details":{"received":{"identityToken":{}}},"description":"Expected an access token, but received a(n) identity token."}"#,
            ),
        ),
        probe("expired").token(confined("alice", &["time < 1571147494"])).is(
            401,
            refused(
                r#"{"id":"tokenCaveatUnverified","details":{"caveat":{"type":"time","validUntil":1571147494}},"description":"Provided token is not valid - unverified time caveat: this token has expired at '2019-10-15T13:51:34Z'."}"#,
            ),
        ),
        probe("a service token").user("alice").header("X-Onedata-Service-Token", "x").is(
            401,
            refused(
                r#"{"id":"badServiceToken","details":{"tokenError":{"id":"badToken","description":"Provided token could not be understood by the server."}},"description":"Provided service token is not valid (see details)."}"#,
            ),
        ),
        probe("blocked").also("2.9").user("mallory").is(
            401,
            refused(
                r#"{"id":"userBlocked","description":"This user account has been blocked by the administrator and cannot be used unless it is unblocked again."}"#,
            ),
        ),
        probe("a wrong password").header("Authorization", basic("alice.name", "x")).is(
            401,
            refused(r#"{"id":"badBasicCredentials","description":"Invalid username or password."}"#),
        ),
        probe("forbidden").user("alice").is(
            403,
            r#"{"error":{"id":"forbidden","description":"You are not authorized to perform this operation."}}"#,
        ),
        list("8.4", "nobody there", "nowhere").also("compat/1").user("carol").is(
            404,
            r#"{"error":{"id":"notFound","description":"The resource could not be found."}}"#,
        ),
        // Only what has to be escaped is.
        probe("text that is escaped").token(confined("alice", &["\u{105} / \" \\ \u{1f}\t\n\u{7f}"])).is(
            401,
            refused(
                "{\"id\":\"tokenCaveatUnknown\",\"details\":{\"caveat\":\"\u{105} / \\\" \\\\ \\u001f\\t\\n\u{7f}\"},\"description\":\"Unknown caveat - '\u{105} / \\\" \\\\ \\u001f\\t\\n\u{7f}'.\"}",
            ),
        ),
    ]
}

#[tokio::test]
async fn bodies_are_those_of_the_catalogue_byte_for_byte() {
    run(&World::new().await, &rows()).await;
}
