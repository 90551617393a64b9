//! What it is like to add an operation: in a copy of this workspace, `openapi.yaml` gets one, and the compiler has to
//! say that a handler is missing, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use cargo_metadata::Message;
use cargo_metadata::diagnostic::DiagnosticLevel;

use crate::files;
use crate::generate::{self, Mode};
use crate::workspace::Workspace;

/// The operation: parameters in the path and in the query, a body, and a schema of its own.
const OPERATION: &str = r"
  /providers/{id}/labels:
    post:
      operationId: create_label_of_provider
      tags: [Token]
      summary: Create a label of a provider
      description: Creates a label, which is a word that people attach to a provider.
      parameters:
        - name: id
          in: path
          required: true
          description: Provider Id. Names the provider that gets the label.
          schema:
            $ref: '#/components/schemas/ProviderId'
        - name: overwrite
          in: query
          description: Whether a label of the same name is replaced.
          schema:
            type: boolean
      requestBody:
        required: true
        description: The label.
        content:
          application/json:
            schema:
              $ref: '#/components/schemas/Label'
      responses:
        '201':
          description: The label as it is kept.
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Label'
        '400':
          $ref: '#/components/responses/BadRequest'
        '401':
          $ref: '#/components/responses/Unauthorized'
        '403':
          $ref: '#/components/responses/Forbidden'
        '404':
          $ref: '#/components/responses/NotFound'
        '500':
          $ref: '#/components/responses/InternalServerError'
        '503':
          $ref: '#/components/responses/ServiceUnavailable'
";

const SCHEMA: &str = "
    Label:
      type: object
      description: A word that people attach to a provider.
      required: [name]
      properties:
        name:
          type: string
          description: The word.
          minLength: 1
          maxLength: 64
        weight:
          type: integer
          format: int32
          description: How much it matters.
";

const GENERATED: [&str; 3] = [
    "crates/onezone-api/src/generated",
    "crates/onezone-client/src/generated",
    "crates/onezone-rest-cli/src/generated",
];

/// A copy of the workspace, kept from one run to the next so that cargo has little to do. It shares the target
/// directory of the original, and with it the dependencies that are compiled already.
struct Copy {
    workspace: Workspace,
    target: PathBuf,
}

