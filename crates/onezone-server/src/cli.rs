//! The command line: what can be asked for, and the help that explains it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::{
    audit, backup, cluster, config, doctor, group, healthcheck, key, manual, provider, serve, space, token,
    user, zone,
};

/// The whole command line.
#[derive(Parser)]
#[command(
    name = "onezone-server",
    version,
    about = "Serves the named tokens of a zone, and administers its users, groups, providers, spaces and tokens",
    after_help = "Examples:\n  \
        onezone-server serve                    on 127.0.0.1:8080; sets up everything\n  \
        onezone-server zone apply zone.yaml     bring the zone to what a file says\n  \
        onezone-server token create --subject usr-ID --name laptop\n\n\
        Commands of administration work while the server runs, on the same database."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Args, Clone)]
pub(crate) struct Common {
    /// The configuration file [default: ~/.config/onezone-server/config.toml, else /etc/onezone-server/config.toml, where there
    /// is one]
    #[arg(long, global = true, value_name = "FILE", env = "ONEZONE_CONFIG", help_heading = "Global options")]
    pub(crate) config: Option<PathBuf>,
    /// The database: sqlite:PATH, or postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE [default: zone.db in the data
    /// directory]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "ONEZONE_DATABASE",
        hide_env_values = true,
        help_heading = "Global options"
    )]
    pub(crate) database: Option<String>,
    /// A file with the password for the PostgreSQL server, instead of one in the URL
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "ONEZONE_DATABASE_PASSWORD_FILE",
        help_heading = "Global options"
    )]
    pub(crate) database_password_file: Option<PathBuf>,
    /// The file with the keys that seal secrets in the database [default: the database file's name with .key, made at
    /// the first start]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "ONEZONE_KEY_FILE",
        help_heading = "Global options"
    )]
    pub(crate) key_file: Option<PathBuf>,
    /// What an acknowledged change is on: the disk of the database server, or that of a synchronous standby as well
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "LEVEL",
        default_value_t,
        env = "ONEZONE_DURABILITY",
        help_heading = "Global options"
    )]
    pub(crate) durability: Durability,
    /// How many connections to a PostgreSQL server there are at most
    #[arg(
        long,
        global = true,
        value_name = "NUMBER",
        default_value_t = 16,
        value_parser = clap::value_parser!(u16).range(1..),
        env = "ONEZONE_DATABASE_CONNECTIONS",
        help_heading = "Global options"
    )]
    pub(crate) database_connections: u16,
    /// Where the server keeps its data [default: $XDG_DATA_HOME/onezone-server or ~/.local/share/onezone-server]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "ONEZONE_DATA_DIR",
        help_heading = "Global options"
    )]
    pub(crate) data_dir: Option<PathBuf>,
    /// How results are printed
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Global options"
    )]
    pub(crate) output: Format,
}

/// What an acknowledged change is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Durability {
    /// The disk of the database server
    #[default]
    Local,
    /// The disk of a synchronous standby as well; PostgreSQL only
    Replicated,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

/// What the program does.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve requests until told to stop
    Serve(Box<serve::ServeArguments>),
    /// Check, print and explain the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Look whether this machine and this configuration can keep what is promised; changes nothing
    Doctor(Box<doctor::DoctorArguments>),
    /// Ask the server whether it answers
    Healthcheck(healthcheck::HealthcheckArguments),
    /// Bring a PostgreSQL database to the schema of this version
    ///
    /// Makes the schema in an empty database. Servers of this version and of the one before go on working meanwhile. An
    /// SQLite database is brought up to date whenever it is opened.
    #[command(after_help = "Example:\n  onezone-server migrate")]
    Migrate,
    /// Make, list and replace the keys that seal secrets
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Show who changed what
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Copy the SQLite database to a file, while the server runs
    Backup(backup::BackupArguments),
    /// Bring an SQLite database back from a backup
    Restore(backup::RestoreArguments),
    /// Check the whole database: its files, every secret, every record
    ///
    /// The exit status is 1 when something is wrong. Works while the server runs.
    #[command(after_help = "Examples:\n  \
        onezone-server verify\n  \
        onezone-server verify --output json")]
    Verify,
    /// Bring the whole zone to a file, or write it to one
    #[command(subcommand)]
    Zone(zone::ZoneCommand),
    /// Create, print, inspect, list, rename, revoke and delete tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Add, list, change, block and remove users
    #[command(subcommand)]
    User(user::UserCommand),
    /// Add, list, change and remove groups, and their members
    #[command(subcommand)]
    Group(group::GroupCommand),
    /// Add, list, change and remove providers
    #[command(subcommand)]
    Provider(provider::ProviderCommand),
    /// Add, list, change and remove spaces, which make users effective users of providers
    #[command(subcommand)]
    Space(space::SpaceCommand),
    /// Give users and groups privileges in a provider's cluster, take them away, and list them
    #[command(subcommand)]
    Cluster(cluster::ClusterCommand),
    /// Print what a shell needs to complete this command line
    Completions(manual::CompletionsArguments),
    /// Write manual pages
    Man(manual::ManArguments),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::configuration::Setting;

    /// One table row a setting: its cells say how it is written, its variable and, if there is one, its default.
    #[test]
    fn the_chapter_on_configuration_has_every_setting() {
        let chapter = include_str!("../docs/configuration.md");
        let rows: Vec<Vec<&str>> = chapter
            .lines()
            .filter(|line| line.starts_with("| `--"))
            .map(|line| line.trim_matches(['|', ' ']).split(" | ").map(str::trim).collect())
            .collect();
        let settings = Setting::all();
        for setting in &settings {
            let written = format!("`{}`", setting.option);
            let row =
                rows.iter().find(|row| row[0] == written).unwrap_or_else(|| panic!("{written} is missing"));
            assert_eq!(row[1], format!("`{}`", setting.variable));
            let default = match setting.default.as_deref() {
                Some("false") => Some("off".to_owned()),
                default => default.map(|default| format!("`{default}`")),
            };
            assert!(default.is_none_or(|default| row[2] == default), "{written}: {}", row[2]);
            assert!(row.len() == 4 && !row[2].is_empty() && !row[3].is_empty(), "{written}");
        }
        assert_eq!(rows.len(), settings.len() + 2, "a setting is written of that does not exist");
        for other in ["`--config FILE`", "`--output FORMAT`"] {
            assert!(rows.iter().any(|row| row[0] == other), "{other} is missing");
        }
    }

    #[test]
    fn the_command_line_is_consistent_and_every_part_of_it_is_explained() {
        fn visit(command: &clap::Command, path: &str) {
            assert!(command.get_about().is_some(), "{path} is not explained");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{path}: {} is not explained", argument.get_id());
            }
            // An example that the terminal breaks in two cannot be pasted.
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in after.lines().filter(|line| line.starts_with("  ")) {
                assert!(line.len() < 80, "{path}: {line}");
            }
            // What is run has an example of it.
            assert!(
                command.has_subcommands() || after.contains(&format!("  {path}")),
                "{path} has no example:\n{after}"
            );
            for subcommand in command.get_subcommands() {
                visit(subcommand, &format!("{path} {}", subcommand.get_name()));
            }
        }
        let command = Cli::command();
        command.clone().debug_assert();
        visit(&command, "onezone-server");
    }
}
