//! The examples of the user documentation, run as a reader would run them.

use super::Home;

/// A command of an example and the output that is shown below it.
struct Example {
    command: String,
    shown: Vec<String>,
}

/// The examples in the `console` blocks of a document: a line that starts with `$ ` is a command, which goes on while
/// lines end in a backslash or a bar.
fn examples(document: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let (mut inside, mut continues) = (false, false);
    for line in document.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            let part = if continues { Some(line) } else { line.strip_prefix("$ ") };
            match (part, examples.last_mut()) {
                (Some(part), Some(last)) if continues => last.command = format!("{}\n{part}", last.command),
                (Some(part), _) => examples.push(Example { command: part.to_owned(), shown: Vec::new() }),
                (None, Some(last)) => last.shown.push(line.to_owned()),
                (None, None) => panic!("output without a command: {line}"),
            }
            continues = part.is_some_and(|part| part.ends_with('\\') || part.ends_with('|'));
        }
    }
    examples
}

/// Whether a line is as shown, where `…` stands for anything.
fn is_shown(line: &str, shown: &str) -> bool {
    let Some((start, end)) = shown.split_once('…') else { return line == shown };
    line.strip_prefix(start).is_some_and(|rest| rest.ends_with(end))
}

fn run_examples(document: &str) -> usize {
    let home = Home::new();
    let program = assert_cmd::cargo::cargo_bin("onezone-server");
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let examples = examples(document);
    for Example { command, shown } in &examples {
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .env_clear()
            .env("PATH", &path)
            .env("ONEZONE_DATA_DIR", home.path("data"))
            .current_dir(home.path("."))
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        // A last line of only `…` stands for all that follows.
        let (open, shown) = match shown.split_last() {
            Some((last, before)) if last == "…" => (true, before),
            _ => (false, shown.as_slice()),
        };
        let lines: Vec<&str> = printed.lines().collect();
        assert!(lines.len() == shown.len() || (open && lines.len() > shown.len()), "{command}\n{printed}");
        for (line, shown) in lines.iter().zip(shown) {
            assert!(is_shown(line, shown), "{command}\nshown:   {shown}\nprinted: {line}");
        }
    }
    examples.len()
}

#[test]
fn the_examples_about_tokens_do_what_is_shown() {
    assert_eq!(run_examples(include_str!("../../docs/tokens.md")), 11);
}
