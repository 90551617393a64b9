//! Memory in the report: what each server has at rest, after a load, and at most under it, so that one sees whether it stays flat.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Cells, Measured, Spread, mebibytes};

/// A line for each server.
pub(super) fn write(text: &mut String, cells: &Cells) {
    let servers: BTreeSet<_> = cells.values().flat_map(|servers| servers.keys().copied()).collect();
    if servers.is_empty() {
        return;
    }
    let _ = write!(
        text,
        "\nmemory, MiB; after a load: the smallest and the largest of all; peak: the largest, and where\n{:<18}{:<20}{:<20}peak under load (RSS)\n",
        "server", "at rest (PSS)", "after a load (PSS)"
    );
    for server in servers {
        let of_server = cells.iter().filter_map(|(cell, servers)| Some((cell, servers.get(&server)?)));
        let runs: Vec<_> =
            of_server.flat_map(|(cell, rounds)| rounds.iter().map(move |round| (cell, round))).collect();
        let spread =
            |figure: fn(&Measured) -> u64| Spread::of(runs.iter().map(|(_, round)| mebibytes(figure(round))));
        let rest = spread(|round| round.rest_pss_kib);
        let after = spread(|round| round.pss_kib);
        let peak = runs.iter().max_by_key(|(_, round)| round.peak_rss_kib);
        if let (Some(rest), Some(after), Some((cell, round))) = (rest, after, peak) {
            let rest = format!("{:.1} ({:.1}-{:.1})", rest.median, rest.smallest, rest.largest);
            let after = format!("{:.1}-{:.1}", after.smallest, after.largest);
            let peak = mebibytes(round.peak_rss_kib);
            let _ = writeln!(text, "{:<18}{rest:<20}{after:<20}{peak:.1} ({cell})", server.name());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cell, measured};
    use super::super::{Kind, Machine, Report};
    use super::*;

    #[test]
    fn the_peak_is_told_with_the_load_that_it_was_under() {
        let mut report = Report::new(Machine::here(), Kind::Axum);
        for (connections, pss_kib, peak_rss_kib) in [(8, 20 * 1024, 40 * 1024), (64, 30 * 1024, 50 * 1024)] {
            let cell = cell("list-10-token", connections);
            report.add(&cell, Kind::Ours, Measured { pss_kib, peak_rss_kib, ..measured(100) });
        }
        let text = report.to_string();
        let line = text.lines().find(|line| line.contains("20.0-30.0")).unwrap();
        assert!(line.starts_with("ours              1.0 (1.0-1.0)"), "{line}");
        assert!(line.ends_with("50.0 (list-10-token, HTTP/1.1, 64 connections)"), "{line}");
    }

    #[test]
    fn without_a_load_nothing_is_told() {
        let mut text = String::new();
        write(&mut text, &Cells::new());
        assert_eq!(text, "");
    }
}
