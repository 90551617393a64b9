//! A future that is run to its end, whoever waits for it.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// A future that goes on in a task of its own when it is dropped before its end. As long as somebody waits for it, it needs none: to
/// hand it to another thread and to be woken by it takes longer than most calls. Whoever polls it has its panics.
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
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // Not there while it is polled, so that what panics is not run again.
        let Some(mut future) = self.future.take() else { return Poll::Pending };
        let polled = future.as_mut().poll(context);
        if polled.is_pending() {
            self.future = Some(future);
            if self.runtime.is_none() {
                self.runtime = Handle::try_current().ok();
            }
        }
        polled
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
    use std::panic::AssertUnwindSafe;
    use std::sync::Arc;
    use std::time::Duration;

    use futures::FutureExt as _;
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
                () = future => panic!("nobody let it go on"),
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

    #[tokio::test]
    async fn what_has_ended_is_not_run_again() {
        let mut future = ToTheEnd::new(async { 1 });
        assert_eq!(poll_fn(|context| Pin::new(&mut future).poll(context)).await, 1);
        assert!(future.future.is_none());
    }

    #[tokio::test]
    async fn what_has_panicked_is_not_run_again() {
        let mut future = ToTheEnd::new(async { panic!("on purpose") });
        let polled = poll_fn(|context| Pin::new(&mut future).poll(context));
        let panic = AssertUnwindSafe(polled).catch_unwind().await.unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
        assert!(future.future.is_none());
    }

    #[test]
    fn it_can_be_dropped_where_there_is_no_runtime() {
        drop(ToTheEnd::new(std::future::pending::<()>()));
    }
}
