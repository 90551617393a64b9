//! `token create`, `print`, `inspect`, `list`, `revoke`.

use serde_json::json;

use super::{Home, error_of};

fn with_alice() -> Home {
    let home = Home::new();
    home.run(&["user", "add", "--id", "alice", "--username", "alice"]);
    home
}

#[test]
fn a_created_token_is_printed_alone_and_can_be_printed_again() {
    let home = with_alice();
    let arguments = [
        "token",
        "create",
        "--subject",
        "usr-alice",
        "--name",
        "laptop",
        "--id",
        "t1",
        "--caveat",
        "time < 1893456000",
    ];
    let printed = home.run(&arguments);
    assert_eq!(printed.lines().count(), 1);
    assert!(printed.trim_end().chars().all(|character| character.is_ascii_alphanumeric()), "{printed}");
    assert_eq!(home.run(&["token", "print", "t1"]), printed);

    let inspected =
        home.command(&["token", "inspect", "--output", "json"]).write_stdin(printed).output().unwrap();
    let inspected: serde_json::Value = serde_json::from_slice(&inspected.stdout).unwrap();
    assert_eq!(
        inspected,
        json!({
            "id": "t1",
            "persistence": "named",
            "subject": "usr-alice",
            "type": { "accessToken": {} },
            "domain": "localhost",
            "caveats": ["time < 1893456000"],
        })
    );
}

#[test]
fn inspecting_needs_no_database() {
    let home = with_alice();
    let token = home.run(&[
        "token",
        "create",
        "--subject",
        "usr-alice",
        "--name",
        "laptop",
        "--domain",
        "zone.example",
    ]);
    let elsewhere = Home::new();
    let output = elsewhere.command(&["token", "inspect"]).write_stdin(token).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("subject      usr-alice") && shown.contains("zone.example"), "{shown}");
    assert!(!elsewhere.path("data").exists());
    let output = elsewhere.command(&["token", "inspect"]).write_stdin("nonsense!").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error_of(&output).contains("standard input is not a token"), "{}", error_of(&output));
}

#[test]
fn a_list_is_in_the_order_of_names_and_shows_no_secret() {
    let home = with_alice();
    for (id, name, kind) in [
        ("t1", "laptop", "accessToken"),
        ("t2", "Backup", "identityToken"),
        ("t3", "guests", "inviteToken:userJoinGroup:admins"),
    ] {
        home.run(&["token", "create", "--subject", "usr-alice", "--id", id, "--name", name, "--type", kind]);
    }
    assert_eq!(home.run(&["token", "revoke", "t2"]), "revoked token t2\n");
    let listed = home.json(&["token", "list", "--subject", "usr-alice"]);
    let listed = listed.as_array().unwrap();
    let ids: Vec<_> = listed.iter().map(|token| token["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["t2", "t3", "t1"]);
    assert_eq!(listed[0]["revoked"], true);
    assert_eq!(
        listed[1]["type"],
        json!({ "inviteToken": { "groupId": "admins", "inviteType": "userJoinGroup" } })
    );
    let secret = home.json(&["zone", "export"])["tokens"][0]["secret"].as_str().unwrap().to_owned();
    let shown = home.run(&["token", "list", "--subject", "usr-alice"]);
    assert!(shown.starts_with("ID  NAME    TYPE"), "{shown}");
    assert!(!shown.contains(&secret) && !listed.iter().any(|token| token.to_string().contains(&secret)));
}

#[test]
fn what_cannot_be_created_is_refused_with_the_reason() {
    let home = with_alice();
    home.run(&["token", "create", "--subject", "usr-alice", "--name", "laptop", "--id", "t1"]);
    for (code, arguments, expected) in [
        (
            1,
            &["--subject", "usr-alice", "--name", "laptop"][..],
            "usr-alice has a token named \"laptop\" already",
        ),
        (1, &["--subject", "usr-alice", "--name", "other", "--id", "t1"], "token \"t1\" exists already"),
        (1, &["--subject", "usr-bob", "--name", "laptop"], "subject \"usr-bob\" does not exist"),
        (1, &["--subject", "usr-alice", "--name", "x"], "a token name of 1 characters"),
        (1, &["--subject", "usr-alice", "--name", "ab", "--id", "a/b"], "use ids without slashes"),
        (2, &["--subject", "alice", "--name", "laptop"], "write usr-ID for a user or prv-ID for a provider"),
        (2, &["--subject", "usr-alice", "--name", "ab", "--type", "key"], "write accessToken, identityToken"),
        (
            2,
            &["--subject", "usr-alice", "--name", "ab", "--type", "inviteToken:x:y"],
            "`x` is not an invite type",
        ),
        (2, &["--subject", "usr-alice", "--name", "ab", "--caveat", "soon"], "`soon` is not a caveat"),
        (2, &["--name", "laptop"], "--subject"),
    ] {
        let arguments: Vec<&str> = ["token", "create"].iter().chain(arguments).copied().collect();
        let error = home.fail(code, &arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    assert!(home.fail(1, &["token", "print", "t9"]).contains("token \"t9\" does not exist"));
    assert!(home.fail(1, &["token", "revoke", "t9"]).contains("token \"t9\" does not exist"));
    assert!(
        home.fail(1, &["token", "list", "--subject", "prv-x"]).contains("subject \"prv-x\" does not exist")
    );
}

#[test]
fn a_legacy_token_is_printed_in_its_old_form() {
    let home = with_alice();
    let yaml = "tokens: [{id: old, name: legacy token 1, subject: usr-alice, version: 1, secret: x}]";
    let applied = home.command(&["zone", "apply", "-"]).write_stdin(yaml).output().unwrap();
    assert!(applied.status.success(), "{}", error_of(&applied));
    let token = home.run(&["token", "print", "old"]);
    let inspected =
        home.command(&["token", "inspect", "--output", "json"]).write_stdin(token).output().unwrap();
    let inspected: serde_json::Value = serde_json::from_slice(&inspected.stdout).unwrap();
    assert_eq!((&inspected["id"], &inspected["subject"]), (&json!("old"), &json!(null)));
}
