//! What an operator chooses about the handlers, and what they take from the world around them.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use onezone_tokens::Limits;
use onezone_tokens::verify::{GeoLookup, NoGeo};
use zeroize::Zeroizing;

/// The choices about [`Handlers`](crate::Handlers).
#[derive(Clone)]
pub struct Settings {
    /// How large a token may be.
    pub token_limits: Limits,
    /// Whether users may authenticate with a password at all.
    pub basic_auth: bool,
    /// How many passwords are verified at a time; each takes a processor for milliseconds.
    pub password_checks: NonZero<usize>,
    /// What is done about many passwords and wrong ones.
    pub password_limits: PasswordLimits,
    /// Where addresses are on the map, for tokens that are confined to places.
    pub geo: Arc<dyn GeoLookup>,
}

/// What is done about many passwords and wrong ones. A client network is an IPv4 address or the /64 of an IPv6 address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordLimits {
    /// How many passwords wait to be verified, beside those that are; further ones are refused with 503 at once.
    pub max_waiting: usize,
    /// How long a password waits to be verified before it is refused with 503.
    pub max_wait: Duration,
    /// For how long a password that was right counts as such without being verified again.
    pub remembered_for: Duration,
    /// How many passwords that were right are remembered.
    pub max_remembered: usize,
    /// What wrong passwords for one name from one client network cost; nothing when none.
    pub lock: Option<SoftLock>,
    /// How many wrong passwords a minute one client network may send, whatever the names; any number when none. What comes
    /// from a loopback address, where a proxy may stand for all the world, is not limited by it.
    pub network_failures: Option<NonZero<u32>>,
}

/// What wrong passwords for one name from one client network cost: waiting, one second after the last free one, then twice as
/// long after each. The same wrong password again does not count, and who sent a right one within the last day does
/// not wait with that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoftLock {
    /// How many different ones in a row are taken before the first wait.
    pub free_failures: NonZero<u32>,
    /// The longest wait.
    pub longest: Duration,
    /// How long after the last wrong password all are forgotten.
    pub forgotten_after: Duration,
}

/// What comes from outside, so that tests can set it.
#[derive(Clone)]
pub struct Environment {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) seed: Zeroizing<[u8; 32]>,
}

/// The time.
pub trait Clock: Send + Sync {
    /// Seconds since the Unix epoch.
    fn now_unix(&self) -> i64;

    /// The time since some moment that stays the same, by a clock that nobody sets. What is written here follows
    /// [`Self::now_unix`], as tests like it.
    fn monotonic(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.now_unix()).unwrap_or_default())
    }
}

/// Basic authentication as in a Onezone without configuration, all processors but one for passwords, no map.
impl Default for Settings {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            token_limits: Limits::default(),
            basic_auth: true,
            password_checks: NonZero::new(processors - 1).unwrap_or(NonZero::<usize>::MIN),
            password_limits: PasswordLimits::default(),
            geo: Arc::new(NoGeo),
        }
    }
}

/// 256 waiting for a second at most, 10,000 right ones remembered for ten minutes, the soft lock, and 600 wrong ones
/// a minute.
impl Default for PasswordLimits {
    fn default() -> Self {
        Self {
            max_waiting: 256,
            max_wait: Duration::from_secs(1),
            remembered_for: Duration::from_secs(600),
            max_remembered: 10_000,
            lock: Some(SoftLock::default()),
            network_failures: NonZero::new(600),
        }
    }
}

/// Ten free ones, a minute at most, forgotten after ten minutes. So nobody gets 90 guesses an hour for long: by waiting
/// the locks out it is 60, by letting them be forgotten 16 in eleven minutes.
impl Default for SoftLock {
    fn default() -> Self {
        const FREE: NonZero<u32> = NonZero::new(10).unwrap();
        Self {
            free_failures: FREE,
            longest: Duration::from_secs(60),
            forgotten_after: Duration::from_secs(600),
        }
    }
}

impl Environment {
    /// `seed` must be drawn at random at every start of the program: ids of audit entries and the keys of what is
    /// remembered about passwords come from it.
    pub fn new(clock: Arc<dyn Clock>, seed: [u8; 32]) -> Self {
        Self { clock, seed: Zeroizing::new(seed) }
    }
}
