//! The server at full load, with enemies and faults, for as long as one likes: rounds in which many ask about the same few
//! users and providers while something breaks, and after each the question whether all answers fit together.
//!
//! Each round has subjects of its own, so that their histories begin with nothing and stay short enough to be judged whole;
//! those of rounds before must stay as they were left. The first part of the time has faults that end the server's process; in
//! the rest one process lives through all others, and what it takes of the machine is measured.
//!
//! `cargo xtask soak` runs it by these variables; the tests are short runs of it.

mod arena;
mod faults;
mod hostile;
mod report;
mod samples;
mod subjects;
mod workers;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use onezone_store::conformance::of_user;
use tokio::io::AsyncWriteExt as _;

use self::arena::Arena;
use self::faults::{Fault, OPTIONS};
use self::report::{Outcome, Progress};
use self::samples::Sample;
use self::subjects::{Settled, fresh, settle};
use self::workers::Worker;
use crate::faults::exchange::Caller;
use crate::faults::place::{Kind, Place, mint};
use crate::fixture::ZONE;

/// Seconds, seed, how many clients, and a word that turns a test into what `cargo xtask soak` asked for.
const SETTINGS: [&str; 3] = ["ONEZONE_SOAK_SECONDS", "ONEZONE_SOAK_SEED", "ONEZONE_SOAK_CLIENTS"];

/// How much of the time has faults that end the process.
const LETHAL_PART: f64 = 0.4;

/// How many faults there are in a round, one after the other.
const FAULTS_A_ROUND: usize = 4;

/// Clients that are there all the time and hold a connection each.
const SLOW: usize = 10;
const SENDERS_OF_GARBAGE: usize = 2;

/// More descriptors than connections to the database that are made when they are needed.
const OPENED_LATER: usize = 20;

/// How long the server may take to notice that connections were closed, on a busy machine.
const GIVEN_BACK_WITHIN: Duration = Duration::from_secs(10);

/// How many subjects of rounds before are looked at after each round.
const LOOKED_AT: usize = 6;

/// What a soak is told.
struct Settings {
    kind: Kind,
    /// Without it, until everything was done once.
    time: Option<Duration>,
    seed: u64,
    clients: usize,
}

impl Settings {
    fn new(kind: Kind) -> Self {
        let [seconds, seed, clients] = SETTINGS.map(|name| {
            std::env::var(name)
                .ok()
                .map(|text| text.parse::<u64>().unwrap_or_else(|_| panic!("{name}={text}")))
        });
        Self {
            kind,
            time: seconds.map(Duration::from_secs),
            seed: seed.unwrap_or_else(|| fastrand::u64(..)),
            clients: usize::try_from(clients.unwrap_or(24)).unwrap(),
        }
    }
}

/// What is counted over all rounds.
#[derive(Default)]
struct Tally {
    rounds: usize,
    events: usize,
    unanswered: usize,
    faults: BTreeMap<Fault, usize>,
    /// Under load and between faults.
    samples: Vec<Sample>,
    /// After each round, when the load is gone.
    rests: Vec<Sample>,
    settled: Vec<Settled>,
}

/// One soak from beginning to end.
struct Soak {
    arena: Arc<Arena>,
    settings: Settings,
    random: fastrand::Rng,
    began: Instant,
    tally: Tally,
    /// What has not been done since all had their turn.
    due: Vec<Fault>,
}

impl Soak {
    async fn new(settings: Settings) -> Self {
        let place = Place::new(settings.kind, ZONE);
        let arena = Arc::new(Arena::new(place, &OPTIONS).await);
        let store = arena.store().await;
        // A token whose secret is known here, of somebody who may delete everybody's.
        let admin = onezone_store::conformance::token(&of_user("carol"), "soak", "soak");
        store.create_token(&admin, &arena.entry()).await.unwrap();
        drop(store);
        let random = fastrand::Rng::with_seed(settings.seed);
        Self { arena, settings, random, began: Instant::now(), tally: Tally::default(), due: Vec::new() }
    }

    async fn run(mut self) -> Outcome {
        let enemies = self.enemies();
        eprintln!("soak on {} with seed {}", self.settings.kind.name(), self.settings.seed);
        let mut progress = Progress::new(self.settings.time);
        self.due = self.all_faults(1);
        while self.settings.time.map_or(!self.due.is_empty(), |time| self.began.elapsed() < time) {
            self.round(&mut progress).await;
        }
        self.arena.over.store(true, Ordering::Relaxed);
        for enemy in enemies {
            enemy.await.unwrap();
        }
        progress.end();
        self.end().await
    }

