//! The database and its keys.

use std::path::Path;

use onezone_store::Examination;

use super::{Finding, files, machine};
use crate::database::Database;
use crate::environment::Environment;

pub(super) async fn examine(database: &Database, environment: &Environment) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(file) = database.sqlite_file() {
        let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        if !directory.exists() {
            let words = format!("{} is not there; the first start makes it", directory.display());
            findings.push(Finding::ok("data directory", words));
            return findings;
        }
        findings.push(files::directory("data directory", directory));
        findings.extend(machine::disk(directory));
        if !file.exists() {
            let words = format!("{} is not there; the first start makes it", file.display());
            findings.push(Finding::ok("database", words));
            return findings;
        }
        findings.push(files::secret("database file", file));
    }
    if let Some(file) = database.keys().file() {
        findings.push(files::secret("key file", file));
    } else {
        findings.push(Finding::ok("keys", "are in the environment"));
    }
    match database.examine(environment).await {
        Ok(examination) => findings.extend(judge(&examination)),
        Err(error) => findings.push(Finding::error("database", &error)),
    }
    findings
}

fn judge(found: &Examination) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("engine", &found.engine), schema(found)];
    findings.push(match &found.keys {
        Ok(()) => Finding::ok("keys", "open the database"),
        Err(error) => Finding::failure(
            "keys",
            error.to_string(),
            "name the key file that belongs to this database with `key_file`, or put it back from its copy",
        ),
    });
    findings.extend(found.settings.iter().map(|(name, value)| setting(name, value)));
    match found.problems.as_deref() {
        Some([]) => findings.push(Finding::ok("integrity", "no problem was found")),
        Some(problems) => findings.push(Finding::failure(
            "integrity",
            problems.join("; "),
            "stop the server and restore a backup (`onezone-server restore`)",
        )),
        None if found.engine.starts_with("SQLite") => findings.push(Finding::ok(
            "integrity",
            "not looked at, as the file is large; `onezone-server verify` does",
        )),
        None => {}
    }
    findings
}

fn schema(found: &Examination) -> Finding {
    let (check, Examination { schema, supported, .. }) = ("schema", found);
    let is_sqlite = found.engine.starts_with("SQLite");
    match schema.cmp(supported) {
        std::cmp::Ordering::Equal => Finding::ok(check, format!("version {schema}")),
        std::cmp::Ordering::Less if is_sqlite => {
            Finding::ok(check, format!("version {schema}; the next start brings it to {supported}"))
        }
        std::cmp::Ordering::Less => Finding::failure(
            check,
            format!("version {schema}, and this program needs {supported}"),
            "onezone-server migrate",
        ),
        std::cmp::Ordering::Greater => Finding::warning(
            check,
            format!("version {schema}, and this program knows {supported}"),
            "a newer program has been here: update this one",
        ),
    }
}

/// A setting of the database, by what it means for changes that were acknowledged.
fn setting(name: &'static str, value: &str) -> Finding {
    let words = format!("{name} = {}", if value.is_empty() { "''" } else { value });
    let check = "setting";
    let lost = "turn it on: a crash can undo what was acknowledged";
    match (name, value) {
        ("fsync" | "full_page_writes", "off") => Finding::failure(check, words, lost),
        // This program asks for `on` in every session of its own.
        ("synchronous_commit", "off") => Finding::warning(
            check,
            words,
            "this program asks for `on` itself; what others write there can be undone by a crash",
        ),
        ("synchronous_standby_names", "") => Finding::warning(
            check,
            words,
            "a failover can undo acknowledged changes: name a synchronous standby, and set `durability = \"replicated\"`",
        ),
        ("server_encoding", encoding) if encoding != "UTF8" => {
            Finding::failure(check, words, "make the database with ENCODING 'UTF8'")
        }
        ("data_checksums", "off") => {
            Finding::warning(check, words, "pg_checksums --enable finds damage of files earlier")
        }
        ("journal_mode", mode) if mode != "wal" => {
            Finding::warning(check, words, "the next start of the server turns the write-ahead log on")
        }
        _ => Finding::ok(check, words),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn settings_that_lose_changes_fail() {
        for (name, value, verdict) in [
            ("fsync", "off", Verdict::Failure),
            ("fsync", "on", Verdict::Ok),
            ("full_page_writes", "off", Verdict::Failure),
            ("synchronous_commit", "off", Verdict::Warning),
            ("synchronous_standby_names", "", Verdict::Warning),
            ("synchronous_standby_names", "one", Verdict::Ok),
            ("server_encoding", "LATIN1", Verdict::Failure),
            ("journal_mode", "delete", Verdict::Warning),
            ("collation", "C", Verdict::Ok),
        ] {
            assert_eq!(setting(name, value).verdict, verdict, "{name} {value}");
        }
    }
}
