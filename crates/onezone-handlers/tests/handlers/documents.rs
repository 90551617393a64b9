//! The document against the answers: no status that it does not list.

use std::collections::BTreeSet;

use onezone_api::DEFINITION;

use crate::support::{Onezone, access};

#[tokio::test]
async fn whatever_an_operation_answers_its_document_lists() {
    let onezone = Onezone::new().await;
    let mut met = BTreeSet::new();
    let (bob, carol) = (access("bob"), access("carol"));
    for (index, method, path) in [(0, "DELETE", "/users/"), (1, "GET", "/providers/")] {
        for id in ["alice", "paris", "nobody", "%", &"%C4%85".repeat(128), "a%0A"] {
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
