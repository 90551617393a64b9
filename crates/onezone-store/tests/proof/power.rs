//! Power cuts: a process's writes and flushes are recorded, and played again up to any moment. What was flushed by then is
//! there; of the rest, chance keeps nothing, everything, some writes, or some sectors of some writes.

use std::collections::BTreeMap;
use std::path::Path;

use crate::deletions::{Said, child, examine, fill, if_child};
use crate::tracing::{Deed, record};
use crate::{figure, times};

const USERS: usize = 24;
const SECTOR: usize = 512;

/// A disk with the files of a database: what is on it for sure, and what may be.
#[derive(Clone, Default)]
struct Disk {
    files: BTreeMap<String, Vec<u8>>,
    /// What was not flushed, in order. Whether a flush of it failed: no later one makes it safe then.
    pending: Vec<(Deed, bool)>,
    /// A disk of which nothing is known to be safe, to see whether the loss would be noticed.
    forgets_flushes: bool,
}

impl Disk {
    fn take(&mut self, deed: &Deed) {
        match deed {
            Deed::Say { .. } => {}
            Deed::Flush { .. } if self.forgets_flushes => {}
            Deed::Flush { file, failed: true } => {
                self.pending
                    .iter_mut()
                    .filter(|(deed, _)| is_of(deed, file))
                    .for_each(|(_, lost)| *lost = true);
            }
            Deed::Flush { file, failed: false } => {
                let pending = std::mem::take(&mut self.pending);
                for (deed, is_lost) in pending {
                    if !is_of(&deed, file) {
                        self.pending.push((deed, is_lost));
                    } else if !is_lost || fastrand::bool() {
                        apply(&mut self.files, &deed);
                    }
                }
            }
            other => self.pending.push((other.clone(), false)),
        }
    }

    /// What is found when the power is back.
    fn cut(&self) -> BTreeMap<String, Vec<u8>> {
        let (mut files, mood) = (self.files.clone(), fastrand::u8(0..4));
        for (deed, _) in &self.pending {
            let is_kept = match mood {
                0 => false,
                1 => true,
                _ => fastrand::bool(),
            };
            match deed {
                Deed::Write { file, offset, bytes } if mood == 3 => {
                    for (number, sector) in bytes.chunks(SECTOR).enumerate().filter(|_| fastrand::bool()) {
                        let (file, offset) = (file.clone(), offset + number * SECTOR);
                        apply(&mut files, &Deed::Write { file, offset, bytes: sector.to_vec() });
                    }
                }
                deed if is_kept => apply(&mut files, deed),
                _ => {}
            }
        }
        self.named(&files)
    }

    /// The files under their names. Of several that had one name, the latest that was flushed has it now; the others are
    /// there or not as chance has it.
    fn named(&self, files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
        let mut named = BTreeMap::new();
        // Later ones come later: there are fewer than ten.
        for (file, content) in files {
            let name = file.split(LIFE).next().unwrap_or(file).to_owned();
            if self.files.contains_key(file) || !named.contains_key(&name) || fastrand::bool() {
                named.insert(name, content.clone());
            }
        }
        named
    }
}

/// Stands between a name and the number of the file that has it, once another one has had it before.
const LIFE: char = '#';

/// Tells files apart that have one name after the other.
fn tell_apart(deeds: &mut [Deed]) {
    let mut lives: BTreeMap<String, u32> = BTreeMap::new();
    for deed in deeds {
        let (Deed::Write { file, .. }
        | Deed::Truncate { file, .. }
        | Deed::Flush { file, .. }
        | Deed::Remove { file }) = deed
        else {
            continue;
        };
        let name = file.clone();
        if let Some(life) = lives.get(&name) {
            file.extend([LIFE.to_string(), life.to_string()]);
        }
        if matches!(deed, Deed::Remove { .. }) {
            *lives.entry(name).or_default() += 1;
        }
    }
}

/// Whether a flush of this file makes a deed safe. The removal of a file is one of the directory's.
fn is_of(deed: &Deed, flushed: &str) -> bool {
    match deed {
        Deed::Write { file, .. } | Deed::Truncate { file, .. } => file == flushed,
        Deed::Remove { .. } => flushed.is_empty(),
        Deed::Flush { .. } | Deed::Say { .. } => false,
    }
}

