//! What a dry run prints, is run: the same request has to come of it, whatever is in the values.

use std::process::{Command, Stdio};

use crate::{answering, program, stdout, tokens};

/// Values that a shell, curl or a URL could misunderstand.
const NASTY: [&str; 14] = [
    "plain",
    "it's",
    "\"",
    "$HOME",
    "$(id)",
    "`id`",
    "a\nb",
    " a  b ",
    "é日本",
    "-x",
    "@/etc/passwd",
    "a\\b\\\\",
    "{a,b}[1-3]",
    "!&;|<>*?#%",
];

/// What is told of a request: its line, body and the headers that are not of the sender itself.
fn told(request: &wiremock::Request) -> (String, String, Vec<(String, Vec<u8>)>) {
    let own = ["user-agent", "host", "content-length"];
    let mut headers: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .collect();
    headers.sort();
    (request.method.to_string(), request.url.to_string(), headers)
}

async fn assert_same(words: &[&str], variables: &[(&str, &str)]) {
    // A task that never pauses uses up what tokio grants it, and the server then waits for ever when it is dropped.
    tokio::task::yield_now().await;
    let server = answering(tokens()).await;
    let uri = server.uri();
    let words: Vec<_> = ["--host", &uri].iter().chain(words).copied().collect();
    program(&words, variables).success();
    let dry: Vec<_> = ["--dry-run"].iter().chain(&words).copied().collect();
    let line = stdout(&program(&dry, variables).success());
    let output = Command::new("sh")
        .args(["-c", &line])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    let requests = server.received_requests().await.unwrap();
    let [first, second] = &requests[..] else { panic!("{line}: {} requests", requests.len()) };
    assert_eq!(told(first), told(second), "{line}");
}

#[tokio::test]
async fn printed_command_makes_the_same_request() {
    for value in NASTY {
        let id = format!("id={value}");
        assert_same(&["listNamedTokensOfProvider", &id], &[]).await;
        if !value.contains('\n') {
            let header = format!("X-Own:{value}");
            assert_same(&["deleteNamedTokensOfUser", &id, &header, "X-Empty:"], &[]).await;
        }
    }
}

#[tokio::test]
async fn printed_command_has_the_same_credentials() {
    for value in NASTY.iter().filter(|value| !value.contains('\n') && value.is_ascii()) {
        let pair = format!("alice:{value}");
        let list = ["listNamedTokensOfProvider", "id=p1"];
        assert_same(&list, &[("ONEZONE_BASIC_AUTH", &pair)]).await;
        assert_same(&list, &[("ONEZONE_API_KEY", value.trim())]).await;
        assert_same(&["--show-secrets", "-u", &pair, list[0], list[1]], &[]).await;
        assert_same(&["--show-secrets", list[0], list[1]], &[("ONEZONE_API_KEY", value.trim())]).await;
    }
}

#[tokio::test]
async fn printed_command_has_the_same_options() {
    let list = ["listNamedTokensOfProvider", "id=p1"];
    let options = [
        "--show-secrets",
        "-k",
        "-m",
        "5",
        "--connect-timeout",
        "5",
        "-f",
        "-4",
        "-A",
        "me",
        "-b",
        "a=1",
        "--retry",
        "1",
        "--noproxy",
        "*",
        "-w",
        "%{http_code}",
    ];
    assert_same(&[&options[..], &list].concat(), &[]).await;
}
