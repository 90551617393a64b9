//! The grammar of the bash client that this program replaces: what its scripts write, runs unchanged.

use wiremock::ResponseTemplate;

use crate::{answering, closed, command, only_request, program, stderr, stdout, tokens};

/// Runs a script as its users have it, in which the program is found by its name.
async fn script(
    text: &str,
    variables: &[(&str, &str)],
    answer: ResponseTemplate,
) -> (std::process::Output, wiremock::Request) {
    let server = answering(answer).await;
    let folder = std::path::Path::new(crate::PROGRAM).parent().unwrap().display().to_string();
    let output = std::process::Command::new("bash")
        .args(["-euc", text])
        .env_clear()
        .env("PATH", format!("{folder}:/usr/bin:/bin"))
        .env("HOST", server.uri())
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    (output, only_request(&server).await)
}

#[tokio::test]
async fn documented_examples_run_unchanged() {
    for (line, method, path) in [
        (
            "onezone-rest-cli deleteNamedTokensOfUser id=c26bab23d12f7389c3c311caf9c15902",
            "DELETE",
            "/api/v3/onezone/users/c26bab23d12f7389c3c311caf9c15902/tokens/named",
        ),
        (
            "onezone-rest-cli listNamedTokensOfProvider id=6ebe7ac282e0188b5336b5d8cfa564d5",
            "GET",
            "/api/v3/onezone/providers/6ebe7ac282e0188b5336b5d8cfa564d5/tokens/named",
        ),
    ] {
        let text = format!("export ONEZONE_HOST=$HOST ONEZONE_API_KEY=KEY; {line}");
        let (output, request) = script(&text, &[], tokens()).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!((request.method.as_str(), request.url.path()), (method, path));
        assert_eq!(request.headers["x-auth-token"], "KEY");
    }
}

#[tokio::test]
async fn options_of_curl_may_stand_anywhere() {
    for words in [
        "-k -sS --tlsv1.2 --host $HOST -u joe:pw listNamedTokensOfProvider id=p1",
        "-sSk -u joe:pw listNamedTokensOfProvider --host $HOST id=p1 -f",
        "-L -g --compressed -m 20 --connect-timeout 5 --retry 2 --retry-delay 1 --host $HOST --user joe:pw listNamedTokensOfProvider id=p1",
        "-4 --http1.1 -X GET -d '' -ac json --host $HOST -ujoe:pw list_named_tokens_of_provider id=p1",
        "--force -nc --accept application/json --host $HOST/ -u joe:pw listNamedTokensOfProvider id=p1",
        "--no-colors --host $HOST/api/v3/onezone -u joe:pw -- listNamedTokensOfProvider id=p1",
        "--noproxy '*' -s -o - --host $HOST -H 'Authorization: Basic am9lOnB3' listNamedTokensOfProvider id=p1",
        "--host $HOST listNamedTokensOfProvider 'Authorization:Basic am9lOnB3' id=p1",
    ] {
        let (output, request) = script(&format!("onezone-rest-cli {words}"), &[], tokens()).await;
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout, b"{\"tokens\":[\"t2\",\"t1\"]}\n", "{words}");
        assert_eq!(request.url.path(), "/api/v3/onezone/providers/p1/tokens/named", "{words}");
        assert_eq!(request.headers["authorization"], "Basic am9lOnB3", "{words}");
        assert_eq!(request.headers["accept"], "application/json", "{words}");
    }
}

#[tokio::test]
async fn headers_and_cookies_of_options_are_sent() {
    let words = "-A me/1 -e https://from -b a=1 -H 'X-Own: v: w' -H 'X-Empty;' --oauth2-bearer T";
    let line =
        format!("onezone-rest-cli {words} --host $HOST listNamedTokensOfProvider id=p1 'X-Word:é = x'");
    let (output, request) = script(&line, &[("ONEZONE_API_KEY", "KEY")], tokens()).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (name, value) in [
        ("user-agent", "me/1"),
        ("referer", "https://from"),
        ("cookie", "a=1"),
        ("x-own", "v: w"),
        ("x-empty", ""),
        ("authorization", "Bearer T"),
        ("x-word", "é = x"),
    ] {
        assert_eq!(request.headers[name].as_bytes(), value.as_bytes(), "{name}");
    }
    assert!(!request.headers.contains_key("x-auth-token"));
}

#[tokio::test]
async fn nothing_in_a_value_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("ran");
    for value in [
        format!("`touch {}`", mark.display()),
        format!("$(touch {})", mark.display()),
        format!("; touch {}", mark.display()),
    ] {
        let server = answering(tokens()).await;
        let word = format!("id={value}");
        program(&["--host", &server.uri(), "listNamedTokensOfProvider", &word], &[]).success();
        program(&["--host", &server.uri(), "--dry-run", "listNamedTokensOfProvider", &word], &[]).success();
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
    assert!(!mark.exists());
}

