//! A zone in either database, with everything that faults need to get at: the program under the [`Shim`], the database's own
//! server, and a store beside the program, as commands of administration have it.

use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use onezone_store::conformance::PostgresServer;
use onezone_store::{Keyring, Keys, OpenMode, PostgresOptions, PostgresStore, SqliteStore, Subject, Upkeep};
use onezone_tokens::{Identifier, Secret, Token, TokenType};

use super::shim::Shim;
use crate::processes::{Home, Server};

/// Where a zone is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) home: Home,
    pub(crate) shim: Shim,
    database: Option<Database>,
    /// Another address of the database, as the program is to know it.
    pub(crate) url: Option<String>,
}

struct Database {
    server: Mutex<PostgresServer>,
    options: PostgresOptions,
    name: String,
}

impl Place {
    /// With this zone.
    pub(crate) fn new(kind: Kind, zone: &str) -> Self {
        let (home, shim) = (Home::new(), Shim::new());
        let database = (kind == Kind::Postgres).then(|| {
            let environment = shim.environment();
            let server = PostgresServer::start_with(
                &environment.each_ref().map(|(name, value)| (*name, value.as_os_str())),
            );
            let name = server.create_database();
            Database { options: server.options(&name), name, server: Mutex::new(server) }
        });
        let place = Self { kind, home, shim, database, url: None };
        if kind == Kind::Postgres {
            place.run(&["key", "create", "zone.key"]);
            place.run(&["migrate"]);
        }
        place.home.write("zone.yaml", zone);
        place.run(&["zone", "apply", "zone.yaml"]);
        place
    }

    /// The program with these arguments, on this zone.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(arguments);
        if let Some(database) = &self.database {
            let url = self.url.as_ref().unwrap_or(&database.options.url);
            command.env("ONEZONE_DATABASE", url).env("ONEZONE_KEY_FILE", "zone.key");
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Serves on a free port, with the shim.
    pub(crate) fn serve(&self, options: &[&str]) -> Server {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], options].concat();
        let mut command = self.command(&arguments);
        command.env("ONEZONE_LOG", "warn,access=off").envs(self.shim.environment());
        Server::start(command)
    }

    /// The server of the database; SQLite has none.
    pub(crate) fn postgres(&self) -> MutexGuard<'_, PostgresServer> {
        self.database.as_ref().unwrap().server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the database on its server.
    pub(crate) fn database_name(&self) -> &str {
        &self.database.as_ref().unwrap().name
    }

    /// A store beside the program.
    pub(crate) async fn store(&self) -> Arc<dyn Upkeep> {
        match &self.database {
            None => Arc::new(SqliteStore::open(&self.home.database(), OpenMode::Admin, self.keys()).unwrap()),
            Some(database) => Arc::new(PostgresStore::open(&database.options, self.keys()).await.unwrap()),
        }
    }

    fn keys(&self) -> Keys {
        let file = if self.database.is_some() { "zone.key" } else { "data/zone.db.key" };
        let text = std::fs::read_to_string(self.home.path(file)).unwrap();
        let nonces = || Ok(std::array::from_fn(|_| fastrand::u8(..)));
        Keys::fixed(Keyring::parse(&text, Arc::new(nonces)).unwrap())
    }

    /// Waits until the database does nothing for the program any more, and nothing is left open in it.
    pub(crate) fn wait_until_idle(&self) {
        let Some(database) = &self.database else { return };
        let busy = format!(
            "SELECT string_agg(coalesce(state, 'unknown'), ', ') FROM pg_stat_activity WHERE datname = '{}' \
             AND pid <> pg_backend_pid() AND state <> 'idle'",
            database.name
        );
        let mut states = String::new();
        for _ in 0..600 {
            states = self.postgres().execute(&busy);
            if states.is_empty() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the database is left with sessions that are {states}");
    }
}

/// The text of the token of this id, if its secret is the one that stores of tests give it.
pub(crate) fn mint(subject: &Subject, id: &str) -> String {
    let subject = onezone_tokens::Subject::parse(&subject.to_string()).unwrap();
    let identifier = Identifier::named(subject, TokenType::Access { session: None }, id);
    let secret = Secret::new(format!("secret of {id}"));
    Token::mint("localhost", &identifier, &[], &secret).unwrap().serialize().expose().to_owned()
}
