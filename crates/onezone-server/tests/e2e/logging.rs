//! The log of a real process: whoever reads it, or does not, a line is a line, and nobody waits for it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::curl::curl;
use crate::fixture::ALICE;
use crate::processes::{Home, Server};

const TARGET: &str = "/api/v3/onezone/providers/krakow/tokens/named";

/// Requests of one connection, sent many at a time: nobody says who they are, so each is refused.
fn refused(server: &Server, count: usize) {
    const AT_ONCE: usize = 50;
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let id = "i".repeat(64);
    let request = format!("GET {TARGET} HTTP/1.1\r\nHost: a\r\nX-Request-Id: {id}\r\n\r\n").repeat(AT_ONCE);
    let mut buffer = vec![0; 65536];
    for _ in 0..count / AT_ONCE {
        stream.write_all(request.as_bytes()).unwrap();
        let mut answers = 0;
        let mut rest = Vec::new();
        while answers < AT_ONCE {
            let length = stream.read(&mut buffer).unwrap();
            assert!(length > 0, "the connection was closed after {answers} answers");
            rest.extend_from_slice(&buffer[..length]);
            let text = String::from_utf8_lossy(&rest);
            answers += text.matches("HTTP/1.1 401").count();
            // What may be the beginning of one more stays.
            let keep = rest.len().min("HTTP/1.1 40".len());
            rest = rest.split_off(rest.len() - keep);
        }
    }
}

