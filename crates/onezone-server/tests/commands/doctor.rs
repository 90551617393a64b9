//! `doctor` and `healthcheck`: what they find, and that they change nothing.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use onezone_store::conformance::PostgresServer;
use serde_json::Value;

use super::{Home, error_of};

/// What is in a directory, with modes and contents.
fn contents(directory: &Path) -> Vec<(String, u32, Vec<u8>)> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut found: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            (entry.file_name().into_string().unwrap(), mode, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    found.sort();
    found
}

/// The findings, with the exit code.
fn doctor(home: &Home, arguments: &[&str]) -> (i32, Value) {
    let line = [&["doctor", "--output", "json", "--listen", "127.0.0.1:0"], arguments].concat();
    let output = home.command(&line).output().unwrap();
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", error_of(&output)));
    (output.status.code().unwrap(), value)
}

/// The finding of a check that contains these words.
fn finding<'v>(found: &'v Value, check: &str, words: &str) -> &'v Value {
    let checks = found["checks"].as_array().unwrap();
    let is_it = |one: &&Value| one["check"] == check && one["finding"].as_str().unwrap().contains(words);
    checks.iter().find(is_it).unwrap_or_else(|| panic!("no {check} with {words}: {found:#}"))
}

fn filled() -> Home {
    let home = Home::new();
    home.write("zone.yaml", "users: [{id: a, username: alice, password: a good password}]");
    home.run(&["zone", "apply", "zone.yaml"]);
    home
}

#[test]
fn a_zone_that_is_well_is_found_to_be_and_left_as_it_is() {
    let home = filled();
    let before = contents(&home.path("data"));
    let (code, found) = doctor(&home, &[]);
    assert_eq!(code, 0, "{found:#}");
    for (check, words) in [
        ("data directory", "mode 0700"),
        ("database file", "zone.db, mode 0600"),
        ("key file", "zone.db.key, mode 0600"),
        ("engine", "SQLite 3."),
        ("keys", "open the database"),
        ("setting", "journal_mode = wal"),
        ("integrity", "no problem"),
        ("schema", "version "),
        ("clock", "runs steadily"),
        ("address", "is free"),
        ("settings", "go together"),
    ] {
        assert_eq!(finding(&found, check, words)["verdict"], "ok", "{check}");
    }
    assert!(finding(&found, "flush", "commits a second")["verdict"] != "fail");
    let after: Vec<_> = contents(&home.path("data"))
        .into_iter()
        .filter(|(name, ..)| !name.ends_with("-shm") && !name.ends_with("-wal"))
        .collect();
    assert_eq!(after, before);
}

#[test]
fn where_nothing_is_yet_nothing_is_made() {
    let home = Home::new();
    let (code, found) = doctor(&home, &[]);
    assert_eq!(code, 0, "{found:#}");
    assert_eq!(finding(&found, "data directory", "the first start makes it")["verdict"], "ok");
    assert!(!home.path("data").exists());
}

#[test]
fn what_is_wrong_fails_with_the_way_out() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = filled();
    let mode = |name: &str, mode| {
        std::fs::set_permissions(home.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("data/zone.db.key", 0o644);
    mode("data", 0o777);
    home.write("c.toml", "log = 'info'");
    mode("c.toml", 0o666);
    let (code, found) = doctor(&home, &["--config", "c.toml"]);
    assert_eq!((code, &found["verdict"]), (1, &"fail".into()));
    for (check, words, advice) in [
        ("key file", "mode 0644: others can get at it", "chmod 600 "),
        ("data directory", "mode 0777: others can replace", "chmod 700 "),
        ("config file", "mode 0666: others can change", "chmod 644 "),
    ] {
        let found = finding(&found, check, words);
        assert!(
            found["verdict"] == "fail" && found["advice"].as_str().unwrap().starts_with(advice),
            "{found}"
        );
    }
    let other = filled();
    std::fs::copy(other.path("data/zone.db.key"), home.path("data/zone.db.key")).unwrap();
    let (_, found) = doctor(&home, &[]);
    assert_eq!(finding(&found, "keys", "the keys do not fit")["verdict"], "fail");
    home.write("data/zone.db", &"not a database. ".repeat(100));
    let (_, found) = doctor(&home, &[]);
    assert_eq!(finding(&found, "database", "is not a database of this program")["verdict"], "fail");
    let output = home.command(&["doctor", "--listen", "192.0.2.1:80"]).output().unwrap();
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("accept it with --insecure-http") && table.contains("-> "), "{table}");
    assert!(error_of(&output).contains(" checks failed"), "{}", error_of(&output));
}

/// A server and where it listens.
struct Served {
    child: Child,
    address: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(home: &Home) -> Served {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("onezone-server"))
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "off", "--config", "/dev/null"])
        .env_clear()
        .env("ONEZONE_DATA_DIR", home.path("data"))
        .env("ONEZONE_METRICS_LISTEN", "off")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.strip_prefix("listening on http://").unwrap().split('/').next().unwrap().to_owned();
    Served { child, address }
}

#[test]
fn a_server_that_runs_is_healthy_and_one_that_does_not_is_not() {
    let home = filled();
    let served = serve(&home);
    let healthy = home.run(&["healthcheck", "--listen", &served.address]);
    assert_eq!(healthy, format!("{} answers\n", served.address));
    // While it runs, the doctor finds it where it is to listen.
    let output = home.command(&["doctor", "--listen", &served.address]).output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && table.contains("a server answers at 127.0.0.1:"), "{table}");
    let address = served.address.clone();
    drop(served);
    let error = home.fail(1, &["healthcheck", "--listen", &address]);
    assert!(error.contains(&format!("no server answers at {address}")), "{error}");
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    // What listens there says something else.
    let answering = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for _ in 0..2 {
            let (mut stream, _) = other.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HELLO\r\n");
        }
    });
    assert!(home.fail(1, &["healthcheck", "--listen", &address]).contains("is no such server"));
    let output = home.command(&["doctor", "--listen", &address]).output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("something else listens at"), "{table}");
    answering.join().unwrap();
}

#[test]
fn a_database_on_a_server_is_examined_with_its_settings() {
    let server = PostgresServer::start();
    let url = server.options(&server.create_database()).url;
    let home = Home::new();
    home.run(&["key", "create", "zone.key"]);
    let at = ["--database", &url, "--key-file", "zone.key"];
    let (code, found) = doctor(&home, &at);
    assert_eq!(
        (code, &finding(&found, "schema", "version 0")["advice"]),
        (1, &"onezone-server migrate".into())
    );
    home.run(&[&["migrate"], &at[..]].concat());
    let (_, found) = doctor(&home, &at);
    assert_eq!(finding(&found, "engine", "PostgreSQL ")["verdict"], "ok");
    assert_eq!(finding(&found, "keys", "open the database")["verdict"], "ok");
    for setting in ["fsync", "full_page_writes", "synchronous_commit", "collation", "tls"] {
        finding(&found, "setting", &format!("{setting} = "));
    }
    assert_eq!(finding(&found, "setting", "synchronous_standby_names = ''")["verdict"], "warn");
    home.run(&["key", "create", "other.key"]);
    let (code, found) = doctor(&home, &["--database", &url, "--key-file", "other.key"]);
    assert_eq!((code, &finding(&found, "keys", "do not fit")["verdict"]), (1, &"fail".into()));
    let (code, found) =
        doctor(&home, &["--database", "postgres://u@127.0.0.1:1/zone", "--key-file", "zone.key"]);
    assert_eq!((code, &finding(&found, "database", "cannot be reached")["verdict"]), (1, &"fail".into()));
}
