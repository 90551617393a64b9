//! What became of a document, as a row of a table: on the terminal, in JSON and in Markdown.

use std::collections::BTreeMap;
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

/// A column of the table.
struct Column {
    /// Its head on the terminal, and how wide it is there.
    head: &'static str,
    width: usize,
    /// Its head in Markdown; empty where it has none there.
    title: &'static str,
    /// Words stand on the left, numbers on the right.
    is_text: bool,
    value: fn(&Row) -> String,
}

const fn text(head: &'static str, width: usize, title: &'static str, value: fn(&Row) -> String) -> Column {
    Column { head, width, title, is_text: true, value }
}

const fn number(head: &'static str, width: usize, title: &'static str, value: fn(&Row) -> String) -> Column {
    Column { head, width, title, is_text: false, value }
}

const COLUMNS: [Column; 11] = [
    text("document", 40, "Document", |row| short(&row.document).to_owned()),
    number("oper.", 5, "Operations", |row| row.operations.to_string()),
    number("gen.", 5, "Generated", |row| {
        format!("{} %", percent(row.generated, row.operations, row.outcome))
    }),
    number("repair", 6, "Repairs", |row| row.repairs.to_string()),
    number("api", 7, "Lines: server", |row| row.part("api").lines.to_string()),
    number("client", 7, "Lines: client", |row| row.part("client").lines.to_string()),
    number("gen. s", 7, "Generation s", |row| format!("{:.2}", row.seconds)),
    number("api s", 6, "Check s: server", |row| format!("{:.1}", row.part("api").seconds)),
    number("cli. s", 6, "Check s: client", |row| format!("{:.1}", row.part("client").seconds)),
    number("warn.", 5, "", |row| row.warnings.to_string()),
    text("outcome", 10, "Outcome", |row| row.outcome.text().to_owned()),
];

impl Row {
    /// What a crate costs, by its role.
    fn part(&self, role: &str) -> Crate {
        self.crates.get(role).cloned().unwrap_or_default()
    }
}

pub(super) fn heading() -> String {
    aligned(|column| column.head.to_owned()) + " reasons"
}

pub(super) fn line(row: &Row) -> String {
    format!("{} {}", aligned(|column| (column.value)(row)), reasons(row))
}

fn aligned(value: impl Fn(&Column) -> String) -> String {
    let cells = COLUMNS.iter().map(|column| match column {
        Column { is_text: true, width, .. } => format!("{:<width$}", value(column)),
        Column { width, .. } => format!("{:>width$}", value(column)),
    });
    cells.collect::<Vec<_>>().join(" ")
}

fn short(document: &str) -> &str {
    document.rsplit(['/', '\\']).next().unwrap_or_default()
}

fn reasons(row: &Row) -> String {
    let reasons: Vec<_> = row.reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    reasons.join(", ")
}

/// The table for documentation, without what is the machine's and not the document's. Reasons stand beside the outcome.
pub(super) fn markdown(rows: &[Row]) -> String {
    let columns = || COLUMNS.iter().filter(|column| !column.title.is_empty());
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(columns().map(|column| column.title.to_owned()).collect());
    text += &line(columns().map(|column| if column.is_text { "---" } else { "--:" }.to_owned()).collect());
    for row in rows {
        let mut cells: Vec<_> = columns().map(|column| (column.value)(row)).collect();
        if let Some(outcome) = cells.last_mut().filter(|_| !row.reasons.is_empty()) {
            outcome.extend([" (", &reasons(row), ")"]);
        }
        text += &line(cells);
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
