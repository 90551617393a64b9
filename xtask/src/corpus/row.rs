//! What became of a document, as a row of a table: on the terminal, in JSON and in Markdown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What became of a document.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) document: String,
    /// The name of its workspace.
    pub(super) name: String,
    pub(super) outcome: Outcome,
    /// Whether compilation and round trip were tried.
    pub(super) compiled: bool,
    pub(super) operations: u64,
    pub(super) generated: u64,
    /// How many operations (or, of a refused document, findings) each reason concerns.
    pub(super) reasons: BTreeMap<String, usize>,
    pub(super) repairs: usize,
    /// Of the generated Rust.
    pub(super) lines: u64,
    /// Of the generation alone.
    pub(super) seconds: f64,
    /// Each crate by its role.
    pub(super) crates: BTreeMap<String, Crate>,
    /// How many warnings the compiler has.
    pub(super) warnings: usize,
    /// Where the output of the step that failed is.
    pub(super) log: Option<PathBuf>,
}

/// What a generated crate costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Crate {
    pub(super) lines: usize,
    /// How long the compiler checked its library, without its dependencies.
    pub(super) seconds: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// Everything that was tried went well.
    #[default]
    Passed,
    /// There are findings, and nothing was generated.
    Refused,
    /// The generator failed.
    Panicked,
    /// A step did not come to its end in time.
    TimedOut,
    /// The generated workspace does not compile.
    DoesNotCompile,
    /// The generated server emits another document.
    RoundTripFails,
    /// This machine failed, for instance for want of room.
    NotTried,
}

impl Outcome {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Refused => "refused",
            Self::Panicked => "PANIC",
            Self::TimedOut => "TIME",
            Self::DoesNotCompile => "COMPILE",
            Self::RoundTripFails => "ROUND TRIP",
            Self::NotTried => "NOT TRIED",
        }
    }

    /// Whether it is to be looked at, and not a property of the document.
    pub(super) const fn is_defect(self) -> bool {
        !matches!(self, Self::Passed | Self::Refused)
    }
}

/// Takes over what the generator reported.
pub(super) fn fill(row: &mut Row, report: &Value) {
    row.operations = report["operations"].as_u64().unwrap_or_default();
    row.generated = report["generated"].as_u64().unwrap_or_default();
    row.lines = report["lines"].as_u64().unwrap_or_default();
    row.repairs = report["repairs"].as_array().map_or(0, Vec::len);
    for (reason, operations) in report["left_out"].as_object().into_iter().flatten() {
        row.reasons.insert(reason.clone(), operations.as_array().map_or(0, Vec::len));
    }
    if row.generated == 0 {
        for finding in report["diagnostics"].as_array().into_iter().flatten() {
            // Repairs and the like did not stand in the way.
            if finding["severity"] == "warning" {
                continue;
            }
            let code = finding["code"].as_str().unwrap_or_default().to_owned();
            *row.reasons.entry(code).or_default() += 1;
        }
    }
}

pub(super) fn heading() -> String {
    format!(
        "{:<40} {:>5} {:>5} {:>6} {:>7} {:>7} {:>7} {:>6} {:>6} {:>5}  {:<10} reasons",
        "document",
        "oper.",
        "gen.%",
        "repair",
        "api",
        "client",
        "gen. s",
        "api s",
        "cli. s",
        "warn.",
        "outcome"
    )
}

pub(super) fn line(row: &Row) -> String {
    let of = |role: &str| row.crates.get(role).cloned().unwrap_or_default();
    let (api, client) = (of("api"), of("client"));
    format!(
        "{:<40} {:>5} {:>5} {:>6} {:>7} {:>7} {:>7.2} {:>6.1} {:>6.1} {:>5}  {:<10} {}",
        short(&row.document),
        row.operations,
        percent(row.generated, row.operations, row.outcome),
        row.repairs,
        api.lines,
        client.lines,
        row.seconds,
        api.seconds,
        client.seconds,
        row.warnings,
        row.outcome.text(),
        reasons(row)
    )
}

fn short(document: &str) -> &str {
    document.rsplit(['/', '\\']).next().unwrap_or_default()
}

