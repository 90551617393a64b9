//! Credentials: which decide, which are refused, and how a refusal says what is wanted.

use crate::wire::start;

const ITEM: &str = "GET /api/v1/items/x";

#[tokio::test]
async fn first_alternative_that_is_present_decides() {
    let server = start().await;
    let basic = "Authorization: Basic YWxpY2U6cHc=";
    let rows: [(&[&str], &str); 8] = [
        (&["X-Auth-Token: t"], "key t"),
        (&["X-Auth-Token: t", basic], "key t"),
        (&[basic, "X-Auth-Token: t"], "key t"),
        (&["X-Auth-Token:", basic], "key "),
        (&["Authorization: Bearer abc def"], "Bearer abc def"),
        (&["Authorization: bEARER  abc"], "bEARER  abc"),
        (&[basic], "Basic alice"),
        (&["Authorization: BASIC YWxpY2U6cHc="], "BASIC alice"),
    ];
    for (headers, principal) in rows {
        let reply = server.send(ITEM, headers).await;
        assert_eq!(reply.json()["principal"].as_str(), Some(principal), "{headers:?} {reply:?}");
    }
}

#[tokio::test]
async fn bad_first_credential_is_not_mended_by_a_good_second_one() {
    let server = start().await;
    let headers = ["X-Auth-Token: bad", "Authorization: Bearer good"];
    server.send(ITEM, &headers).await.assert_error(401, "badToken");
}

#[tokio::test]
async fn other_schemes_are_no_credentials() {
    let server = start().await;
    for header in
        ["Authorization: Digest x", "Authorization: Bearerabc", "Authorization: Basic:x", "Cookie: sid=1"]
    {
        server.send(ITEM, &[header]).await.assert_error(401, "unauthorized");
    }
}

#[tokio::test]
async fn credential_sent_twice_is_refused_even_beside_a_better_one() {
    let server = start().await;
    let rows: [(&str, &[&str], &str); 4] = [
        (ITEM, &["X-Auth-Token: a", "x-auth-token: a"], "`X-Auth-Token`"),
        (ITEM, &["Authorization: Bearer a", "Authorization: Basic YTpi"], "`authorization`"),
        (ITEM, &["X-Auth-Token: a", "Authorization: Bearer a", "Authorization: Bearer a"], "`authorization`"),
        ("GET /api/v1/both?key=a&key=b", &["Authorization: Bearer a"], "`key`"),
    ];
    for (line, headers, name) in rows {
        let reply = server.send(line, headers).await;
        let description = reply.assert_error(401, "DuplicateCredential");
        assert!(description.contains(name), "{description}");
        assert!(reply.header("www-authenticate").is_some());
    }
}

#[tokio::test]
async fn schemes_that_are_demanded_together_must_all_be_there() {
    let server = start().await;
    let reply = server.send("GET /api/v1/both?key=k%2B1", &["Authorization: Bearer t"]).await;
    assert_eq!(reply.json().as_str(), Some("k+1 and t"));
    server.send("GET /api/v1/both?key=k", &[]).await.assert_error(401, "unauthorized");
    let reply = server.send("GET /api/v1/both", &["Authorization: Bearer t"]).await;
    reply.assert_error(401, "unauthorized");
    assert_eq!(reply.all("www-authenticate"), ["ApiKey query=\"key\"", "Bearer"]);
}

#[tokio::test]
async fn optional_credentials_may_be_absent_and_cookies_are_read() {
    let server = start().await;
    assert_eq!(server.send("GET /api/v1/session", &[]).await.json().as_str(), Some("nobody"));
    let reply = server.send("GET /api/v1/session", &["Cookie: a=1; sid=s"]).await;
    assert_eq!(reply.json().as_str(), Some("sid s"));
    let reply = server.send("GET /api/v1/session", &["Cookie: sid=bad"]).await;
    reply.assert_error(401, "badToken");
    assert_eq!(reply.all("www-authenticate"), ["ApiKey cookie=\"sid\""]);
}

#[tokio::test]
async fn refusal_names_every_scheme_of_the_operation() {
    let server = start().await;
    let all = ["ApiKey header=\"X-Auth-Token\"", "Bearer", "Basic realm=\"Sample\", charset=\"UTF-8\""];
    for headers in [&[][..], &["Sec-Fetch-Mode: navigate"], &["Authorization: Basic ???"]] {
        let reply = server.send(ITEM, headers).await;
        assert_eq!((reply.status, reply.all("www-authenticate")), (401, all.to_vec()), "{headers:?}");
    }
}

#[tokio::test]
async fn fetch_of_a_page_gets_no_basic_challenge() {
    let server = start().await;
    for mode in ["cors", "no-cors", "same-origin"] {
        let reply = server.send(ITEM, &[&format!("Sec-Fetch-Mode: {mode}")]).await;
        assert_eq!(reply.all("www-authenticate"), ["ApiKey header=\"X-Auth-Token\"", "Bearer"], "{mode}");
    }
}

#[tokio::test]
async fn only_a_refusal_has_challenges() {
    let server = start().await;
    assert_eq!(server.send(ITEM, &["X-Auth-Token: t"]).await.header("www-authenticate"), None);
    assert_eq!(server.send("GET /api/v1/nope", &[]).await.header("www-authenticate"), None);
}

#[tokio::test]
async fn credentials_are_judged_before_the_accept_header() {
    let server = start().await;
    server.send(ITEM, &["Accept: text/html"]).await.assert_error(401, "unauthorized");
    let reply = server.send(ITEM, &["Accept: text/html", "X-Auth-Token: t"]).await;
    assert!(reply.assert_error(406, "NotAcceptable").contains("application/json"));
    for accept in ["application/json; charset=utf-8", "text/html, */*;q=0.1", ""] {
        let accept = format!("Accept: {accept}");
        assert_eq!(server.send(ITEM, &[&accept, "X-Auth-Token: t"]).await.status, 200, "{accept}");
    }
}
