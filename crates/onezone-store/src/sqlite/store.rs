//! The trait's operations, handed to the threads that do them.

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::authentication::{self, TokenLookup};
use super::threads::Failure;
use super::{SqliteStore, read, write};
use crate::{
    AuditEntry, AuditRecord, Group, Member, NamedToken, Privileges, Provider, Report, Result, Secret, Space,
    Store, StoreError, StoredToken, Subject, SubjectState, TemporaryToken, TokenRecord, TokenSummary,
    Unnamed, User, UserCredentials, Zone, sql,
};

#[async_trait]
impl Store for SqliteStore {
    async fn subject_state(&self, subject: &Subject) -> Result<Option<SubjectState>> {
        let subject = subject.clone();
        self.readers.run(move |connection| authentication::subject_state(connection, &subject)).await
    }

    async fn token_for_authentication(&self, subject: &Subject, id: &str) -> Result<Option<TokenRecord>> {
        self.token_record(authentication::OF_SUBJECT, [subject.to_string(), id.to_owned()]).await
    }

    async fn legacy_token_for_authentication(&self, id: &str) -> Result<Option<TokenRecord>> {
        self.token_record(authentication::LEGACY, [id.to_owned()]).await
    }

    async fn token_of_any_subject(&self, id: &str) -> Result<Option<TokenRecord>> {
        self.token_record(authentication::OF_ANY_SUBJECT, [id.to_owned()]).await
    }

    async fn user_by_username(&self, username: &str) -> Result<Option<UserCredentials>> {
        let username = username.to_owned();
        self.readers.run(move |connection| authentication::user_by_username(connection, &username)).await
    }

    async fn has_zone_privilege(&self, subject: &Subject, privilege: &str) -> Result<bool> {
        self.ask_about_user(subject, sql::HAS_ZONE_PRIVILEGE, vec![privilege.to_owned()]).await
    }

    async fn has_cluster_privilege(&self, subject: &Subject, cluster: &str, privilege: &str) -> Result<bool> {
        let rest = vec![cluster.to_owned(), privilege.to_owned()];
        self.ask_about_user(subject, sql::HAS_CLUSTER_PRIVILEGE, rest).await
    }

    async fn is_cluster_member(&self, subject: &Subject, cluster: &str) -> Result<bool> {
        self.ask_about_user(subject, sql::IS_CLUSTER_MEMBER, vec![cluster.to_owned()]).await
    }

    async fn is_user_of_provider(&self, subject: &Subject, provider: &str) -> Result<bool> {
        self.ask_about_user(subject, sql::IS_USER_OF_PROVIDER, vec![provider.to_owned()]).await
    }

    async fn is_group_member(&self, subject: &Subject, group: &str) -> Result<bool> {
        let group = Member::Group(group.to_owned()).to_string();
        self.ask_about_user(subject, sql::IS_GROUP_MEMBER, vec![group]).await
    }

    async fn has_direct_group(&self, subject: &Subject) -> Result<bool> {
        self.ask_about_user(subject, sql::HAS_DIRECT_GROUP, vec![]).await
    }

    async fn list_token_ids(&self, subject: &Subject) -> Result<Vec<String>> {
        let subject = subject.clone();
        self.readers.run(move |connection| read::list_token_ids(connection, &subject)).await
    }

    async fn delete_all_tokens(&self, subject: &Subject, audit: &AuditEntry) -> Result<u64> {
        let subject = subject.clone();
        self.change(audit, move |connection, audit| write::delete_all_tokens(connection, &subject, audit))
            .await
    }

    async fn ping(&self) -> Result<()> {
        let ping = |connection: &Connection| {
            if read::exists(connection, sql::PING, [])? {
                return Ok(());
            }
            Err(StoreError::Database("the database has no schema".into()).into())
        };
        self.readers.run(ping).await?;
        self.writer.run(ping).await
    }

