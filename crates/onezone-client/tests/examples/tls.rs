//! The example for certificates, against a server whose certificate no operating system trusts.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::run;

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\nconnection: close\r\n\r\n{\"tokens\":[\"a\"]}";

/// A server by TLS that answers one connection after the other with a list, and its authority as PEM.
fn start() -> (String, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("localhost:0").unwrap();
    let uri = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(session, connection.unwrap());
            let mut head = [0; 4096];
            // A client that does not trust the certificate goes away, which is its right.
            if stream.read(&mut head).is_ok_and(|length| length > 0) {
                stream.write_all(ANSWER.as_bytes()).unwrap();
                stream.conn.send_close_notify();
                stream.flush().unwrap();
            }
        }
    });
    (uri, authority.pem())
}

#[tokio::test]
async fn custom_tls_trusts_the_authority_of_the_file() {
    let (uri, authority) = start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::File::create(&file).unwrap().write_all(authority.as_bytes()).unwrap();
    let environment = [
        ("ONEZONE_HOST", uri.as_str()),
        ("ONEZONE_CA", file.to_str().unwrap()),
        ("ONEZONE_API_KEY", "the-token"),
        ("ONEZONE_PROVIDER_ID", "p1"),
    ];
    assert_eq!(run("custom_tls", &environment).await, (true, "1 tokens\n".to_owned()));
    let only = [&environment[..], &[("ONEZONE_ONLY_CA", "1")]].concat();
    assert_eq!(run("custom_tls", &only).await, (true, "1 tokens\n".to_owned()));
    let (success, printed) = run("list", &environment).await;
    assert!(!success && printed.contains("Connect") && !printed.contains("the-token"), "{printed}");
}
