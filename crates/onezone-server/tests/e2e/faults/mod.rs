//! What happens to servers beside requests: databases that go away, hang or are locked, disks that are full, clocks that jump,
//! restarts under load. Each is done to the real program, which has to answer within its deadlines, lose nothing that
//! it acknowledged and recover by itself.

mod clock;
mod disk;
pub(crate) mod exchange;
mod failover;
pub(crate) mod place;
mod postgres;
mod relay;
mod rolling;
pub(crate) mod shim;

use std::time::{Duration, Instant};

use self::exchange::{Answer, Asked, Broken, Caller};

/// Longer than any request takes, and all deadlines of the server, on a busy machine.
const DEADLINE: Duration = Duration::from_secs(40);

/// Asks on a connection of its own; the answer, and how long it took.
async fn ask(address: &str, asked: &Asked) -> (Result<Answer, Broken>, Duration) {
    let began = Instant::now();
    let answer = Caller::default().ask(address, asked).await;
    (answer, began.elapsed())
}

/// The same, of what has to be answered; its status.
async fn status(address: &str, asked: &Asked) -> u16 {
    let (answer, time) = ask(address, asked).await;
    let answer = answer.unwrap_or_else(|broken| panic!("{asked:?}: {broken:?}"));
    assert!(answer.has_request_id && time < DEADLINE, "{asked:?}: {answer:?} after {time:?}");
    assert!(answer.status != 503 || answer.has_retry_after, "{asked:?}: {answer:?}");
    answer.status
}

/// How long it takes until this has this status; until then, only failures that are told are taken.
async fn until(address: &str, asked: &Asked, expected: u16) -> Duration {
    let began = Instant::now();
    loop {
        let status = status(address, asked).await;
        if status == expected {
            return began.elapsed();
        }
        assert!([500, 503].contains(&status), "{asked:?}: {status}");
        assert!(began.elapsed() < Duration::from_secs(60), "{asked:?}: there is no recovery");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn figure(text: &str) {
    eprintln!("figure: {text}");
}
