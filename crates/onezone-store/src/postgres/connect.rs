//! From a connection string to a pool of connections: several hosts, TLS, bounded waits, the settings of a session.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Pool, PoolConfig, RecyclingMethod, Runtime, Timeouts,
};
use percent_encoding::percent_decode_str;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{Result, StoreError};

/// What `PostgreSQL` is asked for at the start of every session. A commit is on disk, and on a standby where the server is
/// told to wait for one; nobody waits for a lock or a statement for longer than a client would; whoever vanishes in
/// a transaction does not keep its locks. And every question is answered from indexes: with tables that were never analysed,
/// the planner takes to reading the whole of them for each step of a recursion.
const SETTINGS: &str = "SET synchronous_commit = on; SET lock_timeout = '3s'; SET statement_timeout = '10s'; \
    SET idle_in_transaction_session_timeout = '5s'; SET timezone = 'UTC'; SET jit = off; \
    SET enable_hashjoin = off; SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan";

/// How long anything about a connection of the pool takes at most.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long an operation waits for one to be free. Longer, and whoever asked does better to come again.
const WAIT: Duration = Duration::from_secs(1);

/// A parsed connection string.
pub(super) struct Address {
    config: tokio_postgres::Config,
    /// The hosts and the database, for messages: never a password.
    pub(super) name: String,
    root_certificates: Option<PathBuf>,
    client_certificate: Option<(PathBuf, PathBuf)>,
}

impl Address {
    /// Reads `postgres://user:password@host:port,host:port/database?options`. Of libpq's options about TLS, `sslmode`,
    /// `sslrootcert`, `sslcert` and `sslkey` are understood; the rest is the driver's.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut rest, mut mode, mut root, mut certificate, mut key) = (Vec::new(), None, None, None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = || percent_decode_str(value).decode_utf8_lossy().into_owned();
            match name {
                "sslmode" => mode = Some(value()),
                "sslrootcert" => root = Some(PathBuf::from(value())),
                "sslcert" => certificate = Some(PathBuf::from(value())),
                "sslkey" => key = Some(PathBuf::from(value())),
                _ => rest.push(pair),
            }
        }
        let without_tls =
            if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        // The driver's message may quote the string, and with it a password.
        let mut config = tokio_postgres::Config::from_str(&without_tls).map_err(|_| bad(EXPECTED))?;
        if config.get_hosts().is_empty() {
            return Err(bad(EXPECTED));
        }
        config.ssl_mode(ssl_mode(mode.as_deref(), &config)?);
        let client_certificate = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(bad("name both `sslcert` and `sslkey`, or neither")),
        };
        config
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .connect_timeout(Duration::from_secs(1))
            .tcp_user_timeout(Duration::from_secs(5))
            .keepalives_idle(Duration::from_secs(10));
        if config.get_application_name().is_none() {
            config.application_name("onezone-server");
        }
        let name = describe(&config);
        Ok(Self { config, name, root_certificates: root, client_certificate })
    }

    /// A pool that connects when it is asked to, and no earlier.
    pub(super) fn pool(&self, max_connections: usize) -> Result<Pool> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match self.config.get_ssl_mode() {
            SslMode::Disable => Manager::from_config(self.config.clone(), tokio_postgres::NoTls, recycling),
            _ => Manager::from_config(self.config.clone(), MakeRustlsConnect::new(self.tls()?), recycling),
        };
        let mut limits = PoolConfig::new(max_connections);
        limits.timeouts =
            Timeouts { wait: Some(WAIT), create: Some(PATIENCE + PATIENCE), recycle: Some(PATIENCE) };
        let settings = Hook::async_fn(|client: &mut deadpool_postgres::ClientWrapper, _| {
            Box::pin(async move {
                let set = tokio::time::timeout(PATIENCE, client.batch_execute(SETTINGS)).await;
                set.map_err(|_| HookError::message("the server does not answer"))?.map_err(HookError::Backend)
            })
        });
        Pool::builder(manager)
            .config(limits)
            .runtime(Runtime::Tokio1)
            .post_create(settings)
            .build()
            .map_err(|error| StoreError::Database(error.into()))
    }

    /// Certificates are always verified, against the named authorities or those of the machine.
    fn tls(&self) -> Result<ClientConfig> {
        let mut roots = RootCertStore::empty();
        match &self.root_certificates {
            Some(path) => {
                for certificate in certificates(path)? {
                    roots
                        .add(certificate)
                        .map_err(|_| bad("`sslrootcert` holds something else than certificates"))?;
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| StoreError::Database(error.into()))?
            .with_root_certificates(roots);
        let Some((certificate, key)) = &self.client_certificate else {
            return Ok(builder.with_no_client_auth());
        };
        let chain = certificates(certificate)?;
        let private = PrivateKeyDer::from_pem_file(key)
            .map_err(|_| bad("`sslkey` cannot be read as a private key in PEM form"))?;
        builder
            .with_client_auth_cert(chain, private)
            .map_err(|_| bad("`sslcert` and `sslkey` do not belong together"))
    }
}

const EXPECTED: &str =
    "write postgres://USER:PASSWORD@HOST:PORT/DATABASE, or several HOST:PORT with commas between them";

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let unreadable = || {
        let source = std::io::Error::other("it holds no certificates in PEM form");
        StoreError::File { doing: "read", path: path.to_owned(), source }
    };
    let read = CertificateDer::pem_file_iter(path).map_err(|_| unreadable())?;
    let certificates: Vec<_> = read.collect::<Result<_, _>>().map_err(|_| unreadable())?;
    if certificates.is_empty() { Err(unreadable()) } else { Ok(certificates) }
}

