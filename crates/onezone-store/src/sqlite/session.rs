//! A connection of `SQLite` as operations see it. Nothing here ever waits, so that the thread of the connection runs an
//! operation from its start to its end.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt as _;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::threads::Failure;
use crate::operations::Operation;
use crate::session::{Row, Session, Value};
use crate::statement::Statement;
use crate::{Keyring, Result, StoreError};

pub(super) struct SqliteSession<'a> {
    connection: &'a mut Connection,
    keys: &'a Arc<Keyring>,
    path: &'a Path,
}

/// Runs an operation on a connection.
pub(super) fn run<O: Operation>(
    operation: &O,
    connection: &mut Connection,
    keys: &Arc<Keyring>,
    path: &Path,
) -> Result<O::Output> {
    let mut session = SqliteSession { connection, keys, path };
    // Only a session can make an operation wait, and this one answers at once.
    let waits = || StoreError::Database("an operation waits for something that is not the database".into());
    operation.run(&mut session).now_or_never().ok_or_else(waits)?
}

#[async_trait]
impl Session for SqliteSession<'_> {
    fn keys(&self) -> &Arc<Keyring> {
        self.keys
    }

    async fn rows(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Vec<Row>> {
        self.query(sql, parameters, |row, columns| {
            let cells = (0..columns).map(|column| Ok(cell(row.get_ref(column)?)));
            Ok(Row::new(cells.collect::<rusqlite::Result<_>>()?))
        })
    }

    async fn texts(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Vec<String>> {
        self.query(sql, parameters, |row, _| row.get(0))
    }

    async fn execute(&mut self, statements: &[Statement]) -> Result<()> {
        for statement in statements {
            self.connection
                .prepare_cached(statement.sql)
                .and_then(|mut prepared| prepared.execute(params_from_iter(&statement.parameters)))
                .map_err(|error| self.error(error))?;
        }
        Ok(())
    }

    async fn take_time(&mut self) -> Result<()> {
        Ok(())
    }

    /// A change has the whole file to itself already.
    async fn lock_subject(&mut self, _subject: &str) -> Result<()> {
        Ok(())
    }

    async fn lock_zone(&mut self) -> Result<()> {
        Ok(())
    }

    async fn lock_keys(&mut self, _alone: bool) -> Result<()> {
        Ok(())
    }
}

impl SqliteSession<'_> {
    fn query<T>(
        &self,
        sql: &str,
        parameters: &[Value],
        mut take: impl FnMut(&rusqlite::Row<'_>, usize) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut taken = Vec::new();
        let mut query = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let columns = statement.column_count();
            let mut rows = statement.query(params_from_iter(parameters))?;
            while let Some(row) = rows.next()? {
                taken.push(take(row, columns)?);
            }
            Ok(())
        };
        query().map_err(|error| self.error(error))?;
        Ok(taken)
    }

    fn error(&self, error: rusqlite::Error) -> StoreError {
        Failure::Engine(error).into_error(self.path)
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Boolean(truth) => ValueRef::Integer((*truth).into()),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The columns of the schema hold neither floating-point numbers nor text that is not UTF-8; a file in which somebody
/// put such a thing gives a value of no use, which whoever reads the row refuses.
fn cell(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null | ValueRef::Real(_) => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => Value::Bytes(text.to_owned()),
        },
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_owned()),
    }
}
