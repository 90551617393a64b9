//! `cargo xtask fuzz`: the fuzz targets under libFuzzer, which is led by what an input reaches. It works with the stable compiler: the
//! crates of this workspace are built once more, instrumented, against dependencies that are there already.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use anyhow::{Context, bail};

use crate::files;
use crate::server::Running;
use crate::workspace::Workspace;

/// The package of the targets, whose corpus lies beside them.
const PACKAGE: &str = "fuzz-targets";
const CORPUS: &str = "crates/fuzz-targets/corpus";

/// What libFuzzer looks at in a run of the tests, for each target.
const IN_TESTS: u64 = 5;

/// Longer inputs reach nothing more, and are slower.
const MOST_BYTES: u32 = 16_384;

/// What `fuzz` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What is looked at, by the names of the folders of crates/fuzz-targets/corpus [default: everything]
    targets: Vec<String>,
    /// How long, for each target
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// Add what reaches something new to the corpus
    #[arg(long)]
    keep: bool,
    /// Leave in the corpus only what it takes to reach the same
    #[arg(long)]
    minimise: bool,
    /// Give a target this one input, as when it failed
    #[arg(long, value_name = "FILE", conflicts_with_all = ["keep", "minimise"])]
    input: Option<PathBuf>,
}

/// A run: the program, and where its files are.
struct Fuzzer<'a> {
    program: PathBuf,
    corpus: PathBuf,
    /// For what is found, and for what goes wrong.
    work: PathBuf,
    arguments: &'a Arguments,
    running: Running,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let known = names(workspace)?;
    if let Some(unknown) = arguments.targets.iter().find(|name| !known.contains(name)) {
        bail!("there is no target {unknown}; there are {}", known.join(", "));
    }
    let targets = if arguments.targets.is_empty() { known } else { arguments.targets.clone() };
    let target = workspace.metadata()?.target_directory.into_std_path_buf();
    let program = build(workspace, &target)?;
    if let Some(input) = &arguments.input {
        let [name] = &targets[..] else { bail!("name the one target that the input is for") };
        let status = Command::new(program).arg(input).env("FUZZ_TARGET", name).status();
        if !status.context("cannot run the program")?.success() {
            bail!("{name} fails for {}; its message is above", input.display());
        }
        return Ok(());
    }
    let (corpus, work) = (workspace.root.join(CORPUS), target.join("fuzz"));
    let fuzzer = Fuzzer { program, corpus, work, arguments, running: Running::stop_on_signal()? };
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let jobs = available_parallelism().map_or(1, std::num::NonZero::get).min(targets.len());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(name) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = fuzzer.look(name)
                        && let Ok(mut failures) = failures.lock()
                    {
                        failures.push(format!("{name}: {error:#}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_default();
    if !failures.is_empty() {
        bail!("{}", failures.join("\n"));
    }
    Ok(())
}

/// Every target, for as long as the tests have.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let arguments =
        Arguments { targets: Vec::new(), seconds: IN_TESTS, keep: false, minimise: false, input: None };
    run(workspace, &arguments)
}

/// The targets: each has a folder in the corpus, which a test of theirs checks.
fn names(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let folders =
        fs::read_dir(workspace.root.join(CORPUS)).with_context(|| format!("cannot list {CORPUS}"))?;
    let mut names: Vec<String> =
        folders.filter_map(|folder| Some(folder.ok()?.file_name().to_string_lossy().into_owned())).collect();
    names.sort();
    Ok(names)
}

/// Builds the program with our own crates instrumented.
fn build(workspace: &Workspace, target: &Path) -> anyhow::Result<PathBuf> {
    // All members and all features: what has been built for the tests is what is linked.
    let build = ["build", "--quiet", "--locked", "--workspace", "--all-features", "--bin", PACKAGE];
    let mut command = workspace.cargo(&build);
    command.env("RUSTC_WORKSPACE_WRAPPER", workspace.root.join("crates/fuzz-targets/instrument"));
    if !command.status().context("cannot run cargo")?.success() {
        bail!("the targets do not build; it takes a compiler of C++ as well (`sudo apt-get install g++`)");
    }
    Ok(target.join("debug").join(PACKAGE))
}

impl Fuzzer<'_> {
    /// Looks at one target.
    fn look(&self, name: &str) -> anyhow::Result<()> {
        let (found, kept) = (self.work.join("found").join(name), self.corpus.join(name));
        for folder in [&found, &self.work.join("failed")] {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let report = self.work.join(format!("{name}.log"));
        let mut command = self.libfuzzer(name, &report)?;
        command.arg(&found).arg(&kept).arg(format!("-max_total_time={}", self.arguments.seconds));
        if !self.running.start(&mut command)?.wait()?.success() {
            let report = fs::read_to_string(&report).unwrap_or_default();
            let end: Vec<&str> = report.lines().rev().take(40).collect();
            end.iter().rev().for_each(|line| println!("    {line}"));
            bail!("an input fails; it is named above. Again: cargo xtask fuzz {name} --input FILE");
        }
        let text = fs::read_to_string(&report).context("cannot read a report")?;
        println!("    {name}: {} inputs", executed(&text)?);
        if self.arguments.keep {
            self.merge(name, &kept, &found)?;
        }
        if self.arguments.minimise {
            let fewer = self.work.join("fewer").join(name);
            if fewer.exists() {
                fs::remove_dir_all(&fewer).context("cannot empty a folder")?;
            }
            fs::create_dir_all(&fewer).context("cannot make a folder")?;
            self.merge(name, &fewer, &kept)?;
            let wanted = files::read_tree(&fewer, &|_| false)?;
            for file in files::read_tree(&kept, &|_| false)?.keys().filter(|file| !wanted.contains_key(*file))
            {
                fs::remove_file(kept.join(file)).with_context(|| format!("cannot remove {file}"))?;
            }
        }
        Ok(())
    }

    /// Adds to a folder what another one has and what reaches something new.
    fn merge(&self, name: &str, into: &Path, from: &Path) -> anyhow::Result<()> {
        let before = files::read_tree(into, &|_| false)?.len();
        let mut command = self.libfuzzer(name, &self.work.join(format!("{name}-merge.log")))?;
        command.arg("-merge=1").arg(into).arg(from);
        if !self.running.start(&mut command)?.wait()?.success() {
            bail!("what was found cannot be merged; see {}", self.work.display());
        }
        println!(
            "    {name}: {} more in {}",
            files::read_tree(into, &|_| false)?.len() - before,
            into.display()
        );
        Ok(())
    }

    fn libfuzzer(&self, name: &str, report: &Path) -> anyhow::Result<Command> {
        let report = File::create(report).with_context(|| format!("cannot write {}", report.display()))?;
        let mut command = Command::new(&self.program);
        command.env("FUZZ_TARGET", name).env_remove("RUST_BACKTRACE").stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(report);
        command.args(["-timeout=30", "-rss_limit_mb=4096", "-print_final_stats=1"]);
        command.arg(format!("-max_len={MOST_BYTES}"));
        command.arg(format!("-artifact_prefix={}/{name}-", self.work.join("failed").display()));
        Ok(command)
    }
}

/// How many inputs were tried. A run without any is no proof.
fn executed(report: &str) -> anyhow::Result<u64> {
    let line = report.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    let count = line.and_then(|number| number.trim().parse().ok());
    let count = count.context("libFuzzer did not say how many inputs it tried")?;
    let is_led = report.contains("inline 8-bit counters") && !report.contains("(0 inline");
    if count == 0 || !is_led {
        bail!("libFuzzer looked at nothing: the program is not instrumented");
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_is_led_by_nothing_is_no_proof() {
        let report = |counters: &str, count: u32| {
            format!(
                "INFO: Loaded 1 modules   ({counters} inline 8-bit counters)\nstat::number_of_executed_units: {count}\n"
            )
        };
        assert_eq!(executed(&report("5312", 17)).unwrap(), 17);
        for report in [
            report("5312", 0),
            report("0", 17),
            "stat::number_of_executed_units: 17\n".to_owned(),
            String::new(),
        ] {
            assert!(executed(&report).is_err(), "{report}");
        }
    }

    #[test]
    fn a_target_that_is_not_there_is_refused_with_those_that_are() {
        let arguments = Arguments {
            targets: vec!["nothing".to_owned()],
            seconds: 1,
            keep: false,
            minimise: false,
            input: None,
        };
        let error = run(&Workspace::here().unwrap(), &arguments).unwrap_err().to_string();
        assert!(
            error.starts_with("there is no target nothing; there are basic, ") && error.contains("zone"),
            "{error}"
        );
    }
}
