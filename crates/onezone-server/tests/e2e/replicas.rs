//! Two servers on one database: what was taken away through one of them, or by administration, is gone on the other as
//! soon as the answer is there.

#![cfg(unix)]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use onezone_client::{Client, Credentials};
use onezone_store::conformance::PostgresServer;
use onezone_tokens::{Identifier, Secret, Subject, Token, TokenType};

use crate::processes::{Home, Server};

/// How many times longer than usual.
const FACTOR: &str = "ONEZONE_PROOF_FACTOR";
/// Their tokens are deleted, each user's by a request of their own.
const USERS: usize = 1000;
/// Above this, the zone rather than the promise would be tried.
const MOST_USERS: usize = 15_000;
const TOKENS_EACH: usize = 2;
const WORKERS: usize = 4;

struct Replicas {
    home: Home,
    database: String,
    servers: [Server; 2],
    anonymous: [Client; 2],
    /// Outlives the others.
    _server: PostgresServer,
}

impl Replicas {
    /// Two servers on a zone with so many users, all of whom may list the tokens of the provider.
    fn start(users: usize) -> Self {
        let (server, home) = (PostgresServer::start(), Home::new());
        let database = server.options(&server.create_database()).url;
        home.run(&["key", "create", "zone.key"]);
        run(&home, &database, &["migrate"]);
        home.write("zone.yaml", zone(users));
        run(&home, &database, &["zone", "apply", "zone.yaml"]);
        let servers =
            [(); 2].map(|()| Server::start(command(&home, &database, &["serve", "--listen", "127.0.0.1:0"])));
        let anonymous =
            servers.each_ref().map(|server| Client::builder(server.origin.as_str()).build().unwrap());
        Self { home, database, servers, anonymous, _server: server }
    }

    fn apply(&self, zone: &str) {
        self.home.write("change.yaml", zone);
        run(&self.home, &self.database, &["zone", "apply", "change.yaml"]);
    }

    fn stop(self) {
        for server in self.servers {
            server.stop();
        }
    }
}

fn command(home: &Home, database: &str, arguments: &[&str]) -> Command {
    let mut command = home.command(arguments);
    command.env("ONEZONE_DATABASE", database).env("ONEZONE_KEY_FILE", "zone.key");
    command
}

fn run(home: &Home, database: &str, arguments: &[&str]) {
    let output = command(home, database, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

fn zone(users: usize) -> String {
    use std::fmt::Write as _;
    let (mut people, mut tokens) = (String::new(), String::new());
    for user in 0..users {
        writeln!(people, "  - {{id: u{user}, privileges: [oz_tokens_manage]}}").unwrap();
        for number in 0..TOKENS_EACH {
            let id = format!("u{user}t{number}");
            writeln!(tokens, "  - {{id: {id}, name: {id}, subject: usr-u{user}, secret: 'secret of {id}'}}")
                .unwrap();
        }
    }
    format!("users:\n{people}providers:\n  - id: krakow\ntokens:\n{tokens}")
}

fn token(user: usize, number: usize) -> String {
    let (subject, id) = (Subject::User(format!("u{user}")), format!("u{user}t{number}"));
    let identifier = Identifier::named(subject, TokenType::Access { session: None }, id.as_str());
    let secret = Secret::new(format!("secret of {id}"));
    Token::mint("localhost", &identifier, &[], &secret).unwrap().serialize().expose().to_owned()
}

/// The status that a server answers with when this token wants to list.
async fn status(anonymous: &Client, token: &str) -> u16 {
    let client = anonymous.with_credentials(Credentials::x_auth_token(token));
    match client.list_named_tokens_of_provider().id("krakow").send().await {
        Ok(_) => 200,
        Err(error) => error.status().unwrap_or_else(|| panic!("{error}")).as_u16(),
    }
}

/// Deletes the tokens of a user, by one of them, through one server; and looks at all of them through both.
async fn delete_and_look(anonymous: &[Client; 2], user: usize) {
    // Whoever is asked first is the other one in turn.
    let (here, there) = (&anonymous[user % 2], &anonymous[1 - user % 2]);
    let tokens = [0, 1].map(|number| token(user, number));
    for token in &tokens {
        assert_eq!(status(there, token).await, 200, "u{user}");
    }
    let client = here.with_credentials(Credentials::x_auth_token(tokens[0].as_str()));
    let deleted = client.delete_named_tokens_of_user().id(format!("u{user}")).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    for (replica, token) in [(there, &tokens[1]), (there, &tokens[0]), (here, &tokens[0])] {
        assert_eq!(status(replica, token).await, 401, "a deleted token of u{user} is taken");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_deleted_through_one_server_is_refused_by_the_other() {
    let factor: usize = std::env::var(FACTOR).map_or(1, |text| text.parse().unwrap());
    let users = (USERS * factor).min(MOST_USERS);
    let replicas = Replicas::start(users);
    let next = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (next, anonymous) = (Arc::clone(&next), replicas.anonymous.clone());
            tokio::spawn(async move {
                loop {
                    let user = next.fetch_add(1, Ordering::Relaxed);
                    if user >= users {
                        break;
                    }
                    delete_and_look(&anonymous, user).await;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    replicas.stop();
    eprintln!(
        "figure: Two servers on one PostgreSQL, {WORKERS} clients: {users} deletions, {} requests with a deleted token \
         through the other server after the 204, 0 of them taken",
        users * 2
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_administration_takes_away_is_gone_on_every_server_at_once() {
    const ROUNDS: usize = 8;
    let factor: usize = std::env::var(FACTOR).map_or(1, |text| text.parse().unwrap());
    let rounds = ROUNDS * factor;
    let replicas = Replicas::start(rounds + WORKERS);
    let stop = Arc::new(AtomicBool::new(false));
    let load: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let (stop, anonymous) = (Arc::clone(&stop), replicas.anonymous.clone());
            tokio::spawn(async move {
                let (token, mut count) = (token(rounds + worker, 0), 0_usize);
                while !stop.load(Ordering::Relaxed) {
                    assert_eq!(status(&anonymous[count % 2], &token).await, 200);
                    count += 1;
                }
                count
            })
        })
        .collect();
    let expect = async |token: &str, expected: u16, why: &str| {
        for anonymous in &replicas.anonymous {
            assert_eq!(status(anonymous, token).await, expected, "{why}");
        }
    };
    for user in 0..rounds {
        let [first, second] = [0, 1].map(|number| token(user, number));
        expect(&first, 200, "a fresh token").await;
        run(&replicas.home, &replicas.database, &["token", "revoke", &format!("u{user}t0")]);
        expect(&first, 401, "a revoked token").await;
        expect(&second, 200, "the other token").await;
        replicas.apply(&format!("users: [{{id: u{user}, privileges: []}}]"));
        expect(&second, 403, "a token of somebody without privileges").await;
        replicas.apply(&format!("users: [{{id: u{user}, privileges: [oz_tokens_manage]}}]"));
        expect(&second, 200, "a token of somebody with privileges again").await;
        replicas.apply(&format!("users: [{{id: u{user}, privileges: [oz_tokens_manage], blocked: true}}]"));
        expect(&second, 401, "a token of somebody blocked").await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut meanwhile = 0;
    for worker in load {
        meanwhile += worker.await.unwrap();
    }
    replicas.stop();
    eprintln!(
        "figure: Two servers on one PostgreSQL, {meanwhile} other requests meanwhile: {rounds} revocations, {rounds} times \
         privileges taken away, {rounds} users blocked; both servers refused at once every time"
    );
}
