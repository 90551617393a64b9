//! The server's edge as its own process has it: sockets of a service manager, word to it, certificates, few file
//! descriptors, proxies, and the end of it all under load.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};

use crate::curl::{Reply, curl};
use crate::fixture::{ALICE, CAROL};
use crate::observed::{Observed, PATIENCE};
use crate::processes::{Home, Server};

const TARGET: &str = "/api/v3/onezone/providers/krakow/tokens/named";

/// The server with these options, on a free port.
fn serve(home: &Home, options: &[&str]) -> Server {
    Server::start(home.command(&[&["serve", "--listen", "127.0.0.1:0"], options].concat()))
}

/// The same program behind a shell, which can do to its process what only a parent can.
fn through_shell(home: &Home, script: &str, options: &[&str]) -> Command {
    let program = home.command(&[]).get_program().to_owned();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{script} exec \"$@\""), "sh"]).arg(program).args(["serve"]).args(options);
    command.env_clear().env("ONEZONE_DATA_DIR", "data").env("ONEZONE_METRICS_LISTEN", "off");
    command.current_dir(home.path(""));
    command
}

/// One request, which has to say that it is the last one of its connection; none when there is no answer. A server that
/// ends closes a connection on which nothing came for half a second: who took nearly as long to send, on a busy machine,
/// and is not answered, asks again.
pub(crate) fn exchange(address: &str, request: &str) -> Option<Reply> {
    loop {
        let began = Instant::now();
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let sent = stream.write_all(request.as_bytes());
        let is_late = began.elapsed() > Duration::from_millis(250);
        let mut answer = String::new();
        let read = sent.and_then(|()| stream.read_to_string(&mut answer));
        if !is_late || !answer.is_empty() {
            return read.ok().filter(|length| *length > 0).map(|_| Reply::parse(&answer));
        }
    }
}

fn get(address: &str, headers: &str) -> Option<Reply> {
    let request = format!("GET {TARGET} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n");
    exchange(address, &request)
}

/// A server on a socket that somebody else keeps open.
fn on_socket(home: &Home, socket: &TcpListener) -> Server {
    let inherited = OwnedFd::from(socket.try_clone().unwrap());
    // The socket comes as standard input and is moved to where the protocol has it; the shell's own number is that of the
    // server, which takes its place.
    let script = "exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1; export LISTEN_PID LISTEN_FDS;";
    let mut command = through_shell(home, script, &[]);
    command.stdin(Stdio::from(inherited));
    Server::start(command)
}

#[test]
fn a_restart_on_a_socket_of_the_service_manager_refuses_and_loses_nothing() {
    let home = Home::with_zone();
    let token = home.token("alice-token");
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let header = format!("X-Auth-Token: {token}\r\n");
    let (stop, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    let server = on_socket(&home, &socket);
    assert_eq!(server.address(), address);
    let last = std::thread::scope(|scope| {
        let mut server = server;
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        assert_eq!(get(&address, &header).expect("a request is lost").status, 200);
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for _ in 0..3 {
            let before = answered.load(Ordering::Relaxed);
            while answered.load(Ordering::Relaxed) < before + 20
                && !clients.iter().any(std::thread::ScopedJoinHandle::is_finished)
            {
                std::thread::yield_now();
            }
            server.stop();
            server = on_socket(&home, &socket);
        }
        stop.store(true, Ordering::Relaxed);
        server
    });
    assert!(answered.load(Ordering::Relaxed) >= 60);
    last.stop();
}

#[test]
fn a_socket_by_the_name_of_metrics_is_that_of_health_and_metrics() {
    let home = Home::with_zone();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let inherited = OwnedFd::from(socket.try_clone().unwrap());
    let script = "exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=metrics; \
        export LISTEN_PID LISTEN_FDS LISTEN_FDNAMES;";
    let mut command = through_shell(&home, script, &["--listen", "127.0.0.1:0"]);
    let mut server = Server::start({
        command.stdin(Stdio::from(inherited));
        command
    });
    let address = socket.local_addr().unwrap();
    assert_ne!(server.address(), address.to_string());
    server.read_until(&format!("health and metrics on http://{address}"));
    assert_eq!(curl(&[&format!("http://{address}/readyz")]).status, 200);
    server.stop();
}

#[test]
fn sockets_that_cannot_be_served_are_told() {
    let home = Home::with_zone();
    for (script, part) in [
        ("exec 3</dev/null; LISTEN_PID=$$ LISTEN_FDS=1; export LISTEN_PID LISTEN_FDS;", "no TCP socket"),
        (
            "exec 3</dev/null 4</dev/null; LISTEN_PID=$$ LISTEN_FDS=2; export LISTEN_PID LISTEN_FDS;",
            "2 sockets",
        ),
    ] {
        let output = through_shell(&home, script, &[]).stdin(Stdio::null()).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && error.contains(part), "{error}");
    }
}

