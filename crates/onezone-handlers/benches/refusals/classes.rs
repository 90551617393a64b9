//! The classes of refused credentials: within a group, the time of the answer must not tell which class it was.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::zone::{PASSWORD, VARIANTS, id, secret, token, username};

/// Classes that are compared with the first of them.
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) classes: Vec<Class>,
    /// Requests that have to be accepted before anything is measured.
    pub(crate) first: Vec<Headers>,
    /// Requests that have to be refused then.
    pub(crate) then: Vec<Headers>,
    /// How many of the samples are enough: one of so many.
    pub(crate) one_in: usize,
}

/// Requests that are refused for one reason.
pub(crate) struct Class {
    pub(crate) name: &'static str,
    /// The id of the error that says so, as the body has it.
    pub(crate) error: &'static str,
    pub(crate) requests: Vec<Headers>,
}

pub(crate) type Headers = Vec<(&'static str, String)>;

/// Every group. Its second class is the first over again, so that what differs between those two is noise.
pub(crate) fn groups() -> Vec<Group> {
    vec![passwords(), locked(), named(), temporary(), legacy(), service(), consumer()]
}

fn group(name: &'static str, mut classes: Vec<Class>) -> Group {
    let again = Class { name: "the first class again", requests: classes[0].requests.clone(), ..classes[0] };
    classes.insert(1, again);
    Group { name, classes, first: vec![], then: vec![], one_in: 1 }
}

fn class(name: &'static str, error: &'static str, request: impl Fn(usize) -> Headers) -> Class {
    Class { name, error, requests: (0..VARIANTS).map(request).collect() }
}

fn passwords() -> Group {
    let wrong = |kind: &'static str, first| {
        move |number| vec![basic(&username(kind, first + number), "wrong horse battery!!")]
    };
    let classes = vec![
        class("unknown user", "badBasicCredentials", wrong("nobody", 0)),
        class("known user, wrong password", "badBasicCredentials", wrong("bare", 0)),
        class("known user whose password was used", "badBasicCredentials", wrong("user", 0)),
    ];
    let first = (0..VARIANTS).map(|number| vec![basic(&username("user", number), PASSWORD)]).collect();
    Group { first, one_in: 4, ..group("Basic", classes) }
}

/// Names for which so many wrong passwords were sent that the next has to wait, as all do while the clock stands still.
fn locked() -> Group {
    /// Few: each takes ten hashes before anything is measured.
    const NAMES: usize = 8;
    let log_in = |kind: &'static str, number: usize, password: &str| {
        vec![basic(&username(kind, 100 + number % NAMES), password)]
    };
    let wrong = |kind| move |number| log_in(kind, number, "wrong horse battery!!");
    let classes = vec![
        class("unknown user", "serviceUnavailable", wrong("nobody")),
        class("known user", "serviceUnavailable", wrong("bare")),
        class("known user whose password was used", "serviceUnavailable", wrong("user")),
    ];
    let first = (0..NAMES).map(|number| log_in("user", number, PASSWORD)).collect();
    let guesses = |kind| (0..10 * NAMES).map(move |number| log_in(kind, number, &format!("guess {number}")));
    let then = ["nobody", "bare", "user"].into_iter().flat_map(guesses).collect();
    Group { first, then, ..group("Basic after ten wrong passwords", classes) }
}

fn named() -> Group {
    let access = |subject: &'static str, record: &'static str| {
        move |number| {
            vec![x_auth_token(forged(&format!(
                "2/nmd/usr-{}/act/{}",
                id(subject, number),
                id(record, number)
            )))]
        }
    };
    let classes = vec![
        class("no record, subject exists", "tokenInvalid", access("user", "missing")),
        class("no record, no subject", "tokenInvalid", access("nobody", "missing")),
        class("record, wrong signature", "tokenInvalid", access("user", "valid")),
        class("record of another subject", "tokenSubjectInvalid", access("bare", "valid")),
        class("revoked record, wrong signature", "tokenRevoked", access("user", "revoked")),
        class("revoked record, right signature", "tokenRevoked", |number| {
            let record = id("revoked", number);
            let identifier = format!("2/nmd/usr-{}/act/{record}", id("user", number));
            vec![x_auth_token(token(&identifier, &secret(&record)))]
        }),
    ];
    group("named access token", classes)
}

fn temporary() -> Group {
    let access = |generation: u8, subject: &'static str| {
        move |number| {
            let subject = id(subject, number);
            vec![x_auth_token(forged(&format!("2/tmp-{generation}/usr-{subject}/act/{}", id("any", number))))]
        }
    };
    let classes = vec![
        class("no subject", "tokenInvalid", access(1, "nobody")),
        class("subject without a secret", "tokenInvalid", access(1, "bare")),
        class("subject with a secret, wrong signature", "tokenInvalid", access(2, "user")),
        class("older generation", "tokenRevoked", access(1, "user")),
    ];
    group("temporary access token", classes)
}

fn legacy() -> Group {
    let old = |record: &'static str| move |number| vec![x_auth_token(forged(&id(record, number)))];
    let classes = vec![
        class("no record", "tokenInvalid", old("missing")),
        class("record, wrong signature", "tokenInvalid", old("legacy")),
        class("revoked record", "tokenRevoked", old("oldgone")),
        class("record of version 2", "tokenInvalid", old("valid")),
    ];
    group("token of version 1", classes)
}

fn service() -> Group {
    group("service token", identity("x-onedata-service-token"))
}

fn consumer() -> Group {
    group("consumer token", identity("x-onedata-consumer-token"))
}

/// A valid access token together with an identity token that is refused.
fn identity(header: &'static str) -> Vec<Class> {
    let with = |subject: &'static str, record: &'static str| {
        move |number| {
            let valid = id("valid", number);
            let access = token(&format!("2/nmd/usr-{}/act/{valid}", id("user", number)), &secret(&valid));
            let identity = forged(&format!("2/nmd/prv-{}/idn/{}", id(subject, number), id(record, number)));
            vec![x_auth_token(access), (header, identity)]
        }
    };
    vec![
        class("no record", "tokenInvalid", with("provider", "missing")),
        class("no record, no subject", "tokenInvalid", with("nobody", "missing")),
        class("record, wrong signature", "tokenInvalid", with("provider", "service")),
        class("revoked record", "tokenRevoked", with("provider", "svcgone")),
    ]
}

fn forged(identifier: &str) -> String {
    token(identifier, &secret("a secret that belongs to no record"))
}

fn x_auth_token(token: String) -> (&'static str, String) {
    ("x-auth-token", token)
}

fn basic(username: &str, password: &str) -> (&'static str, String) {
    ("authorization", format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
}
