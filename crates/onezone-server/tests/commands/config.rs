//! Settings from files: where they are looked for, what wins, and what is said about mistakes.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::json;

use super::{Home, error_of, text};

#[test]
fn an_option_wins_over_the_environment_and_that_over_the_file() {
    let home = Home::new();
    home.write("c.toml", "log = 'warn'\nmax_token_size = 2048\nmax_token_caveats = 7\n");
    let mut command = home.command(&["config", "print", "--output", "json", "--max-token-caveats", "9"]);
    let output =
        command.env("ONEZONE_CONFIG", "c.toml").env("ONEZONE_MAX_TOKEN_SIZE", "4096").output().unwrap();
    assert!(output.status.success(), "{}", error_of(&output));
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for (key, expected) in [
        ("log", json!({ "value": "warn", "source": "file", "from": "c.toml:1" })),
        (
            "max_token_size",
            json!({ "value": 4096, "source": "environment", "from": "environment: ONEZONE_MAX_TOKEN_SIZE" }),
        ),
        ("max_token_caveats", json!({ "value": 9, "source": "option", "from": "command line" })),
        ("no_basic_auth", json!({ "value": false, "source": "default" })),
        ("key_file", json!({ "value": null, "source": "default" })),
    ] {
        assert_eq!(printed[key], expected, "{key}");
    }
}

#[test]
fn a_ratio_is_a_number_with_a_point_or_without() {
    let home = Home::new();
    for (value, shown) in [("0.25", json!(0.25)), ("1", json!(1)), ("5e-2", json!(0.05))] {
        home.write("c.toml", &format!("otlp_sample_ratio = {value}\n"));
        let printed = home.json(&["--config", "c.toml", "config", "print"]);
        assert_eq!(printed["otlp_sample_ratio"]["value"], shown);
    }
    for (value, reason) in
        [("1.5", "from 0 to 1"), ("nan", "from 0 to 1"), ("'1'", "this is a text, expected a number")]
    {
        home.write("c.toml", &format!("otlp_sample_ratio = {value}\n"));
        let error = home.fail(1, &["config", "check", "c.toml"]);
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_switch_of_the_file_can_be_turned_off_on_the_command_line() {
    let home = Home::new();
    home.write("c.toml", "insecure_http = true\n");
    let value = |arguments: &[&str]| {
        let line = [&["--config", "c.toml", "config", "print"], arguments].concat();
        home.json(&line)["insecure_http"]["value"].clone()
    };
    assert_eq!(value(&[]), true);
    assert_eq!(value(&["--insecure-http=off"]), false);
    assert_eq!(value(&["--insecure-http"]), true);
}

#[test]
fn what_is_printed_and_every_line_of_the_example_can_be_read_back() {
    let home = Home::new();
    let example = home.run(&["config", "example"]);
    home.write("example.toml", &example);
    assert_eq!(home.run(&["config", "check", "example.toml"]), "example.toml: 0 settings, all is well\n");
    let in_force: Vec<&str> = example
        .lines()
        .map(|line| line.strip_prefix('#').filter(|line| !line.starts_with([' ', '#'])).unwrap_or(line))
        // The check reads files that are named, and these are examples.
        .filter(|line| !line.contains("/path/to/a/file"))
        .filter(|line| cfg!(feature = "otlp") || !line.starts_with("otlp_endpoint"))
        .collect();
    home.write("all.toml", &in_force.join("\n"));
    let settings = home.json(&["config", "check", "all.toml"])["settings"].as_u64().unwrap();
    let printed = home.run(&["--config", "all.toml", "config", "print"]);
    home.write("printed.toml", &printed);
    assert!(settings >= 16, "{settings}");
    assert_eq!(home.json(&["config", "check", "printed.toml"])["settings"], settings);
    assert_eq!(home.run(&["--config", "printed.toml", "config", "print"]), printed);
}

#[test]
fn the_file_of_the_user_is_found_and_a_file_that_is_named_has_to_be_there() {
    let home = Home::new();
    std::fs::create_dir_all(home.path(".config/onezone-server")).unwrap();
    home.write(".config/onezone-server/config.toml", "log = 'error'\n");
    let log = |variables: &[(&str, &str)]| {
        let mut command = home.command(&["config", "print", "--output", "json"]);
        command.env_remove("ONEZONE_CONFIG").envs(variables.iter().copied());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", error_of(&output));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["log"]["value"].clone()
    };
    let directory = home.path(".");
    assert_eq!(log(&[("HOME", text(&directory))]), "error");
    assert_eq!(log(&[("XDG_CONFIG_HOME", text(&home.path(".config")))]), "error");
    assert_eq!(log(&[("HOME", text(&directory)), ("ONEZONE_CONFIG", "/dev/null")]), "info");
    let error = home.fail(2, &["--config", "missing.toml", "user", "list"]);
    assert!(error.contains("cannot read the configuration file missing.toml"), "{error}");
}

#[test]
fn a_broken_file_stops_every_command_but_those_that_help_to_mend_it() {
    let home = Home::new();
    home.write("c.toml", "listen = 80\nnonsense = 'hunter2'\n");
    for command in [&["serve"][..], &["user", "list"], &["config", "print"]] {
        let error = home.fail(2, &[&["--config", "c.toml"], command].concat());
        assert!(error.starts_with("error: c.toml has 2 mistakes\nc.toml:1: listen: "), "{error}");
        assert!(!error.contains("hunter2") && !home.path("data").exists(), "{error}");
    }
    let error = home.fail(1, &["config", "check", "c.toml"]);
    assert!(error.starts_with("error: c.toml has 2 mistakes\n"), "{error}");
    for command in [&["config", "example"][..], &["completions", "bash"]] {
        assert!(!home.run(&[&["--config", "c.toml"], command].concat()).is_empty());
    }
    let output = home.command(&["config", "check", "c.toml", "--output", "json"]).output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &found["problems"][0]["line"]), (Some(1), &json!(1)));
}

