//! Probes that tell the truth while requests are in flight, a database is away or everything is taken; and the commands that
//! ask them.

#![allow(clippy::float_cmp, reason = "counts are whole numbers")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use rusqlite::Connection;
use serde_json::Value;

use crate::curl::curl;
use crate::fixture::CAROL;
use crate::observed::{Observed, PATIENCE, tokens_of_krakow};
use crate::processes::{Home, Server};
use crate::waiting::{IN_FLIGHT, Waiting, quick_enough};

#[test]
fn the_second_listener_says_what_it_has_and_nothing_else() {
    let home = Home::with_zone();
    let observed = Observed::serve(&home, &[]);
    // The first look at a store may take longer than it may, on a busy machine.
    observed.wait_until("/readyz?verbose=1", 200, "[+]store_write ok\n");
    let index = observed.get("/");
    assert_eq!((index.status, index.header("content-type")), (200, "text/plain; charset=utf-8"));
    for (path, words) in [("/livez", "livez check passed"), ("/readyz", "readyz check passed")] {
        assert!(index.body.contains(path));
        let short = observed.get(path);
        assert_eq!(
            (short.status, short.body.as_str(), short.header("cache-control")),
            (200, "ok\n", "no-store")
        );
        assert_eq!(short.header("x-serves"), observed.server.address());
        let long = observed.get(&format!("{path}?verbose"));
        assert!(long.status == 200 && long.body.ends_with(&format!("{words}\n")), "{}", long.body);
        assert!(long.body.lines().all(|line| line.starts_with("[+]") || line == words), "{}", long.body);
    }
    let verbose = observed.get("/readyz?verbose=1").body;
    for check in ["event_loop", "store_read", "store_write", "schema", "keys", "durability"] {
        assert!(verbose.contains(&format!("[+]{check} ok\n")), "{verbose}");
    }
    for check in ["event_loop", "store_writer", "store_threads"] {
        let verbose = observed.get("/livez?verbose").body;
        assert!(verbose.contains(&format!("[+]{check} ok\n")), "{verbose}");
    }
    let unknown = observed.get("/api/v3/onezone/openapi.json");
    assert!(unknown.status == 404 && unknown.body.contains("/livez, /readyz or /metrics"), "{unknown:?}");
    for method in ["POST", "DELETE", "PUT", "BREW"] {
        let refused = curl(&["-X", method, &format!("{}/readyz", observed.origin)]);
        assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD, OPTIONS"), "{method}");
    }
    let head = curl(&["-I", &format!("{}/metrics", observed.origin)]);
    assert!(head.status == 200 && head.body.is_empty());
    observed.server.stop();
}

#[test]
fn a_server_that_is_told_to_stop_is_not_ready_at_once_and_alive_until_its_last_answer() {
    quick_enough(|| {
        let home = Home::with_zone();
        let observed = Observed::serve(&home, &["--shutdown-timeout", "60"]);
        let waiting = Waiting::begin(&home, &observed);
        observed.server.signal("TERM");
        let refused = observed.wait_for("/readyz", 503);
        let alive = observed.get("/livez").status;
        let seen = (alive, observed.sample("onezone_ready{}"), observed.sample(IN_FLIGHT));
        if !waiting.is_certain() {
            return false;
        }
        assert_eq!(refused.body, "[-]draining failed: told to stop\nreadyz check failed\n");
        assert_eq!(seen, (200, 0.0, 1.0));
        waiting.go_on().expect(204);
        let Observed { server, origin } = observed;
        assert!(server.wait().status.success());
        assert!(TcpStream::connect(origin.strip_prefix("http://").unwrap()).is_err());
        true
    });
}

#[test]
fn during_the_shutdown_delay_requests_are_answered_and_the_server_is_not_ready() {
    let home = Home::with_zone();
    let observed = Observed::serve(&home, &["--shutdown-delay", "3600"]);
    observed.server.signal("TERM");
    observed.wait_for("/readyz", 503);
    curl(&["-u", CAROL, &tokens_of_krakow(&observed.server)]).expect(200);
    observed.server.signal("TERM");
    assert!(!observed.server.wait().status.success() || home.tokens_of("usr-alice").len() > 1);
}

