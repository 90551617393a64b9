//! A `PostgreSQL` server of a test's own: in a temporary directory, reachable by a socket in it and by nothing else, run by
//! an unprivileged user, gone when it is dropped. And a standby of it.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::postgres::{Durability, PostgresOptions};

const USER: &str = "onezone";

/// Longer than any start on a busy machine, recovery included.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server.
pub struct PostgresServer {
    /// Holds the data, the socket and the log.
    directory: TempDir,
    programs: PathBuf,
    unprivileged: Option<(u32, u32)>,
    /// Where it listens on the loopback interface, for TLS; otherwise it has its socket alone.
    port: Option<u16>,
    /// What it finds in its environment beside that of the test.
    environment: Vec<(OsString, OsString)>,
    process: Child,
}

impl PostgresServer {
    /// Makes an empty server and starts it.
    pub fn start() -> Self {
        Self::start_listening(None, &[])
    }

    /// The same with these variables in its environment, at this and every later start.
    pub fn start_with(environment: &[(&str, &OsStr)]) -> Self {
        Self::start_listening(None, environment)
    }

    /// The same, reachable by TLS and nothing else on a port of the loopback interface, with this certificate and key in
    /// PEM form.
    pub fn start_with_tls(certificate: &str, key: &str) -> Self {
        Self::start_listening(Some((certificate, key)), &[])
    }

    /// How to reach a database by TLS, with further options of the connection string.
    pub fn tls_options(&self, host: &str, database: &str, further: &str) -> PostgresOptions {
        let port = self.port.expect("a server with TLS");
        PostgresOptions {
            url: format!("postgres://{USER}@{host}:{port}/{database}?{further}"),
            ..self.options(database)
        }
    }

    fn start_listening(tls: Option<(&str, &str)>, environment: &[(&str, &OsStr)]) -> Self {
        let environment: Vec<(OsString, OsString)> =
            environment.iter().map(|(name, value)| (name.into(), (*value).to_owned())).collect();
        let programs = programs();
        let unprivileged = unprivileged();
        let directory = new_directory(unprivileged);
        let data = directory.path().join("data");
        run(unprivileged, &programs.join("initdb"), |command| {
            command.args([
                "--no-sync",
                "--locale=C.UTF-8",
                "--encoding=UTF8",
                "--auth=trust",
                "--username",
                USER,
            ]);
            command.arg("--pgdata").arg(&data);
        });
        let port = tls.map(|(certificate, key)| {
            let hba = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
            for (name, content) in [("server.crt", certificate), ("server.key", key), ("hba.conf", hba)] {
                write_private(&directory.path().join(name), content, unprivileged);
            }
            let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            free.expect("a port is free").port()
        });
        let process = serve(directory.path(), &programs, unprivileged, port, &environment);
        let server = Self { directory, programs, unprivileged, port, environment, process };
        server.wait_until_ready();
        server
    }

    /// Starts a copy that follows this server. Once this returns, this server waits for it at every commit.
    #[must_use]
    pub fn start_synchronous_standby(&self) -> Self {
        let directory = new_directory(self.unprivileged);
        run(self.unprivileged, &self.programs.join("pg_basebackup"), |command| {
            command.args([
                "--username",
                USER,
                "--write-recovery-conf",
                "--wal-method=stream",
                "--checkpoint=fast",
            ]);
            command
                .arg("--no-sync")
                .arg("--host")
                .arg(self.directory.path())
                .arg("--pgdata")
                .arg(directory.path().join("data"));
        });
        let environment = self.environment.clone();
        let process = serve(directory.path(), &self.programs, self.unprivileged, None, &environment);
        let (programs, unprivileged) = (self.programs.clone(), self.unprivileged);
        let standby = Self { directory, programs, unprivileged, port: None, environment, process };
        standby.wait_until_ready();
        self.set("synchronous_standby_names", "*");
        standby
    }

