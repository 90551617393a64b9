//! Independent work on all processors: threads decide when a result is made, never what it is or where it stands.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::guard;

/// Enough for the deepest document that is accepted, whatever stack the caller has.
const STACK: usize = 8 * 1024 * 1024;

/// Does `work` on every item, and gives the results in the order of the items. A panic of any goes on in the caller's thread.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let worker = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            let result = guard::run(|| work(item));
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
    let unwrapped = results.into_iter().map(|(_, result)| result);
    unwrapped.map(|result| result.unwrap_or_else(|panic| resume_unwind(Box::new(panic)))).collect()
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
    fn a_panic_of_any_goes_on_with_its_message() {
        let outcome = guard::run(|| map(&[1, 2, 3, 4], |item| assert!(*item != 3, "not {item}")));
        assert_eq!(outcome, Err("not 3".to_owned()));
    }
}
