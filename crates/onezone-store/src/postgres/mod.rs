//! The `PostgreSQL` backend: for several servers at a time on one zone, and for a zone that outlives a machine.
//!
//! # Durability
//!
//! A change is committed with `synchronous_commit = on`. Whether that means one disk or two is the server's
//! `synchronous_standby_names` to say: with [`Durability::Replicated`] the store is not ready where it is empty, since an
//! acknowledged deletion would be undone by a failover. The commit itself is never cancelled: a cancelled wait for
//! a standby would be answered as a success.
//!
//! # Failover
//!
//! Several hosts can be named; the one that takes writes is found when a connection is made. What failed before its
//! commit, because of a conflict or because the server went away, is repeated for some seconds. When the connection
//! is lost during the commit, the audit row tells whether it happened.
//!
//! # A server that hangs
//!
//! Whatever it is, nothing is waited for without end: the server ends statements that take long, and one that says nothing
//! at all, or a network that swallows what is sent, costs each connection that was in use a bounded wait. The connection is
//! then given up, since what it is asked next would wait behind what was not answered.
//!
//! # Reads
//!
//! All go to the server that takes writes: a standby may not know yet of a deletion that was acknowledged.

mod connect;
mod examine;
mod migrate;
mod session;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use deadpool_postgres::{Client, Pool, PoolError, Transaction};
use tokio_postgres::IsolationLevel;
use tokio_postgres::error::SqlState;

use self::connect::Address;
pub use self::migrate::Migrated;
use self::session::{PostgresSession, answered, database, of_server, said};
use crate::backend::Backend;
use crate::operations::Operation;
use crate::watch::{PoolVitals, Vitals, Watch};
use crate::{Examination, Keyring, Keys, Result, StoreError};

/// How long an operation is repeated before its failure is told.
const PATIENCE: Duration = Duration::from_secs(8);

/// How long a commit may take, the wait for a standby included, before its outcome counts as unknown.
const COMMIT_PATIENCE: Duration = Duration::from_secs(15);

/// What a commit promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// It is on the disk of the server.
    #[default]
    Local,
    /// It is on the disk of a synchronous standby as well.
    Replicated,
}

/// What an operator chooses about a database server.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?sslmode=...`.
    pub url: String,
    /// What a commit promises.
    pub durability: Durability,
    /// How many connections there are at most.
    pub max_connections: usize,
}

impl PostgresOptions {
    /// The hosts and the database, without any password; of a string that is none, that it is none.
    pub fn name(&self) -> String {
        Address::parse(&self.url).map_or_else(|_| "postgres:".to_owned(), |address| address.name)
    }
}

/// A zone in a `PostgreSQL` database.
pub struct PostgresStore {
    pool: Pool,
    name: String,
    keys: Keys,
    durability: Durability,
    watch: Watch,
}

impl PostgresStore {
    /// Connects to a database whose schema this program can work with. A database without one is refused:
    /// [`Self::migrate`] makes it.
    pub async fn open(options: &PostgresOptions, keys: Keys) -> Result<Self> {
        let store = Self::unchecked(options, keys)?;
        let client = store.connect().await?;
        migrate::check(&client, &store.keys.current(), &store.name).await?;
        drop(client);
        store.check_durability().await?;
        Ok(store)
    }

    /// Brings the database to the schema of this program, making it where there is none.
    pub async fn migrate(options: &PostgresOptions, keys: Keys) -> Result<Migrated> {
        let store = Self::unchecked(options, keys)?;
        let mut client = store.connect().await?;
        migrate::migrate(&mut client, &store.keys.current(), &store.name).await
    }

    /// Says what is there, and changes nothing.
    pub async fn examine(options: &PostgresOptions, keys: Keys) -> Result<Examination> {
        let store = Self::unchecked(options, keys)?;
        let client = store.connect().await?;
        examine::examine(&client, &store.keys.current(), &store.name).await
    }

