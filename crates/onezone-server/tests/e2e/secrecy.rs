//! What the server writes about requests: one line for each, and never a secret.

use serde_json::Value;

use crate::curl::{Reply, curl};
use crate::fixture::{ALICE, CAROL};
use crate::processes::{Ended, Home, Server, rest_cli};

/// A word that stands in every secret below and nowhere else.
const CANARY: &str = "CaNaRy";

fn requests(server: &Server, token: &str) -> Vec<Reply> {
    let provider = format!("{}/providers/krakow/tokens/named", server.base());
    let user = format!("{}/users/nobody/tokens/named", server.base());
    let token = format!("X-Auth-Token: {token}");
    let queried = format!("{provider}?token={CANARY}");
    let rows: [&[&str]; 10] = [
        &["-H", &token, &provider],
        &["-H", &token, "-X", "DELETE", &user],
        &["-H", "X-Auth-Token: CaNaRy", &provider],
        &["-H", "Authorization: Bearer CaNaRy", &provider],
        &["-H", "Authorization: Basic CaNaRy", &provider],
        &["-H", "X-Auth-Token: x", "-H", "X-Auth-Token: CaNaRy", &provider],
        &["-u", "alice-login:CaNaRy", &provider],
        &["-H", "Cookie: SID=CaNaRy|CaNaRy", "-H", &token, &queried],
        &["-u", ALICE, "-X", "POST", "-d", "CaNaRy", &provider],
        &["-u", CAROL, "-H", "Accept: text/CaNaRy", &provider],
    ];
    rows.into_iter().map(curl).collect()
}

fn run(format: &str) -> (Ended, Vec<Reply>, Vec<String>) {
    let home = Home::with_zone();
    let secret = format!("{CANARY}{CANARY}");
    let yaml = format!(
        "users: [{{id: ada, username: ada-login, password: {CANARY} password, privileges: [oz_tokens_manage]}}]\n\
         tokens: [{{id: ada-token, name: laptop, subject: usr-ada, secret: {secret}}}]\n"
    );
    home.write("more.yaml", yaml);
    let mut said = vec![home.run(&["zone", "apply", "more.yaml"])];
    let token = home.token("ada-token");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--log", "trace", "--log-format", format];
    let server = Server::start(home.command(&arguments));
    let mut replies = requests(&server, &token);
    let password = format!("ada-login:{CANARY} password");
    replies.push(curl(&["-u", &password, &format!("{}/providers/krakow/tokens/named", server.base())]));
    let variables = [("ONEZONE_HOST", server.origin.as_str()), ("ONEZONE_BASIC_AUTH", "alice-login:CaNaRy")];
    let output = rest_cli(&["listNamedTokensOfProvider", "id=krakow"], &variables);
    said.push(String::from_utf8_lossy(&output.stderr).into_owned());
    said.push(home.run(&["token", "list", "--subject", "usr-ada"]));
    (server.stop(), replies, [said, vec![token]].concat())
}

#[test]
fn no_secret_is_in_any_log_answer_or_message_whatever_is_logged() {
    for format in ["text", "json"] {
        let (ended, replies, mut said) = run(format);
        let token = said.pop().unwrap();
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 2, "{replies:?}");
        said.extend(replies.iter().map(|reply| format!("{reply:?}")));
        said.extend([ended.stdout, ended.stderr]);
        for text in said {
            assert!(!text.contains(CANARY), "{text}");
            // The base64 of the canary, at each of its three offsets, and the token that is signed with it.
            for trace in ["Q2FOYVJ5", "NhTmFSe", "DYU5hUn", &token] {
                assert!(!text.contains(trace), "{trace} in {text}");
            }
        }
    }
}

#[test]
fn each_request_has_one_line_in_the_access_log() {
    let home = Home::with_zone();
    let server = home.serve();
    let token = home.token("alice-token");
    let replies = requests(&server, &token);
    let ended = server.stop();
    let lines: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let access: Vec<&Value> = lines.iter().filter(|line| line["target"] == "access").collect();
    assert_eq!(access.len(), replies.len(), "{}", ended.stderr);
    for (line, reply) in access.iter().zip(&replies) {
        assert_eq!(line["request_id"], reply.header("x-request-id"), "{line}");
        assert_eq!(line["status"], reply.status, "{line}");
        assert!(line["method"].is_string() && line["ms"].is_f64() && line["peer"].is_string(), "{line}");
        assert_eq!(line.get("error_id").is_some(), reply.status >= 400, "{line}");
    }
    assert_eq!(access[0]["operation"], "list_named_tokens_of_provider");
    let who = |line: &Value| {
        ["principal", "auth_method", "credential_id"].map(|field| line[field].as_str().map(str::to_owned))
    };
    let said = |parts: [Option<&str>; 3]| parts.map(|part| part.map(str::to_owned));
    assert_eq!(who(access[0]), said([Some("usr-alice"), Some("token"), Some("alice-token")]));
    assert_eq!(who(access[2]), said([None, Some("token"), None]), "a token that is none");
    assert_eq!(who(access[9]), said([Some("usr-carol"), Some("basic"), None]));
    assert_eq!((&access[0]["http"], access[0]["trace_id"].is_null()), (&"1.1".into(), true));
    assert!(access[0]["user_agent"].as_str().unwrap().starts_with("curl/"));
    let other: Vec<&Value> = lines.iter().filter(|line| line["target"] != "access").collect();
    assert_eq!(other.len(), 1, "only the end is told: {other:?}");
}

#[test]
fn the_access_log_can_be_switched_off() {
    let home = Home::with_zone();
    let server =
        Server::start(home.command(&["serve", "--listen", "127.0.0.1:0", "--log", "info,access=off"]));
    curl(&["-u", ALICE, &format!("{}/providers/krakow/tokens/named", server.base())]).expect(200);
    assert!(!server.stop().stderr.contains("access"));
}
