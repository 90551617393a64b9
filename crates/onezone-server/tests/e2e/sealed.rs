//! Secrets at rest, with a server that runs: keys are rotated under it, backups made, and rows moved by an enemy.

use crate::curl::curl;
use crate::fixture::{ALICE, CAROL};
use crate::processes::Home;

fn statuses(base: &str, home_tokens: &[&str]) -> Vec<u16> {
    home_tokens
        .iter()
        .map(|token| {
            curl(&["-H", &format!("X-Auth-Token: {token}"), &format!("{base}/providers/krakow/tokens/named")])
                .status
        })
        .collect()
}

#[test]
fn a_server_goes_on_serving_while_keys_are_rotated() {
    let home = Home::with_zone();
    let server = home.serve();
    let base = server.base();
    let token = home.token("carol-token");
    for round in 2..=4 {
        home.run(&["key", "rotate"]);
        assert_eq!(statuses(&base, &[&token]), [200], "round {round}");
        let with_password = curl(&["-u", ALICE, &format!("{base}/providers/krakow/tokens/named")]);
        assert_eq!(with_password.status, 200, "round {round}");
    }
    assert_eq!(home.token("carol-token"), token, "the token is the same");
    let kept = std::fs::read_to_string(home.path("data/zone.db.key")).unwrap();
    let numbers: Vec<&str> = kept
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(numbers, ["4"]);
    let ended = server.stop();
    assert!(!ended.stderr.contains("ERROR"), "{}", ended.stderr);
}

#[test]
fn a_backup_is_made_while_the_server_runs_and_restored_only_when_it_does_not() {
    let home = Home::with_zone();
    let server = home.serve();
    let base = server.base();
    let token = home.token("alice-token");
    home.run(&["backup", "backup.db"]);
    let delete = format!("{base}/users/alice/tokens/named");
    assert_eq!(curl(&["-u", CAROL, "-X", "DELETE", &delete]).status, 204);
    assert_eq!(statuses(&base, &[&token]), [401]);
    let trail = home.run(&["audit", "list", "--target", "usr-alice", "--ids", "--output", "json"]);
    let trail: Vec<serde_json::Value> = serde_json::from_str(&trail).unwrap();
    let row = trail.iter().find(|row| row["action"] == "tokens.delete_all").unwrap();
    assert_eq!((&row["actor"], &row["authentication"]), (&"usr-carol".into(), &"basic".into()));
    assert!(
        row["tokens"].as_u64().unwrap() >= 5
            && row["tokenIds"].as_array().unwrap().contains(&"alice-token".into())
    );
    assert!(row["requestId"].is_string() && row["peer"] == "127.0.0.1", "{row}");
    let error = home.fail(1, &["restore", "backup.db"]);
    assert!(error.contains("another server is serving"), "{error}");
    server.stop();

    home.run(&["restore", "backup.db"]);
    let server = home.serve();
    assert_eq!(statuses(&server.base(), &[&token]), [200], "what was deleted is alive again");
    server.stop();
    home.run(&["restore", "--revoke-all", "backup.db"]);
    let server = home.serve();
    assert_eq!(statuses(&server.base(), &[&token]), [401]);
}

#[test]
fn secrets_in_the_wrong_row_are_refused_without_a_word_about_them() {
    let home = Home::with_zone();
    let server = home.serve();
    let base = server.base();
    let tokens = [home.token("carol-token"), home.token("alice-token"), home.token("bob-token")];
    let connection = rusqlite::Connection::open(home.database()).unwrap();
    connection
        .execute_batch(
            "CREATE TEMP TABLE old AS SELECT id, sealed_secret FROM named_tokens;
             UPDATE named_tokens SET sealed_secret = (SELECT o.sealed_secret FROM old o WHERE o.id =
                 CASE named_tokens.id WHEN 'carol-token' THEN 'alice-token' ELSE 'carol-token' END)
             WHERE id IN ('carol-token', 'alice-token');
             CREATE TEMP TABLE hashes AS SELECT id, password_hash FROM users;
             UPDATE users SET password_hash = (SELECT h.password_hash FROM hashes h WHERE h.id = 'bob') WHERE id = 'carol'",
        )
        .unwrap();
    for token in &tokens[..2] {
        let answer = curl(&[
            "-H",
            &format!("X-Auth-Token: {token}"),
            &format!("{base}/providers/krakow/tokens/named"),
        ]);
        assert_eq!(answer.status, 500);
        assert!(
            answer.body.contains("internalServerError") && !answer.body.contains("does not open"),
            "{}",
            answer.body
        );
    }
    // Bob's password, or her own, for Carol.
    for password in ["carol-login:bob's password", CAROL] {
        let answer = curl(&["-u", password, &format!("{base}/providers/krakow/tokens/named")]);
        assert_eq!(answer.status, 500);
    }
    assert_eq!(statuses(&base, &[&tokens[2]]), [403], "whoever was left alone goes on");
    let log = server.stop().stderr;
    for part in [
        "the secret of token \\\"carol-token\\\" of usr-carol does not open",
        "the secret of token \\\"alice-token\\\" of usr-alice does not open",
        "the password hash of user \\\"carol\\\" does not open",
    ] {
        assert!(log.contains(part) || log.contains(&part.replace("\\\"", "\\\\\\\"")), "{part}: {log}");
    }
}
