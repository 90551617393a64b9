//! Random zones applied one after the other, compared with a model that holds everything in memory; and applies that end
//! half way.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use onezone_store::conformance::{PostgresServer, audit, keys, of_provider, of_user, provider, token, user};
use onezone_store::{
    Counts, Keyring, NamedToken, OpenMode, PostgresOptions, PostgresStore, Report, Result, Secret,
    SortedTokens, Spool, SpooledToken, SqliteStore, Store, StoreError, Subject, TokenLines, TokenSource,
    Unnamed, Zone,
};
use proptest::prelude::*;

const TRUNCATE: &str = "TRUNCATE subjects, users, groups, group_members, zone_privileges, providers, \
    cluster_members, cluster_privileges, spaces, space_members, space_providers, named_tokens, legacy_tokens, audit_log";

/// What the store should hold. Only users, one provider and tokens are looked at here.
#[derive(Clone, Default)]
struct Model {
    users: BTreeSet<String>,
    tokens: BTreeMap<String, (NamedToken, i64)>,
    epochs: BTreeMap<Subject, i64>,
    /// The ids that the trail of a subject has, in its order.
    trails: BTreeMap<Subject, Vec<Vec<String>>>,
}

impl Model {
    /// `None` when the zone is to be refused.
    fn apply(&self, zone: &Zone, prune: bool, at: i64) -> Option<(Self, Report)> {
        let mut after = self.clone();
        let mut report = Report::default();
        let named: BTreeSet<String> = zone.users.iter().map(|user| user.id.clone()).collect();
        report.users.created = named.difference(&self.users).count() as u64;
        if prune {
            report.users.removed = self.users.difference(&named).count() as u64;
            after.users.clear();
        }
        after.users.extend(named);
        let (mut touched, mut weakened) = (BTreeMap::<_, BTreeSet<_>>::new(), BTreeSet::new());
        let mut touch = |subject: &Subject, id: &str| {
            touched.entry(subject.clone()).or_default().insert(id.to_owned());
        };
        let wanted: BTreeMap<_, _> = zone.tokens.iter().map(|token| (&token.id, token)).collect();
        for token in &zone.tokens {
            let mut token = token.clone();
            let old = self.tokens.get(&token.id);
            if token.secret.is_none() {
                token.secret = old?.0.secret.clone().filter(|_| old.unwrap().0.subject == token.subject);
                token.secret.as_ref()?;
            }
            let created_at = old.map_or(at, |(_, created_at)| *created_at);
            match old {
                None => report.tokens.created += 1,
                Some((old, _)) if *old != token => {
                    report.tokens.updated += 1;
                    weakened.insert(old.subject.clone());
                    touch(&old.subject, &token.id);
                }
                Some(_) => continue,
            }
            touch(&token.subject, &token.id);
            after.tokens.insert(token.id.clone(), (token, created_at));
        }
        for (id, (token, _)) in self.tokens.iter().filter(|(id, _)| prune && !wanted.contains_key(id)) {
            report.tokens.removed += 1;
            weakened.insert(token.subject.clone());
            touch(&token.subject, id);
            after.tokens.remove(id);
        }
        let names: BTreeSet<_> =
            after.tokens.values().map(|(token, _)| (&token.subject, &token.name)).collect();
        let has_owner = |subject: &Subject| match subject {
            Subject::User(id) => after.users.contains(id),
            Subject::Provider(_) => true,
        };
        if names.len() < after.tokens.len()
            || !after.tokens.values().all(|(token, _)| has_owner(&token.subject))
        {
            return None;
        }
        for subject in weakened {
            *after.epochs.entry(subject).or_default() += 1;
        }
        let users = &after.users;
        after
            .epochs
            .retain(|subject, _| matches!(subject, Subject::Provider(_)) || users.contains(subject.id()));
        for (subject, ids) in touched {
            after.trails.entry(subject).or_default().push(ids.into_iter().collect());
        }
        Some((after, report))
    }

