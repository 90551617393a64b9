//! The zone that everything is measured on, and the requests of each workload. Both follow from numbers, so that whoever prepares
//! the zone and whoever sends the requests need to share nothing but this.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onezone_store::{
    AuditEntry, Cluster, Keyring, Keys, NamedToken, OpenMode, PasswordHash, Privileges, Provider, Secret,
    SqliteStore, Store as _, Subject, TokenType, Unnamed, User, Zone,
};
use onezone_tokens::password::StoredPasswordHash;
use onezone_tokens::privileges::CLUSTER_UPDATE;
use onezone_tokens::{Identifier, Token};

/// The variable in which the server and the baselines are given the key that seals secrets. It protects nothing here.
pub const KEY_VARIABLE: &str = "ONEZONE_KEY";

const KEY: &str = "1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// How many users can be deleted once each.
pub const DELETABLE: usize = 4000;

/// How many others there are, with five tokens each, so that a look-up is one.
const OTHERS: usize = 4000;

const PASSWORD: &str = "correct horse battery";
const NOW: i64 = 1_700_000_000;
const BASE: &str = "/api/v3/onezone";

/// What is asked for, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// A provider lists its ten tokens.
    List10Token,
    /// A member of the provider's cluster lists them, by token.
    List10Member,
    /// The same member lists them, by password.
    List10Basic,
    /// A provider lists its ten thousand tokens.
    List10000,
    /// A user deletes their ten tokens; each request is another user's.
    Delete10,
    /// Garbage for a token.
    Garbage401,
    /// A well-formed token of nobody.
    Forged401,
    /// No credentials.
    Nobody401,
    /// A path that is none.
    Path404,
    /// A user who does not exist, by somebody who may know.
    Subject404,
}

/// A request, as far as requests differ.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its method.
    pub method: &'static str,
    /// Its path.
    pub path: String,
    /// The header with the credentials.
    pub header: Option<(&'static str, String)>,
    /// The status that it has to be answered with.
    pub status: u16,
}

impl Workload {
    /// All of them, with their names.
    pub const ALL: [(&'static str, Self); 10] = [
        ("list-10-token", Self::List10Token),
        ("list-10-member", Self::List10Member),
        ("list-10-basic", Self::List10Basic),
        ("list-10000", Self::List10000),
        ("delete-10", Self::Delete10),
        ("401-garbage", Self::Garbage401),
        ("401-forged", Self::Forged401),
        ("401-nobody", Self::Nobody401),
        ("404-path", Self::Path404),
        ("404-subject", Self::Subject404),
    ];

    /// The workload of this name.
    pub fn named(name: &str) -> anyhow::Result<Self> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, workload)| *workload);
        found.with_context(|| format!("there is no workload {name}"))
    }

    /// How many different requests there are, each of which can be sent once; any number of times when none.
    pub const fn consumes(self) -> Option<usize> {
        if matches!(self, Self::Delete10) { Some(DELETABLE) } else { None }
    }

    /// The request of this number.
    pub fn sample(self, number: usize) -> anyhow::Result<Sample> {
        let ten = provider("ten");
        let list = |provider: &str, header, status| Sample {
            method: "GET",
            path: format!("{BASE}/providers/{provider}/tokens/named"),
            header,
            status,
        };
        let by = |token: String| Some(("x-auth-token", token));
        Ok(match self {
            Self::List10Token => list(&ten, by(token_of(&Subject::Provider(ten.clone()), 0)?), 200),
            Self::List10Member => list(&ten, by(token_of(&Subject::User(id("member", 0)), 0)?), 200),
            Self::List10Basic => {
                let encoded = STANDARD.encode(format!("member:{PASSWORD}"));
                list(&ten, Some(("authorization", format!("Basic {encoded}"))), 200)
            }
            Self::List10000 => {
                let large = provider("large");
                list(&large, by(token_of(&Subject::Provider(large.clone()), 0)?), 200)
            }
            Self::Delete10 => {
                let user = id("delete", number);
                Sample {
                    method: "DELETE",
                    path: format!("{BASE}/users/{user}/tokens/named"),
                    header: by(token_of(&Subject::User(user), 0)?),
                    status: 204,
                }
            }
            Self::Garbage401 => {
                let token = token_of(&Subject::Provider(ten.clone()), 0)?;
                let garbage: String = token.chars().rev().collect();
                list(&ten, by(garbage), 401)
            }
            Self::Forged401 => list(&ten, by(token_of(&Subject::Provider(ten.clone()), 99)?), 401),
            Self::Nobody401 => list(&ten, None, 401),
            Self::Path404 => Sample {
                method: "GET",
                path: format!("{BASE}/providers/{ten}/tokens/unnamed"),
                header: by(token_of(&Subject::Provider(ten.clone()), 0)?),
                status: 404,
            },
            Self::Subject404 => Sample {
                method: "DELETE",
                path: format!("{BASE}/users/{}/tokens/named", id("absent", 0)),
                header: by(token_of(&Subject::User(id("admin", 0)), 0)?),
                status: 404,
            },
        })
    }
}

