//! The client as others get it: the packaged crate, alone in a project outside of this workspace, lists tokens from a running server, and builds
//! without default features and for browsers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};

use crate::demo::ZONE;
use crate::files;
use crate::server::Running;
use crate::workspace::Workspace;

/// The package.
const CLIENT: &str = "onezone-client";

/// The target for browsers.
const BROWSER: &str = "wasm32-unknown-unknown";

// Whose token calls, whose tokens are listed, and one of them; each stands in the demo zone, which a test checks.
const TOKEN_ID: &str = "4a5e5dabcd55e03f1e9237eeca2548ff";
const PROVIDER_ID: &str = "6ebe7ac282e0188b5336b5d8cfa564d5";
const LISTED_ID: &str = "81336b59656653a481d1e65168f3f213";

/// A project of somebody else: it knows the client by its package, and nothing of this workspace.
const MANIFEST: &str = r#"[package]
name = "user-of-the-packaged-client"
version = "0.0.0"
edition = "2024"

[workspace]

[features]
default = ["rustls"]
rustls = ["onezone-client/rustls"]

[dependencies]
onezone-client = { path = "PACKAGE", default-features = false }
tokio = { version = "1", features = ["macros", "net", "rt-multi-thread", "signal", "sync", "time"] }
"#;

const PROGRAM: &str = r#"use onezone_client::{Client, Credentials};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [address, token, provider] = ["ADDRESS", "TOKEN", "PROVIDER"].map(|name| std::env::var(name).unwrap_or_default());
    let client = Client::builder(&address).credentials(Credentials::x_auth_token(token)).build()?;
    let list = client.list_named_tokens_of_provider().id(provider).send().await?;
    for id in &list.tokens {
        println!("{id}");
    }
    Ok(())
}
"#;

/// Carries out the step; the server is built already.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let metadata = workspace.metadata()?;
    let version = metadata.packages.iter().find(|package| package.name == CLIENT).map(|p| p.version.clone());
    let version = version.with_context(|| format!("{CLIENT} is no member"))?;
    let target = metadata.target_directory.into_std_path_buf();
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let folder = folder.path();

    let package = ["package", "--package", CLIENT, "--locked", "--allow-dirty", "--no-verify", "--quiet"];
    succeed(workspace.cargo(&package).stdout(Stdio::null()), "complete the manifest as cargo says")?;
    let archive = target.join(format!("package/{CLIENT}-{version}.crate"));
    let mut unpack = Command::new("tar");
    unpack.arg("--extract").arg("--gzip").arg("--directory").arg(folder).arg("--file").arg(&archive);
    succeed(&mut unpack, "install tar")?;
    let unpacked = folder.join(format!("{CLIENT}-{version}"));

    let user = Project { folder: folder.join("user"), target: target.clone(), workspace };
    files::write(&user.folder.join("Cargo.toml"), &MANIFEST.replace("PACKAGE", &unpacked.to_string_lossy()))?;
    files::write(&user.folder.join("src/main.rs"), PROGRAM)?;
    fs::copy(workspace.root.join("Cargo.lock"), user.folder.join("Cargo.lock"))
        .context("cannot copy Cargo.lock")?;

    timed("builds in a project of its own", || user.cargo(&["build", "--offline", "--quiet"]))?;
    timed("lists tokens", || lists(&user, &target, &folder.join("server")))?;
    timed("builds without default features", || {
        user.cargo(&["check", "--offline", "--quiet", "--no-default-features"])
    })?;
    if !has_target(workspace, BROWSER) {
        println!("    {BROWSER} is not installed, and was not built for: `rustup target add {BROWSER}`");
        return Ok(());
    }
    // What only browsers need is in no other step, and may have to be fetched.
    let package = Project { folder: unpacked, target, workspace };
    timed(&format!("builds for {BROWSER}"), || {
        package.cargo(&["check", "--lib", "--locked", "--quiet", "--target", BROWSER])
    })
}

/// A folder with a manifest, which is built where the workspace is.
struct Project<'a> {
    folder: PathBuf,
    target: PathBuf,
    workspace: &'a Workspace,
}

impl Project<'_> {
    fn cargo(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let mut command = self.workspace.cargo_outside(arguments, &self.target);
        command.current_dir(&self.folder);
        succeed(&mut command, "mend the package of the client: what it needs must be in it")
    }
}

/// The program of the project lists the tokens of a provider, from a server with the demo zone.
fn lists(user: &Project<'_>, target: &Path, folder: &Path) -> anyhow::Result<()> {
    files::write(&folder.join("zone.yaml"), ZONE)?;
    let program = |name: &str| target.join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let server = |arguments: &[&str]| {
        let mut command = Command::new(program("onezone-server"));
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        command.env("ONEZONE_DATA_DIR", "data").env_remove("ONEZONE_DATABASE");
        command
    };
    succeed(server(&["zone", "apply", "zone.yaml"]).stdout(Stdio::null()), "the server says why above")?;
    let token = server(&["token", "print", TOKEN_ID]).output().context("cannot run onezone-server")?;
    let token = String::from_utf8_lossy(&token.stdout).trim().to_owned();

    let running = Running::stop_on_signal()?;
    let mut serve = server(&["serve", "--listen", "127.0.0.1:0"]);
    let mut served = running.start(serve.stdout(Stdio::piped()).stderr(Stdio::null()))?;
    let address = served.address()?;
    let origin: String = address.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let output = Command::new(program("user-of-the-packaged-client"))
        .current_dir(&user.folder)
        .envs([("ADDRESS", origin.as_str()), ("TOKEN", &token), ("PROVIDER", PROVIDER_ID)])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run what was built")?;
    served.stop()?;
    let listed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || !listed.lines().any(|id| id == LISTED_ID) {
        bail!("the packaged client did not list the tokens ({}); its messages are above", output.status);
    }
    Ok(())
}

fn timed(name: &str, work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let started = Instant::now();
    work()?;
    println!("    {name}: {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn succeed(command: &mut Command, hint: &str) -> anyhow::Result<()> {
    let program = command.get_program().to_owned();
    let status = command.status().with_context(|| format!("cannot run {}", program.display()))?;
    if !status.success() {
        bail!("{hint} ({status})");
    }
    Ok(())
}

/// Whether the libraries of a target are installed, with or without rustup.
fn has_target(workspace: &Workspace, target: &str) -> bool {
    let asked = workspace.command("rustc", &["--print", "target-libdir", "--target", target]).output();
    asked.is_ok_and(|output| {
        output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caller_provider_and_token_stand_in_the_demo_zone() {
        for id in [TOKEN_ID, PROVIDER_ID, LISTED_ID] {
            assert!(ZONE.lines().any(|line| line == format!("  - id: {id}")), "{id} is not in the demo zone");
        }
        let subject = format!("  - id: {LISTED_ID}\n    name: root token\n    subject: prv-{PROVIDER_ID}\n");
        assert!(ZONE.contains(&subject), "the token is of another provider");
    }

    #[test]
    fn targets_that_are_not_installed_are_told_apart() {
        let workspace = Workspace::here().unwrap();
        assert!(!has_target(&workspace, "no-such-target"));
        let host = workspace.command("rustc", &["-vV"]).output().unwrap();
        let host = String::from_utf8(host.stdout).unwrap();
        let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        assert!(has_target(&workspace, host));
    }
}
