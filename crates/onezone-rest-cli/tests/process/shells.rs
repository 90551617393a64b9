//! The completions, asked for as the shells themselves do.

use std::process::{Command, Stdio};

use crate::PROGRAM;

/// Runs a shell in which the program is found by its name, and gives its output.
fn shell(program: &str, arguments: &[&str]) -> String {
    let folder = std::path::Path::new(PROGRAM).parent().unwrap().display().to_string();
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", format!("{folder}:/usr/bin:/bin"))
        .env("HOME", home.path())
        .env("TERM", "xterm")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed, `cargo xtask test` provides it: {error}"));
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

fn in_bash(line: &str) -> Vec<String> {
    let text = r#"
        source <(onezone-rest-cli --completion bash)
        complete -p onezone-rest-cli >/dev/null
        COMP_LINE=$1 COMP_POINT=${#1}
        _onezone_rest_cli onezone-rest-cli '' ''
        for reply in "${COMPREPLY[@]}"; do printf '<%s>\n' "$reply"; done
    "#;
    shell("bash", &["--norc", "-c", text, "bash", line]).lines().map(str::to_owned).collect()
}

fn in_fish(line: &str) -> Vec<String> {
    let text = format!("onezone-rest-cli --completion fish | source; complete -C '{line}'");
    shell("fish", &["--no-config", "-c", &text]).lines().map(str::to_owned).collect()
}

/// Types a line into an interactive zsh, has it completed, and gives the line as it then is.
fn in_zsh(line: &str) -> String {
    let text = r#"
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'PS1= PROMPT_EOL_MARK= RPS1=; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; setopt no_beep no_list_ambiguous'
        zpty -w shell 'source <(onezone-rest-cli --completion zsh)'
        zpty -w shell 'told() { print -r -- "<<$BUFFER>>" }; zle -N told; bindkey "^X^T" told; print ready-$((1+1))'
        zpty -r shell reply '*ready-2*'
        zpty -n -w shell "$1"$'\t\x18\x14'
        zpty -r shell reply '*<<*>>*'
        print -r -- "${${reply##*<<}%%>>*}"
        zpty -d shell
    "#;
    shell("zsh", &["-f", "-c", text, "zsh", line]).trim_end_matches('\n').to_owned()
}

#[test]
fn bash_completes_operations_parameters_options_and_files() {
    assert_eq!(in_bash("onezone-rest-cli "), ["<deleteNamedTokensOfUser >", "<listNamedTokensOfProvider >"]);
    assert_eq!(in_bash("onezone-rest-cli -k l"), ["<listNamedTokensOfProvider >"]);
    assert_eq!(in_bash("onezone-rest-cli listNamedTokensOfProvider "), ["<id=>"]);
    assert_eq!(in_bash("onezone-rest-cli listNamedTokensOfProvider id=x "), Vec::<String>::new());
    assert_eq!(in_bash("onezone-rest-cli --output "), ["<json >", "<yaml >", "<table >", "<ids >"]);
    assert_eq!(in_bash("onezone-rest-cli --output=t"), ["<table >"]);
    assert_eq!(in_bash("onezone-rest-cli --dry"), ["<--dry-run >"]);
    assert_eq!(in_bash("onezone-rest-cli -ac js"), ["<json >", "<js >"]);
    assert_eq!(in_bash("onezone-rest-cli --cacert "), Vec::<String>::new());
}

#[test]
fn fish_completes_with_descriptions() {
    assert_eq!(
        in_fish("onezone-rest-cli "),
        [
            "deleteNamedTokensOfUser\tDelete named tokens of a user",
            "listNamedTokensOfProvider\tList named tokens of a provider"
        ]
    );
    assert_eq!(
        in_fish("onezone-rest-cli listNamedTokensOfProvider "),
        ["id=\tProvider Id. Names the provider whose tokens are listed."]
    );
    assert_eq!(
        in_fish("onezone-rest-cli --outp"),
        ["--output\tjson, yaml, table or ids; without it the answer as it is, indented on a terminal"]
    );
    assert!(
        in_fish("onezone-rest-cli --cacert /etc/pass").iter().any(|line| line.starts_with("/etc/passwd"))
    );
}

#[test]
fn zsh_completes_what_is_typed() {
    assert_eq!(in_zsh("onezone-rest-cli li"), "onezone-rest-cli listNamedTokensOfProvider ");
    assert_eq!(
        in_zsh("onezone-rest-cli listNamedTokensOfProvider "),
        "onezone-rest-cli listNamedTokensOfProvider id="
    );
    assert_eq!(in_zsh("onezone-rest-cli --output ya"), "onezone-rest-cli --output yaml ");
    assert_eq!(in_zsh("onezone-rest-cli --dry"), "onezone-rest-cli --dry-run ");
}

#[test]
fn scripts_are_well_formed() {
    for (program, options) in [("bash", &["-n"][..]), ("zsh", &["-n"]), ("fish", &["--no-execute"])] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("script").display().to_string();
        let made = crate::stdout(&crate::program(&["--completion", program], &[]).success());
        std::io::Write::write_all(&mut std::fs::File::create(&file).unwrap(), made.as_bytes()).unwrap();
        shell(program, &[options, &[&file[..]]].concat());
    }
}