#[tokio::test]
async fn fail_gives_the_exit_status_of_curl() {
    let error =
        || ResponseTemplate::new(404).set_body_string(r#"{"error":{"id":"notFound","description":"No."}}"#);
    for (options, code, output) in [
        (&[][..], 1, ""),
        (&["-f"], 22, ""),
        (&["-sSf"], 22, ""),
        (&["--fail-with-body"], 22, "{\"error\":{\"id\":\"notFound\",\"description\":\"No.\"}}\n"),
    ] {
        let server = answering(error()).await;
        let uri = server.uri();
        let words: Vec<_> =
            ["--host", &uri, "listNamedTokensOfProvider", "id=p1"].iter().chain(options).copied().collect();
        let outcome = program(&words, &[]).code(code);
        assert_eq!(stdout(&outcome), output, "{options:?}");
        assert!(stderr(&outcome).starts_with("error: server answered 404, notFound: No.\n"), "{options:?}");
    }
}

#[tokio::test]
async fn write_out_tells_scripts_the_status() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answer").display().to_string();
    for (status, code) in [(200, 0), (403, 1)] {
        let server = answering(ResponseTemplate::new(status).set_body_string("{}")).await;
        let uri = server.uri();
        let words = [
            "-s",
            "-o",
            &file,
            "-w",
            "%{http_code}\\n",
            "--host",
            &uri,
            "listNamedTokensOfProvider",
            "id=p1",
        ];
        assert_eq!(stdout(&program(&words, &[]).code(code)), format!("{status}\n"));
    }
    let (_held, closed) = closed();
    let words = [
        "-w",
        "%{http_code} %{exitcode}",
        "--host",
        &format!("http://{closed}"),
        "listNamedTokensOfProvider",
        "id=p1",
    ];
    assert_eq!(stdout(&program(&words, &[]).code(7)), "000 7");
}

#[tokio::test]
async fn time_that_is_up_is_exit_status_28() {
    let server = answering(tokens().set_delay(std::time::Duration::from_secs(60))).await;
    let outcome =
        program(&["-m", "0.2", "--host", &server.uri(), "listNamedTokensOfProvider", "id=p1"], &[]).code(28);
    assert!(stderr(&outcome).contains("hint: give it more time with -m SECONDS"), "{}", stderr(&outcome));
}

#[tokio::test]
async fn repetitions_are_made_when_asked_for_and_not_otherwise() {
    for (options, requests) in [(&[][..], 1), (&["--retry", "2", "--retry-delay", "0.01"], 3)] {
        let server = answering(ResponseTemplate::new(503)).await;
        let uri = server.uri();
        let words: Vec<_> =
            ["--host", &uri, "listNamedTokensOfProvider", "id=p1"].iter().chain(options).copied().collect();
        let outcome = program(&words, &[]).code(1);
        assert!(stderr(&outcome).contains("--retry COUNT"), "{}", stderr(&outcome));
        assert_eq!(server.received_requests().await.unwrap().len(), requests);
    }
}

#[tokio::test]
async fn proxy_and_resolution_lead_elsewhere() {
    let server = answering(tokens()).await;
    let port = server.address().port().to_string();
    let host = format!("http://zone.invalid:{port}");
    let resolve = format!("zone.invalid:{port}:127.0.0.1");
    program(&["--resolve", &resolve, "--host", &host, "listNamedTokensOfProvider", "id=p1"], &[]).success();
    program(
        &[
            "-x",
            &server.uri(),
            "-U",
            "a:b",
            "--host",
            "http://zone.invalid",
            "listNamedTokensOfProvider",
            "id=p1",
        ],
        &[],
    )
    .success();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].headers["proxy-authorization"], "Basic YTpi");
    let outcome =
        program(&["--host", "http://zone.invalid", "listNamedTokensOfProvider", "id=p1"], &[]).code(6);
    assert!(
        stderr(&outcome).contains("hint: is http://zone.invalid the right address?"),
        "{}",
        stderr(&outcome)
    );
}

#[tokio::test]
async fn words_that_are_no_text_are_refused_without_being_shown() {
    use std::os::unix::ffi::OsStrExt as _;
    let word = std::ffi::OsStr::from_bytes(b"-ualice:canary\xff");
    let outcome =
        command(&["--host", "h", "listNamedTokensOfProvider", "id=x"], &[]).arg(word).assert().code(2);
    assert_eq!(stderr(&outcome), "error: word 5 is not UTF-8\n");
    let outcome = command(&["--host", "h", "listNamedTokensOfProvider", "id=x"], &[])
        .env("ONEZONE_API_KEY", std::ffi::OsStr::from_bytes(b"canary\xff"))
        .assert()
        .code(2);
    assert_eq!(stderr(&outcome), "error: the variable ONEZONE_API_KEY is not UTF-8\n");
}
