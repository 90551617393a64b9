//! The tokens beside the token: service tokens and consumer tokens.

use crate::support::{Onezone, PASSWORD, access, basic, forged, root, token};

const SERVICE: &str = "x-onedata-service-token";
const CONSUMER: &str = "x-onedata-consumer-token";

/// Everybody's identity token.
fn identity(subject: &str, id: &str) -> String {
    token(&format!("2/nmd/{subject}/idn/{id}"), &[])
}

#[tokio::test]
async fn a_service_token_must_prove_a_oneprovider() {
    let onezone = Onezone::new().await;
    let erin = access("erin");
    for (service, outcome) in [
        (String::new(), "401 badServiceToken{badToken}"),
        ("rubbish".to_owned(), "401 badServiceToken{badToken}"),
        (access("alice"), "401 badServiceToken{notAnIdentityToken}"),
        (forged("2/nmd/usr-alice/act/alice-token", &[]), "401 badServiceToken{tokenInvalid}"),
        (token("2/nmd/prv-paris/act:s/paris-root", &[]), "401 badServiceToken{notAnIdentityToken}"),
        (token("2/nmd/prv-paris/ujg:g:/paris-root", &[]), "401 badServiceToken{notAnIdentityToken}"),
        (identity("usr-alice", "alice-token"), "401 badServiceToken{tokenInvalid}"),
        (identity("usr-mallory", "mallory-token"), "401 badServiceToken{userBlocked}"),
        (identity("prv-paris", "nowhere"), "401 badServiceToken{tokenInvalid}"),
        (identity("prv-prague", "paris-root"), "401 badServiceToken{tokenSubjectInvalid}"),
        (
            token("2/nmd/prv-paris/idn/paris-root", &["time < 1"]),
            "401 badServiceToken{tokenCaveatUnverified}",
        ),
        // Genuine, and refused in the next step: erin has no space at all.
        (identity("prv-paris", "paris-root"), "401 tokenServiceForbidden"),
        (root("paris"), "401 tokenServiceForbidden"),
        (format!("opp-{}", root("prague")), "401 tokenServiceForbidden"),
        // The panel of the cluster that erin belongs to.
        (format!("opp-{}", identity("prv-paris", "paris-root")), "200"),
    ] {
        let headers = [("x-auth-token", erin.as_str()), (SERVICE, &service)];
        assert_eq!(onezone.list("paris", &headers).await, outcome, "{service}");
    }
}

