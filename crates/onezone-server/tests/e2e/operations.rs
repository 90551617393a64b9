//! Both operations, through every client and with every way to authenticate, and what they leave behind.

use onezone_client::{Client, Credentials};
use onezone_tokens::{Identifier, Secret, Subject, Token, TokenType};
use serde_json::json;

use crate::curl::curl;
use crate::fixture::{ALICE, CAROL, LISTED};
use crate::processes::{Home, Server, rest_cli};

#[derive(Clone, Copy, Debug)]
enum Scheme {
    Basic,
    XAuthToken,
    Bearer,
}

const SCHEMES: [Scheme; 3] = [Scheme::Basic, Scheme::XAuthToken, Scheme::Bearer];

/// Carol, who may do both, in each scheme.
struct Carol {
    token: String,
}

impl Carol {
    fn curl(&self, scheme: Scheme) -> [String; 2] {
        match scheme {
            Scheme::Basic => ["-u".to_owned(), CAROL.to_owned()],
            Scheme::XAuthToken => ["-H".to_owned(), format!("X-Auth-Token: {}", self.token)],
            Scheme::Bearer => ["-H".to_owned(), format!("Authorization: Bearer {}", self.token)],
        }
    }

    fn credentials(&self, scheme: Scheme) -> Credentials {
        let (name, password) = CAROL.split_once(':').unwrap();
        match scheme {
            Scheme::Basic => Credentials::basic(name, password),
            Scheme::XAuthToken => Credentials::x_auth_token(self.token.as_str()),
            Scheme::Bearer => Credentials::bearer(self.token.as_str()),
        }
    }

    fn rest_cli(&self, scheme: Scheme, server: &Server, words: [&str; 2]) -> String {
        let bearer = format!("Authorization:Bearer {}", self.token);
        let mut words = words.to_vec();
        let mut variables = vec![("ONEZONE_HOST", server.origin.as_str())];
        match scheme {
            Scheme::Basic => variables.push(("ONEZONE_BASIC_AUTH", CAROL)),
            Scheme::XAuthToken => variables.push(("ONEZONE_API_KEY", &self.token)),
            Scheme::Bearer => words.push(&bearer),
        }
        let output = rest_cli(&words, &variables);
        assert!(output.status.success() && output.stderr.is_empty(), "{scheme:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn start() -> (Home, Server, Carol) {
    let home = Home::with_zone();
    let server = home.serve();
    let carol = Carol { token: home.token("carol-token") };
    (home, server, carol)
}

fn give_bob_a_token(home: &Home) {
    home.run(&["token", "create", "--subject", "usr-bob", "--name", "another"]);
    assert!(!home.tokens_of("usr-bob").is_empty());
}

#[test]
fn curl_deletes_and_lists_with_every_scheme() {
    let (home, server, carol) = start();
    let user = format!("{}/users/bob/tokens/named", server.base());
    let provider = format!("{}/providers/krakow/tokens/named", server.base());
    for scheme in SCHEMES {
        give_bob_a_token(&home);
        let [flag, value] = carol.curl(scheme);
        curl(&[&flag, &value, "-X", "DELETE", &user]).expect(204);
        assert!(home.tokens_of("usr-bob").is_empty(), "{scheme:?}");
        let reply = curl(&[&flag, &value, &provider]).expect(200);
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.json(), json!({ "tokens": LISTED }), "{scheme:?}");
    }
    server.stop();
}

#[tokio::test]
async fn client_crate_deletes_and_lists_with_every_scheme() {
    let (home, server, carol) = start();
    let anonymous = Client::builder(server.origin.as_str()).build().unwrap();
    for scheme in SCHEMES {
        give_bob_a_token(&home);
        let client = anonymous.with_credentials(carol.credentials(scheme));
        let deleted = client.delete_named_tokens_of_user().id("bob").send().await.unwrap();
        assert_eq!(deleted.status(), 204);
        assert!(home.tokens_of("usr-bob").is_empty(), "{scheme:?}");
        let listed = client.list_named_tokens_of_provider().id("krakow").send().await.unwrap();
        assert_eq!(listed.tokens, LISTED, "{scheme:?}");
    }
    server.stop();
}

#[test]
fn command_line_deletes_and_lists_with_every_scheme() {
    let (home, server, carol) = start();
    for scheme in SCHEMES {
        give_bob_a_token(&home);
        assert_eq!(carol.rest_cli(scheme, &server, ["deleteNamedTokensOfUser", "id=bob"]), "");
        assert!(home.tokens_of("usr-bob").is_empty(), "{scheme:?}");
        let listed = carol.rest_cli(scheme, &server, ["listNamedTokensOfProvider", "id=krakow"]);
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        assert_eq!(listed, json!({ "tokens": LISTED }), "{scheme:?}");
    }
    server.stop();
}

#[test]
fn a_provider_without_tokens_has_an_empty_list() {
    let (_home, server, _) = start();
    let reply = curl(&["-u", CAROL, &format!("{}/providers/empty/tokens/named", server.base())]).expect(200);
    assert_eq!(reply.body, r#"{"tokens":[]}"#);
    server.stop();
}

#[test]
fn a_provider_and_a_member_of_its_cluster_list_its_tokens() {
    let (home, server, _) = start();
    let provider = format!("{}/providers/krakow/tokens/named", server.base());
    let root = format!("X-Auth-Token: {}", home.token("p4"));
    for credentials in [["-H", &root], ["-u", ALICE]] {
        let reply = curl(&[credentials[0], credentials[1], &provider]).expect(200);
        assert_eq!(reply.json(), json!({ "tokens": LISTED }));
    }
    server.stop();
}

#[test]
fn the_token_that_authorised_the_deletion_is_dead_afterwards_and_a_temporary_one_lives() {
    let (home, server, _) = start();
    let user = format!("{}/users/alice/tokens/named", server.base());
    let named = format!("X-Auth-Token: {}", home.token("alice-token"));
    let other = format!("X-Auth-Token: {}", home.token("alice-other"));
    let alice = Subject::User("alice".to_owned());
    let identifier = Identifier::temporary(1, alice, TokenType::Access { session: None }, "any");
    let secret = Secret::new("the secret of temporary tokens");
    let temporary = Token::mint("localhost", &identifier, &[], &secret).unwrap().serialize();
    let temporary = format!("X-Auth-Token: {}", temporary.expose());

    curl(&["-H", &named, "-X", "DELETE", &user]).expect(204);
    assert!(home.tokens_of("usr-alice").is_empty());
    for dead in [&named, &other] {
        let error = curl(&["-H", dead, "-X", "DELETE", &user]).expect_error(401, "unauthorized");
        assert_eq!(error["details"]["authError"]["id"], "tokenInvalid");
    }
    // It is no error that there is nothing left to delete.
    curl(&["-H", &temporary, "-X", "DELETE", &user]).expect(204);
    curl(&["-u", ALICE, "-X", "DELETE", &user]).expect(204);
    assert_eq!(home.tokens_of("usr-bob"), ["bob-token"], "somebody else's tokens are touched");
    server.stop();
}
