//! What `Debug` shows of every public type that carries a secret.

use std::sync::Arc;

use onezone_store::{Keyring, NamedToken, PasswordHash, TemporaryTokenSecret, User, Zone};

use super::planted::{Places, Planted};
use super::{HASH, PASSWORD, SENT, TEMPORARY_SECRET, TOKEN_SECRET, hash};

fn zone() -> Zone {
    let subject = onezone_store::Subject::User("ada".to_owned());
    Zone {
        users: vec![User {
            password_hash: Some(PasswordHash::new(HASH.as_slice())),
            ..onezone_store::conformance::user("ada")
        }],
        tokens: vec![NamedToken {
            secret: Some(onezone_store::Secret::new(TOKEN_SECRET)),
            ..onezone_store::conformance::token(&subject, "ada-token", "laptop")
        }],
        temporary_tokens: vec![TemporaryTokenSecret {
            subject,
            secret: onezone_store::Secret::new(TEMPORARY_SECRET),
            generation: 1,
        }],
        ..Zone::default()
    }
}

#[test]
fn no_debug_of_a_public_type_shows_its_secret() {
    let (mut planted, mut places) = (Planted::default(), Places::default());
    for (what, secret) in [
        ("a password", PASSWORD),
        ("the secret of a token", TOKEN_SECRET),
        ("the secret of temporary tokens", TEMPORARY_SECRET),
        ("a hash", &hash()),
        ("a credential", SENT),
    ] {
        planted.plant(what, secret);
    }
    planted.plant("the bytes of a key", "cAnArYkEycAnArYkEycAnArYkEycAnAr");
    let key = *b"cAnArYkEycAnArYkEycAnArYkEycAnAr";
    // A list of the bytes is a form, too.
    planted.plant("the numbers of a hash", "99, 65, 110, 65, 114, 89, 99, 65");

    let mut show = |name: &str, value: &dyn std::fmt::Debug| {
        places.add(name, format!("{value:?}"));
        places.add(format!("{name}, at length"), format!("{value:#?}"));
    };
    show("onezone_store::Zone", &zone());
    show("onezone_store::Keyring", &Keyring::new(key, Arc::new(|| Err("nothing is sealed here".into()))));
    let secret = onezone_tokens::Secret::new(TOKEN_SECRET);
    show("onezone_tokens::Secret", &secret);
    let (subject, kind) = (
        onezone_tokens::Subject::User("ada".to_owned()),
        onezone_tokens::TokenType::Access { session: None },
    );
    let identifier = onezone_tokens::Identifier::named(subject, kind, "ada-token");
    let token = onezone_tokens::Token::mint("zone", &identifier, &[], &secret).unwrap();
    let serialized = token.serialize();
    planted.plant("a signature", &serialized.expose()[serialized.expose().len() - 40..]);
    show("onezone_tokens::Token", &token);
    show("onezone_tokens::SerializedToken", &serialized);
    let credentials =
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("ada:{PASSWORD}"));
    let basic = stubgen_runtime::BasicCredentials::new(&credentials);
    show("stubgen_runtime::UserPassword", &basic.decode().unwrap());
    show("stubgen_runtime::BasicCredentials", &basic);
    show("stubgen_runtime::BearerToken", &stubgen_runtime::BearerToken::new(SENT));
    show("stubgen_runtime::ApiKey", &stubgen_runtime::ApiKey::new(SENT));
    show("onezone_api::Credentials", &onezone_api::Credentials::Basic(basic));
    show("onezone_client::Secret", &onezone_client::Secret::new(SENT));
    for credentials in [
        onezone_client::Credentials::x_auth_token(SENT),
        onezone_client::Credentials::bearer(SENT),
        onezone_client::Credentials::basic("ada", PASSWORD),
    ] {
        show("onezone_client::Credentials", &credentials);
        let client = onezone_client::Client::builder("http://zone.example.org").credentials(credentials);
        show("onezone_client::ClientBuilder", &client);
        show("onezone_client::Client", &client.build().unwrap());
    }
    assert!(places.len() >= 38, "{}", places.len());
    places.assert_hold_none_of(&planted);
}
