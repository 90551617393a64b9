//! Independent work on all processors: threads decide when a result is made, never what it is or where it stands.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Enough for the deepest document that is accepted, whatever stack the caller has.
const STACK: usize = 8 * 1024 * 1024;

/// Does `work` on every item, and gives the results in the order of the items.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let worker = || {
        while let Some((index, item)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            items.get(index).map(|item| (index, item))
        } {
            let result = work(item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
        }
    };
    thread::scope(|scope| {
        for _ in 1..processors.min(items.len()) {
            // A machine that has no thread to give leaves the work to this one.
            let _ = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, worker);
        }
        worker();
    });
    let mut results = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Does both, the first on a thread of its own.
pub(crate) fn both<A: Send, B>(first: impl Fn() -> A + Sync, second: impl FnOnce() -> B) -> (A, B) {
    let made = Mutex::new(None);
    let keep = || *made.lock().unwrap_or_else(PoisonError::into_inner) = Some(first());
    let other = thread::scope(|scope| {
        let started = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, keep);
        let other = second();
        if started.is_err() {
            keep();
        }
        other
    });
    let made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
    // The thread has come to its end, or its panic has gone on here.
    (made.unwrap_or_else(first), other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_what_they_were_made_of() {
        let items: Vec<u64> = (0..500).collect();
        let doubled = map(&items, |item| if item % 7 == 0 { (0..=*item).sum() } else { item * 2 });
        let expected: Vec<u64> =
            items.iter().map(|item| if item % 7 == 0 { (0..=*item).sum() } else { item * 2 }).collect();
        assert_eq!(doubled, expected);
        assert_eq!(map(&[0; 0], |item: &u64| *item), Vec::<u64>::new());
    }

    #[test]
    fn both_are_done() {
        assert_eq!(both(|| 1, || 2), (1, 2));
    }
}
