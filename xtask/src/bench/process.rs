//! What a command costs: time, processor time and memory, of all the processes that it starts.

use std::fs;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::server::Running;

/// What a command took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    /// From its start to its end.
    pub(super) seconds: f64,
    /// Of processors, by all its processes, to the hundredth.
    pub(super) processor_seconds: f64,
    /// The most memory that its processes had together, as far as it was seen.
    pub(super) peak_kib: u64,
    /// What it ended with; nothing when it took too long, and was ended.
    pub(super) code: Option<i32>,
}

/// How often the process is looked at.
const INTERVAL: Duration = Duration::from_millis(2);

/// How often those are looked for that it started, which takes longer: once in so many times.
const RARELY: u32 = 10;

/// Runs a command to its end, or until it takes too long.
pub(super) fn take(command: &mut Command, running: &Running, at_most: Duration) -> anyhow::Result<Taken> {
    let before = children_seconds()?;
    let started = Instant::now();
    // It gets a process group of its own, by which those are found that it starts.
    let mut program = running.start(command)?;
    let mut taken = Taken::default();
    for look in 1.. {
        let process = program.id();
        let memory =
            if look % RARELY == 0 { memory_kib(process) } else { peak_kib(process).unwrap_or_default() };
        taken.peak_kib = taken.peak_kib.max(memory);
        if let Some(status) = program.ended()? {
            if running.is_interrupted() {
                bail!("interrupted while {} ran", command.get_program().display());
            }
            taken.seconds = started.elapsed().as_secs_f64();
            taken.processor_seconds = children_seconds()? - before;
            taken.code = code(status);
            return Ok(taken);
        }
        if started.elapsed() > at_most {
            taken.seconds = started.elapsed().as_secs_f64();
            program.kill_group().context("cannot end a command that takes too long")?;
            taken.processor_seconds = children_seconds()? - before;
            return Ok(taken);
        }
        std::thread::sleep(INTERVAL);
    }
    Ok(taken)
}

/// The processor time of all programs that this one has waited for, and of those that they have.
pub(super) fn children_seconds() -> anyhow::Result<f64> {
    /// The kernel counts in hundredths of a second for programs, whatever it counts in itself.
    const TICKS: f64 = 100.0;
    let text = fs::read_to_string("/proc/self/stat").context("this reads /proc, which Linux has")?;
    let fields = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = fields.split(' ').skip(13).take(2).filter_map(|field| field.parse::<f64>().ok());
    Ok(ticks.sum::<f64>() / TICKS)
}

/// The exit status as a shell has it: a signal counts from 128.
fn code(status: ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    status.code().or(signal.map(|signal| 128 + signal))
}

/// What the processes of a group have in memory together: of each the most it ever had.
fn memory_kib(group: u32) -> u64 {
    let Ok(entries) = fs::read_dir("/proc") else { return 0 };
    let processes = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    processes.filter(|process| of_group(*process, group)).filter_map(peak_kib).sum()
}

/// Whether a process is of the group; the name of its program may have blanks and parentheses in it.
fn of_group(process: u32, group: u32) -> bool {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    fields.split(' ').nth(2).and_then(|number| number.parse().ok()) == Some(group)
}

fn peak_kib(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[cfg(unix)]
    #[test]
    fn a_signal_counts_as_in_a_shell() {
        let status = |script: &str| shell(script).status().unwrap();
        assert_eq!(code(status("exit 3")), Some(3));
        assert_eq!(code(status("kill -KILL $$")), Some(137));
    }
    #[cfg(target_os = "linux")]
    #[test]
    fn a_command_that_takes_too_long_is_ended_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("child");
        let mut command = shell("sleep 60 & echo $! > \"$CHILD\"; wait");
        command.env("CHILD", &file);
        // On a machine that does much else, the shell may have come to nothing by then.
        let child: u32 = [50, 500, 5000]
            .into_iter()
            .find_map(|at_most| {
                let taken = take(&mut command, &Running::default(), Duration::from_millis(at_most)).unwrap();
                assert_eq!(taken.code, None);
                assert!(taken.seconds < 30.0, "{taken:?}");
                std::fs::read_to_string(&file).ok()?.trim().parse().ok()
            })
            .unwrap();
        assert!(crate::server::ends(child), "the sleep goes on");
    }

    /// The child has 64 MB until the other one ends; a shell has two.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_command_took_counts_the_memory_of_what_it_started() {
        const BYTES: u64 = 64_000_000;
        // Where nobody looked at it in time, on a machine that does much else, it lives longer the next time.
        let counted = ["0.5", "3", "15"].into_iter().any(|rest| {
            let mut command = shell(&format!(
                "(head -c {BYTES} /dev/zero; sleep {rest}) | tail -c {BYTES} > /dev/null; exit 3"
            ));
            let taken = take(&mut command, &Running::default(), Duration::from_secs(60)).unwrap();
            assert_eq!(taken.code, Some(3));
            assert!(taken.seconds >= 0.5 && taken.processor_seconds < 60.0, "{taken:?}");
            taken.peak_kib > BYTES / 2048
        });
        assert!(counted);
    }
}
