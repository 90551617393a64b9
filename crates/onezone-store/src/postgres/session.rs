//! A connection of `PostgreSQL` as operations see it.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use bytes::BytesMut;
use deadpool_postgres::GenericClient;
use tokio_postgres::types::{IsNull, ToSql, Type};

use crate::error::BoxError;
use crate::session::{Row, Session, Value};
use crate::statement::Statement;
use crate::{Keyring, Result, StoreError};

/// Waits until the row is free, and keeps it until the transaction ends. A statement of its own: in one together with a
/// deletion it would wait, and then delete what was there before it waited.
pub(super) const LOCK_SUBJECT: &str = "SELECT 1 FROM subjects WHERE subject = $1 FOR UPDATE";

/// Waits for all who hold a subject's row, and keeps new ones waiting; readers go on.
pub(super) const LOCK_ZONE: &str = "LOCK TABLE subjects IN EXCLUSIVE MODE";

/// For the transaction that it is in alone.
const TAKE_TIME: &str = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

/// Whoever seals keeps the row of the check value, which names the key that seals, from being replaced meanwhile.
pub(super) const SHARE_KEYS: &str = "SELECT 1 FROM meta WHERE key = 'key_check' FOR SHARE";

/// Waits for all who seal.
pub(super) const LOCK_KEYS: &str = "SELECT 1 FROM meta WHERE key = 'key_check' FOR UPDATE";

/// How many statements are sent before the first answer is awaited.
const BATCH: usize = 256;

/// How long a statement is waited for: a little longer than the server lets one take. Beyond, the server hangs, or
/// something between here and there swallows what is sent.
const SILENCE: Duration = Duration::from_secs(12);

pub(super) struct PostgresSession<'a, C> {
    client: &'a C,
    keys: &'a Arc<Keyring>,
    /// Statements may take as long as they like.
    has_time: bool,
}

/// What the server answers, if it does so in time. After [`StoreError::Silent`] the connection is of no use: what it is
/// asked next would wait behind what it has not answered.
pub(super) async fn answered<T>(
    answer: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
) -> Result<T> {
    match tokio::time::timeout(SILENCE, answer).await {
        Ok(answer) => answer.map_err(database),
        Err(_) => Err(StoreError::Silent),
    }
}

/// The error as it came; whoever ran the transaction decides what it means.
pub(super) fn database(error: tokio_postgres::Error) -> StoreError {
    StoreError::Database(Box::new(error))
}

/// What the server said, when it is an error of the server's.
pub(super) fn of_server(error: &StoreError) -> Option<&tokio_postgres::Error> {
    match error {
        StoreError::Database(source) => source.downcast_ref(),
        _ => None,
    }
}

#[async_trait]
impl<C: GenericClient> Session for PostgresSession<'_, C> {
    fn keys(&self) -> &Arc<Keyring> {
        self.keys
    }

    async fn rows(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Vec<Row>> {
        let rows = self.query(sql, parameters).await?;
        rows.iter()
            .map(|row| (0..row.len()).map(|column| cell(row, column)).collect::<Result<_>>().map(Row::new))
            .collect()
    }

    async fn texts(&mut self, sql: &'static str, parameters: &[Value]) -> Result<Vec<String>> {
        let rows = self.query(sql, parameters).await?;
        rows.iter().map(|row| row.try_get(0).map_err(database)).collect()
    }

    async fn execute(&mut self, statements: &[Statement]) -> Result<()> {
        // What is on the way to the server is bounded, and so is what comes back.
        for batch in statements.chunks(BATCH) {
            let mut prepared = HashMap::new();
            for statement in batch {
                if !prepared.contains_key(statement.sql) {
                    let text = self.answered(self.client.prepare_cached(statement.sql)).await?;
                    prepared.insert(statement.sql, text);
                }
            }
            // Each is sent when it is first polled, and the answers are awaited afterwards.
            let mut sent = Vec::with_capacity(batch.len());
            for statement in batch {
                let (prepared, client) = (&prepared[statement.sql], self.client);
                let mut answer =
                    Box::pin(
                        async move { client.execute(prepared, &references(&statement.parameters)).await },
                    );
                match futures::poll!(answer.as_mut()) {
                    Poll::Ready(answer) => answer.map(|_| ()).map_err(database)?,
                    Poll::Pending => sent.push(answer),
                }
            }
            for answer in sent {
                self.answered(answer).await?;
            }
        }
        Ok(())
    }

    async fn take_time(&mut self) -> Result<()> {
        self.has_time = true;
        self.client.batch_execute(TAKE_TIME).await.map_err(database)
    }

    async fn lock_subject(&mut self, subject: &str) -> Result<()> {
        self.query(LOCK_SUBJECT, &[subject.into()]).await.map(|_| ())
    }

    async fn lock_zone(&mut self) -> Result<()> {
        self.answered(self.client.batch_execute(LOCK_ZONE)).await
    }

    async fn lock_keys(&mut self, alone: bool) -> Result<()> {
        self.query(if alone { LOCK_KEYS } else { SHARE_KEYS }, &[]).await.map(|_| ())
    }
}

impl<'a, C: GenericClient> PostgresSession<'a, C> {
    pub(super) fn new(client: &'a C, keys: &'a Arc<Keyring>) -> Self {
        Self { client, keys, has_time: false }
    }

    async fn query(&self, sql: &'static str, parameters: &[Value]) -> Result<Vec<tokio_postgres::Row>> {
        self.answered(async {
            let statement = self.client.prepare_cached(sql).await?;
            self.client.query(&statement, &references(parameters)).await
        })
        .await
    }

    async fn answered<T>(
        &self,
        answer: impl Future<Output = std::result::Result<T, tokio_postgres::Error>> + Send,
    ) -> Result<T> {
        if self.has_time { answer.await.map_err(database) } else { answered(answer).await }
    }
}

fn references(parameters: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    parameters.iter().map(|parameter| parameter as &(dyn ToSql + Sync)).collect()
}

fn cell(row: &tokio_postgres::Row, column: usize) -> Result<Value> {
    let kind = row.columns()[column].type_();
    let value = match *kind {
        Type::BOOL => row.try_get::<_, Option<bool>>(column).map(|value| value.map(Value::Boolean)),
        Type::INT8 => row.try_get::<_, Option<i64>>(column).map(|value| value.map(Value::Integer)),
        Type::INT4 => {
            row.try_get::<_, Option<i32>>(column).map(|value| value.map(|value| Value::Integer(value.into())))
        }
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(column).map(|value| value.map(Value::Bytes)),
        _ => row.try_get::<_, Option<String>>(column).map(|value| value.map(Value::Text)),
    };
    Ok(value.map_err(database)?.unwrap_or(Value::Null))
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) => number.to_sql(kind, out),
            Self::Boolean(truth) => truth.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    /// What fits is decided when the value is known.
    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        let fits = match self {
            Self::Null => true,
            Self::Integer(_) => <i64 as ToSql>::accepts(kind),
            Self::Boolean(_) => <bool as ToSql>::accepts(kind),
            Self::Text(_) => <String as ToSql>::accepts(kind),
            Self::Bytes(_) => <Vec<u8> as ToSql>::accepts(kind),
        };
        if fits {
            self.to_sql(kind, out)
        } else {
            Err(format!("a parameter is not of the type {kind}").into())
        }
    }
}

/// Values hold secrets, which an error of the driver would repeat.
impl std::fmt::Debug for Value {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Value(..)")
    }
}

/// What went wrong in one line: the server's own message with its code, or that of the connection.
pub(super) fn said(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("{} (SQLSTATE {})", error.message(), error.code().code()),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}
