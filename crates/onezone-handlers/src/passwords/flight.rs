//! One verification for all who present the same name and password at the same time. It goes on whoever of them goes
//! away, and they all get its outcome.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::cache::Tag;

/// What came of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    Wrong,
    /// There was no room for it in time.
    Overloaded,
    /// It broke off.
    Broken,
}

type Running = Mutex<HashMap<Tag, watch::Receiver<Option<Verdict>>>>;

/// The verifications that are going on.
#[derive(Default)]
pub(super) struct Flights(Arc<Running>);

/// A verification that is going on.
pub(super) struct Flight(watch::Receiver<Option<Verdict>>);

/// The duty to say what came of a verification. Dropped without, it is broken off.
pub(super) struct Landing {
    running: Arc<Running>,
    tag: Tag,
    sender: watch::Sender<Option<Verdict>>,
}

impl Flights {
    /// Joins the verification of this tag, or begins one if it may: then there is also what `admit` gave, and the duty.
    pub(super) fn join<A, E>(
        &self,
        tag: Tag,
        admit: impl FnOnce() -> Result<A, E>,
    ) -> Result<(Flight, Option<(A, Landing)>), E> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = running.get(&tag) {
            return Ok((Flight(flight.clone()), None));
        }
        let admitted = admit()?;
        let (sender, receiver) = watch::channel(None);
        running.insert(tag, receiver.clone());
        let landing = Landing { running: Arc::clone(&self.0), tag, sender };
        Ok((Flight(receiver), Some((admitted, landing))))
    }
}

impl Flight {
    /// Waits for what comes of it.
    pub(super) async fn verdict(mut self) -> Verdict {
        let verdict = self.0.wait_for(Option::is_some).await;
        verdict.ok().and_then(|verdict| *verdict).unwrap_or(Verdict::Broken)
    }
}

impl Landing {
    /// Tells everybody.
    pub(super) fn land(self, verdict: Verdict) {
        self.sender.send_replace(Some(verdict));
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.tag);
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn join(flights: &Flights, tag: u8) -> (Flight, Option<((), Landing)>) {
        flights.join([tag; 32], || Ok::<_, Infallible>(())).unwrap()
    }

    #[tokio::test]
    async fn equal_attempts_share_a_verification_and_others_do_not() {
        let flights = Flights::default();
        let (first, landing) = join(&flights, 1);
        let landing = landing.unwrap().1;
        let (second, none) = join(&flights, 1);
        assert!(none.is_none());
        assert!(join(&flights, 2).1.is_some());
        landing.land(Verdict::Right);
        assert_eq!((first.verdict().await, second.verdict().await), (Verdict::Right, Verdict::Right));
        assert!(join(&flights, 1).1.is_some(), "what has landed is not joined");
    }

    #[tokio::test]
    async fn a_verification_that_breaks_off_leaves_nobody_waiting_and_nothing_behind() {
        let flights = Flights::default();
        let (flight, landing) = join(&flights, 1);
        drop(landing);
        assert_eq!(flight.verdict().await, Verdict::Broken);
        assert!(flights.0.lock().unwrap().is_empty());
    }

    #[test]
    fn who_may_not_begin_leaves_nothing_behind() {
        let flights = Flights::default();
        assert!(flights.join([1; 32], || Err::<(), _>("no")).is_err());
        assert!(flights.0.lock().unwrap().is_empty());
    }

    #[test]
    fn many_threads_begin_each_verification_once() {
        let flights = Flights::default();
        let barrier = std::sync::Barrier::new(8);
        for round in 0..200_u8 {
            let landings: Vec<_> = std::thread::scope(|scope| {
                let join = || {
                    barrier.wait();
                    join(&flights, round).1
                };
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(join)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(landings.iter().flatten().count(), 1, "round {round}");
        }
        assert!(flights.0.lock().unwrap().is_empty());
    }
}
