//! `cargo xtask prove`: the tests of what is promised of the stores, for as long as it takes to be convinced, and what they
//! counted. The tests themselves are run by `cargo xtask test`, where each is short.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, bail};

use crate::workspace::Workspace;

/// What `prove` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many times longer than in `cargo xtask test`; 25 kills the process 250 times
    #[arg(long, value_name = "N", default_value_t = 25)]
    factor: u32,
    /// Only the tests whose names contain this, for instance `kill` or `power`
    filter: Option<String>,
}

/// The variable that the tests look at.
const FACTOR: &str = "ONEZONE_PROOF_FACTOR";

/// How a line of a test's begins that tells what it counted.
const FIGURE: &str = "figure: ";

/// The tests: the package, the program with them, and what their names have, each one of these; or nothing in common.
const TESTS: [(&str, &str, &[&str]); 2] =
    [("onezone-store", "proof", &[]), ("onezone-server", "e2e", &["replicas::", "faults::"])];

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut figures = Vec::new();
    for (package, program, parts) in TESTS {
        let test = ["test", "--locked", "--package", package, "--all-features", "--test", program];
        let mut command = workspace.cargo(&test);
        // One after the other: they are to be disturbed by what they do themselves, and by nothing else.
        command.args(["--", "--nocapture", "--test-threads=1"]);
        match &arguments.filter {
            Some(filter) => command.arg(filter),
            None => command.args(parts),
        };
        command.env(FACTOR, arguments.factor.to_string());
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("cannot run cargo")?;
        let lines = BufReader::new(child.stderr.take().context("cargo has no standard error")?).lines();
        for line in lines {
            let line = line.context("cannot read what cargo says")?;
            match line.strip_prefix(FIGURE) {
                Some(figure) => {
                    println!("- {figure}");
                    figures.push(figure.to_owned());
                }
                None => eprintln!("{line}"),
            }
        }
        if !child.wait().context("cannot wait for cargo")?.success() {
            bail!("a promise is broken, or a test of it; what was found is told above");
        }
    }
    if figures.is_empty() {
        bail!("no test has a name that contains the filter");
    }
    println!("{} proofs in {} s", figures.len(), started.elapsed().as_secs());
    Ok(())
}
