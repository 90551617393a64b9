//! Settings from the command line, the environment and a file, in this order of precedence.
//!
//! The table of settings is the command line itself: every option with an environment variable is a setting, and its key in the
//! file is its name with `_` for `-`. What the file says becomes the default of the option, so that the command line and
//! the environment win by the rules of clap, which parses and checks every value in the one way there is. A new setting is a
//! new option, and nothing else.

mod effective;
mod file;
mod settings;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::{ArgMatches, Command as Line, CommandFactory as _, FromArgMatches as _};

pub(crate) use self::effective::{Effective, Source};
pub(crate) use self::file::{ConfigFile, Problem, quoted};
pub(crate) use self::settings::{Kind, Setting};

use crate::cli::{Cli, Command};
use crate::commands::config::ConfigCommand;

/// Where the file of a whole machine is.
const SYSTEM: &str = "/etc/onezone-server/config.toml";

/// The file below a user's directory of configurations.
const OF_USER: &str = "onezone-server/config.toml";

/// What the program was told, from everywhere.
pub(crate) struct Configuration {
    /// The command with all settings.
    pub(crate) cli: Cli,
    /// The file that was read.
    pub(crate) file: Option<ConfigFile>,
    matches: ArgMatches,
}

/// Reads the command line, and the file that it, the environment or the place of the file names. What clap has to say (help, a
/// mistake) ends the process as clap does.
pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> anyhow::Result<Configuration> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = Cli::command().get_matches_from(&arguments);
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let file = match locate(cli.common.config.as_deref()) {
        Some(path) if uses_settings(&cli.command) => ConfigFile::read(&path)?,
        _ => return Ok(Configuration { cli, file: None, matches }),
    };
    if !file.problems.is_empty() {
        bail!(file.complaint());
    }
    let matches = with_defaults(Cli::command(), &file).get_matches_from(&arguments);
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    Ok(Configuration { cli, file: Some(file), matches })
}

/// What `serve` would be told with this file and the present environment.
pub(crate) fn serve_with(file: Option<&ConfigFile>) -> Result<Cli, clap::Error> {
    let line = match file {
        Some(file) => with_defaults(Cli::command(), file),
        None => Cli::command(),
    };
    Cli::from_arg_matches(&line.try_get_matches_from(["onezone-server", "serve"])?)
}

impl Configuration {
    /// Every setting with its value and where it comes from.
    pub(crate) fn effective(&self) -> Vec<Effective> {
        let mut matches = &self.matches;
        while let Some((_, deeper)) = matches.subcommand() {
            matches = deeper;
        }
        effective::effective(matches, self.file.as_ref())
    }
}

/// Those that only speak of configurations must work with one that is broken.
fn uses_settings(command: &Command) -> bool {
    match command {
        Command::Config(command) => matches!(command, ConfigCommand::Print(_)),
        Command::Completions(_) | Command::Man(_) => false,
        _ => true,
    }
}

/// The file that is named; else that of the user, or that of the machine, if it is there.
pub(crate) fn locate(named: Option<&Path>) -> Option<PathBuf> {
    if let Some(path) = named {
        return Some(path.to_owned());
    }
    let of_user = directory(std::env::var_os("XDG_CONFIG_HOME"), std::env::var_os("HOME"));
    let candidates = of_user.map(|directory| directory.join(OF_USER)).into_iter();
    // What cannot be looked at is for the reading to explain.
    candidates.chain([PathBuf::from(SYSTEM)]).find(|path| !matches!(path.try_exists(), Ok(false)))
}

/// A relative `XDG_CONFIG_HOME` counts as none, as its specification says.
fn directory(config_home: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let config_home = config_home.map(PathBuf::from).filter(|path| path.is_absolute());
    let home = home.map(PathBuf::from).filter(|path| path.is_absolute());
    config_home.or_else(|| home.map(|home| home.join(".config")))
}

/// The command line with the values of a file in the place of its own defaults.
fn with_defaults(line: Line, file: &ConfigFile) -> Line {
    let line = line.mut_args(|option| match settings::key(&option).and_then(|key| file.values.get(&key)) {
        Some(value) => option.default_values(value.texts.clone()),
        None => option,
    });
    line.mut_subcommands(|command| with_defaults(command, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_of_configurations_follows_the_environment() {
        let of = |config_home: Option<&str>, home: Option<&str>| {
            directory(config_home.map(Into::into), home.map(Into::into))
        };
        assert_eq!(of(Some("/config"), Some("/home/a")), Some("/config".into()));
        for config_home in [None, Some(""), Some("relative")] {
            assert_eq!(of(config_home, Some("/home/a")), Some("/home/a/.config".into()));
            assert_eq!(of(config_home, None), None);
        }
    }
}