    fn zone(&self) -> Zone {
        let mut tokens: Vec<_> = self.tokens.values().map(|(token, _)| token.clone()).collect();
        tokens.sort_by_key(|token| (token.subject.to_string(), token.name.clone()));
        let users = self.users.iter().map(|id| user(id)).collect();
        Zone { users, providers: vec![provider("p")], tokens, ..Zone::default() }
    }

    async fn compare(&self, store: &dyn Store) {
        let exported = store.export().await.unwrap();
        assert!(exported == self.zone(), "the zones differ");
        for (token, created_at) in self.tokens.values().take(20) {
            assert_eq!(
                store.token(&token.id).await.unwrap().unwrap().created_at,
                *created_at,
                "{}",
                token.id
            );
        }
        let subjects: BTreeSet<Subject> =
            self.users.iter().map(|id| of_user(id)).chain([of_provider("p")]).collect();
        for subject in &subjects {
            let epoch = store.subject_state(subject).await.unwrap().unwrap().token_epoch;
            assert_eq!(epoch, self.epochs.get(subject).copied().unwrap_or_default(), "{subject}");
        }
        for subject in subjects.iter().chain(self.trails.keys()) {
            let trail = store.audit_trail(&subject.to_string()).await.unwrap();
            let ids: Vec<_> = trail.into_iter().map(|record| record.token_ids).collect();
            assert_eq!(ids, self.trails.get(subject).cloned().unwrap_or_default(), "{subject}");
        }
    }
}

/// The tokens in a file, as the program has them.
fn spooled(tokens: &[NamedToken]) -> Spool {
    let nonces = Arc::new(|| Ok([0; 24]));
    let spool = Spool::new(Keyring::new([3; 32], nonces)).unwrap();
    for (position, token) in (0..).zip(tokens) {
        let (token, lines) = (token.clone(), TokenLines::default());
        spool.add(&SpooledToken { position, lines, has_id: true, token }).unwrap();
    }
    spool.complete(|_, _| Ok::<_, StoreError>(())).unwrap();
    spool
}

/// Applies the zone to the store and to the model; they must agree.
async fn step(store: &dyn Store, model: &mut Model, zone: &Zone, prune: bool, number: i64) {
    let unnamed = if prune { Unnamed::Remove } else { Unnamed::Keep };
    let rest = Zone { tokens: vec![], ..zone.clone() };
    // In both ways that there are.
    let result = if number % 2 == 0 {
        store.apply(zone, unnamed, &audit(number)).await
    } else {
        store.apply_from(&rest, Arc::new(spooled(&zone.tokens)), unnamed, &audit(number)).await
    };
    match (model.apply(zone, prune, audit(number).at), result) {
        (None, Err(_)) => {}
        (Some((after, report)), Ok(found)) => {
            assert_eq!((found.users, found.tokens), (report.users, report.tokens));
            *model = after;
        }
        (expected, found) => panic!("expected {:?}, found {found:?}", expected.map(|(_, report)| report)),
    }
    model.compare(store).await;
}

fn random_token() -> impl Strategy<Value = (usize, usize, Option<bool>, bool, bool)> {
    (0..4_usize, 0..4_usize, prop::option::weighted(0.8, any::<bool>()), any::<bool>(), any::<bool>())
}

/// Few owners, names and ids, so that they clash and wander.
fn random_zone() -> impl Strategy<Value = Zone> {
    let tokens = prop::collection::vec(prop::option::of(random_token()), 7);
    let users = prop::collection::btree_set(0..3_usize, 1..=3);
    (users, tokens).prop_map(|(users, tokens)| {
        let mut zone = Zone { providers: vec![provider("p")], ..Zone::default() };
        zone.users = users.iter().map(|number| user(&format!("u{number}"))).collect();
        for (index, (owner, name, secret, revoked, is_old)) in
            tokens.into_iter().enumerate().filter_map(|(index, token)| Some((index, token?)))
        {
            let subject = if owner == 3 { of_provider("p") } else { of_user(&format!("u{owner}")) };
            let mut token = token(&subject, &format!("t{index}"), &format!("n{name}"));
            token.secret = secret.map(|one| Secret::new(if one { "one" } else { "other" }));
            (token.revoked, token.version) = (revoked, if is_old { 1 } else { 2 });
            zone.tokens.push(token);
        }
        zone
    })
}

