//! What has to change in a folder so that it holds a workspace, and changing it all or not at all.
//!
//! Files are reached through [`Disk`], so that this can be tried with every failure. A file is the generator's when its head says so, or
//! when it is a document in a `generated/` folder; anything else is never overwritten or deleted.

use std::collections::BTreeSet;
use std::io;

use super::{Ownership, Workspace};
use crate::Error;

/// Files of a folder, by paths with `/` between their parts.
pub trait Disk {
    /// The text of a file; `None` if there is none. Bytes that are no text may be replaced, since such a file is not ours.
    fn read(&self, path: &str) -> io::Result<Option<String>>;
    /// The paths of all files below a folder; none if it is not there. Links to folders are not followed.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;
    /// Creates or replaces a file, with the folders around it.
    fn write(&self, path: &str, text: &str) -> io::Result<()>;
    /// Moves a file in one step, over one that may be there.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file, and the folders that it leaves empty.
    fn remove(&self, path: &str) -> io::Result<()>;
}

/// A file that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its path inside of the folder.
    pub path: String,
    /// What it has now, if it is there.
    pub old: Option<String>,
    /// What it should have, if it should be there.
    pub new: Option<String>,
}

/// What is done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is new.
    Create,
    /// It gets other content.
    Update,
    /// It is no longer generated.
    Delete,
}

impl Change {
    /// What is to be done.
    pub fn action(&self) -> Action {
        match (&self.old, &self.new) {
            (None, _) => Action::Create,
            (Some(_), Some(_)) => Action::Update,
            (Some(_), None) => Action::Delete,
        }
    }
}

/// The mark of a file that is written before all of them take their places.
const STAGED: &str = ".stubgen-new";

/// What has to change below `folder` (empty, or ending with `/`). Files that are a person's and there already stay as they are.
pub fn changes(workspace: &Workspace, disk: &dyn Disk, folder: &str) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::new();
    let mut foreign = Vec::new();
    for (path, file) in &workspace.files {
        let old = read(disk, &format!("{folder}{path}"))?;
        match &old {
            Some(_) if file.ownership == Ownership::Start => continue,
            Some(old) if *old == file.text => continue,
            Some(old) if !is_ours(path, old) => {
                foreign.push(path.clone());
                continue;
            }
            _ => {}
        }
        changes.push(Change { path: path.clone(), old, new: Some(file.text.clone()) });
    }
    if !foreign.is_empty() {
        return Err(Error::Foreign { files: foreign });
    }
    let generated: BTreeSet<&str> =
        workspace.files.keys().filter_map(|path| Some(&path[..=path.find("/src/generated/")?])).collect();
    for package in generated {
        let below = format!("{package}src/generated/");
        let present = disk.list(&format!("{folder}{below}")).map_err(failed("list", &below))?;
        for path in present.iter().map(|file| format!("{below}{file}")) {
            if workspace.files.contains_key(&path) {
                continue;
            }
            let old = read(disk, &format!("{folder}{path}"))?.unwrap_or_default();
            if is_ours(&path, &old) {
                changes.push(Change { path, old: Some(old), new: None });
            }
        }
    }
    Ok(changes)
}

/// Makes the changes: all of them, or when something fails none.
pub fn write(changes: &[Change], disk: &dyn Disk, folder: &str) -> Result<(), Error> {
    let wanted = || {
        changes.iter().filter_map(|change| Some((format!("{folder}{}", change.path), change.new.as_ref()?)))
    };
    // First everything that can fail for want of room or rights, beside the old files.
    for (path, text) in wanted() {
        if let Err(source) = disk.write(&format!("{path}{STAGED}"), text) {
            discard(wanted().map(|(path, _)| path), disk);
            return Err(Error::File { action: "write", path, source });
        }
    }
    for (done, change) in changes.iter().enumerate() {
        let path = format!("{folder}{}", change.path);
        let result = match change.new {
            Some(_) => disk.rename(&format!("{path}{STAGED}"), &path),
            None => disk.remove(&path),
        };
        if let Err(source) = result {
            restore(&changes[..done], disk, folder);
            discard(wanted().map(|(path, _)| path), disk);
            return Err(Error::File { action: "replace", path, source });
        }
    }
    Ok(())
}

/// Removes what was staged. A failure here leaves a file behind that the next run overwrites.
fn discard(paths: impl Iterator<Item = String>, disk: &dyn Disk) {
    for path in paths {
        let staged = format!("{path}{STAGED}");
        if matches!(disk.read(&staged), Ok(Some(_))) {
            let _ = disk.remove(&staged);
        }
    }
}

/// Takes back changes. What cannot be taken back is no worse than the failure that is reported.
fn restore(changes: &[Change], disk: &dyn Disk, folder: &str) {
    for change in changes {
        let path = format!("{folder}{}", change.path);
        let _ = match &change.old {
            Some(old) => disk.write(&path, old),
            None => disk.remove(&path),
        };
    }
}

fn is_ours(path: &str, text: &str) -> bool {
    let head: String = text.chars().take(200).collect();
    let document = is_document(path) || path.contains("/generated/") && path.ends_with(STAGED);
    document || head.contains("@generated by `")
}

/// JSON has no comments, so a document cannot say whose it is; in a `generated/` folder it is the generator's.
fn is_document(path: &str) -> bool {
    path.contains("/generated/") && path.rsplit_once('.').is_some_and(|(_, extension)| extension == "json")
}

