//! What this document's two operations do not need: a table with bodies, lists, headers, cookies and values out of lists, made
//! by the generator from one of its own test documents, and the requests that come of it.

use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::arguments::{Action, Arguments};
use crate::credentials::Environment;
use crate::terminal::{Paint, Terminal};
use crate::{curl, exchange, help};

#[rustfmt::skip]
#[allow(clippy::pedantic, reason = "written by the generator")]
#[path = "../../stubgen/tests/golden/command_line/cli/operations.rs"]
pub(crate) mod rich;

fn parse(words: &[&str]) -> Result<Arguments, String> {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    Arguments::parse(words, &rich::API).map_err(|error| error.to_string())
}

fn refusal(words: &[&str]) -> String {
    parse(words).err().unwrap_or_else(|| panic!("{words:?} is not refused"))
}

/// The request that the words make, as a server gets it.
async fn sent(words: &[&str]) -> Request {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let words: Vec<String> =
        ["--host", &server.uri()].iter().chain(words).map(|word| (*word).to_owned()).collect();
    let made = move || {
        let arguments = Arguments::parse(words, &rich::API).map_err(|error| error.to_string())?;
        let Action::Call(ref call) = arguments.action else { return Err("no call".to_owned()) };
        exchange::run(call, &arguments, &Environment::default(), Terminal::default())
            .map_err(|error| error.to_string())
    };
    tokio::task::spawn_blocking(made).await.unwrap().unwrap();
    server.received_requests().await.unwrap().remove(0)
}

#[tokio::test]
async fn parameters_go_where_and_how_the_document_says() {
    let request = sent(&[
        "findThings",
        "id=a/b",
        "kind=big",
        "tags=big",
        "tags=small",
        "sort=x,y",
        "sort=z",
        "limit=5",
        "exact=true",
        "level=2",
        r#"filter={"a":"b c"}"#,
        "X-Trace=t",
        "session=s;1",
        "Cookie:own=1",
        "-b",
        "more=2",
    ])
    .await;
    assert_eq!(request.url.path(), "/api/v3/onezone/things/a%2Fb");
    assert_eq!(
        request.url.query().unwrap(),
        "kind=big&tags=big&tags=small&sort=x%2Cy,z&limit=5&exact=true&level=2&filter%5Ba%5D=b%20c"
    );
    assert_eq!(request.headers["x-trace"], "t");
    assert_eq!(request.headers["cookie"], "session=s%3B1; own=1; more=2");
    assert_eq!(request.headers["accept"], "text/csv");
}

