//! Who can read and write the files that matter.

use std::fs::Metadata;
use std::path::Path;

use super::Finding;

/// What others can do with a file.
struct Access {
    /// The permission bits, as `chmod` takes them.
    mode: u32,
    owner: u32,
    /// The user who looks.
    user: u32,
}

impl Access {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            mode: metadata.mode() & 0o7777,
            owner: metadata.uid(),
            user: rustix::process::geteuid().as_raw(),
        }
    }

    /// Elsewhere there are no such bits to go by.
    #[cfg(not(unix))]
    fn of(_metadata: &Metadata) -> Self {
        Self { mode: 0o600, owner: 0, user: 0 }
    }
}

/// The file's access, or what is said about one that cannot be looked at.
fn access(check: &'static str, path: &Path) -> Result<Access, Finding> {
    match path.metadata() {
        Ok(metadata) => Ok(Access::of(&metadata)),
        Err(error) => Err(Finding::failure(
            check,
            format!("{}: {error}", path.display()),
            "check that it exists and belongs to the user that runs the server",
        )),
    }
}

/// A file that nobody else may read.
pub(super) fn secret(check: &'static str, path: &Path) -> Finding {
    match access(check, path) {
        Ok(access) => judge_secret(check, &path.display().to_string(), &access),
        Err(finding) => finding,
    }
}

fn judge_secret(check: &'static str, name: &str, access: &Access) -> Finding {
    let Access { mode, owner, user } = *access;
    if mode & 0o077 != 0 {
        return Finding::failure(
            check,
            format!("{name} has mode {mode:04o}: others can get at it"),
            format!("chmod 600 {name}, and replace what was readable if others use this machine"),
        );
    }
    if owner != user && user != 0 {
        return Finding::failure(
            check,
            format!("{name} belongs to the user with the number {owner}"),
            "run this and the server as that user, or give the file to the user that runs the server",
        );
    }
    Finding::ok(check, format!("{name}, mode {mode:04o}, owner {owner}"))
}

/// A directory in which nobody else may put anything.
pub(super) fn directory(check: &'static str, path: &Path) -> Finding {
    match access(check, path) {
        Ok(access) => judge_directory(check, &path.display().to_string(), &access),
        Err(finding) => finding,
    }
}

fn judge_directory(check: &'static str, name: &str, access: &Access) -> Finding {
    let Access { mode, owner, user } = *access;
    // Where names are sticky, only their owners can replace them, as in /tmp.
    if mode & 0o022 != 0 && mode & 0o1000 == 0 {
        return Finding::failure(
            check,
            format!("{name} has mode {mode:04o}: others can replace the files in it"),
            format!("chmod 700 {name}"),
        );
    }
    if user == 0 && owner != 0 {
        return Finding::warning(
            check,
            format!("{name} belongs to the user with the number {owner}, and this is run by root"),
            format!("run this as the server does: sudo -u '#{owner}' onezone-server doctor"),
        );
    }
    if mode & 0o005 != 0 {
        return Finding::warning(
            check,
            format!("{name} has mode {mode:04o}: others can see which files there are"),
            format!("chmod 700 {name}"),
        );
    }
    Finding::ok(check, format!("{name}, mode {mode:04o}, owner {owner}"))
}

/// A file without secrets, that decides where they are.
pub(super) fn configuration(path: &Path) -> Finding {
    let check = "config file";
    let name = path.display();
    match access(check, path) {
        // A device, as /dev/null, holds no settings of others.
        Ok(_) if !path.is_file() => Finding::ok(check, format!("{name} is no file, and empty")),
        Ok(Access { mode, .. }) if mode & 0o022 != 0 => Finding::failure(
            check,
            format!("{name} has mode {mode:04o}: others can change what the server does"),
            format!("chmod 644 {name}"),
        ),
        Ok(Access { mode, .. }) => Finding::ok(check, format!("{name}, mode {mode:04o}")),
        Err(finding) => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn what_others_can_read_is_no_secret() {
        for (mode, owner, user, verdict) in [
            (0o600, 5, 5, Verdict::Ok),
            (0o400, 5, 5, Verdict::Ok),
            (0o600, 5, 0, Verdict::Ok),
            (0o640, 5, 5, Verdict::Failure),
            (0o604, 5, 5, Verdict::Failure),
            (0o600, 5, 6, Verdict::Failure),
        ] {
            let finding = judge_secret("key file", "k", &Access { mode, owner, user });
            assert_eq!(finding.verdict, verdict, "{mode:o} {owner} {user}");
            assert_eq!(finding.advice.is_some(), verdict != Verdict::Ok);
        }
    }

    #[test]
    fn a_directory_in_which_others_can_write_is_no_place_for_a_database() {
        for (mode, owner, user, verdict) in [
            (0o700, 5, 5, Verdict::Ok),
            (0o750, 5, 5, Verdict::Ok),
            (0o755, 5, 5, Verdict::Warning),
            (0o700, 5, 0, Verdict::Warning),
            (0o770, 5, 5, Verdict::Failure),
            (0o1777, 5, 5, Verdict::Warning),
        ] {
            let finding = judge_directory("data directory", "d", &Access { mode, owner, user });
            assert_eq!(finding.verdict, verdict, "{mode:o} {owner} {user}");
        }
    }
}
