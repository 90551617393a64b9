//! Many passwords and wrong ones: what it costs whom, and that nobody learns from it which users exist.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use onezone_handlers::{PasswordCounts, PasswordLimits, Settings, SoftLock};
use onezone_store::Unnamed;
use tokio::task::JoinSet;

use crate::failures::collected;
use crate::support::{NOW, Onezone, PASSWORD, access, audit, basic, hash, settings, zone};

const HOME: &str = "192.0.2.1:50000";
const ELSEWHERE: &str = "198.51.100.7:50000";

/// What a log-in comes to, with the seconds to wait.
async fn log_in(onezone: &Onezone, peer: &str, name: &str, password: &str) -> String {
    let authorization = basic(name, password);
    let headers = [("authorization", authorization.as_str())];
    let answer = onezone.send_from(peer, "GET", "/providers/nowhere/tokens/named", &headers).await;
    match answer.headers.get("retry-after") {
        Some(seconds) => format!("{} {}", answer.outcome(), seconds.to_str().unwrap()),
        None => answer.outcome(),
    }
}

/// A password that nobody has tried before.
fn new_guess() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("new guess {}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn set_clock(onezone: &Onezone, later: i64) {
    onezone.clock.0.store(NOW + later, Ordering::Relaxed);
}

fn counts(onezone: &Onezone) -> PasswordCounts {
    onezone.service.api().0.password_counts()
}

fn limited(limits: PasswordLimits) -> Settings {
    Settings { password_limits: limits, ..settings() }
}

async fn fail_ten_times(onezone: &Onezone, peer: &str, name: &str) {
    for number in 0..10 {
        assert_eq!(log_in(onezone, peer, name, &new_guess()).await, "401 badBasicCredentials", "{number}");
    }
}

#[tokio::test]
async fn after_ten_wrong_passwords_the_next_waits_longer_each_time_whether_or_not_the_user_exists() {
    for name in ["alice.name", "nobody at all"] {
        let onezone = Onezone::new().await;
        fail_ten_times(&onezone, HOME, name).await;
        let mut now = 0;
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            let refused = format!("503 serviceUnavailable {wait}");
            assert_eq!(log_in(&onezone, HOME, name, "wrong").await, refused, "{name}");
            assert_eq!(log_in(&onezone, HOME, name, PASSWORD).await, refused, "not even the right one");
            now += wait;
            set_clock(&onezone, now);
            assert_eq!(log_in(&onezone, HOME, name, &new_guess()).await, "401 badBasicCredentials", "{name}");
        }
    }
}

#[tokio::test]
async fn a_program_with_an_old_password_locks_nobody() {
    let onezone = Onezone::new().await;
    for _ in 0..100 {
        assert_eq!(log_in(&onezone, HOME, "alice.name", "old").await, "401 badBasicCredentials");
    }
    assert_eq!(log_in(&onezone, HOME, "alice.name", PASSWORD).await, "403 forbidden");
}

#[tokio::test]
async fn nobody_is_locked_out_for_good_or_elsewhere() {
    let onezone = Onezone::new().await;
    fail_ten_times(&onezone, HOME, "alice.name").await;
    assert_eq!(log_in(&onezone, HOME, "alice.name", PASSWORD).await, "503 serviceUnavailable 1");
    assert_eq!(log_in(&onezone, HOME, "bob.name", PASSWORD).await, "403 forbidden");
    set_clock(&onezone, 1);
    assert_eq!(log_in(&onezone, HOME, "alice.name", PASSWORD).await, "403 forbidden");
    // The right one has ended it.
    fail_ten_times(&onezone, HOME, "alice.name").await;
    assert!(log_in(&onezone, HOME, "alice.name", &new_guess()).await.starts_with("503"));
    assert_eq!(log_in(&onezone, ELSEWHERE, "alice.name", &new_guess()).await, "401 badBasicCredentials");
    assert_eq!(log_in(&onezone, ELSEWHERE, "alice.name", PASSWORD).await, "403 forbidden");
}

#[tokio::test]
async fn what_others_get_wrong_does_not_concern_an_owner_who_was_right_within_the_day() {
    let onezone = Onezone::new().await;
    assert_eq!(log_in(&onezone, HOME, "alice.name", PASSWORD).await, "403 forbidden");
    fail_ten_times(&onezone, HOME, "alice.name").await;
    for (later, remembered) in [(0, 1), (1, 2), (601, 2), (602, 3), (80_000, 3)] {
        set_clock(&onezone, later);
        while log_in(&onezone, HOME, "alice.name", &new_guess()).await == "401 badBasicCredentials" {}
        assert_eq!(log_in(&onezone, HOME, "alice.name", PASSWORD).await, "403 forbidden", "{later}");
        assert_eq!(counts(&onezone).remembered, remembered, "{later}");
        let guess = log_in(&onezone, HOME, "alice.name", &new_guess()).await;
        assert!(guess.starts_with("503"), "the owner's log-in let another guess through: {guess}");
    }
    // With another password she is somebody else.
    let mut zone = zone();
    zone.users[0].password_hash = Some(hash("battery staple"));
    onezone.store.apply(&zone, Unnamed::Keep, &audit("password")).await.unwrap();
    for password in [PASSWORD, "battery staple"] {
        assert!(log_in(&onezone, HOME, "alice.name", password).await.starts_with("503"), "{password}");
    }
}