/// Receives until a message has this line.
fn receive(manager: &UnixDatagram, line: &str) -> String {
    let mut buffer = [0; 4096];
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let length = manager.recv(&mut buffer).unwrap_or_else(|error| panic!("{line}: {error}"));
        let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if message.lines().any(|one| one == line) {
            return message;
        }
    }
    panic!("{line} does not come");
}

#[test]
fn the_service_manager_is_told_how_it_goes() {
    let home = Home::with_zone();
    let manager = UnixDatagram::bind(home.path("notify")).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("NOTIFY_SOCKET", home.path("notify")).env("WATCHDOG_USEC", "200000");
    let server = Server::start(command);
    let ready = receive(&manager, "READY=1");
    assert!(ready.contains(&format!("STATUS=serving {}", server.origin)), "{ready}");
    for _ in 0..3 {
        receive(&manager, "WATCHDOG=1");
    }
    server.signal("HUP");
    let reloading = receive(&manager, "RELOADING=1");
    assert!(reloading.contains("MONOTONIC_USEC="), "{reloading}");
    receive(&manager, "READY=1");
    server.signal("TERM");
    receive(&manager, "STOPPING=1");
    // What nobody reads any more must not fill it up.
    drop(manager);
    assert!(server.wait().status.success());
}

/// Certificate and key of a name, in files; gives the certificate's.
pub(crate) fn certificate(home: &Home) -> String {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    home.write("tls.key", key.serialize_pem());
    home.write("tls.crt", &pem);
    home.path("tls.crt").to_str().unwrap().to_owned()
}

fn https(server: &Server, ca: &str) -> Option<u16> {
    let url = format!("{}{TARGET}", server.origin);
    let output = Command::new("curl")
        .args(["-sS", "--noproxy", "*", "--max-time", "60", "--cacert", ca, "-u", CAROL])
        .args(["-o", "/dev/null", "-w", "%{http_code} %{http_version}", &url])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success() || text.ends_with(" 2"), "{text}");
    text.split(' ').next()?.parse().ok().filter(|status| *status > 0)
}

