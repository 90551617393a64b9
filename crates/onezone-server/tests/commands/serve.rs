//! `serve`, up to the moment it listens.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use super::Home;

#[test]
fn plain_http_beyond_this_machine_is_refused_before_anything_is_created() {
    let home = Home::new();
    let error = home.fail(1, &["serve", "--listen", "0.0.0.0:0"]);
    assert!(error.contains("--insecure-http"), "{error}");
    assert!(!home.path("data").exists());
}

#[test]
fn an_address_that_is_none_is_refused() {
    let home = Home::new();
    for address in ["8080", "localhost", "127.0.0.1", "127.0.0.1:99999"] {
        assert!(home.fail(2, &["serve", "--listen", address]).contains("--listen"), "{address}");
    }
}

#[test]
fn a_password_that_cannot_be_used_leaves_no_user_behind() {
    let home = Home::new();
    home.write("password", "short");
    let error = home.fail(1, &["serve", "--listen", "127.0.0.1:0", "--admin-password-file", "password"]);
    assert!(error.contains("the password in password cannot be used: a password of 5 characters"), "{error}");
    assert_eq!(home.json(&["zone", "export"])["users"], serde_json::json!([]));
}

/// Starts the server, gives what it prints up to a line that ends like this, and kills it.
fn start(home: &Home, arguments: &[&str], last: &str) -> Vec<String> {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("onezone-server"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .args(arguments)
        .env_clear()
        .env("ONEZONE_DATA_DIR", home.path("data"))
        .env("ONEZONE_METRICS_LISTEN", "off")
        .current_dir(home.path("."))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        lines.push(line.unwrap());
        if lines.last().unwrap().ends_with(last) {
            break;
        }
    }
    // It may have ended by itself.
    let _ = child.kill();
    child.wait().unwrap();
    lines
}

#[test]
fn the_first_start_sets_up_an_administrator_and_later_ones_do_not() {
    let home = Home::new();
    let lines = start(&home, &[], "/providers/my-provider/tokens/named");
    let base = lines[0].strip_prefix("listening on ").unwrap();
    let port = base.strip_prefix("http://127.0.0.1:").unwrap().strip_suffix("/api/v3/onezone").unwrap();
    assert_ne!(port.parse::<u16>().unwrap(), 0);
    let password = lines.iter().find_map(|line| line.split_once("shown this once: ")).unwrap().1;
    assert!(password.len() >= 20);

    let zone = home.json(&["zone", "export"]);
    let id = zone["users"][0]["id"].as_str().unwrap();
    assert_eq!(
        (&zone["users"][0]["username"], &zone["groups"][0]["users"]),
        (&"admin".into(), &serde_json::json!([id]))
    );
    let privileges = zone["groups"][0]["privileges"].as_array().unwrap();
    assert!(privileges.len() == 91 && privileges.contains(&"oz_tokens_manage".into()));
    let delete = format!("  curl -i -u admin:{password} -X DELETE {base}/users/{id}/tokens/named");
    assert!(lines.contains(&delete), "{lines:?}");

    let again = start(&home, &[], "/api/v3/onezone");
    assert!(again.len() == 1 && again[0].starts_with("listening on "), "{again:?}");
    assert_eq!(home.json(&["zone", "export"]), zone);
}

#[test]
fn a_password_from_a_file_is_used_and_not_shown() {
    let home = Home::new();
    home.write("password", "correct horse battery\n");
    let lines = start(&home, &["--admin-password-file", "password"], "/providers/my-provider/tokens/named");
    assert!(lines.iter().all(|line| !line.contains("correct horse")), "{lines:?}");
    // The same password in a zone file changes nothing, so it is the one that was stored.
    let id = home.json(&["zone", "export"])["users"][0]["id"].as_str().unwrap().to_owned();
    let yaml = format!(
        "users: [{{id: {id}, username: admin, fullName: Administrator, password: correct horse battery}}]"
    );
    home.write("zone.yaml", &yaml);
    assert_eq!(home.json(&["zone", "apply", "zone.yaml"])["users"]["updated"], 0);
}
