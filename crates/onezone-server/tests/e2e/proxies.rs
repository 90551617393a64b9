//! The recipes of the chapter on proxies, as they stand there: each proxy before a real server, and clients that are
//! honest, long-winded, liars and smugglers.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};

use crate::curl::{Reply, curl};
use crate::fixture::CAROL;
use crate::observed::PATIENCE;
use crate::processes::{Home, Server};

const CHAPTER: &str = include_str!("../../docs/proxies.md");
const LIST: &str = "/api/v3/onezone/providers/krakow/tokens/named";
const DELETE: &str = "/api/v3/onezone/users/alice/tokens/named";

/// A proxy that runs. Whatever happens to the test, it does not outlive it.
struct Proxy {
    child: Child,
    port: u16,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The shell's own `kill`: proxies with several processes end them all when they are asked to.
        let _ = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status();
        let _ = self.child.wait();
    }
}

/// What runs before the server, and where its recipe goes.
struct Recipe {
    heading: &'static str,
    language: &'static str,
    /// The recipe with the test's own addresses and files, and what else a file of this proxy needs.
    adapt: fn(recipe: &str, home: &Home, server: &str, port: u16) -> String,
    /// The program with its arguments; `FILE` is the file.
    start: &'static [&'static str],
}

const NGINX: Recipe = Recipe {
    heading: "## nginx",
    language: "nginx",
    adapt: |recipe, home, server, port| {
        let directory = home.path("");
        let directory = directory.display();
        let recipe = recipe
            .replace("127.0.0.1:8080", server)
            .replace("listen 443", &format!("listen 127.0.0.1:{port}"))
            .replace("/etc/ssl/zone.example.org/fullchain.pem", &format!("{directory}/proxy.crt"))
            .replace("/etc/ssl/zone.example.org/privkey.pem", &format!("{directory}/proxy.key"));
        let folders: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {directory}/{name};"))
            .concat();
        // Without the line, the workers of a server that root starts cannot read the test's directory.
        let user = if is_root() { "user root;" } else { "" };
        format!(
            "{user} daemon off; pid {directory}/nginx.pid; error_log stderr; events {{}} \
             http {{ access_log off; {folders} {recipe} }}"
        )
    },
    start: &["nginx", "-c", "FILE"],
};

const HAPROXY: Recipe = Recipe {
    heading: "## HAProxy",
    language: "haproxy",
    adapt: |recipe, home, server, port| {
        recipe
            .replace("127.0.0.1:8080", server)
            .replace("bind :443", &format!("bind 127.0.0.1:{port}"))
            .replace("/etc/haproxy/zone.example.org.pem", home.path("proxy.pem").to_str().unwrap())
    },
    start: &["haproxy", "-db", "-f", "FILE"],
};

const CADDY: Recipe = Recipe {
    heading: "## Caddy",
    language: "caddyfile",
    adapt: |recipe, home, server, port| {
        let directory = home.path("");
        let directory = directory.display();
        recipe
            .replacen("{\n", "{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n", 1)
            .replace("127.0.0.1:8080", server)
            .replace(
                "zone.example.org {",
                &format!("https://localhost:{port} {{\n\ttls {directory}/proxy.crt {directory}/proxy.key"),
            )
    },
    start: &["caddy", "run", "--adapter", "caddyfile", "--config", "FILE"],
};

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0"
}

/// The first block of this language after the heading.
fn block(heading: &str, language: &str) -> &'static str {
    let (_, section) = CHAPTER.split_once(&format!("{heading}\n")).unwrap();
    let (_, block) = section.split_once(&format!("```{language}\n")).unwrap();
    block.split_once("```").unwrap().0
}

/// The program, also where Debian keeps it out of the `PATH`.
fn program(name: &str) -> String {
    let known = format!("/usr/sbin/{name}");
    if Path::new(&known).exists() { known } else { name.to_owned() }
}