#[test]
fn with_every_place_taken_the_second_listener_answers_all_the_same() {
    let options = ["--max-connections", "4", "--max-requests-in-flight", "1", "--password-checks", "1"];
    quick_enough(|| {
        let home = Home::with_zone();
        let observed = Observed::serve(&home, &options);
        let waiting = Waiting::begin(&home, &observed);
        // The one request is in flight, and the other connections are held by headers that never end.
        let held: Vec<TcpStream> = (0..40)
            .map(|_| {
                let mut stream = TcpStream::connect(observed.server.address()).unwrap();
                stream.write_all(b"GET / HTTP/1.1\r\nHost:").unwrap();
                stream
            })
            .collect();
        // They are accepted one after the other, and one makes room for the next.
        while observed.sample("onezone_connections_open{}") < 4.0 && waiting.is_certain() {}
        for _ in 0..20 {
            assert_eq!(observed.get("/livez").status, 200);
        }
        if !waiting.is_certain() {
            return false;
        }
        drop(held);
        waiting.go_on().expect(204);
        observed.server.stop();
        true
    });
}

#[test]
fn clients_that_hold_the_second_listener_keep_nobody_from_it() {
    let home = Home::with_zone();
    let observed = Observed::serve(&home, &[]);
    let idle: Vec<TcpStream> = (0..40)
        .map(|_| {
            let mut stream = TcpStream::connect(observed.address()).unwrap();
            stream.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
            BufReader::new(stream.try_clone().unwrap()).read_line(&mut String::new()).unwrap();
            stream
        })
        .collect();
    assert_eq!(observed.get("/readyz").status, 200);
    drop(idle);
    let mut silent: Vec<TcpStream> =
        (0..16).map(|_| TcpStream::connect(observed.address()).unwrap()).collect();
    // They are closed at their deadline, and those who wait behind them are answered then.
    assert_eq!(observed.get("/readyz").status, 200);
    silent[0].set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(silent[0].read(&mut [0]).unwrap_or(0), 0);
    observed.server.stop();
}

