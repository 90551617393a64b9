//! The README: every command in it is run, and prints what stands below it.

use std::process::{Command, Stdio};

use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{PROGRAM, tokens};

/// The blocks of the README: their language and their text.
fn blocks() -> Vec<(&'static str, String)> {
    let text = include_str!("../../README.md");
    let mut parts = text.split("\n```");
    parts.next();
    let mut found = Vec::new();
    while let Some(block) = parts.next() {
        let (language, text) = block.split_once('\n').unwrap();
        found.push((language, format!("{text}\n")));
        parts.next();
    }
    found
}

#[tokio::test]
async fn every_command_of_the_readme_does_what_it_says() {
    let server = MockServer::start().await;
    Mock::given(method("DELETE")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    Mock::given(method("GET")).respond_with(tokens()).mount(&server).await;
    let uri = server.uri();
    let blocks = blocks();
    let folder = std::path::Path::new(PROGRAM).parent().unwrap().display().to_string();
    let mut run = 0;
    for (index, (language, text)) in blocks.iter().enumerate() {
        if *language != "sh" || text.starts_with("cargo install ") {
            continue;
        }
        let home = tempfile::tempdir().unwrap();
        let output = Command::new("bash")
            .args(["-euc", &text.replace("https://onezone.example.org", &uri)])
            .env_clear()
            .env("PATH", format!("{folder}:/usr/bin:/bin"))
            .env("HOME", home.path())
            .envs([("ONEZONE_HOST", &uri[..]), ("ONEZONE_API_KEY", "TOKEN")])
            .current_dir(home.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).unwrap().replace(&uri, "https://onezone.example.org");
        match blocks.get(index + 1) {
            Some((next, expected)) if *next == "text" => assert_eq!(&printed, expected, "{text}"),
            _ => assert!(output.status.success(), "{text}{printed}"),
        }
        run += 1;
    }
    assert!(run >= 8, "only {run} blocks were run");
}
