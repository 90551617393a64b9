//! The keys that seal the secrets in a database: where they are kept, and making them where a zone begins.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use onezone_store::{Keyring, Keys, Nonces, StoreError};
use zeroize::Zeroizing;

use crate::environment::Environment;

const ENVIRONMENT: &str = "ONEZONE_KEY";

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
    /// The keys in the environment, or in the file that the options name, or in this one.
    pub(crate) fn choose(named: Option<&Path>, default: Option<PathBuf>) -> anyhow::Result<Self> {
        if let Some(text) = std::env::var_os(ENVIRONMENT).filter(|text| !text.is_empty()) {
            if named.is_some() {
                bail!("both {ENVIRONMENT} and a key file are given: keep one of the two");
            }
            let text = text.into_string().ok().with_context(|| format!("{ENVIRONMENT} is not text"))?;
            return Ok(Self::Environment(Zeroizing::new(text)));
        }
        match named.map(Path::to_owned).or(default) {
            Some(file) => Ok(Self::File(file)),
            None => bail!(
                "a database on a server needs keys that all replicas share: name a file with --key-file, or give \
                 them in {ENVIRONMENT}; `onezone-server key create FILE` makes a file"
            ),
        }
    }

    /// The keys, which have to be there. A file is read again when a key turns out to be missing.
    pub(crate) fn open(self, environment: &Environment) -> anyhow::Result<Keys> {
        let nonces = environment.nonces();
        match self {
            Self::Environment(text) => {
                let keyring = Keyring::parse(&text, nonces);
                Ok(Keys::fixed(keyring.with_context(|| format!("{ENVIRONMENT} cannot be used"))?))
            }
            Self::File(path) if !path.exists() => bail!(
                "there is no key file {}: without the keys that its secrets are sealed with, a database is of no use; \
                 put the file back from its copy, or name it with --key-file",
                path.display()
            ),
            Self::File(path) => {
                let named = path.clone();
                let keys = Keys::loaded_by(move || read(&path, nonces.clone()));
                keys.with_context(|| format!("the key file {} cannot be used", named.display()))
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
    fn rotated_keys_replace_the_old_ones() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zone.key");
        let environment = Environment::fixed();
        create(&path, &environment).unwrap();
        let rotated = read(&path, environment.nonces()).unwrap().rotated([9; 32]);
        write(&path, &rotated, false).unwrap();
        assert_eq!(read(&path, environment.nonces()).unwrap().current(), 2);
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
