//! Many workers at once, whose operations on each subject must be explained by some order of them: undisturbed, with the
//! process or the server killed under them, and through two stores on one database.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use onezone_store::conformance::{
    Asked, Event, PostgresServer, audit, is_explained, keys, of_user, token, user,
};
use onezone_store::{OpenMode, PostgresStore, SqliteStore, Store, StoreError, Unnamed, Zone};

use crate::{eventually, figure, times};

const SUBJECTS: [&str; 4] = ["u0", "u1", "u2", "u3"];
const WORKERS: usize = 8;
/// Names the database to the child process, and the first number it may give to a token.
const CHILD: [&str; 2] = ["ONEZONE_HISTORY_DATABASE", "ONEZONE_HISTORY_FIRST"];
const EVENT: &str = "event:";

/// What happened to which subject.
type Events = Vec<(usize, Event)>;

/// Counts, so that what is counted later was later; and never stops.
#[derive(Default)]
struct Clock(AtomicU64);

impl Clock {
    fn tick(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// What a worker is about to do.
#[derive(Clone, Copy)]
enum Intent {
    Create(u32),
    DeleteAll,
    List,
    Authenticate(u32),
}

fn intent(next: &AtomicU64) -> Intent {
    let newest = u32::try_from(next.load(Ordering::Relaxed)).unwrap();
    match fastrand::u8(0..10) {
        0..4 => Intent::Create(u32::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap()),
        4 => Intent::DeleteAll,
        5..7 => Intent::List,
        // One of the latest, which may or may not be there.
        _ => Intent::Authenticate(newest.saturating_sub(fastrand::u32(0..20))),
    }
}

/// Does it. `None` when nobody can say whether it took effect.
async fn carry_out(store: &dyn Store, subject: usize, intent: Intent, number: u64) -> Option<Asked> {
    let (subject, entry) = (of_user(SUBJECTS[subject]), audit(i64::try_from(number).unwrap() + 1));
    let text = |id: u32| format!("t{id}");
    let asked = match intent {
        Intent::Create(id) => {
            let created = store.create_token(&token(&subject, &text(id), &text(id)), &entry).await;
            created.map(|()| Asked::Create(id))
        }
        Intent::DeleteAll => {
            store.delete_all_tokens(&subject, &entry).await.map(|count| Asked::DeleteAll(Some(count)))
        }
        Intent::List => store.list_token_ids(&subject).await.map(|ids| {
            Asked::List(ids.iter().map(|id| id.trim_start_matches('t').parse().unwrap()).collect())
        }),
        Intent::Authenticate(id) => store
            .token_for_authentication(&subject, &text(id))
            .await
            .map(|found| Asked::Authenticate(id, found.is_some())),
    };
    match asked {
        Ok(asked) => Some(asked),
        // These say for sure that something is wrong with what is stored.
        Err(
            error @ (StoreError::AlreadyExists { .. }
            | StoreError::TokenNameTaken { .. }
            | StoreError::NotFound { .. }
            | StoreError::DamagedRecord { .. }),
        ) => {
            panic!("{error}")
        }
        Err(_) => None,
    }
}

/// What is left of an operation of which nobody knows whether it took effect: nothing, if it only asked.
fn uncertain(intent: Intent, call: u64, end: u64) -> Option<Event> {
    let asked = match intent {
        Intent::Create(id) => Asked::Create(id),
        Intent::DeleteAll => Asked::DeleteAll(None),
        Intent::List | Intent::Authenticate(_) => return None,
    };
    Some(Event { call, end, certain: false, asked })
}

/// Workers that go on until they are told to stop, or have done this much each.
struct Load {
    clock: Clock,
    next: AtomicU64,
    stop: AtomicBool,
    finished: AtomicU64,
}

impl Load {
    fn new() -> Arc<Self> {
        let (clock, next) = (Clock::default(), AtomicU64::new(20));
        Arc::new(Self { clock, next, stop: AtomicBool::new(false), finished: AtomicU64::new(0) })
    }

    async fn run(self: &Arc<Self>, stores: &[Arc<dyn Store>], each: usize) -> Events {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (load, store) = (Arc::clone(self), Arc::clone(&stores[worker % stores.len()]));
                tokio::spawn(async move { load.work(&*store, each).await })
            })
            .collect();
        let mut events = Events::new();
        for worker in workers {
            events.extend(worker.await.unwrap());
        }
        events
    }

