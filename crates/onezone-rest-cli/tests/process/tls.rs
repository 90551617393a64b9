//! TLS, against a server with a certificate of its own: whom the program trusts, and what it says of whom it does not.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, Stream};

use crate::{program, stderr, stdout};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

/// A server that answers whoever comes, with its address; it ends with the process of the test.
fn serve(config: ServerConfig) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let Ok(mut connection) = ServerConnection::new(Arc::clone(&config)) else { return };
            let mut tls = Stream::new(&mut connection, &mut stream);
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && tls.read(&mut byte).is_ok_and(|read| read > 0) {
                request.push(byte[0]);
            }
            if tls.write_all(ANSWER).is_ok() {
                connection.send_close_notify();
                let _ = connection.complete_io(&mut stream);
            }
        }
    });
    format!("https://localhost:{}", address.port())
}

fn made_for(name: &str) -> CertifiedKey<rcgen::KeyPair> {
    generate_simple_self_signed([name.to_owned()]).unwrap()
}

fn key(certified: &CertifiedKey<rcgen::KeyPair>) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()).into()
}

fn plain(certified: &CertifiedKey<rcgen::KeyPair>) -> ServerConfig {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key(certified))
        .unwrap()
}

fn written(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
    path.display().to_string()
}

const LIST: [&str; 2] = ["listNamedTokensOfProvider", "id=p1"];

#[test]
fn certificate_is_trusted_when_its_authority_is_given_or_nobody_asks() {
    let certified = made_for("localhost");
    let host = serve(plain(&certified));
    let folder = tempfile::tempdir().unwrap();
    let file = written(&folder, "authority.pem", &certified.cert.pem());
    for options in
        [&["--cacert", &file][..], &["-k"], &["--cacert", &file, "--tlsv1.3"], &["-k", "--tls-max", "1.2"]]
    {
        let words: Vec<_> = ["--host", &host].iter().chain(options).chain(&LIST).copied().collect();
        assert_eq!(stdout(&program(&words, &[]).success()), "{}\n", "{options:?}");
    }
    let outcome = program(&["--host", &host, LIST[0], LIST[1]], &[]).code(60);
    assert!(
        stderr(&outcome).contains("hint: trust the authority that signed the certificate with --cacert FILE"),
        "{}",
        stderr(&outcome)
    );
}

#[test]
fn certificate_for_another_name_is_told_as_such() {
    let certified = made_for("elsewhere.example.org");
    let host = serve(plain(&certified));
    let folder = tempfile::tempdir().unwrap();
    let file = written(&folder, "authority.pem", &certified.cert.pem());
    let outcome = program(&["--cacert", &file, "--host", &host, LIST[0], LIST[1]], &[]).code(60);
    assert!(
        stderr(&outcome).contains("hint: the certificate of the server is for another name"),
        "{}",
        stderr(&outcome)
    );
}

#[test]
fn client_certificate_is_shown_to_a_server_that_wants_one() {
    let (server, client) = (made_for("localhost"), made_for("alice"));
    let mut authorities = RootCertStore::empty();
    authorities.add(client.cert.der().clone()).unwrap();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let verifier = WebPkiClientVerifier::builder(Arc::new(authorities)).build().unwrap();
    let config = ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![server.cert.der().clone()], key(&server))
        .unwrap();
    let host = serve(config);
    let folder = tempfile::tempdir().unwrap();
    let certificate = written(&folder, "client.pem", &client.cert.pem());
    let key = written(&folder, "client.key", &client.signing_key.serialize_pem());
    let both =
        written(&folder, "both.pem", &format!("{}{}", client.cert.pem(), client.signing_key.serialize_pem()));
    for options in [&["--cert", &certificate, "--key", &key][..], &["-E", &both]] {
        let words: Vec<_> = ["-k", "--host", &host].iter().chain(options).chain(&LIST).copied().collect();
        assert_eq!(stdout(&program(&words, &[]).success()), "{}\n", "{options:?}");
    }
    let outcome = program(&["-k", "--host", &host, LIST[0], LIST[1]], &[]);
    assert!(matches!(outcome.get_output().status.code(), Some(35 | 56)), "{}", stderr(&outcome));
    let outcome = program(&["-k", "--cert", &certificate, "--host", &host, LIST[0], LIST[1]], &[]).code(2);
    assert!(stderr(&outcome).contains("a key that has no pass phrase"), "{}", stderr(&outcome));
}

#[tokio::test]
async fn server_without_tls_is_told_as_such() {
    let server = crate::answering(crate::tokens()).await;
    let host = format!("localhost:{}", server.address().port());
    let outcome = program(&["--host", &host, LIST[0], LIST[1]], &[]).code(35);
    assert!(
        stderr(&outcome).contains(&format!("the server does not speak TLS there; is it http://{host}")),
        "{}",
        stderr(&outcome)
    );
}
