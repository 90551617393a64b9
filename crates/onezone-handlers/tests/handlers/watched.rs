//! How often a request asks the store, and what becomes of it when the store cannot do it now. What a refusal
//! costs must not tell whether a record exists.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use onezone_store::{
    AuditEntry, AuditRecord, Group, Lookup, Member, NamedToken, Privileges, Provider, Report, Result, Secret,
    Space, Store, StoreError, StoredToken, Subject, SubjectState, TemporaryToken, TokenRecord, TokenSummary,
    Unnamed, User, UserCredentials, Zone,
};

use crate::failures::collected;
use crate::support::{
    Onezone, PASSWORD, TEMPORARY_SECRET, access, basic, forged, settings, signed, token, zone,
};

/// A store that keeps account of what it was asked, and fails in the way it is told to.
struct Watched {
    store: Arc<dyn Store>,
    asked: Mutex<Vec<&'static str>>,
    /// Whether the last look-up of authentication found something.
    was_found: Mutex<Option<bool>>,
    failure: Mutex<Option<MakeFailure>>,
}

type MakeFailure = fn() -> StoreError;

macro_rules! watched {
    (
        $($looked_up:ident($($key:ident: $key_type:ty),*) -> ?$found:ty;)*
        ---
        $($name:ident($($argument:ident: $type:ty),*) -> $output:ty;)*
    ) => {
        #[async_trait]
        impl Store for Watched {
            $(async fn $looked_up(&self, $($key: $key_type),*) -> Result<Option<$found>> {
                self.asked.lock().unwrap().push(stringify!($looked_up));
                if let Some(failure) = *self.failure.lock().unwrap() {
                    return Err(failure());
                }
                let found = self.store.$looked_up($($key),*).await;
                *self.was_found.lock().unwrap() = found.as_ref().ok().map(Option::is_some);
                found
            })*

            async fn even_out(&self, lookup: Lookup, was_found: bool) {
                let mut asked = self.asked.lock().unwrap();
                let evened = match lookup {
                    Lookup::SubjectState => "subject_state",
                    Lookup::Token => "token_for_authentication",
                    Lookup::LegacyToken => "legacy_token_for_authentication",
                    Lookup::TokenOfAnySubject => "token_of_any_subject",
                    Lookup::User => "user_by_username",
                };
                assert_eq!(asked.last(), Some(&evened));
                assert_eq!(self.was_found.lock().unwrap().take(), Some(was_found), "{lookup:?}");
                asked.push("even_out");
            }

            $(async fn $name(&self, $($argument: $type),*) -> Result<$output> {
                self.asked.lock().unwrap().push(stringify!($name));
                if let Some(failure) = *self.failure.lock().unwrap() {
                    return Err(failure());
                }
                self.store.$name($($argument),*).await
            })*
        }
    };
}

watched! {
    subject_state(subject: &Subject) -> ?SubjectState;
    token_for_authentication(subject: &Subject, id: &str) -> ?TokenRecord;
    legacy_token_for_authentication(id: &str) -> ?TokenRecord;
    token_of_any_subject(id: &str) -> ?TokenRecord;
    user_by_username(username: &str) -> ?UserCredentials;
    ---
    has_zone_privilege(subject: &Subject, privilege: &str) -> bool;
    has_cluster_privilege(subject: &Subject, cluster: &str, privilege: &str) -> bool;
    is_cluster_member(subject: &Subject, cluster: &str) -> bool;
    is_user_of_provider(subject: &Subject, provider: &str) -> bool;
    is_group_member(subject: &Subject, group: &str) -> bool;
    has_direct_group(subject: &Subject) -> bool;
    list_token_ids(subject: &Subject) -> Vec<String>;
    delete_all_tokens(subject: &Subject, audit: &AuditEntry) -> u64;
    ping() -> ();
    close() -> ();
    has_users() -> bool;
    export() -> Zone;
    apply(zone: &Zone, unnamed: Unnamed, audit: &AuditEntry) -> Report;
    create_user(user: &User, audit: &AuditEntry) -> ();
    create_group(group: &Group, audit: &AuditEntry) -> ();
    create_provider(provider: &Provider, audit: &AuditEntry) -> ();
    create_space(space: &Space, audit: &AuditEntry) -> ();
    grant_cluster(cluster: &str, member: &Member, privileges: &Privileges, audit: &AuditEntry) -> ();
    create_token(token: &NamedToken, audit: &AuditEntry) -> ();
    token(id: &str) -> Option<StoredToken>;
    list_tokens(subject: &Subject) -> Vec<TokenSummary>;
    revoke_token(id: &str, audit: &AuditEntry) -> ();
    ensure_temporary_secret(subject: &Subject, fresh: &Secret, audit: &AuditEntry) -> TemporaryToken;
    revoke_temporary_tokens(subject: &Subject, fresh: &Secret, audit: &AuditEntry) -> i64;
    audit_trail(target: &str) -> Vec<AuditRecord>;
}

async fn watched() -> (Onezone, Arc<Watched>) {
    let onezone = Onezone::over(zone(), settings()).await;
    onezone.add_token("usr-alice", "legacy", 1).await;
    let store = Arc::clone(&onezone.store);
    let watched = Arc::new(Watched {
        store,
        asked: Mutex::default(),
        was_found: Mutex::default(),
        failure: Mutex::default(),
    });
    (onezone.with_store(Arc::clone(&watched) as Arc<dyn Store>), watched)
}

