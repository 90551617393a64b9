//! What a server says that logs all there is: about requests that succeed, that fail in every way, that are no requests, and that are
//! too many.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rcgen::{CertificateParams, KeyPair};

use super::{PASSWORD, PASSWORD_IN_FILE, SENT, Scene};
use crate::curl::{Reply, curl};
use crate::processes::Server;

/// Every way of sending something secret to the server that has this address, and what came back.
pub(super) fn requests(base: &str, token: &str) -> Vec<Reply> {
    let (provider, user) =
        (format!("{base}/providers/krakow/tokens/named"), format!("{base}/users/eve/tokens/named"));
    let right = format!("X-Auth-Token: {token}");
    let header = |name: &str, value: &str| format!("{name}: {value}");
    // The last characters are the signature's, and one of the others.
    let (forged, cut) = (format!("{}AAAA", &token[..token.len() - 4]), &token[..token.len() - 7]);
    let basic = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    let headers = [
        right.clone(),
        header("Authorization", &format!("Bearer {token}")),
        header("Authorization", &format!("Macaroon {token}")),
        header("X-Auth-Token", &forged),
        header("X-Auth-Token", cut),
        header("X-Auth-Token", SENT),
        header("X-Auth-Token", &SENT.repeat(3000)),
        header("X-Auth-Token", &format!("{SENT}\u{e9}")),
        header("Macaroon", SENT),
        header("Authorization", &format!("Bearer {SENT}")),
        header("Authorization", &format!("Basic {SENT}")),
        header("Authorization", &format!("Basic {}", basic(&format!("ada:{SENT}")))),
        header("Authorization", &format!("Basic {}", basic(&format!("{SENT}:{SENT}")))),
        header("Authorization", &format!("Basic {}", basic(SENT))),
        header("Authorization", &format!("{SENT} {SENT}")),
        header("Cookie", &format!("SID=nonce|{SENT}; other={SENT}")),
        header("Cookie", SENT),
        header("Proxy-Authorization", &format!("Basic {}", basic(SENT))),
    ];
    let mut rows: Vec<Vec<String>> = headers.iter().map(|header| vec!["-H".into(), header.clone()]).collect();
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let more: [&[&str]; 13] = [
        &["-u", &format!("ada:{PASSWORD}")],
        &["-u", &format!("ada:{PASSWORD}x")],
        &["-u", &format!("eve:{PASSWORD}")],
        &["-u", &format!("nobody:{PASSWORD}")],
        &["-H", &right, "-H", &header("x-onedata-service-token", SENT)],
        &["-H", &right, "-H", &header("x-onedata-consumer-token", SENT)],
        &["-H", &right, "-H", &header("x-onedata-consumer-token", token)],
        &["-H", "X-Auth-Token: x", "-H", &header("X-Auth-Token", SENT)],
        &["-H", &right, "-H", &header("traceparent", SENT)],
        &["-H", &right, "-H", &header("Accept", &format!("text/{SENT}"))],
        &["-H", &right, "-X", "POST", "-d", SENT],
        &[
            "-H",
            &right,
            "-X",
            "PUT",
            "-H",
            "Content-Type: application/json",
            "-d",
            &format!("{{\"password\": \"{SENT}\"}}"),
        ],
        &["-H", &right, "-I"],
    ];
    rows.extend(more.into_iter().map(owned));
    let mut replies: Vec<Reply> = rows
        .iter()
        .map(|row| {
            let mut arguments: Vec<&str> = row.iter().map(String::as_str).collect();
            arguments.push(&provider);
            curl(&arguments)
        })
        .collect();
    for target in [
        format!("{provider}?token={SENT}&password={SENT}"),
        format!("{provider}?{SENT}"),
        format!("{base}/nothing?token={SENT}"),
        format!("{base}/providers/%2e%2e/tokens/named?token={SENT}"),
        format!("{base}/docs?{SENT}"),
    ] {
        replies.push(curl(&[&target]));
        replies.push(curl(&["-H", &right, &target]));
    }
    replies.push(curl(&["-H", &right, "-X", "DELETE", &user]));
    replies.push(curl(&[
        "-H",
        &right,
        "-X",
        "DELETE",
        "-d",
        SENT,
        &format!("{base}/users/nobody/tokens/named"),
    ]));
    replies
}