#[test]
fn a_database_that_is_gone_makes_the_server_not_ready_and_one_that_is_locked_for_a_while_does_not() {
    let home = Home::with_zone();
    let observed = Observed::serve(&home, &[]);
    assert_eq!(observed.get("/readyz").status, 200);
    let other = Connection::open(home.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Another process may write for a while; lists can be asked for meanwhile.
    observed.wait_until("/readyz?verbose", 200, "[+]store_write ok: busy\n");
    curl(&["-u", CAROL, &tokens_of_krakow(&observed.server)]).expect(200);
    other.execute_batch("ROLLBACK").unwrap();
    observed.wait_until("/readyz?verbose", 200, "[+]store_write ok\n");
    let (file, moved) = (home.database(), home.path("moved.db"));
    std::fs::rename(&file, &moved).unwrap();
    let refused = observed.wait_for("/readyz", 503);
    assert!(refused.body.contains("[-]store_write failed: the file is gone\n"), "{}", refused.body);
    std::fs::rename(&moved, &file).unwrap();
    observed.wait_for("/readyz", 200);
    let log = observed.server.stop().stderr;
    assert!(log.contains("not ready") && log.contains("\"ready\""), "{log}");
}

#[test]
fn the_port_that_was_asked_for_has_to_be_free_and_the_usual_one_need_not() {
    let home = Home::with_zone();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = home.fail(1, &["serve", "--listen", "127.0.0.1:0", "--metrics-listen", &address]);
    assert!(error.contains(&address) && error.contains("--metrics-listen"), "{error}");
    let error = home.fail(1, &["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "0.0.0.0:0"]);
    assert!(error.contains("--metrics-allow-remote"), "{error}");
    let error = home.fail(2, &["serve", "--metrics-listen", "9180"]);
    assert!(error.contains("127.0.0.1:9180, or `off`"), "{error}");
    let allowed =
        ["serve", "--listen", "127.0.0.1:0", "--metrics-allow-remote", "--metrics-listen", "0.0.0.0:0"];
    let mut server = Server::start(home.command(&allowed));
    assert!(server.read_until("health and metrics on ").contains("http://0.0.0.0:"));
    server.stop();
    // Whoever has the usual port, another test or a server of this machine: it is served or not, and the API is.
    let servers = [(); 2].map(|()| {
        let mut command = home.command(&["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
        command.arg(tempfile::tempdir().unwrap().keep()).env_remove("ONEZONE_METRICS_LISTEN");
        Server::start(command)
    });
    let said = servers.map(|server| server.stop().stderr);
    assert!(said.iter().any(|log| log.contains("health and metrics are not served")), "{said:?}");
}

#[test]
fn a_healthcheck_asks_the_second_listener_and_says_what_is_wrong() {
    let home = Home::with_zone();
    let observed = Observed::serve(&home, &["--shutdown-delay", "3600"]);
    let at = ["--metrics-listen", observed.address()];
    let check = |options: &[&'static str]| [&["healthcheck"], &at[..], options].concat();
    assert_eq!(home.run(&check(&[])), format!("{}/readyz is well\n", observed.address()));
    assert_eq!(home.run(&check(&["--live"])), format!("{}/livez is well\n", observed.address()));
    let json: Value = serde_json::from_str(&home.run(&check(&["--output", "json"]))).unwrap();
    assert_eq!((&json["healthy"], json["address"].as_str()), (&true.into(), Some(observed.address())));
    observed.server.signal("TERM");
    observed.wait_for("/readyz", 503);
    let error = home.fail(1, &check(&[]));
    assert!(error.contains("/readyz is not well: draining failed: told to stop"), "{error}");
    home.run(&check(&["--live"]));
    let address = observed.address().to_owned();
    observed.server.signal("KILL");
    observed.server.wait();
    let error = home.fail(1, &["healthcheck", "--metrics-listen", &address]);
    assert!(error.contains(&format!("no server answers at {address}")), "{error}");
    let error = home.fail(1, &["healthcheck", "--live", "--metrics-listen", "off"]);
    assert!(error.contains("--metrics-listen"), "{error}");
}

#[test]
fn with_https_a_healthcheck_and_the_doctor_find_the_server_whatever_its_certificate() {
    let home = Home::with_zone();
    crate::edge::certificate(&home);
    let observed = Observed::serve(&home, &["--tls-certificate", "tls.crt", "--tls-key", "tls.key"]);
    let address = observed.server.authority().to_owned();
    assert_eq!(home.run(&["healthcheck", "--metrics-listen", observed.address()]).lines().count(), 1);
    let healthy = home.run(&["healthcheck", "--listen", &address, "--metrics-listen", "off"]);
    assert_eq!(healthy, format!("{address} answers\n"));
    // It is counted when it is closed.
    let refused = "onezone_connections_ended_total{reason=wrong_protocol}";
    observed.wait_for_sample(refused, 1.0);
    let samples = observed.scrape().samples();
    assert_eq!(samples[refused], 1.0);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    assert!(samples["onezone_tls_certificate_expiry_timestamp_seconds{}"] > now);
    observed.server.signal("HUP");
    let reloads = "onezone_tls_certificate_reloads_total{result=unchanged}";
    observed.wait_for_sample(reloads, 1.0);
    let at = ["--listen", &address, "--metrics-listen", observed.address()];
    let doctor = home
        .command(&[&["doctor", "--tls-certificate", "tls.crt", "--tls-key", "tls.key"], &at[..]].concat());
    let found = { doctor }.output().unwrap();
    let table = String::from_utf8(found.stdout).unwrap();
    for words in
        [format!("a server answers at {address}"), format!("a server answers at {}", observed.address())]
    {
        assert!(table.contains(&words), "{table}");
    }
    observed.server.stop();
}

#[cfg(unix)]
#[test]
fn while_postgres_is_away_the_server_is_not_ready_and_stays_alive() {
    use onezone_store::conformance::PostgresServer;
    let (mut postgres, home) = (PostgresServer::start(), Home::new());
    let database = postgres.options(&postgres.create_database()).url;
    home.run(&["key", "create", "zone.key"]);
    let command = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command.env("ONEZONE_DATABASE", &database).env("ONEZONE_KEY_FILE", "zone.key");
        command
    };
    home.write("zone.yaml", crate::fixture::ZONE);
    for arguments in [&["migrate"][..], &["zone", "apply", "zone.yaml"]] {
        assert!(command(arguments).output().unwrap().status.success());
    }
    let observed = Observed::start(command(&["serve", "--listen", "127.0.0.1:0"]));
    let list = tokens_of_krakow(&observed.server);
    observed.wait_for("/readyz", 200);
    curl(&["-u", CAROL, &list]).expect(200);
    postgres.kill();
    let refused = observed.wait_for("/readyz", 503);
    assert!(refused.body.contains("[-]store_read failed: "), "{}", refused.body);
    assert!(!refused.body.contains(&database) && !refused.body.contains("postgres"), "{}", refused.body);
    assert_eq!(observed.get("/livez").status, 200);
    assert_eq!(observed.scrape().samples()["onezone_ready{}"], 0.0);
    postgres.restart();
    observed.wait_for("/readyz", 200);
    curl(&["-u", CAROL, &list]).expect(200);
    let samples = observed.scrape().samples();
    assert_eq!((samples["onezone_ready{}"], samples["onezone_postgres_connections_limit{}"]), (1.0, 16.0));
    assert!(samples["onezone_postgres_connections{state=idle}"] >= 1.0, "{samples:?}");
    let listed = "onezone_store_operations_total{backend=postgres,operation=list_token_ids,result=ok}";
    assert_eq!(samples[listed], 2.0);
    observed.server.stop();
}
