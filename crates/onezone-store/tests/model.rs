//! Random histories of one zone, compared with a model in memory after every step.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use std::collections::BTreeMap;

use onezone_store::conformance::{audit, keys, of_provider, of_user, provider, token, user};
use onezone_store::{OpenMode, SqliteStore, Store, StoreError, Subject, Unnamed, Zone};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Create { subject: usize, id: u8, name: u8 },
    Revoke { id: u8 },
    DeleteAll { subject: usize },
    Rename { id: u8, name: u8 },
}

/// Token ids with owner, name and whether revoked.
type Model = BTreeMap<String, (Subject, String, bool)>;

fn subjects() -> [Subject; 3] {
    // A user and a provider of the same id share nothing.
    [of_user("a"), of_user("b"), of_provider("a")]
}

fn step() -> impl Strategy<Value = Step> {
    let (subject, id, name) = (0_usize..3, 0_u8..6, 0_u8..4);
    prop_oneof![
        4 => (subject.clone(), id.clone(), name.clone())
            .prop_map(|(subject, id, name)| Step::Create { subject, id, name }),
        1 => id.clone().prop_map(|id| Step::Revoke { id }),
        1 => subject.prop_map(|subject| Step::DeleteAll { subject }),
        1 => (id, name).prop_map(|(id, name)| Step::Rename { id, name }),
    ]
}

async fn perform(store: &dyn Store, model: &mut Model, step: &Step, number: i64) {
    let entry = audit(number);
    match step {
        Step::Create { subject, id, name } => {
            let (subject, id, name) = (subjects()[*subject].clone(), format!("t{id}"), format!("n{name}"));
            let result = store.create_token(&token(&subject, &id, &name), &entry).await;
            if model.contains_key(&id) {
                assert!(matches!(result, Err(StoreError::AlreadyExists { .. })), "{result:?}");
            } else if model.values().any(|other| other.0 == subject && other.1 == name) {
                assert!(matches!(result, Err(StoreError::TokenNameTaken { .. })), "{result:?}");
            } else {
                result.unwrap();
                model.insert(id, (subject, name, false));
            }
        }
        Step::Revoke { id } => {
            let id = format!("t{id}");
            let result = store.revoke_token(&id, &entry).await;
            match model.get_mut(&id) {
                Some(known) => {
                    result.unwrap();
                    known.2 = true;
                }
                None => assert!(matches!(result, Err(StoreError::NotFound { .. })), "{result:?}"),
            }
        }
        Step::DeleteAll { subject } => {
            let subject = &subjects()[*subject];
            let before = model.len();
            model.retain(|_, known| known.0 != *subject);
            let deleted = store.delete_all_tokens(subject, &entry).await.unwrap();
            assert_eq!(deleted, u64::try_from(before - model.len()).unwrap());
        }
        Step::Rename { id, name } => {
            let (id, name) = (format!("t{id}"), format!("n{name}"));
            let Some((subject, _, revoked)) = model.get(&id).cloned() else { return };
            let mut renamed = token(&subject, &id, &name);
            renamed.revoked = revoked;
            let zone = Zone { tokens: vec![renamed], ..Zone::default() };
            let result = store.apply(&zone, Unnamed::Keep, &entry).await;
            let is_taken = |(other, known): (&String, &(Subject, String, bool))| {
                *other != id && known.0 == subject && known.1 == name
            };
            if model.iter().any(is_taken) {
                assert!(matches!(result, Err(StoreError::TokenNameTaken { .. })), "{result:?}");
            } else {
                result.unwrap();
                model.insert(id, (subject, name, revoked));
            }
        }
    }
}

async fn compare(store: &dyn Store, model: &Model) {
    for subject in subjects() {
        let mut expected: Vec<_> = model.iter().filter(|(_, known)| known.0 == subject).collect();
        expected.sort_by(|(_, left), (_, right)| left.1.cmp(&right.1));
        let expected: Vec<&String> = expected.into_iter().map(|(id, _)| id).collect();
        assert_eq!(store.list_token_ids(&subject).await.unwrap().iter().collect::<Vec<_>>(), expected);
    }
    for id in (0..6).map(|id| format!("t{id}")) {
        let found = store.token_of_any_subject(&id).await.unwrap();
        let found = found.map(|record| (record.subject, record.revoked));
        assert_eq!(found, model.get(&id).map(|known| (known.0.clone(), known.2)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_leaves_what_the_model_says(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(&directory.path().join("zone.db"), OpenMode::Serve, keys()).unwrap();
            let zone = Zone {
                users: vec![user("a"), user("b")],
                providers: vec![provider("a")],
                ..Zone::default()
            };
            store.apply(&zone, Unnamed::Keep, &audit(0)).await.unwrap();
            let mut model = Model::new();
            for (number, step) in (1..).zip(&steps) {
                perform(&store, &mut model, step, number).await;
                compare(&store, &model).await;
            }
        });
    }
}