#[tokio::test]
async fn which_services_may_use_whose_tokens() {
    let onezone = Onezone::new().await;
    let paris = identity("prv-paris", "paris-root");
    let (worker, panel) = (format!("opw-{paris}"), format!("opp-{paris}"));
    let prague = identity("prv-prague", "prague-root");
    let namesake = identity("prv-alice", "alice-root");
    for (token, service, outcome) in [
        (access("erin"), None, "200"),
        (root("paris"), None, "200"),
        // The worker: of whoever has a space that the provider supports, directly or through groups.
        (access("alice"), Some(&worker), "403 forbidden"),
        (access("alice"), Some(&paris), "403 forbidden"), // no indication means the worker
        (access("dora"), Some(&worker), "200"),
        (access("bob"), Some(&worker), "401 tokenServiceForbidden"), // has a space elsewhere
        (access("gwen"), Some(&worker), "401 tokenServiceForbidden"), // whose space nobody supports
        (access("carol"), Some(&worker), "401 tokenServiceForbidden"), // may do everything, has nothing
        (access("erin"), Some(&worker), "401 tokenServiceForbidden"), // a member of the cluster
        (access("frank"), Some(&prague), "200"),
        (access("frank"), Some(&worker), "401 tokenServiceForbidden"),
        (access("alice"), Some(&namesake), "403 forbidden"),
        (access("mallory"), Some(&worker), "401 userBlocked"),
        (root("alice"), Some(&namesake), "401 tokenServiceForbidden"), // a provider with the id of a user
        // The panel: of the members of the cluster, directly or through groups.
        (access("erin"), Some(&panel), "200"),
        (access("frank"), Some(&panel), "200"), // a member through nested groups
        (access("alice"), Some(&panel), "401 tokenServiceForbidden"),
        (root("paris"), Some(&worker), "401 tokenServiceForbidden"),
        (root("paris"), Some(&panel), "401 tokenServiceForbidden"),
        (root("prague"), Some(&worker), "401 tokenServiceForbidden"),
    ] {
        let mut headers = vec![("x-auth-token", token.as_str())];
        headers.extend(service.map(|service| (SERVICE, service.as_str())));
        assert_eq!(onezone.list("paris", &headers).await, outcome, "{token} {service:?}");
    }
    let answer = onezone
        .send("GET", "/providers/paris/tokens/named", &[("x-auth-token", &root("paris")), (SERVICE, &panel)])
        .await;
    let service = &answer.error()["details"]["authError"]["details"]["service"];
    assert_eq!(service.to_string(), r#"{"type":"op_panel","id":"paris"}"#);
}

#[tokio::test]
async fn a_panel_relays_requests_of_any_session() {
    let onezone = Onezone::new().await;
    let panel = format!("opp-{}", identity("prv-paris", "paris-root"));
    let erin = access("erin");
    let headers = [("x-auth-token", erin.as_str()), (SERVICE, &panel), ("cookie", "SID=n|s")];
    assert_eq!(onezone.list("paris", &headers).await, "200");
    let bound = token("2/nmd/usr-erin/act:s/erin-token", &[]);
    let headers = [("x-auth-token", bound.as_str()), (SERVICE, &panel), ("cookie", "SID=n|s")];
    assert_eq!(onezone.list("paris", &headers).await, "401 tokenSessionInvalid", "no session is alive");
}

#[tokio::test]
async fn a_token_confined_to_a_service_needs_that_service() {
    let onezone = Onezone::new().await;
    let panel = format!("opp-{}", identity("prv-paris", "paris-root"));
    let confined = token("2/nmd/usr-erin/act/erin-token", &["service = opp-paris"]);
    assert_eq!(onezone.list("paris", &[("x-auth-token", &confined)]).await, "401 tokenCaveatUnverified");
    // Through its service it is accepted, and then may not do what the service has no need of.
    let headers = [("x-auth-token", confined.as_str()), (SERVICE, &panel)];
    assert_eq!(onezone.list("paris", &headers).await, "401 tokenCaveatUnverified");
    let both = token("2/nmd/usr-erin/act/erin-token", &["service = opp-paris|ozw-onezone"]);
    for headers in
        [&[("x-auth-token", both.as_str())][..], &[("x-auth-token", both.as_str()), (SERVICE, &panel)]]
    {
        assert_eq!(onezone.list("paris", headers).await, "200");
    }
}

#[tokio::test]
async fn consumer_caveats_hold_for_the_consumer_that_proved_itself() {
    let onezone = Onezone::new().await;
    let alice = identity("usr-alice", "alice-token");
    let (frank, paris) = (identity("usr-frank", "frank-token"), identity("prv-paris", "paris-root"));
    let legacy_provider = root("prague");
    let unmet = "401 tokenCaveatUnverified";
    for (caveat, consumer, outcome) in [
        ("consumer = usr-erin", None, unmet), // nobody is a consumer by being the subject
        ("consumer = usr-alice", Some(&alice), "200"),
        ("consumer = usr-*", Some(&alice), "200"),
        ("consumer = usr-bob|prv-*", Some(&alice), unmet),
        ("consumer = prv-paris", Some(&paris), "200"),
        ("consumer = prv-prague", Some(&legacy_provider), "200"),
        ("consumer = grp-night", Some(&frank), "200"),
        ("consumer = grp-operators", Some(&frank), "200"),
        ("consumer = grp-admins", Some(&frank), unmet),
        ("consumer = grp-|grp-admins|grp-operators", Some(&frank), "200"),
        ("consumer = grp-*", Some(&frank), "200"),
        ("consumer = grp-*", Some(&alice), unmet),
        ("consumer = grp-*", Some(&paris), unmet),
    ] {
        let token = token("2/nmd/usr-erin/act/erin-token", &[caveat]);
        let mut headers = vec![("x-auth-token", token.as_str())];
        headers.extend(consumer.map(|consumer| (CONSUMER, consumer.as_str())));
        assert_eq!(onezone.list("paris", &headers).await, outcome, "{caveat}");
    }
}

#[tokio::test]
async fn whoever_uses_a_token_acts_as_its_subject() {
    let onezone = Onezone::new().await;
    let carol = identity("usr-carol", "carol-token");
    let headers = [("x-auth-token", &*access("alice")), (CONSUMER, &*carol)];
    assert_eq!(onezone.list("paris", &headers).await, "403 forbidden", "the admin is only the consumer");
}

#[tokio::test]
async fn errors_come_from_the_service_then_the_consumer_then_the_token() {
    let onezone = Onezone::new().await;
    let invalid = forged("2/nmd/usr-alice/idn/alice-token", &[]);
    let headers = |token: &'static str| [("x-auth-token", token), (SERVICE, "x"), (CONSUMER, "x")];
    assert_eq!(onezone.list("p", &headers("x")).await, "401 badToken", "an unreadable token comes first");
    let [_, service, consumer] = headers("");
    let token = ("x-auth-token", invalid.as_str());
    assert_eq!(onezone.list("p", &[token, service, consumer]).await, "401 badServiceToken{badToken}");
    assert_eq!(onezone.list("p", &[token, consumer]).await, "401 badConsumerToken{badToken}");
    assert_eq!(onezone.list("p", &[token]).await, "401 notAnAccessToken");
    for (consumer, outcome) in [
        (access("alice"), "401 badConsumerToken{notAnIdentityToken}"),
        (forged("2/nmd/usr-alice/idn/alice-token", &[]), "401 badConsumerToken{tokenInvalid}"),
        (identity("usr-mallory", "mallory-token"), "401 badConsumerToken{userBlocked}"),
    ] {
        assert_eq!(onezone.list("p", &[token, (CONSUMER, &consumer)]).await, outcome, "{consumer}");
    }
    let both = [("authorization", &*basic("erin.name", PASSWORD)), service, consumer];
    assert_eq!(onezone.list("paris", &both).await, "200", "without a token nobody reads them");
}
