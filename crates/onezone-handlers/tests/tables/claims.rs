//! That nothing is forgotten: every cell of the documentation, and of the reference where it is at hand, is claimed by a row.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::row::Row;
use crate::{
    section_1_paths, section_1_protocol, section_2_1_credentials, section_2_4_service_tokens,
    section_2_5_consumer_tokens, section_2_6_sessions, section_2_7_basic, section_3_5_identifiers,
    section_3_7_decoding, section_4_2_caveats, section_4_3_texts, section_4_4_api_caveats, section_5_2_order,
    section_5_3_services, section_6_3_groups, section_6_4_rights, section_7_operations, section_8_bodies,
};

/// Cells whose rows need a server of their own, with the test that has them.
const ELSEWHERE: [&str; 6] = ["2.7/2", "2.8", "3.8", "compat/8", "compat/10", "compat/18"];

/// Errors of the catalogue that take what this server does not have, or a failure: see the tests of handlers.
const UNREACHABLE: [&str; 6] = [
    "badIdpAccessToken",
    "basicAuthNotSupported",
    "serviceUnavailable",
    "tokenTooLarge",
    "unauthorized (no cause)",
    "unauthorized (with cause)",
];

/// The rows of all tables.
pub(crate) fn all_rows() -> Vec<Row> {
    [
        section_1_paths::rows(),
        section_1_protocol::rows(),
        section_2_1_credentials::rows(),
        section_2_4_service_tokens::rows(),
        section_2_5_consumer_tokens::rows(),
        section_2_6_sessions::rows(),
        section_2_7_basic::rows(),
        section_3_5_identifiers::rows(),
        section_3_7_decoding::rows(),
        section_4_2_caveats::rows(),
        section_4_3_texts::rows(),
        section_4_4_api_caveats::rows(),
        section_5_2_order::rows(),
        section_5_3_services::rows(),
        section_6_3_groups::rows(),
        section_6_4_rights::rows(),
        section_7_operations::rows(),
        section_8_bodies::rows(),
    ]
    .concat()
}

fn labels() -> BTreeSet<String> {
    let rows = all_rows();
    let claimed = rows.iter().flat_map(|row| &row.labels).map(ToString::to_string);
    claimed.chain(ELSEWHERE.map(str::to_owned)).collect()
}

/// The workspace's root folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn assert_claimed(cells: &[String]) {
    let labels = labels();
    let missing: Vec<&String> = cells.iter().filter(|cell| !labels.contains(*cell)).collect();
    assert!(missing.is_empty(), "no row claims {missing:#?}");
}

/// A document of which only the tables and lists count.
struct Document(String);

impl Document {
    /// What stands between this heading and the next of its depth.
    fn section(&self, heading: &str) -> &str {
        let start = self.0.find(&format!("\n{heading}")).unwrap_or_else(|| panic!("no section {heading}"));
        let depth = format!("\n{} ", heading.split(' ').next().unwrap());
        let text = &self.0[start + 1..];
        text.find(&depth).map_or(text, |end| &text[..end])
    }

    /// The bodies of the tables of a section, as plain text.
    fn tables(section: &str) -> Vec<Vec<String>> {
        let lines = section.lines().filter(|line| line.starts_with('|'));
        let cells = lines.map(|line| {
            let line = line.trim().trim_matches('|').replace("\\|", "\u{0}");
            line.split('|').map(|cell| plain(&cell.replace('\u{0}', "|"))).collect::<Vec<_>>()
        });
        let rows: Vec<Vec<String>> = cells.collect();
        let is_rule =
            |row: &[String]| row.iter().all(|cell| !cell.is_empty() && cell.bytes().all(|byte| byte == b'-'));
        let is_head = |index: usize| rows.get(index + 1).is_some_and(|next| is_rule(next));
        let body = rows.iter().enumerate().filter(|(index, row)| !is_rule(row) && !is_head(*index));
        body.map(|(_, row)| row.clone()).collect()
    }
}

/// Text without the marks of its emphasis.
fn plain(text: &str) -> String {
    text.replace("**", "").replace('`', "").trim().to_owned()
}

