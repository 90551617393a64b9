//! A bounded number of password verifications at a time, away from the threads that serve requests, and a bounded
//! number that wait for their turn, for a bounded time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::flight::Verdict;

pub(super) struct Pool {
    /// For each verification that runs.
    permits: Arc<Semaphore>,
    /// For each that runs or waits.
    places: Arc<Semaphore>,
    concurrency: usize,
    capacity: usize,
    max_wait: Duration,
}

/// Whether an attempt may find the queue full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// It may.
    Ordinary,
    /// It waits in any case: there are only so many of these, since each was right once.
    Known,
}

impl Pool {
    pub(super) fn new(concurrency: usize, max_waiting: usize, max_wait: Duration) -> Self {
        let capacity = concurrency.saturating_add(max_waiting).min(Semaphore::MAX_PERMITS);
        let (permits, places) = (Semaphore::new(concurrency), Semaphore::new(capacity));
        Self { permits: Arc::new(permits), places: Arc::new(places), concurrency, capacity, max_wait }
    }

    /// How many run or wait, but for those that wait in any case.
    pub(super) fn in_progress(&self) -> usize {
        self.capacity.saturating_sub(self.places.available_permits())
    }

    /// How many run.
    pub(super) fn verifying(&self) -> usize {
        self.concurrency.saturating_sub(self.permits.available_permits())
    }

    /// Does the work as soon as there is room. The permit goes with the work: an attempt that is given up does not
    /// make room for another one while its own work still runs.
    pub(super) async fn run(&self, queue: Queue, work: impl FnOnce() -> bool + Send + 'static) -> Verdict {
        let place = match queue {
            Queue::Known => None,
            Queue::Ordinary => match Arc::clone(&self.places).try_acquire_owned() {
                Ok(place) => Some(place),
                Err(_) => return Verdict::Overloaded,
            },
        };
        let Ok(Ok(permit)) = timeout(self.max_wait, Arc::clone(&self.permits).acquire_owned()).await else {
            return Verdict::Overloaded;
        };
        let task = spawn_blocking(move || {
            let is_right = work();
            drop((permit, place));
            is_right
        });
        match task.await {
            Ok(true) => Verdict::Right,
            Ok(false) => Verdict::Wrong,
            // The work panicked, which the panic hook has reported.
            Err(_) => Verdict::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use tokio::sync::oneshot;
    use tokio::task::{JoinHandle, yield_now};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A pool for one and so many that wait, and work that occupies it until the sender is used or dropped.
    async fn occupied(max_waiting: usize) -> (Arc<Pool>, mpsc::Sender<()>, JoinHandle<Verdict>) {
        let pool = Arc::new(Pool::new(1, max_waiting, SECOND));
        let (started, has_started) = oneshot::channel();
        let (release, released) = mpsc::channel();
        let running = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move {
                let work = move || {
                    started.send(()).unwrap();
                    released.recv().is_ok()
                };
                pool.run(Queue::Ordinary, work).await
            }
        });
        has_started.await.unwrap();
        (pool, release, running)
    }

    fn start(pool: &Arc<Pool>, queue: Queue) -> JoinHandle<Verdict> {
        let pool = Arc::clone(pool);
        tokio::spawn(async move { pool.run(queue, || true).await })
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_finds_no_room_within_a_second_is_refused() {
        let (pool, release, running) = occupied(8).await;
        let waiting = start(&pool, Queue::Ordinary);
        yield_now().await;
        tokio::time::advance(Duration::from_millis(999)).await;
        assert!(!waiting.is_finished());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(waiting.await.unwrap(), Verdict::Overloaded);
        release.send(()).unwrap();
        assert_eq!(running.await.unwrap(), Verdict::Right);
        assert_eq!(pool.run(Queue::Ordinary, || true).await, Verdict::Right);
        assert_eq!(pool.in_progress(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_refuses_at_once_and_known_ones_wait_all_the_same() {
        let (pool, release, running) = occupied(2).await;
        let began = tokio::time::Instant::now();
        let waiting = [Queue::Ordinary, Queue::Ordinary].map(|queue| start(&pool, queue));
        yield_now().await;
        assert_eq!(pool.in_progress(), 3);
        assert_eq!(start(&pool, Queue::Ordinary).await.unwrap(), Verdict::Overloaded);
        let known = start(&pool, Queue::Known);
        yield_now().await;
        release.send(()).unwrap();
        for task in waiting.into_iter().chain([running, known]) {
            assert_eq!(task.await.unwrap(), Verdict::Right);
        }
        assert_eq!((began.elapsed(), pool.in_progress()), (Duration::ZERO, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_is_given_up_keeps_its_place_until_it_ends() {
        let (pool, release, running) = occupied(0).await;
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        assert_eq!(pool.run(Queue::Ordinary, || true).await, Verdict::Overloaded);
        let known = start(&pool, Queue::Known);
        yield_now().await;
        assert!(!known.is_finished());
        release.send(()).unwrap();
        assert_eq!(known.await.unwrap(), Verdict::Right);
    }

    #[tokio::test]
    async fn a_panic_in_the_work_is_an_error_and_makes_room() {
        let pool = Pool::new(1, 0, SECOND);
        assert_eq!(pool.run(Queue::Ordinary, || panic!("a defect")).await, Verdict::Broken);
        assert_eq!(pool.run(Queue::Ordinary, || false).await, Verdict::Wrong);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_run_at_a_time_than_there_are_permits() {
        let pool = Arc::new(Pool::new(3, 1000, Duration::from_secs(60)));
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..300)
            .map(|_| {
                let (pool, running, most) = (Arc::clone(&pool), Arc::clone(&running), Arc::clone(&most));
                tokio::spawn(async move {
                    let work = move || {
                        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        running.fetch_sub(1, Ordering::SeqCst);
                        true
                    };
                    pool.run(Queue::Ordinary, work).await
                })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), Verdict::Right);
        }
        assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
    }
}