fn lines(stderr: &str) -> Vec<Value> {
    assert!(stderr.is_empty() || stderr.ends_with('\n'), "the last line is cut");
    stderr.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

fn access(lines: &[Value]) -> usize {
    lines.iter().filter(|line| line["target"] == "access").count()
}

#[test]
fn a_log_that_nobody_reads_stops_neither_requests_nor_the_end() {
    let home = Home::with_zone();
    let (read, unread) = channel();
    let mut server = Server::start_unread(home.command(&["serve", "--listen", "127.0.0.1:0"]), unread);
    refused(&server, 15_000);
    server.signal("TERM");
    let asked = Instant::now();
    assert!(server.gone().success());
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    drop(read);
    // What the pipe had taken is there, in whole lines.
    let found = access(&lines(&server.wait().stderr));
    assert!((1..15_000).contains(&found), "{found}");
}

#[test]
fn lines_that_were_dropped_are_counted_when_the_log_is_read_again() {
    let home = Home::with_zone();
    let (read, unread) = channel();
    let server = Server::start_unread(home.command(&["serve", "--listen", "127.0.0.1:0"]), unread);
    refused(&server, 15_000);
    read.send(()).unwrap();
    let dropped = |lines: &[Value]| -> Vec<u64> {
        let told = lines.iter().filter(|line| line["message"].as_str().unwrap().contains("were dropped"));
        told.map(|line| line["lines"].as_u64().unwrap()).collect()
    };
    // The end waits a second for whoever reads, which a busy machine may need for something else: all has to be read before.
    let give_up = Instant::now() + Duration::from_secs(60);
    loop {
        let lines = lines(&server.heard_so_far());
        let dropped = dropped(&lines);
        if !dropped.is_empty() && lines.len() as u64 - 1 + dropped[0] == 15_000 {
            break;
        }
        assert!(Instant::now() < give_up, "{} lines, dropped {dropped:?}", lines.len());
        std::thread::sleep(Duration::from_millis(50));
    }
    let lines = lines(&server.stop().stderr);
    let dropped = dropped(&lines);
    assert_eq!(dropped.len(), 1, "{dropped:?}");
    assert!(dropped[0] > 0);
    // The end has a line as well, which may be among them.
    assert_eq!(lines.len() as u64 - 1 + dropped[0], 15_000 + 1);
    assert!(access(&lines) > 1000);
}

#[test]
fn nothing_that_a_client_sends_makes_a_line_of_its_own_or_reaches_a_terminal() {
    for format in ["text", "json"] {
        let home = Home::with_zone();
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--log", "trace", "--log-format", format];
        let server = Server::start(home.command(&arguments));
        let hostile: [(&str, &[u8]); 7] = [
            ("X-Request-Id", b"a\tlevel=ERROR \x9b2J"),
            ("User-Agent", b"\xc2\x9b2Jx \xe2\x80\xae\"} {\"level\":\"ERROR\""),
            ("Traceparent", b"00-\xff\xfe-\t-01"),
            ("X-Auth-Token", b"\xc2\x85\xe2\x80\xa8x"),
            ("X-Forwarded-For", b"\xe2\x80\xa9, 1.2.3.4"),
            ("Accept", b"\xc2\x9b/json"),
            ("Host", b"\xe2\x80\xaehost"),
        ];
        let paths = ["/x%0d%0aerror", "/api/v3/onezone/users/a%0a%1b[2J/tokens/named", "/%c2%9b2J"];
        for path in [TARGET].into_iter().chain(paths) {
            for (name, value) in hostile {
                let mut stream = TcpStream::connect(server.address()).unwrap();
                let host = if name == "Host" { "" } else { "Host: a\r\n" };
                let head = format!("GET {path} HTTP/1.1\r\n{host}Connection: close\r\n{name}: ");
                stream.write_all(&[head.as_bytes(), value, b"\r\n\r\n"].concat()).unwrap();
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer).unwrap();
                assert!(answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
            }
        }
        let ended = server.stop();
        let is_bad =
            |character: char| character.is_control() || ('\u{2028}'..='\u{202e}').contains(&character);
        for line in ended.stderr.lines() {
            assert!(!line.contains(is_bad), "{line:?}");
            match format {
                "json" => assert!(serde_json::from_str::<Value>(line).unwrap()["level"].is_string()),
                _ => assert!(line.starts_with("20") && line.as_bytes()[26] == b'Z', "{line:?}"),
            }
        }
        assert!(ended.stderr.lines().count() > 28);
    }
}

#[test]
fn an_end_that_failed_is_told_in_the_log_and_in_its_format() {
    let home = Home::with_zone();
    home.write("empty.pem", "");
    let arguments =
        ["serve", "--listen", "127.0.0.1:0", "--tls-certificate", "empty.pem", "--tls-key", "empty.pem"];
    let json = home.fail(1, &[&arguments[..], &["--log-format", "json"]].concat());
    let last: Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert_eq!(last["level"], "ERROR");
    assert!(last["message"].as_str().unwrap().contains("empty.pem"), "{last}");
    for others in [["--log-format", "text"], ["--log", "off"]] {
        let text = home.fail(1, &[&arguments[..], &others].concat());
        assert!(text.lines().last().unwrap().starts_with("error: "), "{text}");
    }
}

#[test]
fn a_mistyped_filter_is_refused_by_name() {
    let home = Home::new();
    for (filter, named) in [
        ("inof", "`inof` is no level: did you mean `info`?"),
        ("info,access=of", "`access=of`: `of` is no level"),
    ] {
        let error = home.fail(2, &["serve", "--log", filter]);
        assert!(error.contains(named) && error.contains("--log"), "{error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_journal_is_told_how_important_a_line_is_and_nobody_else() {
    use std::os::unix::fs::MetadataExt as _;
    let home = Home::with_zone();
    let told = |stream: fn(u64, u64) -> String| {
        let file = std::fs::File::create(home.path("journal")).unwrap();
        let status = file.metadata().unwrap();
        let mut command = home.command(&["serve", "--listen", "127.0.0.1:0", "--log-format", "text"]);
        command.env("JOURNAL_STREAM", stream(status.dev(), status.ino())).stdout(Stdio::piped()).stderr(file);
        let mut child = command.spawn().unwrap();
        let mut first = [0; 12];
        child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
        let kill = format!("kill {}", child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        assert!(child.wait().unwrap().success());
        std::fs::read_to_string(home.path("journal")).unwrap()
    };
    let text = told(|device, inode| format!("{device}:{inode}"));
    assert!(text.starts_with("<6>20"), "{text}");
    let text = told(|device, inode| format!("{device}:{}", inode + 1));
    assert!(text.starts_with("20"), "{text}");
}

#[test]
fn the_access_log_goes_off_alone() {
    let home = Home::with_zone();
    // A filter that names only a target leaves everything else as it was.
    let server = Server::start(home.command(&["serve", "--listen", "127.0.0.1:0", "--log", "access=off"]));
    curl(&["-u", ALICE, &format!("{}{TARGET}", server.origin)]).expect(200);
    let stderr = server.stop().stderr;
    assert_eq!(access(&lines(&stderr)), 0);
    assert!(stderr.contains("\"stopped\""), "{stderr}");
}