#[test]
fn settings_that_do_not_go_together_are_found_by_the_check() {
    let home = Home::new();
    for (text, expected) in [
        ("listen = '0.0.0.0:80'", "accept it with --insecure-http"),
        ("database = 'mysql:x'", "--database is of an unknown kind"),
        ("database = 'postgres://u@db/zone'", "name a file with --key-file"),
        ("log = 'info,access=loud'", "`access=loud`: `loud` is no level"),
        ("tls_certificate = 'no.pem'\ntls_key = 'no.key'", "no.pem"),
        ("tls_certificate = 'c.toml'\ntls_key = 'c.toml'", "c.toml"),
        ("geo_country_database = 'no.mmdb'", "no.mmdb"),
        ("geo_asn_database = 'c.toml'", "c.toml is no MaxMind-format database"),
    ] {
        home.write("c.toml", text);
        let error = home.fail(1, &["config", "check", "c.toml"]);
        assert!(error.contains(expected), "{text}: {error}");
    }
    let mut command = home.command(&["config", "check"]);
    let output = command.env("ONEZONE_MAX_TOKEN_SIZE", "many").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error_of(&output).contains("invalid value 'many' for '--max-token-size"),
        "{}",
        error_of(&output)
    );
}

#[test]
fn the_server_and_the_commands_use_the_database_of_the_file() {
    let home = Home::new();
    home.write("c.toml", "listen = '127.0.0.1:0'\ndatabase = 'sqlite:elsewhere.db'\nlog = 'off'\n");
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("onezone-server"))
        .args(["--config", "c.toml", "serve"])
        .env_clear()
        .current_dir(home.path("."))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    // It may have ended by itself.
    let _ = child.kill();
    child.wait().unwrap();
    assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
    assert!(home.path("elsewhere.db").is_file() && !home.path("data").exists());
    let users = home.json(&["--config", "c.toml", "user", "list"]);
    assert_eq!(users[0]["username"], "admin");
}