impl Recipe {
    /// The options of the server in the recipe's own command.
    fn options(&self) -> Vec<&'static str> {
        let command = block(self.heading, "sh").trim();
        command.strip_prefix("onezone-server serve").unwrap().split_whitespace().collect()
    }

    fn run(&self, home: &Home, server: &str) -> Proxy {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        home.write("proxy.crt", certificate.pem());
        home.write("proxy.key", key.serialize_pem());
        home.write("proxy.pem", certificate.pem() + &key.serialize_pem());
        let mut log = String::new();
        for _ in 0..5 {
            match self.try_run(home, server) {
                Ok(proxy) => return proxy,
                Err(said) => log = said,
            }
        }
        panic!("{} ended: {log}", self.start[0]);
    }

    /// Starts the proxy, or gives what it said when it ended: somebody else may have taken its port.
    fn try_run(&self, home: &Home, server: &str) -> Result<Proxy, String> {
        // Free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = (self.adapt)(block(self.heading, self.language), home, server, port);
        let file = home.write("proxy.conf", text);
        let [name, arguments @ ..] = self.start else { panic!("no program") };
        let file = file.to_str().unwrap();
        let mut child = Command::new(program(name))
            .args(arguments.iter().map(|argument| if *argument == "FILE" { file } else { argument }))
            .env("HOME", home.path(""))
            .env("XDG_DATA_HOME", home.path("xdg"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(home.path("proxy.log")).unwrap())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{name}: {error}; get it with `sudo .ci/install-packages {name}`")
            });
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || std::fs::read_to_string(home.path("proxy.log")).unwrap();
            if child.try_wait().unwrap().is_some() {
                return Err(log());
            }
            assert!(Instant::now() < end, "{name} does not listen: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Proxy { child, port })
    }
}

