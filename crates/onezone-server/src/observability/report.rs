//! What a probe answers: a list of checks, each passed or failed for a reason in a word. Nothing of the error behind it is told to
//! whoever asks.

use onezone_store::{Checkup, StoreError};

/// The checks in their order, each with what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report(pub(super) Vec<(&'static str, Finding)>);

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Ok,
    /// It could not be done, and others are served.
    Busy,
    /// In a word that has no name, path or address in it.
    Failed(&'static str),
}

impl Report {
    pub(super) fn one(check: &'static str, finding: Finding) -> Self {
        Self(vec![(check, finding)])
    }

    pub(super) fn is_good(&self) -> bool {
        !self.0.iter().any(|(_, finding)| matches!(finding, Finding::Failed(_)))
    }

    /// A line for each check, in the form that Kubernetes gives its own.
    pub(super) fn lines(&self, name: &str) -> String {
        let mut text = String::new();
        for (check, finding) in &self.0 {
            match finding {
                Finding::Ok => text.extend(["[+]", check, " ok\n"]),
                Finding::Busy => text.extend(["[+]", check, " ok: busy\n"]),
                Finding::Failed(reason) => text.extend(["[-]", check, " failed: ", reason, "\n"]),
            }
        }
        text.extend([name, if self.is_good() { " check passed\n" } else { " check failed\n" }]);
        text
    }

    pub(super) fn failed(&self) -> String {
        let failed = self.0.iter().filter(|(_, finding)| matches!(finding, Finding::Failed(_)));
        failed.map(|(check, _)| *check).collect::<Vec<_>>().join(", ")
    }
}

/// What is let off.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// That there is no room to read.
    pub(super) reads: bool,
    /// That an `SQLite` file cannot be written; with another store there is no such thing.
    pub(super) locked: Option<bool>,
}

/// What a checkup found, a check each.
pub(super) fn of_store(checkup: &Checkup, patience: Patience) -> [(&'static str, Finding); 5] {
    let full = |works: bool, result: &Option<Result<(), StoreError>>| match result {
        Some(Ok(())) => Finding::Ok,
        Some(Err(StoreError::Overloaded)) if works => Finding::Busy,
        Some(Err(error)) => Finding::Failed(reason(error)),
        None => Finding::Failed("no answer in time"),
    };
    let write = match (&checkup.write, patience.locked) {
        (None | Some(Err(StoreError::Overloaded | StoreError::Busy { .. })), Some(true)) => Finding::Busy,
        (write, locked) => full(locked.is_none() && patience.reads, write),
    };
    let mut checks = [
        ("store_read", full(patience.reads, &checkup.read)),
        ("store_write", write),
        ("schema", Finding::Ok),
        ("keys", Finding::Ok),
        ("durability", Finding::Ok),
    ];
    let state = full(patience.reads, &checkup.state);
    let concerned = match &checkup.state {
        Some(Err(StoreError::OlderSchema { .. } | StoreError::NewerSchema { .. })) => "schema",
        Some(Err(
            StoreError::WrongKeys { .. }
            | StoreError::KeyMissing { .. }
            | StoreError::Unreadable { .. }
            | StoreError::NoKey,
        )) => "keys",
        Some(Err(StoreError::NotDurable { .. })) => "durability",
        Some(Err(StoreError::File { .. })) => "store_write",
        _ => "store_read",
    };
    for (check, found) in &mut checks {
        // What is wrong in itself says more.
        if *check == concerned && !matches!(found, Finding::Failed(_)) && state != Finding::Ok {
            *found = state;
        }
    }
    checks
}

/// Why, in a word for everybody.
fn reason(error: &StoreError) -> &'static str {
    match error {
        StoreError::Overloaded => "overloaded",
        StoreError::Busy { .. } => "locked",
        StoreError::Unreachable { .. } => "unreachable",
        StoreError::Closed => "closed",
        StoreError::OlderSchema { .. } => "older than this program",
        StoreError::NewerSchema { .. } => "newer than this program",
        StoreError::WrongKeys { .. } => "of another database",
        StoreError::KeyMissing { .. } | StoreError::NoKey => "missing",
        StoreError::NotDurable { .. } => "switched off",
        StoreError::File { .. } => "the file is gone",
        StoreError::OutcomeUnknown(_) => "not confirmed",
        _ => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Part = Option<Result<(), StoreError>>;

    const WELL: Part = Some(Ok(()));
    const FULL: Part = Some(Err(StoreError::Overloaded));
    const BUSY: Patience = Patience { reads: true, locked: Some(true) };

    fn checkup(read: Part, write: Part, state: Part) -> Report {
        report(read, write, state, BUSY)
    }

    fn report(read: Part, write: Part, state: Part, patience: Patience) -> Report {
        Report(of_store(&Checkup::new(read, write, state), patience).to_vec())
    }

    #[test]
    fn every_part_has_a_line_and_the_last_line_sums_up() {
        let lines = checkup(WELL, WELL, WELL).lines("readyz");
        assert_eq!(
            lines,
            "[+]store_read ok\n[+]store_write ok\n[+]schema ok\n[+]keys ok\n[+]durability ok\nreadyz check passed\n"
        );
    }

    #[test]
    fn what_is_wrong_is_named_and_says_nothing_of_the_database() {
        let name = || "s3cret.example.com/zone".to_owned();
        for (error, line) in [
            (
                StoreError::OlderSchema { database: name(), found: 1, required: 2 },
                "[-]schema failed: older than this program",
            ),
            (StoreError::WrongKeys { database: name() }, "[-]keys failed: of another database"),
            (StoreError::KeyMissing { number: 2 }, "[-]keys failed: missing"),
            (
                StoreError::NotDurable { database: name(), setting: "fsync", value: "off".to_owned() },
                "[-]durability failed: switched off",
            ),
            (
                StoreError::Unreachable { database: name(), source: name().into() },
                "[-]store_read failed: unreachable",
            ),
        ] {
            let report = checkup(WELL, WELL, Some(Err(error)));
            let lines = report.lines("readyz");
            assert!(!report.is_good() && lines.contains(line), "{lines}");
            assert!(!lines.contains("s3cret") && lines.ends_with("readyz check failed\n"), "{lines}");
        }
    }

    #[test]
    fn a_store_without_room_is_let_off_for_as_long_as_it_works() {
        assert!(checkup(FULL, FULL, FULL).is_good());
        assert!(!report(FULL, WELL, WELL, Patience { reads: false, ..BUSY }).is_good());
        // What does not answer at all is not busy.
        assert!(!checkup(None, WELL, WELL).is_good());
        assert!(!checkup(WELL, WELL, None).is_good());
    }

    #[test]
    fn only_a_file_may_be_locked_and_not_for_long() {
        assert!(checkup(WELL, None, WELL).is_good());
        assert!(checkup(WELL, Some(Err(StoreError::Busy { path: "zone.db".into() })), WELL).is_good());
        assert!(!report(WELL, None, WELL, Patience { locked: Some(false), ..BUSY }).is_good());
        assert!(!report(WELL, FULL, WELL, Patience { locked: Some(false), ..BUSY }).is_good());
        assert!(!report(WELL, None, WELL, Patience { locked: None, ..BUSY }).is_good());
        assert!(report(WELL, FULL, WELL, Patience { locked: None, ..BUSY }).is_good());
    }
}
