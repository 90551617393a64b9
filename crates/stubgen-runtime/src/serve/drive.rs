//! A connection between its beginning and its end: it goes on by itself, and is looked at when there is an occasion to end it.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt as _};
use hyper::body::{Body as HttpBody, Incoming};
use hyper_util::rt::TokioExecutor;
use tokio::sync::watch;
use tokio::task::unconstrained;
use tokio::time::{Instant, sleep};

use super::activity::{Activity, Verdict, Watch};
use super::connection::Phase;
use super::counters::Ending;
use super::options::ServeOptions;
use crate::response::BoxError;

/// Why somebody has to look at a connection.
enum Occasion {
    /// Its place is wanted.
    Eviction,
    /// The listener is in another phase.
    Phase(Phase),
    /// There is no listener any more.
    End,
    /// A deadline may have passed.
    Time,
}

/// The next time that somebody has to look at a connection, whatever it does itself.
async fn occasion(
    activity: &Activity,
    mut phase: watch::Receiver<Phase>,
    known: Phase,
    wait: Duration,
) -> Occasion {
    tokio::select! {
        biased;
        () = activity.evicted() => Occasion::Eviction,
        changed = phase.wait_for(|phase| *phase > known), if known != Phase::Stopping => {
            changed.map_or(Occasion::End, |phase| Occasion::Phase(*phase))
        }
        () = sleep(wait) => Occasion::Time,
    }
}

/// Lets the connection go on until it ends, has to end, or takes too long.
pub(super) async fn drive<C: Drive>(
    mut connection: Pin<&mut C>,
    activity: &Activity,
    client: SocketAddr,
    options: &ServeOptions,
    phase: &watch::Receiver<Phase>,
) -> Option<Ending> {
    let mut watch = Watch::new();
    let mut known = Phase::Serving;
    // Since when, and why, it is being ended with words.
    let mut leaving: Option<(Instant, Option<Ending>)> = None;
    let mut wait = Duration::ZERO;
    // A set of one, which is looked at only when it has been woken: the connection is woken for every request. After each occasion
    // the set has the task looked at once more than it would need.
    let mut occasions = FuturesUnordered::new();
    loop {
        // Unconstrained: a client that always sends uses up what tokio lets a task do in a turn, and must not put off its end so.
        occasions.push(unconstrained(occasion(activity, phase.clone(), known, wait)));
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                let Err(error) = ended else { return leaving.and_then(|(_, ending)| ending) };
                tracing::debug!(peer = %client, error, "connection ended badly");
                return leaving.map_or(Some(Ending::Protocol), |(_, ending)| ending);
            }
            Some(occasion) = occasions.next() => match occasion {
                Occasion::Eviction if activity.is_waiting() => return Some(Ending::Evicted),
                // A request came in meanwhile.
                Occasion::Eviction => activity.stay(),
                Occasion::End => return None,
                Occasion::Phase(now) => {
                    known = now;
                    if activity.http2.load(Ordering::Relaxed) {
                        connection.as_mut().graceful_shutdown();
                    }
                    if known == Phase::Stopping && leaving.is_none() {
                        leaving = Some((Instant::now(), None));
                    }
                }
                Occasion::Time => {}
            }
        }
        if let Some((since, ending)) = leaving {
            let is_over = since.elapsed() >= options.drain_grace && activity.is_waiting();
            // At a shutdown the listener keeps the deadline, for all connections together.
            if is_over || (ending.is_some() && since.elapsed() >= options.shutdown_timeout) {
                return ending;
            }
        }
        match watch.ask(activity, options) {
            Verdict::GoOn(next) => wait = next,
            Verdict::End(ending) => {
                let is_http2 = activity.http2.load(Ordering::Relaxed);
                let in_words = ending == Ending::Age || (ending == Ending::Idle && is_http2);
                if !in_words || activity.closing.swap(true, Ordering::Relaxed) {
                    return Some(ending);
                }
                if is_http2 {
                    connection.as_mut().graceful_shutdown();
                }
                leaving.get_or_insert((Instant::now(), Some(ending)));
            }
        }
        if leaving.is_some() {
            wait = wait.min(options.drain_grace / 4).max(Duration::from_millis(5));
        }
    }
}

/// What [`drive`] needs of hyper's connection, whose own type is long.
pub(super) trait Drive: Future<Output = Result<(), BoxError>> {
    fn graceful_shutdown(self: Pin<&mut Self>);
}

impl<I, S, B> Drive for hyper_util::server::conn::auto::Connection<'_, I, S, TokioExecutor>
where
    Self: Future<Output = Result<(), BoxError>>,
    S: hyper::service::Service<http::Request<Incoming>, Response = http::Response<B>>,
    S::Future: 'static,
    S::Error: Into<BoxError>,
    B: HttpBody + 'static,
    B::Error: Into<BoxError>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin + 'static,
    TokioExecutor: hyper::rt::bounds::Http2ServerConnExec<S::Future, B>,
{
    fn graceful_shutdown(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll};

    use tokio::task::coop::consume_budget;
    use tokio::time::timeout;

    use super::*;

    /// Always has something to do, and does all that tokio lets a task do in a turn.
    struct Greedy;

    impl Future for Greedy {
        type Output = Result<(), BoxError>;

        fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
            while pin!(consume_budget()).poll(context).is_ready() {}
            Poll::Pending
        }
    }

    impl Drive for Greedy {
        fn graceful_shutdown(self: Pin<&mut Self>) {}
    }

    async fn end_of_greedy(options: ServeOptions, work: impl FnOnce(&Activity)) -> Option<Ending> {
        let activity = Activity::new();
        let (_phase, known) = watch::channel(Phase::Serving);
        let seen = Arc::clone(&activity);
        let driven = tokio::spawn(async move {
            let client = SocketAddr::from(([127, 0, 0, 1], 1));
            drive(pin!(Greedy), &seen, client, &options, &known).await
        });
        work(&activity);
        timeout(Duration::from_secs(60), driven).await.expect("it is never looked at").unwrap()
    }

    #[tokio::test]
    async fn a_client_that_always_sends_does_not_put_off_its_end() {
        let soon = Duration::from_millis(30);
        let options = ServeOptions { max_connection_age: soon, drain_grace: soon, ..ServeOptions::default() };
        assert_eq!(end_of_greedy(options, |_| ()).await, Some(Ending::Age));
    }

    #[tokio::test]
    async fn a_client_that_always_sends_and_never_asks_makes_room() {
        let ending = end_of_greedy(ServeOptions::default(), Activity::evict).await;
        assert_eq!(ending, Some(Ending::Evicted));
    }
}
