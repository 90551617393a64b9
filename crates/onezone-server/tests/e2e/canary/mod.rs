//! Secrets are planted wherever a secret can be, every way through the program is taken that we know, and then they are looked for in
//! everything that it said and left: logs, answers, messages, metrics, audit rows, databases, backups, arguments of processes, `Debug`.

mod administration;
mod debug;
mod planted;
#[cfg(unix)]
mod postgres;
mod serving;

use std::process::{Command, Stdio};

use planted::{Places, Planted};

use crate::processes::Home;

/// Stands in the secrets that requests bring along.
const SENT: &str = "cAnArY-sent-bY-a-ReQuEsT";

/// The password of a user, and that of another one as their file has it.
const PASSWORD: &str = "cAnArY pAsSwOrD oF aDa";
const PASSWORD_IN_FILE: &str = "cAnArY pAsSwOrD iN a FiLe";

/// The secrets that a named and a temporary token are signed with.
const TOKEN_SECRET: &str = "cAnArYsEcReToFtOkEn0123456789aBcDeF0123456789aBcDeF0123456789aBc";
const TEMPORARY_SECRET: &str = "cAnArYtEmPoRaRy0123456789aBcDeF0123456789aBcDeF0123456789aBcDeFg";

/// A hash of a password, which grants nothing by itself and tells who has time.
const HASH: &[u8; 65] = b"cAnArYcAnArYcAnArYcAnArYcAnArYcA.cAnArYhAsHcAnArYhAsHcAnArYhAsHcA";

fn hash() -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, HASH)
}

fn zone() -> String {
    let hash = hash();
    format!(
        "users:\n  - {{id: ada, username: ada, password: {PASSWORD}, privileges: [oz_tokens_manage]}}\n  \
         - {{id: eve, username: eve, passwordHash: {hash}}}\n\
         providers:\n  - {{id: krakow}}\n\
         tokens:\n  - {{id: ada-token, name: laptop, subject: usr-ada, secret: {TOKEN_SECRET}}}\n  \
         - {{id: krakow-token, name: provider, subject: prv-krakow}}\n\
         temporaryTokens:\n  - {{subject: usr-ada, secret: {TEMPORARY_SECRET}, generation: 1}}\n"
    )
}

/// A zone with secrets that are known, and what belongs to them.
struct Scene {
    home: Home,
    planted: Planted,
    places: Places,
    /// A token of the user who may do everything.
    token: String,
}

impl Scene {
    /// On SQLite, or on the database that the variables name.
    fn new(variables: &[(&str, &str)]) -> Self {
        let home = Home::new();
        let mut scene =
            Self { home, planted: Planted::default(), places: Places::default(), token: String::new() };
        scene.home.write("zone.yaml", zone());
        for (what, secret) in [
            ("a password", PASSWORD),
            ("a password of a file", PASSWORD_IN_FILE),
            ("the secret of a token", TOKEN_SECRET),
            ("the secret of temporary tokens", TEMPORARY_SECRET),
            ("the hash of a password", &hash()),
            ("what a request sent", SENT),
        ] {
            scene.planted.plant(what, secret);
        }
        for (name, value) in variables {
            if value.contains("cAnArY") {
                scene.planted.plant(name, value);
            }
        }
        scene.run(variables, &["zone", "apply", "zone.yaml"], true);
        for id in ["ada-token", "krakow-token"] {
            let said = scene.output(variables, &["token", "print", id]);
            String::from_utf8(said.stdout).unwrap().trim().clone_into(&mut scene.token);
            // Its end is the signature, and all of the rest is no secret.
            let signature = scene.token[scene.token.len() - 40..].to_owned();
            scene.planted.plant(&format!("the signature of {id}"), &signature);
            if id == "ada-token" {
                scene.home.write("ada.token", &scene.token);
            }
        }
        scene.token = std::fs::read_to_string(scene.home.path("ada.token")).unwrap();
        scene.plant_keys("data/zone.db.key");
        scene
    }

    /// The keys of a key file, if there is one.
    fn plant_keys(&mut self, file: &str) {
        let text = std::fs::read_to_string(self.home.path(file)).unwrap_or_default();
        for (number, line) in text.lines().filter(|line| !line.starts_with('#')).enumerate() {
            let key = line.rsplit(' ').next().unwrap();
            self.planted.plant(&format!("key {number} of {file}"), key.trim_end_matches('='));
        }
    }

    fn command(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Command {
        let mut command = self.home.command(arguments);
        command.envs(variables.iter().copied());
        command
    }

    fn output(&self, variables: &[(&str, &str)], arguments: &[&str]) -> std::process::Output {
        self.command(variables, arguments).output().unwrap()
    }

    /// Runs a command that succeeds or not, as is said, and keeps what it says.
    fn run(&mut self, variables: &[(&str, &str)], arguments: &[&str], succeeds: bool) {
        let output = self.output(variables, arguments);
        assert_eq!(output.status.success(), succeeds, "{arguments:?}: {output:?}");
        let place = format!("`{}` with {variables:?}", arguments.join(" "));
        // The names of the variables, and not their values.
        let place = place.split('"').step_by(2).collect::<String>();
        self.places.add(format!("{place}, standard output"), output.stdout);
        self.places.add(format!("{place}, standard error"), output.stderr);
    }

    /// Runs a command with something at its standard input.
    fn feed(&mut self, arguments: &[&str], input: &str) {
        use std::io::Write as _;
        let mut command = self.command(&[], arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It may have read enough, or nothing.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        self.places.add(format!("{arguments:?}, standard output"), output.stdout);
        self.places.add(format!("{arguments:?}, standard error"), output.stderr);
    }

    /// The content of every file below a directory, apart from those that are to hold secrets.
    fn keep_files(&mut self, directory: &str) {
        for entry in std::fs::read_dir(self.home.path(directory)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_file() && path.extension().is_none_or(|extension| extension != "key") {
                self.places.add(format!("the file {name}"), std::fs::read(&path).unwrap());
            }
        }
    }

    /// The end: nothing is anywhere. Says how much was looked at.
    fn finish(self, name: &str, at_least: usize) {
        assert!(self.places.len() >= at_least, "only {} places", self.places.len());
        self.places.assert_hold_none_of(&self.planted);
        #[expect(clippy::print_stderr, reason = "what was counted stands in the documentation")]
        {
            eprintln!(
                "figure: canary, {name}: {} places with {} KiB, no secret in any",
                self.places.len(),
                self.places.bytes() / 1024
            );
        }
    }
}

/// Without this, nothing found would show nothing.
#[test]
fn what_is_to_show_secrets_does_and_they_are_found_there() {
    let scene = Scene::new(&[]);
    let exported = scene.output(&[], &["zone", "export"]);
    let found = scene.planted.found_in(&exported.stdout);
    for what in ["the secret of a token", "the secret of temporary tokens", "the hash of a password"] {
        assert!(found.contains(&what), "{found:?}");
    }
    let printed = scene.output(&[], &["token", "print", "ada-token"]);
    assert_eq!(scene.planted.found_in(&printed.stdout), ["the signature of ada-token"]);
    let keys = std::fs::read(scene.home.path("data/zone.db.key")).unwrap();
    assert_eq!(scene.planted.found_in(&keys), ["key 0 of data/zone.db.key"]);
}
