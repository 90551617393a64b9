//! The chapters of the documentation, held against the program: every example is run as it is written.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Home;

/// A fenced block: what it is written in, its text, and its line.
struct Block {
    language: String,
    text: String,
    line: usize,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

fn chapter(name: &str) -> String {
    std::fs::read_to_string(directory().join(name)).unwrap()
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (line, content) in (1..).zip(text.lines()) {
        match (content.strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                open = Some(Block { language: language.to_owned(), text: String::new(), line });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => {
                block.text.push_str(content);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// Runs a line of a shell with the program on the path, and gives all that it prints.
fn run(home: &Home, line: &str) -> String {
    let program = assert_cmd::cargo::cargo_bin("onezone-server");
    let path = std::env::join_paths(
        std::iter::once(program.parent().unwrap().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut command = Command::new("sh");
    command.args(["-c", &format!("exec 2>&1; {line}")]).current_dir(home.path("."));
    command.env_clear().env("PATH", path.unwrap()).env("ONEZONE_DATA_DIR", "data").stdin(Stdio::null());
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

/// Every `$` line prints what stands below it; a line `…` stands for any rest.
fn expect(home: &Home, block: &Block) {
    let commands = block.text.strip_prefix("$ ").unwrap_or_else(|| panic!("line {}: no command", block.line));
    for command in commands.split("\n$ ") {
        let (line, expected) = command.split_once('\n').unwrap_or((command, ""));
        let found = run(home, line);
        match expected.split_once("…\n") {
            Some((start, _)) => assert!(found.starts_with(start), "line {}: {line}\n{found}", block.line),
            None => assert_eq!(found.trim_end(), expected.trim_end(), "line {}: {line}", block.line),
        }
    }
}

#[test]
fn every_example_of_the_zone_file_does_what_is_written() {
    let home = Home::new();
    let (mut files, mut sessions) = (0, 0);
    for block in blocks(&chapter("zone-file.md")) {
        match block.language.as_str() {
            "yaml" => {
                let name = block.text.lines().next().unwrap().strip_prefix("# ");
                if let Some(name) = name.filter(|name| Path::new(name).extension().is_some()) {
                    home.write(name, &block.text);
                } else {
                    let other = Home::new();
                    other.write("example.yaml", &block.text);
                    other.run(&["zone", "apply", "example.yaml"]);
                }
                files += 1;
            }
            "console" => {
                expect(&home, &block);
                sessions += 1;
            }
            other => panic!("line {}: nobody runs {other:?}", block.line),
        }
    }
    assert!(files >= 4 && sessions >= 5, "{files} files and {sessions} sessions were found");
}

/// The keys of each section stand in its table, no more and no fewer.
#[test]
fn the_chapter_on_the_zone_file_has_every_key() {
    let home = Home::new();
    let schema: Value = serde_json::from_str(&home.run(&["zone", "schema"])).unwrap();
    let chapter = chapter("zone-file.md");
    for (section, list) in schema["properties"].as_object().unwrap() {
        let (_, text) = chapter.split_once(&format!("\n### `{section}`\n")).unwrap();
        let text = text.split("\n#").next().unwrap();
        let rows: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("| `")).collect();
        let written: Vec<&str> = rows.iter().map(|row| row.split('`').next().unwrap()).collect();
        let known: Vec<&String> = list["items"]["properties"].as_object().unwrap().keys().collect();
        assert_eq!(written, known, "{section}");
        let required = list["items"]["required"].as_array().cloned().unwrap_or_default();
        for (row, key) in rows.iter().zip(&written) {
            let default = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
            assert_eq!(default == "required", required.contains(&Value::from(*key)), "{section}.{key}");
        }
    }
}

#[test]
fn every_chapter_is_in_the_index() {
    let index = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut found = 0;
    for entry in std::fs::read_dir(directory()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(index.contains(&format!("](docs/{name})")), "{name} is not in README.md");
        found += 1;
    }
    assert!(found >= 2);
}
