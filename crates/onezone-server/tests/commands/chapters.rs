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
    command.args(["-c", &format!("{{ {line}\n}} 2>&1")]).current_dir(home.path("."));
    command.env_clear().env("PATH", path.unwrap()).env("ONEZONE_DATA_DIR", "data");
    command.env("ONEZONE_CONFIG", "/dev/null").stdin(Stdio::null());
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

/// Every `$` line prints what stands below it. A command goes on while its lines end in a backslash or a bar; `…` stands
/// for anything within a line, and as a last line for any rest.
fn expect(home: &Home, block: &Block) -> usize {
    let mut lines = block.text.lines().peekable();
    let mut count = 0;
    while let Some(line) = lines.next() {
        let mut command =
            line.strip_prefix("$ ").unwrap_or_else(|| panic!("line {}: no command", block.line)).to_owned();
        while command.ends_with(['\\', '|']) {
            command = format!("{command}\n{}", lines.next().unwrap_or_default());
        }
        let mut expected: Vec<&str> = Vec::new();
        while let Some(shown) = lines.next_if(|line| !line.starts_with("$ ")) {
            expected.push(shown);
        }
        let is_open = expected.pop_if(|last| *last == "…").is_some();
        let found = run(home, &command);
        let printed: Vec<&str> = found.lines().collect();
        let fits = printed.len() == expected.len() || (is_open && printed.len() > expected.len());
        assert!(fits, "line {}: {command}\n{found}", block.line);
        for (line, shown) in printed.iter().zip(&expected) {
            assert!(
                is_shown(line, shown),
                "line {}: {command}\nshown:   {shown}\nprinted: {line}",
                block.line
            );
        }
        count += 1;
    }
    count
}

fn is_shown(line: &str, shown: &str) -> bool {
    let Some((start, end)) = shown.split_once('…') else { return line == shown };
    line.strip_prefix(start).is_some_and(|rest| rest.ends_with(end))
}

#[test]
fn the_examples_of_the_chapters_do_what_is_shown() {
    for (name, examples) in
        [("tokens.md", 11), ("storage.md", 5), ("configuration.md", 5), ("administration.md", 35)]
    {
        let home = Home::new();
        let blocks = blocks(&chapter(name));
        let found = blocks.iter().filter(|block| block.language == "console");
        let count: usize = found.map(|block| expect(&home, block)).sum();
        assert_eq!(count, examples, "{name}");
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
        // Beside the chapters lie their pictures.
        if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            assert!(index.contains(&format!("](docs/{name})")), "{name} is not in README.md");
            found += 1;
        }
    }
    assert!(found >= 2);
}
