//! `config check`, `config print`, `config example`: what is configured, whether it can be, and how it is written.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::serve::{self, ServeArguments};
use super::{Context, token};
use crate::cli::Command;
use crate::configuration::{self, ConfigFile, Effective, Kind, Setting, quoted};
use crate::suggest;

/// What to do with configurations.
#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check a configuration file, and what `serve` would be told with it
    #[command(
        after_help = "All mistakes are told at once, each with its line; the exit status is 1 then. Nothing is started or changed.\n\n\
        Examples:\n  \
        onezone-server config check\n  \
        onezone-server config check /etc/onezone-server/config.toml"
    )]
    Check(CheckArguments),
    /// Print all settings as they are in force, as a configuration file
    #[command(
        after_help = "An option wins over the environment, the environment over the file, the file over the default. Passwords in \
        the address of a database are masked.\n\n\
        Examples:\n  \
        onezone-server config print --sources\n  \
        onezone-server config print --output json"
    )]
    Print(Box<PrintArguments>),
    /// Print a configuration file with every setting explained
    #[command(
        visible_alias = "init",
        after_help = "Examples:\n  \
        onezone-server config example > config.toml\n  \
        onezone-server config example --set data_dir=/var/lib/onezone-server"
    )]
    Example(ExampleArguments),
}

/// Which file.
#[derive(Args)]
pub(crate) struct CheckArguments {
    /// The file [default: the one that would be used]
    file: Option<PathBuf>,
}

/// How settings are printed. It takes the options of `serve` and of the commands that have settings of their own.
#[derive(Args)]
pub(crate) struct PrintArguments {
    /// Say behind each setting where it comes from
    #[arg(long)]
    sources: bool,
    #[command(flatten)]
    serve: ServeArguments,
    #[command(flatten)]
    domain: token::Domain,
}

/// What is set in the example.
#[derive(Args)]
pub(crate) struct ExampleArguments {
    /// Write this setting in force; can be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

pub(crate) fn run(
    command: &ConfigCommand,
    effective: &[Effective],
    context: &Context<'_>,
) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Check(arguments) => check(arguments, context),
        ConfigCommand::Print(arguments) => print(arguments.sources, effective, context),
        ConfigCommand::Example(arguments) => {
            context.output.raw(&example(&arguments.set)?);
            Ok(())
        }
    }
}

fn check(arguments: &CheckArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let named = arguments.file.as_deref().or(context.common.config.as_deref());
    let file = configuration::locate(named).map(|path| ConfigFile::read(&path)).transpose()?;
    let mut problems: Vec<Value> = Vec::new();
    let mut complaint = String::new();
    if let Some(file) = &file {
        let located =
            |problem: &configuration::Problem| json!({ "line": problem.line, "message": problem.message });
        problems.extend(file.problems.iter().map(located));
        complaint = if problems.is_empty() { String::new() } else { file.complaint() };
    }
    if problems.is_empty() {
        let others = others(file.as_ref());
        problems.extend(others.iter().map(|message| json!({ "line": null, "message": message })));
        complaint = others.join("\n");
    }
    let path = file.as_ref().map(|file| &file.path);
    let count = file.as_ref().map_or(0, |file| file.values.len());
    let value = json!({ "file": path, "settings": count, "problems": problems });
    let text = match path {
        _ if !problems.is_empty() => String::new(),
        Some(path) => format!("{}: {count} settings, all is well", path.display()),
        None => "there is no configuration file; what the environment says is well".to_owned(),
    };
    if problems.is_empty() || context.output.is_json() {
        context.output.result(&value, &text)?;
    }
    if problems.is_empty() { Ok(()) } else { bail!(complaint) }
}

/// What is wrong with settings that are each right.
fn others(file: Option<&ConfigFile>) -> Vec<String> {
    let cli = match configuration::serve_with(file) {
        Ok(cli) => cli,
        Err(error) => {
            // The first line says it; the rest is about help.
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            return vec![line.strip_prefix("error: ").unwrap_or(line).to_owned()];
        }
    };
    match &cli.command {
        Command::Serve(arguments) => serve::problems(arguments, &cli.common),
        _ => vec![],
    }
}

