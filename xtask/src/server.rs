//! Programs that run beside this one, the server first of all. They end when this program is told to end, and at the
//! latest when the value that stands for them is dropped; so does all that they started in their turn.

use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use anyhow::{Context, bail};

/// The programs that run.
#[derive(Clone, Default)]
pub(crate) struct Running(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The ids of their processes, which are those of their process groups, too.
    ids: Vec<u32>,
    /// Whether this program has been told to end.
    is_interrupted: bool,
}

/// A program that runs.
pub(crate) struct Program {
    child: Child,
    running: Running,
}

impl Running {
    /// From now on Ctrl-C and its like ask the programs to end, let no other start, and end this program only when none runs.
    pub(crate) fn stop_on_signal() -> anyhow::Result<Self> {
        // A process can have one handler of signals, and it may have several steps that start programs.
        static HANDLED: OnceLock<Running> = OnceLock::new();
        if let Some(running) = HANDLED.get() {
            return Ok(running.clone());
        }
        let running = Self::default();
        let seen = running.clone();
        ctrlc::set_handler(move || {
            if !seen.interrupt() {
                process::exit(130);
            }
        })
        .map_err(io::Error::other)
        .context("cannot listen for Ctrl-C")?;
        Ok(HANDLED.get_or_init(|| running).clone())
    }

    /// Asks all programs to end, each with what it started, and says whether there were any.
    fn interrupt(&self) -> bool {
        let mut state = self.state();
        state.is_interrupted = true;
        state.ids.iter().for_each(|id| signal_group("TERM", *id));
        !state.ids.is_empty()
    }

    /// Whether this program has been told to end: what a program did then says nothing about it.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.state().is_interrupted
    }

    /// Starts a program.
    pub(crate) fn start(&self, command: &mut Command) -> anyhow::Result<Program> {
        // Its own process group: Ctrl-C in the terminal reaches this program, which asks the other to end once, and all that it started
        // can be found.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        // Held over the start, so that a signal finds either no program or one that it can stop.
        let mut state = self.state();
        if state.is_interrupted {
            bail!("interrupted before {} was started", command.get_program().display());
        }
        let child =
            command.spawn().with_context(|| format!("cannot run {}", command.get_program().display()))?;
        state.ids.push(child.id());
        drop(state);
        Ok(Program { child, running: self.clone() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
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

    /// Forgets it, since it has ended.
    fn forget(&self) {
        let id = self.child.id();
        let mut state = self.running.state();
        let Some(index) = state.ids.iter().position(|other| *other == id) else { return };
        state.ids.remove(index);
        // It may have ended sooner than what it started, for which nobody waits.
        if state.is_interrupted {
            signal_group("KILL", id);
        }
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
        signal_group("KILL", self.child.id());
        self.wait()
    }

    /// Asks it to end, with all that it started, and waits until it has.
    pub(crate) fn stop(mut self) -> anyhow::Result<ExitStatus> {
        signal_group("TERM", self.child.id());
        self.wait()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Once it was waited for, the number may be that of another group.
        let id = self.child.id();
        if self.running.state().ids.contains(&id) {
            signal_group("KILL", id);
        }
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

/// Sends a signal to a process group. The standard library can only kill, and a single process; and the shell has a `kill` of
/// its own, while not every machine has the program.
fn signal_group(name: &str, id: u32) {
    // It fails when all have ended, which is what is wanted.
    let _ = Command::new("sh").args(["-c", &format!("kill -s {name} -- -{id} 2>/dev/null")]).status();
}

/// Waits until a process has ended that is no child of this one, and says whether it has within ten seconds.
#[cfg(all(test, target_os = "linux"))]
pub(crate) fn ends(process: u32) -> bool {
    // Whoever has to take note of its end may be late; it has ended all the same.
    let has_ended = || {
        std::fs::read_to_string(format!("/proc/{process}/stat"))
            .ok()
            .is_none_or(|text| text.rsplit_once(") ").is_none_or(|(_, state)| state.starts_with(['Z', 'X'])))
    };
    (0..1000).any(|_| {
        has_ended() || {
            std::thread::sleep(std::time::Duration::from_millis(10));
            false
        }
    })
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
        assert!(running.state().ids.is_empty());
    }

    /// A shell that starts a `sleep`, which does what it says at SIGTERM, and waits for it; and the number of the `sleep`.
    #[cfg(target_os = "linux")]
    fn parent_and_child(running: &Running, at_sigterm: &str) -> (Program, u32) {
        let script = format!("(trap '{at_sigterm}' TERM; exec sleep 60) & echo $!; wait");
        let mut program = running.start(&mut shell(&script)).unwrap();
        let mut line = String::new();
        program.output().unwrap().read_line(&mut line).unwrap();
        let child = line.trim().parse().unwrap();
        assert!(Path::new(&format!("/proc/{child}/stat")).exists());
        (program, child)
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_interruption_ends_what_a_program_started_and_lets_no_other_start() {
        // The one ends when it is asked to, the other does not.
        for at_sigterm in ["-", ""] {
            let running = Running::default();
            assert!(!running.interrupt(), "there is nothing to end");
            let running = Running::default();
            let (mut program, child) = parent_and_child(&running, at_sigterm);
            assert!(running.interrupt());
            assert!(!program.wait().unwrap().success());
            assert!(ends(child), "with {at_sigterm:?}");
            let error = running.start(&mut shell("exit 0")).err().unwrap().to_string();
            assert_eq!(error, "interrupted before sh was started");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_program_started_ends_when_that_is_stopped_or_dropped() {
        let running = Running::default();
        let (program, child) = parent_and_child(&running, "-");
        program.stop().unwrap();
        assert!(ends(child), "stopped");
        let (program, child) = parent_and_child(&running, "");
        drop(program);
        assert!(ends(child), "dropped");
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
