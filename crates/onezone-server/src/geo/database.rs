//! One database: its file, what has to be in it, and whether the file is still the one that was read.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use maxminddb::{PathElement, path};
use serde::de::IgnoredAny;

/// A database in memory. Mapping the file instead would end the process when somebody shortens it.
pub(super) type Reader = maxminddb::Reader<Vec<u8>>;

/// Several times the largest that MaxMind publishes.
const MAX_BYTES: u64 = 1 << 30;

/// How many networks are looked at for one that has what is needed.
const SAMPLE: usize = 10_000;

/// What a database is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Autonomous system numbers.
    Asn,
    /// Countries and continents.
    Country,
}

/// A database that follows its file.
pub(super) struct WatchedDatabase {
    path: PathBuf,
    kind: Kind,
    reader: RwLock<Arc<Reader>>,
    /// The file as it was when it was read last, in vain or not; `None` when it could not be looked at.
    seen: Mutex<Option<Stamp>>,
}

/// Tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// Another file under the same name.
    identity: Option<(u64, u64)>,
}

impl Kind {
    fn option(self) -> &'static str {
        match self {
            Self::Asn => "--geo-asn-database",
            Self::Country => "--geo-country-database",
        }
    }

    fn contents(self) -> &'static str {
        match self {
            Self::Asn => "autonomous system numbers",
            Self::Country => "countries",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Asn => "GeoLite2-ASN",
            Self::Country => "GeoLite2-Country",
        }
    }
}

impl WatchedDatabase {
    pub(super) fn open(path: &Path, kind: Kind) -> anyhow::Result<Self> {
        // Before it is read: a change during the reading is then seen as one.
        let stamp = Stamp::of(path);
        let reader = read(path, kind).with_context(|| format!("{} cannot be used", kind.option()))?;
        let (reader, seen) = (RwLock::new(Arc::new(reader)), Mutex::new(stamp));
        Ok(Self { path: path.to_owned(), kind, reader, seen })
    }

    pub(super) fn reader(&self) -> Arc<Reader> {
        Arc::clone(&self.reader.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says in the log what is in use.
    pub(super) fn report(&self) {
        let reader = self.reader();
        let metadata = reader.metadata();
        tracing::info!(
            file = %self.path.display(),
            r#type = metadata.database_type,
            built = metadata.build_epoch,
            "a geographical database is in use"
        );
    }

    /// Reads the file again if it is not the one that was read last.
    pub(super) fn refresh(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&self.path);
        if stamp == *seen {
            return;
        }
        *seen = stamp;
        match read(&self.path, self.kind) {
            Ok(reader) => {
                *self.reader.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(reader);
                self.report();
            }
            Err(error) => tracing::warn!(
                error = format!("{error:#}"),
                "the new geographical database for {} cannot be used; the one read before stays in use",
                self.kind.option()
            ),
        }
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        let identity = identity(&metadata);
        Some(Self { modified: metadata.modified().ok(), length: metadata.len(), identity })
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_metadata: &Metadata) -> Option<(u64, u64)> {
    None
}

/// Reads a file and checks all of it, so that nothing is found damaged while a request waits.
fn read(path: &Path, kind: Kind) -> anyhow::Result<Reader> {
    let name = path.display();
    let bytes = bytes(path).with_context(|| {
        format!("cannot read {name}; check that the file exists and that the user running this may read it")
    })?;
    let Ok(reader) = Reader::from_source(bytes) else {
        bail!("{name} is no MaxMind-format database; get {} with geoipupdate", kind.example());
    };
    reader.verify().with_context(|| format!("the database {name} is damaged; get it anew"))?;
    if !holds(&reader, kind) {
        let found = &reader.metadata().database_type;
        let (contents, example) = (kind.contents(), kind.example());
        bail!("the database {name} holds no {contents} (its type is `{found}`); name one like {example}");
    }
    Ok(reader)
}

fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    // A pipe would be waited for, and a device may never end.
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(std::io::Error::other(format!("it is longer than {} MiB", MAX_BYTES >> 20)));
    }
    Ok(bytes)
}

/// Whether any record has what the database is for. Names of types differ from vendor to vendor; records do not.
fn holds(reader: &Reader, kind: Kind) -> bool {
    let Ok(networks) = reader.networks(maxminddb::WithinOptions::default()) else { return false };
    networks.take(SAMPLE).filter_map(Result::ok).any(|record| {
        let has = |path: &[PathElement<'_>]| matches!(record.decode_path::<IgnoredAny>(path), Ok(Some(_)));
        match kind {
            Kind::Asn => has(&path!["autonomous_system_number"]),
            Kind::Country => has(&path!["country", "iso_code"]),
        }
    })
}