type History = Vec<(Zone, bool)>;

fn histories() -> impl Strategy<Value = History> {
    prop::collection::vec((random_zone(), prop::bool::weighted(0.3)), 1..8)
}

async fn follow(store: &dyn Store, history: &History) {
    let mut model = Model::default();
    let empty = Zone { providers: vec![provider("p")], ..Zone::default() };
    step(store, &mut model, &empty, false, 0).await;
    for (number, (zone, prune)) in (1..).zip(history) {
        step(store, &mut model, zone, *prune, number).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_of_zones_ends_as_in_the_model_in_sqlite(history in histories()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(&directory.path().join("zone.db"), OpenMode::Serve, keys()).unwrap();
            follow(&store, &history).await;
        });
    }
}

/// A server with a database in it.
struct Postgres {
    server: PostgresServer,
    database: String,
    options: PostgresOptions,
}

impl Postgres {
    async fn start() -> Self {
        let server = PostgresServer::start();
        let database = server.create_database();
        let options = server.options(&database);
        PostgresStore::migrate(&options, keys()).await.unwrap();
        Self { server, database, options }
    }

    async fn open(&self) -> PostgresStore {
        PostgresStore::open(&self.options, keys()).await.unwrap()
    }
}

#[test]
fn any_history_of_zones_ends_as_in_the_model_in_postgresql() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let postgres = runtime.block_on(Postgres::start());
    let config = ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(history in histories())| {
        postgres.server.execute_in(&postgres.database, TRUNCATE);
        runtime.block_on(async { follow(&postgres.open().await, &history).await });
    });
}

/// Many pages: names go round, tokens change hands, come and go.
async fn follow_a_large_history(store: &dyn Store) {
    const TOKENS: usize = 2600;
    let mut zone = Zone { providers: vec![provider("p")], ..Zone::default() };
    zone.users = ["u0", "u1", "u2"].map(user).into();
    let owner = |number: usize| {
        if number.is_multiple_of(5) { of_provider("p") } else { of_user(&format!("u{}", number % 3)) }
    };
    zone.tokens = (0..TOKENS)
        .map(|number| {
            token(&owner(number), &format!("{:05}", number * 7919 % 99_991), &format!("{number:05}"))
        })
        .collect();
    let mut model = Model::default();
    step(store, &mut model, &zone, false, 1).await;
    step(store, &mut model, &zone, true, 2).await;
    // Every token takes the name of the next one of its subject.
    let mut last = BTreeMap::new();
    for token in zone.tokens.iter_mut().rev() {
        if let Some(name) = last.insert(token.subject.clone(), token.name.clone()) {
            token.name = name;
        } else {
            "first".clone_into(&mut token.name);
        }
    }
    step(store, &mut model, &zone, false, 3).await;
    for (number, token) in zone.tokens.iter_mut().enumerate().filter(|(number, _)| number % 10 == 0) {
        token.subject = of_user(&format!("u{}", number % 3));
        token.name = format!("moved {number}");
        token.revoked = true;
    }
    zone.tokens.retain(|token| !token.id.ends_with('7'));
    step(store, &mut model, &zone, true, 4).await;
    assert!(model.tokens.len() > TOKENS / 2, "the ids are not what this test thinks");
    zone.tokens.push(token(&of_user("u1"), "clash", &zone.tokens[1].name.clone()));
    zone.tokens.push(token(&zone.tokens[1].subject.clone(), "another", &zone.tokens[1].name.clone()));
    step(store, &mut model, &zone, false, 5).await;
    step(store, &mut model, &Zone { tokens: vec![], ..zone }, true, 6).await;
    assert_eq!(model.tokens.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn zones_of_many_pages_end_as_in_the_model() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("zone.db"), OpenMode::Serve, keys()).unwrap();
    follow_a_large_history(&store).await;
    follow_a_large_history(&Postgres::start().await.open().await).await;
}

