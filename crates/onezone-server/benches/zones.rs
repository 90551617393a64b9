//! What it takes to apply and to export a large zone, on both backends: time, memory, and how long nothing else can be
//! written meanwhile. `cargo bench -p onezone-server --bench zones -- 1000000`, where the number is that of the tokens.

#![allow(clippy::print_stdout, reason = "it prints a table")]
#![allow(clippy::unwrap_used, reason = "a measurement that fails has no result")]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use onezone_store::conformance::PostgresServer;

const TOKENS_OF_A_USER: u64 = 100;

/// Tokens in the order of an export, with ids that are scattered as random ones are.
fn write_zone(path: &Path, tokens: u64) {
    let mut out = BufWriter::new(File::create(path).unwrap());
    writeln!(out, "tokens:").unwrap();
    for number in 0..tokens {
        let (user, scattered) = (number / TOKENS_OF_A_USER, number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        writeln!(
            out,
            "- caveats:\n  - time < 1893456000\n  - interface = rest\n  id: {scattered:016x}{number:016x}\n  name: token {number:08}\n  \
             revoked: false\n  secret: {number:064x}\n  subject: usr-{user:08}\n  type: accessToken"
        )
        .unwrap();
    }
    writeln!(out, "users:").unwrap();
    for user in 0..tokens.div_ceil(TOKENS_OF_A_USER) {
        writeln!(out, "- id: '{user:08}'\n  username: user{user:08}").unwrap();
    }
    out.flush().unwrap();
}

/// Runs the program to its end; the seconds it took and the most memory it had, in MiB.
fn measure(directory: &Path, arguments: &[&str]) -> (f64, u64) {
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_onezone-server"))
        .env("ONEZONE_DATA_DIR", directory.join("data"))
        .env("TMPDIR", directory)
        .current_dir(directory)
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let end = loop {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        if let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
            peak = line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10;
        }
        if let Some(end) = child.try_wait().unwrap() {
            break end;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(end.success(), "{arguments:?} failed");
    (started.elapsed().as_secs_f64(), peak)
}

/// The longest time for which nothing could be written into the database, in seconds.
fn watch_writes(database: &Path, stop: &AtomicBool) -> f64 {
    let mut longest = Duration::ZERO;
    let mut free = Instant::now();
    let Ok(connection) = rusqlite::Connection::open(database) else { return 0.0 };
    connection.busy_timeout(Duration::ZERO).unwrap();
    while !stop.load(Ordering::Relaxed) {
        if connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok() {
            longest = longest.max(free.elapsed());
            free = Instant::now();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    longest.as_secs_f64()
}

fn main() {
    let tokens = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    write_zone(&directory.join("zone.yaml"), tokens);
    let size = directory.join("zone.yaml").metadata().unwrap().len() >> 20;
    println!("{tokens} tokens of {} users, a file of {size} MiB", tokens.div_ceil(TOKENS_OF_A_USER));
    println!("| Backend | Command | Seconds | Peak, MiB | No other writes for, s |");
    println!("| --- | --- | --- | --- | --- |");
    let commands = [
        &["zone", "apply", "zone.yaml"][..],
        &["zone", "export", "exported.yaml"],
        &["zone", "apply", "--prune", "exported.yaml"],
    ];
    let database = directory.join("data/zone.db");
    for command in commands {
        let stop = Arc::new(AtomicBool::new(false));
        let watcher = std::thread::spawn({
            let (stop, database) = (Arc::clone(&stop), database.clone());
            move || {
                // Whoever makes the database is not disturbed.
                while !database.exists() && !stop.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(5));
                }
                std::thread::sleep(Duration::from_millis(200));
                watch_writes(&database, &stop)
            }
        });
        let (seconds, peak) = measure(directory, command);
        stop.store(true, Ordering::Relaxed);
        let blocked = watcher.join().unwrap();
        println!("| SQLite | `{}` | {seconds:.1} | {peak} | {blocked:.1} |", command.join(" "));
    }
    let server = PostgresServer::start();
    let url = server.options(&server.create_database()).url;
    let postgres = ["--database", &url, "--key-file", "shared.key"];
    measure(directory, &["key", "create", "shared.key"]);
    measure(directory, &[&postgres[..], &["migrate"]].concat());
    for command in commands {
        let (seconds, peak) = measure(directory, &[&postgres[..], command].concat());
        println!("| PostgreSQL | `{}` | {seconds:.1} | {peak} | |", command.join(" "));
    }
}
