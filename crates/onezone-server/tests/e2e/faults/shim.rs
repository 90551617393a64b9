//! Full and failing disks and jumps of the wall clock for unmodified programs: a library that is loaded into them, and the
//! page of memory by which a test tells it what to do, now.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt as _, PermissionsExt};
use std::path::PathBuf;
use std::process::Command;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/faults/shim.c");

/// Where the page has what: the clock, what writes fail with, what flushes fail with, which files they are.
const PLACES: [u64; 4] = [0, 8, 12, 16];
const PAGE: usize = 256;

/// No space left on the device.
pub(crate) const ENOSPC: i32 = 28;
/// Input/output error.
pub(crate) const EIO: i32 = 5;

/// The library with its page. Each has a page of its own.
pub(crate) struct Shim {
    directory: tempfile::TempDir,
    page: File,
}

impl Shim {
    /// Compiles it, which takes as long as a page of C does.
    pub(crate) fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("oz-shim-").tempdir().unwrap();
        // A database server runs as somebody else than root.
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let path = directory.path().join("page");
        let page = OpenOptions::new().write(true).create_new(true).open(&path).unwrap();
        page.write_all_at(&[0; PAGE], 0).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).unwrap();
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(directory.path().join("shim.so"))
            .args([SOURCE, "-ldl"])
            .output()
            .expect("cc runs; get it with `sudo apt-get install -y build-essential`");
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        Self { directory, page }
    }

    /// What a program has to find in its environment.
    pub(crate) fn environment(&self) -> [(&'static str, OsString); 2] {
        let path = |name: &str| -> PathBuf { self.directory.path().join(name) };
        [("LD_PRELOAD", path("shim.so").into()), ("ONEZONE_FAULTS", path("page").into())]
    }

    /// From now on the wall clock is ahead by so many seconds.
    pub(crate) fn move_clock(&self, seconds: i64) {
        self.page.write_all_at(&seconds.to_le_bytes(), PLACES[0]).unwrap();
    }

    /// From now on writes to files whose path contains this fail with this error.
    pub(crate) fn fail_writes(&self, error: i32, path: &str) {
        self.page.write_all_at(&named(path), PLACES[3]).unwrap();
        self.page.write_all_at(&error.to_le_bytes(), PLACES[1]).unwrap();
    }

    /// The same of flushes.
    pub(crate) fn fail_flushes(&self, error: i32, path: &str) {
        self.page.write_all_at(&named(path), PLACES[3]).unwrap();
        self.page.write_all_at(&error.to_le_bytes(), PLACES[2]).unwrap();
    }

    /// The disk is as it should be again.
    pub(crate) fn heal(&self) {
        self.page.write_all_at(&[0; 8], PLACES[1]).unwrap();
    }
}

fn named(path: &str) -> Vec<u8> {
    let mut bytes = path.as_bytes().to_vec();
    bytes.push(0);
    bytes
}
