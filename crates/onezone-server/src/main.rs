//! The program; everything it does is in the library of the same crate, where tests can reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    onezone_server::run()
}
