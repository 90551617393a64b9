//! How many requests are being handled, also those whose client went away: a limit, and a way to wait for the last.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts the requests that are being handled, also those whose client went away.
#[derive(Clone, Default)]
pub(crate) struct InFlight(Arc<(AtomicUsize, Notify)>);

/// One request that is being handled.
pub(crate) struct InFlightGuard(InFlight);

impl InFlight {
    /// Counts one more, if the limit has room.
    pub(crate) fn enter(&self, limit: Option<usize>) -> Option<InFlightGuard> {
        let before = self.0.0.fetch_add(1, Ordering::AcqRel);
        let guard = InFlightGuard(self.clone());
        limit.is_none_or(|limit| before < limit).then_some(guard)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.0.load(Ordering::Acquire)
    }

    /// Waits until there are none.
    pub(crate) async fn idle(&self) {
        loop {
            let mut notified = std::pin::pin!(self.0.1.notified());
            // Registered before the count is read, so that the last request cannot slip through between.
            notified.as_mut().enable();
            if self.count() == 0 {
                return;
            }
            notified.await;
        }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        if self.0.0.0.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.0.1.notify_waiters();
        }
    }
}
