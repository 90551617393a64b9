//! What an operator chooses about the handlers, and what they take from the world around them.

use std::num::NonZero;
use std::sync::Arc;

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
    /// Where addresses are on the map, for tokens that are confined to places.
    pub geo: Arc<dyn GeoLookup>,
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
}

/// Basic authentication as in a Onezone without configuration, all processors but one for passwords, no map.
impl Default for Settings {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            token_limits: Limits::default(),
            basic_auth: true,
            password_checks: NonZero::new(processors - 1).unwrap_or(NonZero::<usize>::MIN),
            geo: Arc::new(NoGeo),
        }
    }
}

impl Environment {
    /// `seed` must be drawn at random at every start of the program: ids of audit entries and the key of the
    /// cache of verified passwords come from it.
    pub fn new(clock: Arc<dyn Clock>, seed: [u8; 32]) -> Self {
        Self { clock, seed: Zeroizing::new(seed) }
    }
}