/// Sends these bytes through TLS, and gives what comes back until the proxy closes or has nothing to say for a while.
fn raw(home: &Home, proxy: &Proxy, bytes: &[u8]) -> String {
    let session =
        rustls::ClientConnection::new(Arc::new(client(home)), ServerName::try_from("localhost").unwrap())
            .unwrap();
    let socket = TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut stream = rustls::StreamOwned::new(session, socket);
    // It may answer and close before it has read everything.
    let _ = stream.write_all(bytes).and_then(|()| stream.flush());
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Everything that a recipe has to stand.
fn prove(recipe: &Recipe) {
    let home = Home::with_zone();
    let token = home.token("alice-token");
    let options = [&["serve", "--listen", "127.0.0.1:0"], &recipe.options()[..]].concat();
    let server = Server::start(home.command(&options));
    let proxy = recipe.run(&home, server.address());
    let origin = format!("https://localhost:{}", proxy.port);
    let ca = home.path("proxy.crt");
    let call = |version: &str, arguments: &[&str]| -> Reply {
        let to = [
            "--cacert",
            ca.to_str().unwrap(),
            version,
            "--resolve",
            &format!("localhost:{}:127.0.0.1", proxy.port),
        ];
        curl(&[&to, arguments].concat())
    };
    // HAProxy finds the server alive first.
    let end = Instant::now() + PATIENCE;
    while call("--http1.1", &["-u", CAROL, &format!("{origin}{LIST}")]).status == 503 && Instant::now() < end
    {
    }

    for version in ["--http1.1", "--http2"] {
        let list = call(version, &["-u", CAROL, &format!("{origin}{LIST}")]).expect(200);
        assert_eq!(list.json()["tokens"].as_array().unwrap().len(), 5);
    }
    long_tokens(&home, &proxy);
    // A client at an address of its own, that says it is somebody else.
    let lies = [
        "-H",
        "X-Forwarded-For: 203.0.113.9",
        "-H",
        "Forwarded: for=203.0.113.9",
        "-H",
        "X-Real-IP: 203.0.113.9",
    ];
    call(
        "--http2",
        &[&lies[..], &["--interface", "127.0.0.2", "-u", CAROL, &format!("{origin}{LIST}")]].concat(),
    )
    .expect(200);
    let attacks = smuggle(&home, &proxy);
    let header = format!("X-Auth-Token: {token}");
    call("--http1.1", &["-X", "DELETE", "-H", &header, &format!("{origin}{DELETE}")]).expect(204);
    assert!(home.tokens_of("usr-alice").is_empty());
    drop(proxy);
    let log = server.stop().stderr;
    assert!(log.contains("\"peer\":\"127.0.0.2:"), "{log}");
    assert!(!log.contains("203.0.113.9"), "{log}");
    for (name, answers) in attacks {
        // A request that the server saw and the proxy did not would have an answer that nobody waits for.
        let seen = log.matches(&name).count();
        assert!(seen <= answers.max(1), "{name}: {seen} requests, {answers} answers");
    }
}

/// Three tokens of the greatest length come through, and one byte more is answered by the server itself. curl cannot send
/// so much.
fn long_tokens(home: &Home, proxy: &Proxy) {
    for (length, id) in [(65_536, "badToken"), (65_537, "tokenTooLarge")] {
        let token = "A".repeat(length);
        let headers = ["x-auth-token", "x-onedata-service-token", "x-onedata-consumer-token"];
        let lines: String = headers.map(|name| format!("{name}: {token}\r\n")).concat();
        let request = format!("GET {LIST} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n");
        let answer = raw(home, proxy, request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains(id), "{answer}");
        let (status, body) = over_http2(home, proxy, &headers.map(|name| (name, token.as_str())));
        assert!(status == 401 && body.contains(id), "{status}: {body}");
    }
}

/// The same over HTTP/2.
#[tokio::main(flavor = "current_thread")]
async fn over_http2(home: &Home, proxy: &Proxy, headers: &[(&str, &str)]) -> (u16, String) {
    let socket = tokio::net::TcpStream::connect(("127.0.0.1", proxy.port)).await.unwrap();
    let mut config = client(home);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), socket).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request = http::Request::get(format!("https://localhost:{}{LIST}", proxy.port));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = sender.send_request(request.body(Empty::<bytes::Bytes>::new()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// Trusts the proxy's certificate.
fn client(home: &Home) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(home.path("proxy.crt")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    builder.with_root_certificates(roots).with_no_client_auth()
}

/// Hides a request in what one reader takes for a body, and another for the next request. Both have a name, which the server
/// logs; gives the names, each with how many answers of the server the client got.
fn smuggle(home: &Home, proxy: &Proxy) -> Vec<(String, usize)> {
    let lines = [
        ("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n", true),
        ("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n", true),
        ("Content-Length: {length}\r\nTransfer-Encoding: xchunked\r\n", true),
        ("Content-Length: {length}\r\nTransfer-Encoding : chunked\r\n", true),
        ("Content-Length: {length}\r\nTransfer-Encoding: \x0bchunked\r\n", true),
        ("Content-Length: {length}\r\nX: y\nTransfer-Encoding: chunked\r\n", true),
        ("Content-Length: {length}\r\nX: y\rTransfer-Encoding: chunked\r\n", true),
        ("Content-Length: {length}\r\nTransfer-Encoding:\r\n chunked\r\n", true),
        ("Content-Length: {length}\r\nTransfer-Encoding: chunked, identity\r\n", true),
        ("Content-Length: {length}\r\nConnection: Content-Length\r\n", false),
        ("Content-Length: {length}\r\nContent-Length: 0\r\n", false),
        ("Content-Length: 0\r\nContent-Length: {length}\r\n", false),
        ("Content-Length: 0, {length}\r\n", false),
        ("Content-Length: +{length}\r\n", false),
        ("Content-Length: {length}\r\n", false),
        ("Content-Length: {length}\r\nExpect: 100-continue\r\n", false),
        ("Content-Length: {length}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n", false),
    ];
    std::thread::scope(|scope| {
        let attacks: Vec<_> = (0..)
            .zip(lines)
            .map(|(number, (headers, chunks))| {
                let name = format!("attack-{number:03}");
                let start =
                    |line: &str| format!("{line} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {name}\r\n");
                let hidden = format!("{}Connection: close\r\n\r\n", start(&format!("DELETE {DELETE}")));
                let body = if chunks { format!("0\r\n\r\n{hidden}") } else { hidden };
                let headers = headers.replace("{length}", &body.len().to_string());
                let bytes = format!("{}{headers}\r\n{body}", start(&format!("GET {LIST}")));
                (name, scope.spawn(move || raw(home, proxy, bytes.as_bytes())))
            })
            .collect();
        let answers = |text: &str| text.to_lowercase().matches("x-request-id: ").count();
        attacks.into_iter().map(|(name, answer)| (name, answers(&answer.join().unwrap()))).collect()
    })
}

#[test]
fn the_recipe_for_nginx_holds() {
    prove(&NGINX);
}

#[test]
fn the_recipe_for_haproxy_holds() {
    prove(&HAPROXY);
}

#[test]
fn the_recipe_for_caddy_holds() {
    prove(&CADDY);
}