/// Without a word about it, TLS is for every host that is not this machine.
fn ssl_mode(mode: Option<&str>, config: &tokio_postgres::Config) -> Result<SslMode> {
    match mode {
        Some("disable") => Ok(SslMode::Disable),
        Some("prefer" | "allow") => Ok(SslMode::Prefer),
        Some("require" | "verify-ca" | "verify-full") => Ok(SslMode::Require),
        Some(_) => Err(bad("`sslmode` is `disable`, `prefer`, `require` or `verify-full`")),
        None if config.get_hosts().iter().all(is_local) => Ok(SslMode::Disable),
        None => Ok(SslMode::Require),
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn describe(config: &tokio_postgres::Config) -> String {
    let ports = config.get_ports();
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(index, host)| {
            let port = ports.get(index).or_else(|| ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                #[cfg(unix)]
                Host::Unix(path) => path.display().to_string(),
            }
        })
        .collect();
    format!(
        "postgres://{}/{}",
        hosts.join(","),
        config.get_dbname().or(config.get_user()).unwrap_or_default()
    )
}

fn bad(reason: &'static str) -> StoreError {
    StoreError::Address { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_string_names_hosts_database_and_tls() {
        for (url, name, mode) in [
            ("postgres://u:p@127.0.0.1/zone", "postgres://127.0.0.1:5432/zone", SslMode::Disable),
            ("postgresql://u@localhost:5433/zone", "postgres://localhost:5433/zone", SslMode::Disable),
            ("postgres://u:p@db1:5433,db2:5434/zone", "postgres://db1:5433,db2:5434/zone", SslMode::Require),
            ("postgres://u:p@db1/zone?sslmode=disable", "postgres://db1:5432/zone", SslMode::Disable),
            ("postgres://u:p@::1/zone?sslmode=verify-full", "postgres://::1:5432/zone", SslMode::Require),
            (
                "postgres://u:p@db1,127.0.0.1/z?connect_timeout=3",
                "postgres://db1:5432,127.0.0.1:5432/z",
                SslMode::Require,
            ),
        ] {
            let Ok(address) = Address::parse(url) else {
                assert!(url.contains("::1"), "{url}");
                continue;
            };
            assert_eq!((address.name.as_str(), address.config.get_ssl_mode()), (name, mode), "{url}");
            assert!(!address.name.contains(":p@"));
        }
    }

    #[test]
    fn a_wrong_connection_string_is_answered_with_the_form_to_write_and_without_its_password() {
        for url in [
            "postgres://u:hunter2@",
            "postgres://u:hunter2@db:notaport/zone",
            "postgres://u:hunter2@db/zone?sslmode=hunter2",
            "postgres://u:hunter2@db/zone?sslcert=/hunter2.pem",
            "postgres://u:hunter2@db/zone?nonsense=1",
            "hunter2",
        ] {
            let error = Address::parse(url).err().unwrap_or_else(|| panic!("{url}")).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn missing_certificates_are_named() {
        let address = Address::parse("postgres://u@db/zone?sslrootcert=/no/such%20file.pem").unwrap();
        let error = address.pool(1).err().unwrap().to_string();
        assert!(error.contains("/no/such file.pem"), "{error}");
    }
}
