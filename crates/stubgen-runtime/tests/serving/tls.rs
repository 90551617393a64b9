//! TLS: versions, protocols, renewal, mistakes in files, and clients that speak something else.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use stubgen_runtime::{Ending, ServeOptions, Tls, TlsError, TlsVersion};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::guard::{expect, short, until_closed};
use crate::wire::{PATIENCE, Server, head, quiet, read_reply, start, start_with};

/// Certificate and key in files.
struct Files {
    _directory: TempDir,
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (certificate, key) = (directory.path().join("tls.crt"), directory.path().join("tls.key"));
        let files = Self { _directory: directory, certificate, key };
        files.renew(|_| ());
        files
    }

    /// Writes a new certificate for `localhost`.
    fn renew(&self, change: impl FnOnce(&mut CertificateParams)) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        change(&mut params);
        write(&self.certificate, &params.self_signed(&key).unwrap().pem());
        write(&self.key, &key.serialize_pem());
    }

    fn load(&self) -> Result<Tls, TlsError> {
        Tls::load(&self.certificate, &self.key, TlsVersion::V1_2)
    }

    /// A client that trusts this certificate and no other.
    fn connector(&self, protocols: &[&str]) -> TlsConnector {
        use rustls::pki_types::CertificateDer;
        use rustls::pki_types::pem::PemObject as _;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.certificate).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsConnector::from(Arc::new(config))
    }
}

fn write(path: &Path, text: &str) {
    use std::io::Write as _;
    std::fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
}

async fn serve(tls: &Tls, options: ServeOptions) -> Server {
    start_with(quiet(), ServeOptions { tls: Some(tls.clone()), ..options }).await
}

async fn connect(server: &Server, connector: &TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
    connector.connect(ServerName::try_from("localhost").unwrap(), server.connect().await).await
}

async fn get(server: &Server, connector: &TlsConnector) -> String {
    let mut stream = connect(server, connector).await.unwrap();
    stream.write_all(&head("GET /api/v1/session", &[])).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_through_tls() {
    let files = Files::new();
    let hsts = Some(Duration::from_secs(300));
    let server = serve(&files.load().unwrap(), ServeOptions { hsts, ..ServeOptions::default() }).await;
    for protocols in [&["http/1.1"][..], &[]] {
        let answer = get(&server, &files.connector(protocols)).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age=300\r\n"), "{answer}");
    }
    let stream = connect(&server, &files.connector(&["h2", "http/1.1"])).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request =
        http::Request::get("https://localhost/api/v1/large").body(Empty::<bytes::Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), crate::sample::LARGE + 2);
}

