//! The keys that a store works with, and how it learns of new ones while it runs.

use std::sync::{Arc, PoisonError, RwLock};

use crate::{Keyring, Result, StoreError};

type Load = Box<dyn Fn() -> Result<Keyring> + Send + Sync>;

/// A keyring that is read anew when something turns out to be sealed with a key that is not in it: that is how a running
/// server learns of a rotation.
pub struct Keys {
    current: RwLock<Arc<Keyring>>,
    load: Option<Load>,
}

impl Keys {
    /// Keys that never change.
    pub fn fixed(keyring: Keyring) -> Self {
        Self { current: RwLock::new(Arc::new(keyring)), load: None }
    }

    /// Keys that `load` reads, now and whenever one is missing.
    pub fn loaded_by(load: impl Fn() -> Result<Keyring> + Send + Sync + 'static) -> Result<Self> {
        let current = RwLock::new(Arc::new(load()?));
        Ok(Self { current, load: Some(Box::new(load)) })
    }

    /// The keys as they were last read.
    pub fn current(&self) -> Arc<Keyring> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Works with the keys, and once more with fresh ones when one is missing.
    pub(crate) async fn with<T, F>(&self, work: impl Fn(Arc<Keyring>) -> F + Send) -> Result<T>
    where
        T: Send,
        F: Future<Output = Result<T>> + Send,
    {
        let first = work(self.current()).await;
        let (Err(StoreError::KeyMissing { .. }), Some(load)) = (&first, &self.load) else { return first };
        let fresh = Arc::new(load()?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&fresh);
        work(fresh).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn ring() -> Keyring {
        Keyring::new([1; 32], Arc::new(|| Ok([0; 24])))
    }

    fn missing(number: u32, keyring: &Keyring) -> Result<u32> {
        if keyring.current() < number {
            Err(StoreError::KeyMissing { number })
        } else {
            Ok(keyring.current())
        }
    }

    #[tokio::test]
    async fn keys_are_read_anew_when_one_is_missing_and_only_then() {
        let loads = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&loads);
        let keys = Keys::loaded_by(move || match counted.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(ring()),
            _ => Ok(ring().rotated([2; 32])),
        });
        let keys = keys.unwrap();
        for (wanted, found, loaded) in [(1, Some(1), 1), (2, Some(2), 2), (1, Some(2), 2), (3, None, 3)] {
            let result = keys.with(async |keyring| missing(wanted, &keyring)).await;
            assert_eq!((result.ok(), loads.load(Ordering::Relaxed)), (found, loaded), "key {wanted}");
        }
    }

    #[tokio::test]
    async fn fixed_keys_stay_what_they_are() {
        let keys = Keys::fixed(ring());
        let result = keys.with(async |keyring| missing(2, &keyring)).await;
        assert!(matches!(result, Err(StoreError::KeyMissing { number: 2 })));
    }
}
