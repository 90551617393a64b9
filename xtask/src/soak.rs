//! `cargo xtask soak`: the server at full load with enemies and faults, for minutes. The soak itself is a test of the server's,
//! short in `cargo xtask test`, which is told here for how long to go on.

use std::time::Duration;

use anyhow::{Context, bail};

use crate::workspace::Workspace;

/// What `soak` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// For how many minutes, on each database
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=10_080))]
    minutes: u64,
    /// The same in seconds
    #[arg(long, value_name = "N", conflicts_with = "minutes", value_parser = clap::value_parser!(u64).range(10..=604_800))]
    seconds: Option<u64>,
    /// Where the zone is kept
    #[arg(long, value_enum, default_value = "both")]
    database: Database,
    /// With the server as it is shipped, which takes longer to build
    #[arg(long)]
    release: bool,
    /// How many clients there are beside the hostile ones
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=500))]
    clients: u64,
    /// Does the same in the same order as a soak with this seed did; what the machine does meanwhile is its own
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Database {
    Sqlite,
    #[value(alias = "postgresql")]
    Postgres,
    Both,
}

/// The tests, and what they are on.
const TESTS: [(Database, &str); 2] = [
    (Database::Sqlite, "soak::on_sqlite_everything_fits_together_under_load_and_faults"),
    (Database::Postgres, "soak::on_postgresql_everything_fits_together_under_load_and_faults"),
];

impl Arguments {
    fn time(&self) -> Duration {
        Duration::from_secs(self.seconds.unwrap_or(self.minutes * 60))
    }

    fn tests(&self) -> impl Iterator<Item = &'static str> {
        let wanted = self.database;
        let is_wanted = move |database| wanted == Database::Both || wanted == database;
        TESTS.into_iter().filter(move |(database, _)| is_wanted(*database)).map(|(_, test)| test)
    }

    fn variables(&self) -> Vec<(&'static str, u64)> {
        let mut variables =
            vec![("ONEZONE_SOAK_SECONDS", self.time().as_secs()), ("ONEZONE_SOAK_CLIENTS", self.clients)];
        variables.extend(self.seed.map(|seed| ("ONEZONE_SOAK_SEED", seed)));
        variables
    }
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let mut test = vec!["test", "--locked", "--package", "onezone-server", "--all-features", "--test", "e2e"];
    if arguments.release {
        test.push("--release");
    }
    let mut broken = Vec::new();
    for name in arguments.tests() {
        let mut command = workspace.cargo(&test);
        command.args(["--quiet", "--", "--exact", name, "--nocapture"]);
        command.envs(arguments.variables().into_iter().map(|(name, value)| (name, value.to_string())));
        if !command.status().context("cannot run cargo")?.success() {
            broken.push(name);
        }
    }
    if !broken.is_empty() {
        bail!(
            "violations, or a soak that did not come to its end: {}; they are told above",
            broken.join(", ")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn line(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        Line::try_parse_from([&["soak"], arguments].concat()).map(|line| line.arguments)
    }

    #[test]
    fn ten_minutes_on_each_database_unless_told_otherwise() {
        let default = line(&[]).unwrap();
        assert_eq!((default.time(), default.tests().count()), (Duration::from_secs(600), 2));
        let other = line(&["--seconds", "20", "--database", "postgresql", "--seed", "3"]).unwrap();
        assert_eq!(other.tests().collect::<Vec<_>>(), [TESTS[1].1]);
        let expected = [("ONEZONE_SOAK_SECONDS", 20), ("ONEZONE_SOAK_CLIENTS", 24), ("ONEZONE_SOAK_SEED", 3)];
        assert_eq!(other.variables(), expected);
        for refused in [&["--minutes", "0"][..], &["--seconds", "20", "--minutes", "1"], &["--clients", "0"]]
        {
            assert!(line(refused).is_err(), "{refused:?}");
        }
    }

    /// Cargo runs no test at all for a name that there is not, and calls that a success.
    #[test]
    fn the_tests_are_there() {
        let folder = Workspace::here().unwrap().root.join("crates/onezone-server/tests/e2e/soak");
        let source = std::fs::read_to_string(folder.join("mod.rs")).unwrap();
        for (_, test) in TESTS {
            let name = test.trim_start_matches("soak::");
            assert!(source.contains(&format!("fn {name}()")), "{test} is gone");
        }
    }
}
