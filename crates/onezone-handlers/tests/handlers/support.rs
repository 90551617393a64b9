//! A zone, a service over it, and the answers of the service in a form that tables can hold.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::Empty;
use onezone_api::Server;
use onezone_handlers::{Clock, Environment, Handlers, Settings};
use onezone_store::conformance::keys;
use onezone_store::{
    AuditEntry, Cluster, NamedToken, OpenMode, PasswordHash, Provider, SqliteStore, Store, Subject,
    TemporaryTokenSecret, TokenType, Unnamed, User, Zone,
};
use onezone_tokens::password::StoredPasswordHash;
use onezone_tokens::{Caveat, Identifier, Secret, Token};
use serde_json::Value;
use stubgen_runtime::{Options, Service};
use tempfile::TempDir;

pub(crate) const NOW: i64 = 1_700_000_000;
pub(crate) const PASSWORD: &str = "correct horse";

static HASH: LazyLock<PasswordHash> = LazyLock::new(|| hash(PASSWORD));

/// A service over a zone.
pub(crate) struct Onezone {
    pub(crate) service: Arc<Service<Server<Handlers>>>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<SetClock>,
    _directory: TempDir,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// A clock that shows what it is set to.
pub(crate) struct SetClock(pub(crate) AtomicI64);

impl Clock for SetClock {
    fn now_unix(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Onezone {
    /// A service over [`zone`].
    pub(crate) async fn new() -> Self {
        Self::over(zone(), settings()).await
    }

    pub(crate) async fn over(zone: Zone, settings: Settings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("zone.db"), OpenMode::Serve, keys()).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        store.apply(&zone, Unnamed::Remove, &audit("apply")).await.unwrap();
        let clock = Arc::new(SetClock(AtomicI64::new(NOW)));
        let service = serve(&store, settings, &clock);
        Self { service, store, clock, _directory: directory }
    }

    /// The same zone behind another store.
    pub(crate) fn with_store(self, store: Arc<dyn Store>) -> Self {
        Self { service: serve(&store, settings(), &self.clock), store, ..self }
    }

    /// Sends a request from 192.0.2.1; the path is below the base path.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send_from("192.0.2.1:50000", method, path, headers).await
    }

    pub(crate) async fn send_from(
        &self,
        peer: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/api/v3/onezone{path}"));
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        let response = self.service.handle(request, peer.parse::<SocketAddr>().unwrap()).await;
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: String::from_utf8(response.body().as_bytes().unwrap().to_vec()).unwrap(),
        }
    }

    /// Deletes the tokens of a user; what came of it.
    pub(crate) async fn delete(&self, user: &str, headers: &[(&str, &str)]) -> String {
        self.send("DELETE", &format!("/users/{user}/tokens/named"), headers).await.outcome()
    }

    /// Lists the tokens of a provider; what came of it.
    pub(crate) async fn list(&self, provider: &str, headers: &[(&str, &str)]) -> String {
        self.send("GET", &format!("/providers/{provider}/tokens/named"), headers).await.outcome()
    }

    /// What a request of a caller that holds exactly this token comes to: a listing, which anybody known is refused
    /// with 403 at the earliest, so that `403 forbidden` means that the token was accepted.
    pub(crate) async fn present(&self, token: &str) -> String {
        self.list("nowhere", &[("x-auth-token", token)]).await
    }

    pub(crate) async fn add_token(&self, subject: &str, id: &str, version: u8) {
        let mut token = named(subject, id);
        token.version = version;
        self.store.create_token(&token, &audit(&format!("add {id}"))).await.unwrap();
    }
}

impl Answer {
    /// `204`, `403 forbidden`, `401 unauthorized`, `401 badToken`, `401 badServiceToken{tokenInvalid}`.
    pub(crate) fn outcome(&self) -> String {
        if self.status < 300 {
            return self.status.to_string();
        }
        let error = &self.error();
        let id = |error: &Value| error["id"].as_str().unwrap().to_owned();
        let cause = &error["details"]["authError"];
        let nested = &cause["details"]["tokenError"];
        match (cause.is_object(), nested.is_object()) {
            (false, _) => format!("{} {}", self.status, id(error)),
            (true, false) => format!("{} {}", self.status, id(cause)),
            (true, true) => format!("{} {}{{{}}}", self.status, id(cause), id(nested)),
        }
    }

