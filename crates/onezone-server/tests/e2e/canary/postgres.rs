//! The same with PostgreSQL, whose messages and connection strings have secrets of their own: a server that is there, that goes away, and
//! that refuses the password.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use onezone_store::conformance::PostgresServer;

use super::serving::requests;
use super::{PASSWORD, SENT, Scene};
use crate::curl::{Reply, curl};
use crate::processes::Server;

const DATABASE_PASSWORD: &str = "cAnArY-oF-tHe-DaTaBaSe";

#[test]
fn a_server_on_postgresql_logs_no_secret_before_and_after_it_is_gone() {
    let mut postgres = PostgresServer::start();
    let name = postgres.create_database();
    let url = postgres.options(&name).url.replace("onezone@", &format!("onezone:{DATABASE_PASSWORD}@"));
    let key = "1 Y0FuQXJZLW9mLWEta2V5LWluLXRoZS1lbnYhISEhISE=";
    let variables = [("ONEZONE_DATABASE", url.as_str()), ("ONEZONE_KEY", key)];
    let migrated = crate::processes::Home::new().command(&["migrate"]).envs(variables).output().unwrap();
    assert!(migrated.status.success(), "{migrated:?}");
    let mut scene = Scene::new(&variables);
    scene.places.add("the messages of a migration", [migrated.stdout, migrated.stderr].concat());
    scene.planted.plant("the password of the database", DATABASE_PASSWORD);
    scene.planted.plant("the key of the environment", key[2..].trim_end_matches('='));
    for arguments in
        [&["config", "print"][..], &["doctor"], &["verify"], &["key", "list"], &["audit", "list", "--ids"]]
    {
        scene.run(&variables, arguments, true);
    }
    let serve = ["serve", "--listen", "127.0.0.1:0", "--log", "trace", "--log-format", "json"];
    let server = Server::start(scene.command(&variables, &serve));
    let token = scene.token.clone();
    let mut replies = requests(&server.base(), &token);
    let tables = postgres.execute_in(&name, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    let tables: Vec<&str> = tables.lines().collect();
    assert!(tables.contains(&"named_tokens") && tables.contains(&"audit_log"), "{tables:?}");
    for table in tables {
        let rows = postgres.execute_in(&name, &format!("SELECT row_to_json(t) FROM {table} t"));
        scene.places.add(format!("the table {table}"), rows);
    }
    postgres.kill();
    replies.extend(without_database(&server.base(), &token));
    for (number, reply) in replies.iter().enumerate() {
        scene.places.add(format!("answer {number}"), format!("{reply:?}"));
    }
    scene.run(&variables, &["user", "list"], false);
    let ended = server.stop();
    scene.places.add("the log", ended.stderr);
    scene.places.add("standard output of the server", ended.stdout);
    scene.finish("PostgreSQL", 70);
}

/// Each waits for the database as long as a failover takes, so that they do it together.
fn without_database(base: &str, token: &str) -> Vec<Reply> {
    let (provider, user) =
        (format!("{base}/providers/krakow/tokens/named?{SENT}"), format!("{base}/users/eve/tokens/named"));
    let (token, password) = (format!("X-Auth-Token: {token}"), format!("ada:{PASSWORD}"));
    let calls: [&[&str]; 3] =
        [&["-H", &token, &provider], &["-u", &password, &provider], &["-X", "DELETE", "-H", &token, &user]];
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        let calling = calls.map(|arguments| scope.spawn(|| curl(arguments)));
        calling.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert!(replies.iter().all(|reply| reply.status == 503), "the database was not missed: {replies:?}");
    replies
}

/// A server of PostgreSQL that asks for the password in plain text and refuses it.
fn refusing() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut buffer = [0; 4096];
            // What a client says first, and its password; whoever goes away early is no concern here.
            let _ = stream.read(&mut buffer);
            let _ = stream.write_all(b"R\0\0\0\x08\0\0\0\x03");
            let _ = stream.read(&mut buffer);
            let fields = b"SFATAL\0C28P01\0Mpassword authentication failed for user \"zone\"\0\0";
            let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
            let _ = stream.write_all(&[&b"E"[..], &length, fields].concat());
        }
    });
    port
}

#[test]
fn a_database_that_refuses_the_password_does_not_get_it_into_a_message() {
    let port = refusing();
    let mut scene = Scene::new(&[]);
    scene.planted.plant("the password of the database", DATABASE_PASSWORD);
    scene.home.write("database.password", format!("{DATABASE_PASSWORD}\n"));
    let key = ("ONEZONE_KEY", "1 Y0FuQXJZLW9mLWEta2V5LWluLXRoZS1lbnYhISEhISE=");
    let with = format!("postgres://zone:{DATABASE_PASSWORD}@127.0.0.1:{port}/zone?sslmode=disable");
    let without = format!("postgres://zone@127.0.0.1:{port}/zone?sslmode=disable");
    for arguments in [
        &["user", "list"][..],
        &["doctor"],
        &["migrate"],
        &["serve", "--listen", "127.0.0.1:0", "--log", "trace"],
    ] {
        scene.run(&[("ONEZONE_DATABASE", &with), key], arguments, false);
        let file = ("ONEZONE_DATABASE_PASSWORD_FILE", "database.password");
        scene.run(&[("ONEZONE_DATABASE", &without), file, key], arguments, false);
    }
    scene.run(
        &[("ONEZONE_DATABASE", &format!("postgres://zone:{SENT}@[/zone")), key],
        &["user", "list"],
        false,
    );
    scene.finish("a refused password of the database", 18);
}
