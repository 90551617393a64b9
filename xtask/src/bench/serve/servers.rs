//! The servers: how each is built and started.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::load::Protocol;
use super::machine::Machine;
use crate::bench::generate::{how_to_get_it, openapi_generator};
use crate::workspace::Workspace;

/// A server that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(super) enum Kind {
    /// `onezone-server`
    Ours,
    /// The same with a line for each request in its log, which goes nowhere
    OursLogging,
    /// axum 0.8
    Axum,
    /// hyper 1 with matchit for a router
    Hyper,
    /// dropshot 0.18
    Dropshot,
    /// What openapi-generator makes of openapi.yaml (`rust-axum`)
    OpenapiGenerator,
}

impl Kind {
    /// All of them, in the order in which they are told.
    pub(super) const ALL: [Self; 6] =
        [Self::Ours, Self::OursLogging, Self::Axum, Self::Hyper, Self::Dropshot, Self::OpenapiGenerator];

    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursLogging => "ours-logging",
            Self::Axum => "axum",
            Self::Hyper => "hyper",
            Self::Dropshot => "dropshot",
            Self::OpenapiGenerator => "openapi-generator",
        }
    }

    /// What has to be known of its figures by a protocol.
    pub(super) fn remark(self, protocol: Protocol) -> Option<&'static str> {
        let waits = self == Self::Dropshot && protocol == Protocol::Http2;
        waits.then_some(
            "its sockets lack TCP_NODELAY, so that an answer can wait some 40 ms for an acknowledgement, most of all on one connection",
        )
    }

    /// Whether it writes a line for each request.
    pub(super) fn logs_requests(self) -> bool {
        self == Self::OursLogging
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A server that was built.
pub(super) struct Server {
    /// Which one.
    pub(super) kind: Kind,
    program: PathBuf,
}

/// All that were built.
pub(super) struct Servers {
    servers: Vec<Server>,
    /// The program that puts load on them.
    pub(super) load: PathBuf,
}

/// Where the baselines are.
const BASELINES: &str = "xtask/bench";

impl Servers {
    /// Builds those that were chosen, or all that can be.
    pub(super) fn build(
        workspace: &Workspace,
        chosen: &[Kind],
        baseline: Kind,
        generator: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let named = [chosen, &[baseline]].concat();
        let is_chosen = |kind: &Kind| chosen.is_empty() || *kind == Kind::Ours || named.contains(kind);
        let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(is_chosen).collect();
        let mut programs =
            executables(workspace, &["--package", "onezone-server", "--bin", "onezone-server"])?;
        let manifest = format!("{BASELINES}/Cargo.toml");
        programs.extend(executables(workspace, &["--manifest-path", &manifest])?);
        if kinds.contains(&Kind::OpenapiGenerator) {
            let built = generated(workspace, generator)
                .and_then(|manifest| executables(workspace, &["--manifest-path", &manifest]));
            match built {
                Ok(built) => programs.extend(built),
                // Whoever asked for it by name wants to hear of it; others go without.
                Err(error) if named.contains(&Kind::OpenapiGenerator) => return Err(error),
                Err(error) => eprintln!("left out: openapi-generator: {error:#}"),
            }
        }
        let program =
            |name: &str| programs.iter().find(|path| path.file_name().is_some_and(|file| file == name));
        let mut servers = Vec::new();
        for kind in kinds {
            let name = match kind {
                Kind::Ours | Kind::OursLogging => "onezone-server",
                other => other.name(),
            };
            match program(name) {
                Some(program) => servers.push(Server { kind, program: program.clone() }),
                None if kind == Kind::OpenapiGenerator => {}
                None => bail!("{name} was not built"),
            }
        }
        let load = program("load").context("the program that puts load on servers was not built")?.clone();
        Ok(Self { servers, load })
    }

    /// Those that were built, the baseline among them.
    pub(super) fn all(&self) -> &[Server] {
        &self.servers
    }

    /// The same in the order of a round. Another one begins each time, so that what comes before a server, which may leave the processor warm
    /// and the disk busy, is not always the same.
    pub(super) fn in_round(&self, round: usize) -> impl Iterator<Item = &Server> {
        let (last, first) = self.servers.split_at(round % self.servers.len().max(1));
        first.iter().chain(last)
    }
}

impl Server {
    /// Its command on a zone, beside which is its configuration, after `around`, which is a program that runs it.
    pub(super) fn command(
        &self,
        machine: &Machine,
        around: &[String],
        database: &Path,
        tls: Option<(&Path, &Path)>,
    ) -> Command {
        let mut command = match around.split_first() {
            None => machine.server(&self.program),
            Some((first, rest)) => {
                let mut command = machine.server(Path::new(first));
                command.args(rest).arg(&self.program);
                command
            }
        };
        match self.kind {
            Kind::Ours | Kind::OursLogging => {
                let log = if self.kind == Kind::Ours { "warn" } else { "info" };
                command.args(["serve", "--listen", "127.0.0.1:0", "--log", log, "--database"]);
                command.arg(format!("sqlite:{}", database.display()));
                command.arg("--config").arg(database.with_file_name(super::load::CONFIGURATION));
                if let Some((certificate, key)) = tls {
                    command.arg("--tls-certificate").arg(certificate).arg("--tls-key").arg(key);
                }
            }
            _ => {
                command.arg(database);
                if let Some((certificate, key)) = tls {
                    command.arg(certificate).arg(key);
                }
            }
        }
        // What stands in the environment of whoever measures must not choose for one of the servers, nor what is in a file.
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ONEZONE_"))
        {
            command.env_remove(name);
        }
        command.env("ONEZONE_KEY", super::load::KEY).stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }
}

/// Has openapi-generator make a server from our document, and gives the manifest of the program that fills it in.
fn generated(workspace: &Workspace, generator: Option<&Path>) -> anyhow::Result<String> {
    let out = workspace.root.join("target/bench/rust-axum");
    if out.exists() {
        std::fs::remove_dir_all(&out).with_context(|| format!("cannot remove {}", out.display()))?;
    }
    let document = workspace.root.join("openapi.yaml");
    let mut command = openapi_generator(generator, "rust-axum", &document, &out);
    // The version of our document is none for cargo, and by itself the generator writes it down as it is.
    command.arg("--additional-properties=packageVersion=21.2.7");
    let output = command.stderr(Stdio::piped()).output().context(how_to_get_it())?;
    if !output.status.success() {
        let what = format!("openapi-generator-cli -g rust-axum on openapi.yaml ended with {}", output.status);
        let messages = String::from_utf8_lossy(&output.stderr);
        bail!("{}", crate::bench::failure::Failure::new(what, &messages, None));
    }
    Ok(format!("{BASELINES}/openapi-generator/Cargo.toml"))
}

/// Builds what the arguments name, optimised. The names of functions, which the counts of instructions need, are in it anyway.
fn executables(workspace: &Workspace, what: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let mut build = workspace.cargo(&["build", "--release", "--message-format=json-render-diagnostics"]);
    build.args(what);
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.root.join("target"), PathBuf::from);
    build.arg("--target-dir").arg(target);
    let output = build.stderr(Stdio::inherit()).output().context("cannot run cargo")?;
    if !output.status.success() {
        bail!("{} does not build; the compiler says why above", what.join(" "));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    Ok(messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_server_begins_each_round() {
        let server = |kind| Server { kind, program: PathBuf::new() };
        let servers = [Kind::Ours, Kind::Axum, Kind::Hyper].map(server).into();
        let servers = Servers { servers, load: PathBuf::new() };
        let order = |round| servers.in_round(round).map(|server| server.kind).collect::<Vec<_>>();
        assert_eq!(order(0), [Kind::Ours, Kind::Axum, Kind::Hyper]);
        assert_eq!(order(1), [Kind::Axum, Kind::Hyper, Kind::Ours]);
        assert_eq!(order(2), [Kind::Hyper, Kind::Ours, Kind::Axum]);
        assert_eq!(order(3), order(0));
    }
}