/// Tokens of which the reading ends after some pages.
struct Ending {
    tokens: SortedTokens,
    pages: AtomicUsize,
    end: fn() -> StoreError,
}

impl TokenSource for Ending {
    fn page(&self, after: Option<(&str, &str)>, limit: usize) -> Result<Vec<NamedToken>> {
        if self.pages.fetch_sub(1, Ordering::Relaxed) == 0 {
            Err((self.end)())
        } else {
            self.tokens.page(after, limit)
        }
    }

    fn owner_of(&self, id: &str) -> Result<Option<Subject>> {
        self.tokens.owner_of(id)
    }
}

fn people(secret: &str) -> Zone {
    let mut zone = Zone { users: vec![user("u0"), user("u1")], ..Zone::default() };
    for number in 0..3000 {
        let mut token =
            token(&of_user(&format!("u{}", number % 2)), &format!("t{number:05}"), &format!("{number:05}"));
        token.secret = Some(Secret::new(secret));
        zone.tokens.push(token);
    }
    zone.tokens.sort_by_key(|token| (token.subject.to_string(), token.name.clone()));
    zone
}

/// Eight pages are read in the first pass, and the ninth is the second of the second one.
async fn apply_half(store: &dyn Store, end: fn() -> StoreError) -> Result<Report> {
    let Zone { users, tokens, .. } = people("new");
    let source = Ending { tokens: SortedTokens::new(tokens)?, pages: AtomicUsize::new(9), end };
    let rest = Zone { users, ..Zone::default() };
    store.apply_from(&rest, Arc::new(source), Unnamed::Remove, &audit(2)).await
}

const CHILD: &str = "ONEZONE_STORE_TEST_APPLY_AND_DIE";

async fn open(place: &str) -> Box<dyn Store> {
    if !place.starts_with("postgres:") {
        return Box::new(SqliteStore::open(place.as_ref(), OpenMode::Serve, keys()).unwrap());
    }
    let (url, durability) = (place.to_owned(), onezone_store::Durability::Local);
    let options = PostgresOptions { url, durability, max_connections: 2 };
    Box::new(PostgresStore::open(&options, keys()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apply_that_ends_half_way_leaves_what_was_there() {
    if let Ok(place) = std::env::var(CHILD) {
        // Nothing is tidied up, as after kill -9.
        let _ = apply_half(open(&place).await.as_ref(), || std::process::abort()).await;
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("zone.db").display().to_string();
    let postgres = Postgres::start().await;
    for place in [file, postgres.options.url.clone()] {
        let before = people("old");
        let store = open(&place).await;
        let report = store.apply(&before, Unnamed::Remove, &audit(1)).await.unwrap();
        assert_eq!(report.tokens, Counts { created: 3000, updated: 0, removed: 0 });
        let end = || StoreError::Interrupted("told to".into());
        let error = apply_half(store.as_ref(), end).await.unwrap_err();
        assert!(matches!(error, StoreError::Interrupted(_)), "{error}");
        assert!(store.export().await.unwrap() == before, "{place} was changed by an apply that gave up");
        store.close().await.unwrap();
        let name = "an_apply_that_ends_half_way_leaves_what_was_there";
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(CHILD, &place)
            .output();
        let status = child.unwrap().status;
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(6), "the child did not die");
        let store = open(&place).await;
        assert!(store.export().await.unwrap() == before, "{place} was changed by an apply that died");
        assert_eq!(store.audit_trail("zone").await.unwrap().len(), 1);
        store.close().await.unwrap();
    }
}
