//! `cargo xtask bench serve`: ours and the baselines, in turn, under the same load.

mod answers;
mod cell;
mod instructions;
mod layers;
mod load;
mod machine;
mod profile;
mod report;
mod servers;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;

use super::build::target;
use crate::progress::Progress;
use crate::server::Running;
use crate::workspace::Workspace;
use answers::Compared;
use cell::{Cell, Plan};
use load::{Loader, Protocol};
use machine::Machine;
use report::Report;
use servers::{Kind, Server, Servers};

/// What is measured unless somebody chooses.
const WORKLOADS: [&str; 10] = [
    "list-10-token",
    "list-10-member",
    "list-10-basic",
    "list-10000",
    "delete-10",
    "401-garbage",
    "401-forged",
    "401-nobody",
    "404-path",
    "404-subject",
];

/// What `bench serve` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A server to measure; all that can be built unless some are named
    #[arg(long = "server", value_name = "SERVER", value_enum, value_delimiter = ',')]
    servers: Vec<Kind>,
    /// The server that the others are compared with
    #[arg(long, value_name = "SERVER", value_enum, default_value_t = Kind::Axum)]
    baseline: Kind,
    /// What is asked for; everything unless some are named
    #[arg(long = "workload", value_name = "WORKLOAD", value_delimiter = ',', value_parser = WORKLOADS)]
    workloads: Vec<String>,
    /// How many connections there are, each with one request in flight
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1, 8, 64, 512])]
    connections: Vec<usize>,
    /// HTTP/1.1 without TLS, HTTP/2 with it
    #[arg(long, value_name = "PROTOCOL", value_enum, value_delimiter = ',', default_values_t = [Protocol::Http1, Protocol::Http2])]
    protocol: Vec<Protocol>,
    /// How often everything is measured; the median counts, and the smallest and the largest are told
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How long each server is under each load, in each round
    #[arg(long, value_name = "S", default_value_t = 2.0)]
    seconds: f64,
    /// Only the essence, some 79 s: list-10-token and 401-garbage on 8 connections by HTTP/1.1, a second each
    #[arg(long, conflicts_with_all = ["workloads", "connections", "protocol", "seconds"])]
    quick: bool,
    /// Whether instructions are counted, which takes valgrind; with --quick, they are when this is given
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Counting::Too, default_value_if("quick", "true", "no"))]
    instructions: Counting,
    /// Where the figures are written, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The program openapi-generator-cli, if it is not to be found by its name
    #[arg(long, value_name = "PROGRAM")]
    generator: Option<PathBuf>,
}

/// Whether instructions are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Counting {
    /// Nothing else is measured
    Only,
    /// They are, beside the rest, if valgrind is there
    Too,
    /// They are not
    No,
}

/// What a run takes beside the time under load: a start, a warm-up, an end.
const OVERHEAD: Duration = Duration::from_millis(1200);

/// How long a count of instructions takes, two runs together.
const COUNT: Duration = Duration::from_secs(12);

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("this reads what Linux says about processes in /proc, and there is none here");
    }
    if let Some(connections) =
        arguments.connections.iter().find(|count| !(1..=load::CONSUMABLE).contains(*count))
    {
        bail!("{connections} connections: there can be 1 to {}", load::CONSUMABLE);
    }
    if !(arguments.seconds > 0.0 && arguments.seconds <= 3600.0) {
        bail!("--seconds is a number above 0, and at most 3600");
    }
    let machine = Machine::here();
    let plan = plan(arguments, &machine)?;
    let running = Running::stop_on_signal()?;
    let servers =
        Servers::build(workspace, &arguments.servers, arguments.baseline, arguments.generator.as_deref())?;
    // The system's own folder for such may lie in memory, where a deletion is on no disk.
    let folder = tempfile::Builder::new().prefix("onezone-bench-").tempdir_in(target(workspace)?)?;
    let loader = Loader::prepare(&servers, running, &machine, folder.path())?;
    let compared = answers::compare(&servers, &loader, &plan)?;
    let mut report = Report::new(machine.clone(), arguments.baseline);
    for server in servers.all() {
        report.left_out(server.kind, compared.left_out(server.kind));
    }
    let effort = plan.effort(servers.all().iter().map(|server| server.kind), &compared);
    eprintln!("{} runs and {} counts take {}", effort.runs, effort.counts, told(effort.duration));
    let progress = Progress::here();
    let mut measured = measure(&plan, &servers, &loader, &compared, &mut report, &progress);
    if plan.counts && measured.is_ok() {
        measured = instructions::count(&plan, &servers, &loader, &compared, &mut report, &progress);
    }
    progress.clear();
    // What was found until something failed is worth an hour, too.
    print!("{report}");
    if let Some(path) = &arguments.json {
        crate::files::write(path, &report.json()?)?;
    }
    measured
}

