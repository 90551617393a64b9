//! Several processes on one database: a second server, and commands of administration while the first one serves.

use crate::curl::curl;
use crate::fixture::{ALICE, CAROL};
use crate::processes::Home;

#[test]
fn a_second_server_on_the_same_database_is_refused_and_the_first_goes_on() {
    let home = Home::with_zone();
    let server = home.serve();
    let error = home.fail(1, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(
        error.contains("another server is serving /") && error.contains("data/zone.db; stop it"),
        "{error}"
    );
    curl(&["-u", ALICE, &format!("{}/providers/krakow/tokens/named", server.base())]).expect(200);
    server.stop();
    home.serve().stop();
}

#[test]
fn what_is_administered_takes_effect_at_the_next_request() {
    let home = Home::with_zone();
    let server = home.serve();
    let list = |token: &str| {
        let header = format!("X-Auth-Token: {token}");
        curl(&["-H", &header, &format!("{}/providers/fresh/tokens/named", server.base())])
    };
    home.run(&["provider", "add", "--id", "fresh", "--name", "Fresh"]);
    let token = home.run(&["token", "create", "--subject", "usr-bob", "--name", "new", "--id", "new"]);
    let token = token.trim();
    list(token).expect_error(403, "forbidden");
    home.run(&["cluster", "grant", "fresh", "--user", "bob", "--privilege", "cluster_update"]);
    list(token).expect(200);
    home.run(&["token", "revoke", "new"]);
    let error = list(token).expect_error(401, "unauthorized");
    assert_eq!(error["details"]["authError"]["id"], "tokenRevoked");

    let url = format!("{}/users/bob/tokens/named", server.base());
    curl(&["-u", "bob-login:bob's password", "-X", "DELETE", &url]).expect(204);
    home.write("bob.yaml", "users: [{id: bob, username: bob-login, password: another password}]");
    home.run(&["zone", "apply", "bob.yaml"]);
    let error =
        curl(&["-u", "bob-login:bob's password", "-X", "DELETE", &url]).expect_error(401, "unauthorized");
    assert_eq!(error["details"]["authError"]["id"], "badBasicCredentials");
    curl(&["-u", "bob-login:another password", "-X", "DELETE", &url]).expect(204);
    server.stop();
}

#[test]
fn a_zone_file_with_mistakes_changes_nothing_under_a_running_server() {
    let home = Home::with_zone();
    let server = home.serve();
    let before = home.run(&["zone", "export"]);
    home.write(
        "mistakes.yaml",
        "users:\n  - {id: alice, pasword: x}\n  - {id: alice}\n  - {id: frank, privileges: [oz_everything]}\n\
         groups: [{id: g, users: [nobody]}]\n\
         tokens: [{name: laptop, subject: usr-alice, caveats: [tomorrow]}]\n",
    );
    let error = home.fail(1, &["zone", "apply", "mistakes.yaml", "--prune"]);
    for (line, word) in [(2, "pasword"), (3, "alice"), (4, "oz_everything"), (5, "nobody"), (6, "tomorrow")] {
        let place = format!("mistakes.yaml:{line}");
        assert!(error.lines().any(|text| text.contains(&place) && text.contains(word)), "{place}: {error}");
    }
    assert_eq!(home.run(&["zone", "export"]), before);
    curl(&["-u", CAROL, &format!("{}/providers/krakow/tokens/named", server.base())]).expect(200);
    server.stop();
}
