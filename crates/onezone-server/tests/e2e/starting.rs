//! Starts that cannot succeed: each says what is wrong, where, and how to mend it, and touches nothing.

use std::net::TcpListener;

use crate::processes::Home;

/// Fails to start a server on this data directory, and gives what it says.
fn fail(home: &Home, directory: &str) -> String {
    let error =
        home.fail(1, &["serve", "--listen", "127.0.0.1:0", "--data-dir", directory, "--log-format", "text"]);
    assert!(error.starts_with("error: "), "{error}");
    error
}

#[test]
fn an_address_in_use_is_named_and_nothing_is_created() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = home.fail(1, &["serve", "--listen", &address]);
    assert!(error.contains(&address) && error.contains("--listen"), "{error}");
    assert!(!home.path("data").exists());
}

#[test]
fn a_data_directory_that_cannot_be_is_named() {
    let home = Home::new();
    home.write("file", "in the way");
    for directory in ["file", "file/below", "/proc/no-such-directory"] {
        let error = fail(&home, directory);
        assert!(error.contains(directory) && error.contains("check that"), "{error}");
    }
    assert_eq!(std::fs::read(home.path("file")).unwrap(), b"in the way");
}

#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    let home = Home::new();
    let garbage: Vec<u8> = (0..9000_u32).map(|number| number.to_le_bytes()[0] ^ 0x5a).collect();
    let path = home.write("garbage/zone.db", &garbage);
    for error in [fail(&home, "garbage"), home.fail(1, &["zone", "export", "--data-dir", "garbage"])] {
        assert!(error.contains("garbage/zone.db is not a database of this program; name another"), "{error}");
    }
    assert_eq!(std::fs::read(path).unwrap(), garbage);
}

#[test]
fn a_truncated_database_is_reported_and_left_as_it_is() {
    let home = Home::with_zone();
    let whole = std::fs::read(home.database()).unwrap();
    // A whole page and some of the next; half of the first page; no more than the name of the format.
    for (length, expected) in [(5000, "is damaged"), (whole.len() / 2, "is damaged"), (600, "zone.db")] {
        let path = home.write("truncated/zone.db", &whole[..length]);
        let error = fail(&home, "truncated");
        assert!(error.contains("truncated/zone.db") && error.contains(expected), "{length}: {error}");
        assert_eq!(std::fs::read(path).unwrap(), &whole[..length]);
    }
    home.serve().stop();
}

#[test]
fn a_damaged_page_is_found_before_anything_is_served() {
    let home = Home::with_zone();
    let mut bytes = std::fs::read(home.database()).unwrap();
    for page in bytes.chunks_mut(4096).skip(2) {
        page[..64].fill(0xee);
    }
    home.write("damaged/zone.db", &bytes);
    let error = fail(&home, "damaged");
    assert!(error.contains("damaged/zone.db is damaged") && error.contains("restore a backup"), "{error}");
}

#[test]
fn a_mistyped_place_is_no_empty_zone() {
    let home = Home::with_zone();
    for command in [
        &["zone", "export"][..],
        &["token", "list", "--subject", "usr-alice"],
        &["token", "print", "alice-token"],
        &["token", "revoke", "alice-token"],
        &["token", "create", "--subject", "usr-alice", "--name", "another"],
        &["cluster", "grant", "krakow", "--user", "alice"],
    ] {
        let error = home.fail(1, &[command, &["--data-dir", "dataa"]].concat());
        assert!(
            error.contains("there is no database dataa/zone.db") && error.contains("--data-dir"),
            "{error}"
        );
    }
    assert!(!home.path("dataa").exists());
}

#[test]
fn a_zone_file_that_is_no_text_or_never_ends_is_refused() {
    let home = Home::with_zone();
    let before = home.run(&["zone", "export"]);
    home.write("binary.yaml", b"users: [{id: \xff\xfe}]");
    let error = home.fail(1, &["zone", "apply", "binary.yaml"]);
    assert!(error.contains("binary.yaml is not UTF-8 from byte 13 on: save it as UTF-8"), "{error}");
    for (name, word) in [("absent.yaml", "No such file"), ("data", "directory"), ("/dev/zero", "NUL")] {
        let error = home.fail(1, &["zone", "apply", name]);
        assert!(error.contains(name) && error.contains(word), "{error}");
    }
    home.write("nested.yaml", "[".repeat(100_000));
    assert!(home.fail(1, &["zone", "apply", "nested.yaml"]).contains("nested.yaml:1: "));
    assert_eq!(home.run(&["zone", "export"]), before);
}

#[test]
fn commands_that_do_not_exist_are_refused_with_the_nearest_one() {
    let home = Home::new();
    let error = home.fail(2, &["serv"]);
    assert!(error.contains("'serv'") && error.contains("'serve'") && error.contains("--help"), "{error}");
    let error = home.fail(2, &["token", "prnt"]);
    assert!(error.contains("'print'"), "{error}");
    assert!(home.fail(2, &["serve", "--listen"]).contains("--listen"));
    assert!(home.fail(2, &["serve", "--log", "what=ever=else"]).contains("`else` is no level"));
    assert!(!home.path("data").exists());
}
