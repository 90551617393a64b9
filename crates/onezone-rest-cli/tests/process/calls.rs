//! What is sent, standard output, standard error and exit status.

use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{DELETE, LIST, answering, closed, only_request, program, stderr, stdout, tokens};

#[tokio::test]
async fn list_prints_the_answer() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/api/v3/onezone/providers/p1/tokens/named"))
        .and(header("accept", "application/json"))
        .respond_with(tokens())
        .expect(1)
        .mount(&server)
        .await;
    let outcome = program(&["--host", &server.uri(), "-u", "alice:pw", LIST[0], LIST[1]], &[]).success();
    assert_eq!(
        (stdout(&outcome), stderr(&outcome)),
        ("{\"tokens\":[\"t2\",\"t1\"]}\n".to_owned(), String::new())
    );
    assert_eq!(only_request(&server).await.headers["authorization"], "Basic YWxpY2U6cHc=");
}

#[tokio::test]
async fn deletion_prints_nothing() {
    let server = MockServer::start().await;
    Mock::given(method("DELETE"))
        .and(path("/api/v3/onezone/users/u1/tokens/named"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    let outcome = program(&DELETE, &[("ONEZONE_HOST", &server.uri()), ("ONEZONE_API_KEY", "KEY")]).success();
    assert_eq!((stdout(&outcome), stderr(&outcome)), (String::new(), String::new()));
}

#[tokio::test]
async fn error_of_the_server_is_told_on_standard_error_with_exit_status_1() {
    for status in [400, 401, 403, 404, 500] {
        let server = answering(
            ResponseTemplate::new(status)
                .set_body_json(json!({"error": {"id": "someId", "description": "What happened."}}))
                .insert_header("x-request-id", "r-1"),
        )
        .await;
        let outcome = program(&LIST, &[("ONEZONE_HOST", &server.uri())]).code(1);
        assert_eq!(stdout(&outcome), "");
        let expected = format!("error: server answered {status}, someId: What happened.\nrequest id: r-1\n");
        let told = stderr(&outcome);
        let hint = told.strip_prefix(&expected).unwrap_or_else(|| panic!("{told}"));
        match status {
            401 => assert!(hint.starts_with("hint: no credentials were sent; set ONEZONE_API_KEY"), "{told}"),
            403 => assert!(hint.contains("listNamedTokensOfProvider --help"), "{told}"),
            404 => assert_eq!(hint, "hint: check the values of the parameters\n"),
            _ => assert_eq!(hint, ""),
        }
    }
}

#[tokio::test]
async fn answer_that_is_none_of_the_api_is_shown_without_what_a_terminal_obeys() {
    let server = answering(ResponseTemplate::new(418).set_body_string("short\u{1b}[2Jand stout")).await;
    let outcome = program(&LIST, &[("ONEZONE_HOST", &server.uri())]).code(1);
    let shown = stderr(&outcome);
    assert!(shown.contains("418") && shown.contains("and stout") && !shown.contains('\u{1b}'), "{shown}");
}

#[tokio::test]
async fn server_that_is_not_there_is_exit_status_7_as_with_curl() {
    let (_held, closed) = closed();
    let words = ["--force", LIST[0], LIST[1], "token=canary"];
    let outcome = program(&words, &[("ONEZONE_HOST", &format!("http://{closed}"))]).code(7);
    assert!(!stderr(&outcome).contains("canary"), "{}", stderr(&outcome));
    assert!(stderr(&outcome).contains(&format!("hint: nothing listens at http://{closed}")));
    assert!(stderr(&outcome).starts_with("error: cannot connect to the server: "), "{}", stderr(&outcome));
}

#[tokio::test]
async fn exactly_one_scheme_is_sent_and_the_command_line_wins() {
    let both = [("ONEZONE_API_KEY", "KEY"), ("ONEZONE_BASIC_AUTH", "env:pw")];
    for (words, variables, name, value) in [
        (&[][..], &both[..], "x-auth-token", "KEY"),
        (&[], &both[1..], "authorization", "Basic ZW52OnB3"),
        (&["-u", "cli:pw"], &both[..], "authorization", "Basic Y2xpOnB3"),
        (&["X-Auth-Token:T"], &both[..], "x-auth-token", "T"),
        (&["Authorization:Bearer T"], &both[..], "authorization", "Bearer T"),
    ] {
        let server = answering(tokens()).await;
        let uri = server.uri();
        let words: Vec<_> = ["--host", &uri].iter().chain(&LIST).chain(words).copied().collect();
        program(&words, variables).success();
        let headers = only_request(&server).await.headers;
        assert_eq!(headers[name], value, "{words:?}");
        let sent =
            ["x-auth-token", "authorization"].iter().filter(|name| headers.contains_key(**name)).count();
        assert_eq!(sent, 1, "{words:?}");
    }
}

#[tokio::test]
async fn host_option_wins_over_the_environment() {
    let (wanted, unwanted) = (answering(tokens()).await, answering(tokens()).await);
    program(&["--host", &wanted.uri(), LIST[0], LIST[1]], &[("ONEZONE_HOST", &unwanted.uri())]).success();
    assert_eq!(wanted.received_requests().await.unwrap().len(), 1);
    assert_eq!(unwanted.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn value_reaches_the_server_as_it_was_written() {
    for (value, segment) in
        [("a:b", "a%3Ab"), ("a=b", "a%3Db"), ("a/../b", "a%2F..%2Fb"), ("ä?#%", "%C3%A4%3F%23%25")]
    {
        let server = answering(tokens()).await;
        program(&[LIST[0], &format!("id={value}")], &[("ONEZONE_HOST", &server.uri())]).success();
        let request = only_request(&server).await;
        assert_eq!(request.url.path(), format!("/api/v3/onezone/providers/{segment}/tokens/named"));
    }
}

#[tokio::test]
async fn wrong_usage_is_exit_status_2_and_sends_nothing() {
    let server = answering(tokens()).await;
    for (words, message) in [
        (&[][..], "no operation given"),
        (&["listNamedTokensOfProviders", "id=p1"], "did you mean `listNamedTokensOfProvider`?"),
        (&[LIST[0]], "`id=VALUE` is missing"),
        (&[LIST[0], "id=a", "id=b"], "`id` is given twice"),
        (&[LIST[0], "id=a", "limit=1"], "no parameter `limit`"),
        (&[LIST[0], "id="], "cannot be empty"),
        (&[LIST[0], "id=.."], "`id=..`"),
        (&[LIST[0], "id=a", "b==c"], "takes no body"),
        (&[LIST[0], "id=a", "-@"], "unknown option `-@`"),
        (&[LIST[0], "id=a", "-u", "alice"], "no terminal"),
        (&[LIST[0], "id=a", "-u", "a:b", "X-Auth-Token:T"], "two ways to authenticate"),
        (&[LIST[0], "id=a", "--cacert", "/nowhere/at/all.pem"], "cannot read the certificates"),
        (&[LIST[0], "id=a", "--host", "https://a:canary@zone"], "credentials do not belong into the URL"),
        (&[LIST[0], "id=a", "X-A:b\u{7f}"], "a character that headers cannot carry"),
        (
            &[LIST[0], &format!("id={}", "a".repeat(70_000)), "--force", "token=canary"],
            "no more than 65534 can be sent",
        ),
    ] {
        let outcome = program(words, &[("ONEZONE_HOST", &server.uri())]).code(2);
        assert_eq!(stdout(&outcome), "", "{words:?}");
        let told = stderr(&outcome);
        assert!(
            told.starts_with("error: ") && told.contains(message) && !told.contains("canary"),
            "{words:?}: {told}"
        );
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
    assert!(stderr(&program(&LIST, &[]).code(2)).contains("ONEZONE_HOST"));
}

#[test]
fn help_version_and_about_need_neither_host_nor_operation() {
    for (words, part) in [
        (&["-h"][..], "Operations (see OPERATION --help):"),
        (&["--help"], "  listNamedTokensOfProvider  List named tokens of a provider\n"),
        (&["listNamedTokensOfProvider", "--help"], "  * id [string] (required) - Provider Id"),
        (&["-V"], "Onezone command line client (API version 21.02.7)\n"),
        (&["--version"], "Onezone command line client (API version 21.02.7)\n"),
        (&["--about"], "Named tokens"),
    ] {
        let outcome = program(words, &[]).success();
        assert!(stdout(&outcome).contains(part), "{words:?}: {}", stdout(&outcome));
        assert_eq!(stderr(&outcome), "");
    }
}

#[tokio::test]
async fn dry_run_prints_the_command_without_secrets_and_sends_nothing() {
    let server = answering(tokens()).await;
    let words = ["--dry-run", "-k", "-u", "alice:canary", "--host", &server.uri(), DELETE[0], DELETE[1]];
    let outcome = program(&words, &[("ONEZONE_API_KEY", "canary")]).success();
    assert_eq!(
        stdout(&outcome),
        format!(
            "curl -u 'alice:***' -sS --tlsv1.2 -k -H 'Accept: application/json' -X DELETE \
             {}/api/v3/onezone/users/u1/tokens/named\n",
            server.uri()
        )
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn no_secret_is_ever_printed() {
    let server = answering(
        ResponseTemplate::new(401)
            .set_body_json(json!({"error": {"id": "unauthorized", "description": "No."}})),
    )
    .await;
    let uri = server.uri();
    for words in [
        &["-u", "alice:canary"][..],
        &["X-Auth-Token:canary"],
        &["Authorization:Bearer canary"],
        &["X-Auth-Token:canary\u{1}"],
        &["-u", "alice:canary", "--dry-run"],
        &["-u", "alice:canary", "stray"],
    ] {
        let words: Vec<_> = ["--host", &uri].iter().chain(&LIST).chain(words).copied().collect();
        for variables in [&[][..], &[("ONEZONE_API_KEY", "canary"), ("ONEZONE_BASIC_AUTH", "alice:canary")]] {
            let outcome = program(&words, variables);
            assert!(!format!("{}{}", stdout(&outcome), stderr(&outcome)).contains("canary"), "{words:?}");
        }
    }
    let outcome = program(&LIST, &[("ONEZONE_HOST", &uri), ("ONEZONE_BASIC_AUTH", "canary")]).code(2);
    assert!(!stderr(&outcome).contains("canary"));
}