    /// The hosts and the database, without any password.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn unchecked(options: &PostgresOptions, keys: Keys) -> Result<Self> {
        let address = Address::parse(&options.url)?;
        let pool = address.pool(options.max_connections.max(1))?;
        let durability = options.durability;
        Ok(Self { pool, name: address.name, keys, durability, watch: Watch::default() })
    }

    async fn connect(&self) -> Result<Client> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(deadpool_postgres::TimeoutType::Wait) => StoreError::Overloaded,
            PoolError::Closed => StoreError::Closed,
            error => self.unreachable(&error),
        })
    }

    fn unreachable(&self, error: &PoolError) -> StoreError {
        let source = match error {
            PoolError::Backend(error) => said(error).into(),
            _ => error.to_string().into(),
        };
        StoreError::Unreachable { database: self.name.clone(), source }
    }

    /// Whether the server keeps what was promised for commits.
    async fn check_durability(&self) -> Result<()> {
        let client = self.connect().await?;
        let mut wanted = vec![("fsync", "off"), ("full_page_writes", "off")];
        if self.durability == Durability::Replicated {
            wanted.push(("synchronous_standby_names", ""));
        }
        for (setting, useless) in wanted {
            let row = answered(client.query_one("SELECT current_setting($1)", &[&setting])).await?;
            let value: String = row.try_get(0).map_err(database)?;
            if value == useless {
                return Err(StoreError::NotDurable { database: self.name.clone(), setting, value });
            }
        }
        Ok(())
    }

    async fn ask<O: Operation>(
        &self,
        operation: &O,
        keys: &Arc<Keyring>,
        one_moment: bool,
    ) -> Result<O::Output> {
        let mut client = self.connect().await?;
        let answer = ask(&mut client, operation, keys, one_moment).await;
        keep_or_give_up(client, answer)
    }

    async fn attempt<O: Operation>(&self, operation: &O, keys: &Arc<Keyring>) -> Result<O::Output> {
        let mut client = self.connect().await?;
        let output = change(&mut client, operation, keys).await;
        keep_or_give_up(client, output)
    }

    /// One attempt at a change, and at finding out what became of it when its commit was not confirmed.
    async fn attempt_or_outcome<O: Operation>(
        &self,
        operation: &O,
        keys: &Arc<Keyring>,
    ) -> Result<O::Output> {
        let unknown = match self.attempt(operation, keys).await {
            Err(error @ StoreError::OutcomeUnknown(_)) => error,
            // The first attempt did take effect, and its audit row is what the second came up against.
            Err(error) if of_server(&error).is_some_and(is_repeated_audit) => error,
            other => return other,
        };
        match self.persist(|| self.outcome(operation, keys)).await {
            Ok(Some(output)) => Ok(output),
            Ok(None) if operation.is_repeatable() => Err(StoreError::Repeat(Box::new(unknown))),
            _ => Err(unknown),
        }
    }

    /// What an operation gave, if it took effect. Asked in a transaction that writes: whoever sees a change sees it as soon
    /// as it is on one disk, and this commit waits until all that came before it is as safe as was promised.
    async fn outcome<O: Operation>(&self, operation: &O, keys: &Arc<Keyring>) -> Result<Option<O::Output>> {
        let mut client = self.connect().await?;
        let output = outcome(&mut client, operation, keys).await;
        keep_or_give_up(client, output)
    }

    /// Repeats what can be repeated, for some seconds.
    async fn persist<T, F>(&self, attempt: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let started = Instant::now();
        let mut pause = Duration::from_millis(10);
        let mut unconfirmed = None;
        loop {
            let error = match attempt().await {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            if !is_worth_repeating(&error) || started.elapsed() + pause > PATIENCE {
                let error = self.told(error);
                // A commit that nobody confirmed is what there is to tell, and not that there was no getting at its outcome.
                return Err(match unconfirmed {
                    Some(unknown) if is_about_the_server(&error) => unknown,
                    _ => error,
                });
            }
            if let StoreError::Repeat(unknown) = error {
                unconfirmed = Some(*unknown);
            }
            tokio::time::sleep(pause.mul_f32(0.5 + fastrand::f32())).await;
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }

    /// The failure as callers of a store know it.
    fn told(&self, error: StoreError) -> StoreError {
        if let StoreError::Repeat(unknown) = error {
            return self.told(*unknown);
        }
        if matches!(error, StoreError::Silent) {
            let source = "it does not answer".into();
            return StoreError::Unreachable { database: self.name.clone(), source };
        }
        let Some(source) = of_server(&error) else { return error };
        let database = || self.name.clone();
        let text = said(source);
        match source.code() {
            Some(&SqlState::LOCK_NOT_AVAILABLE | &SqlState::QUERY_CANCELED) => {
                StoreError::Busy { path: database().into() }
            }
            Some(&SqlState::TOO_MANY_CONNECTIONS) => StoreError::Overloaded,
            Some(code) if is_going_away(code) => {
                StoreError::Unreachable { database: database(), source: text.into() }
            }
            Some(_) => StoreError::Database(text.into()),
            None => StoreError::Unreachable { database: database(), source: text.into() },
        }
    }
}

async fn ask<O: Operation>(
    client: &mut Client,
    operation: &O,
    keys: &Arc<Keyring>,
    one_moment: bool,
) -> Result<O::Output> {
    if !one_moment {
        return operation.run(&mut PostgresSession::new(client, keys)).await;
    }
    let moment = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let moment = answered(moment.start()).await?;
    operation.run(&mut PostgresSession::new(&moment, keys)).await
}

async fn change<O: Operation>(client: &mut Client, operation: &O, keys: &Arc<Keyring>) -> Result<O::Output> {
    let transaction = begin(client).await?;
    // Dropped on an error, the transaction rolls back.
    let output = operation.run(&mut PostgresSession::new(&transaction, keys)).await?;
    commit(transaction).await?;
    Ok(output)
}

async fn outcome<O: Operation>(
    client: &mut Client,
    operation: &O,
    keys: &Arc<Keyring>,
) -> Result<Option<O::Output>> {
    let transaction = begin(client).await?;
    answered(transaction.batch_execute(crate::sql::TOUCH)).await?;
    let output = operation.outcome(&mut PostgresSession::new(&transaction, keys)).await?;
    commit(transaction).await?;
    Ok(output)
}

async fn begin(client: &mut Client) -> Result<Transaction<'_>> {
    let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted);
    answered(transaction.start()).await
}

