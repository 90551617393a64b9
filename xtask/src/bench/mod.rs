//! `cargo xtask bench`: how fast the work of this workspace is, as ratios to named others in the same run.
//!
//! Nothing is asserted about speed: a machine that does much else makes every number larger. What is compared has to do the
//! same, and that is asserted.

mod build;
mod failure;
mod generate;
mod process;
mod serve;
mod spread;

use clap::{Parser as _, Subcommand};

use crate::workspace::Workspace;

/// What `bench` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What is measured; `generate` and `serve` unless it says otherwise
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// How long generation takes, how much memory, and how it grows, also against another generator.
    Generate(generate::Arguments),
    /// How the server compares with others that do the same work: hyper, axum, dropshot, and what openapi-generator makes.
    ///
    /// Every server runs the same handlers on the same zone in SQLite, and has to answer in the same bytes, or it is not compared. They
    /// are measured in turn, in several rounds, on loopback; where there are more than two cores, the load has one
    /// of its own. With everything that can be measured it takes some 89 min, once all is built; less if a server is missing, or answers
    /// otherwise.
    Serve(serve::Arguments),
    /// How long the server takes to build from nothing, against a dropshot server that says hello, and after a change of openapi.yaml.
    Build(build::Arguments),
}

/// For the defaults of a part that is not asked for.
#[derive(clap::Parser)]
struct Defaults<A: clap::Args> {
    #[command(flatten)]
    arguments: A,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.what {
        Some(What::Generate(arguments)) => generate::run(workspace, arguments),
        Some(What::Serve(arguments)) => serve::run(workspace, arguments),
        Some(What::Build(arguments)) => build::run(workspace, arguments),
        None => {
            generate::run(workspace, &Defaults::parse_from(["bench"]).arguments)?;
            println!();
            serve::run(workspace, &Defaults::parse_from(["bench"]).arguments)
        }
    }
}
