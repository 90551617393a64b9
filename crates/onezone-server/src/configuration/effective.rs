//! What is in force, and who said so.

use std::fmt;
use std::path::PathBuf;

use clap::builder::{BoolishValueParser, TypedValueParser as _};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command as Line};

use super::file::ConfigFile;
use super::settings::{Kind, Setting};
use crate::database;

/// A setting in force.
pub(crate) struct Effective {
    pub(crate) setting: Setting,
    /// None when it is not set and has no default.
    pub(crate) values: Vec<String>,
    pub(crate) source: Source,
}

/// Who said so.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The command line.
    Option,
    /// The environment.
    Variable(String),
    /// A line of the file.
    File(PathBuf, usize),
    /// Nobody.
    Default,
}

impl Source {
    /// A word for programs.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Option => "option",
            Self::Variable(_) => "environment",
            Self::File(..) => "file",
            Self::Default => "default",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option => formatter.write_str("command line"),
            Self::Variable(name) => write!(formatter, "environment: {name}"),
            Self::File(path, line) => write!(formatter, "{}:{line}", path.display()),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// Every setting that the command takes.
pub(super) fn effective(matches: &ArgMatches, file: Option<&ConfigFile>) -> Vec<Effective> {
    let mut found = Vec::new();
    for setting in Setting::all() {
        let Ok(raw) = matches.try_get_raw(&setting.id) else { continue };
        let values: Vec<String> =
            raw.into_iter().flatten().map(|value| shown(&setting, &value.to_string_lossy())).collect();
        let in_file = file.and_then(|file| {
            file.values.get(&setting.key).map(|value| Source::File(file.path.clone(), value.line))
        });
        let source = match matches.value_source(&setting.id) {
            Some(ValueSource::CommandLine) => Source::Option,
            Some(ValueSource::EnvVariable) => Source::Variable(setting.variable.clone()),
            _ => in_file.unwrap_or(Source::Default),
        };
        found.push(Effective { setting, values, source });
    }
    found
}

/// A value as the file would have it.
fn shown(setting: &Setting, value: &str) -> String {
    match setting.kind {
        Kind::Switch => {
            let read = BoolishValueParser::new().parse_ref(&Line::new(""), None, value.as_ref());
            read.map_or_else(|_| value.to_owned(), |value| value.to_string())
        }
        _ => masked(&setting.key, value),
    }
}

/// A value that can be shown: a password in a database's address is not.
fn masked(key: &str, value: &str) -> String {
    if key != "database" {
        return value.to_owned();
    }
    let value = match value.split_once(':') {
        Some(("sqlite", _)) => return value.to_owned(),
        Some(("postgres" | "postgresql", rest)) => masked_user(value, rest),
        // Nobody knows where a password would be in it.
        _ => return "***".to_owned(),
    };
    let (base, query) =
        value.split_once('?').map_or((value.as_str(), None), |(base, query)| (base, Some(query)));
    let base = base.to_owned();
    let Some(query) = query else { return base };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if name.eq_ignore_ascii_case("password") => format!("{name}=***"),
        _ => pair.to_owned(),
    });
    format!("{base}?{}", pairs.collect::<Vec<_>>().join("&"))
}

fn masked_user(value: &str, rest: &str) -> String {
    match database::credentials(rest.trim_start_matches('/')) {
        Some((user, place)) if user.contains(':') => {
            let name = user.split(':').next().unwrap_or_default();
            let scheme = value.split(':').next().unwrap_or_default();
            format!("{scheme}://{name}:***@{place}")
        }
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_addresses_of_databases_are_masked() {
        for (value, shown) in [
            ("sqlite:/data/zone.db", "sqlite:/data/zone.db"),
            ("postgres://u@db/zone", "postgres://u@db/zone"),
            ("postgres://u:hunter2@db:1,db2:2/zone", "postgres://u:***@db:1,db2:2/zone"),
            (
                "postgres://u:h@nter:2@db/zone?a=b&Password=hunter2",
                "postgres://u:***@db/zone?a=b&Password=***",
            ),
            ("postgres://u:hunter?2@db/zone?a=b", "postgres://u:***@db/zone?a=b"),
            ("postgres://db/zone?password=hun@ter", "postgres://db/zone?password=***"),
            ("mysql://u:hunter2@db", "***"),
            ("hunter2", "***"),
        ] {
            assert_eq!(masked("database", value), shown);
        }
    }
}