async fn commit(transaction: Transaction<'_>) -> Result<()> {
    answered(transaction.batch_execute("SET LOCAL statement_timeout = 0")).await?;
    match tokio::time::timeout(COMMIT_PATIENCE, transaction.commit()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) if error.as_db_error().is_some_and(|error| !is_going_away(error.code())) => {
            Err(database(error))
        }
        Ok(Err(error)) => Err(StoreError::OutcomeUnknown(said(&error).into())),
        Err(_) => Err(StoreError::OutcomeUnknown("the server did not confirm the commit in time".into())),
    }
}

/// Puts the connection back, unless the server has an answer to give on it that nobody waits for any more.
fn keep_or_give_up<T>(client: Client, result: Result<T>) -> Result<T> {
    if matches!(result, Err(StoreError::Silent | StoreError::OutcomeUnknown(_))) {
        // Dropped, it is closed; whatever had not been committed is rolled back.
        drop(Client::take(client));
    }
    result
}

#[async_trait]
impl Backend for PostgresStore {
    const TELLS_BY_TIME: bool = false;

    async fn read<O: Operation>(&self, operation: O) -> Result<O::Output> {
        let operation = &operation;
        let work =
            self.keys.with(|keys| async move { self.persist(|| self.ask(operation, &keys, false)).await });
        self.watch.over(O::KIND, work).await
    }

    async fn read_one_moment<O: Operation>(&self, operation: O) -> Result<O::Output> {
        let operation = &operation;
        let work =
            self.keys.with(|keys| async move { self.persist(|| self.ask(operation, &keys, true)).await });
        self.watch.over(O::KIND, work).await
    }

    async fn change<O: Operation>(&self, operation: O) -> Result<O::Output> {
        let operation = &operation;
        let work = self
            .keys
            .with(|keys| async move { self.persist(|| self.attempt_or_outcome(operation, &keys)).await });
        self.watch.over(O::KIND, work).await
    }

    async fn ready(&self) -> Result<()> {
        let checked = self.keys.with(|keys| async move {
            let client = self.connect().await?;
            migrate::check(&client, &keys, &self.name).await
        });
        checked.await.map_err(|error| self.told(error))?;
        self.check_durability().await.map_err(|error| self.told(error))
    }

    fn vitals(&self) -> Vitals {
        let (keys, status) = (self.keys.current(), self.pool.status());
        Vitals {
            backend: "postgres",
            keys: keys.numbers().len(),
            newest_key: keys.newest(),
            sqlite: None,
            pool: Some(PoolVitals {
                max: status.max_size,
                open: status.size,
                idle: status.available,
                waiting: status.waiting,
            }),
        }
    }

    fn watch(&self) -> &Watch {
        &self.watch
    }

    async fn shut(&self) -> Result<()> {
        self.pool.close();
        Ok(())
    }
}

/// What happens to an operation that was not committed, through no fault of its own.
fn is_worth_repeating(error: &StoreError) -> bool {
    if matches!(error, StoreError::Unreachable { .. } | StoreError::Repeat(_)) {
        return true;
    }
    let Some(error) = of_server(error) else { return false };
    match error.code() {
        Some(code) => {
            *code == SqlState::T_R_SERIALIZATION_FAILURE
                || *code == SqlState::T_R_DEADLOCK_DETECTED
                || is_going_away(code)
        }
        None => error.is_closed() || error.to_string().contains("communicating with the server"),
    }
}

/// Whether it says nothing about what was asked.
fn is_about_the_server(error: &StoreError) -> bool {
    matches!(error, StoreError::Unreachable { .. } | StoreError::Overloaded | StoreError::Busy { .. })
}

/// Ids of audit rows are used once.
fn is_repeated_audit(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| {
        *error.code() == SqlState::UNIQUE_VIOLATION && error.constraint() == Some("audit_log_pkey")
    })
}

/// The server stops, is still starting, or has become a standby.
fn is_going_away(code: &SqlState) -> bool {
    [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::CONNECTION_FAILURE,
        SqlState::CONNECTION_EXCEPTION,
    ]
    .contains(code)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::conformance::{PostgresServer, keys};

    #[tokio::test]
    async fn every_statement_prepares() {
        let server = PostgresServer::start();
        let options = server.options(&server.create_database());
        PostgresStore::migrate(&options, keys()).await.unwrap();
        let store = PostgresStore::open(&options, keys()).await.unwrap();
        let client = store.connect().await.unwrap();
        let own = [
            ("LOCK_SUBJECT", session::LOCK_SUBJECT),
            ("LOCK_ZONE", session::LOCK_ZONE),
            ("SHARE_KEYS", session::SHARE_KEYS),
            ("LOCK_KEYS", session::LOCK_KEYS),
        ];
        for (name, text) in crate::sql::ALL.iter().chain(&own) {
            if let Err(error) = client.prepare(text).await {
                panic!("{name}: {}", said(&error));
            }
        }
    }
}
