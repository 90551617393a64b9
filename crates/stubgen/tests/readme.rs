//! The tables of the README are what the code says. `STUBGEN_BLESS=1 cargo test -p stubgen --test readme` writes those that are lists.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Map, Value, json};
use stubgen::compat::ChangeKind;
use stubgen::{Feature, Options, Reduction, Repair, Source};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn readme() -> String {
    fs::read_to_string(path()).expect("the README")
}

/// The text between the marks of a section, with what is before and behind it.
fn section<'a>(text: &'a str, name: &str) -> (&'a str, &'a str, &'a str) {
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let from = text.find(&start).unwrap_or_else(|| panic!("there is no {start}")) + start.len();
    let to = text[from..].find(&end).unwrap_or_else(|| panic!("there is no {end}")) + from;
    (&text[..from], &text[from..to], &text[to..])
}

/// Keeps angle brackets and the like from becoming HTML.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = format!("| {} |\n|{}\n", heads.join(" | "), " --- |".repeat(heads.len()));
    for row in rows {
        let cells: Vec<_> = row.iter().map(|text| cell(text)).collect();
        writeln!(text, "| {} |", cells.join(" | ")).expect("written");
    }
    text
}

fn lists() -> [(&'static str, String); 4] {
    let row = |code: &str, meaning: &str| vec![format!("`{code}`"), meaning.to_owned()];
    [
        ("repairs", {
            let rows = Repair::ALL.iter().map(|repair| row(repair.code(), repair.meaning()));
            table(&["`repaired/..`", "Mistake"], rows)
        }),
        ("reductions", {
            let rows = Reduction::ALL.iter().map(|reduction| row(reduction.code(), reduction.meaning()));
            table(&["`reduced/..`", "Loss"], rows)
        }),
        ("features", {
            let rows = Feature::ALL.iter().map(|feature| {
                let instead = feature.instead();
                vec![
                    format!("`{}`", feature.code()),
                    feature.meaning().to_owned(),
                    feature.reason().to_owned(),
                    instead.to_owned(),
                ]
            });
            table(&["`unsupported/..`", "Feature", "Reason", "Instead"], rows)
        }),
        ("changes", {
            let rows = ChangeKind::ALL.iter().map(|kind| {
                let levels = kind.levels().map(|level| level.name().to_owned());
                row(kind.code(), kind.meaning()).into_iter().chain(levels).collect()
            });
            table(&["Change", "Meaning", "In requests", "In answers", "Rust client"], rows)
        }),
    ]
}

#[test]
fn every_repair_reduction_unsupported_feature_and_change_is_in_its_table() {
    let mut text = readme();
    if env::var_os("STUBGEN_BLESS").is_some() {
        for (name, list) in lists() {
            let (before, _, behind) = section(&text, name);
            text = format!("{before}{list}{behind}");
        }
        let mut file = fs::File::create(path()).expect("the README");
        std::io::Write::write_all(&mut file, text.as_bytes()).expect("written");
    }
    for (name, list) in lists() {
        assert_eq!(section(&text, name).1, list, "STUBGEN_BLESS=1 writes it");
    }
}

#[test]
fn every_format_has_the_type_of_its_row() {
    let text = readme();
    let rows: Vec<Vec<String>> = section(&text, "formats")
        .1
        .lines()
        .skip(2)
        .map(|line| {
            line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
        })
        .collect();
    assert!(rows.len() > 20, "{rows:?}");
    let properties: Map<String, Value> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let mut schema = json!({"type": row[0]});
            if !row[1].is_empty() {
                schema["format"] = json!(row[1]);
            }
            (format!("field{index}"), schema)
        })
        .collect();
    let names: Vec<_> = properties.keys().cloned().collect();
    let document = json!({
        "openapi": "3.0.3", "info": {"title": "T", "version": "1.0.0"}, "paths": {},
        "components": {"schemas": {"A": {"type": "object", "required": names, "properties": properties}}},
    });
    let text = document.to_string();
    let made =
        stubgen::generate(&Source { name: "a.json", text: &text }, &Options::default()).expect("generated");
    for (index, row) in rows.iter().enumerate() {
        let line = made.api["types.rs"]
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("pub field{index}:")));
        let line = line.unwrap_or_else(|| panic!("no field {index}"));
        let ty = line.split_once(": ").map(|(_, ty)| ty.trim_end_matches(',')).unwrap_or_default();
        assert_eq!(ty, row[2], "{row:?}");
    }
}
