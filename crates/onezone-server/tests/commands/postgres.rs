//! The commands of upkeep on a database of a server: what works there, and which tool does the rest.

use onezone_store::conformance::PostgresServer;
use serde_json::json;

use super::Home;

const ZONE: &str = "
users: [{id: alice, username: alice, password: a good password}]
tokens: [{id: t1, name: laptop, subject: usr-alice}, {id: t2, name: phone, subject: usr-alice}]
";

#[test]
fn keys_audit_and_verification_work_and_backups_are_the_servers() {
    let server = PostgresServer::start();
    let url = server.options(&server.create_database()).url;
    let home = Home::new();
    home.run(&["key", "create", "zone.key"]);
    home.write("zone.yaml", ZONE);
    home.write("password", "not asked for\n");
    let at = |arguments: &[&str]| {
        let common = ["--database", &url, "--key-file", "zone.key", "--database-password-file", "password"];
        [arguments, &common].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let run = |arguments: &[&str]| {
        let arguments = at(arguments);
        home.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let json = |arguments: &[&str]| {
        let arguments = at(arguments);
        home.json(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    run(&["migrate"]);
    run(&["zone", "apply", "zone.yaml"]);
    let zone = run(&["zone", "export"]);

    run(&["key", "add"]);
    let resealed = json(&["key", "reseal"]);
    assert_eq!(resealed, json!({ "from": 1, "to": 2, "resealed": 3, "retired": [1], "unreadable": [] }));
    assert_eq!(json(&["key", "rotate"])["to"], 3);
    assert_eq!(run(&["zone", "export"]), zone);
    assert!(run(&["verify"]).ends_with("all is well\n"));

    run(&["token", "revoke", "t1"]);
    let rows = json(&["audit", "list", "--target", "usr-alice", "--limit", "1", "--ids"]);
    assert_eq!((&rows[0]["action"], &rows[0]["tokenIds"]), (&json!("token.revoke"), &json!(["t1"])));
    assert_eq!(json(&["token", "revoke-all", "--yes"])["tokens"], 1);

    for command in [&["backup", "copy.db"], &["restore", "copy.db"]] {
        let arguments = at(command);
        let error = home.fail(1, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(error.contains("pg_basebackup") && error.contains("pgBackRest"), "{error}");
    }
}
