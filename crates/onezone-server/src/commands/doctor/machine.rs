//! What the machine has to offer: clock, disk, limits, the port.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{Finding, Verdict};
use crate::commands::healthcheck;
use crate::environment::Environment;
use crate::observability::ObservabilityArguments;

/// No clock that is right shows an earlier time: 2025-01-01.
const EARLIEST: i64 = 1_735_689_600;

/// How long the two clocks are compared.
const COMPARED: Duration = Duration::from_millis(250);

/// How long another program may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many flushes are measured.
const FLUSHES: usize = 32;

/// A server with fewer open files refuses connections before it is busy.
const FEWEST_FILES: u64 = 4096;

/// Expiry of tokens is by the wall clock, which should go like the steady one.
pub(super) async fn clock(environment: &Environment) -> Finding {
    let (wall, steady) = (environment.now_milliseconds(), Instant::now());
    tokio::time::sleep(COMPARED).await;
    let passed = i128::from(environment.now_milliseconds()) - i128::from(wall);
    let apart = passed - i128::try_from(steady.elapsed().as_millis()).unwrap_or(i128::MAX);
    judge_clock(environment.now(), apart)
}

fn judge_clock(now: i64, apart: i128) -> Finding {
    let check = "clock";
    if now < EARLIEST {
        let words = format!("it shows {now} seconds since 1970, which has long passed");
        return Finding::failure(check, words, "set the clock: tokens expire by it");
    }
    if apart.unsigned_abs() > 50 {
        let words =
            format!("it went {apart} ms apart from the steady clock within {} ms", COMPARED.as_millis());
        return Finding::warning(
            check,
            words,
            "something sets the clock in jumps: let one time service slew it",
        );
    }
    Finding::ok(check, "shows a sensible time and runs steadily")
}

/// Asks `timedatectl` whether a time service keeps the clock right.
pub(super) async fn time_service() -> Finding {
    let check = "time service";
    let asked = tokio::task::spawn_blocking(|| {
        std::process::Command::new("timedatectl")
            .args(["show", "--property=NTPSynchronized", "--value"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
    });
    let answer = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(Ok(output))) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        _ => String::new(),
    };
    match answer.as_str() {
        "yes" => Finding::ok(check, "keeps the clock synchronized"),
        "no" => Finding::warning(
            check,
            "the clock is not synchronized",
            "let a time service run (systemd-timesyncd, chrony): `time` caveats are held against this clock",
        ),
        _ => Finding::ok(check, "not known here: `timedatectl` does not say"),
    }
}

/// How many files the server may have open, connections included.
pub(super) fn open_files() -> Finding {
    let check = "open files";
    #[cfg(unix)]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        match limit {
            Some(limit) if limit < FEWEST_FILES => Finding::warning(
                check,
                format!("{limit} at most in this session"),
                "raise it for the server: LimitNOFILE= of the unit, or `ulimit -n`; each connection takes one",
            ),
            Some(limit) => Finding::ok(check, format!("{limit} at most")),
            None => Finding::ok(check, "no limit"),
        }
    }
    #[cfg(not(unix))]
    Finding::ok(check, format!("not known here; the server wants {FEWEST_FILES}"))
}

