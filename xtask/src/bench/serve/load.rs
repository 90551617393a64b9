//! Puts load on a server: starts it on a zone of its own, has requests sent, and ends it.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::cell::Cell;
use super::machine::Machine;
use super::servers::{Kind, Server, Servers};
use crate::bench::failure::last_lines;
use crate::server::{Program, Running};

/// Seals the secrets of the zone, which protect nothing.
pub(super) const KEY: &str = "1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// The configuration of ours: a file without a setting, so that none of this machine is read.
pub(super) const CONFIGURATION: &str = "config.toml";

/// How many requests there are that can be sent once.
pub(super) const CONSUMABLE: usize = 4000;

/// How long the server has to settle before it counts as at rest.
const REST: Duration = Duration::from_millis(300);

/// How long there is load before anything counts.
const WARM_UP: f64 = 0.3;

/// How requests are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(super) enum Protocol {
    /// HTTP/1.1 without TLS
    Http1,
    /// HTTP/2 with TLS
    Http2,
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2 with TLS",
        })
    }
}

/// What the program that puts load on a server found, and what is known of the server itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Measured {
    pub(super) requests: u64,
    pub(super) wrong: u64,
    pub(super) seconds: f64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    pub(super) max_us: f64,
    pub(super) server_seconds: f64,
    pub(super) load_seconds: f64,
    /// What the server had in memory after the last request.
    pub(super) pss_kib: u64,
    /// The most that it had since it was at rest.
    pub(super) peak_rss_kib: u64,
    /// What the server had in memory before the first request.
    #[serde(default)]
    pub(super) rest_pss_kib: u64,
}

/// Puts load on servers.
pub(super) struct Loader<'a> {
    program: PathBuf,
    machine: &'a Machine,
    running: Running,
    folder: PathBuf,
}

/// A server that runs.
pub(super) struct Started {
    server: Kind,
    program: Program,
    address: SocketAddr,
}

impl<'a> Loader<'a> {
    /// Makes the zone in the folder.
    pub(super) fn prepare(
        servers: &Servers,
        running: Running,
        machine: &'a Machine,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let loader = Self { program: servers.load.clone(), machine, running, folder: folder.to_owned() };
        let (certificate, key) = loader.tls();
        crate::files::write(&folder.join(CONFIGURATION), "")?;
        loader.order(&json!({
            "do": "prepare",
            "database": loader.folder.join("zone.db"),
            "certificate": certificate,
            "key": key,
        }))?;
        Ok(loader)
    }

    /// Starts a server on a zone that nobody has changed.
    pub(super) fn start(
        &self,
        server: &Server,
        around: &[String],
        protocol: Protocol,
    ) -> anyhow::Result<Started> {
        let database = self.folder.join(format!("{}.db", server.kind));
        for leftover in ["", "-wal", "-shm", ".lock"] {
            // There is none the first time.
            let _ = fs::remove_file(format!("{}{leftover}", database.display()));
        }
        fs::copy(self.folder.join("zone.db"), &database).context("cannot copy the zone")?;
        let (certificate, key) = self.tls();
        let tls = (protocol == Protocol::Http2).then_some((certificate.as_path(), key.as_path()));
        let mut command = server.command(self.machine, around, &database, tls);
        command.stderr(self.messages(server.kind)?);
        let mut program = self.running.start(&mut command)?;
        let Ok(address) = program.address() else {
            bail!("{} does not start; {}", server.kind, self.last_messages(server.kind));
        };
        let address = address.split("://").nth(1).and_then(|rest| rest.split('/').next()?.parse().ok());
        Ok(Started { server: server.kind, program, address: address.context("a server says no address")? })
    }

    /// One server under one load.
    pub(super) fn run(&self, server: &Server, cell: &Cell, seconds: f64) -> anyhow::Result<Measured> {
        let mut started = self.start(server, &[], cell.protocol)?;
        sleep(REST);
        let process = started.program.id();
        let rest = super::machine::pss_kib(process)?;
        super::machine::reset_peak(process)?;
        let amount = if cell.consumes() {
            json!({"requests": {"each": CONSUMABLE / cell.connections, "at_most": seconds}})
        } else {
            json!({"seconds": {"warm_up": WARM_UP, "measured": seconds}})
        };
        let measured = self.load(&mut started, cell, &amount)?;
        started.program.stop()?;
        Ok(Measured { rest_pss_kib: rest, ..measured })
    }

