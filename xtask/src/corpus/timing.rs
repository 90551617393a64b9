//! How long the compiler takes for each crate: cargo calls this program in place of rustc, and it writes down what rustc took.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Context;

/// Where the times go; set, it makes this program a wrapper of rustc.
const LOG: &str = "XTASK_RUSTC_TIMES";

/// Whether cargo called this program in place of rustc.
pub(crate) fn is_wrapper() -> bool {
    std::env::var_os(LOG).is_some()
}

/// Runs rustc as cargo meant it, and adds a line to the log.
pub(crate) fn wrapped() -> anyhow::Result<ExitCode> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (rustc, rest) = arguments.split_first().context("the program to run is missing")?;
    let started = Instant::now();
    let status = Command::new(rustc).args(rest).env_remove(LOG).status().context("cannot run rustc")?;
    let words: Vec<_> = rest.iter().map(|word| word.to_string_lossy()).collect();
    let name = words.iter().position(|word| word == "--crate-name").and_then(|at| words.get(at + 1));
    let is_check = words.iter().any(|word| word.starts_with("--emit=") && !word.contains("link"));
    let is_test = words.iter().any(|word| word == "--test");
    if let (Some(name), true, false, Some(log)) = (name, is_check, is_test, std::env::var_os(LOG)) {
        // Several of these run at a time; a short line is appended as a whole.
        let line = format!("{name} {:.3}\n", started.elapsed().as_secs_f64());
        let file = OpenOptions::new().create(true).append(true).open(log);
        file.and_then(|mut file| file.write_all(line.as_bytes())).context("cannot write the times")?;
    }
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}

/// Lets cargo call this program in place of rustc.
pub(super) fn measure(command: &mut Command, log: &Path) {
    if let Ok(program) = std::env::current_exe() {
        command.env("RUSTC_WRAPPER", program).env(LOG, log);
    }
}

/// The seconds of a crate's library in a log.
pub(super) fn seconds(log: &str, package: &str) -> f64 {
    let name = package.replace('-', "_");
    let line = log.lines().filter_map(|line| line.split_once(' ')).find(|(known, _)| *known == name);
    line.and_then(|(_, seconds)| seconds.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_crate_is_found_by_its_package() {
        let log = "a_api 1.500\na_api_x 2.000\na_client 0.250\n";
        assert!((seconds(log, "a-api") - 1.5).abs() < f64::EPSILON);
        assert!((seconds(log, "a-client") - 0.25).abs() < f64::EPSILON);
        assert!(seconds(log, "b-api").abs() < f64::EPSILON);
    }
}