    async fn close(&self) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let (readers, writer) = (Arc::clone(&self.readers), Arc::clone(&self.writer));
        // Waiting for threads blocks, which the caller's runtime must not.
        std::thread::spawn(move || {
            readers.stop();
            // Fails only when the caller has gone; the store is closed all the same.
            let _ = reply.send(writer.stop());
        });
        let result = answer.await.map_err(|_| StoreError::Closed)?;
        self.unlock();
        result
    }

    async fn has_users(&self) -> Result<bool> {
        self.readers.run(|connection| read::exists(connection, sql::ANY_USER, [])).await
    }

    async fn export(&self) -> Result<Zone> {
        self.readers
            .run(|connection| {
                let moment = connection.unchecked_transaction()?;
                Ok(read::snapshot(&moment)?.zone)
            })
            .await
    }

    async fn apply(&self, zone: &Zone, unnamed: Unnamed, audit: &AuditEntry) -> Result<Report> {
        let zone = zone.clone();
        self.change(audit, move |connection, audit| write::apply(connection, &zone, unnamed, audit)).await
    }

    async fn create_user(&self, user: &User, audit: &AuditEntry) -> Result<()> {
        let user = user.clone();
        self.change(audit, move |connection, audit| write::create_user(connection, &user, audit)).await
    }

    async fn create_group(&self, group: &Group, audit: &AuditEntry) -> Result<()> {
        let group = group.clone();
        self.change(audit, move |connection, audit| write::create_group(connection, &group, audit)).await
    }

    async fn create_provider(&self, provider: &Provider, audit: &AuditEntry) -> Result<()> {
        let provider = provider.clone();
        self.change(audit, move |connection, audit| write::create_provider(connection, &provider, audit))
            .await
    }

    async fn create_space(&self, space: &Space, audit: &AuditEntry) -> Result<()> {
        let space = space.clone();
        self.change(audit, move |connection, audit| write::create_space(connection, &space, audit)).await
    }

    async fn grant_cluster(
        &self,
        cluster: &str,
        member: &Member,
        privileges: &Privileges,
        audit: &AuditEntry,
    ) -> Result<()> {
        let (cluster, member, privileges) = (cluster.to_owned(), member.clone(), privileges.clone());
        self.change(audit, move |connection, audit| {
            write::grant_cluster(connection, &cluster, &member, &privileges, audit)
        })
        .await
    }

    async fn create_token(&self, token: &NamedToken, audit: &AuditEntry) -> Result<()> {
        let token = token.clone();
        self.change(audit, move |connection, audit| write::create_token(connection, &token, audit)).await
    }

    async fn token(&self, id: &str) -> Result<Option<StoredToken>> {
        let id = id.to_owned();
        self.readers.run(move |connection| read::token(connection, &id)).await
    }

    async fn list_tokens(&self, subject: &Subject) -> Result<Vec<TokenSummary>> {
        let subject = subject.clone();
        self.readers.run(move |connection| read::list_tokens(connection, &subject)).await
    }

    async fn revoke_token(&self, id: &str, audit: &AuditEntry) -> Result<()> {
        let id = id.to_owned();
        self.change(audit, move |connection, audit| write::revoke_token(connection, &id, audit)).await
    }

    async fn ensure_temporary_secret(
        &self,
        subject: &Subject,
        fresh: &Secret,
        audit: &AuditEntry,
    ) -> Result<TemporaryToken> {
        let (subject, fresh) = (subject.clone(), fresh.clone());
        self.change(audit, move |connection, audit| {
            write::ensure_temporary_secret(connection, &subject, &fresh, audit)
        })
        .await
    }

    async fn revoke_temporary_tokens(
        &self,
        subject: &Subject,
        fresh: &Secret,
        audit: &AuditEntry,
    ) -> Result<i64> {
        let (subject, fresh) = (subject.clone(), fresh.clone());
        self.change(audit, move |connection, audit| {
            write::revoke_temporary_tokens(connection, &subject, &fresh, audit)
        })
        .await
    }

    async fn audit_trail(&self, target: &str) -> Result<Vec<AuditRecord>> {
        let target = target.to_owned();
        self.readers.run(move |connection| read::audit_trail(connection, &target)).await
    }
}

impl SqliteStore {
    async fn token_record<const N: usize>(
        &self,
        lookup: TokenLookup,
        keys: [String; N],
    ) -> Result<Option<TokenRecord>> {
        let read = move |connection: &Connection| {
            authentication::token_record(connection, lookup, keys.each_ref().map(String::as_str))
        };
        self.readers.run(read).await
    }

    /// Whether `sql` has a row for a user and further keys. Providers belong to nothing and hold nothing.
    async fn ask_about_user(&self, subject: &Subject, sql: &'static str, rest: Vec<String>) -> Result<bool> {
        let Subject::User(_) = subject else { return Ok(false) };
        let keys: Vec<String> = std::iter::once(subject.to_string()).chain(rest).collect();
        self.readers
            .run(move |connection| read::exists(connection, sql, rusqlite::params_from_iter(keys)))
            .await
    }

    async fn change<T, F>(&self, audit: &AuditEntry, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &AuditEntry) -> Result<T, Failure> + Send + 'static,
    {
        let audit = audit.clone();
        self.writer.run(move |connection| work(connection, &audit)).await
    }
}
