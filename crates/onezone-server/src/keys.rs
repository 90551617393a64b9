//! The keys that seal the secrets in a database: where they are kept, and making them where a zone begins.

use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use fs4::{FileExt, TryLockError};
use onezone_store::{KeyUsage, Keyring, Keys, Nonces, StoreError};
use zeroize::Zeroizing;

use crate::environment::Environment;

const HEADING: &str = "# The keys of a zone: whoever has this file and the database can forge every token. Keep a copy of\n\
    # it, apart from the copies of the database. A line a key: its number and 32 bytes in base64.\n";

/// Where the keys are.
pub(crate) enum KeySource {
    /// In the environment of this process.
    Environment(Zeroizing<String>),
    /// In a file.
    File(PathBuf),
}

impl KeySource {
    /// The environment variable that can hold keys.
    pub(crate) const VARIABLE: &str = "ONEZONE_KEY";

    /// The file, when they are in one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Environment(_) => None,
            Self::File(path) => Some(path),
        }
    }

    /// The keys in the environment, or in the file that the options name, or in this one.
    pub(crate) fn choose(named: Option<&Path>, default: Option<PathBuf>) -> anyhow::Result<Self> {
        if let Some(text) = std::env::var_os(Self::VARIABLE).filter(|text| !text.is_empty()) {
            if named.is_some() {
                bail!("both {} and a key file are given: keep one of the two", Self::VARIABLE);
            }
            let text = text.into_string().ok().with_context(|| format!("{} is not text", Self::VARIABLE))?;
            return Ok(Self::Environment(Zeroizing::new(text)));
        }
        match named.map(Path::to_owned).or(default) {
            Some(file) => Ok(Self::File(file)),
            None => bail!(
                "a database on a server needs keys that all replicas share: name a file with --key-file, or give \
                 them in {}; `onezone-server key create FILE` makes a file",
                Self::VARIABLE
            ),
        }
    }

    /// The keys, which have to be there. A file is read again when a key turns out to be missing.
    pub(crate) fn open(&self, environment: &Environment) -> anyhow::Result<Keys> {
        let nonces = environment.nonces();
        match self {
            Self::Environment(text) => {
                let keyring = Keyring::parse(text, nonces);
                Ok(Keys::fixed(keyring.with_context(|| format!("{} cannot be used", Self::VARIABLE))?))
            }
            Self::File(path) if !path.exists() => bail!(
                "there is no key file {}: without the keys that its secrets are sealed with, a database is of no use; \
                 put the file back from its copy, or name it with --key-file",
                path.display()
            ),
            Self::File(path) => {
                let file = path.clone();
                let keys = Keys::loaded_by(move || read(&file, nonces.clone()));
                keys.with_context(|| format!("the key file {} cannot be used", path.display()))
            }
        }
    }

    /// Makes sure that there are keys, for a zone that begins.
    pub(crate) fn ensure(&self, environment: &Environment) -> anyhow::Result<()> {
        match self {
            Self::Environment(_) => Ok(()),
            Self::File(path) if path.exists() => Ok(()),
            Self::File(path) => match create(path, environment) {
                // Somebody else was faster, and theirs are as good.
                Err(error)
                    if error.downcast_ref::<std::io::Error>().map(std::io::Error::kind)
                        == Some(ErrorKind::AlreadyExists) =>
                {
                    Ok(())
                }
                other => other,
            },
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(_) => formatter.write_str(Self::VARIABLE),
            Self::File(path) => path.display().fmt(formatter),
        }
    }
}

/// Keeps other commands from changing a key file as long as the result lives: two that add a key at once would lose one,
/// and with it whatever it has sealed.
pub(crate) fn lock(path: &Path) -> anyhow::Result<File> {
    // A name that was mistyped is not worth a file beside it.
    File::open(path).with_context(|| format!("the key file {} cannot be used", path.display()))?;
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&name).with_context(|| format!("cannot open {}", name.display()))?;
    match FileExt::try_lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("another command is changing the key file {}", path.display()),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", name.display()))
        }
    }
}

/// Adds a new key to a file that is locked, and gives its number.
pub(crate) fn add(path: &Path, environment: &Environment) -> anyhow::Result<u32> {
    let keyring = read(path, environment.nonces())
        .with_context(|| format!("the key file {} cannot be used", path.display()))?
        .rotated(environment.random()?);
    write(path, &keyring, false)?;
    Ok(keyring.newest())
}

/// Takes keys older than the one that seals out of a file that is locked, if they have sealed nothing that is left, and
/// gives their numbers.
pub(crate) fn retire(path: &Path, usage: &KeyUsage, environment: &Environment) -> anyhow::Result<Vec<u32>> {
    let keyring = read(path, environment.nonces())
        .with_context(|| format!("the key file {} cannot be used", path.display()))?;
    let is_needed =
        |number: u32| number >= usage.sealing || usage.keys.get(&number).is_none_or(|uses| uses.total() > 0);
    let retained = keyring.retaining(is_needed);
    let kept = retained.numbers();
    let retired: Vec<u32> = keyring.numbers().into_iter().filter(|number| !kept.contains(number)).collect();
    if !retired.is_empty() {
        write(path, &retained, false)?;
    }
    Ok(retired)
}

