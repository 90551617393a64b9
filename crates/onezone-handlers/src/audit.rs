//! Who changed what: the audit entry of a request.

use std::sync::atomic::{AtomicU64, Ordering};

use onezone_store::AuditEntry;
use stubgen_runtime::Request;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::Caller;
use crate::digest::digest;

/// Makes audit entries, each with an id of its own.
pub(crate) struct Audit {
    seed: Zeroizing<[u8; 32]>,
    count: AtomicU64,
}

impl Audit {
    pub(crate) fn new(seed: Zeroizing<[u8; 32]>) -> Self {
        Self { seed, count: AtomicU64::new(0) }
    }

    /// The entry of a change that the caller asks for with this request.
    pub(crate) fn entry(&self, caller: &Caller, request: &Request, now: i64) -> AuditEntry {
        AuditEntry {
            id: self.next_id(now).to_string(),
            at: now,
            actor: caller.subject.to_string(),
            authentication: caller.authentication.name().to_owned(),
            token_id: caller.authentication.token_id().map(str::to_owned),
            request_id: Some(request.id().to_owned()),
            peer: Some(caller.peer.to_string()),
        }
    }

    /// A version 7 UUID. The bits after the time count, so that ids of the same second sort in their order; the
    /// rest differs between processes, whose seeds differ.
    fn next_id(&self, now: i64) -> Uuid {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let random = digest(&self.seed, &[b"audit", &count.to_le_bytes()]);
        let mut tail = [0; 10];
        tail.copy_from_slice(&random[..10]);
        let [.., high, low] = (count & 0xfff).to_be_bytes();
        (tail[0], tail[1]) = (high, low);
        let milliseconds = u64::try_from(now).unwrap_or_default().saturating_mul(1000);
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &tail).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_sort_in_the_order_in_which_they_were_made() {
        let audit = Audit::new(Zeroizing::new([7; 32]));
        let ids = [1_700_000_000, 1_700_000_000, 1_700_000_001].map(|now| audit.next_id(now));
        assert!(ids.iter().all(|id| id.get_version_num() == 7), "{ids:?}");
        assert!(ids[0].to_string() < ids[1].to_string() && ids[1].to_string() < ids[2].to_string());
    }

    #[test]
    fn ids_of_two_processes_differ() {
        let [one, other] = [[1; 32], [2; 32]].map(|seed| Audit::new(Zeroizing::new(seed)).next_id(5));
        assert_ne!(one, other);
    }
}