#[tokio::test]
async fn a_new_certificate_is_taken_over_and_a_bad_one_is_not() {
    let files = Files::new();
    let tls = files.load().unwrap();
    let server = serve(&tls, ServeOptions::default()).await;
    let old = files.connector(&[]);
    // A connection that is open keeps what it began with.
    let mut kept = connect(&server, &old).await.unwrap();
    assert!(!tls.reload().unwrap(), "nothing has changed");

    let certificate = std::fs::read_to_string(&files.certificate).unwrap();
    files.renew(|_| ());
    let renewed = std::fs::read_to_string(&files.certificate).unwrap();
    for broken in [certificate.as_str(), "", "no PEM", &renewed[..renewed.len() / 2]] {
        write(&files.certificate, broken);
        assert!(tls.reload().is_err(), "{broken:?}");
        assert!(get(&server, &old).await.starts_with("HTTP/1.1 200 "));
    }
    write(&files.certificate, &renewed);
    assert!(tls.reload().unwrap());
    assert!(get(&server, &files.connector(&[])).await.starts_with("HTTP/1.1 200 "));
    assert!(connect(&server, &old).await.is_err(), "the old certificate is still shown");
    kept.write_all(&head("GET /api/v1/session", &[])).await.unwrap();
    let mut answer = String::new();
    kept.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn mistakes_in_files_are_told_without_showing_what_is_in_them() {
    let files = Files::new();
    let other = Files::new();
    let load = |certificate: &Path, key: &Path| {
        let error = Tls::load(certificate, key, TlsVersion::V1_3).unwrap_err();
        format!("{error}: {:?}", std::error::Error::source(&error))
    };
    let secret = "the secret of something else";
    let odd = files.certificate.with_file_name("odd");
    write(&odd, &format!("-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n"));
    let missing = files.certificate.with_file_name("missing");
    let encrypted = files.certificate.with_file_name("encrypted");
    write(&encrypted, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    for (certificate, key, part) in [
        (&missing, &files.key, "missing cannot be read"),
        (&files.certificate, &missing, "missing cannot be read"),
        (&files.key, &files.key, "has no certificate"),
        (&files.certificate, &files.certificate, "has no private key"),
        (&files.certificate, &odd, "has no private key"),
        (&files.certificate, &encrypted, "not encrypted"),
        (&files.certificate, &other.key, "is not that of the first certificate"),
    ] {
        let error = load(certificate, key);
        assert!(error.contains(part) && !error.contains(secret), "{error}");
    }
}

#[tokio::test]
async fn a_certificate_says_until_when_it_counts() {
    let files = Files::new();
    files.renew(|params| {
        params.not_before = rcgen::date_time_ymd(2001, 9, 9);
        params.not_after = rcgen::date_time_ymd(2033, 5, 18);
    });
    let validity = files.load().unwrap().validity();
    assert_eq!((validity.not_before / 86400, validity.not_after / 86400), (11574, 23148));
}

#[tokio::test]
async fn the_oldest_version_can_be_raised() {
    let files = Files::new();
    let tls = Tls::load(&files.certificate, &files.key, TlsVersion::V1_3).unwrap();
    let server = serve(&tls, ServeOptions::default()).await;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let config = builder.with_protocol_versions(&[&rustls::version::TLS12]).unwrap();
    let config = config.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let error = connect(&server, &TlsConnector::from(Arc::new(config))).await.unwrap_err();
    assert!(error.to_string().contains("ProtocolVersion"), "{error}");
    assert!(get(&server, &files.connector(&[])).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn handshakes_that_do_not_end_are_closed() {
    let files = Files::new();
    let tls = files.load().unwrap();
    for (sent, ending) in [
        (&b""[..], Ending::FirstByte),
        (b"\x16", Ending::HandshakeTimeout),
        (b"\x16\x03\x01\x02\0\x01\0\x01", Ending::HandshakeTimeout),
        (b"\x16\x03\x01\0\x05hello", Ending::Tls),
        (b"\x80\x2e\x01\0\x02", Ending::Tls),
    ] {
        let server = serve(&tls, short()).await;
        let mut stream = server.connect().await;
        stream.write_all(sent).await.unwrap();
        until_closed(stream).await;
        expect(&server, ending).await;
    }
    // And who has done the handshake has to say something then.
    let server = serve(&tls, ServeOptions { handshake_timeout: PATIENCE, ..short() }).await;
    let mut stream = connect(&server, &files.connector(&[])).await.unwrap();
    let _ = stream.read_to_end(&mut Vec::new()).await;
    expect(&server, Ending::FirstByte).await;
}

#[tokio::test]
async fn whoever_speaks_the_wrong_protocol_is_told_the_right_one() {
    let files = Files::new();
    let server = serve(&files.load().unwrap(), ServeOptions::default()).await;
    let mut stream = server.connect().await;
    stream.write_all(&head("GET /api/v1/session", &[])).await.unwrap();
    let reply = read_reply(stream).await;
    assert_eq!((reply.status, reply.header("connection")), (400, Some("close")));
    assert!(reply.json()["error"]["description"].as_str().unwrap().contains("TLS: call it with https://"));
    expect(&server, Ending::WrongProtocol).await;

    let server = start().await;
    let mut stream = server.connect().await;
    stream.write_all(b"\x16\x03\x01\x02\0\x01\0\x01\xfc").await.unwrap();
    let reply = read_reply(stream).await;
    assert_eq!(reply.status, 400);
    assert!(reply.body.contains("plain HTTP: call it with http://"), "{reply:?}");
    let error = connect(&server, &files.connector(&[])).await.unwrap_err();
    assert!(error.to_string().contains("InvalidContentType"), "{error}");
}
