//! The zone of the measurement: enough users and tokens that a look-up is one, and records of every state.

use std::collections::BTreeSet;
use std::sync::Arc;

use onezone_api::Server;
use onezone_handlers::{Clock, Environment, Handlers, Settings};
use onezone_store::conformance::keys;
use onezone_store::{
    AuditEntry, Cluster, NamedToken, OpenMode, PasswordHash, Provider, Secret, SqliteStore, Store, Subject,
    TemporaryTokenSecret, TokenType, Unnamed, User, Zone,
};
use onezone_tokens::password::StoredPasswordHash;
use onezone_tokens::{Identifier, Token};
use stubgen_runtime::{Options, Service};
use tempfile::TempDir;

/// How many subjects of each kind there are: users with tokens, users without anything, providers.
const SUBJECTS: usize = 500;

/// How many different requests a class has.
pub(crate) const VARIANTS: usize = 64;

pub(crate) const PASSWORD: &str = "correct horse battery";

const NOW: i64 = 1_700_000_000;

/// The service over the zone, and what has to stay with it.
pub(crate) struct Fixture {
    pub(crate) service: Arc<Service<Server<Handlers>>>,
    _directory: TempDir,
}

struct FixedClock;

impl Clock for FixedClock {
    fn now_unix(&self) -> i64 {
        NOW
    }
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("zone.db"), OpenMode::Serve, keys()).unwrap();
        store.apply(&zone(), Unnamed::Remove, &audit()).await.unwrap();
        let environment = Environment::new(Arc::new(FixedClock), [7; 32]);
        let handlers = Handlers::new(Arc::new(store), Settings::default(), environment);
        Self { service: Service::new(Server(handlers), Options::default()), _directory: directory }
    }
}

/// The id of a subject or record. All ids are of one length, since a longer one takes longer to sign.
pub(crate) fn id(kind: &str, number: usize) -> String {
    format!("{kind:a<8}{number:024}")
}

pub(crate) fn secret(id: &str) -> String {
    format!("{id:0<64}")
}

/// A token as it is sent, signed with this secret.
pub(crate) fn token(identifier: &str, secret: &str) -> String {
    let identifier = Identifier::parse(identifier).unwrap();
    let secret = onezone_tokens::Secret::new(secret);
    let token = Token::mint("onezone.example.com", &identifier, &[], &secret).unwrap();
    token.serialize().expose().to_owned()
}

/// Users with a token of each state and a secret for temporary tokens, users without anything, and providers.
fn zone() -> Zone {
    let hash = PasswordHash::new(*StoredPasswordHash::create(PASSWORD, [b'.'; 32]).as_bytes());
    let mut zone = Zone::default();
    // The first of its table, by name and id, which look-ups that find nothing read instead: it has neither password nor secret.
    zone.users.push(User {
        basic_auth: false,
        blocked: false,
        full_name: None,
        id: "0".to_owned(),
        password_hash: None,
        privileges: BTreeSet::new(),
        username: Some("0".to_owned()),
    });
    for number in 0..SUBJECTS {
        for kind in ["user", "bare"] {
            zone.users.push(User {
                basic_auth: true,
                blocked: false,
                full_name: None,
                id: id(kind, number),
                password_hash: Some(hash.clone()),
                privileges: BTreeSet::new(),
                username: Some(username(kind, number)),
            });
        }
        let provider = id("provider", number);
        zone.providers.push(Provider {
            cluster: Cluster::default(),
            id: provider.clone(),
            name: format!("provider {number}"),
        });
        let user = Subject::User(id("user", number));
        zone.tokens.push(named(&user, "valid", number, TokenType::AccessToken));
        zone.tokens.push(named(&user, "revoked", number, TokenType::AccessToken));
        zone.tokens.push(named(&user, "legacy", number, TokenType::AccessToken));
        zone.tokens.push(named(&user, "oldgone", number, TokenType::AccessToken));
        let provider = Subject::Provider(provider);
        zone.tokens.push(named(&provider, "service", number, TokenType::IdentityToken));
        zone.tokens.push(named(&provider, "svcgone", number, TokenType::IdentityToken));
        let secret = Secret::new(secret(&id("user", number)));
        zone.temporary_tokens.push(TemporaryTokenSecret { generation: 2, secret, subject: user });
    }
    zone
}

/// A name of a user, as long as any other.
pub(crate) fn username(kind: &str, number: usize) -> String {
    format!("{kind:x<8}{number:06}")
}

fn named(subject: &Subject, kind: &str, number: usize, token_type: TokenType) -> NamedToken {
    let id = id(kind, number);
    NamedToken {
        caveats: vec![],
        name: kind.to_owned(),
        revoked: ["revoked", "oldgone", "svcgone"].contains(&kind),
        secret: Some(Secret::new(secret(&id))),
        subject: subject.clone(),
        token_type,
        version: if ["legacy", "oldgone"].contains(&kind) { 1 } else { 2 },
        id,
    }
}

fn audit() -> AuditEntry {
    AuditEntry {
        id: "zone".to_owned(),
        at: NOW,
        actor: "benchmark".to_owned(),
        authentication: "local".to_owned(),
        token_id: None,
        request_id: None,
        peer: None,
    }
}
