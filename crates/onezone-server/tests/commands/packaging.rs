//! Unit, image and Debian package, held against the program and against each other: what they name is there, and what they run
//! is understood.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Home;

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(here().join(name)).unwrap()
}

/// Whether the program understands this command, without running it.
fn is_understood(home: &Home, words: &[&str]) -> bool {
    let arguments: Vec<&str> = words[1..].iter().copied().chain(["--help"]).collect();
    words[0] == "/usr/bin/onezone-server" && home.command(&arguments).output().unwrap().status.success()
}

/// The values of each directive of a unit.
fn directives(unit: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in unit.lines().filter(|line| !line.starts_with(['#', '[']) && !line.is_empty()) {
        let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{line}"));
        found.entry(name).or_default().push(value);
    }
    found
}

#[test]
fn the_unit_runs_a_command_that_is_understood_and_confines_it() {
    let home = Home::new();
    let unit = read("onezone-server.service");
    let found = directives(&unit);
    let command: Vec<&str> = found["ExecStart"][0].split(' ').collect();
    assert!(is_understood(&home, &command), "{command:?}");
    assert!(command.contains(&"/etc/onezone-server/config.toml"));
    for (name, value) in [
        // The server says when it takes requests, that it is alive, and on which signal it reads certificates anew.
        ("Type", "notify"),
        ("WatchdogSec", "30s"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("User", "onezone-server"),
        ("StateDirectory", "onezone-server"),
        ("StateDirectoryMode", "0700"),
        // The password of the first start must not be in the journal.
        ("StandardOutput", "null"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("MemoryDenyWriteExecute", "yes"),
        ("LimitCORE", "0"),
        ("CapabilityBoundingSet", ""),
        ("UMask", "0077"),
    ] {
        assert_eq!(found[name], [value], "{name}");
    }
    let drop_in = read("key-credential.conf");
    let of_drop_in = directives(&drop_in);
    let (variable, _) = of_drop_in["Environment"][0].split_once('=').unwrap();
    assert_eq!(variable, "ONEZONE_KEY_FILE");
}

/// The instructions of a Dockerfile, with lines that go on joined.
fn instructions(text: &str) -> Vec<(String, String)> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|line| line.split_once(' ').unwrap()).map(|(name, rest)| (name.into(), rest.into())).collect()
}

#[test]
fn the_image_is_made_of_what_is_there_and_runs_what_is_understood() {
    let home = Home::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let ignored = read("Dockerfile.dockerignore");
    let (mut entry, mut words) = (Vec::new(), Vec::new());
    let mut user = String::new();
    for (name, rest) in instructions(&read("Dockerfile")) {
        let list =
            |text: &str| serde_json::from_str::<Vec<String>>(&text[text.find('[').unwrap()..]).unwrap();
        match name.as_str() {
            "COPY" if !rest.contains("--from=") => {
                let names: Vec<&str> = rest.split(' ').collect();
                for source in &names[..names.len() - 1] {
                    assert!(root.join(source).exists(), "COPY {source}");
                    assert!(ignored.lines().any(|line| line == format!("!{source}")), "{source} is ignored");
                }
            }
            "ENV" => {
                let settings = home.json(&["config", "print"]);
                for pair in rest.split(' ') {
                    let key =
                        pair.split('=').next().unwrap().strip_prefix("ONEZONE_").unwrap().to_lowercase();
                    assert!(settings.get(&key).is_some(), "{key} is no setting");
                }
            }
            "HEALTHCHECK" => {
                let check = list(&rest);
                assert!(is_understood(&home, &check.iter().map(String::as_str).collect::<Vec<_>>()));
            }
            "ENTRYPOINT" => entry = list(&rest),
            "CMD" => words = list(&rest),
            "USER" => user = rest,
            _ => {}
        }
    }
    let command: Vec<&str> = entry.iter().chain(&words).map(String::as_str).collect();
    assert!(is_understood(&home, &command), "{command:?}");
    assert_eq!(user, "65532:65532", "the image runs as root");
}

#[test]
fn the_package_is_made_of_what_is_there_and_its_scripts_are_understood() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let (_, deb) = manifest.split_once("[package.metadata.deb]").unwrap();
    let (_, assets) = deb.split_once("assets = [\n").unwrap();
    let sources = assets.lines().take_while(|line| *line != "]").map(|line| line.split('"').nth(1).unwrap());
    let mut count = 0;
    for source in
        sources.filter(|source| !source.starts_with("packaging/built/") && !source.starts_with("target/"))
    {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(source.trim_end_matches("/*.md"));
        assert!(path.exists(), "{source}");
        count += 1;
    }
    assert!(count >= 4, "{count}");
    for name in ["postinst", "prerm", "postrm"] {
        let script = here().join("debian").join(name);
        let checked = Command::new("sh").arg("-n").arg(&script).output().unwrap();
        assert!(checked.status.success(), "{name}: {}", String::from_utf8_lossy(&checked.stderr));
        // Here the units are started and stopped.
        assert!(read(&format!("debian/{name}")).ends_with("\n#DEBHELPER#\n"), "{name}");
    }
}
