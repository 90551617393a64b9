//! The commands of every day: showing, changing and removing what there is, in tables and as JSON.

use serde_json::{Value, json};

use super::{Home, error_of, text};

const ZONE: &str = "
users:
  - {id: u1, username: alice, fullName: Alice Example, password: a good password}
  - {id: u2, username: bob, privileges: [oz_users_list]}
groups:
  - {id: g1, name: Operators, users: [u1], privileges: [oz_tokens_manage]}
  - {id: g2, name: Everybody, groups: [g1]}
providers:
  - {id: p1, name: Cracow, cluster: {users: {u1: admin}, groups: {g2: [cluster_view]}}}
spaces:
  - {id: s1, name: Genome, users: [u2], groups: [g2], providers: [p1]}
tokens:
  - {id: t1, name: laptop, subject: usr-u1, caveats: [interface = rest]}
  - {id: t2, name: phone, subject: usr-u1}
  - {id: t3, name: service, subject: prv-p1}
";

fn zone() -> Home {
    let home = Home::new();
    home.write("zone.yaml", ZONE);
    home.run(&["zone", "apply", "zone.yaml"]);
    home
}

/// The newest action in the audit log of a target.
fn last_action(home: &Home, target: &str) -> Value {
    let rows = home.json(&["audit", "list", "--target", target, "--limit", "1"]);
    rows[0]["action"].clone()
}

#[test]
fn tables_are_for_people() {
    let home = zone();
    for (command, expected) in [
        (
            &["user", "list"][..],
            "ID  USERNAME  NAME           STATE   PASSWORD  PRIVILEGES\n\
             u1  alice     Alice Example  active  set       -\n\
             u2  bob       -              active  none      oz_users_list\n",
        ),
        (
            &["group", "list"],
            "ID  NAME       USERS  GROUPS  PRIVILEGES\n\
             g1  Operators  1      0       oz_tokens_manage\n\
             g2  Everybody  0      1       -\n",
        ),
        (
            &["provider", "list"],
            "ID  NAME    CLUSTER USERS  CLUSTER GROUPS  SPACES\n\
             p1  Cracow  1              1               1\n",
        ),
        (
            &["space", "list"],
            "ID  NAME    USERS  GROUPS  PROVIDERS\n\
             s1  Genome  u2     g2      p1\n",
        ),
        (
            &["cluster", "list", "Cracow"],
            "CLUSTER  MEMBER  NAME       PRIVILEGES\n\
             p1       usr-u1  alice      admin (9)\n\
             p1       grp-g2  Everybody  cluster_view\n",
        ),
        (
            &["user", "show", "alice"],
            "FIELD                 VALUE\n\
             id                    u1\n\
             username              alice\n\
             name                  Alice Example\n\
             state                 active\n\
             password              set\n\
             privileges            -\n\
             effective privileges  oz_tokens_manage\n\
             groups                g1\n\
             effective groups      g1, g2\n\
             clusters              p1\n\
             spaces                s1\n\
             named tokens          2\n",
        ),
        (
            &["group", "show", "Everybody"],
            "FIELD       VALUE\n\
             id          g2\n\
             name        Everybody\n\
             privileges  -\n\
             member of   -\n\
             clusters    p1\n\
             spaces      s1\n\
             member      grp-g1 (Operators)\n",
        ),
        (
            &["provider", "show", "Cracow"],
            "FIELD           VALUE\n\
             id              p1\n\
             name            Cracow\n\
             cluster users   1\n\
             cluster groups  1\n\
             spaces          s1\n\
             named tokens    1\n",
        ),
    ] {
        assert_eq!(home.run(command), expected, "{command:?}");
    }
}

