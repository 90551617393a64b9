//! File descriptors: as many as the machine gives, and never all of them for connections. A server that has none left
//! can neither accept nor open its database.

use std::io;

/// What everything but connections needs: the database and its log, its connections, databases of places, pipes, what the
/// standard library opens for a moment.
const RESERVE: u64 = 128;

/// How many connections there can be, of as many as are wanted. Raises the limit of open files as far as that needs,
/// and warns where the machine does not allow it.
pub(crate) fn connections(wanted: usize, others: usize) -> anyhow::Result<usize> {
    let reserve = RESERVE.saturating_add(others as u64);
    let needed = (wanted as u64).saturating_add(reserve);
    let limit = raise(needed).unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot find out how many files may be open");
        needed
    });
    let (possible, warning) = share(limit, wanted as u64, reserve);
    if possible == 0 {
        anyhow::bail!(
            "only {limit} files may be open at a time, and {reserve} are needed beside connections: raise the limit \
             (`ulimit -n`, or LimitNOFILE= of a systemd service) to {needed}"
        );
    }
    if warning {
        tracing::warn!(
            limit,
            connections = possible,
            needed,
            "fewer files may be open than --max-connections needs; raise the limit (ulimit -n, LimitNOFILE=)"
        );
    }
    Ok(usize::try_from(possible).unwrap_or(usize::MAX))
}

/// How many connections a limit of open files allows, and whether that is fewer than wanted.
fn share(limit: u64, wanted: u64, reserve: u64) -> (u64, bool) {
    let possible = limit.saturating_sub(reserve);
    (possible.min(wanted), possible < wanted)
}

/// The limit after as much raising as is needed and allowed; none when there is none.
#[cfg(unix)]
fn raise(needed: u64) -> io::Result<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    if current >= needed {
        return Ok(current);
    }
    let possible = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
    if possible > current {
        setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum: limit.maximum })?;
    }
    Ok(possible.max(current))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature everywhere")]
fn raise(needed: u64) -> io::Result<u64> {
    Ok(needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserve_is_never_given_away() {
        assert_eq!(share(100_000, 8192, 144), (8192, false));
        assert_eq!(share(8336, 8192, 144), (8192, false));
        assert_eq!(share(1024, 8192, 144), (880, true));
        assert_eq!(share(64, 8192, 144), (0, true));
    }
}