/// What is no request, with something secret in it; an answer to it may come or not.
fn no_requests(server: &Server) -> Vec<Vec<u8>> {
    [
        format!("{SENT}\r\n\r\n"),
        format!("GET /{SENT} HTTP/9.9\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: a\r\nX-Auth-Token : {SENT}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: a\r\nX-Auth-Token: {SENT}\0\r\n\r\n"),
        format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{SENT}"),
        format!("GET / HTTP/1.1\r\nHost: a\r\nX-Auth-Token: {}\r\n\r\n", SENT.repeat(20_000)),
        format!("GET /?{} HTTP/1.1\r\nHost: a\r\n\r\n", SENT.repeat(4000)),
        format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{SENT}{SENT}"),
        format!("PROXY TCP4 {SENT}\r\n"),
    ]
    .iter()
    .map(|bytes| {
        let mut stream = TcpStream::connect(server.authority()).unwrap();
        // It may close the connection before it has read everything.
        let _ = stream.write_all(bytes.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    })
    .collect()
}

/// More passwords at once than the server has room for.
fn too_many(base: &str) -> Vec<Reply> {
    let target = format!("{base}/providers/krakow/tokens/named");
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|number| {
                let target = &target;
                scope.spawn(move || curl(&["-u", &format!("nobody{number}:{PASSWORD}"), target]))
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

/// A server with everything that is secret about one: the files of a certificate and of the first password.
fn command(scene: &mut Scene, format: &str, more: &[&str]) -> std::process::Command {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".into()]).unwrap().self_signed(&key).unwrap();
    scene.home.write("tls.crt", certificate.pem());
    let pem = key.serialize_pem();
    scene.home.write("tls.key", &pem);
    let line = pem.lines().nth(1).unwrap();
    scene.planted.plant("the key of the certificate", line);
    scene.home.write("admin.password", PASSWORD_IN_FILE);
    let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--log", "trace", "--log-format", format];
    arguments.extend(["--password-checks", "1", "--password-queue", "1", "--no-password-lock"]);
    arguments.extend(["--admin-password-file", "admin.password"]);
    arguments.extend(more);
    scene.home.command(&arguments)
}

/// What others on the machine see of the process.
#[cfg(target_os = "linux")]
fn keep_arguments(scene: &mut Scene, server: &Server) {
    let arguments = std::fs::read(format!("/proc/{}/cmdline", server.id())).unwrap();
    assert!(arguments.starts_with(b"/"), "the arguments were not read");
    scene.places.add("the arguments of the process", arguments);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_ascii_whitespace().nth(4), Some("0"), "{core}");
}

#[test]
fn a_server_that_logs_everything_logs_no_secret() {
    for format in ["text", "json"] {
        let mut scene = Scene::new(&[]);
        let mut server = Server::start(command(&mut scene, format, &["--metrics-listen", "127.0.0.1:0"]));
        #[cfg(target_os = "linux")]
        keep_arguments(&mut scene, &server);
        let token = scene.token.clone();
        let mut replies = requests(&server.base(), &token);
        let statuses: std::collections::BTreeSet<u16> = replies.iter().map(|reply| reply.status).collect();
        for status in [200, 204, 400, 401, 404, 405, 406] {
            assert!(statuses.contains(&status), "no request was answered by {status}");
        }
        // On a busy machine they may come one after the other.
        let is_refused = (0..20).any(|_| {
            let answers = too_many(&server.base());
            let is_refused = answers.iter().any(|reply| reply.status == 503);
            replies.extend(answers);
            is_refused
        });
        assert!(is_refused, "the server had room for all");
        let line = server.read_until("health and metrics on ");
        let observed = line.strip_prefix("health and metrics on ").unwrap();
        for (path, status) in
            [("metrics", 200), ("readyz", 200), (&format!("metrics?{SENT}"), 200), (SENT, 404)]
        {
            let reply = curl(&["-H", &format!("X-Auth-Token: {SENT}"), &format!("{observed}/{path}")]);
            assert_eq!(reply.status, status, "{reply:?}");
            // What somebody asks for may be told to them.
            if status == 200 {
                scene.places.add(format!("the answer to /{path}"), format!("{reply:?}"));
            }
        }
        for (number, reply) in replies.iter().enumerate() {
            scene.places.add(format!("answer {number}"), format!("{reply:?}"));
        }
        for (number, answer) in no_requests(&server).into_iter().enumerate() {
            scene.places.add(format!("answer {number} to what is no request"), answer);
        }
        scene.run(&[], &["audit", "list", "--ids", "--output", "json"], true);
        scene.keep_files("data");
        let ended = server.stop();
        assert!(ended.stderr.contains("TRACE"), "not everything was logged");
        scene.places.add("standard output of the server", ended.stdout);
        scene.places.add("the log", ended.stderr);
        scene.finish(&format!("a server with a log of {format}"), 55);
    }
}

#[test]
fn a_server_with_a_certificate_logs_no_secret() {
    let mut scene = Scene::new(&[]);
    let tls = ["--tls-certificate", "tls.crt", "--tls-key", "tls.key"];
    let server = Server::start(command(&mut scene, "json", &tls));
    let target = format!("{}/providers/krakow/tokens/named?{SENT}", server.base());
    let token = format!("X-Auth-Token: {}", scene.token);
    for http in ["--http1.1", "--http2"] {
        let reply = curl(&["-k", http, "-H", &token, &target]);
        scene.places.add(http, format!("{reply:?}"));
    }
    // Plain HTTP where TLS is spoken, and a certificate that is broken while the server runs.
    let mut stream = TcpStream::connect(server.authority()).unwrap();
    stream.write_all(format!("GET /?{SENT} HTTP/1.1\r\nX-Auth-Token: {SENT}\r\n\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    scene.places.add("the answer to plain HTTP", answer);
    let key = std::fs::read_to_string(scene.home.path("tls.key")).unwrap();
    scene.home.write("tls.key", &key[..key.len() / 2]);
    server.signal("HUP");
    let ended = server.stop();
    scene.places.add("the log", ended.stderr);
    scene.places.add("standard output of the server", ended.stdout);
    scene.finish("a server with a certificate", 7);
}

#[test]
fn the_first_start_logs_no_secret() {
    let mut scene = Scene::new(&[]);
    let mut command = command(&mut scene, "text", &["--data-dir", "fresh"]);
    command.env("ONEZONE_DATA_DIR", "fresh");
    let server = Server::start(command);
    let target = format!("{}/providers/none/tokens/named", server.base());
    let reply = curl(&["-u", &format!("admin:{PASSWORD_IN_FILE}"), &target]);
    assert_eq!(reply.status, 404, "{reply:?}");
    scene.places.add("the answer", format!("{reply:?}"));
    scene.plant_keys("fresh/zone.db.key");
    scene.keep_files("fresh");
    let ended = server.stop();
    scene.places.add("the log", ended.stderr);
    scene.places.add("standard output of the server", ended.stdout);
    scene.finish("a first start", 6);
}