#[test]
fn every_row_of_the_documentation_is_claimed() {
    let path = root().join("crates/onezone-server/docs/compatibility.md");
    let document = Document(std::fs::read_to_string(path).unwrap());
    let cells: Vec<String> = Document::tables(&document.0)
        .into_iter()
        .filter_map(|row| row.last().filter(|cell| cell.contains('/') || cell.contains('.')).cloned())
        .flat_map(|cell| cell.split("; ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert!(cells.len() > 30, "{cells:?}");
    assert_claimed(&cells);
}

/// Says that there is nothing to compare with where the reference is not at hand, which no build of ours relies on.
#[test]
fn every_cell_of_the_reference_is_claimed() {
    let shared = root().join("../shared");
    let Ok(reference) = std::fs::read_to_string(shared.join("reference/onezone-behaviour.md")) else {
        return;
    };
    let reference = Document(reference);
    let table = |heading: &str| Document::tables(reference.section(heading));
    let mut cells = Vec::new();
    cells.extend(table("### 2.1").iter().map(|row| format!("2.1/{}", row[0])));
    for row in table("### 2.6") {
        for (column, cell) in ["no SID cookie", "SID matches", "SID differs"].iter().zip(&row[1..]) {
            if cell != "-" {
                cells.push(format!("2.6/{}/{column}", row[0]));
            }
        }
    }
    let steps = reference.section("### 2.7").lines();
    let steps =
        steps.filter_map(|line| line.split_once(". ")).filter_map(|(number, _)| number.parse::<u8>().ok());
    cells.extend(steps.map(|step| format!("2.7/{step}")));
    cells.extend(table("### 4.2").iter().map(|row| format!("4.2/{}", row[0])));
    cells.extend(table("### 4.3").iter().map(|row| format!("4.3/{}", row[0])));
    cells.extend(table("### 5.2").iter().map(|row| format!("5.2/{}", row[0])));
    cells.extend(table("### 5.3").iter().map(|row| format!("5.3/{}/{}", row[0], row[1])));
    let (deleting, listing) = reference.section("### 6.4").split_once("\nGET `/").unwrap();
    cells.extend(Document::tables(deleting).iter().map(|row| format!("6.4 DELETE/{}", row[0])));
    cells.extend(Document::tables(listing).iter().map(|row| format!("6.4 GET/{}", row[0])));
    for sentence in [
        "1.3", "1.5", "1.6", "1.7", "1.8", "1.9", "2.2", "2.4", "2.5", "2.9", "3.5", "3.6", "3.7", "3.8",
        "4.1", "4.4",
    ] {
        cells.push(sentence.to_owned());
    }
    cells.extend(["6.3", "7.1", "7.2", "7.3", "8.4"].map(str::to_owned));
    assert!(cells.len() > 90, "{cells:#?}");
    assert_claimed(&cells);
    assert_catalogue(&reference);
    assert_differences(&shared);
}

/// Every error of the catalogue that can be met is met in some row.
fn assert_catalogue(reference: &Document) {
    let rows = all_rows();
    for heading in ["### 8.2", "### 8.3"] {
        for row in Document::tables(reference.section(heading)) {
            let id = row[0].split(" (").next().unwrap();
            let is_met = rows.iter().any(|row| row.expected.contains(&format!("\"id\":\"{id}\"")));
            assert!(is_met || UNREACHABLE.contains(&id), "no row expects {id}");
        }
    }
}

/// Every difference that is deliberate has a row, and so has whatever is out of the operations' path.
fn assert_differences(shared: &Path) {
    let text = std::fs::read_to_string(shared.join("design/compatibility.md")).unwrap();
    let document = Document(text);
    let rows = Document::tables(document.section("## Deliberately different"));
    let mut cells: Vec<String> = rows.iter().map(|row| format!("compat/{}", row[0])).collect();
    assert_eq!(cells.len(), 13);
    let labels = labels();
    for line in document.section("## Out of the two").lines().filter_map(|line| line.strip_prefix("- ")) {
        let line = plain(line);
        let claimed = labels
            .iter()
            .filter_map(|label| label.strip_prefix("compat/"))
            .find(|label| line.starts_with(label));
        cells.push(claimed.map_or(format!("compat/{line}"), |label| format!("compat/{label}")));
    }
    assert_claimed(&cells);
}
