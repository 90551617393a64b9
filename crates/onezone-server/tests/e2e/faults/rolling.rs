//! Two servers on one socket and one database, restarted one after the other under load, as for an upgrade: nobody is turned
//! away, and what was answered is so.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use onezone_store::conformance::of_user;

use super::figure;
use super::place::{Kind, Place, mint};
use crate::edge::exchange;
use crate::processes::Server;

const USERS: usize = 3000;
const CLIENTS: usize = 6;

/// What each restart waits for.
const ANSWERS: usize = 60;

fn zone() -> String {
    let (mut users, mut tokens) = (String::new(), String::new());
    for user in 0..USERS {
        writeln!(users, "  - {{id: u{user}}}").unwrap();
        writeln!(
            tokens,
            "  - {{id: t{user}, name: t{user}, subject: usr-u{user}, secret: 'secret of t{user}'}}"
        )
        .unwrap();
    }
    format!("users:\n{users}tokens:\n{tokens}")
}

/// A server on a socket that others may listen on as well.
fn on_socket(place: &Place, socket: &TcpListener) -> Server {
    let inherited = OwnedFd::from(socket.try_clone().unwrap());
    let mut served = place.command(&["serve"]);
    served.env("ONEZONE_LOG", "warn,access=off");
    // The socket comes as standard input and is moved to where the protocol has it; the shell's own number is that of the
    // server, which takes its place.
    let script =
        "exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1; export LISTEN_PID LISTEN_FDS; exec \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(served.get_program()).args(served.get_args());
    command.env_clear().envs(served.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(served.get_current_dir().unwrap()).stdin(Stdio::from(inherited));
    Server::start(command)
}

/// Deletes the tokens of one user after the other, each on a connection of its own; those who were told that it is done.
fn delete(address: &str, next: &AtomicUsize, stop: &AtomicBool) -> BTreeSet<usize> {
    let mut acknowledged = BTreeSet::new();
    while !stop.load(Ordering::Relaxed) {
        let user = next.fetch_add(1, Ordering::Relaxed);
        assert!(user < USERS, "there are too few users for so much load");
        let token = mint(&of_user(&format!("u{user}")), &format!("t{user}"));
        let request = format!(
            "DELETE /api/v3/onezone/users/u{user}/tokens/named HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             X-Auth-Token: {token}\r\n\r\n"
        );
        let answer = exchange(address, &request).unwrap_or_else(|| panic!("u{user} is turned away"));
        assert_eq!(answer.status, 204, "u{user}: {answer:?}");
        acknowledged.insert(user);
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_restarted_one_after_the_other_turn_nobody_away_and_lose_nothing() {
    let place = Place::new(Kind::Postgres, &zone());
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let mut servers = [on_socket(&place, &socket), on_socket(&place, &socket)];
    let (next, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (address, next, stop) = (address.clone(), Arc::clone(&next), Arc::clone(&stop));
            tokio::task::spawn_blocking(move || delete(&address, &next, &stop))
        })
        .collect();
    for round in 0..4 {
        let before = next.load(Ordering::Relaxed);
        while next.load(Ordering::Relaxed) < before + ANSWERS
            && !clients.iter().any(tokio::task::JoinHandle::is_finished)
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::task::block_in_place(|| {
            let server = &mut servers[round % 2];
            server.signal("TERM");
            let ended = server.ended();
            assert!(ended.status.success(), "{}: {}", ended.status, ended.stderr);
            *server = on_socket(&place, &socket);
        });
    }
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = BTreeSet::new();
    for client in clients {
        acknowledged.extend(client.await.unwrap());
    }
    let store = place.store().await;
    for user in 0..USERS {
        let left = store.list_token_ids(&of_user(&format!("u{user}"))).await.unwrap().len();
        assert_eq!(left == 0, acknowledged.contains(&user), "u{user}");
    }
    for server in servers {
        server.stop();
    }
    figure(&format!(
        "Two servers on one socket, restarted 4 times in turn: {} deletions by {CLIENTS} clients, none turned away, none without \
         its answer, none lost",
        acknowledged.len()
    ));
}
