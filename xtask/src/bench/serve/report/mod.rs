//! The figures: as a table of ratios for people, and as JSON with every round for programs.

mod memory;
mod ratios;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use serde_json::{Value, json};

use super::cell::Cell;
use super::instructions::Counted;
use super::load::{Measured, Protocol};
use super::machine::Machine;
use super::servers::Kind;
use crate::bench::spread::Spread;

/// From this share of its core on, the load is said to have been busy.
const BUSY: f64 = 0.9;

/// What each server found under each load, round by round.
type Cells = BTreeMap<Cell, BTreeMap<Kind, Vec<Measured>>>;

/// What a request of each workload takes each server.
type Counts = Vec<(String, BTreeMap<Kind, Counted>)>;

/// Everything that was found.
pub(super) struct Report {
    machine: Machine,
    baseline: Kind,
    cells: Cells,
    counts: Counts,
    left_out: Vec<(Kind, Vec<(String, String)>)>,
}

impl Report {
    /// An empty one.
    pub(super) const fn new(machine: Machine, baseline: Kind) -> Self {
        Self { machine, baseline, cells: BTreeMap::new(), counts: Vec::new(), left_out: Vec::new() }
    }

    /// What a server found in a round.
    pub(super) fn add(&mut self, cell: &Cell, server: Kind, measured: Measured) {
        self.cells.entry(cell.clone()).or_default().entry(server).or_default().push(measured);
    }

    /// How many instructions a request takes.
    pub(super) fn count(&mut self, workload: &str, server: Kind, counted: Counted) {
        match self.counts.iter_mut().find(|(name, _)| name == workload) {
            Some((_, servers)) => drop(servers.insert(server, counted)),
            None => self.counts.push((workload.to_owned(), BTreeMap::from([(server, counted)]))),
        }
    }

    /// What a server was not measured with, and why.
    pub(super) fn left_out(&mut self, server: Kind, workloads: Vec<(String, String)>) {
        if !workloads.is_empty() {
            self.left_out.push((server, workloads));
        }
    }

    /// All of it, with every round.
    pub(super) fn json(&self) -> anyhow::Result<String> {
        let cells: Vec<Value> = self
            .cells
            .iter()
            .flat_map(|(cell, servers)| {
                servers.iter().map(|(server, rounds)| {
                    let ratio = |figure| self.ratio(cell, rounds, figure);
                    json!({
                        "protocol": cell.protocol.to_string(),
                        "workload": cell.workload,
                        "connections": cell.connections,
                        "server": server.name(),
                        "rounds": rounds,
                        "ratios": {
                            "requestsPerSecond": ratio(requests_per_second),
                            "processorTimePerRequest": ratio(processor_microseconds),
                            "p50": ratio(|measured| measured.p50_us),
                            "p99": ratio(|measured| measured.p99_us),
                            "peakMemory": ratio(peak),
                        },
                    })
                })
            })
            .collect();
        let counts: Vec<Value> = self
            .counts
            .iter()
            .flat_map(|(workload, servers)| {
                let of = servers.get(&self.baseline).map(|counted| counted.instructions);
                servers.iter().map(move |(server, counted)| {
                    let ratio = of.map(|baseline| counted.instructions / baseline);
                    json!({"workload": workload, "server": server.name(), "perRequest": counted, "ratio": ratio})
                })
            })
            .collect();
        let left_out: Vec<Value> = self
            .left_out
            .iter()
            .flat_map(|(server, workloads)| {
                let entry = |(workload, reason): &(String, String)| {
                    json!({"server": server.name(), "workload": workload, "reason": reason})
                };
                workloads.iter().map(entry)
            })
            .collect();
        let remarks: Vec<Value> = self
            .remarks()
            .iter()
            .map(|(server, protocol, remark)| {
                json!({"server": server.name(), "protocol": protocol.to_string(), "remark": remark})
            })
            .collect();
        let report = json!({
            "machine": self.machine,
            "baseline": self.baseline.name(),
            "loads": cells,
            "remarks": remarks,
            "oursTo": ratios::to_others(&self.cells),
            "instructions": counts,
            "between": {
                "loads": ratios::between(&self.cells),
                "instructions": ratios::counted_between(&self.counts),
            },
            "leftOut": left_out,
        });
        Ok(serde_json::to_string_pretty(&report)? + "\n")
    }

    /// A figure of a server over that of the baseline in the same round.
    fn ratio(&self, cell: &Cell, rounds: &[Measured], figure: fn(&Measured) -> f64) -> Option<Spread> {
        let baseline = self.cells.get(cell)?.get(&self.baseline)?;
        ratios_of(rounds, baseline, figure)
    }

