//! Processes with a time limit, whose output goes to a log.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

/// Stands for the exit status of a process that a signal ended.
const KILLED: i32 = -1;

/// Runs a command; its output goes to the log. The result is its exit status, or `None` when the time was up and it was ended. As long as
/// it runs, `waiting` is told every second how long that is.
pub(super) fn within(
    limit: Duration,
    command: &mut Command,
    log: &Path,
    waiting: &mut dyn FnMut(Duration),
) -> anyhow::Result<Option<i32>> {
    let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let errors = output.try_clone().context("cannot share the log")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
        .with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))?;
    let started = Instant::now();
    let mut told = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait().context("cannot wait for a process")? {
            return Ok(Some(status.code().unwrap_or(KILLED)));
        }
        let elapsed = started.elapsed();
        if elapsed >= told + Duration::from_secs(1) {
            told = elapsed;
            waiting(elapsed);
        }
        if elapsed >= limit {
            child.kill().context("cannot end a process")?;
            child.wait().context("cannot wait for a process")?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_process_that_hangs_is_ended_and_its_output_kept() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut quick = Command::new("sh");
        quick.args(["-c", "echo said; exit 3"]);
        assert_eq!(within(Duration::from_secs(60), &mut quick, &log, &mut |_| {}).unwrap(), Some(3));
        assert_eq!(fs::read_to_string(&log).unwrap(), "said\n");
        let mut endless = Command::new("sh");
        endless.args(["-c", "while :; do :; done"]);
        let mut told = Vec::new();
        let limit = Duration::from_millis(1500);
        assert_eq!(within(limit, &mut endless, &log, &mut |elapsed| told.push(elapsed)).unwrap(), None);
        // Once a second: of a second and a half once, and again only where the machine stood still.
        told.insert(0, Duration::ZERO);
        let second = Duration::from_secs(1);
        assert!(told.len() > 1 && told.windows(2).all(|pair| pair[1] >= pair[0] + second), "{told:?}");
    }
}
