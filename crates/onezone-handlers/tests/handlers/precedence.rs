//! Which credential decides, and the session context of a token.

use crate::support::{Onezone, PASSWORD, access, basic, token};

#[tokio::test]
async fn the_first_credential_that_is_present_decides() {
    let onezone = Onezone::new().await;
    let token = access("alice");
    let (good, bad) = (basic("alice.name", PASSWORD), basic("alice.name", "wrong"));
    let bearer = format!("Bearer {token}");
    let rows: &[(&[(&str, &str)], &str)] = &[
        (&[("x-auth-token", &token)], "403 forbidden"),
        (&[("authorization", &bearer)], "403 forbidden"),
        (&[("macaroon", &token)], "403 forbidden"),
        (&[("authorization", &good)], "403 forbidden"),
        (&[], "401 unauthorized"),
        // A better one that is empty or bad is not made up for by another.
        (&[("x-auth-token", ""), ("authorization", &bearer)], "401 badToken"),
        (&[("x-auth-token", "x"), ("authorization", &good), ("macaroon", &token)], "401 badToken"),
        (&[("x-auth-token", &token), ("authorization", "Bearer x"), ("macaroon", "x")], "403 forbidden"),
        (&[("x-auth-token", &token), ("authorization", &bad)], "403 forbidden"),
        (&[("authorization", "Bearer x"), ("macaroon", &token)], "401 badToken"),
        (&[("authorization", &bearer), ("macaroon", "x")], "403 forbidden"),
        (&[("macaroon", "x"), ("authorization", &good)], "401 badToken"),
        (&[("macaroon", ""), ("authorization", &good)], "401 badToken"),
        (&[("macaroon", &token), ("authorization", &bad)], "403 forbidden"),
        (&[("authorization", &bad)], "401 badBasicCredentials"),
        (&[("cookie", "SID=n|s")], "401 unauthorized"),
    ];
    for (headers, outcome) in rows {
        assert_eq!(onezone.list("nowhere", headers).await, *outcome, "{headers:?}");
    }
}

#[tokio::test]
async fn schemes_count_in_one_spelling_and_others_as_absent() {
    let onezone = Onezone::new().await;
    let token = access("alice");
    let encoded = basic("alice.name", PASSWORD).replace("Basic ", "");
    for (authorization, outcome) in [
        (format!("Bearer {token}"), "403 forbidden"),
        (format!("bearer {token}"), "401 unauthorized"),
        (format!("BEARER {token}"), "401 unauthorized"),
        (format!("Bearer  {token}"), "401 badToken"),
        (format!("Bearer\t{token}"), "401 unauthorized"),
        ("Bearer ".to_owned(), "401 badToken"),
        ("Bearer".to_owned(), "401 unauthorized"),
        (format!("Basic {encoded}"), "403 forbidden"),
        (format!("basic {encoded}"), "401 unauthorized"),
        ("Basic ".to_owned(), "401 badBasicCredentials"),
        ("Basic".to_owned(), "401 unauthorized"),
        (format!("Digest {encoded}"), "401 unauthorized"),
        (format!("Token {token}"), "401 unauthorized"),
        (token.clone(), "401 unauthorized"),
        (String::new(), "401 unauthorized"),
    ] {
        let alone = [("authorization", authorization.as_str())];
        assert_eq!(onezone.list("nowhere", &alone).await, outcome, "{authorization:?}");
        if outcome == "401 unauthorized" {
            let with_macaroon = [("authorization", authorization.as_str()), ("macaroon", &token)];
            assert_eq!(onezone.list("nowhere", &with_macaroon).await, "403 forbidden", "{authorization:?}");
        }
    }
}

#[tokio::test]
async fn what_is_sent_twice_is_refused() {
    let onezone = Onezone::new().await;
    let token = access("alice");
    for (header, outcome) in [
        ("x-auth-token", "401 badToken"),
        ("macaroon", "401 badToken"),
        ("x-onedata-service-token", "401 badServiceToken{badToken}"),
        ("x-onedata-consumer-token", "401 badConsumerToken{badToken}"),
    ] {
        let headers = [("x-auth-token", token.as_str()), (header, &token), (header, &token)];
        let headers = if header == "x-auth-token" { &headers[..2] } else { &headers[..] };
        assert_eq!(onezone.list("nowhere", headers).await, outcome, "{header}");
    }
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("authorization", &bearer)];
    assert_eq!(onezone.list("nowhere", &headers).await, "401 badToken");
}

#[tokio::test]
async fn tokens_that_are_no_text_are_bad_ones() {
    let onezone = Onezone::new().await;
    for header in ["x-auth-token", "macaroon"] {
        assert_eq!(onezone.list("nowhere", &[(header, "\u{105}")]).await, "401 badToken", "{header}");
    }
}

#[tokio::test]
async fn a_token_and_its_request_must_agree_on_the_session() {
    let onezone = Onezone::new().await;
    let unbound = access("alice");
    let bound = token("2/nmd/usr-alice/act:s/alice-token", &[]);
    let of_provider = token("2/nmd/prv-paris/act:s/paris-root", &[]);
    for (cookie, of_unbound, of_bound) in [
        ("a=b", "403 forbidden", "401 tokenSessionInvalid"),
        ("SID=undefined", "403 forbidden", "401 tokenSessionInvalid"),
        ("SID=nobar", "403 forbidden", "401 tokenSessionInvalid"),
        ("SID=nonce|s", "401 tokenSessionInvalid", "401 tokenSessionInvalid"),
        ("a=b; SID=nonce|t", "401 tokenSessionInvalid", "401 tokenSessionInvalid"),
    ] {
        for (token, outcome) in [(&unbound, of_unbound), (&bound, of_bound), (&of_provider, of_bound)] {
            let headers = [("x-auth-token", token.as_str()), ("cookie", cookie)];
            assert_eq!(onezone.list("nowhere", &headers).await, outcome, "{cookie}");
        }
    }
    // The cookie says nothing to those who have no token.
    let headers = [("authorization", &*basic("alice.name", PASSWORD)), ("cookie", "SID=nonce|s")];
    assert_eq!(onezone.list("nowhere", &headers).await, "403 forbidden");
}
