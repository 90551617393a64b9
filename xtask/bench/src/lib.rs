//! What the baselines have in common: the work of a request, which is that of the server, the zone it is done on, and how
//! a program listens. What differs among them is in their own files, and it is all that a comparison sees.

pub mod listen;
pub mod work;
pub mod zone;

/// That of the server: who chooses a framework for its speed can choose an allocator as well.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
