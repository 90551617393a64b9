//! The contract of [`Store`] as functions that panic where a backend breaks it. Each takes an empty store of its own.
//! A backend's tests run all of them with [`conformance_tests!`](crate::conformance_tests) and add only what is
//! particular to it.

#[cfg(unix)]
mod cluster;
mod deletion;
mod history;
mod membership;
mod memory;
mod spaces;
mod tokens;
mod zones;

#[cfg(unix)]
pub use cluster::PostgresServer;
pub use deletion::*;
pub use history::{Asked, Event, is_explained};
pub use membership::*;
pub use memory::MemoryStore;
pub use spaces::*;
pub use tokens::*;
pub use zones::*;

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    AuditEntry, Cluster, Group, Keyring, Keys, NamedToken, PasswordHash, Provider, Result, Secret, Space,
    Store, StoreError, Subject, TemporaryTokenSecret, TokenType, Unnamed, User, Zone,
};

/// For how long a store may refuse what nothing but a busy machine stands in the way of.
const REFUSED_FOR: Duration = Duration::from_secs(60);

/// Asks a question again for as long as the store refuses to answer because the machine is busy.
pub async fn answered<T>(ask: impl AsyncFn() -> Result<T>) -> Result<T> {
    let give_up = Instant::now() + REFUSED_FOR;
    loop {
        match ask().await {
            Err(StoreError::Overloaded | StoreError::Busy { .. } | StoreError::Unreachable { .. })
                if Instant::now() < give_up =>
            {
                sleep(Duration::from_millis(100)).await;
            }
            answer => return answer,
        }
    }
}

/// Calls a macro with the name of every function of the contract.
#[doc(hidden)]
#[macro_export]
macro_rules! with_contract {
    ($callback:path => $($argument:tt)*) => {
        $callback! { $($argument)*
            token_ids_are_listed_in_byte_order_of_names
            listing_tells_a_missing_subject_from_an_empty_one
            deleting_takes_all_tokens_and_leaves_everything_else
            deleting_the_tokens_of_a_missing_subject_changes_nothing
            deleting_again_finds_nothing
            the_audit_row_of_a_deletion_equals_its_effect
            deletions_and_creations_at_once_take_effect_one_after_the_other
            privileges_reach_users_through_nested_groups
            long_chains_of_groups_are_followed_to_their_end
            cycles_of_groups_end
            providers_hold_no_privileges
            privileges_are_gone_with_what_gave_them
            spaces_make_effective_users_of_providers
            wide_memberships_are_answered_at_once
            effective_users_are_gone_with_what_made_them
            cluster_grants_add_up
            consumers_belong_to_groups
            a_token_is_found_by_its_owner_and_id
            a_legacy_token_is_found_by_its_id
            token_names_are_unique_within_a_subject
            a_revoked_token_stays_and_says_so
            a_blocked_subject_is_seen_with_its_token
            reading_creates_no_temporary_secret
            temporary_tokens_are_revoked_by_generation
            users_log_in_by_their_exact_name
            records_are_created_once
            applying_again_changes_nothing
            applying_updates_what_is_named_and_keeps_the_rest
            pruning_removes_what_is_not_named
            an_export_reproduces_the_state
            a_document_with_a_mistake_changes_nothing
            absent_secrets_stay_and_are_never_resurrected
            names_may_be_swapped
            every_change_is_audited
            a_closed_store_says_so
        }
    };
}

/// Writes a test for every function of the contract. The argument is an expression that gives a fresh, empty
/// store, anything that `.store()` turns into a `&dyn Store` and that keeps it alive.
#[macro_export]
macro_rules! conformance_tests {
    ($open:expr) => {
        $crate::with_contract! { $crate::conformance_tests => @ $open; }
    };
    (@ $open:expr; $($name:ident)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                let opened = $open;
                $crate::conformance::$name(opened.store()).await;
            }
        )*
    };
}

