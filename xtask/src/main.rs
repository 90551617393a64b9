//! The tasks of this workspace, called as `cargo xtask TASK`. It must never depend on a crate with generated code: a
//! broken stub must not keep anyone from regenerating it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task runner talks to the person who runs it"
)]

#[cfg(test)]
mod addition_tests;
mod audit;
mod bench;
mod browser;
mod compat;
mod corpus;
mod demo;
mod docs;
mod document;
mod files;
mod fuzz;
mod generate;
mod git;
mod package;
mod package_deb;
mod postgres;
mod progress;
mod prove;
mod publish;
#[cfg(test)]
#[cfg(unix)]
mod readme_tests;
mod sbom;
mod schemathesis;
mod screenshots;
mod server;
mod soak;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Tokens are small and many, and the allocator of the system takes a third of the time with them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The tasks of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generate server stubs, client and command-line table from openapi.yaml.
    ///
    /// Writes only files whose bytes change and deletes those that are no longer generated. When openapi.yaml has
    /// mistakes, all of them are printed and nothing is written.
    ///
    /// With --spec and --out: a whole workspace for any document. Exit status: 0 everything was generated, 3 operations
    /// were left out, 1 nothing was written, 2 wrong usage.
    Generate(generate::Arguments),
    /// Try documents: generate, compile and round-trip each, and print a table.
    Corpus(corpus::Arguments),
    /// Measure generation, the server and its build, as ratios to others that do the same.
    Bench(bench::Arguments),
    /// Look for inputs that the generator, the parsers, the server or the client cannot bear, led by what they reach (libFuzzer).
    ///
    /// It works with the stable toolchain and takes a compiler of C++. An input that fails is kept in target/fuzz/failed; what is found with
    /// --keep goes into crates/fuzz-targets/corpus, every file of which is an ordinary test from then on.
    Fuzz(fuzz::Arguments),
    /// Check the rules of this house that no compiler checks: dependencies, layout, style.
    Tidy,
    /// Build the server and run it with a demo zone; print a ready call of each operation.
    ///
    /// Ctrl-C stops it cleanly. The zone lives in target/demo/ and starts afresh each time, unless --keep is given.
    Run(demo::Arguments),
    /// Write the reference page of openapi.yaml, or of any document, to a folder.
    ///
    /// The page is one file that loads nothing: open it as it is, or put the folder on a web server. The document lies beside it.
    Docs(docs::Arguments),
    /// Call the running server with whatever openapi.yaml allows and forbids, and hold its answers against the document.
    ///
    /// On SQLite and on PostgreSQL, call by call and in sequences. It takes Python and fetches schemathesis. What is called, and what the server logged, lies in target/schemathesis/.
    Schemathesis(schemathesis::Arguments),
    /// Try the reference page of the running server in Chromium.
    ///
    /// It takes Chromium and npm. The report, and what the server logged, lie in target/browser/.
    Browser(browser::Arguments),
    /// Take the screenshots of the documentation anew: of the reference page, and of the first five minutes at a terminal.
    Screenshots,
    /// Try what is promised of the stores for longer than the tests do, and print the figures.
    ///
    /// Processes and database servers are killed, power is cut, disks are full and fail, histories are compared with a
    /// model. The figures of `crates/onezone-server/docs/reliability.md` are made by it.
    Prove(prove::Arguments),
    /// Put the server at full load, among hostile clients and faults, for ten minutes on each database.
    ///
    /// It is killed, restarted and paused, its database too; disks are full, clocks jump. All answers have to fit together, what
    /// was acknowledged has to stay, and what the server takes of the machine must not grow. It takes PostgreSQL's programs and
    /// a C compiler. Exit status 1 when anything is wrong.
    Soak(soak::Arguments),
    /// Say what changed in openapi.yaml since a revision of git or against a file, and whom it breaks.
    ///
    /// Every change has its kind, its place and what it asks of the version number: breaking changes a major one, additions a minor one, the
    /// rest a patch. Exit status: 0 nothing breaks, 1 something does (unless --allow), 2 the documents cannot be compared. The kinds
    /// are in crates/stubgen/README.md.
    Compat(compat::Arguments),
    /// Publish the packages that others depend on, in their order, and tag the version.
    ///
    /// Everything that speaks against it is told at once, each with what mends it, and then nothing is uploaded: uncommitted changes, stale
    /// generated code, incomplete manifests, a change log without a section for the version, a version that is tagged or published or too small
    /// for what changed (by `cargo xtask compat` and cargo-semver-checks, against the last tagged version), a package that does not build
    /// by itself. The checklist is in .github/CONTRIBUTING.md. Exit status: 0 published, or nothing is in the way; 1 otherwise.
    Publish(publish::Arguments),
    /// Check what the workspace depends on: licences, banned packages, sources, the promised Rust version, advisories.
    ///
    /// It takes cargo-deny and cargo-audit, and git to fetch the advisories. Where these cannot be had it says so and goes on.
    Audit(audit::Arguments),
    /// Write what a program is made of, in the format of `CycloneDX`: every package with version, licence, checksum and its own dependencies.
    ///
    /// The same sources give the same bytes. The Debian package has the server's below /usr/share/doc/onezone-server/.
    Sbom(sbom::Arguments),
    /// Build the Debian package of the server: program, unit, configuration, manual pages, completions.
    PackageDeb(package_deb::Arguments),
    /// Run everything that a change must pass, in order, and stop at the first failure.
    Test(test::Arguments),
}

fn main() -> ExitCode {
    if corpus::is_wrapper() {
        return corpus::wrapped().unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        });
    }
    let arguments = Arguments::parse();
    match run(&arguments.task) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::here()?;
    match task {
        Task::Generate(arguments) => return generate::run(&workspace, arguments),
        Task::Corpus(arguments) => corpus::run(&workspace, arguments),
        Task::Bench(arguments) => bench::run(&workspace, arguments),
        Task::Fuzz(arguments) => fuzz::run(&workspace, arguments),
        Task::Tidy => tidy::run(&workspace),
        Task::Run(arguments) => demo::run(&workspace, arguments),
        Task::Docs(arguments) => docs::run(&workspace, arguments),
        Task::Schemathesis(arguments) => schemathesis::run(&workspace, arguments),
        Task::Browser(arguments) => browser::run(&workspace, arguments),
        Task::Screenshots => screenshots::run(&workspace),
        Task::Prove(arguments) => prove::run(&workspace, arguments),
        Task::Soak(arguments) => soak::run(&workspace, arguments),
        Task::Compat(arguments) => return Ok(compat::run(&workspace, arguments)),
        Task::Publish(arguments) => publish::run(&workspace, arguments),
        Task::Audit(arguments) => audit::run(&workspace, arguments),
        Task::Sbom(arguments) => sbom::run(&workspace, arguments),
        Task::PackageDeb(arguments) => package_deb::run(&workspace, arguments),
        Task::Test(arguments) => test::run(&workspace, arguments),
    }?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }
}
