//! Random tokens of every type, persistence and caveat, with ids that people do not think of; and a zone with a record
//! for each of those that are to be used.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onezone_tokens::{InviteType, Secret};
use serde_json::{Value, json};

/// What a token is made of.
pub(crate) struct Parts {
    pub(crate) location: String,
    pub(crate) identifier: String,
    pub(crate) caveats: Vec<String>,
    pub(crate) secret: String,
    /// Whether the server is to accept it.
    pub(crate) is_live: bool,
}

impl Parts {
    pub(crate) fn secret(&self) -> Secret {
        Secret::new(self.secret.as_str())
    }
}

/// Tokens that the server is to accept, and the zone in which it does.
pub(crate) struct Live {
    pub(crate) zone: Value,
    pub(crate) tokens: Vec<Parts>,
}

/// A source of everything random.
pub(crate) struct Dice(fastrand::Rng);

/// Characters of ids: plain ones, those that escapes and separators of the formats around could trip over, and
/// characters of two, three and four bytes.
const CHARACTERS: &str = "abcXYZ0123456789 .,:;|=<>!?*+-_~@#$%^&()[]{}'\"`\\żółŁßßé日本語中Ωя🦀";

/// The longest caveat that a packet can hold.
const LONGEST_CAVEAT: usize = 0xffff - "0000cid \n".len();

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A token that no zone has to know. The first few are at the limits.
    pub(crate) fn any_token(&mut self, number: usize) -> Parts {
        let caveats = match number {
            0 => Vec::new(),
            1 => (0..256).map(|_| self.caveat()).collect(),
            2 => vec![self.long_caveat(LONGEST_CAVEAT)],
            _ => {
                let count = if self.0.u8(..) < 4 { 100 } else { self.0.usize(0..7) };
                (0..count).map(|_| self.caveat()).collect()
            }
        };
        Parts {
            location: self.location(),
            identifier: self.identifier(),
            caveats,
            secret: self.secret(),
            is_live: false,
        }
    }

    /// Named and temporary access tokens of users and providers, and tokens of version 1, with caveats that hold.
    pub(crate) fn live_tokens(&mut self, count: usize) -> Live {
        let subjects: Vec<(String, String)> = (0..40)
            .map(|number| {
                // Numbered, since random ids may be equal.
                let id = format!("{number}{}", self.id(20));
                (if number % 3 == 0 { "prv" } else { "usr" }.to_owned(), id)
            })
            .collect();
        let list = |kind: &str, entry: &dyn Fn(&str) -> Value| -> Vec<Value> {
            subjects.iter().filter(|(of, _)| of == kind).map(|(_, id)| entry(id)).collect()
        };
        let users = list("usr", &|id| json!({ "id": id }));
        let providers = list("prv", &|id| json!({ "id": id, "name": "provider" }));
        let mut records = Vec::new();
        let mut temporary = Vec::new();
        for (number, (kind, id)) in subjects.iter().enumerate() {
            let secret = format!("{}{number}", self.secret());
            temporary.push(
                json!({ "subject": format!("{kind}-{id}"), "secret": secret, "generation": number + 1 }),
            );
        }
        let mut tokens = Vec::new();
        for number in 0..count {
            let index = self.0.usize(..subjects.len());
            let (kind, owner) = &subjects[index];
            let subject = format!("{kind}-{owner}");
            let id = format!("{number}{}", self.id(30));
            let mut secret = self.secret();
            let identifier = match number % 4 {
                0 => {
                    temporary[index]["secret"].as_str().unwrap_or_default().clone_into(&mut secret);
                    format!("2/tmp-{}/{subject}/act/{id}", index + 1)
                }
                1 => id.clone(),
                _ => format!("2/nmd/{subject}/act/{id}"),
            };
            if number % 4 != 0 {
                let version = if number % 4 == 1 { 1 } else { 2 };
                let name = format!("token {number}");
                records.push(json!({
                    "id": id, "name": name, "subject": subject, "secret": secret, "version": version,
                }));
            }
            let caveats = (0..self.0.usize(0..6)).map(|_| self.caveat_that_holds()).collect();
            tokens.push(Parts { location: self.location(), identifier, caveats, secret, is_live: true });
        }
        let zone = json!({
            "users": users, "providers": providers, "tokens": records, "temporaryTokens": temporary,
        });
        Live { zone, tokens }
    }

    /// Any caveat, in the form in which it is written.
    pub(crate) fn caveat(&mut self) -> String {
        match self.0.u8(0..17) {
            0 => format!("time < {}", self.integer()),
            1 => self.list("ip = ", Self::network),
            2 => self.list("asn = ", |dice| dice.integer().to_string()),
            3 => self.list("geo.country = ", |dice| dice.entry(3)),
            4 => self.list("geo.country != ", |dice| dice.entry(3)),
            5 => self.list("geo.region = ", |dice| dice.entry(12)),
            6 => self.list("geo.region != ", |dice| dice.entry(12)),
            7 => "authorization = none".to_owned(),
            8 => self.list("service = ", Self::service),
            9 => self.list("consumer = ", |dice| {
                format!("{}{}", dice.one(&["usr-", "prv-", "grp-"]), dice.entry(40))
            }),
            10 => format!("interface = {}", self.one(&["rest", "oneclient", "graphsync"])),
            11 => self.list("api = ", Self::pattern),
            12 => "data.readonly".to_owned(),
            13 => self.list("data.path = ", |dice| STANDARD.encode(dice.id(60))),
            14 => self.list("data.objectid = ", |dice| dice.entry(60)),
            15 => {
                let length = self.0.usize(16..3000);
                self.long_caveat(length)
            }
            _ => self.caveat_that_holds(),
        }
    }

    /// A caveat that holds for any call of a known user from this machine.
    pub(crate) fn caveat_that_holds(&mut self) -> String {
        match self.0.u8(0..6) {
            0 => format!("time < {}", self.0.i64(4_000_000_000..)),
            1 => self.list("ip = 127.0.0.0/8|", Self::network),
            2 => "interface = rest".to_owned(),
            3 => self.list("api = all/all/*.*.*:*|", Self::pattern),
            4 => self.list("service = ozw-onezone|", Self::service),
            _ => format!("ip = 127.0.0.1/{}", self.0.u8(0..=32)),
        }
    }

    fn long_caveat(&mut self, length: usize) -> String {
        let mut text = "data.objectid = ".to_owned();
        while text.len() < length {
            text.push(char::from(self.0.u8(b'a'..=b'z')));
        }
        text
    }

    fn identifier(&mut self) -> String {
        if self.0.u8(0..10) == 0 {
            return self.id(80);
        }
        let persistence = if self.0.bool() { "nmd".to_owned() } else { format!("tmp-{}", self.0.u32(..)) };
        let subject = format!("{}{}", self.one(&["usr-", "prv-"]), self.id(50));
        let token_type = match self.0.u8(0..5) {
            0 => "idn".to_owned(),
            1 => format!("act:{}", self.id(40)),
            2 => {
                let invite = InviteType::ALL[self.0.usize(..InviteType::ALL.len())];
                let parameters = if invite == InviteType::SupportSpace { "ge" } else { "" };
                format!("{}:{}:{parameters}", invite.code(), self.id(30).replace(':', "-"))
            }
            _ => "act".to_owned(),
        };
        format!("2/{persistence}/{subject}/{token_type}/{}", self.id(60))
    }

    fn location(&mut self) -> String {
        match self.0.u8(0..4) {
            0 => self.id(60),
            _ => "onezone.example.com".to_owned(),
        }
    }

    fn secret(&mut self) -> String {
        match self.0.u8(0..4) {
            0 => self.id(100),
            _ => (0..64).map(|_| char::from_digit(self.0.u32(0..16), 16).unwrap_or('0')).collect(),
        }
    }

    /// A text without slashes and control characters, up to so many characters and not empty.
    fn id(&mut self, length: usize) -> String {
        let characters: Vec<char> = CHARACTERS.chars().collect();
        (0..self.0.usize(1..=length)).map(|_| characters[self.0.usize(..characters.len())]).collect()
    }

    /// The same without what separates the entries of a list.
    fn entry(&mut self, length: usize) -> String {
        self.id(length).replace('|', "/")
    }

    fn list(&mut self, start: &str, entry: impl Fn(&mut Self) -> String) -> String {
        let entries: Vec<String> = (0..self.0.usize(1..5)).map(|_| entry(self)).collect();
        format!("{start}{}", entries.join("|"))
    }

    fn network(&mut self) -> String {
        let [a, b, c, d] = self.0.u32(..).to_be_bytes();
        format!("{a}.{b}.{c}.{d}/{}", self.0.u8(0..=32))
    }

    fn service(&mut self) -> String {
        format!("{}{}", self.one(&["ozw-", "ozp-", "opw-", "opp-"]), self.entry(30))
    }

    fn pattern(&mut self) -> String {
        format!(
            "{}/{}/{}.{}.{}:{}",
            self.one(&["all", "ozw", "opw", "ozp", "opp"]),
            self.one(&["create", "get", "update", "delete", "all"]),
            self.one(&["*", "user", "token", "provider", "cluster"]),
            self.one(&["*", "null", "self", "c26bab23d12f7389c3c311caf9c15902"]),
            self.one(&["*", "instance", "user_named_tokens,c26bab", "provider_named_tokens,*"]),
            self.one(&["*", "private", "protected", "shared", "public"]),
        )
    }

    fn integer(&mut self) -> i64 {
        match self.0.u8(0..3) {
            0 => self.0.i64(..),
            _ => self.0.i64(-10..2_000_000_000),
        }
    }

    fn one<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.0.usize(..choices.len())]
    }
}