    pub(crate) fn error(&self) -> Value {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"));
        body["error"].clone()
    }
}

fn serve(
    store: &Arc<dyn Store>,
    settings: Settings,
    clock: &Arc<SetClock>,
) -> Arc<Service<Server<Handlers>>> {
    let environment = Environment::new(Arc::clone(clock) as Arc<dyn Clock>, [7; 32]);
    Service::new(Server(Handlers::new(Arc::clone(store), settings, environment)), Options::default())
}

/// One password at a time, so that nothing depends on the machine.
pub(crate) fn settings() -> Settings {
    Settings { password_checks: NonZero::<usize>::MIN, ..Settings::default() }
}

/// A token with this identifier and these caveats, signed with the secret of the record of its id.
pub(crate) fn token(identifier: &str, caveats: &[&str]) -> String {
    let parsed = Identifier::parse(identifier).unwrap();
    signed(identifier, caveats, &secret_of(parsed.id()))
}

/// The same, signed with something else.
pub(crate) fn forged(identifier: &str, caveats: &[&str]) -> String {
    signed(identifier, caveats, "another secret")
}

pub(crate) fn signed(identifier: &str, caveats: &[&str], secret: &str) -> String {
    let caveats: Vec<Caveat> = caveats.iter().map(|caveat| Caveat::parse(caveat).unwrap()).collect();
    let identifier = Identifier::parse(identifier).unwrap();
    let token = Token::mint("zone.example.com", &identifier, &caveats, &Secret::new(secret)).unwrap();
    token.serialize().expose().to_owned()
}

pub(crate) fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

/// The secret with which temporary tokens of the zone are signed.
pub(crate) const TEMPORARY_SECRET: &str = "secret of temporary tokens";

/// The users alice, bob, carol (admin) and mallory (blocked), and the provider paris. Everybody has a named access token
/// `<name>-token`, alice temporary ones.
pub(crate) fn zone() -> Zone {
    let users = ["alice", "bob", "carol", "mallory"];
    let mut zone =
        Zone { users: users.map(user).into(), providers: vec![provider("paris")], ..Zone::default() };
    for user in &mut zone.users {
        match user.id.as_str() {
            "carol" => user.privileges.extend(["oz_tokens_manage".to_owned()]),
            "mallory" => user.blocked = true,
            _ => {}
        }
    }
    zone.tokens = users.map(|user| named(&format!("usr-{user}"), &format!("{user}-token"))).into();
    zone.tokens.push(named("prv-paris", "paris-root"));
    zone.temporary_tokens = vec![TemporaryTokenSecret {
        generation: 2,
        secret: onezone_store::Secret::new(TEMPORARY_SECRET),
        subject: Subject::User("alice".to_owned()),
    }];
    zone
}

/// The token that everybody in the zone has.
pub(crate) fn access(user: &str) -> String {
    token(&format!("2/nmd/usr-{user}/act/{user}-token"), &[])
}

pub(crate) fn named(subject: &str, id: &str) -> NamedToken {
    NamedToken {
        caveats: vec![],
        id: id.to_owned(),
        name: format!("name of {id}").replace('/', "_"),
        revoked: false,
        secret: Some(onezone_store::Secret::new(secret_of(id))),
        subject: subject.parse::<Subject>().unwrap(),
        token_type: TokenType::AccessToken,
        version: if id.starts_with("legacy") { 1 } else { 2 },
    }
}

pub(crate) fn user(id: &str) -> User {
    User {
        basic_auth: true,
        blocked: false,
        full_name: None,
        id: id.to_owned(),
        password_hash: Some(HASH.clone()),
        privileges: BTreeSet::new(),
        username: Some(format!("{id}.name")),
    }
}

pub(crate) fn hash(password: &str) -> PasswordHash {
    PasswordHash::new(*StoredPasswordHash::create(password, [b'.'; 32]).as_bytes())
}

pub(crate) fn provider(id: &str) -> Provider {
    Provider { cluster: Cluster::default(), id: id.to_owned(), name: id.to_owned() }
}

pub(crate) fn audit(id: &str) -> AuditEntry {
    AuditEntry {
        id: id.to_owned(),
        at: NOW,
        actor: "test".to_owned(),
        authentication: "local".to_owned(),
        token_id: None,
        request_id: None,
        peer: None,
    }
}

fn secret_of(id: &str) -> String {
    format!("secret of {id}")
}
