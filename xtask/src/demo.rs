//! `cargo xtask run`: the server with a demo zone, for trying out the two operations by hand.

use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::files;
use crate::generate::{self, Mode};
use crate::server::{Program, Running, listening_address};
use crate::workspace::Workspace;

/// The demo zone, as a zone file. Its alice and its provider have the ids of the examples in openapi.yaml.
pub(crate) const ZONE: &str = include_str!("demo.yaml");

// Who does what in the sample calls; each stands in the zone file, which a test checks.
const USER_ID: &str = "c26bab23d12f7389c3c311caf9c15902";
const USER_LOGIN: &str = "alice:alice's demo password";
const USER_TOKEN_ID: &str = "2b5d0dd5aa6443a69277b5ce0544fec2";
const PROVIDER_ID: &str = "6ebe7ac282e0188b5336b5d8cfa564d5";

/// What `run` is told on the command line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Address and port to listen on; port 0 takes any that is free.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
    /// Go on with the zone of the last time instead of a fresh one.
    #[arg(long)]
    keep: bool,
    /// Arguments for `onezone-server serve`.
    #[arg(last = true)]
    server: Vec<String>,
}

/// The programs and files of a demo.
struct Demo {
    server: PathBuf,
    client: PathBuf,
    folder: PathBuf,
    database: String,
}

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<()> {
    let mut report = Vec::new();
    if let Err(error) = generate::generate(&workspace.root, Mode::Check, &mut report) {
        eprint!("{}", String::from_utf8_lossy(&report));
        return Err(error);
    }
    let build = ["build", "--locked", "--package", "onezone-server", "--package", "onezone-rest-cli"];
    if !workspace.cargo(&build).status().context("cannot run cargo")?.success() {
        bail!("the server does not build; the compiler's messages above say why");
    }
    let demo = Demo::new(workspace)?;
    demo.prepare(arguments.keep)?;
    // Read before the server opens the database: one process at a time may hold it.
    let token = demo.token()?;
    demo.serve(arguments, &token)
}

impl Demo {
    fn new(workspace: &Workspace) -> anyhow::Result<Self> {
        let target = workspace.metadata()?.target_directory.into_std_path_buf();
        let program =
            |name: &str| target.join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        let folder = target.join("demo");
        Ok(Self {
            server: program("onezone-server"),
            client: program("onezone-rest-cli"),
            database: format!("sqlite:{}", folder.join("onezone.sqlite").display()),
            folder,
        })
    }

    /// Brings the demo's database to the demo zone. Files are not removed, since a demo that still runs may have them open; then the
    /// server refuses to start a second time and says why.
    fn prepare(&self, keep: bool) -> anyhow::Result<()> {
        let zone = self.folder.join("zone.yaml");
        if keep && zone.exists() {
            return Ok(());
        }
        files::write(&zone, ZONE)?;
        let mut command = self.command(&["zone", "apply", "--prune"]);
        if !command.arg(&zone).status().context("cannot run onezone-server")?.success() {
            bail!(
                "the demo zone could not be stored; onezone-server says why above. To start from nothing, remove {}",
                self.folder.display()
            );
        }
        Ok(())
    }

