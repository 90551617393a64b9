//! The database server goes away, hangs, is locked by somebody else or cannot be reached: each request is answered in time, and
//! the server recovers by itself, in seconds.

use std::time::{Duration, Instant};

use onezone_store::conformance::of_user;
use tokio::task::JoinSet;

use super::exchange::{Asked, Caller};
use super::place::{Kind, Place};
use super::relay::Relay;
use super::{DEADLINE, ask, figure, status, until};
use crate::fixture::ZONE;
use crate::processes::Server;

/// A second, and what a busy machine takes besides.
const SOON: Duration = Duration::from_secs(6);

/// How long a busy machine may take to be as before.
const RECOVERY: Duration = Duration::from_secs(30);

/// After so long without an answer, the server gives a connection to the database up.
const GIVEN_UP: Duration = Duration::from_secs(12);

fn list(place: &Place) -> Asked {
    Asked::new("GET", "/providers/krakow/tokens/named").with_token(&token(place, "carol-token"))
}

fn deletion(place: &Place) -> Asked {
    Asked::new("DELETE", "/users/bob/tokens/named").with_token(&token(place, "carol-token"))
}

fn token(place: &Place, id: &str) -> String {
    place.run(&["token", "print", id]).trim().to_owned()
}

/// With few connections to the database, so that they are soon in use.
fn serve(place: &Place, connections: u8) -> Server {
    place.serve(&["--database-connections", &connections.to_string()])
}

/// Asks this often at a time; the statuses with how long each took.
async fn many(server: &Server, asked: &Asked, count: usize) -> Vec<(u16, Duration)> {
    let asking = (0..count).map(|_| {
        let (address, asked) = (server.address().to_owned(), asked.clone());
        tokio::spawn(async move {
            let (answer, time) = ask(&address, &asked).await;
            let answer = answer.unwrap_or_else(|broken| panic!("{asked:?}: {broken:?}"));
            assert!(
                time < DEADLINE && (answer.status != 503 || answer.has_retry_after),
                "{answer:?} after {time:?}"
            );
            (answer.status, time)
        })
    });
    let asking: Vec<_> = asking.collect();
    let mut answers = Vec::new();
    for one in asking {
        answers.push(one.await.unwrap());
    }
    answers
}

