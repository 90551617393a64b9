//! Zones too large to be held: what they cost in memory, and the way from one backend to another and back.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use super::{Home, text};
use onezone_store::conformance::PostgresServer;

const TOKENS: usize = 50_000;

/// What the program may need at its peak, in KiB, however many tokens there are: three caches of the database engine
/// (64, 64 and 16 MiB), and some 30 MiB for itself and what it works on.
const PEAK: u64 = 176 * 1024;

/// As an export has it: sorted, and with everything written out.
fn large_zone() -> String {
    let mut yaml = "tokens:\n".to_owned();
    for number in 0..TOKENS {
        let user = number / 100;
        let scattered = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 0x1_0000_0000;
        writeln!(
            yaml,
            "- caveats:\n  - time < 1893456000\n  - interface = rest\n  id: {scattered:08x}{number:024x}\n  name: token {number:06}\n  \
             revoked: false\n  secret: {number:064x}\n  subject: usr-{user:05}\n  type: accessToken"
        )
        .unwrap();
    }
    yaml.push_str("users:\n");
    for user in 0..TOKENS / 100 {
        writeln!(yaml, "- id: '{user:05}'\n  username: user{user:05}").unwrap();
    }
    yaml
}

/// Runs the program; the most memory it had, in KiB.
fn peak_of(home: &Home, arguments: &[&str]) -> u64 {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("onezone-server"))
        .env_clear()
        .env("ONEZONE_DATA_DIR", home.path("data"))
        .env("ONEZONE_METRICS_LISTEN", "off")
        .current_dir(home.directory.path())
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        // The peak only rises, and what is seen last is missed by no more than the last moment.
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(line) = line {
            peak = line.trim().trim_end_matches(" kB").parse().unwrap();
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{arguments:?}");
            return peak;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_large_zone_goes_in_and_out_in_bounded_memory() {
    let home = Home::new();
    home.write("zone.yaml", &large_zone());
    for arguments in [&["zone", "apply", "zone.yaml"][..], &["zone", "export", "exported.yaml"]] {
        let peak = peak_of(&home, arguments);
        assert!(peak > 5 * 1024, "{arguments:?} was not measured");
        assert!(peak < PEAK, "{arguments:?} took {} MiB", peak >> 10);
    }
    let exported = std::fs::read_to_string(home.path("exported.yaml")).unwrap();
    assert_eq!(exported.matches("\n- caveats:\n").count(), TOKENS);
}

#[test]
#[cfg(unix)]
fn a_zone_goes_from_one_backend_to_the_other_and_back_to_the_letter() {
    let server = PostgresServer::start();
    let url = server.options(&server.create_database()).url;
    let (home, other) = (Home::new(), Home::new());
    let few: String =
        large_zone().lines().take(1 + 9 * 1200).fold(String::new(), |text, line| text + line + "\n");
    let users: String =
        (0..12).fold("users:\n".to_owned(), |text, user| text + &format!("- id: '{user:05}'\n"));
    let full = home.write("full.yaml", super::zone::FULL);
    home.write("few.yaml", &(few + &users));
    home.run(&["zone", "apply", text(&full)]);
    home.run(&["zone", "apply", "few.yaml"]);
    home.run(&["key", "create", "shared.key"]);
    let postgres = ["--database", &url, "--key-file", "shared.key"];
    home.run(&[&postgres[..], &["migrate"]].concat());
    home.run(&["zone", "export", "first.yaml"]);
    home.run(&[&postgres[..], &["zone", "apply", "first.yaml"]].concat());
    home.run(&[&postgres[..], &["zone", "export", "second.yaml"]].concat());
    let second = std::fs::read_to_string(home.path("second.yaml")).unwrap();
    other.write("second.yaml", &second);
    other.run(&["zone", "apply", "second.yaml"]);
    other.run(&["zone", "export", "third.yaml"]);
    let first = std::fs::read_to_string(home.path("first.yaml")).unwrap();
    let third = std::fs::read_to_string(other.path("third.yaml")).unwrap();
    assert!(
        first.matches("subject:").count() > 1200 && first.contains("temporaryTokens:\n- "),
        "{first:.300}"
    );
    assert!(first == second && second == third, "the zone changed on its way");
    let again = other.json(&["zone", "apply", "--prune", "third.yaml"]);
    assert_eq!(again["tokens"], serde_json::json!({ "created": 0, "updated": 0, "removed": 0 }));
    // And what goes to standard output is the same as what goes to a file.
    assert_eq!(other.run(&["zone", "export"]), third);
}

#[test]
#[cfg(unix)]
fn an_export_to_a_file_is_private_and_replaces_what_was_there() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    home.write("zone.yaml", "users: [{id: alice}]");
    home.run(&["zone", "apply", "zone.yaml"]);
    let file = home.write(
        "exported.yaml",
        "something longer than what comes now, which has to be gone\n".repeat(50).as_str(),
    );
    assert_eq!(home.run(&["zone", "export", "exported.yaml"]), "");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), home.run(&["zone", "export", "-"]));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let error = home.fail(1, &["zone", "export", "nowhere/exported.yaml"]);
    assert!(error.contains("cannot write nowhere/exported.yaml"), "{error}");
    let left: Vec<_> =
        std::fs::read_dir(home.directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn a_thousand_mistakes_are_shown_and_the_rest_is_counted() {
    let home = Home::new();
    let yaml = (0..1500).fold("tokens:\n".to_owned(), |text, number| {
        text + &format!("- {{id: t{number}, name: name {number}, subject: usr-nobody}}\n")
    });
    home.write("zone.yaml", &yaml);
    let error = home.fail(1, &["zone", "apply", "zone.yaml"]);
    assert!(error.starts_with("error: zone.yaml has 1500 mistakes; nothing was written\n"), "{error:.200}");
    assert_eq!(error.lines().count(), 1002);
    assert!(error.ends_with("\nand 500 more\n"));
    assert!(error.contains("zone.yaml:2: tokens[0].subject: there is no user with the id `nobody`"));
}
