//! Random zones of users, groups, spaces and providers, one brought to the next, compared with a model in memory
//! that follows memberships the slow and obvious way.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

use std::collections::BTreeSet;

use onezone_store::conformance::{audit, group, keys, of_user, provider, space, user};
use onezone_store::{OpenMode, SqliteStore, Store, Unnamed, Zone};
use proptest::prelude::*;

const USERS: [&str; 3] = ["u0", "u1", "u2"];
const GROUPS: [&str; 5] = ["g0", "g1", "g2", "g3", "g4"];
const SPACES: [&str; 3] = ["s0", "s1", "s2"];
const PROVIDERS: [&str; 2] = ["p0", "p1"];

fn ids<const N: usize>(all: [&'static str; N]) -> impl Strategy<Value = BTreeSet<String>> {
    prop::collection::btree_set(0..N, 0..3)
        .prop_map(move |set| set.into_iter().map(|index| all[index].to_owned()).collect())
}

/// All users, groups and providers; memberships, cycles among them included, and spaces as chance has it.
fn zone() -> impl Strategy<Value = Zone> {
    let groups = prop::collection::vec((ids(USERS), ids(GROUPS)), GROUPS.len());
    let spaces =
        prop::collection::vec(prop::option::of((ids(USERS), ids(GROUPS), ids(PROVIDERS))), SPACES.len());
    (groups, spaces).prop_map(|(groups, spaces)| {
        let mut zone = Zone {
            users: USERS.map(user).into(),
            providers: PROVIDERS.map(provider).into(),
            ..Zone::default()
        };
        for (id, (users, groups)) in GROUPS.iter().zip(groups) {
            zone.groups.push(onezone_store::Group { users, groups, ..group(id) });
        }
        for (id, contents) in SPACES.iter().zip(spaces) {
            if let Some((users, groups, providers)) = contents {
                zone.spaces.push(onezone_store::Space { users, groups, providers, ..space(id) });
            }
        }
        zone
    })
}

/// The groups that a user belongs to, directly or through others.
fn groups_of(zone: &Zone, user: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        for group in &zone.groups {
            if group.users.contains(user) || !group.groups.is_disjoint(&found) {
                found.insert(group.id.clone());
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

async fn compare(store: &dyn Store, zone: &Zone) {
    assert_eq!(store.export().await.unwrap(), *zone);
    for user in USERS {
        let (groups, subject) = (groups_of(zone, user), of_user(user));
        for group in GROUPS {
            let found = store.is_group_member(&subject, group).await.unwrap();
            assert_eq!(found, groups.contains(group), "{user} in {group}");
        }
        for provider in PROVIDERS {
            let expected = zone.spaces.iter().any(|space| {
                space.providers.contains(provider)
                    && (space.users.contains(user) || !space.groups.is_disjoint(&groups))
            });
            let found = store.is_user_of_provider(&subject, provider).await.unwrap();
            assert_eq!(found, expected, "{user} of {provider}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_graph_answers_as_the_model_does(zones in prop::collection::vec((zone(), any::<bool>()), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(&directory.path().join("zone.db"), OpenMode::Serve, keys()).unwrap();
            let mut present = Zone::default();
            for (number, (wanted, prune)) in (1..).zip(zones) {
                let unnamed = if prune { Unnamed::Remove } else { Unnamed::Keep };
                store.apply(&wanted, unnamed, &audit(number)).await.unwrap();
                let named: BTreeSet<_> = wanted.spaces.iter().map(|space| space.id.clone()).collect();
                let kept = present.spaces.into_iter().filter(|space| !prune && !named.contains(&space.id));
                let kept: Vec<_> = kept.collect();
                present = wanted;
                present.spaces.extend(kept);
                present.spaces.sort_by(|left, right| left.id.cmp(&right.id));
                compare(&store, &present).await;
            }
        });
    }
}