/// Asks this often at a time, each until it is answered 200. On a busy machine, who finds no connection within a second is
/// told to ask again; a connection that is lost is told otherwise, and later.
async fn answered(server: &Server, asked: &Asked, count: usize) {
    let asking = (0..count).map(|_| {
        let (address, asked) = (server.address().to_owned(), asked.clone());
        async move {
            let began = Instant::now();
            loop {
                let (answer, time) = ask(&address, &asked).await;
                let answer = answer.unwrap_or_else(|broken| panic!("{asked:?}: {broken:?}"));
                if answer.status == 200 && time < GIVEN_UP {
                    return;
                }
                let finds_none = answer.error().as_deref() == Some("serviceUnavailable");
                assert!(finds_none && answer.has_retry_after && time < GIVEN_UP, "{answer:?} after {time:?}");
                assert!(began.elapsed() < Duration::from_secs(60), "there is no connection: {answer:?}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    });
    asking.collect::<JoinSet<()>>().join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_of_the_database_are_over_in_seconds() {
    let place = Place::new(Kind::Postgres, ZONE);
    let (list, server) = (list(&place), serve(&place, 4));
    for how in ["fast", "immediate", "kill -9"] {
        assert_eq!(status(server.address(), &list).await, 200);
        let down = Instant::now();
        tokio::task::block_in_place(|| {
            let mut postgres = place.postgres();
            match how {
                "fast" => postgres.stop_fast(),
                "immediate" => postgres.stop_immediately(),
                _ => postgres.kill(),
            }
        });
        // Whoever comes while it is away waits for it.
        let waiting = tokio::spawn({
            let (address, list) = (server.address().to_owned(), list.clone());
            let asked = Instant::now();
            async move { (status(&address, &list).await, asked.elapsed()) }
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        tokio::task::block_in_place(|| place.postgres().restart());
        let (waited, time) = waiting.await.unwrap();
        // It is waited for eight seconds; a busy machine may not be back by then.
        assert!(waited == 200 || waited == 503 && time > SOON, "{how}: {waited} after {time:?}");
        let (down, up) = (down.elapsed(), until(server.address(), &list, 200).await);
        assert!(up < RECOVERY, "{how}: {up:?}");
        assert_eq!(status(server.address(), &deletion(&place)).await, 204, "{how}");
        figure(&format!(
            "PostgreSQL, {how}: away for {down:.1?}, the first answer {up:.1?} after its return"
        ));
    }
    tokio::task::block_in_place(|| place.wait_until_idle());
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_hangs_is_told_at_once_by_those_who_find_no_connection() {
    let place = Place::new(Kind::Postgres, ZONE);
    let (list, server) = (list(&place), serve(&place, 2));
    assert_eq!(status(server.address(), &list).await, 200);
    place.postgres().pause();
    let paused = Instant::now();
    let asking: Vec<_> = (0..12)
        .map(|_| {
            let (address, list) = (server.address().to_owned(), list.clone());
            tokio::spawn(async move { (status(&address, &list).await, Instant::now()) })
        })
        .collect();
    // Two have the connections; everybody else is told before it goes on.
    while asking.iter().filter(|one| one.is_finished()).count() < 10 {
        assert!(paused.elapsed() < DEADLINE, "nobody is told anything");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let resumed = Instant::now();
    place.postgres().resume();
    let mut refused = 0;
    for one in asking {
        let (status, at) = one.await.unwrap();
        let is_refused = status == 503 && at <= resumed;
        refused += usize::from(is_refused);
        assert!(is_refused || [200, 503].contains(&status) && at > resumed, "{status}");
    }
    assert!(refused >= 10);
    let told = resumed.duration_since(paused);
    let up = until(server.address(), &list, 200).await;
    assert!(up < RECOVERY, "{up:?}");
    tokio::task::block_in_place(|| place.wait_until_idle());
    server.stop();
    figure(&format!(
        "PostgreSQL, SIGSTOP with 2 connections: {refused} of 12 requests told 503 within {told:.1?}, the others answered when it went on"
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_swallows_everything_costs_no_connection_for_good() {
    let mut place = Place::new(Kind::Postgres, ZONE);
    let relay = Relay::start(place.postgres().socket());
    let (list, deletion) = (list(&place), deletion(&place));
    place.url = Some(format!("postgres://onezone@127.0.0.1:{}/{}", relay.port, place.database_name()));
    let server = serve(&place, 4);
    // All four connections are made.
    answered(&server, &list, 16).await;
    relay.swallow();
    let (lists, deletions) = (many(&server, &list, 10), many(&server, &deletion, 2));
    let healed = async {
        let began = Instant::now();
        while relay.swallowed() < 4 {
            assert!(began.elapsed() < DEADLINE, "not every connection is used");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        relay.heal();
        Instant::now()
    };
    let (lists, deletions, healed) = tokio::join!(lists, deletions, healed);
    for (status, time) in lists.iter().chain(&deletions) {
        assert!([500, 503].contains(status), "{status} after {time:?}");
    }
    let soon = lists.iter().chain(&deletions).filter(|(_, time)| *time < SOON).count();
    assert!(soon >= 8, "only those who had a connection wait for longer: {lists:?} {deletions:?}");
    until(server.address(), &list, 200).await;
    let recovered = healed.elapsed();
    assert!(recovered < Duration::from_secs(40), "{recovered:?}");
    // Each of the connections is a new one.
    answered(&server, &list, 8).await;
    assert_eq!(status(server.address(), &deletion).await, 204);
    tokio::task::block_in_place(|| place.wait_until_idle());
    server.stop();
    figure(&format!(
        "PostgreSQL, a network that swallows everything on 4 connections: 12 requests answered 500 or 503, {soon} of them within \
         seconds; recovered after {recovered:.1?}"
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_of_somebody_else_exhausts_the_connections_for_as_long_as_it_is_held() {
    let place = Place::new(Kind::Postgres, ZONE);
    let (list, deletion, server) = (list(&place), deletion(&place), serve(&place, 2));
    assert_eq!(status(server.address(), &list).await, 200);
    let lock =
        "BEGIN; SELECT 1 FROM subjects WHERE subject = 'usr-bob' FOR UPDATE; SELECT pg_sleep(9); COMMIT";
    // Whoever sleeps has the lock.
    let holders = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    tokio::task::block_in_place(|| {
        let postgres = place.postgres();
        std::thread::scope(|scope| {
            let holder = scope.spawn(|| postgres.execute_in(place.database_name(), lock));
            let began = Instant::now();
            while postgres.execute(holders) != "1" {
                assert!(began.elapsed() < DEADLINE, "the lock is not taken");
            }
            tokio::runtime::Handle::current().block_on(async {
                let (deletions, lists) = tokio::join!(many(&server, &deletion, 6), many(&server, &list, 6));
                // A lock is waited for three seconds, a connection one.
                for (status, time) in deletions.iter().chain(&lists) {
                    assert!([200, 503].contains(status) && *time < SOON * 2, "{status} after {time:?}");
                }
                assert!(deletions.iter().all(|(status, _)| *status == 503), "{deletions:?}");
            });
            holder.join().unwrap();
        });
    });
    assert!(until(server.address(), &deletion, 204).await < RECOVERY);
    tokio::task::block_in_place(|| place.wait_until_idle());
    assert!(place.store().await.list_token_ids(&of_user("bob")).await.unwrap().is_empty());
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_go_away_leave_no_transaction_open() {
    const CLIENTS: usize = 400;
    let place = Place::new(Kind::Postgres, ZONE);
    let (list, deletion, server) = (list(&place), deletion(&place), serve(&place, 4));
    for number in 0..CLIENTS {
        let asked = if number % 2 == 0 { &deletion } else { &list };
        let patience = Duration::from_micros(fastrand::u64(0..6000));
        let mut caller = Caller::default();
        // Nobody hears the answer, if there is one.
        let _ = tokio::time::timeout(patience, caller.ask(server.address(), asked)).await;
    }
    tokio::task::block_in_place(|| place.wait_until_idle());
    answered(&server, &list, 16).await;
    server.stop();
    figure(&format!(
        "PostgreSQL, {CLIENTS} clients that went away at a random moment: no session is left in a transaction"
    ));
}
