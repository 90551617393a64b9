//! Where an answer goes and what it looks like there.

use std::io::Read as _;
use std::process::Stdio;

use wiremock::ResponseTemplate;

use crate::{DELETE, LIST, PROGRAM, answering, program, stderr, stdout, tokens};

#[tokio::test]
async fn answers_are_shown_in_the_form_that_is_asked_for() {
    let server = answering(tokens()).await;
    for (format, shown) in [
        ("json", "{\"tokens\":[\"t2\",\"t1\"]}\n"),
        ("yaml", "tokens:\n- t2\n- t1\n"),
        ("table", "tokens\nt2\nt1\n"),
        ("ids", "t2\nt1\n"),
    ] {
        let outcome =
            program(&["--output", format, "--host", &server.uri(), LIST[0], LIST[1]], &[]).success();
        assert_eq!((stdout(&outcome).as_str(), stderr(&outcome).as_str()), (shown, ""));
    }
}

#[tokio::test]
async fn answer_that_has_no_such_form_is_an_error() {
    let server = answering(ResponseTemplate::new(200).set_body_string("<html>")).await;
    let outcome = program(&["--output", "ids", "--host", &server.uri(), LIST[0], LIST[1]], &[]).code(1);
    assert_eq!(stderr(&outcome), "error: the answer is no JSON; leave --output out to see it as it is\n");
    let outcome = program(&["--host", &server.uri(), LIST[0], LIST[1]], &[]).success();
    assert_eq!(stdout(&outcome), "<html>\n");
}

#[tokio::test]
async fn answer_goes_into_a_file_as_it_is() {
    let server = answering(ResponseTemplate::new(200).set_body_bytes(b"{\"a\" :1}".to_vec())).await;
    let folder = tempfile::tempdir().unwrap();
    let (answer, head) = (folder.path().join("a b.json"), folder.path().join("head"));
    let (answer_name, head_name) = (answer.display().to_string(), head.display().to_string());
    for option in ["-o", "--output"] {
        let words = [option, &answer_name, "-D", &head_name, "--host", &server.uri(), LIST[0], LIST[1]];
        assert_eq!(stdout(&program(&words, &[]).success()), "");
        assert_eq!(std::fs::read(&answer).unwrap(), b"{\"a\" :1}");
        assert!(std::fs::read_to_string(&head).unwrap().starts_with("HTTP/1.1 200 OK\n"));
    }
    let missing = folder.path().join("no/where").display().to_string();
    let outcome = program(&["-o", &missing, "--host", &server.uri(), LIST[0], LIST[1]], &[]).code(23);
    assert!(stderr(&outcome).starts_with(&format!("error: cannot write the answer to `{missing}`: ")));
}

#[tokio::test]
async fn headers_are_shown_on_request_without_secrets() {
    let answer = tokens().insert_header("set-cookie", "canary").insert_header("x-own", "v\u{9b}".as_bytes());
    let server = answering(answer).await;
    let outcome = program(&["-i", "--host", &server.uri(), LIST[0], LIST[1]], &[]).success();
    let shown = stdout(&outcome);
    assert!(
        shown.starts_with("HTTP/1.1 200 OK\n") && shown.ends_with("\n\n{\"tokens\":[\"t2\",\"t1\"]}\n"),
        "{shown}"
    );
    let words =
        ["-vvv", "-u", "alice:canary", "--host", &server.uri(), LIST[0], LIST[1], "X-Service-Token:canary"];
    let outcome = program(&words, &[]).success();
    let told = stderr(&outcome);
    for line in [
        &format!("> GET {}/api/v3/onezone/providers/p1/tokens/named\n", server.uri())[..],
        "> Authorization: ***\n",
        "> X-Service-Token: ***\n",
        "> Accept: application/json\n",
        "< HTTP/1.1 200 OK\n",
        "< set-cookie: ***\n",
    ] {
        assert!(told.contains(line), "{line:?} is not in {told}");
    }
    assert!(!told.contains("canary") && !told.contains('\u{9b}'), "{told}");
}

