//! The emitted workspace as its user has it: compiled, tested, served.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
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

/// Runs cargo in the emitted workspace; it has to succeed without a warning.
fn cargo(folder: &Path, arguments: &[&str]) {
    let run = run(folder, arguments);
    let errors = String::from_utf8_lossy(&run.stderr);
    let output = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "cargo {arguments:?}\n{errors}\n{output}");
    assert!(!errors.contains("warning"), "cargo {arguments:?} warns:\n{errors}");
}

/// Runs cargo with this workspace's target folder, where most dependencies are compiled already: without debug information,
/// as here, since they would be others with it, and fill disks.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .output()
        .expect("cargo runs")
}

/// Puts something else into a file of the emitted workspace.
fn edit(folder: &Path, path: &str, old: &str, new: &str) {
    let path = folder.join(path);
    let text = fs::read_to_string(&path).expect("a file");
    assert!(text.contains(old), "{old} is not in {text}");
    fs::File::create(&path).expect("a file").write_all(text.replace(old, new).as_bytes()).expect("written");
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
    // What the client offers for tests and for operators, and without any of it.
    cargo(folder.path(), &["clippy", "--package", "pets-client", "--all-features", "--quiet"]);
    cargo(folder.path(), &["clippy", "--package", "pets-client", "--no-default-features", "--quiet"]);
    cargo(folder.path(), &["fmt", "--check"]);
    cargo(folder.path(), &["test", "--workspace", "--quiet"]);
    cargo(folder.path(), &["doc", "--workspace", "--no-deps", "--quiet"]);
    cargo(folder.path(), &["build", "--package", "pets-server", "--quiet"]);

    let (running, address) = serve(folder.path());
    let failure = |status: u16, message: &str| json!({"code": status, "message": message, "kind": "odd"});
    let unwritten = answer(&address, "POST /v1/pets", "{\"name\": \"Rex\"}");
    assert_eq!(unwritten, (501, failure(501, "the operation `add_pet` is not written yet")));
    let refused = answer(&address, "GET /v1/pets/7?type=c", "");
    assert_eq!(refused, (401, failure(401, "authentication is required")));
    let (status, body) = answer(&address, "GET /v1/elsewhere", "");
    assert_eq!((status, &body["code"], &body["kind"]), (404, &json!(404), &json!("odd")));
    let (status, _) = answer(&address, "POST /v1/pets", "{\"name\": \"R\"}");
    assert_eq!(status, 400);
    // The README says how to call it.
    let readme = fs::read_to_string(folder.path().join("README.md")).expect("a README");
    let calls: Vec<_> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("curl -i 'http://127.0.0.1:8080")?.strip_suffix('\''))
        .collect();
    assert_eq!(calls, ["/v1/openapi.json", "/v1/pets/7?type=a%22b"]);
    assert_eq!(answer(&address, &format!("GET {}", calls[0]), "").0, 200);
    assert_eq!(answer(&address, &format!("GET {}", calls[1]), "").0, 401);
    drop(running);
    the_tests_follow_what_is_written(folder.path());
}

/// Two operations get written, one of them so that its document does not have the answer.
fn the_tests_follow_what_is_written(folder: &Path) {
    const HANDLERS: &str = "pets-server/src/handlers.rs";
    const FIXTURES: &str = "pets-server/tests/fixtures.json";
    let lost = "Err(GetPetError::NotFound(types::Failure {\n            code: 404,\n            message: \"no such pet\".to_owned(),\n            \
                kind: types::FailureKind::Odd,\n            help: None,\n        }))";
    edit(folder, HANDLERS, "not_written() // GET /pets/{pet_id}", lost);
    edit(folder, HANDLERS, "not_written() // POST /pets", "Ok(AddPetResponse::Created(body))");
    edit(folder, HANDLERS, "{Request, not_authenticated, not_written}", "{Request, not_authenticated}");
    let tests = ["test", "--package", "pets-server", "--quiet", "--no-fail-fast"];
    let failed = run(folder, &tests);
    let output = String::from_utf8_lossy(&failed.stdout).into_owned();
    assert!(!failed.status.success(), "{output}");
    for expected in [
        "is answered with 404, not with a success",
        "`get_pet` is written, and nothing says which request it answers with 404",
        "3 passed; 2 failed",
    ] {
        assert!(output.contains(expected), "{expected}: {output}");
    }
    let said = "{\"404\": {\"parameters\": {\"path.pet_id\": 9}}, \"200\": \"there are no pets yet\"}";
    edit(folder, FIXTURES, "{\"404\":null}", said);
    cargo(folder, &tests);
}