fn apply(files: &mut BTreeMap<String, Vec<u8>>, deed: &Deed) {
    match deed {
        Deed::Write { file, offset, bytes } => {
            let content = files.entry(file.clone()).or_default();
            content.resize(content.len().max(offset + bytes.len()), 0);
            content[*offset..offset + bytes.len()].copy_from_slice(bytes);
        }
        Deed::Truncate { file, length } => files.entry(file.clone()).or_default().resize(*length, 0),
        Deed::Remove { file } => drop(files.remove(file)),
        Deed::Flush { .. } | Deed::Say { .. } => {}
    }
}

/// The files of a database in a directory, without the index of the log, which does not outlive the system.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = ["zone.db", "zone.db-wal"].map(str::to_owned);
    names
        .into_iter()
        .filter_map(|name| Some((name.clone(), std::fs::read(directory.join(name)).ok()?)))
        .collect()
}

fn concerns_index(deed: &Deed) -> bool {
    matches!(
        deed,
        Deed::Write { file, .. } | Deed::Truncate { file, .. } | Deed::Flush { file, .. } | Deed::Remove { file }
            if file.starts_with("zone.db-shm")
    )
}

/// What was done by a process, and the disk it began with.
async fn recorded(test: &str, options: &[&str]) -> (Disk, Vec<Deed>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    fill(&path, USERS).await;
    let disk = Disk { files: files(directory.path()), ..Disk::default() };
    let mut deeds = record(&child(test, &path, USERS, true), options, directory.path());
    deeds.retain(|deed| !concerns_index(deed));
    tell_apart(&mut deeds);
    (disk, deeds)
}

/// Cuts the power at random moments, and gives how often something was wrong afterwards.
async fn cut_often(mut disk: Disk, deeds: &[Deed], cuts: usize) -> Vec<String> {
    let mut moments: Vec<usize> = (0..cuts).map(|_| fastrand::usize(..=deeds.len())).collect();
    moments.sort_unstable();
    let (mut said, mut done, mut all_wrong) = (Said::default(), 0, Vec::new());
    for moment in moments {
        for deed in &deeds[done..moment] {
            if let Deed::Say { text } = deed {
                said.hear_all(text);
            }
            disk.take(deed);
        }
        done = moment;
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in disk.cut() {
            use std::io::Write as _;
            std::fs::File::create(directory.path().join(name)).unwrap().write_all(&content).unwrap();
        }
        let (wrong, _) = examine(&directory.path().join("zone.db"), USERS, &said).await;
        if !wrong.is_empty() {
            all_wrong.push(format!("cut after {moment} of {} deeds: {wrong:?}", deeds.len()));
        }
    }
    all_wrong
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_power_cut_and_nothing_is_half_done() {
    if if_child().await {
        return;
    }
    let name = "power::what_was_acknowledged_survives_a_power_cut_and_nothing_is_half_done";
    let (disk, deeds) = recorded(name, &[]).await;
    let cuts = times(60);
    let wrong = cut_often(disk.clone(), &deeds, cuts).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The same without flushes loses something, so that a loss would have been noticed.
    let control = cut_often(Disk { forgets_flushes: true, ..disk }, &deeds, cuts).await;
    assert!(!control.is_empty(), "nothing depends on flushes: the recording is not complete");
    figure(&format!(
        "SQLite, power cuts: {cuts} cuts into {} writes and flushes, 0 acknowledged changes lost, 0 half done; \
         with the flushes taken out, {} of {cuts} cuts lose something",
        deeds.len(),
        control.len()
    ));
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_power_cut_on_a_disk_whose_flushes_fail() {
    if if_child().await {
        return;
    }
    let name = "power::what_was_acknowledged_survives_a_power_cut_on_a_disk_whose_flushes_fail";
    let (mut cuts, mut failures) = (0, 0);
    for _ in 0..times(2).min(20) {
        let every = format!("inject=fsync:error=EIO:when={}+{}", fastrand::u8(2..6), fastrand::u8(2..7));
        let (disk, deeds) = recorded(name, &["-e", &every]).await;
        failures += deeds.iter().filter(|deed| matches!(deed, Deed::Flush { failed: true, .. })).count();
        cuts += 30;
        let wrong = cut_often(disk, &deeds, 30).await;
        assert!(wrong.is_empty(), "{every}: {wrong:#?}");
    }
    assert!(failures > 0, "no flush failed");
    figure(&format!(
        "SQLite, power cuts after failed flushes: {failures} flushes failed, {cuts} cuts, 0 acknowledged changes lost, 0 half done"
    ));
}
