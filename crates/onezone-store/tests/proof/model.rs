//! The same random histories told to a store in memory, to `SQLite` and to `PostgreSQL`: every answer is compared.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::mem::discriminant;

use onezone_store::conformance::{
    MemoryStore, PostgresServer, audit, group, keys, of_provider, of_user, provider, space, token, user,
};
use onezone_store::{
    AuditRecord, Cluster, Group, Member, NamedToken, OpenMode, PostgresStore, Privileges, Provider, Result,
    Secret, Space, SqliteStore, Store, StoreError, StoredToken, Subject, SubjectState, TemporaryTokenSecret,
    TokenRecord, TokenSummary, Unnamed, User, UserCredentials, Zone,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::{figure, times};

const IDS: [&str; 3] = ["a", "b", "c"];
const PRIVILEGES: [&str; 2] = ["oz_tokens_manage", "cluster_update"];
const TOKENS: [&str; 5] = ["t0", "t1", "t2", "t3", "t4"];

#[derive(Clone, Debug)]
enum Step {
    CreateUser(User),
    CreateGroup(Group),
    CreateProvider(Provider),
    CreateSpace(Space),
    Grant(&'static str, Member, Privileges),
    CreateToken(NamedToken),
    Revoke(&'static str),
    DeleteAll(Subject),
    EnsureTemporary(Subject),
    RevokeTemporary(Subject),
    Apply(Zone, bool),
}

/// What a step gave, in a form that can be compared.
#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Nothing,
    Number(u64),
    Generation(Secret, i64),
    Report(onezone_store::Report),
}

/// Everything that can be asked about the ids that occur here.
#[derive(Debug, PartialEq)]
struct Answers {
    export: Zone,
    subjects: BTreeMap<Subject, SubjectAnswers>,
    tokens: BTreeMap<&'static str, TokenAnswers>,
    usernames: BTreeMap<&'static str, Option<UserCredentials>>,
    zone_trail: Vec<AuditRecord>,
    has_users: bool,
}

/// What can be asked about one id of a token, without its subject.
#[derive(Debug, PartialEq)]
struct TokenAnswers {
    of_any_subject: Option<TokenRecord>,
    legacy: Option<TokenRecord>,
    stored: Option<StoredToken>,
}

/// What can be asked about one subject. Of questions about groups and providers, those that are answered with yes.
#[derive(Debug, PartialEq)]
struct SubjectAnswers {
    state: Option<SubjectState>,
    ids: Option<Vec<String>>,
    summaries: Option<Vec<TokenSummary>>,
    records: Vec<Option<TokenRecord>>,
    yes: BTreeSet<String>,
    trail: Vec<AuditRecord>,
}

fn id() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&IDS[..])
}

fn ids() -> impl Strategy<Value = BTreeSet<String>> {
    prop::collection::btree_set(id().prop_map(str::to_owned), 0..3)
}

fn privileges() -> impl Strategy<Value = Privileges> {
    prop::collection::btree_set(prop::sample::select(&PRIVILEGES[..]).prop_map(str::to_owned), 0..3)
}

fn subject() -> impl Strategy<Value = Subject> {
    // A user and a provider of the same id share nothing.
    prop_oneof![2 => id().prop_map(of_user), 1 => id().prop_map(of_provider)]
}

fn a_user() -> impl Strategy<Value = User> {
    let username = prop::option::weighted(0.9, id());
    (id(), username, privileges(), any::<(bool, bool)>()).prop_map(|(id, name, held, (blocked, hashed))| {
        let mut user = User { username: name.map(str::to_owned), privileges: held, blocked, ..user(id) };
        if !hashed {
            user.password_hash = None;
        }
        user
    })
}

fn a_group() -> impl Strategy<Value = Group> {
    (id(), ids(), ids(), privileges()).prop_map(|(id, users, groups, held)| Group {
        users,
        groups,
        privileges: held,
        ..group(id)
    })
}

fn a_provider() -> impl Strategy<Value = Provider> {
    let members = || prop::collection::btree_map(id().prop_map(str::to_owned), privileges(), 0..3);
    (id(), members(), members())
        .prop_map(|(id, users, groups)| Provider { cluster: Cluster { groups, users }, ..provider(id) })
}

fn a_space() -> impl Strategy<Value = Space> {
    (id(), ids(), ids(), ids()).prop_map(|(id, users, groups, providers)| Space {
        users,
        groups,
        providers,
        ..space(id)
    })
}

fn a_token() -> impl Strategy<Value = NamedToken> {
    let name = prop::sample::select(&["Z", "a", "ż", "n 1"][..]);
    let legacy = prop::bool::weighted(0.2);
    (subject(), prop::sample::select(&TOKENS[..]), name, legacy, any::<bool>()).prop_map(
        |(subject, id, name, legacy, revoked)| NamedToken {
            version: if legacy { 1 } else { 2 },
            revoked,
            ..token(&subject, id, name)
        },
    )
}