#[test]
fn json_is_for_programs() {
    let home = zone();
    let users = home.json(&["user", "list"]);
    let bob = json!({
        "id": "u2", "username": "bob", "fullName": null, "blocked": false, "basicAuth": true,
        "hasPassword": false, "privileges": ["oz_users_list"],
    });
    assert_eq!(users[1], bob);
    let alice = home.json(&["user", "show", "u1"]);
    assert_eq!(
        alice,
        json!({
            "id": "u1", "username": "alice", "fullName": "Alice Example", "blocked": false,
            "basicAuth": true, "hasPassword": true, "privileges": [], "groups": ["g1"],
            "effectiveGroups": ["g1", "g2"], "effectivePrivileges": ["oz_tokens_manage"],
            "clusters": { "p1": alice["clusters"]["p1"] }, "spaces": ["s1"], "namedTokens": 2,
        })
    );
    assert_eq!(alice["clusters"]["p1"].as_array().unwrap().len(), 9);
    // What a zone file has in the same words.
    let exported = home.json(&["zone", "export"]);
    for (command, key) in [("group", "groups"), ("provider", "providers"), ("space", "spaces")] {
        assert_eq!(home.json(&[command, "list"]), exported[key], "{command}");
    }
    let group = home.json(&["group", "show", "g1"]);
    assert_eq!((&group["memberOf"], &group["users"]), (&json!(["g2"]), &json!(["u1"])));
    assert_eq!(home.json(&["provider", "show", "prv-p1"])["namedTokens"], 1);
    assert_eq!(
        home.json(&["cluster", "list"])[1],
        json!({ "cluster": "p1", "member": "grp-g2", "privileges": ["cluster_view"] })
    );
    let token = home.json(&["token", "show", "t1"]);
    assert_eq!(
        token,
        json!({
            "id": "t1", "name": "laptop", "subject": "usr-u1", "type": "accessToken",
            "caveats": ["interface = rest"], "revoked": false, "createdAt": token["createdAt"], "version": 2,
        })
    );
}

#[test]
fn an_empty_list_says_so_beside_the_result() {
    let home = Home::new();
    home.write("zone.yaml", "");
    home.run(&["zone", "apply", "zone.yaml"]);
    for noun in ["user", "group", "provider", "space"] {
        let output = home.command(&[noun, "list"]).output().unwrap();
        assert!(output.status.success() && output.stdout.is_empty(), "{noun}");
        let expected = format!("there is no {noun}; `onezone-server {noun} add` adds one\n");
        assert_eq!(error_of(&output), expected);
        assert_eq!(home.json(&[noun, "list"]), json!([]), "{noun}");
    }
}

#[test]
fn users_are_changed_and_every_change_is_in_the_audit_log() {
    let home = zone();
    assert_eq!(home.run(&["user", "block", "alice"]), "blocked user u1\n");
    assert_eq!(last_action(&home, "usr-u1"), "user.block");
    let again = home.json(&["user", "block", "usr-u1"]);
    assert_eq!(again, json!({ "id": "u1", "changed": false }));
    assert_eq!(home.json(&["user", "show", "u1"])["blocked"], true);
    assert_eq!(home.run(&["user", "unblock", "u1"]), "unblocked user u1\n");
    let name = ["user", "update", "alice", "--username", "alice2", "--no-full-name", "--basic-auth", "off"];
    assert_eq!(home.run(&name), "updated user u1\n");
    let alice = home.json(&["user", "show", "alice2"]);
    assert_eq!((&alice["fullName"], &alice["basicAuth"]), (&Value::Null, &json!(false)));
    let grant = ["user", "grant", "bob", "oz_tokens_manage", "oz_users_view"];
    assert_eq!(home.run(&grant), "granted privileges to user u2\n");
    home.run(&["user", "revoke", "bob", "oz_users_list", "oz_users_view"]);
    assert_eq!(home.json(&["user", "show", "bob"])["privileges"], json!(["oz_tokens_manage"]));
    assert_eq!(last_action(&home, "usr-u2"), "user.revoke");
}

