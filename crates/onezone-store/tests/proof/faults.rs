//! Full disks and disks that fail: what is acknowledged all the same is done, what is refused is done wholly or not at all.

use crate::deletions::{ACKNOWLEDGED, Said, child, examine, fill, if_child};
use crate::tracing::traced;
use crate::{figure, times};

const USERS: usize = 40;

#[tokio::test]
async fn a_full_or_failing_disk_refuses_and_loses_nothing() {
    if if_child().await {
        return;
    }
    for (fault, name) in [
        ("pwrite64:error=ENOSPC", "disk full"),
        ("pwrite64:error=EIO", "failing writes"),
        ("fsync:error=EIO", "failing fsync"),
        ("fsync:error=ENOSPC", "disk full at fsync"),
    ] {
        let (mut acknowledged, mut refused, mut all_the_same) = (0, 0, 0);
        let runs = times(3);
        for run in 0..runs {
            let (said, made) = run_into(fault, run == 0).await;
            acknowledged += said.acknowledged.len();
            refused += said.refused.len();
            all_the_same += said.refused.intersection(&made).count();
        }
        assert!(acknowledged > 0 && refused > 0, "{name}: {acknowledged} acknowledged, {refused} refused");
        figure(&format!(
            "SQLite, {name}: {runs} runs, {acknowledged} changes acknowledged, 0 of them lost; {refused} refused, \
             of which {all_the_same} were made all the same; 0 half done"
        ));
    }
}

/// Lets a process run into a fault that begins at a random moment, and ends soon or never; or into one that leaves it something to
/// acknowledge for certain.
async fn run_into(fault: &str, is_certain: bool) -> (Said, std::collections::BTreeSet<String>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("zone.db");
    fill(&path, USERS).await;
    // A change writes some ten pages, and there is an fsync for each.
    let (usual, most) = if fault.starts_with("fsync") { (5, 20) } else { (60, 120) };
    let first = if is_certain { usual } else { fastrand::u32(3..most) };
    let when = match fastrand::u32(0..3) {
        _ if is_certain => format!("{first}..{}", first + 1),
        0 => format!("{first}+"),
        1 => format!("{first}..{}", first + fastrand::u32(0..9)),
        _ => format!("{first}+{}", fastrand::u32(2..9)),
    };
    let inject = format!("inject={fault}:when={when}");
    let call = format!("trace={}", fault.split(':').next().unwrap());
    let test = "faults::a_full_or_failing_disk_refuses_and_loses_nothing";
    let command = child(test, &path, USERS, true);
    let null = std::path::Path::new("/dev/null");
    let output = traced(&command, &["-e", &call, "-e", &inject], null).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{inject}: {text}");
    let mut said = Said::default();
    said.hear_all(&text);
    assert_eq!(said.acknowledged.len(), text.matches(ACKNOWLEDGED).count(), "{inject}");
    let (wrong, made) = examine(&path, USERS, &said).await;
    assert!(wrong.is_empty(), "{inject}: {wrong:#?}");
    (said, made)
}
