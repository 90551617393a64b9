//! Full disks under the running program: changes are refused, questions answered, and when there is room again everything
//! goes on without anybody's help.

use std::collections::BTreeSet;
use std::time::Duration;

use onezone_store::conformance::of_user;

use super::exchange::Asked;
use super::place::{Kind, Place, mint};
use super::shim::{EIO, ENOSPC, Shim};
use super::{figure, status, until};

const USERS: usize = 60;

/// What is done to a disk.
type Harm = fn(&Shim);

fn zone() -> String {
    use std::fmt::Write as _;
    let (mut users, mut tokens) = (String::new(), String::new());
    for user in 0..USERS {
        writeln!(users, "  - {{id: u{user}}}").unwrap();
        for number in 0..20 {
            let id = format!("u{user}-{number}");
            writeln!(tokens, "  - {{id: {id}, name: {id}, subject: usr-u{user}, secret: 'secret of {id}'}}")
                .unwrap();
        }
    }
    format!(
        "users:\n{users}providers:\n  - id: krakow\ntokens:\n{tokens}  - {{id: pp, name: pp, subject: prv-krakow, secret: 'secret of pp'}}\n"
    )
}

fn deletion(user: usize) -> Asked {
    let token = mint(&of_user(&format!("u{user}")), &format!("u{user}-0"));
    Asked::new("DELETE", &format!("/users/u{user}/tokens/named")).with_token(&token)
}

/// Deletes the tokens of some users while the disk fails. Gives who was told that it is done, and how many were told that it
/// is not.
async fn fail(
    place: &Place,
    address: &str,
    how: Harm,
    users: std::ops::Range<usize>,
) -> (BTreeSet<usize>, usize) {
    let list = Asked::new("GET", "/providers/krakow/tokens/named")
        .with_token(&mint(&onezone_store::conformance::of_provider("krakow"), "pp"));
    assert_eq!(status(address, &list).await, 200);
    how(&place.shim);
    let (mut acknowledged, mut refused) = (BTreeSet::new(), 0);
    for user in users {
        match status(address, &deletion(user)).await {
            204 => drop(acknowledged.insert(user)),
            status => {
                assert!([500, 503].contains(&status), "u{user}: {status}");
                refused += 1;
            }
        }
        if place.kind == Kind::Sqlite {
            assert_eq!(status(address, &list).await, 200, "a question needs no room");
        }
    }
    place.shim.heal();
    (acknowledged, refused)
}

async fn check(place: &Place, acknowledged: &BTreeSet<usize>) {
    let store = place.store().await;
    for user in 0..USERS {
        let left = store.list_token_ids(&of_user(&format!("u{user}"))).await.unwrap().len();
        assert!(left == 0 || left == 20, "u{user} is half deleted");
        assert!(left == 0 || !acknowledged.contains(&user), "an acknowledged deletion of u{user} is undone");
    }
    store.close().await.unwrap();
    assert!(place.run(&["verify"]).ends_with("all is well\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_or_failing_disk_below_sqlite_stops_changes_and_nothing_else() {
    let place = Place::new(Kind::Sqlite, &zone());
    let server = place.serve(&[]);
    let mut acknowledged = BTreeSet::new();
    let mut all_refused = 0;
    let faults: [(&str, Harm); 3] = [
        ("disk full", |shim| shim.fail_writes(ENOSPC, "zone.db")),
        ("failing writes", |shim| shim.fail_writes(EIO, "zone.db")),
        ("failing flushes", |shim| shim.fail_flushes(EIO, "zone.db")),
    ];
    for (number, (name, how)) in faults.into_iter().enumerate() {
        let first = number * 20;
        let (done, refused) = fail(&place, server.address(), how, first..first + 15).await;
        assert!(refused > 0, "{name}: {refused}");
        acknowledged.extend(done);
        all_refused += refused;
        let up = until(server.address(), &deletion(first + 15), 204).await;
        assert!(up < Duration::from_secs(30), "{name}: {up:?}");
        acknowledged.insert(first + 15);
    }
    check(&place, &acknowledged).await;
    server.stop();
    figure(&format!(
        "SQLite, disk full and failing below the running program: {all_refused} deletions refused, {} acknowledged and none of \
         them lost, every list answered meanwhile",
        acknowledged.len()
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_below_postgresql_loses_nothing_and_is_over_with_it() {
    let place = Place::new(Kind::Postgres, &zone());
    let server = place.serve(&[]);
    let mut acknowledged = BTreeSet::new();
    let mut all_refused = 0;
    let faults: [(&str, Harm); 2] = [
        ("disk of the data full", |shim| shim.fail_writes(ENOSPC, "/base/")),
        ("disk of the log full", |shim| shim.fail_writes(ENOSPC, "/pg_wal/")),
    ];
    for (number, (name, how)) in faults.into_iter().enumerate() {
        let first = number * 30;
        let users = if number == 0 { first..first + 25 } else { first..first + 2 };
        let (done, refused) = fail(&place, server.address(), how, users).await;
        // The table has room for some rows without asking the disk for any.
        assert!(refused > 0 || number == 0, "{name}");
        acknowledged.extend(done);
        all_refused += refused;
        // A server that cannot write its log ends; whoever manages services starts it again.
        tokio::task::block_in_place(|| place.postgres().revive());
        let up = until(server.address(), &deletion(first + 26), 204).await;
        assert!(up < Duration::from_secs(45), "{name}: {up:?}");
        acknowledged.insert(first + 26);
    }
    tokio::task::block_in_place(|| place.wait_until_idle());
    check(&place, &acknowledged).await;
    server.stop();
    figure(&format!(
        "PostgreSQL, disk of its data and of its log full: {all_refused} deletions refused, {} acknowledged and none of them lost",
        acknowledged.len()
    ));
}