#[test]
fn a_password_comes_from_standard_input_or_is_made_and_never_from_nowhere() {
    let home = zone();
    let mut command = home.command(&["user", "password", "alice", "--password-file", "-"]);
    let output = command.write_stdin("another good password\n").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "set the password of user u1\n");
    // The same password in a zone file changes nothing, so it is the one that was stored.
    home.write(
        "same.yaml",
        "users: [{id: u1, username: alice, fullName: Alice Example, password: another good password}]",
    );
    assert_eq!(home.json(&["zone", "apply", "same.yaml"])["users"]["updated"], 0);
    let made = home.json(&["user", "passwd", "bob", "--generate-password"]);
    assert!(made["password"].as_str().unwrap().len() >= 20);
    assert_eq!(home.run(&["user", "password", "bob", "--remove"]), "took the password of user u2 away\n");
    assert_eq!(home.json(&["user", "show", "bob"])["hasPassword"], false);
    let error = home.fail(1, &["user", "password", "alice"]);
    assert!(
        error.contains("no terminal to ask for a password on: name a file with --password-file"),
        "{error}"
    );
    let file = home.write("short", "short\n");
    let error = home.fail(1, &["user", "password", "alice", "--password-file", text(&file)]);
    assert!(error.contains("a password of 5 characters") && !error.contains("short\n"), "{error}");
    assert_eq!(home.json(&["zone", "apply", "same.yaml"])["users"]["updated"], 0);
}

#[test]
fn groups_spaces_and_clusters_are_changed() {
    let home = zone();
    home.run(&["group", "member", "add", "Operators", "--user", "bob"]);
    home.run(&["group", "update", "Operators", "--name", "Night shift"]);
    home.run(&["group", "grant", "g1", "oz_users_view"]);
    home.run(&["group", "revoke", "g1", "oz_tokens_manage"]);
    home.run(&["group", "member", "remove", "Everybody", "--group", "g1"]);
    let group = home.json(&["group", "show", "Night shift"]);
    assert_eq!(
        (&group["users"], &group["privileges"], &group["memberOf"]),
        (&json!(["u1", "u2"]), &json!(["oz_users_view"]), &json!([]))
    );
    home.run(&["group", "member", "add", "g2", "--group", "g1"]);
    let error = home.fail(1, &["group", "member", "add", "g1", "--group", "Everybody"]);
    assert!(error.contains("a cycle of groups: g1 -> g2 -> g1"), "{error}");

    home.run(&["space", "member", "add", "Genome", "--user", "alice"]);
    home.run(&["space", "member", "remove", "Genome", "--user", "bob", "--group", "g2"]);
    home.run(&["space", "unsupport", "Genome", "--provider", "Cracow"]);
    home.run(&["space", "update", "Genome", "--name", "Genome 2"]);
    let expected =
        json!([{ "groups": [], "id": "s1", "name": "Genome 2", "providers": [], "users": ["u1"] }]);
    assert_eq!(home.json(&["space", "list"]), expected);
    home.run(&["space", "support", "s1", "--provider", "p1"]);
    assert_eq!(home.json(&["provider", "show", "p1"])["spaces"], json!(["s1"]));

    let grant = [
        "cluster",
        "grant",
        "Cracow",
        "--user",
        "bob",
        "--privilege",
        "manager",
        "--privilege",
        "cluster_update",
    ];
    assert!(home.run(&grant).starts_with("granted usr-u2 in cluster p1: cluster_"));
    let revoke = ["cluster", "revoke", "p1", "--user", "u2", "--privilege", "cluster_update"];
    assert_eq!(home.run(&revoke), "revoked from usr-u2 in cluster p1: cluster_update\n");
    assert_eq!(
        home.run(&["cluster", "revoke", "p1", "--group", "g2"]),
        "grp-g2 is no member of cluster p1 any more\n"
    );
    let again = home.json(&["cluster", "revoke", "p1", "--group", "g2"]);
    assert_eq!(again, json!({ "cluster": "p1", "member": "grp-g2", "changed": false }));
    assert_eq!(home.json(&["cluster", "list"]).as_array().unwrap().len(), 2);
    assert_eq!(last_action(&home, "prv-p1"), "cluster.revoke");
    home.run(&["provider", "update", "Cracow", "--name", "Krakow"]);
    assert_eq!(home.json(&["provider", "show", "Krakow"])["id"], "p1");
}

