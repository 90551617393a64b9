//! The machine that measures: what it is called in a report, and how its cores are shared out.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::available_parallelism;

use anyhow::Context;
use serde::Serialize;

/// What the figures depend on.
#[derive(Clone, Serialize)]
pub(super) struct Machine {
    processor: String,
    cores: usize,
    kernel: String,
    /// The numbers of those cores, which need not begin with 0.
    #[serde(skip)]
    numbers: Vec<usize>,
    /// Whether instructions can be counted.
    #[serde(skip)]
    pub(super) has_valgrind: bool,
    /// Whether server and load have cores of their own: where there are more than two. A server on a single one is a case of its own, with
    /// nobody to hand anything to.
    pub(super) pins: bool,
}

impl Machine {
    /// This one.
    pub(super) fn here() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = information.lines().find_map(|line| line.strip_prefix("model name"));
        let processor = processor.unwrap_or_default().trim_start_matches(['\t', ' ', ':']).to_owned();
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned();
        let has_valgrind = is_there("valgrind");
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let mut numbers = allowed.and_then(numbers).unwrap_or_default();
        // There may be less time of processors than processors.
        numbers.truncate(cores);
        let pins = numbers.len() > 2 && is_there("taskset");
        Self { processor, cores, kernel, numbers, has_valgrind, pins }
    }

    /// A command on the cores of the server: all but the last.
    pub(super) fn server(&self, program: &Path) -> Command {
        self.pinned(program, self.numbers.split_last().map_or(&[], |(_, others)| others))
    }

    /// A command on the core of the load, the last one.
    pub(super) fn load(&self, program: &Path) -> Command {
        self.pinned(program, self.numbers.last().map_or(&[], std::slice::from_ref))
    }

    fn pinned(&self, program: &Path, cores: &[usize]) -> Command {
        if !self.pins {
            return Command::new(program);
        }
        let mut command = Command::new("taskset");
        let cores: Vec<String> = cores.iter().map(ToString::to_string).collect();
        command.args(["--cpu-list", &cores.join(",")]).arg(program);
        command
    }

    /// In words.
    pub(super) fn describe(&self) -> String {
        let pinned = if self.pins {
            "one for the load, the others for the server"
        } else {
            "server and load on the same ones"
        };
        format!("{}, {} cores ({pinned}), Linux {}", self.processor, self.cores, self.kernel)
    }
}

/// What a process has in memory, its share of what it shares with others.
pub(super) fn pss_kib(process: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{process}/smaps_rollup");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.with_context(|| format!("{path} has no Pss"))
}

/// Has the kernel forget the most that a process had in memory, so that from now on it is the most under load and not at the start.
pub(super) fn reset_peak(process: u32) -> anyhow::Result<()> {
    /// What `proc_pid_clear_refs(5)` means by it.
    const PEAK: &[u8] = b"5";
    let path = format!("/proc/{process}/clear_refs");
    let written = fs::OpenOptions::new().write(true).open(&path).and_then(|mut file| file.write_all(PEAK));
    written.with_context(|| format!("cannot write {path}, without which the peak under load is not known"))
}

/// The numbers in a list of numbers and ranges, as the kernel writes it.
fn numbers(list: &str) -> Option<Vec<usize>> {
    let mut numbers = Vec::new();
    for part in list.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        numbers.extend(first.parse::<usize>().ok()?..=last.parse().ok()?);
    }
    Some(numbers)
}

fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_processors_is_read_as_the_kernel_writes_it() {
        assert_eq!(numbers("\t4-7\n"), Some(vec![4, 5, 6, 7]));
        assert_eq!(numbers("0,2-3,10"), Some(vec![0, 2, 3, 10]));
        for malformed in ["", "a", "1-", "1,,2", "0-3:2/4"] {
            assert_eq!(numbers(malformed), None, "{malformed}");
        }
    }

    fn use_stack(bytes: usize) -> usize {
        let page = std::hint::black_box([1_u8; 4096]);
        page.len() + bytes.checked_sub(page.len()).map_or(0, use_stack)
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_peak_is_forgotten() {
        let peak_kib = || {
            let status = fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
            line.split_whitespace().next().unwrap().parse::<u64>().unwrap()
        };
        // A stack goes back to the system with its thread, while an allocator may keep what it has.
        let thread = std::thread::Builder::new().stack_size(256 << 20);
        thread.spawn(|| use_stack(64 << 20)).unwrap().join().unwrap();
        let before = peak_kib();
        reset_peak(std::process::id()).unwrap();
        assert!(peak_kib() + (32 << 10) < before, "{} {before}", peak_kib());
    }

    #[test]
    fn server_and_load_get_processors_that_they_may_use() {
        let machine = Machine { numbers: vec![4, 5, 9], pins: true, ..Machine::here() };
        let arguments = |command: Command| {
            command.get_args().map(|text| text.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(arguments(machine.server(Path::new("a"))), ["--cpu-list", "4,5", "a"]);
        assert_eq!(arguments(machine.load(Path::new("a"))), ["--cpu-list", "9", "a"]);
    }
}
