//! TLS: a certificate chain and its key from PEM files, read anew while the server runs. New files that cannot be used
//! change nothing: connections go on being answered with the certificate that was read before.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::InconsistentKeys;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ServerConfig;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;
use x509_cert::der::Decode as _;
use zeroize::Zeroizing;

/// No chain and no key is longer.
const MAX_FILE: u64 = 1024 * 1024;

/// A certificate and its key, which can be read anew. Clones are the same one.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    certificate: PathBuf,
    key: PathBuf,
    minimum: TlsVersion,
    current: RwLock<Loaded>,
}

struct Loaded {
    config: Arc<ServerConfig>,
    validity: Validity,
    leaf: Vec<u8>,
}

/// The oldest version of TLS that is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2 and 1.3.
    V1_2,
    /// TLS 1.3 only.
    V1_3,
}

/// From when to when a certificate counts, in seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub not_before: u64,
    /// The last second.
    pub not_after: u64,
}

/// Why a certificate and a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} cannot be read", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file has no certificate in it.
    #[error(
        "{} has no certificate: it has to be PEM text, with `-----BEGIN CERTIFICATE-----`, the server's certificate \
         first and those of its issuers after it", .path.display()
    )]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A file has no private key in it. Nothing is said about what it has instead.
    #[error(
        "{} has no private key that can be used: it has to be PEM text, with `-----BEGIN PRIVATE KEY-----`, and not \
         encrypted", .path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The certificate is none.
    #[error("the first certificate in {} cannot be read", .path.display())]
    BadCertificate {
        /// The file.
        path: PathBuf,
    },
    /// Key and certificate are not of one pair.
    #[error(
        "the key in {} is not that of the first certificate in {}: the server's own certificate has to come first, and \
         both files have to be of the same renewal", .key.display(), .certificate.display()
    )]
    Mismatch {
        /// The file with the certificate.
        certificate: PathBuf,
        /// The file with the key.
        key: PathBuf,
    },
    /// The cryptography refuses them.
    #[error("the certificate or its key cannot be used")]
    Refused(#[source] rustls::Error),
}

impl Tls {
    /// Reads both files.
    pub fn load(certificate: &Path, key: &Path, minimum: TlsVersion) -> Result<Self, TlsError> {
        let loaded = read(certificate, key, minimum)?;
        Ok(Self(Arc::new(Inner {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            minimum,
            current: RwLock::new(loaded),
        })))
    }

    /// Reads both files anew, for connections from now on. Says whether the certificate is another one.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let loaded = read(&self.0.certificate, &self.0.key, self.0.minimum)?;
        let mut current = self.0.current.write().unwrap_or_else(PoisonError::into_inner);
        let changed = current.leaf != loaded.leaf;
        *current = loaded;
        Ok(changed)
    }

    /// From when to when the certificate counts.
    pub fn validity(&self) -> Validity {
        self.0.current.read().unwrap_or_else(PoisonError::into_inner).validity
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let current = self.0.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current.config))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { certificate, key, .. } = &*self.0;
        formatter
            .debug_struct("Tls")
            .field("certificate", certificate)
            .field("key", key)
            .finish_non_exhaustive()
    }
}

fn read(certificate: &Path, key: &Path, minimum: TlsVersion) -> Result<Loaded, TlsError> {
    let chain = chain(certificate)?;
    let private = private_key(key)?;
    let leaf = chain.first().map(|leaf| leaf.to_vec()).unwrap_or_default();
    let bad = |_| TlsError::BadCertificate { path: certificate.to_owned() };
    let parsed = x509_cert::Certificate::from_der(&leaf).map_err(bad)?;
    let validity = parsed.tbs_certificate.validity;
    let validity = Validity {
        not_before: validity.not_before.to_unix_duration().as_secs(),
        not_after: validity.not_after.to_unix_duration().as_secs(),
    };
    let provider = aws_lc_rs::default_provider();
    let no_key = |_| TlsError::NoKey { path: key.to_owned() };
    let pair = CertifiedKey::new(chain, provider.key_provider.load_private_key(private).map_err(no_key)?);
    match pair.keys_match() {
        // Not every key can say what its certificate has to be.
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
        Err(rustls::Error::InconsistentKeys(_)) => {
            return Err(TlsError::Mismatch { certificate: certificate.to_owned(), key: key.to_owned() });
        }
        Err(other) => return Err(TlsError::Refused(other)),
    }
    let versions: &[_] = match minimum {
        TlsVersion::V1_2 => &[&TLS13, &TLS12],
        TlsVersion::V1_3 => &[&TLS13],
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .map_err(TlsError::Refused)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(pair)));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Loaded { config: Arc::new(config), validity, leaf })
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = content(path)?;
    let none = || TlsError::NoCertificate { path: path.to_owned() };
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(|_| none())?;
    if chain.is_empty() { Err(none()) } else { Ok(chain) }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    // Neither the reason nor a part of the file is passed on: it may be a secret of another kind.
    PrivateKeyDer::from_pem_slice(&content(path)?).map_err(|_| TlsError::NoKey { path: path.to_owned() })
}

fn content(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = File::open(path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(source) => Err(TlsError::Unreadable { path: path.to_owned(), source }),
    }
}
