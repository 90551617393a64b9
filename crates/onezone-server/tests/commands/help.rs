//! Everything that `--help` says, as one text that is kept: what people see does not change by accident.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use super::Home;

/// The help of a command, after that of those before it, and of its subcommands.
fn collect(home: &Home, path: &[&str], text: &mut String) {
    let output = home.command(&[path, &["--help"]].concat()).env_clear().output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let line = ["onezone-server"].iter().chain(path).copied().collect::<Vec<_>>().join(" ");
    write!(text, "==> {line} --help\n{}\n", without_common(path, &help)).unwrap();
    let names: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap())
        .filter(|name| *name != "help")
        .collect();
    for name in names {
        collect(home, &[path, &[name]].concat(), text);
    }
}

/// What is the same everywhere is kept once, with the command itself.
fn without_common(path: &[&str], help: &str) -> String {
    let mut kept = String::new();
    let mut is_common = false;
    for line in help.lines() {
        if line == "Global options:" {
            is_common = !path.is_empty();
        } else if !line.starts_with(' ') && !line.is_empty() {
            is_common = false;
        }
        if !is_common {
            kept.push_str(line.trim_end());
            kept.push('\n');
        }
    }
    kept
}

/// After a change that is meant, `UPDATE_GOLDEN=1` writes it anew.
#[test]
fn the_help_of_every_command_is_what_is_kept() {
    let home = Home::new();
    let mut found = String::new();
    collect(&home, &[], &mut found);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands/help.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::File::create(&path).unwrap().write_all(found.as_bytes()).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let changed = found.lines().zip(kept.lines()).find(|(found, kept)| found != kept);
    assert!(
        found == kept,
        "the help is another: {changed:?}; if that is meant, run this test with UPDATE_GOLDEN=1"
    );
    assert!(found.matches("==> ").count() > 60);
}