    fn write_loads(&self, text: &mut String) {
        let mut heading = (None, "");
        for (cell, servers) in &self.cells {
            if heading != (Some(cell.protocol), cell.workload.as_str()) {
                heading = (Some(cell.protocol), cell.workload.as_str());
                let _ = write!(
                    text,
                    "\n{}, {}\n{:>5}  {:<18}{:>10}  {:<18}{:>8}  {:<18}{:>9}  {:<18}{:>9}  {:<18}{:>9}  ratio\n",
                    cell.workload,
                    cell.protocol,
                    "conn.",
                    "server",
                    "requests/s",
                    "ratio",
                    "CPU us",
                    "ratio",
                    "p50 us",
                    "ratio",
                    "p99 us",
                    "ratio",
                    "peak MiB",
                );
            }
            for (server, rounds) in servers {
                self.write_row(text, cell, *server, rounds);
            }
        }
    }

    /// What has to be known of the servers that were measured.
    fn remarks(&self) -> BTreeSet<(Kind, Protocol, &'static str)> {
        let measured = |(cell, servers): (&Cell, &BTreeMap<Kind, Vec<Measured>>)| {
            let protocol = cell.protocol;
            let remark = |server: &Kind| Some((*server, protocol, server.remark(protocol)?));
            servers.keys().filter_map(remark).collect::<Vec<_>>()
        };
        self.cells.iter().flat_map(measured).collect()
    }

    fn write_row(&self, text: &mut String, cell: &Cell, server: Kind, rounds: &[Measured]) {
        let middle = |figure: fn(&Measured) -> f64| {
            Spread::of(rounds.iter().map(figure)).map(|spread| spread.median).unwrap_or_default()
        };
        let ratio =
            |figure| self.ratio(cell, rounds, figure).map(|spread| spread.to_string()).unwrap_or_default();
        let busy = if middle(|measured| measured.load_seconds / measured.seconds) > BUSY { "*" } else { "" };
        let _ = writeln!(
            text,
            "{:>5}  {:<18}{:>10.0}{busy:<1} {:<18}{:>8.1}  {:<18}{:>9.0}  {:<18}{:>9.0}  {:<18}{:>9.1}  {}",
            cell.connections,
            server.name(),
            middle(requests_per_second),
            ratio(requests_per_second),
            middle(processor_microseconds),
            ratio(processor_microseconds),
            middle(|measured| measured.p50_us),
            ratio(|measured| measured.p50_us),
            middle(|measured| measured.p99_us),
            ratio(|measured| measured.p99_us),
            middle(peak),
            ratio(peak),
        );
    }

    fn write_counts(&self, text: &mut String) {
        if self.counts.is_empty() {
            return;
        }
        let _ = write!(
            text,
            "\nuser instructions per request, HTTP/1.1 (callgrind)\n{:<16}{:<18}{:>12}{:>8}{:>22}{:>8}\n",
            "workload", "server", "all", "ratio", "without SHA-256", "ratio"
        );
        for (workload, servers) in &self.counts {
            let baseline = servers.get(&self.baseline);
            for (server, counted) in servers {
                let rest = counted.instructions - counted.sha256;
                let ratio = |own: f64, other: &dyn Fn(&Counted) -> f64| {
                    baseline.map_or(String::new(), |baseline| format!("{:.2}", own / other(baseline)))
                };
                let _ = writeln!(
                    text,
                    "{workload:<16}{:<18}{:>12.0}{:>8}{rest:>22.0}{:>8}",
                    server.name(),
                    counted.instructions,
                    ratio(counted.instructions, &|other| other.instructions),
                    ratio(rest, &|other| other.instructions - other.sha256),
                );
            }
        }
        for (workload, servers) in &self.counts {
            write_layers(text, workload, servers);
        }
    }
}

/// The layers of ours in their order, then those that only others have; a column for each server.
fn write_layers(text: &mut String, workload: &str, servers: &BTreeMap<Kind, Counted>) {
    let mut names: Vec<&str> = Vec::new();
    for layer in servers.values().flat_map(|counted| &counted.layers) {
        if !names.contains(&layer.name) {
            names.push(layer.name);
        }
    }
    let _ = write!(text, "\ninstructions by layer: {workload}\n{:<40}", "");
    for server in servers.keys() {
        let _ = write!(text, "{:>18}", server.name());
    }
    text.push('\n');
    for name in names {
        let _ = write!(text, "{name:<40}");
        for counted in servers.values() {
            let own = counted.layers.iter().find(|layer| layer.name == name);
            let _ = write!(text, "{:>18.0}", own.map(|layer| layer.instructions).unwrap_or_default());
        }
        text.push('\n');
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds = self.cells.values().flat_map(BTreeMap::values).map(Vec::len).max().unwrap_or_default();
        let mut text = format!("{}\n", self.machine.describe());
        if rounds > 0 {
            let _ = writeln!(
                text,
                "Ratios to {} in the same round: the median of {rounds}, and in parentheses the smallest and the largest. * where the load was busy",
                self.baseline
            );
        }
        self.write_loads(&mut text);
        for (server, protocol, remark) in self.remarks() {
            let _ = writeln!(text, "\n{server} by {protocol}: {remark}");
        }
        ratios::write(&mut text, "ours to every other server", &ratios::to_others(&self.cells));
        ratios::write(&mut text, "a workload to another of the same server", &ratios::between(&self.cells));
        self.write_counts(&mut text);
        ratios::write_counted(&mut text, &ratios::counted_between(&self.counts));
        memory::write(&mut text, &self.cells);
        for (server, workloads) in &self.left_out {
            for (workload, reason) in workloads {
                let _ = writeln!(
                    text,
                    "not compared: {workload} of {server}, which answers otherwise ({reason})"
                );
            }
        }
        formatter.write_str(&text)
    }
}