/// A function of the contract: its name, and what it does with an empty store.
pub type Clause = (&'static str, for<'a> fn(&'a dyn Store) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>);

macro_rules! clauses {
    ($($name:ident)*) => {
        /// Every function of the contract, for backends that start slowly and share what they started.
        pub const CONTRACT: &[Clause] = &[$((stringify!($name), |store| Box::pin($name(store)))),*];
    };
}

with_contract! { clauses => }

/// Keys that everybody knows, for stores that live as long as a test.
pub fn keys() -> Keys {
    let count = AtomicU64::new(0);
    Keys::fixed(Keyring::new([7; 32], Arc::new(move || Ok(nonce(count.fetch_add(1, Ordering::Relaxed))))))
}

/// Nonces that repeat only when a program is started again, which is good enough for tests alone.
fn nonce(number: u64) -> [u8; 24] {
    let mut nonce = [0; 24];
    nonce[..8].copy_from_slice(&number.to_le_bytes());
    nonce
}

/// An audit entry whose id and time come from a number.
pub fn audit(number: i64) -> AuditEntry {
    AuditEntry {
        id: format!("audit-{number:06}"),
        at: 1_700_000_000 + number,
        actor: "usr-tester".to_owned(),
        authentication: "token".to_owned(),
        token_id: Some("the-token-used".to_owned()),
        request_id: Some(format!("request-{number}")),
        peer: Some("127.0.0.1".to_owned()),
    }
}

/// A user of this id, whose username is the same.
pub fn user(id: &str) -> User {
    User {
        basic_auth: true,
        blocked: false,
        full_name: None,
        id: id.to_owned(),
        password_hash: Some(PasswordHash::new(vec![7; 65])),
        privileges: BTreeSet::new(),
        username: Some(id.to_owned()),
    }
}

/// How many tokens each of the [`people`] has.
pub const TOKENS_EACH: u64 = 3;

/// Users `u0` and on, each with tokens.
pub fn people(count: usize) -> Zone {
    let mut zone = Zone::default();
    for number in 0..count {
        let id = format!("u{number}");
        for token_number in 0..TOKENS_EACH {
            let token_id = format!("{id}-{token_number}");
            zone.tokens.push(token(&of_user(&id), &token_id, &token_id));
        }
        zone.users.push(user(&id));
    }
    zone
}

/// An empty group.
pub fn group(id: &str) -> Group {
    Group {
        groups: BTreeSet::new(),
        id: id.to_owned(),
        name: id.to_owned(),
        privileges: BTreeSet::new(),
        users: BTreeSet::new(),
    }
}

/// A provider with an empty cluster.
pub fn provider(id: &str) -> Provider {
    Provider { cluster: Cluster::default(), id: id.to_owned(), name: id.to_owned() }
}

/// A space that nobody has and nobody supports.
pub fn space(id: &str) -> Space {
    Space {
        groups: BTreeSet::new(),
        id: id.to_owned(),
        name: id.to_owned(),
        providers: BTreeSet::new(),
        users: BTreeSet::new(),
    }
}

/// An access token whose secret is made of its id.
pub fn token(subject: &Subject, id: &str, name: &str) -> NamedToken {
    NamedToken {
        caveats: vec![],
        id: id.to_owned(),
        name: name.to_owned(),
        revoked: false,
        secret: Some(Secret::new(format!("secret of {id}"))),
        subject: subject.clone(),
        token_type: TokenType::AccessToken,
        version: 2,
    }
}

/// The user of this id as a subject.
pub fn of_user(id: &str) -> Subject {
    Subject::User(id.to_owned())
}

/// The provider of this id as a subject.
pub fn of_provider(id: &str) -> Subject {
    Subject::Provider(id.to_owned())
}

fn set(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Two users, two nested groups, a provider with a cluster, a space, tokens of all kinds, a temporary secret.
pub(crate) fn sample_zone() -> Zone {
    let mut alice = user("alice");
    alice.full_name = Some("Alice Example".to_owned());
    alice.privileges = set(&["oz_users_list", "oz_tokens_manage"]);
    let mut bob = user("bob");
    (bob.username, bob.password_hash, bob.basic_auth, bob.blocked) = (None, None, false, true);
    let mut inner = group("inner");
    inner.users = set(&["bob"]);
    let mut outer = group("outer");
    (outer.groups, outer.privileges) = (set(&["inner"]), set(&["oz_users_view"]));
    let mut cracow = provider("cracow");
    cracow.cluster.users.insert("alice".to_owned(), set(&["cluster_view", "cluster_update"]));
    cracow.cluster.users.insert("bob".to_owned(), set(&[]));
    cracow.cluster.groups.insert("inner".to_owned(), set(&["cluster_view"]));
    let mut genome = space("genome");
    (genome.users, genome.groups) = (set(&["alice"]), set(&["outer"]));
    genome.providers = set(&["cracow"]);
    let mut confined = token(&of_user("alice"), "t1", "laptop");
    confined.caveats = vec!["time < 1893456000".to_owned(), "interface = rest".to_owned()];
    let mut invitation = token(&of_user("alice"), "t2", "Żółw (2)");
    let parameters = [("inviteType", "userJoinGroup"), ("groupId", "outer")];
    invitation.token_type =
        TokenType::InviteToken(parameters.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    let mut identity = token(&of_provider("cracow"), "t3", "laptop");
    (identity.token_type, identity.revoked) = (TokenType::IdentityToken, true);
    let mut legacy = token(&of_provider("cracow"), "t4", "legacy token 1");
    legacy.version = 1;
    let temporary =
        TemporaryTokenSecret { generation: 3, secret: Secret::new("00ff"), subject: of_user("alice") };
    Zone {
        groups: vec![inner, outer],
        providers: vec![cracow],
        spaces: vec![genome, space("unused")],
        temporary_tokens: vec![temporary],
        tokens: vec![identity, legacy, confined, invitation],
        users: vec![alice, bob],
    }
}

pub(crate) async fn apply(store: &dyn Store, zone: &Zone, number: i64) -> crate::Report {
    store.apply(zone, Unnamed::Keep, &audit(number)).await.expect("the zone applies")
}
