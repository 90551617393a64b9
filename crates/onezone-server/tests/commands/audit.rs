//! `audit list` and `audit tail`.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use super::Home;

const ZONE: &str = "
users: [{id: alice, username: alice}, {id: bob, username: bob}]
tokens:
  - {id: t1, name: laptop, subject: usr-alice}
  - {id: t2, name: phone, subject: usr-alice}
  - {id: t3, name: laptop, subject: usr-bob}
";

fn zone() -> Home {
    let home = Home::new();
    home.write("zone.yaml", ZONE);
    home.run(&["zone", "apply", "zone.yaml"]);
    home.run(&["token", "revoke", "t1"]);
    home.run(&["token", "revoke", "t3"]);
    home
}

fn column<'a>(rows: &'a Value, name: &str) -> Vec<&'a Value> {
    rows.as_array().unwrap().iter().map(|row| &row[name]).collect()
}

#[test]
fn changes_are_listed_with_who_what_and_whose() {
    let home = zone();
    let rows = home.json(&["audit", "list", "--target", "usr-alice"]);
    let last = rows.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["action"], &last["actor"], &last["authentication"], &last["tokens"], &last["peer"]),
        (
            &json!("token.revoke"),
            &json!("onezone-server token revoke"),
            &json!("local"),
            &json!(1),
            &Value::Null
        )
    );
    assert!(last["time"].as_str().unwrap().ends_with('Z') && last.get("tokenIds").is_none());
    let table = home.run(&["audit", "list", "--target", "usr-alice", "--ids"]);
    let mut lines = table.lines();
    let heading: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(
        heading,
        ["TIME", "ACTION", "TARGET", "TOKENS", "BY", "AUTHENTICATION", "PEER", "REQUEST", "TOKEN", "IDS"]
    );
    assert!(lines.next_back().unwrap().ends_with("t1"), "{table}");
}

#[test]
fn the_newest_changes_come_last_and_the_limit_keeps_them() {
    let home = zone();
    let all = home.json(&["audit", "list"]);
    let actions = column(&all, "action");
    assert_eq!(actions[actions.len() - 2..], ["token.revoke", "token.revoke"]);
    let limited = home.json(&["audit", "list", "--limit", "1"]);
    assert_eq!(limited.as_array().unwrap()[..], all.as_array().unwrap()[actions.len() - 1..]);
    assert_eq!(home.json(&["audit", "list", "--limit", "0"]), json!([]));
}

#[test]
fn changes_are_confined_by_time_and_actor() {
    let home = zone();
    let count =
        |arguments: &[&str]| home.json(&[&["audit", "list"], arguments].concat()).as_array().unwrap().len();
    let all = count(&[]);
    assert_eq!(count(&["--since", "1h"]), all);
    assert_eq!(count(&["--until", "1h"]), 0);
    assert_eq!(count(&["--since", "2100-01-01T00:00:00Z"]), 0);
    assert_eq!(count(&["--until", "4102444800"]), all);
    assert_eq!(count(&["--actor", "onezone-server token revoke"]), 2);
    assert_eq!(count(&["--actor", "usr-alice"]), 0);
    let error = home.fail(1, &["audit", "list", "--since", "yesterday"]);
    assert!(error.contains("\"yesterday\" is no time: write seconds since 1970"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_tail_shows_changes_as_they_happen_until_it_is_interrupted() {
    let home = zone();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("onezone-server"))
        .args(["audit", "tail", "--limit", "1", "--ids", "--output", "json"])
        .env_clear()
        .env("ONEZONE_DATA_DIR", home.path("data"))
        .env("ONEZONE_METRICS_LISTEN", "off")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    let first = next();
    assert_eq!((&first["target"], &first["tokenIds"]), (&json!("usr-bob"), &json!(["t3"])));
    home.run(&["token", "revoke", "t2"]);
    let second = next();
    assert_eq!((&second["target"], &second["tokenIds"]), (&json!("usr-alice"), &json!(["t2"])));
    home.run(&["user", "add", "--id", "carol"]);
    assert_eq!(next()["action"], "user.create");
    let interrupt = format!("kill -INT {}", child.id());
    assert!(std::process::Command::new("sh").args(["-c", &interrupt]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(lines.next().is_none(), "a change was shown twice");
}