    /// Sends requests to a server that runs.
    pub(super) fn load(
        &self,
        started: &mut Started,
        cell: &Cell,
        amount: &Value,
    ) -> anyhow::Result<Measured> {
        let loaded = self.send(started, cell, amount);
        loaded.map_err(|error| self.explained(&error, started, &cell.to_string()))
    }

    fn send(&self, started: &Started, cell: &Cell, amount: &Value) -> anyhow::Result<Measured> {
        let value = self.order(&json!({
            "do": "load",
            "target": self.target(started, cell.protocol),
            "workload": cell.workload,
            "connections": cell.connections,
            "amount": amount,
            "server": started.program.id(),
        }))?;
        let measured: Measured = serde_json::from_value(value).context("the load says something else")?;
        if measured.wrong > 0 {
            bail!(
                "{} of {} answers have another status: what was measured is something else",
                measured.wrong,
                measured.requests
            );
        }
        Ok(measured)
    }

    /// The answers of a server that runs to one request of each workload.
    pub(super) fn answers(
        &self,
        started: &mut Started,
        protocol: Protocol,
        workloads: &[String],
    ) -> anyhow::Result<Value> {
        let target = self.target(started, protocol);
        let answers = self.order(&json!({"do": "answers", "target": target, "workloads": workloads}));
        answers.map_err(|error| self.explained(&error, started, &format!("one request each, {protocol}")))
    }

    /// An error together with what the server says, whose log goes with the folder that it lies in.
    fn explained(&self, error: &anyhow::Error, started: &mut Started, what: &str) -> anyhow::Error {
        let server = started.server;
        let ended = match started.program.ended() {
            Ok(Some(status)) => format!("it ended with {status}; "),
            _ => String::new(),
        };
        anyhow!("{server}, {what}: {error:#}; {ended}{}", self.last_messages(server))
    }

    /// The last that a server said.
    fn last_messages(&self, server: Kind) -> String {
        if server.logs_requests() {
            return format!("its log goes nowhere: run it as `--server {}`, whose log is told", Kind::Ours);
        }
        end_of(&fs::read(self.messages_file(server)).unwrap_or_default())
    }

    /// Where all of it lies.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a server writes its messages.
    fn messages_file(&self, server: Kind) -> PathBuf {
        self.folder.join(format!("{server}.log"))
    }

    fn messages(&self, server: Kind) -> anyhow::Result<Stdio> {
        // The line for each request costs what it costs; where it ends up is not what is measured.
        let file =
            if server.logs_requests() { PathBuf::from("/dev/null") } else { self.messages_file(server) };
        let file = fs::OpenOptions::new().create(true).write(true).truncate(true).open(&file);
        Ok(file.context("cannot write the messages of a server")?.into())
    }

    fn target(&self, started: &Started, protocol: Protocol) -> Value {
        let is_http2 = protocol == Protocol::Http2;
        let certificate = is_http2.then(|| self.tls().0);
        json!({"address": started.address, "certificate": certificate, "http2": is_http2})
    }

    fn tls(&self) -> (PathBuf, PathBuf) {
        (self.folder.join("tls.crt"), self.folder.join("tls.key"))
    }

    /// Has the program do something, and reads what it says.
    fn order(&self, order: &Value) -> anyhow::Result<Value> {
        let mut command: Command = self.machine.load(&self.program);
        command.arg(order.to_string()).env("ONEZONE_KEY", KEY);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut program = self.running.start(&mut command)?;
        let mut output = program.output().context("the load has no output")?;
        let mut text = String::new();
        std::io::Read::read_to_string(&mut output, &mut text).context("cannot read what the load says")?;
        let status = program.wait()?;
        if !status.success() {
            bail!("no load came about, and it says why above ({status})");
        }
        serde_json::from_str(&text).context("the load says something else")
    }
}

impl Started {
    /// Ends it.
    pub(super) fn stop(self) -> anyhow::Result<()> {
        self.program.stop().map(|_| ())
    }
}

/// The end of a log, in words that end an error.
fn end_of(log: &[u8]) -> String {
    let lines = last_lines(&String::from_utf8_lossy(log));
    if lines.is_empty() {
        return "its log is empty".to_owned();
    }
    format!("its log ends with\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_told() {
        assert_eq!(end_of(b""), "its log is empty");
        assert_eq!(end_of(b"one\ntwo\n"), "its log ends with\none\ntwo");
        let long: Vec<String> = (1..=12).map(|number| format!("line {number}")).collect();
        assert!(end_of(long.join("\n").as_bytes()).ends_with("\nline 12"));
    }
}