    /// The serialized access token of the sample calls.
    fn token(&self) -> anyhow::Result<String> {
        let output = self
            .command(&["token", "print", USER_TOKEN_ID])
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run onezone-server")?;
        if !output.status.success() {
            // It happens with --keep, once the sample deletion was carried out.
            return Ok(String::new());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn serve(&self, arguments: &Arguments, token: &str) -> anyhow::Result<()> {
        let mut command = self.command(&["serve", "--listen", &arguments.listen]);
        command.args(&arguments.server).stdout(Stdio::piped());
        let mut server = Running::stop_on_signal()?.start(&mut command)?;
        self.relay(&mut server, token)?;
        let status = server.wait()?;
        if !status.success() {
            bail!("onezone-server ended with {status}; its messages above say why");
        }
        Ok(())
    }

    /// Passes on what the server prints, and adds the sample calls once it says where it listens.
    fn relay(&self, server: &mut Program, token: &str) -> anyhow::Result<()> {
        let Some(output) = server.output() else { return Ok(()) };
        for line in output.lines() {
            let line = line.context("cannot read what onezone-server prints")?;
            let samples = listening_address(&line)
                .map(|address| format!("{}\n", samples(&origin(address), token, &self.client)));
            // Whoever read may have gone; the server goes on, and its output is still to be taken.
            let _ = write!(io::stdout(), "{line}\n{}", samples.unwrap_or_default());
        }
        Ok(())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.server);
        command.args(arguments).args(["--database", &self.database]).stdin(Stdio::null());
        command
    }
}

/// Scheme, host and port of an address.
fn origin(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
    format!("{scheme}://{}", rest.split('/').next().unwrap_or(rest))
}

fn samples(origin: &str, token: &str, client: &Path) -> String {
    // The folder of a checkout may have any name.
    let client = format!("'{}'", client.display().to_string().replace('\'', "'\\''"));
    let base = format!("{origin}/api/v3/onezone");
    if token.is_empty() {
        return format!(
            "\nThe sample token is deleted. Start afresh with `cargo xtask run`, or call with a password:\n  \
             curl -u \"{USER_LOGIN}\" {base}/providers/{PROVIDER_ID}/tokens/named\n\nStop with Ctrl-C.\n"
        );
    }
    format!(
        "\n\
         List the named tokens of a provider (alice may: a group gives her `cluster_update`):\n\
         \x20 curl -H \"X-Auth-Token: {token}\" {base}/providers/{PROVIDER_ID}/tokens/named\n\
         \x20 ONEZONE_API_KEY={token} {client} --host {origin} listNamedTokensOfProvider id={PROVIDER_ID}\n\
         \n\
         Delete the named tokens of a user (alice's own; the token above is one of them):\n\
         \x20 curl -i -u \"{USER_LOGIN}\" -X DELETE {base}/users/{USER_ID}/tokens/named\n\
         \x20 {client} --host {origin} -u \"{USER_LOGIN}\" deleteNamedTokensOfUser id={USER_ID}\n\
         \n\
         Read about both, and try them, in a browser: {base}/docs\n\
         \n\
         Stop with Ctrl-C.\n"
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_sample_calls_name_what_is_in_the_zone() {
        let (name, password) = USER_LOGIN.split_once(':').unwrap();
        for line in [
            format!("  - id: {USER_ID}"),
            format!("    username: {name}"),
            format!("    password: {password}"),
            format!("  - id: {PROVIDER_ID}"),
            format!("  - id: {USER_TOKEN_ID}"),
        ] {
            assert!(ZONE.lines().any(|other| other == line), "{line:?} is not in the demo zone");
        }
    }

    #[test]
    fn the_sample_calls_use_the_address_that_the_server_prints() {
        let line = "listening on http://127.0.0.1:40123/api/v3/onezone";
        let origin = origin(listening_address(line).unwrap());
        assert_eq!(origin, "http://127.0.0.1:40123");
        let samples = samples(&origin, "TOKEN", Path::new("onezone-rest-cli"));
        assert_eq!(samples.matches("http://127.0.0.1:40123/api/v3/onezone/").count(), 3);
        assert_eq!(samples.matches("--host http://127.0.0.1:40123 ").count(), 2);
    }

    /// A server in a few lines of shell: it says where it listens, has Ctrl-C pressed, and leaves a file when it is
    /// asked to end.
    #[cfg(unix)]
    #[test]
    fn ctrl_c_asks_the_server_to_end_and_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let server = folder.path().join("onezone-server");
        let stopped = folder.path().join("stopped");
        let script = format!(
            "#!/bin/sh\ntrap 'touch {}; exit 0' TERM\necho listening on http://127.0.0.1:1/api/v3/onezone\n\
             kill -INT $PPID\nwhile :; do sleep 0.1; done\n",
            stopped.display()
        );
        files::write(&server, &script).unwrap();
        fs::set_permissions(&server, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let demo = Demo {
            server,
            client: PathBuf::from("onezone-rest-cli"),
            folder: folder.path().to_owned(),
            database: "sqlite:none".to_owned(),
        };
        let arguments = Arguments { listen: "127.0.0.1:0".to_owned(), keep: false, server: Vec::new() };
        demo.serve(&arguments, "TOKEN").unwrap();
        assert!(stopped.exists(), "the server was not asked to end");
    }
}
