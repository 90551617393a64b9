//! Whether a store can be used, and what it shows of its work.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use onezone_store::{Checkup, OperationKind, Outcome, StoreError, StoreObserver, Vitals};

use crate::place::{Place, fill, ring};

/// Longer than anything here takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Witness(Mutex<Vec<(OperationKind, Outcome)>>);

impl StoreObserver for Witness {
    fn finished(&self, operation: OperationKind, outcome: Outcome, _: Duration) {
        self.0.lock().unwrap().push((operation, outcome));
    }
}

pub(crate) async fn a_store_that_is_well_says_so_and_tells_of_its_operations(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    fill(&*store).await;
    let witness = Arc::new(Witness::default());
    store.watch(witness.clone());
    let checkup = store.check_up(PATIENCE).await;
    assert!(
        matches!(checkup, Checkup { read: Some(Ok(())), write: Some(Ok(())), state: Some(Ok(())), .. }),
        "{checkup:?}"
    );
    store.has_users().await.unwrap();
    let told = std::mem::take(&mut *witness.0.lock().unwrap());
    let ping = (OperationKind::Ping, Outcome::Ok);
    assert_eq!(told, [ping, ping, (OperationKind::Other, Outcome::Ok)]);
    let Vitals { keys, newest_key, sqlite, pool, .. } = store.vitals();
    assert_eq!((keys, newest_key, sqlite.is_some()), (1, 1, pool.is_none()));
    if let Some(sqlite) = sqlite {
        assert_eq!((sqlite.waiting_reads, sqlite.waiting_changes, sqlite.threads_ended), (0, 0, 0));
        assert!(sqlite.database_bytes.unwrap() > 0 && sqlite.wal_bytes.unwrap() > 0, "{sqlite:?}");
    }
    if let Some(pool) = pool {
        assert!(pool.open >= 1 && pool.open <= pool.max && pool.waiting == 0, "{pool:?}");
    }
    store.close().await.unwrap();
}

pub(crate) async fn another_schema_is_noticed_while_the_store_is_open(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    place.execute(match place {
        Place::Sqlite { .. } => "PRAGMA user_version = 99",
        Place::Postgres { .. } => "UPDATE meta SET value = '99' WHERE key = 'schema_compatible'",
    });
    let Checkup { read, write, state, .. } = store.check_up(PATIENCE).await;
    assert!(matches!((read, write), (Some(Ok(())), Some(Ok(())))));
    assert!(matches!(state, Some(Err(StoreError::NewerSchema { .. }))), "{state:?}");
}

pub(crate) async fn keys_of_another_database_are_noticed_while_the_store_is_open(place: &Place<'_>) {
    let store = place.open(ring(1)).await;
    place.execute("UPDATE meta SET value = 'AAAAAQ' WHERE key = 'key_check'");
    let state = store.check_up(PATIENCE).await.state;
    assert!(matches!(state, Some(Err(StoreError::WrongKeys { .. }))), "{state:?}");
}
