//! Whether systemd's journal reads the log. It takes the importance of a line from a number in angle brackets at its
//! beginning (`sd-daemon(3)`) and takes that away, so that `journalctl --priority warning` works for either format.

/// Whether standard error is the stream that the service manager made and named in `JOURNAL_STREAM` (`systemd.exec(5)`): somebody
/// may have redirected it since.
pub(super) fn reads_standard_error() -> bool {
    let Some(named) = std::env::var_os("JOURNAL_STREAM") else { return false };
    identity().is_some_and(|identity| named == *identity)
}

#[cfg(unix)]
fn identity() -> Option<String> {
    let status = rustix::fs::fstat(std::io::stderr()).ok()?;
    Some(format!("{}:{}", status.st_dev, status.st_ino))
}

#[cfg(not(unix))]
fn identity() -> Option<String> {
    None
}
