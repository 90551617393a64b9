//! The end of a server, asked for or not: who waits for an answer gets it, and what was acknowledged stays.

use std::process::{Child, Command, Stdio};

use rusqlite::Connection;

use crate::curl::{Reply, curl};
use crate::fixture::{ALICE, CAROL, LISTED};
use crate::processes::{Home, Server};

/// A deletion that is sent now and answered some time later.
fn deletion(server: &Server) -> Child {
    let url = format!("{}/users/alice/tokens/named", server.base());
    let arguments = ["-sS", "-i", "--noproxy", "*", "--max-time", "60", "-u", ALICE, "-X", "DELETE", &url];
    Command::new("curl").args(arguments).stdout(Stdio::piped()).spawn().unwrap()
}

fn list(server: &Server) -> Reply {
    curl(&["-u", CAROL, &format!("{}/providers/krakow/tokens/named", server.base())])
}

#[test]
fn a_request_in_flight_is_answered_before_the_end() {
    for signal in ["TERM", "INT"] {
        let home = Home::with_zone();
        let server = home.serve();
        // The deletion waits for this transaction, so that it is in flight for as long as the test wants.
        let other = Connection::open(home.database()).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let deletion = deletion(&server);
        // Once the lists are answered, whose password takes as long to check, the deletion has reached the server.
        for _ in 0..3 {
            list(&server).expect(200);
        }
        server.signal(signal);
        // Nobody is let in any more from here on, which is how the signal shows.
        while std::net::TcpStream::connect(server.address()).is_ok() {
            std::thread::yield_now();
        }
        other.execute_batch("ROLLBACK").unwrap();
        let answer = deletion.wait_with_output().unwrap();
        Reply::parse(&String::from_utf8(answer.stdout).unwrap()).expect(204);
        let ended = server.wait();
        assert!(ended.status.success(), "{signal}: {} {}", ended.status, ended.stderr);
        assert!(home.tokens_of("usr-alice").is_empty());
    }
}

#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    use std::io::Read as _;
    let home = Home::with_zone();
    let server = home.serve();
    let mut idle = std::net::TcpStream::connect(server.address()).unwrap();
    // A second one that is answered shows that the first has been accepted.
    list(&server).expect(200);
    server.stop();
    assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn after_kill_9_everything_acknowledged_is_there_and_the_next_start_needs_no_help() {
    let home = Home::with_zone();
    let server = home.serve();
    let answer = deletion(&server).wait_with_output().unwrap();
    Reply::parse(&String::from_utf8(answer.stdout).unwrap()).expect(204);
    server.signal("KILL");
    assert_eq!(server.wait().status.code(), None);

    let server = home.serve();
    assert!(home.tokens_of("usr-alice").is_empty());
    assert_eq!(list(&server).expect(200).json()["tokens"], serde_json::json!(LISTED));
    server.stop();
}