#[tokio::test]
async fn bodies_come_from_members_options_and_files() {
    let request = sent(&["setThing", "id=1", "name==n: =", "size:=3", "tags:=[1]"]).await;
    assert_eq!(
        request.body_json::<serde_json::Value>().unwrap(),
        json!({"name": "n: =", "size": 3, "tags": [1]})
    );
    assert_eq!(request.headers["content-type"], "application/json");
    let request = sent(&["fillForm", "id=1", "name==a b&c", "size:=3"]).await;
    assert_eq!(request.body, b"name=a%20b%26c&size=3");
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    for words in [&["--body=r\u{e4}w"][..], &["-d", "r\u{e4}w"], &["--data-raw", "r\u{e4}w"]] {
        let words: Vec<_> = ["writeNote", "id=1"].iter().chain(words).copied().collect();
        let request = sent(&words).await;
        assert_eq!(request.body, "r\u{e4}w".as_bytes());
        assert_eq!(request.headers["content-type"], "text/plain");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("note");
    std::io::Write::write_all(&mut std::fs::File::create(&file).unwrap(), b"from a file\n").unwrap();
    let request = sent(&["-ct", "text", "writeNote", "id=1", "-d", &format!("@{}", file.display())]).await;
    assert_eq!(request.body, b"from a file\n");
}

#[test]
fn what_is_missing_is_told_with_what_it_is() {
    let refused = refusal(&["findThings"]);
    assert!(
        refused.starts_with("`id=VALUE`, `X-Trace=VALUE` are missing\n  id=VALUE       Names a thing.\n"),
        "{refused}"
    );
    assert!(
        refused.contains(
            "usage: onezone-rest-cli findThings id=VALUE X-Trace=VALUE [kind=VALUE] [tags=VALUE...]"
        ),
        "{refused}"
    );
    let refused = refusal(&["setThing", "id=1"]);
    assert!(refused.starts_with("`name==TEXT` is missing\n  name==TEXT  What it is called."), "{refused}");
    assert!(refusal(&["setThing", "id=1", "size:=1"]).starts_with("`name==TEXT` is missing"));
    assert!(refusal(&["writeNote", "id=1"]).starts_with("the body is missing"));
    assert!(parse(&["fillForm", "id=1"]).is_ok() && parse(&["setThing", "id=1", "-"]).is_ok());
}

#[test]
fn values_that_do_not_fit_are_refused() {
    for (word, problem) in [
        ("kind=bgi", "`kind` cannot be `bgi`; it is one of big, small; did you mean `big`?"),
        ("tags=huge", "`tags` cannot be `huge`; it is one of big, small"),
        ("limit=5x", "`limit` needs an integer, and not `5x`"),
        ("limit=", "`limit` needs an integer"),
        ("exact=yes", "`exact` cannot be `yes`; it is one of true, false"),
        ("level=3", "`level` cannot be `3`; it is one of 1, 2, 5"),
        ("filter=[1]", "`filter` needs object, as JSON, for instance"),
        ("kin=big", "there is no parameter `kin`; did you mean `kind`?"),
    ] {
        let refused = refusal(&["findThings", "id=1", "X-Trace:t", word]);
        assert!(refused.starts_with(problem), "{refused}");
    }
    assert!(
        refusal(&["findThings", "id=1", "X-Trace:t", "kind=big", "kind=small"])
            .contains("`kind` is given twice")
    );
    assert!(refusal(&["findThings", "id=1", "X-Trace:t", "x-trace:u"]).contains("is given twice"));
    assert!(refusal(&["setThing", "id=1", "name=x"]).contains("it is a member of the body: `name==TEXT`"));
    assert!(refusal(&["writeNote", "id=1", "a==b"]).contains("its body has no members"));
    assert!(refusal(&["-ct", "xml", "setThing", "id=1", "name==x"]).contains("which takes application/json"));
    for words in [&["--body=x", "a==b"][..], &["a==b", "-"], &["-", "-"], &["-d", "x", "--body", "y"]] {
        let words: Vec<_> = ["setThing", "id=1"].iter().chain(words).copied().collect();
        assert!(refusal(&words).contains("the body comes once"), "{words:?}");
    }
}

#[test]
fn force_checks_only_what_could_not_be_sent() {
    for words in [
        &["findThings", "id=1", "kind=huge", "limit=x", "other=1"][..],
        &["setThing", "id=1"],
        &["-ct", "xml", "setThing", "id=1", "--body=<a/>"],
    ] {
        let forced: Vec<_> = ["--force"].iter().chain(words).copied().collect();
        assert!(parse(&forced).is_ok(), "{words:?}");
        assert!(parse(words).is_err(), "{words:?}");
    }
    assert!(refusal(&["--force", "setThing"]).contains("`id=VALUE` is missing"));
    assert!(refusal(&["--force", "setThing", "id=.."]).contains("`id=..`"));
}

#[test]
fn secrets_in_bodies_and_queries_are_masked_in_a_dry_run() {
    let words = [
        "--host",
        "h",
        "--force",
        "setThing",
        "id=1",
        "password==canary",
        "token=canary",
        "n:={\"key\":\"canary\"}",
    ];
    let arguments = parse(&words).unwrap();
    let Action::Call(ref call) = arguments.action else { panic!() };
    let shown = curl::command(call, &arguments, &Environment::default()).unwrap();
    assert!(
        !shown.contains("canary") && shown.contains(r#"'{"password":"***","n":{"key":"***"}}'"#),
        "{shown}"
    );
    let arguments = parse(&[&["--show-secrets"], &words[..]].concat()).unwrap();
    let Action::Call(ref call) = arguments.action else { panic!() };
    assert_eq!(
        curl::command(call, &arguments, &Environment::default()).unwrap().matches("canary").count(),
        3
    );
}

#[test]
fn help_of_an_operation_tells_all_that_the_table_has() {
    let text = help::operation(rich::API.operation("findThings").unwrap(), 80, Paint::default());
    for part in [
        "Finds things, see the guide (https://example.org/guide) or others.",
        "  * tags [array of string]\n    One of: big, small\n    Specify as: tags=big tags=small ...\n",
        "  * limit [integer] (default: 20)\n",
        "    One of: 1, 2, 5\n",
        "Needs no authentication.",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let text = help::operation(rich::API.operation("setThing").unwrap(), 100, Paint::default());
    for part in [
        "Deprecated: it may go away.",
        "Usage: onezone-rest-cli setThing id=VALUE (name==TEXT [NAME==TEXT|NAME:=JSON]... | -)",
        "Body (application/json, required)\n  The thing.\n  * name==TEXT [string] (required) - What it is called.\n",
        "  * kind==TEXT [string]\n    One of: big, small\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(help::about(&rich::API, 80).contains("License: MIT\nContact: desk@example.org\n"));
}
