//! The certificate while the server runs: read anew on SIGHUP and when its files change, and complained of before it
//! expires.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use stubgen_runtime::Tls;

use crate::edge::TlsArguments;
use crate::environment::Environment;
use crate::notify;

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_secs(5);
/// How often it is said that a certificate expires.
const REMINDER: Duration = Duration::from_secs(12 * 3600);
/// How long before its end a certificate is complained of: certificates of a week and more are renewed earlier.
const NOTICE: u64 = 7 * 24 * 3600;

/// A certificate that is kept fresh.
pub(crate) struct Certificates {
    tls: Option<Tls>,
    files: Vec<PathBuf>,
    environment: Environment,
    reloads: [AtomicU64; RELOADS.len()],
}

/// What reading the files again can lead to.
const RELOADS: [&str; 3] = ["changed", "unchanged", "failed"];

/// When each of the files was changed, as far as one can tell.
type Changes = Vec<Option<(SystemTime, u64)>>;

impl Certificates {
    /// What there is to say about the certificate at the start is said.
    pub(crate) fn new(tls: Option<Tls>, arguments: &TlsArguments, environment: Environment) -> Arc<Self> {
        let files = [&arguments.tls_certificate, &arguments.tls_key];
        let files = files.into_iter().flatten().cloned().collect();
        let certificates = Self { tls, files, environment, reloads: Default::default() };
        certificates.warn_of_dates();
        if let Some(key) = arguments.tls_key.as_deref().filter(|key| others_can_read(key)) {
            tracing::warn!(key = %key.display(), "others on this machine can read the private key: chmod 600");
        }
        Arc::new(certificates)
    }

    /// Reads the files again, and says what became of it.
    pub(crate) fn reload(&self, reason: &str) {
        let Some(tls) = &self.tls else {
            tracing::info!(reason, "there is nothing to reload");
            return;
        };
        let reloaded = tls.reload();
        let place = match &reloaded {
            Ok(true) => 0,
            Ok(false) => 1,
            Err(_) => 2,
        };
        self.reloads[place].fetch_add(1, Ordering::Relaxed);
        match reloaded {
            Ok(true) => {
                tracing::info!(reason, expires_in_days = self.days_left(), "a new certificate is in use");
                self.warn_of_dates();
            }
            Ok(false) => tracing::info!(reason, "the certificate is the one in use"),
            Err(error) => {
                let error = anyhow::Error::new(error);
                tracing::warn!(reason, error = %format_args!("{error:#}"), "the certificate before stays in use");
            }
        }
    }

    /// From now on files that change are read, and dates that come near are told.
    pub(crate) fn keep_fresh(self: &Arc<Self>) {
        if self.tls.is_none() {
            return;
        }
        let certificates = Arc::clone(self);
        tokio::spawn(async move {
            let mut known = certificates.changes();
            let mut changed = false;
            let mut looks = tokio::time::interval(INTERVAL);
            let mut reminders = tokio::time::interval(REMINDER);
            reminders.reset();
            loop {
                tokio::select! {
                    _ = looks.tick() => {
                        // A renewal writes one file after the other: they are read when they have not changed between
                        // two looks.
                        let now = certificates.changes();
                        if now != known {
                            known = now;
                            changed = true;
                        } else if std::mem::take(&mut changed) {
                            certificates.reload("its files have changed");
                        }
                    }
                    _ = reminders.tick() => certificates.warn_of_dates(),
                }
            }
        });
    }

    /// Reloads on SIGHUP. In a terminal, where there is nothing to reload, it keeps its usual meaning: the terminal is gone.
    #[cfg(unix)]
    pub(crate) fn reload_on_signal(self: &Arc<Self>, address: String) {
        use std::io::IsTerminal as _;

        use tokio::signal::unix::{SignalKind, signal};
        if self.tls.is_none() && std::io::stdin().is_terminal() {
            return;
        }
        let mut hangups = match signal(SignalKind::hangup()) {
            Ok(hangups) => hangups,
            Err(error) => {
                tracing::warn!(%error, "cannot listen to SIGHUP");
                return;
            }
        };
        let certificates = Arc::clone(self);
        tokio::spawn(async move {
            while hangups.recv().await.is_some() {
                notify::reloading();
                certificates.reload("SIGHUP");
                notify::ready(&address);
            }
        });
    }

    /// There is no such signal elsewhere.
    #[cfg(not(unix))]
    pub(crate) fn reload_on_signal(self: &Arc<Self>, _address: String) {}

    fn changes(&self) -> Changes {
        let change = |file: &PathBuf| {
            let metadata = std::fs::metadata(file).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        self.files.iter().map(change).collect()
    }

    /// When it expires, in seconds since 1970; none without a certificate.
    pub(crate) fn expires(&self) -> Option<u64> {
        self.tls.as_ref().map(|tls| tls.validity().not_after)
    }

    /// How often the files were read again, and what that led to.
    pub(crate) fn reloads(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.reloads.iter().map(|count| count.load(Ordering::Relaxed));
        RELOADS.into_iter().zip(counts)
    }

    fn days_left(&self) -> i64 {
        let end = self.tls.as_ref().map_or(0, |tls| tls.validity().not_after);
        (i64::try_from(end).unwrap_or(i64::MAX) - self.environment.now()) / 86_400
    }

    fn warn_of_dates(&self) {
        let Some(tls) = &self.tls else { return };
        let now = u64::try_from(self.environment.now()).unwrap_or_default();
        let validity = tls.validity();
        if now > validity.not_after {
            tracing::warn!(days_ago = -self.days_left(), "the certificate has expired: clients refuse it");
        } else if now < validity.not_before {
            tracing::warn!(
                "the certificate does not count yet: clients refuse it, or this machine's clock is wrong"
            );
        } else if validity.not_after - now < NOTICE {
            tracing::warn!(days = self.days_left(), "the certificate expires soon: renew it");
        }
    }
}

#[cfg(unix)]
fn others_can_read(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}
