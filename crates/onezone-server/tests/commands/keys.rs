//! `key list`, `add`, `reseal`, `rotate`, and what they say where they cannot work.

use serde_json::json;

use super::{Home, text};

const ZONE: &str = "
users: [{id: alice, username: alice, password: a good password}]
tokens: [{id: t1, name: laptop, subject: usr-alice}, {id: t2, name: phone, subject: usr-alice}]
temporaryTokens: [{subject: usr-alice, secret: the secret, generation: 1}]
";

fn zone() -> Home {
    let home = Home::new();
    home.write("zone.yaml", ZONE);
    home.run(&["zone", "apply", "zone.yaml"]);
    home
}

fn key_file(home: &Home) -> String {
    std::fs::read_to_string(home.path("data/zone.db.key")).unwrap()
}

/// The lines of the file that are keys.
fn keys(home: &Home) -> Vec<String> {
    key_file(home).lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn a_rotation_replaces_the_key_and_nothing_else() {
    let home = zone();
    let (before, zone) = (keys(&home), home.run(&["zone", "export"]));
    let rotated = home.json(&["key", "rotate"]);
    assert_eq!(rotated, json!({ "from": 1, "to": 2, "resealed": 4, "retired": [1], "unreadable": [] }));
    let after = keys(&home);
    assert!(after.len() == 1 && after[0].starts_with("2 ") && !before.contains(&after[0]), "one other key");
    assert_eq!(home.run(&["zone", "export"]), zone);
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(home.path("data/zone.db.key")).unwrap().permissions()
        ) & 0o777,
        0o600
    );
    let trail = home.json(&["audit", "list", "--target", "key-2"]);
    assert_eq!(trail[0]["action"], "key.rotate");
    let said = home.run(&["key", "rotate", "--keep-old-keys"]);
    assert_eq!(said, "key 3 seals everything; 4 secrets were sealed anew\n");
    assert_eq!(keys(&home).len(), 2);
}

#[test]
fn keys_are_listed_by_their_numbers_and_never_shown() {
    let home = zone();
    home.run(&["key", "add"]);
    let listed = home.run(&["key", "list"]);
    assert_eq!(
        listed,
        "KEY  STATE                   TOKENS  TEMPORARY TOKENS  PASSWORDS\n\
         1    seals                   2       1                 1\n\
         2    waits for `key reseal`  0       0                 0\n"
    );
    for line in keys(&home) {
        let key = line.split_once(' ').unwrap().1;
        for arguments in [&["key", "list"][..], &["key", "list", "--output", "json"]] {
            assert!(!home.run(arguments).contains(&key[..12]), "{arguments:?}");
        }
    }
    assert_eq!(
        home.json(&["key", "list"])[0],
        json!({
            "number": 1, "available": true, "seals": true, "tokens": 2, "temporaryTokens": 1, "passwords": 1
        })
    );
}

#[test]
fn a_rotation_that_was_interrupted_is_finished_and_not_begun_again() {
    let home = zone();
    // As after a crash behind the first step: the key is there and seals nothing.
    assert!(home.run(&["key", "add"]).contains("then run `onezone-server key reseal`"));
    let rotated = home.json(&["key", "rotate"]);
    assert_eq!((&rotated["to"], &rotated["retired"]), (&json!(2), &json!([1])));
    assert_eq!(keys(&home).len(), 1);
}

#[test]
fn both_steps_of_a_rotation_by_themselves() {
    let home = zone();
    home.run(&["key", "add"]);
    home.run(&["user", "add", "--id", "bob", "--generate-password"]);
    let counts = |home: &Home| {
        let listed = home.json(&["key", "list"]);
        listed.as_array().unwrap().iter().map(|key| key["passwords"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(counts(&home), [2, 0], "a key that was added seals nothing yet");
    let said = home.run(&["key", "reseal"]);
    assert!(said.starts_with("key 2 seals everything; 5 secrets were sealed anew\nkey 1 is gone"), "{said}");
    assert_eq!(counts(&home), [2]);
    assert_eq!(home.json(&["key", "reseal"])["resealed"], 0);
}

#[test]
fn with_keys_in_the_environment_the_commands_say_what_to_do() {
    let home = zone();
    let one = key_file(&home);
    std::fs::remove_file(home.path("data/zone.db.key")).unwrap();
    let command = |arguments: &[&str], keys: &str| {
        let mut command = home.command(arguments);
        command.env("ONEZONE_KEY", keys).output().unwrap()
    };
    for arguments in [&["key", "rotate"], &["key", "add"]] {
        let output = command(arguments, &one);
        let error = super::error_of(&output);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(
            error.contains("add a line to it, `2` with a blank") && error.contains("key reseal"),
            "{error}"
        );
    }
    let both = format!("{one}2 {}", keys_of(&home));
    let output = command(&["key", "reseal", "--output", "json"], &both);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&value["to"], &value["resealed"], &value["retired"]), (&json!(2), &json!(4), &json!([])));
}

/// Another key, from a file made for it.
fn keys_of(home: &Home) -> String {
    home.run(&["key", "create", "other.key"]);
    let text = std::fs::read_to_string(home.path("other.key")).unwrap();
    text.lines().last().unwrap().split_once(' ').unwrap().1.to_owned()
}

#[test]
fn secrets_that_do_not_open_are_named_and_their_key_stays() {
    let home = zone();
    swap(&home);
    let output = home.command(&["key", "rotate"]).output().unwrap();
    let error = super::error_of(&output);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("the secret of token \"t1\" of usr-alice does not open"), "{error}");
    assert_eq!(keys(&home).len(), 2);
}

fn swap(home: &Home) {
    let connection = rusqlite::Connection::open(home.path("data/zone.db")).unwrap();
    connection
        .execute_batch(
            "CREATE TEMP TABLE old AS SELECT id, sealed_secret FROM named_tokens;
             UPDATE named_tokens SET sealed_secret = (SELECT o.sealed_secret FROM old o WHERE o.id <> named_tokens.id)",
        )
        .unwrap();
}

#[test]
fn a_key_file_of_the_time_before_is_told_by_the_number_that_is_missing() {
    let home = zone();
    let old = home.write("old.key", &key_file(&home));
    home.run(&["key", "rotate"]);
    let error = home.fail(1, &["zone", "export", "--key-file", text(&old)]);
    assert!(error.contains("a secret is sealed with key 2, which is not among the keys"), "{error}");
}
