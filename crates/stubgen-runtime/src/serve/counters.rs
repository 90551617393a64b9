//! What happened to connections, counted for whoever shows it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a connection ended otherwise than by the wish of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Ending {
    /// Its network had as many as it may have.
    NetworkLimit,
    /// It waited for a request while another one needed its place.
    Evicted,
    /// It sent nothing.
    FirstByte,
    /// Its TLS handshake or PROXY header did not end in time.
    HandshakeTimeout,
    /// Its TLS handshake failed.
    Tls,
    /// Its PROXY header was missing or malformed.
    ProxyHeader,
    /// It spoke TLS to a port without, or the other way round.
    WrongProtocol,
    /// A request's header did not end in time.
    Header,
    /// It was idle for too long.
    Idle,
    /// Its client did not take what was sent.
    Send,
    /// It was as old as connections become.
    Age,
    /// It had more requests handled than it may, because it took requests back.
    Overrun,
    /// What it sent was not HTTP, or the other end went away.
    Protocol,
}

impl Ending {
    /// All of them, in the order of their counters.
    pub const ALL: [Self; 13] = [
        Self::NetworkLimit,
        Self::Evicted,
        Self::FirstByte,
        Self::HandshakeTimeout,
        Self::Tls,
        Self::ProxyHeader,
        Self::WrongProtocol,
        Self::Header,
        Self::Idle,
        Self::Send,
        Self::Age,
        Self::Overrun,
        Self::Protocol,
    ];

    /// A word for logs and the labels of metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NetworkLimit => "network_limit",
            Self::Evicted => "evicted",
            Self::FirstByte => "first_byte_timeout",
            Self::HandshakeTimeout => "handshake_timeout",
            Self::Tls => "tls",
            Self::ProxyHeader => "proxy_header",
            Self::WrongProtocol => "wrong_protocol",
            Self::Header => "header_timeout",
            Self::Idle => "idle_timeout",
            Self::Send => "send_timeout",
            Self::Age => "age",
            Self::Overrun => "overrun",
            Self::Protocol => "protocol",
        }
    }
}

/// Counts of connections since the start, and how many are open.
#[derive(Debug, Default)]
pub struct ConnectionCounters {
    accepted: AtomicU64,
    open: AtomicU64,
    accept_errors: AtomicU64,
    endings: [AtomicU64; Ending::ALL.len()],
}

impl ConnectionCounters {
    /// How many were accepted, those included that were closed at once.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// How many are open.
    pub fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    /// How often none could be accepted, most likely for want of file descriptors.
    pub fn accept_errors(&self) -> u64 {
        self.accept_errors.load(Ordering::Relaxed)
    }

    /// How many ended this way.
    pub fn ended(&self, ending: Ending) -> u64 {
        self.endings[ending as usize].load(Ordering::Relaxed)
    }

    pub(super) fn accept(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn close(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn accept_error(&self) -> u64 {
        self.accept_errors.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn end(&self, ending: Ending) {
        self.endings[ending as usize].fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_has_a_counter_and_a_word_of_its_own() {
        let counters = ConnectionCounters::default();
        let words: std::collections::BTreeSet<_> = Ending::ALL.iter().map(|ending| ending.as_str()).collect();
        assert_eq!(words.len(), Ending::ALL.len());
        for (index, ending) in Ending::ALL.into_iter().enumerate() {
            assert_eq!(ending as usize, index);
            counters.end(ending);
            assert_eq!(counters.ended(ending), 1);
        }
    }
}
