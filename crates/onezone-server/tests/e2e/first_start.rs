//! A new user's first minute: one command, and what it prints is pasted.

use std::net::TcpListener;

use crate::curl::{Reply, shell};
use crate::processes::{Home, Server};

fn serve(home: &Home, listen: &str) -> Server {
    let mut command = home.command(&["serve", "--data-dir", "data", "--listen", listen]);
    command.env_remove("ONEZONE_DATA_DIR");
    Server::start(command)
}

/// The commands among the lines of a first start.
fn commands(printed: &str) -> Vec<&str> {
    printed.lines().filter_map(|line| line.strip_prefix("  ")).collect()
}

fn password(printed: &str) -> &str {
    printed.lines().find_map(|line| line.split_once("shown this once: ")).unwrap().1
}

#[test]
fn what_the_first_start_prints_works_when_it_is_pasted_anywhere() {
    let home = Home::new();
    let mut server = serve(&home, "127.0.0.1:0");
    // The last of the commands.
    server.read_until("/providers/my-provider/tokens/named");
    let printed = server.read_so_far().to_owned();
    let [delete, add, list] = commands(&printed)[..] else { panic!("{printed}") };
    // The directory that the server was started in is not the one of this shell.
    Reply::parse(&shell(delete)).expect(204);
    assert_eq!(shell(add), "added provider my-provider\n");
    assert_eq!(Reply::parse(&shell(list)).expect(200).body, r#"{"tokens":[]}"#);
    let password = password(&printed).to_owned();
    assert_eq!(printed.matches(&format!("this once: {password}")).count(), 1);
    let ended = server.stop();
    assert!(!ended.stderr.contains(&password), "the log has the password: {}", ended.stderr);

    let again = serve(&home, "127.0.0.1:0").stop();
    assert_eq!(again.stdout.lines().count(), 1, "{}", again.stdout);
}

#[test]
fn a_first_start_that_fails_does_not_use_up_the_password() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = home.fail(1, &["serve", "--listen", &address]);
    assert!(error.contains(&format!("cannot listen on {address}")) && error.contains("--listen"), "{error}");
    let mut server = home.serve();
    server.read_until("shown this once: ");
    server.stop();
}