    /// An empty database on this server.
    pub fn create_database(&self) -> String {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("zone{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.execute(&format!("CREATE DATABASE {name}"));
        name
    }

    /// How to reach a database on this server.
    pub fn options(&self, database: &str) -> PostgresOptions {
        Self::options_of(&[self], database)
    }

    /// How to reach a database on whichever of these servers takes writes.
    pub fn options_of(servers: &[&Self], database: &str) -> PostgresOptions {
        let host = |server: &&Self| format!("{}:{}", encoded(server.directory.path()), server.socket_port());
        let hosts: Vec<String> = servers.iter().map(host).collect();
        PostgresOptions {
            url: format!("postgres://{USER}@{}/{database}", hosts.join(",")),
            durability: Durability::Local,
            max_connections: 8,
        }
    }

    /// Runs one statement, outside any store.
    pub fn execute(&self, statement: &str) -> String {
        self.execute_in("postgres", statement)
    }

    /// The same in a database of a store.
    pub fn execute_in(&self, database: &str, statement: &str) -> String {
        run(self.unprivileged, &self.programs.join("psql"), |command| {
            command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--username", USER]);
            command
                .args(["--dbname", database, "--command", statement, "--port", &self.socket_port()])
                .arg("--host")
                .arg(self.directory.path());
        })
    }

    /// Leaves of a migrated database what the migration made: the schema, and what belongs to it.
    pub fn empty(&self, database: &str) {
        self.execute_in(
            database,
            "DO $$ DECLARE names text; BEGIN \
             SELECT string_agg(quote_ident(tablename), ', ') INTO names FROM pg_tables \
             WHERE schemaname = 'public' AND tablename <> 'meta'; \
             EXECUTE 'TRUNCATE ' || names; END $$",
        );
    }

    /// Ends the server at once, without any chance to tidy up: `kill -9`. The processes of its connections end by
    /// themselves when they notice, and may answer until then, which is waited for.
    pub fn kill(&mut self) {
        // Stopped, it makes no process that is not among these.
        signal("STOP", &[self.process.id()]);
        let processes = self.processes();
        self.process.kill().expect("the server can be killed");
        self.process.wait().expect("the server ends");
        let killed = Instant::now();
        while processes.iter().any(|process| is_there(*process)) {
            assert!(killed.elapsed() < PATIENCE, "the server does not end; its log:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends the server as an administrator does who does not wait for clients: what they are doing is rolled back.
    pub fn stop_fast(&mut self) {
        self.stop_by("INT");
    }

    /// Ends the server without tidying up, as on a machine that is about to go down.
    pub fn stop_immediately(&mut self) {
        self.stop_by("QUIT");
    }

    fn stop_by(&mut self, name: &str) {
        signal(name, &[self.process.id()]);
        self.process.wait().expect("the server ends");
    }

    /// Waits until the server takes connections again, and starts it where it has ended, as one does whose disk is full.
    pub fn revive(&mut self) {
        let started = Instant::now();
        // When one of its processes has failed, the server is ready until it notices.
        let is_ready_twice = |server: &Self| {
            server.is_ready() && {
                std::thread::sleep(Duration::from_millis(300));
                server.is_ready()
            }
        };
        while !is_ready_twice(self) {
            if !self.is_running() {
                self.restart();
            }
            assert!(started.elapsed() < PATIENCE, "the server does not start; its log:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether it has not ended.
    fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Lets the server and the processes of all its connections do nothing until [`Self::resume`].
    pub fn pause(&self) {
        signal("STOP", &self.processes());
    }

    /// Lets them go on.
    pub fn resume(&self) {
        signal("CONT", &self.processes());
    }

    /// Its processes, those of its connections included.
    fn processes(&self) -> Vec<u32> {
        let own = self.process.id();
        let mut all = vec![own];
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            if told(id, "PPid:").and_then(|parent| parent.parse().ok()) == Some(own) {
                all.push(id);
            }
        }
        all
    }

    /// The socket that it listens on.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join(format!(".s.PGSQL.{}", self.socket_port()))
    }

    /// Starts the server again on the data it left, as soon as the processes of its connections have noticed its end.
    pub fn restart(&mut self) {
        let started = Instant::now();
        loop {
            let directory = self.directory.path();
            self.process = serve(directory, &self.programs, self.unprivileged, self.port, &self.environment);
            while !self.is_ready() && matches!(self.process.try_wait(), Ok(None)) {
                assert!(started.elapsed() < PATIENCE, "the server does not start; its log:\n{}", self.log());
                std::thread::sleep(Duration::from_millis(20));
            }
            if matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "the server does not start; its log:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Changes a setting of the running server.
    pub fn set(&self, setting: &str, value: &str) {
        self.execute(&format!("ALTER SYSTEM SET {setting} = '{value}'"));
        self.execute("SELECT pg_reload_conf()");
    }

    /// Makes a standby take writes.
    pub fn promote(&self) {
        run(self.unprivileged, &self.programs.join("pg_ctl"), |command| {
            command
                .args(["promote", "--wait", "--silent", "--pgdata"])
                .arg(self.directory.path().join("data"));
        });
    }

    /// A socket is named after a port, too.
    fn socket_port(&self) -> String {
        self.port.unwrap_or(5432).to_string()
    }

    fn wait_until_ready(&self) {
        let started = Instant::now();
        while !self.is_ready() {
            assert!(started.elapsed() < PATIENCE, "the server does not start; its log:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn is_ready(&self) -> bool {
        let mut command = Command::new(self.programs.join("pg_isready"));
        let probe = command
            .args(["--quiet", "--username", USER, "--port", &self.socket_port(), "--host"])
            .arg(self.directory.path())
            .status();
        probe.is_ok_and(|status| status.success())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // It may have ended already. The processes of single connections end by themselves when they notice, for which
        // they must not be paused.
        if self.is_running() {
            self.resume();
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the system tells of a process under this name, while there is one.
fn told(process: u32, name: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
}

/// Whether a process has not ended. One that ended stays until somebody asks how it did.
fn is_there(process: u32) -> bool {
    told(process, "State:").is_some_and(|state| !state.starts_with('Z'))
}

/// By the shell's own `kill`: not every machine has the program. Some of the processes may have ended.
fn signal(name: &str, processes: &[u32]) {
    let ids: Vec<String> = processes.iter().map(u32::to_string).collect();
    let kill = format!("kill -{name} {} 2>/dev/null", ids.join(" "));
    let _ = Command::new("sh").args(["-c", &kill]).status();
}

fn serve(
    directory: &Path,
    programs: &Path,
    unprivileged: Option<(u32, u32)>,
    port: Option<u16>,
    environment: &[(OsString, OsString)],
) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(directory.join("log"));
    let mut command = Command::new(programs.join("postgres"));
    command
        .arg("-D")
        .arg(directory.join("data"))
        .args(["-c", "shared_buffers=32MB", "-c", "max_connections=60"])
        .arg("-c")
        .arg(format!("unix_socket_directories={}", directory.display()))
        .current_dir(directory)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log.expect("a log can be written"));
    let mut set = |setting: String| {
        command.args(["-c", &setting]);
    };
    match port {
        None => set("listen_addresses=".to_owned()),
        Some(port) => {
            let directory = directory.display();
            for setting in [
                "listen_addresses=127.0.0.1".to_owned(),
                format!("port={port}"),
                "ssl=on".to_owned(),
                format!("ssl_cert_file={directory}/server.crt"),
                format!("ssl_key_file={directory}/server.key"),
                format!("hba_file={directory}/hba.conf"),
            ] {
                set(setting);
            }
        }
    }
    give_up_rights(&mut command, unprivileged);
    command.spawn().expect("the server starts")
}

/// Runs a program to its end; what it prints.
fn run(unprivileged: Option<(u32, u32)>, program: &Path, complete: impl FnOnce(&mut Command)) -> String {
    let mut command = Command::new(program);
    complete(&mut command);
    command.current_dir("/").stdin(Stdio::null());
    give_up_rights(&mut command, unprivileged);
    let output = command.output().unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()));
    assert!(
        output.status.success(),
        "{} failed: {}",
        program.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn give_up_rights(command: &mut Command, unprivileged: Option<(u32, u32)>) {
    if let Some((user, group)) = unprivileged {
        command.uid(user).gid(group);
    }
}

/// Where the programs of a server are: by `PATH`, or where Debian keeps them, the newest version first.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        let mut versions: Vec<PathBuf> =
            versions.flatten().map(|version| version.path().join("bin")).collect();
        versions.sort();
        folders.extend(versions.into_iter().rev());
    }
    let complete = |folder: &PathBuf| {
        ["postgres", "initdb", "pg_basebackup", "pg_ctl", "pg_isready", "psql"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    folders
        .into_iter()
        .find(complete)
        .expect("PostgreSQL is not installed; get it with `sudo apt-get install --no-install-recommends -y postgresql`")
}

/// The user that the server runs as, which must not be root: that of Debian's package, or nobody.
fn unprivileged() -> Option<(u32, u32)> {
    // Nobody but this process wrote this.
    let owner = std::fs::metadata("/proc/self").map(|metadata| metadata.uid());
    if owner.is_ok_and(|user| user != 0) {
        return None;
    }
    let id = |flag: &str, user: &str| -> Option<u32> {
        let output = Command::new("id").args([flag, user]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    ["postgres", "nobody"].into_iter().find_map(|user| Some((id("-u", user)?, id("-g", user)?)))
}

/// The path of a socket has 107 bytes at most, so that this one is short.
fn new_directory(unprivileged: Option<(u32, u32)>) -> TempDir {
    let directory = TempDir::with_prefix("oz-pg-").expect("a temporary directory can be made");
    if let Some((user, group)) = unprivileged {
        chown(directory.path(), Some(user), Some(group)).expect("a directory can be given away");
    }
    directory
}

fn write_private(path: &Path, content: &str, unprivileged: Option<(u32, u32)>) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(content.as_bytes())).expect("a file can be written");
    if let Some((user, group)) = unprivileged {
        chown(path, Some(user), Some(group)).expect("a file can be given away");
    }
}

fn encoded(directory: &Path) -> String {
    directory.display().to_string().replace('%', "%25").replace('/', "%2F")
}
