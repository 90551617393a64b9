//! The end of a server, asked for or not: who waits for an answer gets it, and what was acknowledged stays.

use crate::curl::{Reply, curl};
use crate::fixture::{CAROL, LISTED};
use crate::observed::Observed;
use crate::processes::{Home, Server};
use crate::waiting::{Waiting, answer, deletion, quick_enough};

fn list(server: &Server) -> Reply {
    curl(&["-u", CAROL, &format!("{}/providers/krakow/tokens/named", server.base())])
}

#[test]
fn a_request_in_flight_is_answered_before_the_end() {
    for signal in ["TERM", "INT"] {
        quick_enough(|| {
            let home = Home::with_zone();
            let observed = Observed::serve(&home, &[]);
            let waiting = Waiting::begin(&home, &observed);
            let Observed { server, .. } = observed;
            server.signal(signal);
            // Nobody is let in any more from here on, which is how the signal shows.
            while std::net::TcpStream::connect(server.address()).is_ok() && waiting.is_certain() {
                std::thread::yield_now();
            }
            if !waiting.is_certain() {
                return false;
            }
            waiting.go_on().expect(204);
            let ended = server.wait();
            assert!(ended.status.success(), "{signal}: {} {}", ended.status, ended.stderr);
            assert!(home.tokens_of("usr-alice").is_empty());
            true
        });
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
    answer(deletion(&server)).expect(204);
    server.signal("KILL");
    assert_eq!(server.wait().status.code(), None);

    let server = home.serve();
    assert!(home.tokens_of("usr-alice").is_empty());
    assert_eq!(list(&server).expect(200).json()["tokens"], serde_json::json!(LISTED));
    server.stop();
}