#[tokio::test]
async fn a_network_has_so_many_wrong_passwords_a_minute_whatever_the_names() {
    let limits = PasswordLimits { network_failures: NonZero::new(4), ..PasswordLimits::default() };
    let onezone = Onezone::over(zone(), limited(limits)).await;
    for right in 0..10 {
        set_clock(&onezone, right * 1000);
        assert_eq!(log_in(&onezone, HOME, "bob.name", PASSWORD).await, "403 forbidden", "{right}");
    }
    for name in ["alice.name", "bob.name", "nobody", "nobody else"] {
        assert_eq!(log_in(&onezone, HOME, name, "wrong").await, "401 badBasicCredentials");
    }
    for name in ["alice.name", "nobody", "mallory.na"] {
        assert_eq!(log_in(&onezone, HOME, name, "wrong").await, "503 serviceUnavailable 15");
    }
    assert_eq!(log_in(&onezone, HOME, "bob.name", PASSWORD).await, "403 forbidden", "known");
    assert_eq!(log_in(&onezone, ELSEWHERE, "alice.name", PASSWORD).await, "403 forbidden", "elsewhere");
    for guess in 0..9 {
        let name = format!("guess {guess}");
        assert_eq!(log_in(&onezone, "127.0.0.1:1", &name, "wrong").await, "401 badBasicCredentials");
    }
    assert_eq!((counts(&onezone).limited, counts(&onezone).locked), (3, 0));
    set_clock(&onezone, 9015);
    assert_eq!(log_in(&onezone, HOME, "alice.name", PASSWORD).await, "403 forbidden");
}

#[tokio::test]
async fn lock_and_budget_can_be_turned_off() {
    let limits = PasswordLimits { lock: None, network_failures: None, ..PasswordLimits::default() };
    let onezone = Onezone::over(zone(), limited(limits)).await;
    for _ in 0..30 {
        assert_eq!(log_in(&onezone, HOME, "alice.name", &new_guess()).await, "401 badBasicCredentials");
    }
    assert_eq!(log_in(&onezone, HOME, "alice.name", PASSWORD).await, "403 forbidden");
}

/// The statuses of twenty log-ins at the same time.
async fn together(onezone: &Onezone, name: &str, password: &str) -> Vec<u16> {
    let authorization = basic(name, password);
    let requests = (0..20).map(|_| {
        let (service, value) = (Arc::clone(&onezone.service), authorization.clone());
        async move {
            let request = http::Request::get("/api/v3/onezone/providers/nowhere/tokens/named");
            let request = request.header("authorization", value);
            let body = http_body_util::Empty::<bytes::Bytes>::new();
            service.handle(request.body(body).unwrap(), HOME.parse().unwrap()).await.status().as_u16()
        }
    });
    let tasks: JoinSet<u16> = requests.collect();
    tasks.join_all().await
}

#[tokio::test]
async fn equal_passwords_at_the_same_time_are_verified_once_and_count_once() {
    let rules = SoftLock { free_failures: NonZero::new(2).unwrap(), ..SoftLock::default() };
    let limits = || limited(PasswordLimits { lock: Some(rules.clone()), ..PasswordLimits::default() });
    let onezone = Onezone::over(zone(), limits()).await;
    assert_eq!(together(&onezone, "alice.name", PASSWORD).await, [403; 20]);
    let PasswordCounts { presented, remembered, joined, right, .. } = counts(&onezone);
    assert_eq!((presented, right, remembered + joined), (20, 1, 19));
    for name in ["bob.name", "nobody"] {
        // On a busy machine the first may be over before the last has come, and the last is verified by itself.
        let mut tries = 0;
        loop {
            let onezone = Onezone::over(zone(), limits()).await;
            let statuses = together(&onezone, name, "wrong").await;
            if counts(&onezone).wrong == 1 {
                assert_eq!(statuses, [401; 20], "{name}");
                break;
            }
            tries += 1;
            assert!(tries < 10, "{name}: {:?}", counts(&onezone));
        }
    }
}

/// As many at a time as there are guesses: the lock counts them before they are verified.
#[tokio::test]
async fn many_guesses_at_the_same_time_gain_nothing() {
    let limits = PasswordLimits { max_wait: Duration::from_secs(60), ..PasswordLimits::default() };
    let onezone = Arc::new(Onezone::over(zone(), limited(limits)).await);
    let mut tasks = JoinSet::new();
    for guess in 0..50 {
        let onezone = Arc::clone(&onezone);
        tasks.spawn(async move { log_in(&onezone, HOME, "alice.name", &format!("guess {guess}")).await });
    }
    let outcomes = tasks.join_all().await;
    let wrong = outcomes.iter().filter(|outcome| *outcome == "401 badBasicCredentials").count();
    let waiting = outcomes.iter().filter(|outcome| *outcome == "503 serviceUnavailable 1").count();
    assert_eq!((wrong, waiting), (10, 40), "{outcomes:?}");
}