impl Copy {
    fn new() -> Self {
        let original = Workspace::here().unwrap();
        let target = original.metadata().unwrap().target_directory.into_std_path_buf();
        let root = target.join("xtask/add-an-operation");
        let mut listing =
            original.command("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let listing = listing.output().unwrap();
        assert!(
            listing.status.success(),
            "git cannot list the files of the workspace: run this in a checkout"
        );
        let listing = String::from_utf8(listing.stdout).unwrap();
        let mut left_over = files::read_tree(&root, &|_| false).unwrap();
        for name in listing.split_terminator('\0') {
            // A file that was deleted and is not committed yet is still listed.
            let Ok(bytes) = fs::read(original.root.join(name)) else { continue };
            if left_over.remove(name).is_none_or(|old| old != bytes) {
                let path = root.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::copy(original.root.join(name), path).unwrap();
            }
        }
        for name in left_over.keys() {
            files::remove(&root, &root.join(name)).unwrap();
        }
        Self { workspace: Workspace { root }, target }
    }

    fn document(&self) -> PathBuf {
        self.workspace.root.join("openapi.yaml")
    }

    /// Generates, and gives what is printed about it with the outcome.
    fn generate(&self, mode: Mode) -> (anyhow::Result<()>, String) {
        let mut printed = Vec::new();
        let result = generate::generate(&self.workspace.root, mode, &mut printed);
        (result, String::from_utf8(printed).unwrap())
    }

    fn generated(&self) -> Vec<BTreeMap<String, Vec<u8>>> {
        let tree = |folder: &&str| files::read_tree(&self.workspace.root.join(folder), &|_| false).unwrap();
        GENERATED.iter().map(tree).collect()
    }

    /// The command line has the operation in its table, and its own tests, which ask for every operation of the table in help,
    /// completions and manual page, pass. They run as the program's unit tests, since the program itself would take the place of
    /// the one that other tests run.
    fn command_line_offers(&self, operation: &str) {
        let table = self.workspace.root.join(GENERATED[2]).join("operations.rs");
        let named = format!("name: \"{operation}\",");
        assert!(fs::read_to_string(table).unwrap().contains(&named), "{operation} is not in the table");
        let arguments =
            ["test", "--workspace", "--all-features", "--locked", "--quiet", "--bin", "onezone-rest-cli"];
        let outcome =
            self.workspace.cargo(&arguments).env("CARGO_TARGET_DIR", &self.target).output().unwrap();
        let printed = String::from_utf8_lossy(&outcome.stdout);
        assert!(outcome.status.success(), "{printed}{}", String::from_utf8_lossy(&outcome.stderr));
        assert!(printed.contains("test result: ok. "), "no test ran: {printed}");
    }

    /// Every error of the compiler, and every warning about generated code: its file and its message.
    fn complaints(&self) -> BTreeSet<(String, String)> {
        let arguments =
            ["check", "--workspace", "--all-targets", "--all-features", "--locked", "--keep-going"];
        let mut command = self.workspace.cargo(&arguments);
        command.arg("--message-format=json").env("CARGO_TARGET_DIR", &self.target);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut complaints = BTreeSet::new();
        let mut compiled = 0;
        for message in Message::parse_stream(BufReader::new(child.stdout.take().unwrap())) {
            match message.unwrap() {
                Message::CompilerMessage(message) => {
                    let diagnostic = message.message;
                    let file = diagnostic.spans.first().map_or(String::new(), |span| span.file_name.clone());
                    let is_error = diagnostic.level == DiagnosticLevel::Error;
                    let is_summary =
                        diagnostic.spans.is_empty() && diagnostic.message.starts_with("aborting due");
                    if is_error && !is_summary || file.contains("/generated/") {
                        complaints.insert((file, diagnostic.message));
                    }
                }
                Message::CompilerArtifact(_) => compiled += 1,
                _ => {}
            }
        }
        child.wait().unwrap();
        assert!(compiled > 10, "cargo compiled next to nothing");
        complaints
    }
}

/// The document with the operation in it.
fn extended(document: &str) -> String {
    let (paths, components) = document.split_once("\ncomponents:\n").unwrap();
    let (before, schemas) = components.split_once("\n  schemas:\n").unwrap();
    format!("{paths}{}\ncomponents:\n{before}\n  schemas:{SCHEMA}{schemas}", OPERATION.trim_end())
}

fn replace(path: &Path, text: &str) {
    files::write(path, text).unwrap();
}

#[test]
fn adding_an_operation_leaves_one_thing_to_do_and_removing_it_leaves_nothing_behind() {
    let copy = Copy::new();
    let document = fs::read_to_string(copy.document()).unwrap();
    let before = copy.generated();
    copy.generate(Mode::Check).0.unwrap();

    replace(&copy.document(), &extended(&document));
    let (checked, printed) = copy.generate(Mode::Check);
    assert!(checked.unwrap_err().to_string().contains("`cargo xtask generate`"));
    for folder in GENERATED {
        assert!(printed.contains(&format!("stale: {folder}/")), "{folder}: {printed}");
    }
    assert!(printed.contains("    +    async fn create_label_of_provider("), "{printed}");
    assert_eq!(copy.generated(), before, "a check wrote something");

    copy.generate(Mode::Write).0.unwrap();
    copy.generate(Mode::Check).0.unwrap();
    copy.command_line_offers("createLabelOfProvider");
    let complaints: Vec<_> = copy.complaints().into_iter().collect();
    let [(file, message)] = &complaints[..] else { panic!("{complaints:#?}") };
    assert!(file.starts_with("crates/onezone-handlers/src/"), "{file}");
    assert!(message.contains("`create_label_of_provider`"), "{message}");

    replace(&copy.document(), &document);
    let (removed, printed) = copy.generate(Mode::Write);
    removed.unwrap();
    assert!(!printed.contains("created "), "{printed}");
    assert!(copy.generated() == before, "something of the operation is left");
}
