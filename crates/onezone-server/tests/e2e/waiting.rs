//! A deletion that waits for somebody else's lock, so that it is in flight for as long as a test wants, but for some seconds at most.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::curl::Reply;
use crate::fixture::ALICE;
use crate::observed::Observed;
use crate::processes::{Home, Server};

/// For how long it waits for certain; it is refused a second later.
const CERTAINLY: Duration = Duration::from_secs(4);

/// The requests that have no answer so far.
pub(crate) const IN_FLIGHT: &str = "onezone_http_requests_in_flight{}";

/// How often a test is tried that took longer, as it may on a machine that does much else.
const ATTEMPTS: usize = 20;

pub(crate) struct Waiting {
    other: Connection,
    deletion: Child,
    since: Instant,
}

/// A deletion of the tokens of Alice that is sent now.
pub(crate) fn deletion(server: &Server) -> Child {
    let url = format!("{}/users/alice/tokens/named", server.base());
    let arguments = ["-sS", "-i", "--noproxy", "*", "--max-time", "60", "-u", ALICE, "-X", "DELETE", &url];
    Command::new("curl").args(arguments).stdout(Stdio::piped()).spawn().unwrap()
}

/// What it was answered.
pub(crate) fn answer(deletion: Child) -> Reply {
    Reply::parse(&String::from_utf8(deletion.wait_with_output().unwrap().stdout).unwrap())
}

impl Waiting {
    /// It has reached the server, as long as it is certain that it waits.
    pub(crate) fn begin(home: &Home, observed: &Observed) -> Self {
        let other = Connection::open(home.database()).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let waiting = Self { other, since: Instant::now(), deletion: deletion(&observed.server) };
        while observed.sample(IN_FLIGHT) < 1.0 && waiting.is_certain() {}
        waiting
    }

    /// Whether it is still waiting.
    pub(crate) fn is_certain(&self) -> bool {
        self.since.elapsed() < CERTAINLY
    }

    /// Lets it go on, and gives its answer.
    pub(crate) fn go_on(self) -> Reply {
        self.other.execute_batch("ROLLBACK").unwrap();
        answer(self.deletion)
    }
}

/// Tries until an attempt says that it was quick enough to count.
pub(crate) fn quick_enough(mut attempt: impl FnMut() -> bool) {
    assert!((0..ATTEMPTS).any(|_| attempt()), "the machine is too busy for this test");
}
