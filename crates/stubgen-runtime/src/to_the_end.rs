//! A future that is run to its end, whoever waits for it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// A future whose panics are its output, and which goes on in a task of its own when it is dropped before its end. As long as somebody
/// waits for it, it needs none: to hand it to another thread and to be woken by it takes longer than most calls.
pub(crate) struct ToTheEnd<F: Future<Output: Send> + Send + 'static> {
    future: Option<Pin<Box<F>>>,
    /// Where it goes on; known when it has to wait.
    runtime: Option<Handle>,
}

impl<F: Future<Output: Send> + Send + 'static> ToTheEnd<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future: Some(Box::pin(future)), runtime: None }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for ToTheEnd<F> {
    type Output = Result<F::Output, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.future else { return Poll::Pending };
        let ended = match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => {
                if self.runtime.is_none() {
                    self.runtime = Handle::try_current().ok();
                }
                return Poll::Pending;
            }
            Ok(Poll::Ready(output)) => Ok(output),
            Err(panic) => Err(panic),
        };
        // Dropping what is left of it may run code of the call, too.
        let rest = self.future.take();
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(rest)));
        Poll::Ready(ended.and_then(|output| dropped.map(|()| output)))
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for ToTheEnd<F> {
    fn drop(&mut self) {
        // What has not begun, or was not begun in a runtime, has nowhere to go on.
        if let (Some(future), Some(runtime)) = (self.future.take(), &self.runtime) {
            runtime.spawn(future);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Arc;
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

    #[test]
    fn it_goes_on_in_its_runtime_wherever_it_is_dropped() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (tells, ended) = std::sync::mpsc::channel();
        let go_on = Arc::new(Notify::new());
        let may_go_on = Arc::clone(&go_on);
        let mut future = Box::pin(ToTheEnd::new(async move {
            may_go_on.notified().await;
            tells.send(()).unwrap();
        }));
        let begun = runtime.block_on(poll_fn(|context| Poll::Ready(future.as_mut().poll(context))));
        assert!(begun.is_pending());
        drop(future);
        go_on.notify_one();
        ended.recv_timeout(Duration::from_secs(10)).unwrap();
    }

    /// Panics when it is dropped.
    struct Fragile;

    impl Drop for Fragile {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    /// Polled to its end by hand, so that what becomes of it afterwards can be looked at.
    async fn outcome<F: Future<Output: Send> + Send + 'static>(
        future: F,
    ) -> Result<F::Output, Box<dyn Any + Send>> {
        let mut future = ToTheEnd::new(future);
        let ended = poll_fn(|context| Pin::new(&mut future).poll(context)).await;
        assert!(future.future.is_none(), "what has ended would be run again");
        ended
    }

    fn message(panic: &(dyn Any + Send)) -> &str {
        panic.downcast_ref::<&str>().unwrap()
    }

    #[tokio::test]
    async fn what_has_ended_is_not_run_again() {
        assert_eq!(outcome(async { 1 }).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_panic_is_its_output_also_after_it_had_to_wait() {
        let waits = outcome(async {
            tokio::task::yield_now().await;
            panic!("on purpose");
        });
        assert_eq!(message(&*waits.await.unwrap_err()), "on purpose");
    }

    #[tokio::test]
    async fn a_panic_of_what_is_left_of_it_is_its_output() {
        let fragile = Fragile;
        let never_polled_again = outcome(poll_fn(move |_| {
            let _ = &fragile;
            Poll::Ready(())
        }));
        assert_eq!(message(&*never_polled_again.await.unwrap_err()), "dropped");
    }

    #[test]
    fn it_can_be_dropped_where_there_is_no_runtime() {
        drop(ToTheEnd::new(std::future::pending::<()>()));
    }
}