/// The keys in the environment.
pub fn keys() -> anyhow::Result<Keys> {
    let text = std::env::var(KEY_VARIABLE).unwrap_or_else(|_| KEY.to_owned());
    let count = AtomicU64::new(0);
    let nonces = Arc::new(move || {
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&count.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        Ok(nonce)
    });
    Ok(Keys::fixed(Keyring::parse(&text, nonces)?))
}

/// Makes the zone in a file that is not there yet.
pub async fn prepare(database: &Path) -> anyhow::Result<()> {
    let store = SqliteStore::open(database, OpenMode::Admin, keys()?)?;
    let audit = AuditEntry {
        id: "zone".to_owned(),
        at: NOW,
        actor: "benchmark".to_owned(),
        authentication: "local".to_owned(),
        token_id: None,
        request_id: None,
        peer: None,
    };
    store.apply(&zone(), Unnamed::Remove, &audit).await?;
    store.close().await?;
    Ok(())
}

fn zone() -> Zone {
    let mut zone = Zone::default();
    let member = user(id("member", 0), Some("member"), &[]);
    let cluster = Cluster {
        users: [(member.id.clone(), Privileges::from([CLUSTER_UPDATE.to_owned()]))].into(),
        ..Cluster::default()
    };
    let admin = user(id("admin", 0), Some("admin"), &["oz_tokens_manage"]);
    for user in [member, admin] {
        zone.tokens.push(token(&Subject::User(user.id.clone()), 0));
        zone.users.push(user);
    }
    for (name, count) in [("ten", 10), ("large", 10_000)] {
        let provider = Provider { cluster: cluster.clone(), id: provider(name), name: name.to_owned() };
        let subject = Subject::Provider(provider.id.clone());
        zone.tokens.extend((0..count).map(|number| token(&subject, number)));
        zone.providers.push(provider);
    }
    for (kind, users, tokens) in [("delete", DELETABLE, 10), ("other", OTHERS, 5)] {
        for number in 0..users {
            let user = user(id(kind, number), None, &[]);
            let subject = Subject::User(user.id.clone());
            zone.tokens.extend((0..tokens).map(|number| token(&subject, number)));
            zone.users.push(user);
        }
    }
    zone
}

fn user(id: String, username: Option<&str>, privileges: &[&str]) -> User {
    let hash =
        username.map(|_| PasswordHash::new(*StoredPasswordHash::create(PASSWORD, [b'.'; 32]).as_bytes()));
    User {
        basic_auth: true,
        blocked: false,
        full_name: None,
        id,
        password_hash: hash,
        privileges: privileges.iter().map(|name| (*name).to_owned()).collect(),
        username: username.map(str::to_owned),
    }
}

fn provider(name: &str) -> String {
    id(name, 0)
}

/// Thirty-two hexadecimal digits, as Onezone makes them, in no order.
fn id(kind: &str, number: usize) -> String {
    let mut digits = String::with_capacity(32);
    let mut state = number as u64 ^ 0x9e37_79b9_7f4a_7c15;
    for byte in kind.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    for _ in 0..2 {
        // The finaliser of splitmix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        digits += &format!("{:016x}", mixed ^ (mixed >> 31));
    }
    digits
}

fn token_id(subject: &Subject, number: usize) -> String {
    let (Subject::User(owner) | Subject::Provider(owner)) = subject;
    id(owner, number)
}

fn secret(token_id: &str) -> String {
    format!("{token_id}{token_id}")
}

fn token(subject: &Subject, number: usize) -> NamedToken {
    let id = token_id(subject, number);
    NamedToken {
        caveats: vec![],
        name: format!("token {number:05}"),
        revoked: false,
        secret: Some(Secret::new(secret(&id))),
        subject: subject.clone(),
        token_type: TokenType::AccessToken,
        version: 2,
        id,
    }
}

/// A token as it is sent.
fn token_of(subject: &Subject, number: usize) -> anyhow::Result<String> {
    let id = token_id(subject, number);
    let owner = match subject {
        Subject::User(id) => onezone_tokens::Subject::User(id.clone()),
        Subject::Provider(id) => onezone_tokens::Subject::Provider(id.clone()),
    };
    let secret = onezone_tokens::Secret::new(secret(&id));
    let identifier = Identifier::named(owner, onezone_tokens::TokenType::ACCESS, id);
    let token = Token::mint("onezone.example.com", &identifier, &[], &secret)?;
    Ok(token.serialize().expose().to_owned())
}