#[tokio::test]
async fn reader_that_goes_away_is_no_failure_and_a_full_disk_is_one() {
    let server = answering(ResponseTemplate::new(200).set_body_string("x".repeat(1 << 20))).await;
    let mut child = std::process::Command::new(PROGRAM)
        .args(["--host", &server.uri(), LIST[0], LIST[1]])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0];
    let mut reader = child.stdout.take().unwrap();
    tokio::task::spawn_blocking(move || reader.read_exact(&mut first)).await.unwrap().unwrap();
    let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = tokio::task::spawn_blocking(move || {
        let uri = server.uri();
        std::process::Command::new(PROGRAM).args(["--host", &uri, LIST[0], LIST[1]]).stdout(full).output()
    });
    let output = output.await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(23));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: cannot write the answer: "));
}

/// The program on a terminal, which `script` of util-linux makes; everything it prints.
fn on_terminal(line: &str, variables: &[(&str, &str)]) -> String {
    typed_on_terminal(line, variables, "")
}

/// The same, with something typed.
fn typed_on_terminal(line: &str, variables: &[(&str, &str)], typed: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut child = std::process::Command::new("script")
        .args(["-qec", line, &log.display().to_string()])
        .env_clear()
        .env("TERM", "xterm")
        .env("PATH", "/usr/bin:/bin")
        .env("SHELL", "/bin/sh")
        .env("PROGRAM", PROGRAM)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut keyboard, typed.as_bytes()).unwrap();
    assert!(child.wait().unwrap().code().is_some());
    drop(keyboard);
    let text = std::fs::read_to_string(&log).unwrap().replace("\r\n", "\n");
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("Script ")).collect();
    lines.join("\n").trim_end().to_owned()
}

#[tokio::test]
async fn terminal_gets_colours_indentation_and_a_confirmation() {
    let server = answering(tokens()).await;
    let gone = answering(ResponseTemplate::new(204)).await;
    let (uri, gone) = (server.uri(), gone.uri());
    tokio::task::spawn_blocking(move || {
        let list = format!("$PROGRAM --host {uri} {} {}", LIST[0], LIST[1]);
        let shown = on_terminal(&list, &[]);
        assert_eq!(
            shown,
            "{\n  \u{1b}[36m\"tokens\"\u{1b}[0m: [\n    \u{1b}[32m\"t2\"\u{1b}[0m,\n    \u{1b}[32m\"t1\"\u{1b}[0m\n  ]\n}"
        );
        let plain = "{\n  \"tokens\": [\n    \"t2\",\n    \"t1\"\n  ]\n}";
        assert_eq!(on_terminal(&list, &[("NO_COLOR", "1")]), plain);
        assert_eq!(on_terminal(&format!("{list} -nc"), &[]), plain);
        assert_eq!(on_terminal(&list, &[("TERM", "dumb")]), plain);
        assert_eq!(on_terminal(&format!("{list} | cat"), &[]), "{\"tokens\":[\"t2\",\"t1\"]}");
        let delete = format!("$PROGRAM --host {gone} {} {}", DELETE[0], DELETE[1]);
        assert_eq!(on_terminal(&delete, &[]), "All user's named tokens have been deleted.");
        assert_eq!(on_terminal(&format!("{delete} -s"), &[]), "");
        let mistake = on_terminal("$PROGRAM --host h listNamedTokensOfProvider", &[]);
        assert!(mistake.starts_with("\u{1b}[1;31merror\u{1b}[0m: `id=VALUE` is missing"), "{mistake}");
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn password_is_asked_for_on_a_terminal() {
    let server = answering(tokens()).await;
    let uri = server.uri();
    let shown = tokio::task::spawn_blocking(move || {
        let line = format!("$PROGRAM --host {uri} -u alice {} {} | cat", LIST[0], LIST[1]);
        typed_on_terminal(&line, &[], "canary\n")
    });
    let shown = shown.await.unwrap();
    assert!(
        shown.contains("Password of alice: ") && shown.contains("{\"tokens\":[\"t2\",\"t1\"]}"),
        "{shown}"
    );
    assert_eq!(crate::only_request(&server).await.headers["authorization"], "Basic YWxpY2U6Y2FuYXJ5");
}

#[test]
fn help_is_as_wide_as_it_is_told() {
    for width in ["60", "100"] {
        let outcome = program(&["--help"], &[("COLUMNS", width)]).success();
        let longest = stdout(&outcome).lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest > width.parse::<usize>().unwrap() - 15, "{width}: {longest}");
    }
}