/// Whether the server can listen, or does already.
pub(super) async fn port(address: SocketAddr) -> Finding {
    let check = "address";
    match std::net::TcpListener::bind(address) {
        Ok(_) => Finding::ok(check, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            match healthcheck::probe(healthcheck::reachable(address)).await {
                Ok(()) => Finding::ok(check, format!("a server answers at {address}")),
                Err(error) => Finding::failure(
                    check,
                    format!("something else listens at {address}: {error:#}"),
                    "stop it, or choose another address with `listen`",
                ),
            }
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Finding::failure(
            check,
            format!("{address}: {error}"),
            "choose a port from 1024 on behind a proxy, or give the unit AmbientCapabilities=CAP_NET_BIND_SERVICE",
        ),
        Err(error) => Finding::failure(
            check,
            format!("{address}: {error}"),
            "choose an address of this machine with `listen`",
        ),
    }
}

/// The same of the second listener, which the server can do without unless somebody wants it.
pub(super) async fn metrics_port(observability: &ObservabilityArguments) -> Finding {
    let check = "metrics";
    let (Some(address), is_usual) = observability.choice() else {
        return Finding::ok(check, "`off`: nobody is told of health and metrics");
    };
    let Err(error) = std::net::TcpListener::bind(address) else {
        return Finding::ok(check, format!("{address} is free"));
    };
    if error.kind() == ErrorKind::AddrInUse && healthcheck::is_observed(healthcheck::reachable(address)).await
    {
        return Finding::ok(check, format!("a server answers at {address}"));
    }
    let (words, advice) = (format!("{address}: {error}"), "choose another address with `metrics_listen`");
    if is_usual { Finding::warning(check, words, advice) } else { Finding::failure(check, words, advice) }
}

/// How much room there is, and on what.
pub(super) fn disk(directory: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    #[cfg(unix)]
    {
        if let Ok(found) = rustix::fs::statvfs(directory) {
            findings.push(judge_space(found.f_bavail.saturating_mul(found.f_frsize)));
        }
        #[cfg(target_os = "linux")]
        if let Ok(found) = rustix::fs::statfs(directory) {
            findings.extend(judge_kind(i128::from(found.f_type)));
        }
    }
    findings.push(match flushes(directory) {
        Ok(median) => judge_flush(median),
        Err(error) => Finding::failure(
            "flush",
            format!("cannot write into {}: {error}", directory.display()),
            "run this as the user that runs the server",
        ),
    });
    findings
}

fn judge_space(bytes: u64) -> Finding {
    let (check, megabytes) = ("free space", bytes / 1_000_000);
    let advice = "make room: without it every change is refused, deletions included";
    match megabytes {
        0..100 => Finding::failure(check, format!("{megabytes} MB"), advice),
        100..1000 => Finding::warning(check, format!("{megabytes} MB"), advice),
        _ => Finding::ok(check, format!("{} GB", megabytes / 1000)),
    }
}

#[cfg(target_os = "linux")]
fn judge_kind(kind: i128) -> Option<Finding> {
    let check = "file system";
    match kind {
        // The magic numbers of statfs(2).
        0x0102_1994 => Some(Finding::warning(
            check,
            "the data directory is in memory (tmpfs)",
            "name a directory on a disk with `data_dir`: all is lost with the next start of the machine",
        )),
        0x6969 | 0xff53_4d42 | 0xfe53_4d42 | 0x517b => Some(Finding::failure(
            check,
            "the data directory is on a network file system",
            "keep an SQLite database on a local disk, or use PostgreSQL",
        )),
        _ => None,
    }
}

/// The median of what it takes to put a few kilobytes on disk, as a commit does. The file has no name.
fn flushes(directory: &Path) -> std::io::Result<Duration> {
    let mut file: File = tempfile::tempfile_in(directory)?;
    let page = [0x5a; 4096];
    let mut times = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        let started = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(times[FLUSHES / 2])
}

fn judge_flush(median: Duration) -> Finding {
    let micros = median.as_micros();
    let per_second = 1_000_000 / micros.max(1);
    let words = format!(
        "{}.{:02} ms for 4 KiB, about {per_second} commits a second one after the other",
        micros / 1000,
        micros % 1000 / 10
    );
    let mut finding = Finding::ok("flush", words);
    match micros {
        0..20 => {
            finding.advice = Some(
                "faster than disks are: if power can fail, make sure that the disk or its controller keeps what it \
                 acknowledges"
                    .to_owned(),
            );
        }
        20..10_000 => {}
        _ => {
            finding.verdict = Verdict::Warning;
            finding.advice =
                Some("a slow disk for a database: changes wait for it; use a local SSD".to_owned());
        }
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_follow_what_was_measured() {
        assert_eq!(judge_clock(EARLIEST - 1, 0).verdict, Verdict::Failure);
        assert_eq!(judge_clock(EARLIEST, -51).verdict, Verdict::Warning);
        assert_eq!(judge_clock(EARLIEST, 50).verdict, Verdict::Ok);
        for (bytes, verdict) in
            [(99_000_000, Verdict::Failure), (999_000_000, Verdict::Warning), (2_000_000_000, Verdict::Ok)]
        {
            assert_eq!(judge_space(bytes).verdict, verdict, "{bytes}");
        }
        let slow = judge_flush(Duration::from_micros(12_340));
        assert_eq!(slow.verdict, Verdict::Warning);
        assert!(slow.words.starts_with("12.34 ms for 4 KiB, about 81 commits"), "{}", slow.words);
        assert_eq!(judge_flush(Duration::from_micros(400)).advice, None);
        assert!(judge_flush(Duration::from_micros(5)).advice.is_some());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn databases_in_memory_and_on_the_network_are_warned_of() {
        assert_eq!(judge_kind(0x6969).unwrap().verdict, Verdict::Failure);
        assert_eq!(judge_kind(0x0102_1994).unwrap().verdict, Verdict::Warning);
        assert!(judge_kind(0xef53).is_none());
    }

    #[test]
    fn a_measurement_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        assert!(flushes(directory.path()).is_ok());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
