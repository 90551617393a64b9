//! The machine that measures: what it is called in a report, and how its cores are shared out.

use std::fs;
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
        Self { processor, cores, kernel, has_valgrind, pins: cores > 2 && is_there("taskset") }
    }

    /// A command on the cores of the server: all but the last.
    pub(super) fn server(&self, program: &Path) -> Command {
        self.pinned(program, &format!("0-{}", self.cores.saturating_sub(2)))
    }

    /// A command on the core of the load, the last one.
    pub(super) fn load(&self, program: &Path) -> Command {
        self.pinned(program, &self.cores.saturating_sub(1).to_string())
    }

    fn pinned(&self, program: &Path, cores: &str) -> Command {
        if !self.pins {
            return Command::new(program);
        }
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", cores]).arg(program);
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

fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
