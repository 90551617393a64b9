//! Programs that run beside this one, the server first of all. They end when this program is told to end, and at the
//! latest when the value that stands for them is dropped.

use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use anyhow::{Context, bail};

/// The process ids of the programs that run.
#[derive(Clone, Default)]
pub(crate) struct Running(Arc<Mutex<Vec<u32>>>);

/// A program that runs.
pub(crate) struct Program {
    child: Child,
    running: Running,
}

impl Running {
    /// From now on Ctrl-C and its like ask the programs to end, and end this program only when none runs.
    pub(crate) fn stop_on_signal() -> anyhow::Result<Self> {
        // A process can have one handler of signals, and it may have several steps that start programs.
        static HANDLED: OnceLock<Running> = OnceLock::new();
        if let Some(running) = HANDLED.get() {
            return Ok(running.clone());
        }
        let running = Self::default();
        let seen = running.clone();
        ctrlc::set_handler(move || {
            let ids = seen.ids();
            if ids.is_empty() {
                process::exit(130);
            }
            ids.iter().for_each(|id| terminate(*id));
        })
        .map_err(io::Error::other)
        .context("cannot listen for Ctrl-C")?;
        Ok(HANDLED.get_or_init(|| running).clone())
    }

    /// Starts a program.
    pub(crate) fn start(&self, command: &mut Command) -> anyhow::Result<Program> {
        // Its own process group: Ctrl-C in the terminal reaches this program, which asks the other to end once.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        // Held over the start, so that a signal finds either no program or one that it can stop.
        let mut ids = self.ids();
        let child =
            command.spawn().with_context(|| format!("cannot run {}", command.get_program().display()))?;
        ids.push(child.id());
        drop(ids);
        Ok(Program { child, running: self.clone() })
    }

    fn ids(&self) -> MutexGuard<'_, Vec<u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Program {
    /// Its standard output, if that was piped and nobody has taken it.
    pub(crate) fn output(&mut self) -> Option<BufReader<ChildStdout>> {
        self.child.stdout.take().map(BufReader::new)
    }

    /// Where the server says that it listens.
    pub(crate) fn address(&mut self) -> anyhow::Result<String> {
        for line in self.output().into_iter().flat_map(BufReader::lines) {
            let line = line.context("cannot read what onezone-server prints")?;
            if let Some(address) = listening_address(&line) {
                return Ok(address.to_owned());
            }
        }
        bail!("onezone-server ended without listening; its messages say why")
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        let status = self.child.wait().context("cannot wait for a program")?;
        self.forget();
        Ok(status)
    }

    fn forget(&self) {
        let id = self.child.id();
        self.running.ids().retain(|other| *other != id);
    }

    /// Its status, if it has ended.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        let ended = self.child.try_wait().context("cannot wait for a program")?;
        if ended.is_some() {
            self.forget();
        }
        Ok(ended)
    }

    /// Ends it at once, with all that it started.
    pub(crate) fn kill_group(mut self) -> anyhow::Result<ExitStatus> {
        signal("KILL", &format!("-{}", self.child.id()));
        self.wait()
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) -> anyhow::Result<ExitStatus> {
        terminate(self.child.id());
        self.wait()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.wait();
    }
}

/// The server's program on a database of its own, in the folder.
pub(crate) fn server_command(program: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.env("ONEZONE_DATA_DIR", PathBuf::from("data")).env_remove("ONEZONE_DATABASE");
    command
}

/// What a command says that has to succeed.
pub(crate) fn said_by(mut command: Command) -> anyhow::Result<String> {
    let output = command.stderr(Stdio::inherit()).output().context("cannot run onezone-server")?;
    if !output.status.success() {
        bail!("onezone-server ended with {}; its messages above say why", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The address in the line by which the server says that it listens.
pub(crate) fn listening_address(line: &str) -> Option<&str> {
    line.split_once("listening on ")
        .map(|(_, address)| address.trim())
        .filter(|text| text.starts_with("http"))
}

/// Asks a process to end. The standard library can only kill, which is no clean stop; and the shell has a `kill` of its
/// own, while not every machine has the program.
fn terminate(id: u32) {
    signal("TERM", &id.to_string());
}

fn signal(name: &str, to: &str) {
    // It fails when the process has ended, which is what is wanted.
    let _ = Command::new("sh").args(["-c", &format!("kill -s {name} -- {to} 2>/dev/null")]).status();
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdout(Stdio::piped());
        command
    }

    #[test]
    fn the_address_is_that_of_the_line_that_says_so() {
        let running = Running::default();
        let mut said = running
            .start(&mut shell("echo first; echo listening on http://127.0.0.1:1/x; exec sleep 60"))
            .unwrap();
        assert_eq!(said.address().unwrap(), "http://127.0.0.1:1/x");
        let mut silent = running.start(&mut shell("echo stopped")).unwrap();
        assert!(silent.address().unwrap_err().to_string().contains("ended without listening"));
    }

    #[test]
    fn a_program_that_is_dropped_has_ended() {
        let running = Running::default();
        let mut program = running.start(&mut shell("echo $$; exec sleep 60")).unwrap();
        let mut line = String::new();
        program.output().unwrap().read_line(&mut line).unwrap();
        drop(program);
        assert!(!shell(&format!("kill -0 {} 2>/dev/null", line.trim())).status().unwrap().success());
        assert!(running.ids().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_is_stopped_may_tidy_up() {
        let running = Running::default();
        let script = "trap 'exit 7' TERM; echo listening on http://a; while :; do sleep 0.05; done";
        let mut program = running.start(&mut shell(script)).unwrap();
        program.address().unwrap();
        assert_eq!(program.stop().unwrap().code(), Some(7));
    }

    #[test]
    fn other_lines_are_no_address() {
        assert_eq!(listening_address("stopped"), None);
        assert_eq!(listening_address("listening on nothing"), None);
    }
}
