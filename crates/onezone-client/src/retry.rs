//! When a request is sent again, and how long to wait before: pure decisions, without a clock and without sending.

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Method, StatusCode};

/// How failed requests are repeated: exponential backoff with full jitter, never sooner than `Retry-After` asks for.
///
/// Repeated are requests with an idempotent method (GET, HEAD, PUT, DELETE, OPTIONS) that were answered 429, 502, 503 or
/// 504, or not at all.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    max_attempts: u32,
    base_delay: Duration,
    max_delay: Duration,
    deadline: Duration,
    random: fn() -> f64,
}

impl Default for RetryPolicy {
    /// At most 4 attempts within 60 seconds, with delays of up to 0.2, 0.4 and 0.8 seconds.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            base_delay: Duration::from_millis(200),
            max_delay: Duration::from_secs(10),
            deadline: Duration::from_secs(60),
            random: fastrand::f64,
        }
    }
}

impl RetryPolicy {
    /// One attempt, whatever happens.
    pub fn none() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// How often a request is sent at most, the first time included. 0 counts as 1.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Upper bound of the first delay; it doubles with every attempt.
    #[must_use]
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Upper bound of every delay that the server did not ask for.
    #[must_use]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// How long a call may take in all, attempts and delays together. What would end later is not begun.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Where the jitter comes from: a function that gives numbers from 0 up to, but not including, 1.
    #[must_use]
    pub fn random(mut self, random: fn() -> f64) -> Self {
        self.random = random;
        self
    }

    /// What is left of the deadline.
    pub(crate) fn remaining(&self, elapsed: Duration) -> Duration {
        self.deadline.saturating_sub(elapsed)
    }

    /// Whether another attempt may follow the given one, for requests of this method.
    pub(crate) fn allows(&self, method: &Method, attempt: u32) -> bool {
        attempt < self.max_attempts
            && matches!(*method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE | Method::OPTIONS)
    }

    /// How long to wait after the given attempt (the first is 1), or `None` when the deadline comes before.
    pub(crate) fn delay(&self, attempt: u32, asked: Option<Duration>, elapsed: Duration) -> Option<Duration> {
        let doublings = attempt.saturating_sub(1).min(31);
        let ceiling = self.base_delay.saturating_mul(1 << doublings).min(self.max_delay);
        let jittered = ceiling.mul_f64((self.random)().clamp(0.0, 1.0));
        let delay = asked.map_or(jittered, |asked| asked.max(jittered));
        (delay < self.remaining(elapsed)).then_some(delay)
    }
}

/// Whether an answer says that the same request may succeed a little later.
pub(crate) fn is_transient(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// The wait that `Retry-After` asks for. A date counts from the answer's own `Date`, so that the clocks of both sides need
/// not agree; without a `Date` it is ignored.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let now = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    const NOT_YET: Duration = Duration::ZERO;

    fn headers(pairs: &[(reqwest::header::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn ceiling_doubles_until_the_maximum() {
        let policy = RetryPolicy::default().max_delay(Duration::from_millis(700)).random(|| 1.0);
        let delays: Vec<_> =
            (1..=5).map(|attempt| policy.delay(attempt, None, NOT_YET).unwrap().as_millis()).collect();
        assert_eq!(delays, [200, 400, 700, 700, 700]);
        assert_eq!(policy.delay(u32::MAX, None, NOT_YET), Some(Duration::from_millis(700)));
    }

    #[test]
    fn jitter_reaches_from_nothing_to_the_ceiling() {
        assert_eq!(RetryPolicy::default().random(|| 0.0).delay(3, None, NOT_YET), Some(Duration::ZERO));
        assert_eq!(
            RetryPolicy::default().random(|| 0.5).delay(1, None, NOT_YET),
            Some(Duration::from_millis(100))
        );
    }

    #[test]
    fn server_may_ask_for_more_but_not_for_less() {
        let policy = RetryPolicy::default().random(|| 1.0);
        assert_eq!(policy.delay(1, Some(Duration::from_secs(30)), NOT_YET), Some(Duration::from_secs(30)));
        assert_eq!(policy.delay(1, Some(Duration::ZERO), NOT_YET), Some(Duration::from_millis(200)));
    }

    #[test]
    fn nothing_is_begun_that_the_deadline_would_cut_off() {
        let policy = RetryPolicy::default().deadline(Duration::from_secs(5)).random(|| 1.0);
        assert_eq!(policy.delay(1, Some(Duration::from_secs(5)), NOT_YET), None);
        assert_eq!(policy.delay(1, None, Duration::from_millis(4_900)), None);
        assert!(policy.delay(1, None, Duration::from_secs(4)).is_some());
    }

    #[test]
    fn only_idempotent_methods_are_repeated() {
        let policy = RetryPolicy::default();
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
            assert!(policy.allows(&method, 1), "{method}");
            assert!(!policy.allows(&method, 4), "{method}");
            assert!(!RetryPolicy::none().allows(&method, 1), "{method}");
        }
        for method in [Method::POST, Method::PATCH] {
            assert!(!policy.allows(&method, 1), "{method}");
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, " 7 ")])), Some(Duration::from_secs(7)));
        let date = (DATE, "Sun, 06 Nov 1994 08:49:37 GMT");
        let later = (RETRY_AFTER, "Sun, 06 Nov 1994 08:50:07 GMT");
        assert_eq!(retry_after(&headers(&[date.clone(), later.clone()])), Some(Duration::from_secs(30)));
        let earlier = (RETRY_AFTER, "Sun, 06 Nov 1994 08:00:00 GMT");
        assert_eq!(retry_after(&headers(&[date, earlier])), Some(Duration::ZERO));
        assert_eq!(retry_after(&headers(&[later])), None);
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, "soon")])), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