/// Ours and theirs in turn, round by round: what disturbs the machine for a while disturbs all of them.
fn measure(
    plan: &Plan,
    servers: &Servers,
    loader: &Loader<'_>,
    compared: &Compared,
    report: &mut Report,
    progress: &Progress,
) -> anyhow::Result<()> {
    let total = plan.cells.len() * plan.rounds;
    for round in 0..plan.rounds {
        progress.step(&format!("round {} of {}", round + 1, plan.rounds));
        for (index, cell) in plan.cells.iter().enumerate() {
            let number = round * plan.cells.len() + index + 1;
            let allowed = |server: &&Server| compared.allows(server.kind, cell.protocol, &cell.workload);
            for server in servers.in_round(round).filter(allowed) {
                progress.update(|| {
                    format!(
                        "{number}/{total}, round {} of {}: {cell}, {}",
                        round + 1,
                        plan.rounds,
                        server.kind
                    )
                });
                report.add(cell, server.kind, loader.run(server, cell, plan.seconds)?);
            }
        }
    }
    Ok(())
}

fn plan(arguments: &Arguments, machine: &Machine) -> anyhow::Result<Plan> {
    let chosen = |given: &[String], all: &[&str]| -> Vec<String> {
        if given.is_empty() { all.iter().map(|name| (*name).to_owned()).collect() } else { given.to_vec() }
    };
    let (workloads, protocols, connections, seconds) = if arguments.quick {
        let workloads = chosen(&[], &["list-10-token", "401-garbage"]);
        (workloads, vec![Protocol::Http1], vec![8], 1.0)
    } else {
        let workloads = chosen(&arguments.workloads, &WORKLOADS);
        (workloads, arguments.protocol.clone(), arguments.connections.clone(), arguments.seconds)
    };
    if arguments.instructions == Counting::Only && !machine.has_valgrind {
        bail!("valgrind is missing: get it with `apt-get install valgrind`");
    }
    let mut cells = Vec::new();
    if arguments.instructions != Counting::Only {
        for protocol in &protocols {
            for workload in &workloads {
                for connections in &connections {
                    cells.push(Cell {
                        protocol: *protocol,
                        workload: workload.clone(),
                        connections: *connections,
                    });
                }
            }
        }
    }
    let counts = arguments.instructions != Counting::No && machine.has_valgrind;
    if arguments.instructions == Counting::Too && !counts {
        eprintln!(
            "no instructions are counted, since valgrind is missing: get it with `apt-get install valgrind`"
        );
    }
    let mut protocols = if cells.is_empty() { Vec::new() } else { protocols };
    // By this one instructions are counted, whatever else is measured.
    if counts && !protocols.contains(&Protocol::Http1) {
        protocols.push(Protocol::Http1);
    }
    let rounds = usize::try_from(arguments.rounds)?;
    Ok(Plan { cells, workloads, protocols, rounds, seconds, counts })
}

