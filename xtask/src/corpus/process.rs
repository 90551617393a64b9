//! Processes with a time limit, whose output goes to a log.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

/// Stands for the exit status of a process that a signal ended.
const KILLED: i32 = -1;

/// Runs a command; its output goes to the log. The result is its exit status, or `None` when the time was up and it was ended.
pub(super) fn within(limit: Duration, command: &mut Command, log: &Path) -> anyhow::Result<Option<i32>> {
    let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let errors = output.try_clone().context("cannot share the log")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
        .with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))?;
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().context("cannot wait for a process")? {
            return Ok(Some(status.code().unwrap_or(KILLED)));
        }
        if Instant::now() >= deadline {
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
        assert_eq!(within(Duration::from_secs(60), &mut quick, &log).unwrap(), Some(3));
        assert_eq!(fs::read_to_string(&log).unwrap(), "said\n");
        let mut endless = Command::new("sh");
        endless.args(["-c", "while :; do :; done"]);
        assert_eq!(within(Duration::from_millis(100), &mut endless, &log).unwrap(), None);
    }
}