#[test]
fn what_cannot_be_undone_needs_a_yes() {
    let home = zone();
    for (command, question) in [
        (&["user", "remove", "alice"][..], "User alice (u1) with 2 named tokens is removed from the zone"),
        (&["group", "remove", "g1"], "Group Operators (g1) with 1 members is removed"),
        (&["provider", "remove", "p1"], "Provider Cracow (p1) with its cluster and 1 named token is removed"),
        (&["space", "remove", "s1"], "Space Genome (s1) is removed"),
        (&["token", "delete", "t1"], "Token t1 is deleted"),
        (&["token", "delete-all", "--subject", "usr-u1"], "All named tokens of usr-u1 are deleted"),
    ] {
        let error = home.fail(1, command);
        assert!(error.contains(question) && error.contains("with --yes"), "{command:?}: {error}");
    }
    assert_eq!(home.json(&["token", "delete", "t1", "--yes"]), json!({ "id": "t1", "deleted": true }));
    assert_eq!(home.json(&["user", "remove", "alice", "--yes"]), json!({ "id": "u1", "removedTokens": 1 }));
    assert_eq!(last_action(&home, "usr-u1"), "user.remove");
    assert_eq!(home.run(&["provider", "remove", "Cracow", "-y"]), "removed provider p1 and 1 named token\n");
    assert_eq!(home.run(&["group", "delete", "Operators", "-y"]), "removed group g1\n");
    home.run(&["space", "remove", "Genome", "-y"]);
    let zone = home.json(&["zone", "export"]);
    assert_eq!((&zone["tokens"], &zone["providers"], &zone["spaces"]), (&json!([]), &json!([]), &json!([])));
    assert_eq!(zone["groups"][0]["groups"], json!([]));
    assert!(home.run(&["verify"]).ends_with("all is well\n"));
}

#[test]
fn tokens_are_renamed_revoked_and_made_valid_again() {
    let home = zone();
    let printed = home.run(&["token", "print", "t1"]);
    assert_eq!(home.run(&["token", "rename", "t1", "old laptop"]), "renamed token t1 to old laptop\n");
    assert!(
        home.fail(1, &["token", "rename", "t1", "phone"]).contains("has a token named \"phone\" already")
    );
    home.run(&["token", "revoke", "t1"]);
    assert_eq!(home.run(&["token", "unrevoke", "t1"]), "token t1 is valid again\n");
    assert_eq!(home.json(&["token", "unrevoke", "t1"])["changed"], false);
    assert_eq!(home.run(&["token", "print", "t1"]), printed);
    let table = home.run(&["token", "list", "--subject", "usr-u1"]);
    let row = table.lines().nth(1).unwrap();
    assert!(row.starts_with("t1  old laptop  access token  valid  20") && row.ends_with('Z'), "{table}");
    assert_eq!(
        home.json(&["token", "delete-all", "--subject", "usr-u1", "--yes"]),
        json!({ "subject": "usr-u1", "deleted": 2 })
    );
}

#[test]
fn what_is_mistyped_gets_a_suggestion() {
    let home = zone();
    for (code, command, expected) in [
        (1, &["user", "show", "alcie"][..], "user \"alcie\" does not exist: did you mean \"alice\"?"),
        (1, &["group", "show", "operator"], "did you mean \"Operators\"?"),
        (1, &["provider", "show", "zzz"], "`onezone-server provider list` shows those there are"),
        (1, &["user", "grant", "bob", "oz_token_manage"], "did you mean `oz_tokens_manage`?"),
        (2, &["usr", "list"], "a similar subcommand exists: 'user'"),
        (2, &["user", "lst"], "a similar subcommand exists: 'list'"),
        (2, &["user", "update", "bob"], "the following required arguments were not provided"),
        (2, &["group", "member", "add", "g1"], "--user <USER>"),
    ] {
        let error = home.fail(code, command);
        assert!(error.contains(expected), "{command:?}: {error}");
    }
}
