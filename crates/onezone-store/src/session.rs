//! What the operations of a store need of a connection. They are written once, against this; a backend brings a session
//! and the transactions around it.

use std::sync::Arc;

use async_trait::async_trait;

use crate::statement::Statement;
use crate::{Keyring, Result, StoreError};

/// A connection inside whatever transaction its backend has begun. There is no `Debug`, as parameters hold secrets.
///
/// The texts of statements are those of [`crate::sql`], which every backend takes as they are.
#[async_trait]
pub(crate) trait Session: Send {
    /// What seals and opens secrets.
    fn keys(&self) -> &Arc<Keyring>;

    /// All rows.
    async fn rows(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Vec<Row>>;

    /// The first column of all rows, for lists that can be long.
    async fn texts(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Vec<String>>;

    /// Runs changes in their order, without waiting for one before the next is sent where that makes a difference.
    async fn execute(&mut self, statements: &[Statement]) -> Result<()>;

    /// Says that this transaction may take long, and wait in between for whoever provides or takes records.
    async fn take_time(&mut self) -> Result<()>;

    /// Keeps other changes of the tokens of this subject waiting until the transaction ends, where the backend lets them
    /// run at the same time at all.
    async fn lock_subject(&mut self, subject: &str) -> Result<()>;

    /// Keeps all other changes waiting, those of tokens included.
    async fn lock_zone(&mut self) -> Result<()>;

    /// Keeps a change of the key that seals waiting until the transaction ends; or, `alone`, everybody who seals.
    async fn lock_keys(&mut self, alone: bool) -> Result<()>;
}

impl dyn Session + '_ {
    /// The first row.
    pub(crate) async fn row(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Option<Row>> {
        Ok(self.rows(sql, parameters).await?.into_iter().next())
    }

    /// Whether there is any row.
    pub(crate) async fn exists(&mut self, sql: &'static str, parameters: &[Value]) -> Result<bool> {
        Ok(self.row(sql, parameters).await?.is_some())
    }
}

/// A parameter of a statement, or a cell of a row.
pub(crate) enum Value {
    Null,
    Integer(i64),
    Boolean(bool),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row, whose cells are taken out by their number.
pub(crate) struct Row(Vec<Value>);

impl Row {
    pub(crate) fn new(cells: Vec<Value>) -> Self {
        Self(cells)
    }

    /// The row without its first cells.
    pub(crate) fn without(mut self, first: usize) -> Self {
        self.0.drain(..first.min(self.0.len()));
        self
    }

    pub(crate) fn text(&mut self, column: usize) -> Result<String> {
        self.optional_text(column)?.ok_or_else(|| unexpected(column))
    }

    pub(crate) fn optional_text(&mut self, column: usize) -> Result<Option<String>> {
        match self.take(column) {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            _ => Err(unexpected(column)),
        }
    }

    pub(crate) fn optional_bytes(&mut self, column: usize) -> Result<Option<Vec<u8>>> {
        match self.take(column) {
            Value::Null => Ok(None),
            Value::Bytes(bytes) => Ok(Some(bytes)),
            _ => Err(unexpected(column)),
        }
    }

    pub(crate) fn bytes(&mut self, column: usize) -> Result<Vec<u8>> {
        self.optional_bytes(column)?.ok_or_else(|| unexpected(column))
    }

    pub(crate) fn integer(&mut self, column: usize) -> Result<i64> {
        match self.take(column) {
            Value::Integer(number) => Ok(number),
            _ => Err(unexpected(column)),
        }
    }

    /// `SQLite` knows no truth values and keeps numbers instead.
    pub(crate) fn boolean(&mut self, column: usize) -> Result<bool> {
        match self.take(column) {
            Value::Boolean(truth) => Ok(truth),
            Value::Integer(number) => Ok(number != 0),
            _ => Err(unexpected(column)),
        }
    }

    fn take(&mut self, column: usize) -> Value {
        self.0.get_mut(column).map_or(Value::Null, |cell| std::mem::replace(cell, Value::Null))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        bytes.map_or(Self::Null, Self::Bytes)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Boolean(truth)
    }
}

fn unexpected(column: usize) -> StoreError {
    StoreError::Database(format!("column {column} of a row is not of the type that the schema says").into())
}
