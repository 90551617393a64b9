//! Completions and manual pages, as a shell and as `man` see them.

use std::process::Command;

use super::{Home, text};

/// What bash offers for the words of a line, the last of which is being written.
fn completed(home: &Home, words: &[&str]) -> Vec<String> {
    let script = home.write("completion.bash", &home.run(&["completions", "bash"]));
    let last = words.len() - 1;
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let line = format!(
        "source '{}'; COMP_WORDS=({}); COMP_CWORD={last}; \
         how=$(complete -p onezone-server); how=${{how#*-F }}; \"${{how%% *}}\" onezone-server '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        text(&script),
        quoted.join(" "),
        words[last],
        words[last - 1],
    );
    let output = Command::new("bash").args(["--norc", "-c", &line]).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    let home = Home::new();
    assert_eq!(completed(&home, &["onezone-server", "us"]), ["user"]);
    let verbs = completed(&home, &["onezone-server", "user", ""]);
    for verb in ["add", "list", "password", "block", "remove"] {
        assert!(verbs.iter().any(|found| found == verb), "{verb}: {verbs:?}");
    }
    assert_eq!(completed(&home, &["onezone-server", "serve", "--lis"]), ["--listen"]);
    assert_eq!(completed(&home, &["onezone-server", "token", "delete-all", "--ye"]), ["--yes"]);
    assert_eq!(completed(&home, &["onezone-server", "group", "member", "re"]), ["remove"]);
    assert_eq!(completed(&home, &["onezone-server", "serve", "--log-format", "js"]), ["json"]);
}

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.run(&["completions", shell]);
        assert!(script.contains("onezone-server") && script.contains("healthcheck"), "{shell}");
    }
    assert!(home.fail(2, &["completions", "csh"]).contains("[possible values: bash"));
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let home = Home::new();
    home.run(&["man", "--out", "pages"]);
    let mut names: Vec<String> = std::fs::read_dir(home.path("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in ["onezone-server.1", "onezone-server-serve.1", "onezone-server-group-member-add.1"] {
        assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
    }
    assert!(names.len() > 50, "{names:?}");
    for name in &names {
        let page = std::fs::read_to_string(home.path("pages").join(name)).unwrap();
        for part in [".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"] {
            assert!(page.contains(part), "{name} has no {part}");
        }
        // A line of text that begins like this would be a request that does not exist.
        for line in page.lines().filter(|line| line.starts_with(['.', '\''])) {
            let request = line.split([' ', '\\']).next().unwrap();
            let known = [".TH", ".SH", ".TP", ".IP", ".RS", ".RE", ".br", ".ie", ".el", ".nf", ".fi", ".PP"];
            assert!(known.contains(&request), "{name}: {line}");
        }
    }
}
