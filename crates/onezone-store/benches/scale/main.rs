//! What lists and deletions cost as the zone around them grows: on both backends, with ten thousand, a hundred thousand and
//! a million tokens of others. Prints a table in Markdown; nothing is asserted, since other work on the machine makes
//! every number larger.
//!
//! Run it with `cargo bench -p onezone-store --bench scale`; numbers of tokens as arguments replace the three.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark talks to the person who runs it, and a failure ends it"
)]

mod fill;
mod memory;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use onezone_store::conformance::{PostgresServer, audit, keys, of_user};
use onezone_store::{OpenMode, PostgresOptions, PostgresStore, SqliteStore, Store};

use crate::fill::{DELETED_SMALL, fill};

/// Names the address of the database and the number of others' tokens to a process that fills it.
const FILLER: [&str; 2] = ["ONEZONE_SCALE_FILL", "ONEZONE_SCALE_OTHERS"];
/// How often a small question is asked.
const MANY: usize = 2_000;
/// How often a long list is asked for.
const SOME: usize = 100;

/// What was measured on one backend with one number of others' tokens.
struct Column {
    heading: String,
    cells: Vec<String>,
}

const ROWS: [&str; 7] = [
    "authenticate a token",
    "list 10 ids",
    "list 10,000 ids",
    "list 100,000 ids",
    "delete 10 tokens",
    "delete 100,000 tokens",
    "memory at most, MiB",
];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if let [Some(address), Some(others)] = FILLER.map(|name| std::env::var(name).ok()) {
        return runtime.block_on(fill_at(&address, others.parse().unwrap()));
    }
    let asked: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![10_000, 100_000, 1_000_000] } else { asked };
    let mut columns = Vec::new();
    for others in sizes {
        columns.push(sqlite(&runtime, others));
        columns.push(postgres(&runtime, others));
    }
    print_table(&columns);
}

async fn fill_at(address: &str, others: usize) {
    let store: Box<dyn Store> = if address.starts_with("postgres:") {
        let options = options(address);
        PostgresStore::migrate(&options, keys()).await.unwrap();
        Box::new(PostgresStore::open(&options, keys()).await.unwrap())
    } else {
        Box::new(SqliteStore::open(Path::new(address), OpenMode::Serve, keys()).unwrap())
    };
    fill(&*store, others).await;
    store.close().await.unwrap();
}

/// Fills a database in a process of its own, whose memory is not that of the measured one.
fn fill_apart(address: &str, others: usize) {
    let started = Instant::now();
    let mut filler = Command::new(std::env::current_exe().unwrap());
    let filled = filler.env(FILLER[0], address).env(FILLER[1], others.to_string()).status().unwrap();
    assert!(filled.success());
    eprintln!("filled with {others} tokens of others in {:.1} s", started.elapsed().as_secs_f64());
}

fn sqlite(runtime: &tokio::runtime::Runtime, others: usize) -> Column {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    fill_apart(path.to_str().unwrap(), others);
    let size = std::fs::metadata(&path).unwrap().len() >> 20;
    memory::reset();
    let store = SqliteStore::open(&path, OpenMode::Serve, keys()).unwrap();
    let cells = runtime.block_on(measure(Arc::new(store)));
    Column { heading: format!("SQLite, {} ({size} MiB)", thousands(others)), cells }
}

fn postgres(runtime: &tokio::runtime::Runtime, others: usize) -> Column {
    let server = PostgresServer::start();
    let database = server.create_database();
    let options = server.options(&database);
    fill_apart(&options.url, others);
    // As the server does by itself when it has time.
    server.execute_in(&database, "VACUUM ANALYZE");
    let size = server.execute_in(&database, "SELECT pg_database_size(current_database()) / 1048576");
    memory::reset();
    let store = runtime.block_on(PostgresStore::open(&options, keys())).unwrap();
    let cells = runtime.block_on(measure(Arc::new(store)));
    Column { heading: format!("PostgreSQL, {} ({size} MiB)", thousands(others)), cells }
}

fn options(url: &str) -> PostgresOptions {
    PostgresOptions { url: url.to_owned(), durability: onezone_store::Durability::Local, max_connections: 8 }
}

async fn measure(store: Arc<dyn Store>) -> Vec<String> {
    let store = &*store;
    let mut cells = Vec::new();
    let (ten, big) = (of_user("ten"), of_user("hundred-thousand"));
    let authenticate = async |_| {
        let found = store.token_for_authentication(&ten, "ten-3").await.unwrap();
        assert!(found.is_some());
    };
    cells.push(typical(MANY, authenticate).await);
    let lists =
        [(of_user("ten"), 10, MANY), (of_user("ten-thousand"), 10_000, SOME), (big.clone(), 100_000, 10)];
    for (subject, length, times) in &lists {
        let list = async |_| assert_eq!(store.list_token_ids(subject).await.unwrap().len(), *length);
        cells.push(typical(*times, list).await);
    }
    let delete = async |number: usize| {
        let subject = of_user(&format!("small-{number}"));
        let entry = audit(i64::try_from(number).unwrap() + 1);
        assert_eq!(store.delete_all_tokens(&subject, &entry).await.unwrap(), 10);
    };
    cells.push(typical(DELETED_SMALL, delete).await);
    let delete =
        async |_| assert_eq!(store.delete_all_tokens(&big, &audit(1_000_000)).await.unwrap(), 100_000);
    cells.push(typical(1, delete).await);
    cells.push(memory::peak_mebibytes());
    store.close().await.unwrap();
    cells
}

/// The median, and the slowest but one in a hundred where there are so many.
async fn typical(times: usize, mut work: impl AsyncFnMut(usize)) -> String {
    let mut samples = Vec::with_capacity(times);
    for number in 0..times {
        let started = Instant::now();
        work(number).await;
        samples.push(started.elapsed());
    }
    samples.sort_unstable();
    let median = in_words(samples[times / 2]);
    if times < 100 { median } else { format!("{median} ({})", in_words(samples[times * 99 / 100])) }
}

fn in_words(duration: Duration) -> String {
    let microseconds = duration.as_secs_f64() * 1e6;
    match microseconds {
        ..1e3 => format!("{microseconds:.0} µs"),
        ..1e6 => format!("{:.1} ms", microseconds / 1e3),
        _ => format!("{:.2} s", microseconds / 1e6),
    }
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn print_table(columns: &[Column]) {
    let line = |cells: Vec<&str>| println!("| {} |", cells.join(" | "));
    line(std::iter::once("").chain(columns.iter().map(|column| column.heading.as_str())).collect());
    line(vec!["---"; columns.len() + 1]);
    for (index, row) in ROWS.into_iter().enumerate() {
        line(std::iter::once(row).chain(columns.iter().map(|column| column.cells[index].as_str())).collect());
    }
}
