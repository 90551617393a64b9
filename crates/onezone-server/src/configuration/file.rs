//! A configuration file: read, and held against the table of settings as a whole, so that all of its mistakes are told at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use toml::de::{DeTable, DeValue};

use super::settings::{Kind, Setting};
use crate::{database, suggest};

/// More than anybody writes; a file that is none is not read to its end.
const MOST_READ: u64 = 1024 * 1024;

/// What a file says.
pub(crate) struct ConfigFile {
    pub(crate) path: PathBuf,
    /// By the keys of the settings.
    pub(crate) values: BTreeMap<String, Value>,
    /// In the order of their lines.
    pub(crate) problems: Vec<Problem>,
}

/// A value as the command line would be given it.
pub(crate) struct Value {
    pub(crate) line: usize,
    /// One, or as many as a list has.
    pub(crate) texts: Vec<String>,
}

/// A mistake.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) line: usize,
    /// What is wrong, and what to write.
    pub(crate) message: String,
}

impl ConfigFile {
    /// Reads a file. Mistakes in it are among what is given back.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let cannot_read = || format!("cannot read the configuration file {}", path.display());
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).with_context(cannot_read)?;
        file.take(MOST_READ + 1).read_to_end(&mut bytes).with_context(cannot_read)?;
        anyhow::ensure!(
            u64::try_from(bytes.len()).unwrap_or(u64::MAX) <= MOST_READ,
            "{} is longer than {MOST_READ} bytes, and no configuration file",
            path.display()
        );
        let text = String::from_utf8(bytes).ok().with_context(|| {
            format!("{} is no configuration file: it is not text in UTF-8", path.display())
        })?;
        Ok(Self::parse(path, &text))
    }

    /// Reads a text. Mistakes in it are among what is given back.
    pub(crate) fn parse(path: &Path, text: &str) -> Self {
        let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut file = Self { path: path.to_owned(), values: BTreeMap::new(), problems: Vec::new() };
        for error in errors {
            let place = error.span().map_or(1, |span| line(span.start));
            file.problems.push(Problem { line: place, message: error.message().replace('\n', ", ") });
        }
        let settings = Setting::all();
        for (key, value) in table.into_inner() {
            let place = line(key.span().start);
            match read(key.get_ref(), value.get_ref(), &settings) {
                Ok(texts) => {
                    file.values.insert(key.get_ref().to_string(), Value { line: place, texts });
                }
                Err(message) => file.problems.push(Problem { line: place, message }),
            }
        }
        // What could not be parsed may be reported as a value once more.
        file.problems.sort_by_key(|problem| problem.line);
        file
    }

    /// All mistakes, each with its line.
    pub(crate) fn complaint(&self) -> String {
        let name = self.path.display();
        let count = self.problems.len();
        let mistakes = if count == 1 { "mistake" } else { "mistakes" };
        let mut text = format!("{name} has {count} {mistakes}");
        for Problem { line, message } in &self.problems {
            // Writing to a text does not fail.
            let _ = write!(text, "\n{name}:{line}: {message}");
        }
        text
    }
}

/// The texts of a value, or what is wrong with it. Values of unknown keys are not repeated: they may be secrets.
fn read(key: &str, value: &DeValue<'_>, settings: &[Setting]) -> Result<Vec<String>, String> {
    let Some(setting) = settings.iter().find(|setting| setting.key == key) else {
        if value.is_table() {
            return Err(format!("[{key}]: there are no sections; all settings stand at the top"));
        }
        let keys = settings.iter().map(|setting| setting.key.as_str());
        return Err(match suggest::nearest(&key.replace('-', "_"), keys) {
            Some(near) => format!("{key}: there is no such setting; did you mean `{near}`?"),
            None => format!("{key}: there is no such setting; `onezone-server config example` lists all"),
        });
    };
    let values: Vec<&DeValue<'_>> = match value.as_array() {
        Some(list) if setting.is_list() => list.iter().map(toml::Spanned::get_ref).collect(),
        _ => vec![value],
    };
    let mut texts = Vec::new();
    for value in values {
        let text = text(setting.kind, value)
            .ok_or_else(|| format!("{key}: this is {}, expected {}", described(value), expected(setting)))?;
        setting.check(&text).map_err(|reason| format!("{key}: {reason}"))?;
        if key == "database" && database::holds_password(&text) {
            return Err(
                "database: a password does not belong here: put it into a file that only the server can read, and \
                 name that with `database_password_file`"
                    .to_owned(),
            );
        }
        texts.push(text);
    }
    Ok(texts)
}