    async fn work(&self, store: &dyn Store, each: usize) -> Events {
        let mut events = Events::new();
        for _ in 0..each {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let (subject, intent) = (fastrand::usize(..SUBJECTS.len()), intent(&self.next));
            let call = self.clock.tick();
            let asked = carry_out(store, subject, intent, call).await;
            let end = self.clock.tick();
            self.finished.fetch_add(1, Ordering::Relaxed);
            let event = match asked {
                Some(asked) => Some(Event { call, end, certain: true, asked }),
                // A server may still be at it.
                None => uncertain(intent, call, u64::MAX),
            };
            events.extend(event.map(|event| (subject, event)));
        }
        events
    }
}

fn check(events: Events) -> String {
    let (count, certain) = (events.len(), events.iter().filter(|(_, event)| event.certain).count());
    let mut by_subject: BTreeMap<usize, Vec<Event>> = BTreeMap::new();
    for (subject, event) in events {
        by_subject.entry(subject).or_default().push(event);
    }
    for (subject, events) in by_subject {
        assert!(is_explained(events.clone()), "no order explains what happened to {subject}: {events:#?}");
    }
    format!("{count} operations, {} of them without an answer: every answer is explained", count - certain)
}

fn people() -> Zone {
    Zone { users: SUBJECTS.map(user).into(), ..Zone::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_does_one_thing_after_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("zone.db"), OpenMode::Serve, keys()).unwrap();
    store.apply(&people(), Unnamed::Keep, &audit(0)).await.unwrap();
    let events = Load::new().run(&[Arc::new(store)], times(100)).await;
    figure(&format!("SQLite, {WORKERS} workers: {}", check(events)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_does_one_thing_after_the_other_through_two_stores() {
    let server = PostgresServer::start();
    let stores = two_stores(&server).await;
    let events = Load::new().run(&stores, times(100)).await;
    figure(&format!("PostgreSQL, {WORKERS} workers on two stores: {}", check(events)));
}

async fn two_stores(server: &PostgresServer) -> Vec<Arc<dyn Store>> {
    let options = server.options(&server.create_database());
    PostgresStore::migrate(&options, keys()).await.unwrap();
    let mut stores: Vec<Arc<dyn Store>> = Vec::new();
    for _ in 0..2 {
        stores.push(Arc::new(PostgresStore::open(&options, keys()).await.unwrap()));
    }
    stores[0].apply(&people(), Unnamed::Keep, &audit(0)).await.unwrap();
    stores
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_does_one_thing_after_the_other_while_it_is_killed() {
    let mut server = PostgresServer::start();
    let stores = two_stores(&server).await;
    let load = Load::new();
    let running = tokio::spawn({
        let load = Arc::clone(&load);
        async move { load.run(&stores, usize::MAX).await }
    });
    let kills = times(2);
    for _ in 0..kills {
        let before = load.finished.load(Ordering::Relaxed);
        let enough = before + fastrand::u64(50..300);
        eventually(async || load.finished.load(Ordering::Relaxed) > enough).await;
        server.kill();
        server.restart();
    }
    let before = load.finished.load(Ordering::Relaxed);
    eventually(async || load.finished.load(Ordering::Relaxed) > before + 100).await;
    load.stop.store(true, Ordering::Relaxed);
    let events = running.await.unwrap();
    figure(&format!("PostgreSQL, killed {kills} times with kill -9 under load: {}", check(events)));
}

#[tokio::test]
async fn sqlite_does_one_thing_after_the_other_while_it_is_killed() {
    if let [Some(path), Some(first)] = CHILD.map(std::env::var_os) {
        return be_killed(Path::new(&path), first.to_str().unwrap().parse().unwrap()).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    let store = SqliteStore::open(&path, OpenMode::Serve, keys()).unwrap();
    store.apply(&people(), Unnamed::Keep, &audit(0)).await.unwrap();
    store.close().await.unwrap();
    let (clock, mut events) = (Clock::default(), Events::new());
    let kills = times(4);
    for life in 0..kills {
        // Lives do not know each other's numbers.
        events.extend(live_and_die(&path, 1_000_000 * (life as u64 + 1), &clock));
    }
    let store = SqliteStore::open(&path, OpenMode::Serve, keys()).unwrap();
    for subject in 0..SUBJECTS.len() {
        let call = clock.tick();
        let asked = carry_out(&store, subject, Intent::List, 0).await.unwrap();
        events.push((subject, Event { call, end: clock.tick(), certain: true, asked }));
    }
    figure(&format!("SQLite, killed {kills} times with kill -9 under load: {}", check(events)));
}

/// The child: works, and says before and after each operation what it is, until it is killed.
async fn be_killed(path: &Path, first: u64) {
    let store = SqliteStore::open(path, OpenMode::Serve, keys()).unwrap();
    let (next, store) = (&AtomicU64::new(first), &store);
    let work = |worker: u64| async move {
        for number in 0.. {
            let (subject, intent) = (fastrand::usize(..SUBJECTS.len()), intent(next));
            let key = first + number * WORKERS as u64 + worker;
            let (what, id) = match intent {
                Intent::Create(id) => ("create", id),
                Intent::DeleteAll => ("delete", 0),
                Intent::List => ("list", 0),
                Intent::Authenticate(id) => ("authenticate", id),
            };
            say(&format!("call {key} {subject} {what} {id}"));
            let answer = match carry_out(store, subject, intent, key).await.unwrap() {
                Asked::Create(_) => String::new(),
                Asked::DeleteAll(count) => count.unwrap().to_string(),
                Asked::Authenticate(_, found) => u8::from(found).to_string(),
                Asked::List(ids) => ids.iter().map(u32::to_string).collect::<Vec<_>>().join(" "),
            };
            say(&format!("return {key} {answer}"));
        }
    };
    tokio::join!(work(0), work(1), work(2), work(3));
}

fn say(text: &str) {
    writeln!(std::io::stdout(), "{EVENT}{text}").unwrap();
}

/// One life of the child, to a random moment of it.
fn live_and_die(path: &Path, first: u64, clock: &Clock) -> Events {
    let name = "histories::sqlite_does_one_thing_after_the_other_while_it_is_killed";
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD[0], path)
        .env(CHILD[1], first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut left = fastrand::u32(20..300);
    let (mut called, mut events) = (BTreeMap::new(), Events::new());
    for line in lines {
        let line = line.unwrap();
        let Some((_, text)) = line.split_once(EVENT) else { continue };
        let words: Vec<&str> = text.split(' ').collect();
        let number = |index: usize| words[index].parse::<u32>().unwrap();
        match words[0] {
            "call" => {
                let intent = match words[3] {
                    "create" => Intent::Create(number(4)),
                    "delete" => Intent::DeleteAll,
                    "list" => Intent::List,
                    _ => Intent::Authenticate(number(4)),
                };
                called.insert(number(1), (clock.tick(), number(2) as usize, intent));
            }
            _ => {
                let (call, subject, intent) = called.remove(&number(1)).unwrap();
                let ids = || words[2..].iter().filter_map(|word| word.parse().ok());
                let asked = match intent {
                    Intent::Create(id) => Asked::Create(id),
                    Intent::DeleteAll => Asked::DeleteAll(Some(u64::from(number(2)))),
                    Intent::List => Asked::List(ids().collect::<BTreeSet<u32>>()),
                    Intent::Authenticate(id) => Asked::Authenticate(id, number(2) == 1),
                };
                events.push((subject, Event { call, end: clock.tick(), certain: true, asked }));
                left -= 1;
                if left == 0 {
                    child.kill().unwrap();
                }
                // What it said before it died was said in its life.
                left = left.max(1);
            }
        }
    }
    child.wait().unwrap();
    // The dead do nothing.
    let death = clock.tick();
    let unfinished = called
        .into_values()
        .filter_map(|(call, subject, intent)| Some((subject, uncertain(intent, call, death)?)));
    events.extend(unfinished);
    events
}