    /// Those who are there all the time.
    fn enemies(&mut self) -> Vec<tokio::task::JoinHandle<()>> {
        let slow = (0..SLOW).map(|number| tokio::spawn(hostile::be_slow(Arc::clone(&self.arena), number)));
        let mut enemies: Vec<_> = slow.collect();
        for _ in 0..SENDERS_OF_GARBAGE {
            enemies.push(tokio::spawn(hostile::send_garbage(Arc::clone(&self.arena), self.random.fork())));
        }
        enemies
    }

    async fn round(&mut self, progress: &mut Progress) {
        let arena = Arc::clone(&self.arena);
        let subjects = fresh(&arena, self.tally.rounds).await;
        // Where everything happens once, nobody wants to wait for it.
        let longest = if self.settings.time.is_some() { 2000 } else { 700 };
        let stop = Arc::new(AtomicBool::new(false));
        let admin_token = mint(&of_user("carol"), "soak");
        let workers: Vec<_> = (0..self.settings.clients)
            .map(|number| {
                let worker = Worker {
                    arena: Arc::clone(&arena),
                    subjects: subjects.clone(),
                    random: self.random.fork(),
                    caller: if number % 8 == 7 { Caller::over_http2() } else { Caller::default() },
                    admin_token: admin_token.clone(),
                };
                tokio::spawn(worker.work(Arc::clone(&stop)))
            })
            .collect();
        for _ in 0..FAULTS_A_ROUND {
            let millis = self.random.u64(200..longest / 2);
            self.load_for(millis, progress).await;
            let Some(fault) = self.next_fault() else { break };
            *self.tally.faults.entry(fault).or_default() += 1;
            fault.strike(&arena, longest, &mut self.random).await;
            self.look(progress).await;
        }
        self.load_for(longest / 2, progress).await;
        stop.store(true, Ordering::Relaxed);
        for worker in workers {
            worker.await.unwrap();
        }
        self.rest(GIVEN_BACK_WITHIN).await;
        tokio::task::block_in_place(|| arena.place.wait_until_idle());
        let (events, unanswered) = settle(&arena, subjects, &mut self.tally.settled).await;
        self.tally.events += events;
        self.tally.unanswered += unanswered;
        self.tally.rounds += 1;
        let mut caller = Caller::default();
        for _ in 0..LOOKED_AT {
            let settled = &self.tally.settled[self.random.usize(..self.tally.settled.len())];
            settled.check(&arena, &mut caller, &mut self.random).await;
        }
    }

    /// One of those that have not had their turn for the longest time.
    fn next_fault(&mut self) -> Option<Fault> {
        let over = self.began.elapsed().as_secs_f64();
        let is_lethal_time = self.settings.time.is_none_or(|time| over < time.as_secs_f64() * LETHAL_PART);
        if !is_lethal_time {
            self.due.retain(|fault| !Fault::LETHAL.contains(fault));
        }
        if self.due.is_empty() && self.settings.time.is_some() {
            // Each as often as all others have their turn would be seldom.
            self.due = self.all_faults(if is_lethal_time { 3 } else { 0 });
        }
        self.due.pop()
    }

    /// All that can be done, and so many times what ends the process, in any order.
    fn all_faults(&mut self, lethal: usize) -> Vec<Fault> {
        let mut faults = Fault::others(self.settings.kind);
        for _ in 0..lethal {
            faults.extend(Fault::LETHAL);
        }
        self.random.shuffle(&mut faults);
        faults
    }

