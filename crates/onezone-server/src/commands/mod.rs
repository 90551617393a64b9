//! The commands, one module for each noun. They parse nothing and print nothing themselves: arguments come from
//! clap, results go to [`Output`].

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod cluster;
pub(crate) mod config;
pub(crate) mod doctor;
mod edit;
mod find;
pub(crate) mod group;
pub(crate) mod healthcheck;
pub(crate) mod key;
pub(crate) mod manual;
pub(crate) mod migrate;
mod moment;
pub(crate) mod provider;
pub(crate) mod serve;
pub(crate) mod space;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod zone;

use std::sync::Arc;

use onezone_store::Upkeep;
use onezone_tokens::ids;

use crate::cli::{Command, Common};
use crate::configuration::Configuration;
use crate::database;
use crate::environment::Environment;
use crate::output::Output;

/// What commands of administration work with.
pub(crate) struct Context<'a> {
    pub(crate) common: Common,
    pub(crate) environment: Environment,
    pub(crate) output: &'a Output,
}

impl Context<'_> {
    /// Opens the database, creating it where there is none.
    pub(crate) async fn open_or_create(&self) -> anyhow::Result<Arc<dyn Upkeep>> {
        database::open_or_create(&self.common, &self.environment).await
    }

    /// Opens the database that has to be there.
    pub(crate) async fn open_existing(&self) -> anyhow::Result<Arc<dyn Upkeep>> {
        database::open_existing(&self.common, &self.environment).await
    }

    /// The id that was given, once it is found to be one; a new one where none was given.
    fn given_or_new_id(&self, what: &'static str, given: Option<String>) -> anyhow::Result<String> {
        let id = match given {
            Some(id) => id,
            None => self.environment.new_id()?,
        };
        ids::check_id(what, &id)?;
        Ok(id)
    }
}

/// Runs the command that was asked for.
pub(crate) async fn run(configuration: Configuration, output: &Output) -> anyhow::Result<()> {
    // Looking all settings up takes longer than many commands do.
    let effective = match configuration.cli.command {
        Command::Config(config::ConfigCommand::Print(_)) => configuration.effective(),
        _ => vec![],
    };
    let (cli, file) = (configuration.cli, configuration.file.map(|file| file.path));
    let context = Context { common: cli.common, environment: Environment::system(), output };
    match cli.command {
        Command::Serve(arguments) => serve::run(*arguments, &context).await,
        Command::Config(command) => config::run(&command, &effective, &context),
        Command::Completions(arguments) => {
            manual::completions(&arguments, &context);
            Ok(())
        }
        Command::Man(arguments) => manual::man(&arguments, &context),
        Command::Doctor(arguments) => doctor::run(&arguments, file.as_deref(), &context).await,
        Command::Healthcheck(arguments) => healthcheck::run(&arguments, &context).await,
        Command::Migrate => migrate::run(&context).await,
        Command::Key(command) => key::run(&command, &context).await,
        Command::Audit(command) => audit::run(command, &context).await,
        Command::Backup(arguments) => backup::back_up(&arguments, &context),
        Command::Restore(arguments) => backup::restore(&arguments, &context).await,
        Command::Verify => backup::verify(&context).await,
        Command::Zone(command) => zone::run(command, &context).await,
        Command::Token(command) => token::run(command, &context).await,
        Command::User(command) => user::run(command, &context).await,
        Command::Group(command) => group::run(command, &context).await,
        Command::Provider(command) => provider::run(command, &context).await,
        Command::Space(command) => space::run(command, &context).await,
        Command::Cluster(command) => cluster::run(command, &context).await,
    }
}
