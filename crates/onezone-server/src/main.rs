//! The program; everything it does is in the library of the same crate, where tests can reach it.

use std::process::ExitCode;

/// A request allocates some ninety small things, some of which are freed by another thread: an eighth of its
/// instructions with the allocator of the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    onezone_server::run()
}
