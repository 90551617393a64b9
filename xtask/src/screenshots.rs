//! `cargo xtask screenshots`: the pictures of the documentation, taken anew. Those of a terminal show commands that were run and
//! what they printed; what differs from time to time (passwords, tokens, ids, ports, paths) is replaced by what stands for it.

use std::fs::{self, File};
use std::io::BufRead as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde::Serialize;

use crate::browser::{self, Stage};
use crate::files;
use crate::server::{Running, listening_address};
use crate::workspace::Workspace;

/// Where the pictures are, for all documents of the workspace.
const IMAGES: &str = "crates/onezone-server/docs/images";

/// A picture that is larger is not worth its place in every clone of the repository.
#[cfg(test)]
const LARGEST: u64 = 150_000;

/// What stands for ids, in the form of those that the documents have as examples.
const ADMIN_ID: &str = "c26bab23d12f7389c3c311caf9c15902";

/// One terminal.
#[derive(Serialize)]
struct Terminal {
    name: &'static str,
    title: &'static str,
    steps: Vec<Step>,
}

/// One command and what it printed.
#[derive(Serialize)]
struct Step {
    comment: &'static str,
    command: String,
    output: String,
}

/// What stands for what differs from time to time, the longest first.
struct Masks(Vec<(String, String)>);

/// Carries out the command.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    if Command::new("pngquant").arg("--version").stdout(Stdio::null()).status().is_err() {
        bail!(
            "pngquant is missing (it makes pictures small); get it and the fonts with `sudo .ci/install-packages pngquant fonts-inter fonts-jetbrains-mono`"
        );
    }
    browser::build(workspace, &["onezone-server", "onezone-rest-cli"])?;
    let stage = Stage::set_up(workspace)?;
    let terminals = stage.folder.join("terminals.json");
    let shown = first_minutes(&stage.programs, &stage.folder.join("first"))?;
    files::write(&terminals, &serde_json::to_string(&shown).context("cannot write what was printed")?)?;
    let images = workspace.root.join(IMAGES);
    fs::create_dir_all(&images).with_context(|| format!("cannot make {}", images.display()))?;
    let mut command = stage.node(&["screenshots.mjs"])?;
    stage.run(command.env("IMAGES", &images).env("TERMINALS", &terminals))?;
    stage.stop()?;
    for name in files::read_tree(&images, &|_| false)?.keys().filter(|name| is_picture(name)) {
        let mut command = Command::new("pngquant");
        command.args(["--strip", "--speed", "1", "--force", "--ext", ".png", "128"]).arg(images.join(name));
        if !command.status().context("cannot run pngquant")?.success() {
            bail!("pngquant cannot make {name} smaller");
        }
        println!("{}", images.join(name).display());
    }
    Ok(())
}

/// A first start and the first calls, on a zone of its own.
fn first_minutes(programs: &Path, folder: &Path) -> anyhow::Result<Vec<Terminal>> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut server = shell(programs, folder, "exec onezone-server serve --listen 127.0.0.1:0");
    server.stderr(File::create(folder.join("server.log")).context("cannot write the server's log")?);
    let mut served = Running::stop_on_signal()?.start(server.stdout(Stdio::piped()))?;
    let mut output = served.output().context("the server has no output")?;
    let mut printed = String::new();
    while !printed.contains(PASSWORD_IS) {
        if output.read_line(&mut printed).context("cannot read what onezone-server prints")? == 0 {
            bail!("the first start of onezone-server says no password:\n{printed}");
        }
    }
    let address =
        printed.lines().find_map(listening_address).context("the server says no address")?.to_owned();
    let origin = address.split("/api/").next().unwrap_or(&address).to_owned();
    let password = between(&printed, PASSWORD_IS, "\n")?.to_owned();
    let admin = between(&printed, " with the id ", ".\n")?.to_owned();
    let mut masks = Masks(vec![
        (folder.join("data").display().to_string(), "/home/you/.local/share/onezone-server".to_owned()),
        (origin.clone(), "http://127.0.0.1:8080".to_owned()),
        (password.clone(), "PASSWORD".to_owned()),
        (admin.clone(), ADMIN_ID.to_owned()),
    ]);
    let list = format!(
        "onezone-rest-cli --host {origin} -u admin:{password} listNamedTokensOfProvider id=my-provider"
    );
    let mut steps = Vec::new();
    for (comment, command) in [
        (
            "A provider, and a token for it:",
            "onezone-server provider add --id my-provider --name 'My provider'".to_owned(),
        ),
        ("", "onezone-server token create --subject prv-my-provider --name root".to_owned()),
        (
            "Its named tokens, by curl and by the command line:",
            format!("curl -u admin:{password} {address}/providers/my-provider/tokens/named"),
        ),
        ("", list),
        (
            "A user's own tokens, all at once:",
            format!("curl -i -u admin:{password} -X DELETE {address}/users/{admin}/tokens/named"),
        ),
    ] {
        // A terminal would not show what curl says about its progress into a pipe.
        let shown = shell(programs, folder, &command).output().context("cannot run a shell")?;
        let output = String::from_utf8_lossy(&shown.stdout).replace('\r', "");
        if !shown.status.success() {
            bail!(
                "a command of the first minutes fails ({}):\n{}",
                shown.status,
                masks.applied(&String::from_utf8_lossy(&shown.stderr))
            );
        }
        masks.learn(&output);
        steps.push(Step { comment, command, output });
    }
    let status = served.stop()?;
    if !status.success() {
        bail!("onezone-server ended with {status}; its log is {}", folder.join("server.log").display());
    }
    std::io::Read::read_to_string(&mut output, &mut printed)
        .context("cannot read what onezone-server prints")?;
    let start = Step { comment: "", command: "onezone-server serve".to_owned(), output: printed };
    let masked = |steps: Vec<Step>| {
        let masked = |step: Step| Step {
            command: masks.applied(&step.command),
            output: masks.applied(&step.output),
            ..step
        };
        steps.into_iter().map(masked).collect()
    };
    Ok(vec![
        Terminal { name: "terminal-serve", title: "The first start", steps: masked(vec![start]) },
        Terminal { name: "terminal-calls", title: "The first calls", steps: masked(steps) },
    ])
}

