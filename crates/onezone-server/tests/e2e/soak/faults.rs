//! What is done to the server and to its database, one after the other and each at a random moment.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::block_in_place;
use tokio::time::sleep;

use super::arena::{Arena, Life};
use super::hostile::{flood_of_connections, flood_of_passwords};
use crate::faults::place::Kind;
use crate::faults::shim::{EIO, ENOSPC};

/// More connections than [`OPTIONS`] let in.
const FLOOD: usize = 300;

/// The options of the server: few enough connections for a flood of them to matter.
pub(crate) const OPTIONS: [&str; 4] = ["--max-connections", "250", "--max-connections-per-network", "0"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// `kill -9`, and another start.
    Kill,
    /// SIGTERM, and another start.
    Restart,
    Hangup,
    /// SIGSTOP, and SIGCONT some time later.
    Pause,
    ClockJump,
    ConnectionFlood,
    PasswordFlood,
    /// Somebody else holds a lock that changes need.
    Locked,
    DiskFull,
    FlushesFail,
    DatabaseRestart,
    DatabaseCrash,
    DatabaseKill,
    DatabaseHang,
    SessionsEnded,
    LogDiskFull,
}

impl Fault {
    /// Those that end the process of the server.
    pub(crate) const LETHAL: [Self; 2] = [Self::Kill, Self::Restart];

    /// The others that a zone in this database can have.
    pub(crate) fn others(kind: Kind) -> Vec<Self> {
        let mut all = vec![
            Self::Hangup,
            Self::Pause,
            Self::ClockJump,
            Self::ConnectionFlood,
            Self::PasswordFlood,
            Self::Locked,
            Self::DiskFull,
        ];
        match kind {
            Kind::Sqlite => all.push(Self::FlushesFail),
            Kind::Postgres => all.extend([
                Self::DatabaseRestart,
                Self::DatabaseCrash,
                Self::DatabaseKill,
                Self::DatabaseHang,
                Self::SessionsEnded,
                Self::LogDiskFull,
            ]),
        }
        all
    }

    /// Does it, and undoes it after some time, of so many milliseconds at most.
    pub(crate) async fn strike(self, arena: &Arc<Arena>, longest: u64, random: &mut fastrand::Rng) {
        let time = Duration::from_millis(random.u64(200..longest));
        match self {
            Self::Kill if arena.place.kind == Kind::Sqlite && random.bool() => {
                // Whoever opens the database next is the first to do so.
                let _cut = arena.cuts.begin();
                arena.without_store(async || live_again(arena, "KILL").await).await;
            }
            Self::Kill => live_again(arena, "KILL").await,
            Self::Restart => live_again(arena, "TERM").await,
            Self::Hangup => arena.life.lock().await.server.signal("HUP"),
            Self::Pause => {
                arena.life.lock().await.server.signal("STOP");
                sleep(time).await;
                arena.life.lock().await.server.signal("CONT");
            }
            Self::ClockJump => {
                arena.place.shim.move_clock(random.i64(-90_000..90_000));
                sleep(time).await;
                arena.place.shim.move_clock(0);
            }
            Self::ConnectionFlood => {
                let _cut = arena.cuts.begin();
                flood_of_connections(arena, FLOOD, time).await;
            }
            Self::PasswordFlood => flood_of_passwords(arena, time).await,
            Self::Locked => lock(arena, time).await,
            Self::DiskFull | Self::LogDiskFull | Self::FlushesFail => self.fail_disk(arena, time).await,
            Self::DatabaseRestart
            | Self::DatabaseCrash
            | Self::DatabaseKill
            | Self::DatabaseHang
            | Self::SessionsEnded => self.strike_database(arena, time).await,
        }
    }

    async fn fail_disk(self, arena: &Arena, time: Duration) {
        let _failing = arena.failures.begin();
        let place = &arena.place;
        let files = match (place.kind, self) {
            (Kind::Sqlite, _) => "zone.db",
            (Kind::Postgres, Self::LogDiskFull) => "/pg_wal/",
            (Kind::Postgres, _) => "/base/",
        };
        match self {
            Self::FlushesFail => place.shim.fail_flushes(EIO, files),
            _ => place.shim.fail_writes(ENOSPC, files),
        }
        sleep(time).await;
        place.shim.heal();
        if place.kind == Kind::Postgres {
            // A server that cannot write its log ends; whoever manages services starts it again.
            block_in_place(|| place.postgres().revive());
        }
    }

    async fn strike_database(self, arena: &Arena, time: Duration) {
        let _failing = arena.failures.begin();
        let place = &arena.place;
        if self == Self::DatabaseHang {
            block_in_place(|| place.postgres().pause());
            sleep(time).await;
            block_in_place(|| place.postgres().resume());
            return;
        }
        block_in_place(|| {
            let mut server = place.postgres();
            match self {
                Self::DatabaseRestart => server.stop_fast(),
                Self::DatabaseCrash => server.stop_immediately(),
                Self::DatabaseKill => server.kill(),
                _ => {
                    let statement = format!(
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{}'",
                        place.database_name()
                    );
                    drop(server.execute(&statement));
                    return;
                }
            }
            server.restart();
        });
    }
}

/// Ends the server by a signal, which it has to obey, and starts it anew.
async fn live_again(arena: &Arena, signal: &str) {
    let _cut = arena.cuts.begin();
    let mut life = arena.life.lock().await;
    let ended = block_in_place(|| {
        life.server.signal(signal);
        let ended = life.server.ended();
        *life = Life::begin(arena.place.serve(&OPTIONS), life.number + 1);
        ended
    });
    if signal == "TERM" && !ended.status.success() {
        arena.violate(format!("told to end, the server ends with {}: {}", ended.status, ended.stderr));
    }
    if ended.stderr.contains("panicked") {
        arena.violate(format!("there was a panic: {}", ended.stderr));
    }
    arena.moved(&life.server);
}

/// Holds, as another process would, what changes need.
async fn lock(arena: &Arena, time: Duration) {
    let place = &arena.place;
    match place.kind {
        Kind::Sqlite => {
            let other = rusqlite::Connection::open(place.home.database()).unwrap();
            let begun = (0..200).any(|_| other.execute_batch("BEGIN IMMEDIATE").is_ok());
            sleep(time).await;
            if begun {
                other.execute_batch("ROLLBACK").unwrap();
            }
        }
        Kind::Postgres => {
            let statement = format!(
                "BEGIN; LOCK TABLE subjects IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({}); COMMIT",
                time.as_secs_f32()
            );
            block_in_place(|| drop(place.postgres().execute_in(place.database_name(), &statement)));
        }
    }
}