fn unique<T>(records: Vec<T>, key: impl Fn(&T) -> String) -> Vec<T> {
    let by_key: BTreeMap<String, T> = records.into_iter().map(|record| (key(&record), record)).collect();
    by_key.into_values().collect()
}

/// A document. Half of them name everybody that anything could refer to, so that they are likely to be taken.
fn a_zone() -> impl Strategy<Value = Zone> {
    let of = |size| 0..size;
    let people = (
        prop::collection::vec(a_user(), of(4)),
        prop::collection::vec(a_group(), of(3)),
        prop::collection::vec(a_provider(), of(3)),
        prop::collection::vec(a_space(), of(3)),
    );
    let tokens = prop::collection::vec((a_token(), prop::bool::weighted(0.8)), of(5));
    let secrets = prop::collection::vec((subject(), 1..4_i64), of(3));
    (people, tokens, secrets, any::<bool>()).prop_map(|(people, tokens, secrets, complete)| {
        let (mut users, mut groups, mut providers, spaces) = people;
        if complete {
            // The first of two counts, so that what chance made is kept.
            users = IDS.iter().map(|id| user(id)).chain(users).collect();
            groups = IDS.iter().map(|id| group(id)).chain(groups).collect();
            providers = IDS.iter().map(|id| provider(id)).chain(providers).collect();
        }
        let tokens = tokens.into_iter().map(|(mut token, with_secret)| {
            token.secret = token.secret.filter(|_| with_secret);
            token
        });
        let secrets = secrets.into_iter().map(|(subject, generation)| TemporaryTokenSecret {
            generation,
            secret: Secret::new("applied"),
            subject,
        });
        Zone {
            users: unique(users, |user| user.id.clone()),
            groups: unique(groups, |group| group.id.clone()),
            providers: unique(providers, |provider| provider.id.clone()),
            spaces: unique(spaces, |space| space.id.clone()),
            tokens: unique(tokens.collect(), |token| token.id.clone()),
            temporary_tokens: unique(secrets.collect(), |secret| secret.subject.to_string()),
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let member = prop_oneof![
        id().prop_map(|id| Member::User(id.to_owned())),
        id().prop_map(|id| Member::Group(id.to_owned()))
    ];
    prop_oneof![
        2 => a_user().prop_map(Step::CreateUser),
        2 => a_group().prop_map(Step::CreateGroup),
        1 => a_provider().prop_map(Step::CreateProvider),
        1 => a_space().prop_map(Step::CreateSpace),
        1 => (id(), member, privileges()).prop_map(|(id, member, held)| Step::Grant(id, member, held)),
        8 => a_token().prop_map(Step::CreateToken),
        2 => prop::sample::select(&TOKENS[..]).prop_map(Step::Revoke),
        3 => subject().prop_map(Step::DeleteAll),
        1 => subject().prop_map(Step::EnsureTemporary),
        1 => subject().prop_map(Step::RevokeTemporary),
        4 => (a_zone(), prop::bool::weighted(0.3)).prop_map(|(zone, prune)| Step::Apply(zone, prune)),
    ]
}

async fn perform(store: &dyn Store, step: &Step, number: i64) -> Result<Answer> {
    let entry = audit(number);
    let fresh = Secret::new(format!("fresh {number}"));
    let nothing = |()| Answer::Nothing;
    match step {
        Step::CreateUser(user) => store.create_user(user, &entry).await.map(nothing),
        Step::CreateGroup(group) => store.create_group(group, &entry).await.map(nothing),
        Step::CreateProvider(provider) => store.create_provider(provider, &entry).await.map(nothing),
        Step::CreateSpace(space) => store.create_space(space, &entry).await.map(nothing),
        Step::Grant(id, member, held) => store.grant_cluster(id, member, held, &entry).await.map(nothing),
        Step::CreateToken(token) => store.create_token(token, &entry).await.map(nothing),
        Step::Revoke(id) => store.revoke_token(id, &entry).await.map(nothing),
        Step::DeleteAll(subject) => store.delete_all_tokens(subject, &entry).await.map(Answer::Number),
        Step::EnsureTemporary(subject) => {
            let temporary = store.ensure_temporary_secret(subject, &fresh, &entry).await?;
            Ok(Answer::Generation(temporary.secret, temporary.generation))
        }
        Step::RevokeTemporary(subject) => {
            let generation = store.revoke_temporary_tokens(subject, &fresh, &entry).await?;
            Ok(Answer::Generation(fresh, generation))
        }
        Step::Apply(zone, prune) => {
            let unnamed = if *prune { Unnamed::Remove } else { Unnamed::Keep };
            store.apply(zone, unnamed, &entry).await.map(Answer::Report)
        }
    }
}

/// A list of somebody who exists.
fn of_somebody<T>(result: Result<T>) -> Option<T> {
    match result {
        Ok(list) => Some(list),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

async fn ask_about(store: &dyn Store, subject: &Subject) -> SubjectAnswers {
    let mut records = Vec::new();
    for id in TOKENS {
        records.push(store.token_for_authentication(subject, id).await.unwrap());
    }
    let mut yes = BTreeSet::new();
    let mut note = |is_true: bool, text: String| is_true.then(|| yes.insert(text));
    for id in IDS {
        note(store.is_group_member(subject, id).await.unwrap(), format!("in group {id}"));
        note(store.is_cluster_member(subject, id).await.unwrap(), format!("in cluster {id}"));
        note(store.is_user_of_provider(subject, id).await.unwrap(), format!("user of {id}"));
        for held in PRIVILEGES {
            let has = store.has_cluster_privilege(subject, id, held).await.unwrap();
            note(has, format!("{held} in cluster {id}"));
        }
    }
    for held in PRIVILEGES {
        note(store.has_zone_privilege(subject, held).await.unwrap(), held.to_owned());
    }
    note(store.has_direct_group(subject).await.unwrap(), "has a group".to_owned());
    SubjectAnswers {
        state: store.subject_state(subject).await.unwrap(),
        ids: of_somebody(store.list_token_ids(subject).await),
        summaries: of_somebody(store.list_tokens(subject).await),
        records,
        yes,
        trail: store.audit_trail(&subject.to_string()).await.unwrap(),
    }
}

async fn ask(store: &dyn Store) -> Answers {
    let mut subjects = BTreeMap::new();
    for subject in IDS.into_iter().flat_map(|id| [of_user(id), of_provider(id)]) {
        let answers = ask_about(store, &subject).await;
        subjects.insert(subject, answers);
    }
    let mut tokens = BTreeMap::new();
    for id in TOKENS {
        let answers = TokenAnswers {
            of_any_subject: store.token_of_any_subject(id).await.unwrap(),
            legacy: store.legacy_token_for_authentication(id).await.unwrap(),
            stored: store.token(id).await.unwrap(),
        };
        tokens.insert(id, answers);
    }
    let mut usernames = BTreeMap::new();
    for id in IDS {
        usernames.insert(id, store.user_by_username(id).await.unwrap());
    }
    Answers {
        export: store.export().await.unwrap(),
        subjects,
        tokens,
        usernames,
        zone_trail: store.audit_trail("zone").await.unwrap(),
        has_users: store.has_users().await.unwrap(),
    }
}

/// Tells both a history, and says how many of its steps were taken.
async fn compare(model: &dyn Store, store: &dyn Store, steps: &[Step]) -> usize {
    let everybody = Zone {
        users: IDS.map(user).into(),
        groups: IDS.map(group).into(),
        providers: IDS.map(provider).into(),
        ..Zone::default()
    };
    let beginning = Step::Apply(everybody, false);
    let mut taken = 0;
    for (number, step) in (1..).zip(std::iter::once(&beginning).chain(steps)) {
        let expected = perform(model, step, number).await;
        let found = perform(store, step, number).await;
        match (&expected, &found) {
            (Ok(expected), Ok(found)) => assert_eq!(found, expected, "step {number}"),
            // A document can have several mistakes, and any of them may be told.
            (Err(_), Err(_)) if matches!(step, Step::Apply(..)) => {}
            (Err(expected), Err(found)) => {
                assert_eq!(discriminant(found), discriminant(expected), "step {number}: {found}, {expected}");
                assert_eq!(found.to_string(), expected.to_string(), "step {number}");
            }
            _ => panic!("step {number}: {found:?} instead of {expected:?}"),
        }
        taken += usize::from(found.is_ok());
        assert_eq!(ask(store).await, ask(model).await, "after step {number}");
    }
    taken
}

/// Runs histories; `tell` tells one to a store that is empty, and says how many steps were taken.
fn run_histories(name: &str, tell: impl Fn(&[Step]) -> usize) {
    let cases = u32::try_from(times(10)).unwrap();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let (all, taken) = (Cell::new(0), Cell::new(0));
    let result = TestRunner::new(config).run(&prop::collection::vec(step(), 1..30), |steps| {
        taken.set(taken.get() + tell(&steps));
        all.set(all.get() + steps.len());
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let (all, taken) = (all.get(), taken.get());
    assert!(taken * 4 > all, "only {taken} of {all} steps did anything");
    figure(&format!(
        "{name}: {cases} random histories of {all} steps, {taken} of which changed something; every answer as the model's"
    ));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn sqlite_answers_as_the_model_does() {
    let runtime = runtime();
    run_histories("SQLite", |steps| {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("zone.db"), OpenMode::Serve, keys()).unwrap();
        runtime.block_on(compare(&MemoryStore::default(), &store, steps))
    });
}

#[test]
fn postgresql_answers_as_the_model_does() {
    let (runtime, server) = (runtime(), PostgresServer::start());
    let database = server.create_database();
    let options = server.options(&database);
    runtime.block_on(PostgresStore::migrate(&options, keys())).unwrap();
    run_histories("PostgreSQL", |steps| {
        server.empty(&database);
        let store = runtime.block_on(PostgresStore::open(&options, keys())).unwrap();
        runtime.block_on(compare(&MemoryStore::default(), &store, steps))
    });
}