/// After these words the first start says the password of its user.
const PASSWORD_IS: &str = "shown this once: ";

impl Masks {
    /// Finds tokens and ids in what a command printed: nobody should copy them, and they are others each time.
    fn learn(&mut self, output: &str) {
        let word = |character: char| !character.is_ascii_alphanumeric() && !matches!(character, '-' | '_');
        for (name, instead) in
            [("date", "Sat, 02 Jan 2027 09:00:00 GMT"), ("x-request-id", "0f3a9c27d1b45e68")]
        {
            if let Ok(value) = between(output, &format!("\n{name}: "), "\n") {
                self.0.push((value.to_owned(), instead.to_owned()));
            }
        }
        for found in output.split(word) {
            if found.starts_with("MDA") && found.len() > 60 {
                self.0.insert(
                    0,
                    (found.to_owned(), "MDAxY2xvY2F00aW9uIG9uZXpvbmUKMDAzMGlkZW500aWZpZXIg...".to_owned()),
                );
            } else if is_id(found) && !self.0.iter().any(|(known, _)| known == found) {
                self.0.push((found.to_owned(), "2b5d0dd5aa6443a69277b5ce0544fec2".to_owned()));
            }
        }
    }

    fn applied(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (secret, instead)| text.replace(secret, instead))
    }
}

/// Whether a word is an id as the server makes them: 32 hexadecimal digits, and perhaps `ch` and four more.
fn is_id(word: &str) -> bool {
    let (id, end) = word.split_once("ch").unwrap_or((word, ""));
    id.len() == 32
        && [0, 4].contains(&end.len())
        && [id, end].concat().bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn is_picture(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "png")
}

/// A command of a terminal in which the programs are installed.
fn shell(programs: &Path, folder: &Path, command: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(programs.to_owned()).chain(std::env::split_paths(&path));
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder).stdin(Stdio::null());
    if let Ok(path) = std::env::join_paths(paths) {
        shell.env("PATH", path);
    }
    shell
        .env("ONEZONE_DATA_DIR", folder.join("data"))
        .env_remove("ONEZONE_DATABASE")
        .env_remove("ONEZONE_LISTEN");
    shell
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> anyhow::Result<&'t str> {
    let rest = text.split_once(start).map(|(_, rest)| rest);
    let found = rest.and_then(|rest| rest.split(end).next());
    found.with_context(|| format!("the server does not print {start:?} any more"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What documents show: `![..](PATH.png)` and `src="PATH.png"`.
    fn shown(folder: &Path, text: &str) -> Vec<std::path::PathBuf> {
        let ends = |text: &str| text.split([')', '"', ' ']).next().unwrap_or_default().to_owned();
        let starts = text.split("](").skip(1).chain(text.split("src=\"").skip(1));
        starts.map(ends).filter(|path| is_picture(path)).map(|path| folder.join(path)).collect()
    }

    #[test]
    fn pictures_are_there_are_small_and_are_shown() {
        let root = Workspace::here().unwrap().root;
        let mut used = BTreeSet::new();
        let skip = |name: &str| ["target", ".git", "node_modules"].contains(&name);
        for (path, bytes) in files::read_tree(&root, &skip).unwrap() {
            if Path::new(&path).extension().is_some_and(|extension| extension == "md") {
                let document = root.join(&path);
                for picture in shown(document.parent().unwrap(), &String::from_utf8(bytes).unwrap()) {
                    let picture =
                        picture.canonicalize().unwrap_or_else(|_| panic!("{path}: {picture:?} is missing"));
                    let size = fs::metadata(&picture).unwrap().len();
                    assert!(size <= LARGEST, "{picture:?} has {size} bytes");
                    used.insert(picture);
                }
            }
        }
        let images = root.join(IMAGES).canonicalize().unwrap();
        let there: BTreeSet<_> = fs::read_dir(&images).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(
            there.difference(&used).collect::<Vec<_>>(),
            Vec::<&std::path::PathBuf>::new(),
            "nobody shows them"
        );
        assert!(used.len() >= 5, "{used:?}");
    }

    #[test]
    fn what_is_secret_or_new_each_time_is_masked() {
        let token = format!("MDA{}", "x".repeat(80));
        let id = "0123456789abcdef0123456789abcdefch12ab";
        let mut masks = Masks(vec![("s3cret".to_owned(), "PASSWORD".to_owned())]);
        masks.learn(&format!("{token}\n{{\"tokens\":[\"{id}\"]}}\ndate: yesterday\nx-request-id: 00ff\n"));
        let masked = masks.applied(&format!("-u a:s3cret {token} {id} x-request-id: 00ff"));
        assert!(!masked.contains(&token) && !masked.contains(id) && !masked.contains("s3cret"), "{masked}");
        assert!(masked.contains("x-request-id: 0f3a9c27d1b45e68"), "{masked}");
    }
}
