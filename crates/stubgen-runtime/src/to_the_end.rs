//! A future that is run to its end, whoever waits for it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::runtime::Handle;

/// A future whose panics are its output, and which goes on in a task of its own when it is dropped before its end. As long as somebody
/// waits for it, it needs none: to hand it to another thread and to be woken by it takes longer than most calls.
pub(crate) struct ToTheEnd<F: Future<Output: Send> + Send + 'static>(Option<Pin<Box<F>>>);

impl<F: Future<Output: Send> + Send + 'static> ToTheEnd<F> {
    pub(crate) fn new(future: F) -> Self {
        Self(Some(Box::pin(future)))
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for ToTheEnd<F> {
    type Output = Result<F::Output, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.0 else { return Poll::Pending };
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        let ended = match polled {
            Ok(polled) => Ok(ready!(polled)),
            Err(panic) => Err(panic),
        };
        // Dropping what is left of it may run its code, too.
        let rest = self.0.take();
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(rest)));
        Poll::Ready(ended.and_then(|output| dropped.map(|()| output)))
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for ToTheEnd<F> {
    fn drop(&mut self) {
        // Where the runtime has ended, nothing can go on.
        if let (Some(future), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(future);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use tokio::sync::Notify;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn what_is_dropped_before_its_end_goes_on() {
        let (begun, go_on, ended) =
            (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (sees, may_go_on, tells) = (Arc::clone(&begun), Arc::clone(&go_on), Arc::clone(&ended));
        let future = ToTheEnd::new(async move {
            sees.notify_one();
            may_go_on.notified().await;
            tells.notify_one();
        });
        let waits = async {
            tokio::select! {
                biased;
                _ = future => panic!("nobody let it go on"),
                () = begun.notified() => {}
            }
        };
        waits.await;
        go_on.notify_one();
        timeout(Duration::from_secs(10), ended.notified()).await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_its_output_and_does_not_run_again() {
        let runs = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&runs);
        let mut future = Box::pin(ToTheEnd::new(async move {
            assert!(!seen.swap(true, Ordering::Relaxed));
            tokio::task::yield_now().await;
            panic!("on purpose");
        }));
        let panic = future.as_mut().await.unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
        drop(future);
        assert!(runs.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn what_has_ended_is_not_run_again() {
        let future = ToTheEnd::new(async { 1 });
        assert_eq!(future.await.unwrap(), 1);
    }

    #[test]
    fn it_can_be_dropped_where_there_is_no_runtime() {
        drop(ToTheEnd::new(std::future::pending::<()>()));
    }
}