fn reasons(row: &Row) -> String {
    let reasons: Vec<_> = row.reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    reasons.join(", ")
}

/// The table for documentation. What is not the document's but the machine's stands behind it.
pub(super) fn markdown(rows: &[Row]) -> String {
    let mut text = "| Document | Operations | Generated | Repairs | Lines: server | Lines: client | Generation s | Check s: server | Check s: client | Outcome |\n\
        | --- | --: | --: | --: | --: | --: | --: | --: | --: | --- |\n"
        .to_owned();
    for row in rows {
        let of = |role: &str| row.crates.get(role).cloned().unwrap_or_default();
        let (api, client) = (of("api"), of("client"));
        let reasons = if row.reasons.is_empty() { String::new() } else { format!(" ({})", reasons(row)) };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} % | {} | {} | {} | {:.2} | {:.1} | {:.1} | {}{reasons} |",
            short(&row.document),
            row.operations,
            percent(row.generated, row.operations, row.outcome),
            row.repairs,
            api.lines,
            client.lines,
            row.seconds,
            api.seconds,
            client.seconds,
            row.outcome.text(),
        );
    }
    text + "\n" + &total(rows) + "\n"
}

/// Rounded down, so that 100 means all.
fn percent(generated: u64, operations: u64, outcome: Outcome) -> u64 {
    match (generated * 100).checked_div(operations) {
        Some(percent) => percent,
        None => u64::from(outcome == Outcome::Passed) * 100,
    }
}

pub(super) fn total(rows: &[Row]) -> String {
    let mut outcomes: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *outcomes.entry(row.outcome).or_default() += 1;
        for (reason, count) in &row.reasons {
            *reasons.entry(reason).or_default() += count;
        }
    }
    let whole =
        rows.iter().filter(|row| row.outcome == Outcome::Passed && row.generated == row.operations).count();
    let (generated, operations) =
        rows.iter().fold((0, 0), |(g, o), row| (g + row.generated, o + row.operations));
    let outcomes: Vec<_> =
        outcomes.iter().map(|(outcome, count)| format!("{count} {}", outcome.text())).collect();
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    let reasons: Vec<_> = reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    format!(
        "total: {} documents ({}), {whole} of them whole; {generated} of {operations} operations; reasons: {}",
        rows.len(),
        outcomes.join(", "),
        if reasons.is_empty() { "none".to_owned() } else { reasons.join(", ") }
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_becomes_a_row_with_its_reasons() {
        let mut row = Row::default();
        fill(
            &mut row,
            &json!({"operations": 3, "generated": 1, "lines": 7, "repairs": [{}], "left_out": {"x": [{}, {}]}, "diagnostics": [{"code": "y"}]}),
        );
        assert_eq!((row.operations, row.generated, row.lines, row.repairs), (3, 1, 7, 1));
        assert_eq!(row.reasons, BTreeMap::from([("x".to_owned(), 2)]));
        assert!(line(&row).contains(" 33 "), "{}", line(&row));
        let mut refused = Row { outcome: Outcome::Refused, ..Row::default() };
        fill(
            &mut refused,
            &json!({"operations": 0, "generated": 0, "diagnostics": [{"code": "y"}, {"code": "y"}]}),
        );
        assert_eq!(refused.reasons, BTreeMap::from([("y".to_owned(), 2)]));
        assert!(
            total(&[row, refused])
                .contains("2 documents (1 passed, 1 refused), 0 of them whole; 1 of 3 operations")
        );
    }

    #[test]
    fn a_table_for_documentation_has_a_line_a_document() {
        let crates = BTreeMap::from([("api".to_owned(), Crate { lines: 12, seconds: 1.26 })]);
        let row = Row { document: "a/b.yaml".into(), operations: 3, generated: 3, crates, ..Row::default() };
        let text = markdown(&[row]);
        assert!(text.contains("| b.yaml | 3 | 100 % | 0 | 12 | 0 | 0.00 | 1.3 | 0.0 | passed |\n"), "{text}");
        assert!(text.lines().next().is_some_and(|head| head.matches('|').count() == 11), "{text}");
    }
}
