//! What happens to servers beside requests: databases that go away, hang or are locked, disks that are full, clocks that jump,
//! restarts under load. Each is done to the real program, which has to answer within its deadlines, lose nothing that
//! it acknowledged and recover by itself.

pub(crate) mod exchange;
pub(crate) mod place;
pub(crate) mod shim;
