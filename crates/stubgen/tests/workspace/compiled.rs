//! The emitted workspace as its user has it: compiled, tested, served.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use stubgen::workspace::workspace;
use stubgen::{Dependency, Options, Source};

/// Ends the server also when an assertion fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn emit(folder: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let runtime = root.join("crates/stubgen-runtime").canonicalize().expect("the runtime");
    let options = Options {
        name: "pets",
        command: "make",
        runtime: Dependency::Path(&runtime.to_string_lossy()),
        ..Options::default()
    };
    let made = workspace(&Source { name: "pets.yaml", text: super::HOSTILE }, &options)
        .unwrap_or_else(|findings| panic!("{findings}"));
    for (path, file) in &made.files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::File::create(path).expect("a file").write_all(file.text.as_bytes()).expect("written");
    }
    // The versions that this workspace is tested with.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the versions");
}

/// Runs cargo in the emitted workspace with this workspace's target folder, where the dependencies are compiled already.
fn cargo(folder: &Path, arguments: &[&str]) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let run = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&run.stderr);
    let output = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "cargo {arguments:?}\n{errors}\n{output}");
    assert!(!errors.contains("warning"), "cargo {arguments:?} warns:\n{errors}");
}

fn serve(folder: &Path) -> (Running, String) {
    let program =
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder").join("debug/pets-server");
    let mut child = Command::new(program)
        .arg("127.0.0.1:0")
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let output = child.stdout.take().expect("its output");
    let running = Running(child);
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).expect("a line");
    let address = line.trim().strip_prefix("listening on http://").and_then(|rest| rest.strip_suffix("/v1"));
    (running, address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned())
}

/// Status and body of the answer to a request.
fn answer(address: &str, request: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    let head = format!(
        "{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    write!(stream, "{head}content-type: application/json\r\n\r\n{body}").expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("answered");
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let body = text.split_once("\r\n\r\n").expect("a body").1;
    (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {text}")))
}

#[test]
fn an_emitted_workspace_compiles_passes_its_tests_and_answers_501_in_the_shape_of_its_document() {
    let folder = tempfile::tempdir().expect("a folder");
    emit(folder.path());
    cargo(folder.path(), &["clippy", "--workspace", "--all-targets", "--quiet"]);
    cargo(folder.path(), &["fmt", "--check"]);
    cargo(folder.path(), &["test", "--workspace", "--quiet"]);
    cargo(folder.path(), &["build", "--package", "pets-server", "--quiet"]);

    let (_running, address) = serve(folder.path());
    let failure = |status: u16, message: &str| json!({"code": status, "message": message, "kind": "odd"});
    let unwritten = answer(&address, "POST /v1/pets", "{\"name\": \"Rex\"}");
    assert_eq!(unwritten, (501, failure(501, "the operation `add_pet` is not written yet")));
    let refused = answer(&address, "GET /v1/pets/7?type=c", "");
    assert_eq!(refused, (401, failure(401, "no credentials are accepted yet")));
    let (status, body) = answer(&address, "GET /v1/elsewhere", "");
    assert_eq!((status, &body["code"], &body["kind"]), (404, &json!(404), &json!("odd")));
    let (status, _) = answer(&address, "POST /v1/pets", "{\"name\": \"R\"}");
    assert_eq!(status, 400);
}
