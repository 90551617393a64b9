//! The trait that every storage backend implements. The contract that spans all operations is in the crate's
//! documentation, and as tests in `conformance`.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    AuditEntry, AuditRecord, Group, Member, NamedToken, Privileges, Provider, Report, Result, Secret, Space,
    StoreError, StoredToken, Subject, SubjectState, TemporaryToken, TokenRecord, TokenSource, TokenSummary,
    User, UserCredentials, Zone, ZoneSink,
};

/// What [`Store::apply`] does with records that the document does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unnamed {
    /// They stay as they are.
    Keep,
    /// They are removed.
    Remove,
}

/// A look-up of authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// [`Store::subject_state`].
    SubjectState,
    /// [`Store::token_for_authentication`].
    Token,
    /// [`Store::legacy_token_for_authentication`].
    LegacyToken,
    /// [`Store::token_of_any_subject`].
    TokenOfAnySubject,
    /// [`Store::user_by_username`].
    User,
}

/// The records of one zone.
///
/// Ids and names are compared byte by byte, everywhere. An operation on a subject, token or cluster that does not
/// exist is [`StoreError::NotFound`](crate::StoreError::NotFound), unless its result can say so itself; questions
/// about privileges and membership answer `false` for whatever does not exist.
#[async_trait]
pub trait Store: Send + Sync {
    // What requests need. The look-ups of authentication, which are the first five, take longer when they find something.
    // Strangers wait for refusals, so that who refuses after one of them evens it out.

    /// A user's or provider's state; `None` when it does not exist.
    async fn subject_state(&self, subject: &Subject) -> Result<Option<SubjectState>>;

    /// The token of this id that belongs to `subject`.
    async fn token_for_authentication(&self, subject: &Subject, id: &str) -> Result<Option<TokenRecord>>;

    /// The version-1 token of this id; such a token's identifier does not tell its subject.
    async fn legacy_token_for_authentication(&self, id: &str) -> Result<Option<TokenRecord>>;

    /// The token of this id, whoever owns it. Tells a token that names a wrong subject from one that is gone;
    /// not for the ordinary path, since a sharded backend has to ask everywhere.
    async fn token_of_any_subject(&self, id: &str) -> Result<Option<TokenRecord>>;

    /// The user who logs in with this name.
    async fn user_by_username(&self, username: &str) -> Result<Option<UserCredentials>>;

    /// Does what the look-up would have done as well, had it ended the other way: asked for after each look-up whose credentials are
    /// refused without saying what was found, so that the time of the refusal does not say it either. What becomes of it is nobody's.
    async fn even_out(&self, lookup: Lookup, was_found: bool);

    /// Whether a user holds a zone privilege, directly or as an effective member of a group that holds it.
    /// Providers never do.
    async fn has_zone_privilege(&self, subject: &Subject, privilege: &str) -> Result<bool>;

    /// Whether a user has a privilege in a cluster, directly or as an effective member of a group that is a
    /// member of the cluster. Providers never do.
    async fn has_cluster_privilege(&self, subject: &Subject, cluster: &str, privilege: &str) -> Result<bool>;

    /// Whether a user is a member of a cluster, directly or as an effective member of a group that is.
    async fn is_cluster_member(&self, subject: &Subject, cluster: &str) -> Result<bool>;

    /// Whether a user is an effective user of a provider: has a space that the provider supports, directly or as
    /// an effective member of a group that has it. Providers never are.
    async fn is_user_of_provider(&self, subject: &Subject, provider: &str) -> Result<bool>;

    /// Whether a user is a member of a group, directly or through any chain of subgroups.
    async fn is_group_member(&self, subject: &Subject, group: &str) -> Result<bool>;

    /// Whether a user is a direct member of any group.
    async fn has_direct_group(&self, subject: &Subject) -> Result<bool>;

    /// The ids of all named tokens of a subject, revoked ones included, in ascending byte order of their *names*.
    async fn list_token_ids(&self, subject: &Subject) -> Result<Vec<String>>;

    /// Deletes all named tokens of a subject, of every type, and says how many there were. All or nothing:
    /// whatever was there when it took effect is gone when it returns. Temporary tokens are untouched.
    async fn delete_all_tokens(&self, subject: &Subject, audit: &AuditEntry) -> Result<u64>;

    /// Whether the store can be read and written right now.
    async fn ping(&self) -> Result<()>;

