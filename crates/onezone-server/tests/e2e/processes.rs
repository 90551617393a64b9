//! Processes: a data directory with a server on it, commands of administration, and the command-line client.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use onezone_store::{Keyring, Keys};

use crate::fixture::ZONE;

/// Longer than anything here takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A directory of its own for each test, with the server's data in it.
pub(crate) struct Home {
    directory: tempfile::TempDir,
}

impl Home {
    /// Without data.
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// With the zone of [`ZONE`].
    pub(crate) fn with_zone() -> Self {
        let home = Self::new();
        home.write("zone.yaml", ZONE);
        home.run(&["zone", "apply", "zone.yaml"]);
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The database's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path("data/zone.db")
    }

    /// The keys that the database's secrets are sealed with.
    pub(crate) fn keys(&self) -> Keys {
        let text = std::fs::read_to_string(self.path("data/zone.db.key")).unwrap();
        Keys::fixed(Keyring::parse(&text, Arc::new(|| Err("nothing is sealed here".into()))).unwrap())
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        use std::io::Write as _;
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::File::create(&path).unwrap().write_all(content.as_ref()).unwrap();
        path
    }

    /// The server's program with these arguments, and nothing of the environment that the tests run in. There is one usual
    /// port for health and metrics, and there are many tests.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onezone-server"));
        command
            .env_clear()
            .env("ONEZONE_DATA_DIR", "data")
            .env("ONEZONE_METRICS_LISTEN", "off")
            .current_dir(self.directory.path());
        command.args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs a command that has to succeed without complaint, and gives its standard output.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that has to fail with this exit status, and gives its standard error.
    pub(crate) fn fail(&self, status: i32, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// The serialized form of a stored token.
    pub(crate) fn token(&self, id: &str) -> String {
        self.run(&["token", "print", id]).trim().to_owned()
    }

    /// The ids of a subject's tokens, as the administration sees them.
    pub(crate) fn tokens_of(&self, subject: &str) -> Vec<String> {
        let listed = self.run(&["token", "list", "--subject", subject, "--output", "json"]);
        let listed: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
        listed.iter().map(|token| token["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Serves on a free port.
    pub(crate) fn serve(&self) -> Server {
        Server::start(self.command(&["serve", "--listen", "127.0.0.1:0"]))
    }
}

/// A server that listens. Whatever happens to the test, it does not outlive it.
pub(crate) struct Server {
    child: Child,
    /// Scheme, host and port.
    pub(crate) origin: String,
    lines: Receiver<String>,
    stdout: String,
    stderr: Option<JoinHandle<()>>,
    /// The lines of standard error.
    heard: Arc<Mutex<String>>,
}

/// What a server said, and how it ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Server {
    /// Starts it and waits until it listens.
    pub(crate) fn start(command: Command) -> Self {
        Self::start_unread(command, channel().1)
    }

    /// The same with nobody who reads standard error until the other end of this channel sends or is dropped.
    pub(crate) fn start_unread(mut command: Command, read: Receiver<()>) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let heard = Arc::new(Mutex::new(String::new()));
        let hears = Arc::clone(&heard);
        let stderr = std::thread::spawn(move || {
            let _ = read.recv();
            let mut line = String::new();
            while stderr.read_line(&mut line).unwrap() > 0 {
                hears.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        let mut server =
            Self { child, origin: String::new(), lines, stdout: String::new(), stderr: Some(stderr), heard };
        let listening = server.read_until("listening on ");
        let base = listening.strip_prefix("listening on ").unwrap();
        base.strip_suffix("/api/v3/onezone").unwrap().clone_into(&mut server.origin);
        server
    }

    /// The address that all operations share.
    pub(crate) fn base(&self) -> String {
        format!("{}/api/v3/onezone", self.origin)
    }

    /// Host and port of a server without TLS.
    pub(crate) fn address(&self) -> &str {
        self.origin.strip_prefix("http://").unwrap()
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        self.origin.split_once("://").unwrap().1
    }

    /// Reads standard output up to a line that contains this, and gives that line.
    pub(crate) fn read_until(&mut self, part: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                let _ = self.child.kill();
                self.stderr.take().unwrap().join().unwrap();
                let stderr = self.heard_so_far();
                panic!("no line with {part:?} in {:?}; standard error: {stderr:?}", self.stdout);
            };
            self.stdout += &line;
            self.stdout.push('\n');
            if line.contains(part) {
                return line;
            }
        }
    }

    /// What was read of standard output.
    pub(crate) fn read_so_far(&self) -> &str {
        &self.stdout
    }

    /// What it has written to standard error.
    pub(crate) fn heard_so_far(&self) -> String {
        self.heard.lock().unwrap().clone()
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        // The shell's own `kill`: not every machine has the program.
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "{kill}");
    }

    /// Waits until the process is gone, whether or not somebody reads what it wrote.
    pub(crate) fn gone(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Waits for the end, which somebody has to have asked for.
    pub(crate) fn wait(mut self) -> Ended {
        self.ended()
    }

    /// The same, once.
    pub(crate) fn ended(&mut self) -> Ended {
        // Both ends are closed when the process ends, and not before.
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.stdout += &line;
            self.stdout.push('\n');
        }
        self.stderr.take().unwrap().join().unwrap();
        let stderr = self.heard_so_far();
        let status = self.child.wait().unwrap();
        Ended { status, stdout: std::mem::take(&mut self.stdout), stderr }
    }

    /// Asks for the end, which has to be a clean one.
    pub(crate) fn stop(self) -> Ended {
        self.signal("TERM");
        let ended = self.wait();
        assert!(ended.status.success(), "{}: {}", ended.status, ended.stderr);
        ended
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command-line client, in an environment that holds these variables and nothing else.
pub(crate) fn rest_cli(words: &[&str], variables: &[(&str, &str)]) -> Output {
    let name = format!("onezone-rest-cli{}", std::env::consts::EXE_SUFFIX);
    let program = Path::new(env!("CARGO_BIN_EXE_onezone-server")).with_file_name(name);
    // Cargo builds the programs of other packages only together with those packages' own tests.
    assert!(
        program.exists(),
        "{} is missing: run `cargo build --package onezone-rest-cli`",
        program.display()
    );
    Command::new(program).env_clear().envs(variables.iter().copied()).args(words).output().unwrap()
}