/// Makes a file with a new key, which must not be there yet. It is on disk when this returns.
pub(crate) fn create(path: &Path, environment: &Environment) -> anyhow::Result<()> {
    write(path, &Keyring::new(environment.random()?, environment.nonces()), true)
}

/// The keys in a file.
pub(crate) fn read(path: &Path, nonces: Nonces) -> Result<Keyring, StoreError> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|source| StoreError::File { doing: "read", path: path.to_owned(), source })?;
    Keyring::parse(&text, nonces)
}

/// Puts keys into a file, readable by its owner only. Whoever reads meanwhile finds the old keys or the new ones.
pub(crate) fn write(path: &Path, keyring: &Keyring, must_be_new: bool) -> anyhow::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = || {
        let path = path.display();
        format!("cannot write the key file {path}; check that its directory belongs to the user running this")
    };
    if !directory.exists() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory).with_context(failed)?;
    }
    // Private from the start, and gone again if anything fails.
    let mut draft = tempfile::NamedTempFile::new_in(directory).with_context(failed)?;
    draft.write_all(HEADING.as_bytes()).with_context(failed)?;
    draft.write_all(keyring.expose().as_bytes()).with_context(failed)?;
    draft.as_file().sync_all().with_context(failed)?;
    let persisted = if must_be_new { draft.persist_noclobber(path) } else { draft.persist(path) };
    persisted.map_err(|failure| failure.error).with_context(failed)?;
    // The name is on disk once its directory is.
    std::fs::File::open(directory).and_then(|directory| directory.sync_all()).with_context(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_private_is_read_back_and_is_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/zone.key");
        let environment = Environment::fixed();
        create(&path, &environment).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(read(&path, environment.nonces()).unwrap().current(), 1);
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777,
            0o600
        );
        let error = format!("{:#}", create(&path, &environment).unwrap_err());
        assert!(error.contains("cannot write the key file") && error.contains("exists"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        let source = KeySource::File(path.clone());
        source.ensure(&environment).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "a draft is left behind");
    }

    #[test]
    fn a_missing_file_is_named_with_what_to_do() {
        let error = KeySource::File("/no/such/zone.key".into()).open(&Environment::fixed()).err().unwrap();
        let error = error.to_string();
        assert!(error.contains("/no/such/zone.key") && error.contains("--key-file"), "{error}");
    }

    #[test]
    fn keys_are_added_and_go_when_they_are_needed_no_more() {
        use onezone_store::KeyUses;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zone.key");
        let environment = Environment::fixed();
        create(&path, &environment).unwrap();
        let numbers = || read(&path, environment.nonces()).unwrap().numbers();
        for number in 2..=4 {
            assert_eq!(add(&path, &environment).unwrap(), number);
        }
        assert_eq!(numbers(), [1, 2, 3, 4]);
        let unused = KeyUses { available: true, ..KeyUses::default() };
        let used = KeyUses { passwords: 1, ..unused };
        // The first still opens something, the second nothing, the third seals, the fourth waits.
        let keys = [(1, used), (2, unused), (3, unused), (4, unused)].into();
        assert_eq!(retire(&path, &KeyUsage { sealing: 3, keys }, &environment).unwrap(), [2]);
        assert_eq!(numbers(), [1, 3, 4]);
        // What nobody counted stays.
        let keys = [(3, unused)].into();
        assert_eq!(retire(&path, &KeyUsage { sealing: 3, keys }, &environment).unwrap(), Vec::<u32>::new());
        assert_eq!(numbers(), [1, 3, 4]);
    }

    #[test]
    fn one_command_at_a_time_changes_a_key_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zone.key");
        assert!(lock(&path).is_err() && std::fs::read_dir(directory.path()).unwrap().next().is_none());
        create(&path, &Environment::fixed()).unwrap();
        let held = lock(&path).unwrap();
        let error = lock(&path).unwrap_err().to_string();
        assert!(error.contains("another command is changing the key file"), "{error}");
        drop(held);
        lock(&path).unwrap();
    }

    #[test]
    fn a_file_that_is_no_key_file_is_named_without_a_word_of_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zone.key");
        std::fs::File::create(&path).unwrap().write_all(b"1 aHVzaA==\n").unwrap();
        let error = KeySource::File(path).open(&Environment::fixed()).err().unwrap();
        let error = format!("{error:#}");
        assert!(error.contains("zone.key cannot be used: line 1") && !error.contains("aHVzaA"), "{error}");
    }
}