/// Of a figure over the same one elsewhere, each in the same round.
fn ratios_of(own: &[Measured], other: &[Measured], figure: fn(&Measured) -> f64) -> Option<Spread> {
    Spread::of(own.iter().zip(other).map(|(own, other)| figure(own) / figure(other)))
}

#[allow(clippy::cast_precision_loss, reason = "there are less than 2^52 requests")]
fn requests_per_second(measured: &Measured) -> f64 {
    measured.requests as f64 / measured.seconds
}

#[allow(clippy::cast_precision_loss, reason = "there are less than 2^52 requests")]
fn processor_microseconds(measured: &Measured) -> f64 {
    1e6 * measured.server_seconds / measured.requests as f64
}

fn peak(measured: &Measured) -> f64 {
    mebibytes(measured.peak_rss_kib)
}

#[allow(clippy::cast_precision_loss, reason = "no process has 2^52 KiB")]
fn mebibytes(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn cell(workload: &str, connections: usize) -> Cell {
        Cell { protocol: Protocol::Http1, workload: workload.to_owned(), connections }
    }

    pub(super) fn measured(requests: u64) -> Measured {
        Measured {
            requests,
            wrong: 0,
            seconds: 2.0,
            p50_us: 1.0,
            p99_us: 2.0,
            max_us: 3.0,
            server_seconds: 1.0,
            load_seconds: 1.9,
            pss_kib: 1024,
            peak_rss_kib: 2048,
            rest_pss_kib: 1024,
        }
    }

    pub(super) fn counted(instructions: f64, sha256: f64) -> Counted {
        Counted { instructions, sha256, layers: Vec::new() }
    }

    #[test]
    fn the_ratio_is_that_of_the_same_round() {
        let mut report = Report::new(Machine::here(), Kind::Axum);
        let cell = cell("list-10-token", 8);
        for (ours, axum) in [(100, 200), (300, 300), (400, 500)] {
            report.add(&cell, Kind::Ours, measured(ours));
            report.add(&cell, Kind::Axum, measured(axum));
        }
        let text = report.to_string();
        assert!(text.contains("list-10-token, HTTP/1.1\n"), "{text}");
        assert!(text.contains("0.80 (0.50-1.00)") && text.contains("1.00 (1.00-1.00)"), "{text}");
        // The load took 1.9 of 2 seconds.
        assert!(text.contains("    8  ours                     150* 0.80"), "{text}");
        let json: Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        assert_eq!(json["loads"][0]["ratios"]["requestsPerSecond"]["median"], 0.8);
        assert_eq!(json["loads"][0]["rounds"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn instructions_are_told_with_and_without_what_valgrind_does_in_software() {
        let mut report = Report::new(Machine::here(), Kind::Axum);
        report.count("401-garbage", Kind::Ours, counted(150.0, 50.0));
        report.count("401-garbage", Kind::Axum, counted(100.0, 50.0));
        let text = report.to_string();
        assert!(text.contains("1.50                   100    2.00"), "{text}");
    }

    #[test]
    fn what_has_to_be_known_of_a_figure_is_said_once_where_it_is_shown() {
        let mut report = Report::new(Machine::here(), Kind::Axum);
        report.add(&cell("list-10-token", 8), Kind::Dropshot, measured(100));
        assert!(!report.to_string().contains("TCP_NODELAY"));
        for connections in [8, 64] {
            let cell = Cell { protocol: Protocol::Http2, ..cell("list-10-token", connections) };
            report.add(&cell, Kind::Dropshot, measured(100));
        }
        assert_eq!(report.to_string().matches("\ndropshot by HTTP/2 with TLS: its sockets lack").count(), 1);
        let json: Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        assert_eq!(json["remarks"][0]["server"], "dropshot");
    }

    #[test]
    fn what_was_left_out_is_said() {
        let mut report = Report::new(Machine::here(), Kind::Axum);
        report.left_out(Kind::Dropshot, vec![("404-path".to_owned(), "another body".to_owned())]);
        report.left_out(Kind::Hyper, Vec::new());
        let text = report.to_string();
        assert!(
            text.ends_with("not compared: 404-path of dropshot, which answers otherwise (another body)\n"),
            "{text}"
        );
    }
}
