//! The files of the machine, as the library asks for them. The task `generate` of this workspace takes this file as its own module, since the
//! library itself must not read or write.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use stubgen::workspace::Disk;

/// The files of the machine.
pub(crate) struct Files;

impl Disk for Files {
    fn read(&self, path: &str) -> io::Result<Option<String>> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        let mut pending = vec![String::new()];
        while let Some(prefix) = pending.pop() {
            let entries = match fs::read_dir(Path::new(folder).join(&prefix)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            for entry in entries {
                let entry = entry?;
                let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    pending.push(format!("{path}/"));
                } else if kind.is_file() {
                    found.push(path);
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    fn write(&self, path: &str, text: &str) -> io::Result<()> {
        if let Some(folder) = Path::new(path).parent() {
            fs::create_dir_all(folder)?;
        }
        // What is written beside a file and then moved over it may be cut short without harm.
        fs::File::create(path)?.write_all(text.as_bytes())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        fs::remove_file(path)?;
        let mut folder = Path::new(path).parent();
        // It fails for a folder that is not empty, and then there is nothing more to do.
        while let Some(current) = folder.filter(|current| fs::remove_dir(current).is_ok()) {
            folder = current.parent();
        }
        Ok(())
    }
}