    /// Lets the load go on, and looks at the server now and then.
    async fn load_for(&mut self, millis: u64, progress: &mut Progress) {
        let end = Instant::now() + Duration::from_millis(millis);
        while Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(millis.min(500))).await;
            self.look(progress).await;
        }
    }

    async fn look(&mut self, progress: &mut Progress) {
        let life = self.arena.life.lock().await;
        let sample = Sample::take(life.server.id(), life.number, self.began);
        drop(life);
        self.tally.samples.extend(sample);
        let struck = self.tally.faults.values().sum();
        progress.show(&self.arena, self.tally.rounds, struck, sample);
    }

    async fn most_descriptors_at_rest(&self) -> usize {
        // SQLite opens the log of each connection when it is used first, and two connections belong to a processor.
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let opened_later = OPENED_LATER + 2 * processors;
        self.arena.life.lock().await.descriptors + SLOW + SENDERS_OF_GARBAGE + opened_later
    }

    /// Looks at the server when the load is gone: what its connections held has to be given back soon.
    async fn rest(&mut self, patience: Duration) {
        let give_up = Instant::now() + patience;
        let most = self.most_descriptors_at_rest().await;
        loop {
            let life = self.arena.life.lock().await;
            let sample = Sample::take(life.server.id(), life.number, self.began);
            drop(life);
            let Some(sample) = sample else {
                return self.arena.violate("the server is not there".to_owned());
            };
            if sample.descriptors <= most {
                return self.tally.rests.push(sample);
            }
            if Instant::now() > give_up {
                let count = sample.descriptors;
                self.arena.violate(format!(
                    "{count} file descriptors are open when the load is gone, more than {most}"
                ));
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Everything as it was left, the server's own verification, and a clean end.
    async fn end(mut self) -> Outcome {
        let time = self.began.elapsed();
        let mut caller = Caller::default();
        for settled in &self.tally.settled {
            settled.check(&self.arena, &mut caller, &mut self.random).await;
        }
        let Self { arena, settings, tally, .. } = self;
        let place = &arena.place;
        let verified = tokio::task::block_in_place(|| place.command(&["verify"]).output().unwrap());
        if !verified.status.success() {
            arena.violate(format!("`verify` says {}", String::from_utf8_lossy(&verified.stdout)));
        }
        let mut life = arena.life.lock().await;
        life.server.signal("TERM");
        let ended = tokio::task::block_in_place(|| life.server.ended());
        if !ended.status.success() || ended.stderr.contains("panicked") {
            arena.violate(format!("the server ends with {}: {}", ended.status, ended.stderr));
        }
        drop(life);
        Outcome::new(&arena, &settings, &tally, time)
    }
}

fn soak(kind: Kind) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let outcome = runtime.block_on(async { Box::pin(Soak::new(Settings::new(kind)).await.run()).await });
    eprintln!("{outcome}");
    outcome.assert_clean();
}

#[test]
fn on_sqlite_everything_fits_together_under_load_and_faults() {
    soak(Kind::Sqlite);
}

#[test]
fn on_postgresql_everything_fits_together_under_load_and_faults() {
    soak(Kind::Postgres);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_not_given_back_are_noticed() {
    let mut soak = Soak::new(Settings { kind: Kind::Sqlite, time: None, seed: 1, clients: 0 }).await;
    soak.rest(Duration::ZERO).await;
    assert_eq!((soak.arena.violations().0, soak.tally.rests.len()), (0, 1));
    let allowed = soak.most_descriptors_at_rest().await;
    let mut held = Vec::new();
    for _ in 0..allowed {
        let mut stream = tokio::net::TcpStream::connect(soak.arena.address()).await.unwrap();
        // Whoever has begun has more time than whoever says nothing.
        stream.write_all(b"G").await.unwrap();
        held.push(stream);
    }
    let process = soak.arena.life.lock().await.server.id();
    let accepted = || Sample::take(process, 0, Instant::now()).unwrap().descriptors > allowed;
    let give_up = Instant::now() + Duration::from_secs(20);
    while !accepted() {
        assert!(Instant::now() < give_up, "{allowed} connections are not accepted");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    soak.rest(Duration::from_millis(100)).await;
    assert_eq!((soak.arena.violations().0, soak.tally.rests.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_token_that_is_there_again_is_noticed() {
    let settings = Settings { kind: Kind::Sqlite, time: None, seed: 1, clients: 4 };
    let mut soak = Soak::new(settings).await;
    let mut caller = Caller::default();
    // On a busy machine a round may be over before anything was deleted.
    for _ in 0..20 {
        soak.due = vec![Fault::Hangup; FAULTS_A_ROUND];
        soak.round(&mut Progress::new(None)).await;
        assert_eq!(soak.arena.violations().0, 0);
        for settled in &soak.tally.settled {
            if settled.bring_back(&soak.arena).await {
                settled.check(&soak.arena, &mut caller, &mut soak.random).await;
                assert!(soak.arena.violations().0 > 0);
                return;
            }
        }
    }
    panic!("nothing was deleted");
}