    /// Finishes the work that was accepted, makes the files whole and frees them. Later calls on this store
    /// give [`StoreError::Closed`](crate::StoreError::Closed).
    async fn close(&self) -> Result<()>;

    // What administration needs.

    /// Whether there is any user; there is none in a store that was just created.
    async fn has_users(&self) -> Result<bool>;

    /// The whole state, secrets included, as of one moment.
    async fn export(&self) -> Result<Zone>;

    /// The same, handed out as it is read. An error after the first call of the sink is
    /// [`StoreError::Interrupted`](crate::StoreError::Interrupted). What is written here suits a store that has everything in
    /// memory anyway.
    async fn export_to(&self, mut sink: Box<dyn ZoneSink>) -> Result<()> {
        let mut zone = self.export().await?;
        let tokens = std::mem::take(&mut zone.tokens);
        let count = u64::try_from(tokens.len()).unwrap_or(u64::MAX);
        sink.head(zone, count).map_err(StoreError::Interrupted)?;
        if sink.wants_tokens() {
            sink.tokens(tokens).map_err(StoreError::Interrupted)?;
        }
        Ok(())
    }

    /// Brings the store to what the document says, all of it or nothing. A named record gets exactly the contents
    /// it has in the document, save that an absent password hash or token secret leaves the stored one.
    ///
    /// Its audit rows are one for `zone` with the number of tokens that were touched, and one for each subject with the
    /// ids of its own.
    async fn apply(&self, zone: &Zone, unnamed: Unnamed, audit: &AuditEntry) -> Result<Report>;

    /// The same with tokens that come from elsewhere; `rest` has none. What is written here suits a store that has
    /// everything in memory anyway.
    async fn apply_from(
        &self,
        rest: &Zone,
        tokens: Arc<dyn TokenSource>,
        unnamed: Unnamed,
        audit: &AuditEntry,
    ) -> Result<Report> {
        let zone = Zone { tokens: tokens.page(None, usize::MAX)?, ..rest.clone() };
        self.apply(&zone, unnamed, audit).await
    }

    /// Adds a user.
    async fn create_user(&self, user: &User, audit: &AuditEntry) -> Result<()>;

    /// Adds a group, whose members must exist.
    async fn create_group(&self, group: &Group, audit: &AuditEntry) -> Result<()>;

    /// Adds a provider with its cluster, whose members must exist.
    async fn create_provider(&self, provider: &Provider, audit: &AuditEntry) -> Result<()>;

    /// Adds a space, whose members and providers must exist.
    async fn create_space(&self, space: &Space, audit: &AuditEntry) -> Result<()>;

    /// Makes somebody a member of a provider's cluster and adds privileges to those they have there.
    async fn grant_cluster(
        &self,
        cluster: &str,
        member: &Member,
        privileges: &Privileges,
        audit: &AuditEntry,
    ) -> Result<()>;

    /// Adds a named token, which must come with its secret. Takes effect wholly before or wholly after any
    /// [`Self::delete_all_tokens`] of the same subject.
    async fn create_token(&self, token: &NamedToken, audit: &AuditEntry) -> Result<()>;

    /// The whole token of this id.
    async fn token(&self, id: &str) -> Result<Option<StoredToken>>;

    /// The named tokens of a subject in the order of [`Self::list_token_ids`], without their secrets.
    async fn list_tokens(&self, subject: &Subject) -> Result<Vec<TokenSummary>>;

    /// Revokes one token; revoking it again changes nothing.
    async fn revoke_token(&self, id: &str, audit: &AuditEntry) -> Result<()>;

    /// The secret of a subject's temporary tokens. Where there is none yet, `fresh` becomes it.
    async fn ensure_temporary_secret(
        &self,
        subject: &Subject,
        fresh: &Secret,
        audit: &AuditEntry,
    ) -> Result<TemporaryToken>;

    /// Revokes all temporary tokens of a subject: `fresh` becomes the secret, of the next generation, which is
    /// given back.
    async fn revoke_temporary_tokens(
        &self,
        subject: &Subject,
        fresh: &Secret,
        audit: &AuditEntry,
    ) -> Result<i64>;

    /// What was changed about a target (a subject's text form, or `zone` for applied documents), in the order of
    /// the entries' ids.
    async fn audit_trail(&self, target: &str) -> Result<Vec<AuditRecord>>;
}
