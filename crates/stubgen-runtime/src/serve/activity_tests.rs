//! Every deadline of a connection, in virtual time.

use tokio::time::advance;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn options() -> ServeOptions {
    ServeOptions {
        first_byte_timeout: SECOND * 10,
        header_timeout: SECOND * 30,
        idle_timeout: SECOND * 75,
        send_timeout: SECOND * 20,
        min_send_rate: 100,
        max_connection_age: SECOND * 3600,
        ..ServeOptions::default()
    }
}

/// Asks as often as it is told to, and gives the ending and the seconds until it.
async fn end(watch: &mut Watch, activity: &Activity, mut each: impl FnMut(&Activity)) -> (Ending, u64) {
    let begun = Instant::now();
    loop {
        match watch.ask(activity, &options()) {
            Verdict::End(ending) => return (ending, begun.elapsed().as_secs()),
            Verdict::GoOn(wait) => {
                assert!(!wait.is_zero() && wait <= SECOND * 3);
                advance(wait).await;
            }
        }
        each(activity);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_ends_after_the_time_for_the_first_byte() {
    let activity = Activity::new();
    assert_eq!(end(&mut Watch::new(), &activity, |_| ()).await, (Ending::FirstByte, 10));
}

#[tokio::test(start_paused = true)]
async fn a_dripped_header_ends_after_its_time_however_much_of_it_comes() {
    let activity = Activity::new();
    advance(SECOND * 5).await;
    assert_eq!(end(&mut Watch::new(), &activity, |activity| activity.has_read(1)).await.0, Ending::Header);
    assert_eq!(activity.epoch.elapsed().as_secs(), 37);
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_further_request_is_idle() {
    let activity = Activity::new();
    let mut exchange = activity.begin();
    exchange.answered();
    drop(exchange);
    assert_eq!(end(&mut Watch::new(), &activity, |_| ()).await, (Ending::Idle, 75));
}

#[tokio::test(start_paused = true)]
async fn a_further_header_has_its_own_time() {
    let activity = Activity::new();
    drop(activity.begin());
    advance(SECOND * 60).await;
    activity.has_read(1);
    assert_eq!(end(&mut Watch::new(), &activity, |_| ()).await, (Ending::Header, 30));
}

#[tokio::test(start_paused = true)]
async fn frames_without_a_request_do_not_keep_http2_alive() {
    let activity = Activity::new();
    activity.http2.store(true, Ordering::Relaxed);
    drop(activity.begin());
    assert_eq!(end(&mut Watch::new(), &activity, |activity| activity.has_read(9)).await, (Ending::Idle, 75));
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_take_its_time() {
    let activity = Activity::new();
    let _exchange = activity.begin();
    assert_eq!(end(&mut Watch::new(), &activity, |_| ()).await, (Ending::Age, 3600));
}

#[tokio::test(start_paused = true)]
async fn an_api_that_produces_slowly_is_no_client_that_reads_slowly() {
    let activity = Activity::new();
    activity.http2.store(true, Ordering::Relaxed);
    let mut exchange = activity.begin();
    exchange.answered();
    exchange.produced(false);
    assert_eq!(end(&mut Watch::new(), &activity, |_| ()).await.0, Ending::Age);
    let sending = activity.sending.load(Ordering::Relaxed);
    drop(exchange);
    assert_eq!((sending, activity.producing.load(Ordering::Relaxed)), (1, 0));
    assert!(activity.is_waiting());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_and_one_that_reads_a_byte_at_a_time_are_cut_off() {
    for bytes in [0, 1, 200] {
        let activity = Activity::new();
        let mut exchange = activity.begin();
        exchange.answered();
        activity.is_blocked();
        let (ending, after) = end(&mut Watch::new(), &activity, |activity| {
            activity.has_written(bytes);
            activity.is_blocked();
        })
        .await;
        assert!(ending == Ending::Send && after <= 23, "{bytes}: {ending:?} after {after} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_that_takes_enough_is_served() {
    let activity = Activity::new();
    let _exchange = activity.begin();
    let (ending, _) = end(&mut Watch::new(), &activity, |activity| {
        activity.has_written(260);
        activity.is_blocked();
    })
    .await;
    assert_eq!(ending, Ending::Age);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_gives_no_window_is_cut_off() {
    let activity = Activity::new();
    activity.http2.store(true, Ordering::Relaxed);
    let mut exchange = activity.begin();
    exchange.answered();
    assert_eq!(end(&mut Watch::new(), &activity, |_| ()).await.0, Ending::Send);
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_taken_back_count_while_their_handlers_run() {
    let activity = Activity::new();
    let running: Vec<_> = (0..257).map(|_| (activity.run(), drop(activity.begin()))).collect();
    assert_eq!(Watch::new().ask(&activity, &options()), Verdict::End(Ending::Overrun));
    drop(running);
    assert!(matches!(Watch::new().ask(&activity, &options()), Verdict::GoOn(_)));
}

#[tokio::test(start_paused = true)]
async fn only_who_waits_is_asked_to_make_room_and_only_once() {
    let activity = Activity::new();
    assert_eq!(activity.waiting_since(), None, "its first request may have come with it");
    tokio::time::advance(NEW).await;
    assert!(activity.waiting_since().is_some());
    let exchange = activity.begin();
    assert_eq!(activity.waiting_since(), None);
    drop(exchange);
    activity.evict();
    activity.evicted().await;
    assert_eq!(activity.waiting_since(), None);
    activity.stay();
    assert!(activity.waiting_since().is_some());
    let answered = Activity::new();
    drop(answered.begin());
    assert!(answered.waiting_since().is_some(), "it is new only until its first request");
}

#[tokio::test(start_paused = true)]
async fn what_comes_before_http_does_not_use_up_the_time_for_the_first_request() {
    let activity = Activity::new();
    advance(SECOND).await;
    assert!(activity.waiting_since().is_some(), "a long handshake protects nobody");
    activity.http_begins();
    assert_eq!(activity.waiting_since(), None);
    advance(NEW).await;
    assert!(activity.waiting_since().is_some());
}