/// The pool is kept full from before the token's request until after its answer.
#[tokio::test]
async fn a_token_does_not_wait_for_a_flood_of_passwords() {
    let limits = PasswordLimits { max_waiting: 4, lock: None, ..PasswordLimits::default() };
    let onezone = Arc::new(Onezone::over(zone(), limited(limits)).await);
    let flooding = Arc::new(AtomicBool::new(true));
    let mut flood = JoinSet::new();
    for flooder in 0..16 {
        let (onezone, flooding) = (Arc::clone(&onezone), Arc::clone(&flooding));
        flood.spawn(async move {
            let (mut wrong, mut refused) = (0, 0);
            let mut guess = 0;
            while flooding.load(Ordering::Relaxed) {
                guess += 1;
                let name = format!("guess {guess} of {flooder}");
                match log_in(&onezone, "127.0.0.1:5000", &name, "wrong").await.as_str() {
                    "401 badBasicCredentials" => wrong += 1,
                    "503 serviceUnavailable 1" => refused += 1,
                    other => panic!("{other}"),
                }
            }
            (wrong, refused)
        });
    }
    while counts(&onezone).overloaded == 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        let before = counts(&onezone).wrong;
        assert_eq!(onezone.present(&access("alice")).await, "403 forbidden");
        let now = counts(&onezone);
        assert!(now.in_progress > 0, "the pool was idle");
        // Whoever waited for the queue would have seen as many end as it has places.
        assert!(now.wrong - before < 5, "{} passwords were verified meanwhile", now.wrong - before);
        assert!(now.in_progress <= 5, "{now:?}");
    }
    flooding.store(false, Ordering::Relaxed);
    let told = flood.join_all().await;
    let (wrong, refused): (u64, u64) =
        told.into_iter().fold((0, 0), |sum, next| (sum.0 + next.0, sum.1 + next.1));
    let end = counts(&onezone);
    assert_eq!(
        (end.wrong, end.overloaded, end.presented, end.in_progress),
        (wrong, refused, wrong + refused, 0)
    );
}

#[tokio::test]
async fn refusals_are_summed_up_in_the_log_without_names_and_passwords() {
    let onezone = Onezone::new().await;
    let (log, _guard) = collected();
    let refuse = async |later| {
        set_clock(&onezone, later);
        let guess = || format!("canary pass {}", new_guess());
        while !log_in(&onezone, HOME, "canary name", &guess()).await.starts_with("503") {}
        for _ in 0..5 {
            assert!(log_in(&onezone, HOME, "canary name", "canary pass").await.starts_with("503"));
        }
    };
    refuse(0).await;
    assert_eq!(log.text().matches("passwords are refused unverified").count(), 1, "{}", log.text());
    refuse(9).await;
    assert_eq!(log.text().matches("passwords are refused unverified").count(), 1);
    refuse(10).await;
    let text = log.text();
    assert_eq!(text.matches("passwords are refused unverified").count(), 2);
    assert!(text.contains("locked=13") && !text.contains("canary"), "{text}");
}

#[tokio::test]
async fn every_number_can_be_chosen() {
    let rules = SoftLock {
        free_failures: NonZero::new(1).unwrap(),
        longest: Duration::from_secs(3),
        forgotten_after: Duration::from_secs(20),
    };
    let limits = PasswordLimits {
        lock: Some(rules),
        remembered_for: Duration::from_secs(5),
        max_remembered: 1,
        ..PasswordLimits::default()
    };
    let onezone = Onezone::over(zone(), limited(limits)).await;
    let mut now = 0;
    for wait in [1, 2, 3, 3] {
        assert_eq!(log_in(&onezone, HOME, "nobody", &new_guess()).await, "401 badBasicCredentials");
        assert_eq!(log_in(&onezone, HOME, "nobody", "wrong").await, format!("503 serviceUnavailable {wait}"));
        now += wait;
        set_clock(&onezone, now);
    }
    now += 20;
    set_clock(&onezone, now);
    log_in(&onezone, HOME, "nobody", "wrong").await;
    assert_eq!(log_in(&onezone, HOME, "nobody", "wrong").await, "503 serviceUnavailable 1");
    for (name, later, verified) in [
        ("alice.name", 0, 1),
        ("alice.name", 4, 1),
        ("alice.name", 5, 2),
        ("bob.name", 5, 3),
        ("alice.name", 5, 4),
    ] {
        set_clock(&onezone, now + later);
        assert_eq!(log_in(&onezone, HOME, name, PASSWORD).await, "403 forbidden");
        assert_eq!(counts(&onezone).right, verified, "{name} {later}");
    }
}