/// What it takes to measure.
struct Effort {
    runs: usize,
    counts: usize,
    duration: Duration,
}

impl Plan {
    /// What it takes with these servers.
    fn effort(&self, servers: impl Iterator<Item = Kind>, compared: &Compared) -> Effort {
        let (mut cells, mut counts) = (0, 0);
        for server in servers {
            let allows = |cell: &&Cell| compared.allows(server, cell.protocol, &cell.workload);
            cells += self.cells.iter().filter(allows).count();
            if self.counts {
                let allows = |workload: &&String| compared.allows(server, Protocol::Http1, workload);
                counts += self.workloads.iter().filter(allows).count();
            }
        }
        let runs = cells * self.rounds;
        let times = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let duration = (Duration::from_secs_f64(self.seconds) + OVERHEAD).saturating_mul(times(runs));
        Effort { runs, counts, duration: duration.saturating_add(COUNT.saturating_mul(times(counts))) }
    }
}

/// A duration for people.
fn told(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 100 { format!("some {seconds} s") } else { format!("some {} min", seconds.div_ceil(60)) }
}

#[cfg(test)]
mod tests {
    use clap::Subcommand as _;

    use super::super::{Defaults, What};
    use super::*;

    #[test]
    fn durations_are_told_in_what_people_count_in() {
        assert_eq!(told(Duration::from_secs(59)), "some 59 s");
        assert_eq!(told(Duration::from_secs(121)), "some 3 min");
    }

    #[test]
    fn the_help_says_how_long_it_takes() {
        use clap::{CommandFactory as _, FromArgMatches as _};
        let effort = |words: &[&str]| {
            let command = Defaults::<Arguments>::command();
            let matches = command.get_matches_from(words.iter().copied());
            let arguments = Defaults::<Arguments>::from_arg_matches(&matches).unwrap().arguments;
            let mut machine = Machine::here();
            machine.has_valgrind = true;
            let plan = plan(&arguments, &machine).unwrap();
            plan.effort(Kind::ALL.into_iter(), &Compared::default())
        };
        let mut bench = What::augment_subcommands(clap::Command::new("bench"));
        let help = bench.find_subcommand_mut("serve").unwrap().render_long_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        let (whole, quick) = (effort(&["bench"]), effort(&["bench", "--quick"]));
        assert!(help.contains(&format!("takes {}", told(whole.duration))), "{}", told(whole.duration));
        assert!(help.contains(&format!("the essence, {}", told(quick.duration))), "{}", told(quick.duration));
        assert!(whole.counts > 0 && quick.counts == 0);
        assert_eq!(effort(&["bench", "--quick", "--instructions", "too"]).counts, 12);
    }

    #[test]
    fn a_run_that_is_left_out_takes_no_time() {
        let cell = Cell { protocol: Protocol::Http1, workload: "404-path".to_owned(), connections: 1 };
        let plan = Plan {
            workloads: vec![cell.workload.clone()],
            protocols: vec![cell.protocol],
            cells: vec![cell],
            rounds: 2,
            seconds: 1.0,
            counts: true,
        };
        let compared = Compared::without(Kind::Axum, Protocol::Http1, "404-path");
        let effort = plan.effort([Kind::Ours, Kind::Axum].into_iter(), &compared);
        assert_eq!((effort.runs, effort.counts), (2, 1));
        assert_eq!(effort.duration, 2 * (Duration::from_secs(1) + OVERHEAD) + COUNT);
    }

    #[test]
    fn the_baselines_know_every_workload_and_have_as_much_to_delete() {
        let zone = Workspace::here().unwrap().root.join("xtask/bench/src/zone.rs");
        let zone = std::fs::read_to_string(zone).unwrap();
        for name in WORKLOADS {
            assert!(zone.contains(&format!("(\"{name}\", ")), "{name}");
        }
        assert!(zone.contains(&format!("DELETABLE: usize = {};", load::CONSUMABLE)));
    }
}
