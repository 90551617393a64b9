//! `user add`, `group add`, `provider add`, `space add`, `cluster grant`, and what all commands have in common.

use serde_json::json;

use super::{Home, text};

#[test]
fn users_groups_providers_and_grants_make_a_zone() {
    let home = Home::new();
    let alice = home.json(&[
        "user",
        "add",
        "--username",
        "alice",
        "--full-name",
        "Alice Example",
        "--generate-password",
    ]);
    let id = alice["id"].as_str().unwrap();
    assert!(alice["password"].as_str().unwrap().len() >= 20);
    assert_eq!(
        home.run(&[
            "group",
            "add",
            "--id",
            "ops",
            "--name",
            "Ops",
            "--user",
            id,
            "--privilege",
            "oz_tokens_manage"
        ]),
        "added group ops\n"
    );
    assert_eq!(
        home.run(&["provider", "add", "--id", "p", "--name", "Cracow", "--admin", id]),
        "added provider p\n"
    );
    assert_eq!(
        home.run(&["cluster", "grant", "p", "--group", "ops", "--privilege", "cluster_update"]),
        "granted grp-ops in cluster p: cluster_update\n"
    );
    home.run(&["cluster", "grant", "p", "--group", "ops"]);
    let space = ["space", "add", "--id", "s", "--name", "Genome"];
    let members = ["--user", id, "--group", "ops", "--provider", "p"];
    assert_eq!(home.run(&[&space[..], &members].concat()), "added space s\n");
    let zone = home.json(&["zone", "export"]);
    assert_eq!(zone["groups"][0]["privileges"], json!(["oz_tokens_manage"]));
    assert_eq!(zone["providers"][0]["cluster"]["groups"]["ops"], json!(["cluster_update", "cluster_view"]));
    assert_eq!(zone["providers"][0]["cluster"]["users"][id].as_array().unwrap().len(), 9);
    assert_eq!(zone["users"][0]["fullName"], "Alice Example");
    let expected =
        json!({ "groups": ["ops"], "id": "s", "name": "Genome", "providers": ["p"], "users": [id] });
    assert_eq!(zone["spaces"], json!([expected]));
}

#[test]
fn a_password_comes_from_a_file_without_its_line_break_and_is_not_shown() {
    let home = Home::new();
    let file = home.write("password", "a good password\n");
    let shown =
        home.run(&["user", "add", "--id", "a", "--username", "alice", "--password-file", text(&file)]);
    assert_eq!(shown, "added user a\n");
    // The same password in a zone file changes nothing, so it is the one that was stored.
    let yaml = "users: [{id: a, username: alice, password: a good password}]";
    let applied =
        home.command(&["zone", "apply", "-", "--output", "json"]).write_stdin(yaml).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&applied.stdout).unwrap();
    assert_eq!(report["users"]["updated"], 0);
    let file = home.write("password", "short\n");
    let error = home.fail(1, &["user", "add", "--username", "bob", "--password-file", text(&file)]);
    assert!(error.contains("a password of 5 characters") && !error.contains("short\n"), "{error}");
}

#[test]
fn mistakes_are_refused_with_the_way_out() {
    let home = Home::new();
    home.run(&["user", "add", "--id", "a", "--username", "alice"]);
    for (code, arguments, expected) in [
        (1, &["user", "add", "--username", "alice"][..], "the username \"alice\" belongs to another user"),
        (1, &["user", "add", "--id", "a"], "user \"a\" exists already"),
        (1, &["user", "add", "--username", "b", "--id", "b"], "a username of 1 characters"),
        (1, &["user", "add", "--id", "b", "--privilege", "root"], "`root` is not a zone privilege"),
        (
            1,
            &["group", "add", "--name", "Ops", "--user", "x"],
            "refers to the user \"x\", which does not exist",
        ),
        (
            1,
            &["group", "add", "--name", "Ops", "--id", "o", "--group", "o"],
            "a group cannot be its own subgroup: leave out --group o",
        ),
        (
            1,
            &["provider", "add", "--name", "Cracow", "--admin", "x"],
            "refers to the user \"x\", which does not exist",
        ),
        (
            1,
            &["space", "add", "--name", "Genome", "--user", "x"],
            "refers to the user \"x\", which does not exist",
        ),
        (
            1,
            &["space", "add", "--name", "Genome", "--user", "a", "--provider", "x"],
            "refers to the provider \"x\", which does not exist",
        ),
        (1, &["cluster", "grant", "p", "--user", "a"], "provider \"p\" does not exist"),
        (2, &["cluster", "grant", "p"], "--user"),
        (2, &["cluster", "grant", "p", "--user", "a", "--group", "b"], "cannot be used with"),
        (2, &["nonsense"], "unrecognized subcommand"),
        (2, &[], "Usage"),
        (1, &["zone", "export", "--database", "mysql:x"], "of an unknown kind: write sqlite:PATH"),
    ] {
        let error = home.fail(code, arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

#[test]
fn the_database_is_named_by_an_option_or_lies_in_the_data_directory() {
    let home = Home::new();
    home.write("zone.yaml", "");
    home.run(&["zone", "apply", "zone.yaml"]);
    assert!(home.path("data/zone.db").is_file());
    home.run(&["zone", "apply", "zone.yaml", "--database", "sqlite:here.db"]);
    assert!(home.path("here.db").is_file());
    let mut command = home.command(&["zone", "apply", "zone.yaml"]);
    command.env_remove("ONEZONE_DATA_DIR").env("XDG_DATA_HOME", home.path("xdg")).assert().success();
    assert!(home.path("xdg/onezone-server/zone.db").is_file());
    let mut command = home.command(&["zone", "apply", "zone.yaml"]);
    let failed = command.env_remove("ONEZONE_DATA_DIR").output().unwrap();
    assert_eq!(failed.status.code(), Some(1));
    assert!(super::error_of(&failed).contains("name a directory with --data-dir"));
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let home = Home::new();
    home.write("notes", &"not a database. ".repeat(100));
    let error = home.fail(1, &["zone", "export", "--database", "sqlite:notes"]);
    let place = home.path("notes").canonicalize().unwrap();
    let expected = format!(
        "error: {} is not a database of this program; name another file, or move this one away\n",
        place.display()
    );
    assert_eq!(error, expected);
}
