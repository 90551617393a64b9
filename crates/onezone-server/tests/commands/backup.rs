//! `backup`, `restore`, `verify` and `token revoke-all`.

use serde_json::{Value, json};

use super::{Home, error_of};

const ZONE: &str = "
users: [{id: alice, username: alice, password: a good password}]
tokens: [{id: t1, name: laptop, subject: usr-alice}, {id: t2, name: phone, subject: usr-alice, revoked: true}]
temporaryTokens: [{subject: usr-alice, secret: the secret, generation: 4}]
";

fn zone() -> Home {
    let home = Home::new();
    home.write("zone.yaml", ZONE);
    home.run(&["zone", "apply", "zone.yaml"]);
    home
}

#[test]
fn a_backup_brings_back_what_was_deleted_since_and_keeps_what_it_replaces() {
    let home = zone();
    let before = home.run(&["zone", "export"]);
    let said = home.run(&["backup", "backup.db"]);
    assert!(said.contains("backed up ") && said.contains("zone.db.key elsewhere"), "{said}");
    home.write("empty.yaml", "users: [{id: bob, username: bob}]");
    home.run(&["zone", "apply", "--prune", "empty.yaml"]);
    let emptied = home.run(&["zone", "export"]);

    let restored = home.json(&["restore", "backup.db"]);
    assert_eq!(home.run(&["zone", "export"]), before);
    assert_eq!(home.json(&["audit", "list", "--limit", "1"])[0]["action"], "zone.restore");
    let kept = format!("sqlite:{}", restored["kept"].as_str().unwrap());
    let key_file = home.path("data/zone.db.key");
    let export = ["zone", "export", "--database", &kept, "--key-file", super::text(&key_file)];
    assert_eq!(home.run(&export), emptied);
}

#[test]
fn a_restored_zone_can_have_every_token_revoked() {
    let home = zone();
    home.run(&["backup", "backup.db"]);
    let said = home.run(&["restore", "backup.db"]);
    assert!(said.contains("are valid again; `onezone-server token revoke-all --yes`"), "{said}");
    let restored = home.json(&["restore", "--revoke-all", "backup.db"]);
    assert_eq!((&restored["revokedTokens"], &restored["revokedTemporaryTokens"]), (&json!(1), &json!(1)));
    let zone = home.json(&["zone", "export"]);
    assert!(zone["tokens"].as_array().unwrap().iter().all(|token| token["revoked"] == true));
    let temporary = &zone["temporaryTokens"][0];
    assert!(temporary["generation"] == 5 && temporary["secret"] != "the secret", "{temporary}");
}

#[test]
fn every_token_is_revoked_when_somebody_says_that_it_is_meant() {
    let home = zone();
    assert!(home.fail(2, &["token", "revoke-all"]).contains("--yes"));
    let said = home.run(&["token", "revoke-all", "--yes"]);
    assert_eq!(said, "revoked 1 named tokens, and the temporary tokens of 1 subjects\n");
    assert_eq!(home.json(&["token", "revoke-all", "--yes"])["tokens"], 0);
}

#[test]
fn what_a_backup_cannot_be_made_to_is_refused() {
    let home = zone();
    home.run(&["backup", "backup.db"]);
    let error = home.fail(1, &["backup", "backup.db"]);
    assert!(
        error.contains("backup.db exists already; name another file, or replace it with --force"),
        "{error}"
    );
    assert_eq!(home.json(&["backup", "--force", "backup.db"])["file"], "backup.db");
    let error = home.fail(1, &["backup", "--force", "data/zone.db"]);
    assert!(error.contains("it is the database itself"), "{error}");
    let error = home.fail(1, &["backup", "other.db", "--data-dir", "nowhere"]);
    assert!(error.contains("there is no database") && !home.path("other.db").exists(), "{error}");
}

#[test]
fn what_cannot_be_restored_is_refused_and_changes_nothing() {
    let home = zone();
    home.run(&["backup", "backup.db"]);
    let before = home.run(&["zone", "export"]);
    let refused = |arguments: &[&str], expected: &str| {
        let error = home.fail(1, arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
        assert_eq!(home.run(&["zone", "export"]), before, "{arguments:?}");
    };
    refused(&["restore", "missing.db"], "cannot open missing.db");
    refused(&["restore", "zone.yaml"], "is not a database of this program");
    home.run(&["key", "create", "other.key"]);
    let error = home.fail(1, &["restore", "backup.db", "--key-file", "other.key"]);
    assert!(error.contains("backup.db cannot be restored: the keys do not fit"), "{error}");
    // A secret that somebody put where it does not belong.
    let connection = rusqlite::Connection::open(home.path("backup.db")).unwrap();
    connection.execute_batch("UPDATE users SET password_hash = x'01'").unwrap();
    drop(connection);
    refused(&["restore", "backup.db"], "the password hash of user \"alice\" does not open");
    let files = std::fs::read_dir(home.path("data")).unwrap();
    assert!(
        !files.map(|file| file.unwrap().file_name()).any(|name| name.to_str().unwrap().contains("restore"))
    );
}

#[test]
fn a_whole_database_is_verified_and_problems_are_listed() {
    let home = zone();
    let said = home.run(&["verify"]);
    assert!(said.starts_with("verified ") && said.ends_with("zone.db: all is well\n"), "{said}");
    let connection = rusqlite::Connection::open(home.path("data/zone.db")).unwrap();
    connection
        .execute_batch(
            "PRAGMA foreign_keys = OFF; UPDATE named_tokens SET caveats = 'nonsense' WHERE id = 't1';
             INSERT INTO cluster_members VALUES ('nowhere', 'usr-nobody')",
        )
        .unwrap();
    drop(connection);
    let output = home.command(&["verify", "--output", "json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let problems: Vec<&str> =
        value["problems"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    for part in [
        "token \"t1\" is damaged",
        "1 rows of cluster_members refer to rows of providers that do not exist",
        "\"usr-nobody\" has memberships or privileges and does not exist",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(part)), "{part}: {problems:?}");
    }
    assert!(error_of(&output).contains("3 problems were found"), "{}", error_of(&output));
}