fn text(kind: Kind, value: &DeValue<'_>) -> Option<String> {
    match (kind, value) {
        (Kind::Text, DeValue::String(text)) => Some(text.to_string()),
        (Kind::Switch, DeValue::Boolean(value)) => Some(value.to_string()),
        (Kind::Number, DeValue::Integer(number)) => {
            // Too large for any setting is left to the setting's own range.
            let value = i128::from_str_radix(number.as_str(), number.radix());
            Some(value.map_or_else(|_| number.as_str().to_owned(), |value| value.to_string()))
        }
        (Kind::Decimal, DeValue::Integer(number)) => Some(number.as_str().to_owned()),
        (Kind::Decimal, DeValue::Float(number)) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

fn described(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn expected(setting: &Setting) -> String {
    match &setting.default {
        Some(default) => format!("{}, as {}", setting.kind.describe(), quoted(setting.kind, default)),
        None => setting.kind.describe().to_owned(),
    }
}

/// A value as the file has it.
pub(crate) fn quoted(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Switch | Kind::Number | Kind::Decimal => text.to_owned(),
        // The escapes of JSON are among those of TOML, but for one character that JSON leaves alone.
        Kind::Text => serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<(usize, String)> {
        let file = ConfigFile::parse(Path::new("c.toml"), text);
        file.problems.into_iter().map(|problem| (problem.line, problem.message)).collect()
    }

    #[test]
    fn values_are_texts_numbers_and_switches() {
        let text = "# a comment\nlisten = '127.0.0.1:0'\nmax_token_size = 65_536\ninsecure_http = true\n";
        let file = ConfigFile::parse(Path::new("c.toml"), text);
        assert_eq!(file.problems, []);
        let found: Vec<_> = file
            .values
            .iter()
            .map(|(key, value)| (key.as_str(), value.line, value.texts[0].as_str()))
            .collect();
        let expected =
            [("insecure_http", 4, "true"), ("listen", 2, "127.0.0.1:0"), ("max_token_size", 3, "65536")];
        assert_eq!(found, expected);
    }

    #[test]
    fn every_mistake_is_told_with_its_line_and_the_way_out() {
        let text = "listn = 'x'\nlisten = 8080\nmax_token_size = 5\nmax_token_caveats = 'many'\n\
            durability = 'locl'\ninsecure-http = true\nlog = ''\n[limits]\nx = 1\n";
        let found = problems(text);
        let expected = [
            (1, "listn: there is no such setting; did you mean `listen`?"),
            (2, "listen: this is a whole number, expected a text in quotes, as \"127.0.0.1:8080\""),
            (3, "max_token_size: \"5\" is not BYTES: 5 is not in 1024..=1048576"),
            (4, "max_token_caveats: this is a text, expected a whole number, as 256"),
            (5, "durability: \"locl\" is none of local, replicated; did you mean \"local\"?"),
            (6, "insecure-http: there is no such setting; did you mean `insecure_http`?"),
            (7, "log: it is empty; leave the setting out instead"),
            (8, "[limits]: there are no sections; all settings stand at the top"),
        ];
        let found: Vec<(usize, &str)> = found.iter().map(|(line, text)| (*line, text.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_lines() {
        let found = problems("listen = \n\nlog = 'info'\nlog = 'debug'\n= 3\n");
        let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
        assert!(lines.starts_with(&[1]) && lines.contains(&4) && lines.contains(&5), "{found:?}");
    }

    #[test]
    fn secrets_are_refused_and_never_repeated() {
        for text in [
            "database = 'postgres://u:hunter2@db/zone'",
            "database = 'postgres://u@db/zone?password=hunter2'",
            "password = 'hunter2'",
            "admin_password = 'hunter2'",
            "listen = ['hunter2']",
            "password = 'hunter2",
        ] {
            let found = problems(text);
            assert!(!found.is_empty(), "{text}");
            assert!(found.iter().all(|(_, message)| !message.contains("hunter2")), "{text}: {found:?}");
        }
        assert_eq!(problems("database = 'postgres://u@db/zone?sslmode=disable'"), []);
    }

    #[test]
    fn texts_are_quoted_so_that_they_are_read_back() {
        for text in ["plain", "a \"quote\" and \\", "\u{7f}\u{1}\n\tż"] {
            let line = format!("data_dir = {}", quoted(Kind::Text, text));
            let file = ConfigFile::parse(Path::new("c.toml"), &line);
            assert_eq!(file.values["data_dir"].texts, [text], "{line}");
        }
    }
}