fn print(sources: bool, effective: &[Effective], context: &Context<'_>) -> anyhow::Result<()> {
    let (mut text, mut value) = (String::new(), Map::new());
    let width = effective.iter().map(|one| line(one).chars().count()).max().unwrap_or(0);
    for one in effective {
        let line = line(one);
        // Writing to a text does not fail.
        let _ = if sources {
            writeln!(text, "{line:<width$}  # {}", one.source)
        } else {
            writeln!(text, "{line}")
        };
        let shown = match (one.setting.kind, one.values.as_slice()) {
            (_, []) => Value::Null,
            (Kind::Text, [text]) => json!(text),
            (_, [text]) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
            (_, texts) => json!(texts),
        };
        let mut entry = json!({ "value": shown, "source": one.source.name() });
        if !matches!(one.source, configuration::Source::Default) {
            entry["from"] = one.source.to_string().into();
        }
        value.insert(one.setting.key.clone(), entry);
    }
    context.output.result(&Value::Object(value), &text)
}

fn line(one: &Effective) -> String {
    let Setting { key, kind, .. } = &one.setting;
    match one.values.as_slice() {
        [] => format!("# {key} is not set"),
        [text] => format!("{key} = {}", quoted(*kind, text)),
        texts => {
            let list: Vec<String> = texts.iter().map(|text| quoted(*kind, text)).collect();
            format!("{key} = [{}]", list.join(", "))
        }
    }
}

/// Every setting with what it means, in a form that is valid as it is and with every line of it in force.
fn example(set: &[String]) -> anyhow::Result<String> {
    let settings = Setting::all();
    let mut chosen = Vec::new();
    for pair in set {
        let (key, value) = pair.split_once('=').with_context(|| format!("{pair:?}: write KEY=VALUE"))?;
        let Some(setting) = settings.iter().find(|setting| setting.key == key) else {
            let near = suggest::nearest(key, settings.iter().map(|setting| setting.key.as_str()));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            bail!("{key}: there is no such setting{hint}");
        };
        setting.check(value).map_err(|reason| anyhow::anyhow!("{key}: {reason}"))?;
        chosen.push((key, value));
    }
    let mut text = String::from(
        "# Configuration of onezone-server. What is not set here has its default, which is shown; an option or\n\
         # environment variable of the same name wins. No secrets: name files that hold them.\n\
         # `onezone-server config check` checks this file, `onezone-server config print --sources` shows what is in force.\n",
    );
    let mut heading = "";
    for setting in &settings {
        if setting.heading != heading {
            heading = &setting.heading;
            let _ = write!(text, "\n## {heading}\n");
        }
        let help = wrapped(&setting.help);
        let _ = write!(text, "\n{help}# {}, {}\n", setting.option, setting.variable);
        let value = chosen.iter().find(|(key, _)| *key == setting.key);
        let _ = match (value, &setting.default) {
            (Some((key, value)), _) => writeln!(text, "{key} = {}", quoted(setting.kind, value)),
            (None, Some(default)) => writeln!(text, "#{} = {}", setting.key, quoted(setting.kind, default)),
            (None, None) => writeln!(text, "#{} = {}", setting.key, quoted(setting.kind, sample(setting))),
        };
    }
    Ok(text)
}

/// A value of a setting that has no default.
fn sample(setting: &Setting) -> &'static str {
    match setting.placeholder.as_str() {
        "URL" if setting.key == "otlp_endpoint" => "http://127.0.0.1:4318",
        "RATIO" => "0.1",
        "URL" => "sqlite:/var/lib/onezone-server/zone.db",
        "DIR" => "/var/lib/onezone-server",
        "FORMAT" => "json",
        "NETWORK" => "127.0.0.0/8",
        "ADDRESS:PORT" => "127.0.0.1:9180",
        _ => "/path/to/a/file",
    }
}

/// Lines of a comment.
fn wrapped(help: &str) -> String {
    let (mut text, mut line) = (String::new(), String::from("#"));
    for word in help.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > 100 {
            let _ = writeln!(text, "{line}");
            line = String::from("#");
        }
        let _ = write!(line, " {word}");
    }
    let _ = writeln!(text, "{line}");
    text
}