#[tokio::test]
async fn a_refused_token_costs_the_same_reads_whether_or_not_its_record_exists() {
    let (onezone, watched) = watched().await;
    let named = "token_for_authentication";
    let both = "token_for_authentication even_out token_of_any_subject even_out";
    let old = "legacy_token_for_authentication even_out token_of_any_subject even_out";
    let temporary = "subject_state even_out";
    for (token, reads) in [
        (access("alice"), named),
        (forged("2/nmd/usr-alice/act/alice-token", &[]), both),
        (forged("2/nmd/usr-alice/act/nowhere", &[]), both),
        (forged("2/nmd/usr-nobody/act/nowhere", &[]), both),
        (forged("2/nmd/usr-bob/act/alice-token", &[]), both),
        (token("legacy", &[]), "legacy_token_for_authentication"),
        (forged("legacy", &[]), old),
        (forged("legacy-nowhere", &[]), old),
        (signed("2/tmp-2/usr-alice/act/t", &[], TEMPORARY_SECRET), "subject_state"),
        (forged("2/tmp-2/usr-alice/act/t", &[]), temporary),
        (forged("2/tmp-1/usr-bob/act/t", &[]), temporary),
        (forged("2/tmp-1/usr-nobody/act/t", &[]), temporary),
        // Nothing is looked up for what needs no record to be refused.
        (forged("2/nmd/usr-alice/idn/alice-token", &[]), ""),
        ("rubbish".to_owned(), ""),
    ] {
        watched.asked.lock().unwrap().clear();
        onezone.present(&token).await;
        let asked = watched.asked.lock().unwrap().join(" ");
        let of_authentication = asked.replace("has_cluster_privilege has_zone_privilege", "");
        assert_eq!(of_authentication.trim(), reads, "{token}");
    }
}

#[tokio::test]
async fn the_user_is_read_for_every_password_and_a_refusal_is_evened_out() {
    let (onezone, watched) = watched().await;
    for (name, password, is_refused) in [
        ("alice.name", PASSWORD, false),
        ("alice.name", PASSWORD, false),
        ("alice.name", "wrong", true),
        ("nobody", "wrong", true),
    ] {
        watched.asked.lock().unwrap().clear();
        onezone.list("nowhere", &[("authorization", &basic(name, password))]).await;
        let asked = watched.asked.lock().unwrap();
        assert_eq!(asked.first(), Some(&"user_by_username"), "{name}");
        assert_eq!(asked.get(1) == Some(&"even_out"), is_refused, "{name}");
    }
    for name in ["bob.name", "nobody else"] {
        let (onezone, watched) = self::watched().await;
        for guess in 0..10 {
            let outcome =
                onezone.list("nowhere", &[("authorization", &basic(name, &format!("wrong {guess}")))]).await;
            assert_eq!(outcome, "401 badBasicCredentials");
        }
        watched.asked.lock().unwrap().clear();
        let outcome = onezone.list("nowhere", &[("authorization", &basic(name, "made to wait"))]).await;
        assert_eq!(outcome, "503 serviceUnavailable");
        assert_eq!(*watched.asked.lock().unwrap(), ["user_by_username", "even_out"], "{name}");
    }
}

#[tokio::test]
async fn nothing_is_read_for_a_caller_whose_token_is_confined_to_something_else() {
    let (onezone, watched) = watched().await;
    let confined = token("2/nmd/usr-carol/act/carol-token", &["api = opw/all/*.*.*:*"]);
    assert_eq!(onezone.delete("alice", &[("x-auth-token", &confined)]).await, "401 tokenCaveatUnverified");
    assert_eq!(*watched.asked.lock().unwrap(), ["token_for_authentication"]);
}

#[tokio::test]
async fn what_the_store_cannot_do_now_is_503_and_its_cause_is_logged_once() {
    let (onezone, watched) = watched().await;
    let (token, password) = (access("alice"), basic("alice.name", PASSWORD));
    let failures: [(MakeFailure, &str, &str); 2] = [
        (|| StoreError::Overloaded, "serviceUnavailable", "its queue is full"),
        (
            || StoreError::Busy { path: "/data/zone.db".into() },
            "temporaryFailure",
            "/data/zone.db stays locked by another process",
        ),
    ];
    for (failure, id, cause) in failures {
        *watched.failure.lock().unwrap() = Some(failure);
        for header in [("x-auth-token", token.as_str()), ("authorization", &password)] {
            let (log, _guard) = collected();
            let answer = onezone.send("DELETE", "/users/alice/tokens/named", &[header]).await;
            assert_eq!(answer.outcome(), format!("503 {id}"));
            assert!(!answer.body.contains("zone.db") && !answer.body.contains("queue"), "{answer:?}");
            let log = log.text();
            assert_eq!(log.matches(cause).count(), 1, "{log}");
            assert!(log.lines().any(|line| line.contains("WARN") && line.contains(cause)), "{log}");
        }
    }
    *watched.failure.lock().unwrap() = None;
    assert_eq!(onezone.delete("alice", &[("x-auth-token", &token)]).await, "204");
}
