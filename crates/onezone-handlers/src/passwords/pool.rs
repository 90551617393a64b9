//! A bounded number of password verifications at a time, away from the threads that serve requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::errors::Error;

pub(super) struct Pool {
    permits: Arc<Semaphore>,
    max_wait: Duration,
}

impl Pool {
    pub(super) fn new(concurrency: usize, max_wait: Duration) -> Self {
        Self { permits: Arc::new(Semaphore::new(concurrency)), max_wait }
    }

    /// Does the work as soon as there is room. The permit goes with the work: a request that is given up does not
    /// make room for another one while its own work still runs.
    pub(super) async fn run(&self, work: impl FnOnce() -> bool + Send + 'static) -> Result<bool, Error> {
        let Ok(Ok(permit)) = timeout(self.max_wait, Arc::clone(&self.permits).acquire_owned()).await else {
            return Err(Error::Overloaded);
        };
        let task = spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        task.await.map_err(Error::PasswordTask)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::oneshot;

    use super::*;

    /// A pool for one, and work that occupies it until the sender is used or dropped.
    async fn occupied() -> (Arc<Pool>, mpsc::Sender<()>, tokio::task::JoinHandle<Result<bool, Error>>) {
        let pool = Arc::new(Pool::new(1, Duration::from_millis(20)));
        let (started, has_started) = oneshot::channel();
        let (release, released) = mpsc::channel();
        let running = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move {
                let work = move || {
                    started.send(()).unwrap();
                    released.recv().is_ok()
                };
                pool.run(work).await
            }
        });
        has_started.await.unwrap();
        (pool, release, running)
    }

    #[tokio::test]
    async fn work_that_finds_no_room_in_time_is_refused() {
        let (pool, release, running) = occupied().await;
        assert!(matches!(pool.run(|| true).await, Err(Error::Overloaded)));
        release.send(()).unwrap();
        assert!(running.await.unwrap().unwrap());
        assert!(pool.run(|| true).await.unwrap());
    }

    #[tokio::test]
    async fn a_request_that_is_given_up_keeps_its_place_until_its_work_ends() {
        let (pool, release, running) = occupied().await;
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        assert!(matches!(pool.run(|| true).await, Err(Error::Overloaded)));
        release.send(()).unwrap();
        pool.permits.acquire().await.unwrap().forget();
    }

    #[tokio::test]
    async fn a_panic_in_the_work_is_an_error_and_makes_room() {
        let pool = Pool::new(1, Duration::from_secs(5));
        assert!(matches!(pool.run(|| panic!("a defect")).await, Err(Error::PasswordTask(_))));
        assert!(!pool.run(|| false).await.unwrap());
    }
}
