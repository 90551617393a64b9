//! Ratios within a round beside those to the baseline: of ours to every other server, and of one workload to another on the same server.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    Cell, Cells, Counts, Kind, Measured, Spread, processor_microseconds, ratios_of, requests_per_second,
};

/// Workloads that are compared: verified passwords with tokens of the same user, refusals with what succeeds.
const PAIRS: [(&str, &str); 2] = [("list-10-basic", "list-10-member"), ("401-garbage", "list-10-token")];

/// What one has to do with the other.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ratios {
    requests_per_second: Spread,
    processor_time_per_request: Spread,
    p99: Spread,
}

/// A server with a workload, over another server or another workload.
#[derive(Serialize)]
pub(super) struct Ratio {
    protocol: String,
    connections: usize,
    workload: String,
    server: &'static str,
    to: &'static str,
    ratios: Ratios,
}

/// Instructions of a workload over those of another one on the same server.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CountedRatio {
    workload: &'static str,
    server: &'static str,
    to: &'static str,
    ratio: f64,
    ratio_without_sha256: f64,
}

/// Of ours to every other server.
pub(super) fn to_others(cells: &Cells) -> Vec<Ratio> {
    let mut found = Vec::new();
    for (cell, servers) in cells {
        let Some(ours) = servers.get(&Kind::Ours) else { continue };
        for (other, rounds) in servers.iter().filter(|(kind, _)| **kind != Kind::Ours) {
            found.extend(Ratio::of(cell, Kind::Ours, ours, other.name(), rounds));
        }
    }
    found
}

/// Of the pairs of workloads, where a server had both by the same protocol on as many connections.
pub(super) fn between(cells: &Cells) -> Vec<Ratio> {
    let mut found = Vec::new();
    for (workload, to) in PAIRS {
        for (cell, servers) in cells.iter().filter(|(cell, _)| cell.workload == workload) {
            let Some(others) = cells.get(&Cell { workload: to.to_owned(), ..cell.clone() }) else { continue };
            for (server, rounds) in servers {
                if let Some(other) = others.get(server) {
                    found.extend(Ratio::of(cell, *server, rounds, to, other));
                }
            }
        }
    }
    found
}

/// The same of instructions.
pub(super) fn counted_between(counts: &Counts) -> Vec<CountedRatio> {
    let named = |name: &str| counts.iter().find(|(workload, _)| workload == name);
    let mut found = Vec::new();
    for (workload, to) in PAIRS {
        let (Some((_, servers)), Some((_, others))) = (named(workload), named(to)) else { continue };
        for (server, counted) in servers {
            let Some(other) = others.get(server) else { continue };
            found.push(CountedRatio {
                workload,
                server: server.name(),
                to,
                ratio: counted.instructions / other.instructions,
                ratio_without_sha256: (counted.instructions - counted.sha256)
                    / (other.instructions - other.sha256),
            });
        }
    }
    found
}

/// A line for each.
pub(super) fn write(text: &mut String, title: &str, ratios: &[Ratio]) {
    if ratios.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "\n{title}, in the same round\n{:<16}{:<17}{:>5}  {:<18}{:<19}{:<19}{:<19}p99\n",
        "workload", "protocol", "conn.", "server", "to", "requests/s", "CPU"
    );
    for Ratio { protocol, connections, workload, server, to, ratios } in ratios {
        let Ratios { requests_per_second, processor_time_per_request, p99 } = ratios;
        let _ = writeln!(
            text,
            "{workload:<16}{protocol:<17}{connections:>5}  {server:<18}{to:<19}{requests_per_second:<18} {processor_time_per_request:<18} {p99}"
        );
    }
}

/// A line for each.
pub(super) fn write_counted(text: &mut String, ratios: &[CountedRatio]) {
    if ratios.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "\ninstructions of a workload to those of another\n{:<16}{:<18}{:<18}{:>6}{:>17}\n",
        "workload", "server", "to", "all", "without SHA-256"
    );
    for CountedRatio { workload, server, to, ratio, ratio_without_sha256 } in ratios {
        let _ = writeln!(text, "{workload:<16}{server:<18}{to:<18}{ratio:>6.2}{ratio_without_sha256:>17.2}");
    }
}

impl Ratio {
    fn of(cell: &Cell, server: Kind, own: &[Measured], to: &'static str, other: &[Measured]) -> Option<Self> {
        let spread = |figure: fn(&Measured) -> f64| ratios_of(own, other, figure);
        Some(Self {
            protocol: cell.protocol.to_string(),
            connections: cell.connections,
            workload: cell.workload.clone(),
            server: server.name(),
            to,
            ratios: Ratios {
                requests_per_second: spread(requests_per_second)?,
                processor_time_per_request: spread(processor_microseconds)?,
                p99: spread(|measured| measured.p99_us)?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::tests::{cell, counted, measured};
    use super::super::{Machine, Report};
    use super::*;

    #[test]
    fn ours_is_compared_with_every_other_server_in_the_same_round() {
        let mut report = Report::new(Machine::here(), Kind::Axum);
        let cell = cell("list-10-token", 8);
        for (ours, hyper) in [(100, 200), (400, 400)] {
            report.add(&cell, Kind::Ours, measured(ours));
            report.add(&cell, Kind::Hyper, measured(hyper));
        }
        let text = report.to_string();
        let line = text.lines().find(|line| line.contains("ours              hyper")).unwrap();
        assert!(
            line.contains("8  ours              hyper              0.75 (0.50-1.00)   1.50 (1.00-2.00)"),
            "{line}"
        );
        let json: Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        assert_eq!(json["oursTo"].as_array().unwrap().len(), 1);
        assert_eq!(json["oursTo"][0]["to"], "hyper");
        assert_eq!(json["oursTo"][0]["ratios"]["requestsPerSecond"]["median"], 0.75);
    }

    #[test]
    fn workloads_are_compared_where_both_were_measured_alike() {
        let mut report = Report::new(Machine::here(), Kind::Axum);
        for (workload, connections, requests) in [
            ("401-garbage", 8, 300),
            ("401-garbage", 64, 500),
            ("list-10-token", 8, 100),
            ("list-10-basic", 8, 100),
        ] {
            report.add(&cell(workload, connections), Kind::Ours, measured(requests));
        }
        let json: Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        let between = json["between"]["loads"].as_array().unwrap();
        assert_eq!(between.len(), 1, "{between:?}");
        assert_eq!(between[0]["workload"], "401-garbage");
        assert_eq!(between[0]["to"], "list-10-token");
        assert_eq!(between[0]["ratios"]["requestsPerSecond"]["median"], 3.0);
        assert!(
            report.to_string().contains("8  ours              list-10-token      3.00 (3.00-3.00)"),
            "{report}"
        );
    }

    #[test]
    fn instructions_of_workloads_are_compared_with_and_without_sha256() {
        let mut report = Report::new(Machine::here(), Kind::Axum);
        report.count("401-garbage", Kind::Ours, counted(50.0, 0.0));
        report.count("list-10-token", Kind::Ours, counted(150.0, 50.0));
        report.count("list-10-token", Kind::Axum, counted(1.0, 0.0));
        let json: Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        assert_eq!(json["between"]["instructions"].as_array().unwrap().len(), 1);
        assert_eq!(json["between"]["instructions"][0]["ratioWithoutSha256"], 0.5);
        let text = report.to_string();
        assert!(
            text.contains("401-garbage     ours              list-10-token       0.33             0.50"),
            "{text}"
        );
    }
}