#[test]
fn https_is_served_and_its_certificate_renewed_without_a_restart() {
    let home = Home::with_zone();
    let first = std::fs::read(certificate(&home)).unwrap();
    let ca = home.write("first.crt", &first);
    let ca = ca.to_str().unwrap();
    let options = ["--tls-certificate", "tls.crt", "--tls-key", "tls.key", "--hsts-max-age", "60"];
    let observed = Observed::serve(&home, &options);
    let server = &observed.server;
    assert!(server.origin.starts_with("https://"), "{}", server.origin);
    assert_eq!(https(server, ca), Some(200));
    // Plain HTTP is answered with what to do.
    let plain = curl(&[&format!("http://{}{TARGET}", server.authority())]).expect(400);
    assert!(plain.body.contains("https://"), "{plain:?}");

    // What cannot be used changes nothing.
    home.write("tls.crt", "no certificate");
    server.signal("HUP");
    observed.wait_for_sample("onezone_tls_certificate_reloads_total{result=failed}", 1.0);
    assert_eq!(https(server, ca), Some(200));
    // What is new is used soon by itself, and at once on the signal.
    let renewed = certificate(&home);
    let end = Instant::now() + PATIENCE;
    server.signal("HUP");
    while https(server, &renewed) != Some(200) {
        assert!(Instant::now() < end, "the new certificate is not used");
    }
    let again = certificate(&home);
    while https(server, &again) != Some(200) {
        assert!(Instant::now() < end, "the new certificate is not noticed");
        std::thread::sleep(Duration::from_millis(200));
    }
    let ended = observed.server.stop();
    for part in
        ["a new certificate is in use", "the certificate before stays in use", "can read the private key"]
    {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
}

#[test]
fn with_a_certificate_any_address_may_be_listened_on() {
    let home = Home::with_zone();
    certificate(&home);
    let refused = home.fail(1, &["serve", "--listen", "0.0.0.0:0"]);
    assert!(refused.contains("--tls-certificate") && refused.contains("--insecure-http"), "{refused}");
    let options = ["serve", "--listen", "0.0.0.0:0", "--tls-certificate", "tls.crt", "--tls-key", "tls.key"];
    Server::start(home.command(&options)).stop();
    let mismatch = home.fail(1, &["serve", "--tls-certificate", "tls.crt", "--tls-key", "tls.crt"]);
    assert!(mismatch.contains("has no private key"), "{mismatch}");
}

#[test]
fn clients_that_take_all_file_descriptors_do_not_stop_the_server() {
    let home = Home::with_zone();
    let token = home.token("alice-token");
    // Of 200, 144 are kept for everything but connections.
    let server = Server::start(through_shell(
        &home,
        "ulimit -n 200;",
        &["--listen", "127.0.0.1:0", "--log-format", "text"],
    ));
    let mut held = Vec::new();
    for number in 0..300 {
        held.push(TcpStream::connect(server.address()).unwrap());
        if number % 50 == 49 {
            let reply = get(server.address(), &format!("X-Auth-Token: {token}\r\n"));
            assert_eq!(reply.expect("no answer").status, 200);
        }
    }
    // Those that open the database for the first time need descriptors, too.
    curl(&["-u", ALICE, &format!("{}{TARGET}", server.origin)]).expect(200);
    drop(held);
    let ended = server.stop();
    assert!(ended.stderr.contains("fewer files may be open"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("cannot accept"), "{}", ended.stderr);
    let error = through_shell(&home, "ulimit -n 100;", &["--listen", "127.0.0.1:0"]).output().unwrap();
    assert!(String::from_utf8(error.stderr).unwrap().contains("raise the limit"));
}

#[test]
fn a_trusted_proxy_names_the_client_for_caveats_and_logs() {
    let home = Home::with_zone();
    let token = home.run(&[
        "token",
        "create",
        "--subject",
        "usr-alice",
        "--name",
        "at-home",
        "--caveat",
        "ip = 192.0.2.0/24",
    ]);
    let token = token.lines().last().unwrap().trim();
    for (trusted, status) in [("127.0.0.0/8", 200), ("10.0.0.0/8", 401)] {
        let server = serve(&home, &["--trusted-proxy", trusted]);
        let header = format!("X-Forwarded-For: 203.0.113.1, 192.0.2.77\r\nX-Auth-Token: {token}\r\n");
        let reply = get(server.address(), &header).unwrap();
        assert_eq!(reply.status, status, "{reply:?}");
        let ended = server.stop();
        assert_eq!(ended.stderr.contains("192.0.2.77:0"), status == 200, "{}", ended.stderr);
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let home = Home::with_zone();
    let token = home.token("alice-token");
    let server = home.serve();
    // The deletion waits for this transaction, longer than anybody wants to.
    let other = rusqlite::Connection::open(home.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let locked = Instant::now();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let request = format!(
        "DELETE /api/v3/onezone/users/alice/tokens/named HTTP/1.1\r\nHost: a\r\nX-Auth-Token: {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    // Another one that is answered shows that the first has been read.
    for _ in 0..3 {
        assert!(get(server.address(), "").is_some());
    }
    server.signal("TERM");
    while TcpStream::connect(server.address()).is_ok() {
        std::thread::yield_now();
    }
    server.signal("TERM");
    // It waits for five seconds; on a busy machine it may be answered before the second signal.
    let is_late = locked.elapsed() > Duration::from_secs(4);
    other.execute_batch("ROLLBACK").unwrap();
    let mut rest = String::new();
    let _ = BufReader::new(&stream).read_line(&mut rest);
    let ended = server.wait();
    let is_answered = rest.contains("204") || is_late && rest.contains("503");
    assert!(ended.stderr.contains("told to stop again") || is_answered, "{rest} {}", ended.stderr);
}