fn read(disk: &dyn Disk, path: &str) -> Result<Option<String>, Error> {
    disk.read(path).map_err(failed("read", path))
}

fn failed(action: &'static str, path: &str) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { action, path, source }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;

    use super::*;
    use crate::Generated;
    use crate::workspace::File;

    /// Files in memory; the operation with the number `fails_at` and no other fails.
    #[derive(Default)]
    struct Memory {
        files: RefCell<BTreeMap<String, String>>,
        operations: Cell<usize>,
        fails_at: Cell<Option<usize>>,
    }

    impl Memory {
        fn with(files: &[(&str, &str)]) -> Self {
            let memory = Self::default();
            for (path, text) in files {
                memory.files.borrow_mut().insert((*path).to_owned(), (*text).to_owned());
            }
            memory
        }

        fn step(&self) -> io::Result<()> {
            self.operations.set(self.operations.get() + 1);
            let fails = self.fails_at.get() == Some(self.operations.get());
            if fails { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }
    }

    impl Disk for Memory {
        fn read(&self, path: &str) -> io::Result<Option<String>> {
            Ok(self.files.borrow().get(path).cloned())
        }

        fn list(&self, folder: &str) -> io::Result<Vec<String>> {
            let files = self.files.borrow();
            Ok(files.keys().filter_map(|path| path.strip_prefix(folder).map(str::to_owned)).collect())
        }

        fn write(&self, path: &str, text: &str) -> io::Result<()> {
            self.step()?;
            self.files.borrow_mut().insert(path.to_owned(), text.to_owned());
            Ok(())
        }

        fn rename(&self, from: &str, to: &str) -> io::Result<()> {
            self.step()?;
            let text = self.files.borrow_mut().remove(from).ok_or(io::ErrorKind::NotFound)?;
            self.files.borrow_mut().insert(to.to_owned(), text);
            Ok(())
        }

        fn remove(&self, path: &str) -> io::Result<()> {
            self.step()?;
            self.files.borrow_mut().remove(path).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
        }
    }

    const HEAD: &str = "// @generated by `make` from a.yaml. Do not edit.\n";

    fn workspace(files: &[(&str, &str, Ownership)]) -> Workspace {
        let file = |(path, text, ownership): &(&str, &str, Ownership)| {
            ((*path).to_owned(), File { text: (*text).to_owned(), ownership: *ownership })
        };
        Workspace { files: files.iter().map(file).collect(), generated: Generated::default() }
    }

    fn old() -> Memory {
        Memory::with(&[
            ("out/a-api/src/generated/mod.rs", HEAD),
            ("out/a-api/src/generated/gone.rs", HEAD),
            ("out/a-api/src/generated/theirs.rs", "fn f() {}"),
            ("out/a-server/src/main.rs", "edited"),
            ("out/notes.md", "mine"),
        ])
    }

    fn new() -> Workspace {
        let changed = "// @generated by `make` from a.yaml. Do not edit.\nmod a;\n";
        workspace(&[
            ("a-api/src/generated/mod.rs", changed, Ownership::Generated),
            ("a-api/src/generated/a.rs", HEAD, Ownership::Generated),
            ("a-server/src/main.rs", "start", Ownership::Start),
            ("a-server/src/lib.rs", "start", Ownership::Start),
        ])
    }

    #[test]
    fn files_are_created_updated_and_deleted_and_those_of_people_stay() {
        let disk = old();
        let found = changes(&new(), &disk, "out/").expect("changes");
        let actions: Vec<_> = found.iter().map(|change| (change.path.as_str(), change.action())).collect();
        let expected = [
            ("a-api/src/generated/a.rs", Action::Create),
            ("a-api/src/generated/mod.rs", Action::Update),
            ("a-server/src/lib.rs", Action::Create),
            ("a-api/src/generated/gone.rs", Action::Delete),
        ];
        assert_eq!(actions, expected);
        write(&found, &disk, "out/").expect("written");
        let files = disk.files.borrow().clone();
        assert_eq!(files["out/a-server/src/main.rs"], "edited");
        assert_eq!(files["out/notes.md"], "mine");
        assert_eq!(files["out/a-api/src/generated/theirs.rs"], "fn f() {}");
        assert!(!files.contains_key("out/a-api/src/generated/gone.rs"));
        assert_eq!(changes(&new(), &disk, "out/").expect("changes"), []);
    }

    #[test]
    fn a_failure_at_any_step_leaves_everything_as_it_was() {
        let all = {
            let disk = old();
            write(&changes(&new(), &disk, "out/").expect("changes"), &disk, "out/").expect("written");
            disk.operations.get()
        };
        assert!(all > 4);
        for step in 1..=all {
            let disk = old();
            disk.fails_at.set(Some(step));
            let failed = write(&changes(&new(), &disk, "out/").expect("changes"), &disk, "out/");
            assert!(matches!(failed, Err(Error::File { .. })), "{step}");
            assert_eq!(*disk.files.borrow(), *old().files.borrow(), "step {step}");
        }
    }

    #[test]
    fn a_file_that_somebody_else_wrote_is_not_overwritten() {
        let disk = Memory::with(&[("Cargo.toml", "[package]\nname = \"mine\"\n")]);
        let wanted =
            workspace(&[("Cargo.toml", "# @generated by `make` from a.yaml.\n", Ownership::Generated)]);
        match changes(&wanted, &disk, "") {
            Err(Error::Foreign { files }) => assert_eq!(files, ["Cargo.toml"]),
            other => panic!("{other:?}"),
        }
    }
}
