//! The loss of the primary under the load of requests, with a standby in its place: the program finds it by itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use onezone_store::conformance::{PostgresServer, of_user};

use super::exchange::{Asked, Broken, Caller};
use super::figure;
use super::place::mint;
use crate::processes::{Home, Server};

const USERS: usize = 240;

/// Each has two tokens, of which one deletes both.
fn zone() -> String {
    let (mut users, mut tokens) = (String::new(), String::new());
    for user in 0..USERS {
        writeln!(users, "  - {{id: u{user}}}").unwrap();
        for id in [format!("u{user}a"), format!("u{user}b")] {
            writeln!(tokens, "  - {{id: {id}, name: {id}, subject: usr-u{user}, secret: 'secret of {id}'}}")
                .unwrap();
        }
    }
    format!("users:\n{users}tokens:\n{tokens}")
}

fn command(home: &Home, url: &str, arguments: &[&str]) -> Command {
    let mut command = home.command(arguments);
    command
        .env("ONEZONE_DATABASE", url)
        .env("ONEZONE_KEY_FILE", "zone.key")
        .env("ONEZONE_LOG", "warn,access=off");
    command
}

fn run(home: &Home, url: &str, arguments: &[&str]) -> String {
    let output = command(home, url, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_204_survives_the_loss_of_the_primary() {
    let mut primary = PostgresServer::start();
    let database = primary.create_database();
    let standby = primary.start_synchronous_standby();
    let url = PostgresServer::options_of(&[&primary, &standby], &database).url;
    let home = Home::new();
    home.run(&["key", "create", "zone.key"]);
    run(&home, &url, &["migrate"]);
    home.write("zone.yaml", zone());
    run(&home, &url, &["zone", "apply", "zone.yaml"]);
    let server = Server::start(command(
        &home,
        &url,
        &["serve", "--listen", "127.0.0.1:0", "--durability", "replicated"],
    ));

    let (next, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let workers: Vec<_> = (0..6)
        .map(|_| {
            let (next, done, address) = (Arc::clone(&next), Arc::clone(&done), server.address().to_owned());
            tokio::spawn(async move {
                let (mut caller, mut acknowledged) = (Caller::default(), BTreeSet::new());
                loop {
                    let user = next.fetch_add(1, Ordering::Relaxed);
                    if user >= USERS {
                        return acknowledged;
                    }
                    let token = mint(&of_user(&format!("u{user}")), &format!("u{user}a"));
                    let asked =
                        Asked::new("DELETE", &format!("/users/u{user}/tokens/named")).with_token(&token);
                    match caller.ask(&address, &asked).await {
                        Ok(answer) if answer.status == 204 => drop(acknowledged.insert(user)),
                        Ok(answer) => assert!([500, 503].contains(&answer.status), "{answer:?}"),
                        Err(Broken::NotConnected | Broken::Cut(_) | Broken::Silent) => {
                            panic!("u{user} is not answered")
                        }
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    while done.load(Ordering::Relaxed) < USERS / 4 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    tokio::task::block_in_place(|| {
        primary.kill();
        standby.promote();
    });
    let mut acknowledged = BTreeSet::new();
    for worker in workers {
        acknowledged.extend(worker.await.unwrap());
    }
    assert!(acknowledged.len() > USERS * 3 / 4, "only {} of {USERS} went on", acknowledged.len());
    // The standby has none of its own yet, which is for a server to refuse that begins now.
    let export = run(&home, &url, &["zone", "export"]);
    for user in 0..USERS {
        let left =
            ["a", "b"].into_iter().filter(|letter| export.contains(&format!("u{user}{letter}\n"))).count();
        assert!(left != 1, "u{user} is half deleted");
        assert!(left == 0 || !acknowledged.contains(&user), "an acknowledged deletion of u{user} is undone");
    }
    server.stop();
    figure(&format!(
        "PostgreSQL, the program over kill -9 of the primary and promotion of the standby: {} of {USERS} deletions acknowledged, \
         0 of them alive, 0 half done",
        acknowledged.len()
    ));
}
