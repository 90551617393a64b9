//! A PostgreSQL server of a task's own: in a temporary directory, reachable by a socket in it and by nothing else, run by an unprivileged
//! user, gone when it is dropped.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

/// The only user of the server.
const USER: &str = "onezone";

/// Longer than any start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server with one empty database.
pub(crate) struct Postgres {
    directory: TempDir,
    process: Child,
}

impl Postgres {
    /// Makes an empty server and starts it.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let programs = programs()?;
        let unprivileged = unprivileged();
        // The path of a socket has 107 bytes at most, so that this one is short.
        let directory = TempDir::with_prefix("oz-pg-").context("cannot make a temporary directory")?;
        if let Some((user, group)) = unprivileged {
            chown(directory.path(), Some(user), Some(group)).context("cannot give a directory away")?;
        }
        let data = directory.path().join("data");
        let mut init = command(&programs, "initdb", unprivileged);
        init.args(["--no-sync", "--locale=C.UTF-8", "--encoding=UTF8", "--auth=trust", "--username", USER]);
        let made = init.arg("--pgdata").arg(&data).output().context("cannot run initdb")?;
        if !made.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&made.stderr).trim());
        }
        let log = directory.path().join("log");
        let mut serve = command(&programs, "postgres", unprivileged);
        serve.arg("-D").arg(&data).args(["-c", "listen_addresses=", "-c", "shared_buffers=32MB", "-c"]);
        serve.arg(format!("unix_socket_directories={}", directory.path().display()));
        serve.stderr(File::create(&log).context("cannot write a log")?);
        let process = serve.spawn().context("cannot run postgres")?;
        let mut server = Self { directory, process };
        let started = Instant::now();
        while !server.is_ready(&programs) {
            let ended = server.process.try_wait().context("cannot wait for postgres")?;
            if ended.is_some() || started.elapsed() > PATIENCE {
                bail!("PostgreSQL does not start: {}", fs::read_to_string(&log).unwrap_or_default().trim());
            }
            sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// How to reach its database.
    pub(crate) fn url(&self) -> String {
        let socket = self.directory.path().display().to_string().replace('%', "%25").replace('/', "%2F");
        format!("postgres://{USER}@{socket}/postgres")
    }

    fn is_ready(&self, programs: &Path) -> bool {
        let mut probe = command(programs, "pg_isready", None);
        probe.args(["--quiet", "--username", USER, "--host"]).arg(self.directory.path());
        probe.status().is_ok_and(|status| status.success())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It may have ended already. The processes of single connections end by themselves when they notice.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(programs: &Path, name: &str, unprivileged: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(programs.join(name));
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
    if let Some((user, group)) = unprivileged {
        command.uid(user).gid(group);
    }
    // Ctrl-C is for the task, which ends the server when it has no more use for it.
    command.process_group(0);
    command
}

/// Where the programs of a server are: by `PATH`, or where Debian keeps them, the newest version first.
fn programs() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    let complete = |folder: &PathBuf| {
        ["postgres", "initdb", "pg_isready"].iter().all(|name| folder.join(name).is_file())
    };
    folders
        .into_iter()
        .find(complete)
        .context("PostgreSQL is missing; get it with `sudo .ci/install-packages postgresql`")
}

/// The user that the server runs as, which must not be root: that of Debian's package, or nobody.
fn unprivileged() -> Option<(u32, u32)> {
    // Nobody but this process wrote this.
    let owner = fs::metadata("/proc/self").map(|metadata| metadata.uid());
    if owner.is_ok_and(|user| user != 0) {
        return None;
    }
    let id = |flag: &str, user: &str| -> Option<u32> {
        let output = Command::new("id").args([flag, user]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    ["postgres", "nobody"].into_iter().find_map(|user| Some((id("-u", user)?, id("-g", user)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_there_while_it_is_wanted_and_no_longer() {
        let server = Postgres::start().unwrap();
        let socket = server.directory.path().join(".s.PGSQL.5432");
        assert!(socket.exists() && server.url().starts_with("postgres://onezone@%2F"));
        let id = server.process.id();
        drop(server);
        assert!(!socket.exists() && !Path::new(&format!("/proc/{id}")).exists());
    }
}
