//! A row of a table: which cells it stands for, what is sent, and everything that is to come back.

use std::borrow::Borrow;
use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http_body_util::Empty;
use serde_json::Value;

use crate::expect::{self, refused};
use crate::mint;
use crate::wire::{Reply, exchange};
use crate::world::World;
use crate::zone::NOW;

/// A request and its answer. Made by [`probe`], [`list`], [`delete`] or [`request`]; the last call says the answer.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The cells, as `2.1/1` or `4.2/time`; a section alone when the rule is a sentence.
    pub(crate) labels: Vec<&'static str>,
    /// What is particular about it.
    pub(crate) what: String,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) peer: IpAddr,
    pub(crate) now: i64,
    pub(crate) status: u16,
    /// The body, byte for byte.
    pub(crate) expected: String,
    /// Headers of the answer; no value: it must be absent.
    pub(crate) expected_headers: Vec<(&'static str, Option<&'static str>)>,
    /// Whether it says something about HTTP/1.1 only.
    pub(crate) only_http1: bool,
}

/// A request that nobody in the zone may make, so that `forbidden` says that the credentials were accepted.
pub(crate) fn probe(label: &'static str, what: impl Into<String>) -> Row {
    list(label, what, "nowhere")
}

/// A request for the tokens of a provider.
pub(crate) fn list(label: &'static str, what: impl Into<String>, provider: &str) -> Row {
    request(label, what, "GET", &format!("/api/v3/onezone/providers/{provider}/tokens/named"))
}

/// A request to delete the tokens of a user.
pub(crate) fn delete(label: &'static str, what: impl Into<String>, user: &str) -> Row {
    request(label, what, "DELETE", &format!("/api/v3/onezone/users/{user}/tokens/named"))
}

pub(crate) fn request(label: &'static str, what: impl Into<String>, method: &str, target: &str) -> Row {
    Row {
        labels: vec![label],
        what: what.into(),
        method: method.to_owned(),
        target: target.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        peer: Ipv4Addr::LOCALHOST.into(),
        now: NOW,
        status: 0,
        expected: String::new(),
        expected_headers: Vec::new(),
        only_http1: false,
    }
}

impl Row {
    /// One more cell that this row stands for.
    pub(crate) fn also(mut self, label: &'static str) -> Self {
        self.labels.push(label);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// A token in the header that is asked first.
    pub(crate) fn token(self, token: impl AsRef<[u8]>) -> Self {
        self.header("X-Auth-Token", token)
    }

    /// The token of a user of the zone.
    pub(crate) fn user(self, user: &str) -> Self {
        self.token(access(user))
    }

    pub(crate) fn body(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self
    }

    pub(crate) fn from(mut self, peer: &str) -> Self {
        self.peer = peer.parse().unwrap();
        self
    }

    pub(crate) fn at(mut self, now: i64) -> Self {
        self.now = now;
        self
    }

    pub(crate) fn only_http1(mut self) -> Self {
        self.only_http1 = true;
        self
    }

    pub(crate) fn answers(mut self, name: &'static str, value: &'static str) -> Self {
        self.expected_headers.push((name, Some(value)));
        self
    }

    pub(crate) fn is(mut self, status: u16, body: impl Into<String>) -> Self {
        (self.status, self.expected) = (status, body.into());
        self
    }

    /// The credentials are good, and their owner has no right to it.
    pub(crate) fn forbidden(self) -> Self {
        self.is(403, expect::forbidden())
    }

    /// The credentials are good; see [`probe`].
    pub(crate) fn accepted(self) -> Self {
        self.forbidden()
    }

    /// Nobody said who they are.
    pub(crate) fn anonymous(self) -> Self {
        self.is(401, expect::anonymous())
    }

    /// The credentials are refused for this reason.
    pub(crate) fn refused(self, cause: impl Borrow<Value>) -> Self {
        self.is(401, refused(cause.borrow()))
    }

    /// The same, for a reason without details.
    pub(crate) fn refused_as(self, id: &str) -> Self {
        self.refused(expect::plain(id))
    }

    pub(crate) fn not_found(self) -> Self {
        self.is(404, expect::not_found())
    }

    pub(crate) fn deleted(self) -> Self {
        self.is(204, "")
    }

    pub(crate) fn lists(self, ids: &[&str]) -> Self {
        self.is(200, serde_json::json!({ "tokens": ids }).to_string())
    }

    /// The bytes of the request.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        bytes.extend_from_slice(b"Host: onezone.example.com\r\nConnection: close\r\n");
        for (name, value) in &self.headers {
            bytes.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        if !self.body.is_empty() {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The same as a request of the `http` crate, without the body.
    pub(crate) fn as_request(&self) -> http::Request<Empty<Bytes>> {
        let mut request = http::Request::builder().method(self.method.as_str());
        for (name, value) in &self.headers {
            request = request.header(name, value.as_slice());
        }
        request.uri(format!("http://onezone.example.com{}", self.target)).body(Empty::new()).unwrap()
    }

    async fn send(&self, world: &World) -> Reply {
        if self.peer.is_loopback() {
            exchange(world.address, self.peer, &self.bytes()).await
        } else {
            world.answer_to(self.peer, self.as_request()).await
        }
    }

    async fn check(&self, world: &World) -> Option<String> {
        world.set_time(self.now);
        let reply = self.send(world).await;
        self.complaint(&reply).map(|complaint| failure(self, &complaint))
    }

    /// What is wrong with the answer.
    pub(crate) fn complaint(&self, reply: &Reply) -> Option<String> {
        if (reply.status, reply.body.as_str()) != (self.status, self.expected.as_str()) {
            return Some(format!("{} {}", reply.status, reply.body));
        }
        for (name, value) in &self.expected_headers {
            if reply.header(name) != *value {
                return Some(format!("`{name}` is {:?}", reply.header(name)));
            }
        }
        complaint_about_form(reply, self.headers.iter().any(|(name, _)| name == "Sec-Fetch-Mode"))
    }
}

/// What is wrong with the form that every answer has.
fn complaint_about_form(reply: &Reply, says_fetch_mode: bool) -> Option<String> {
    let has = |name| reply.header(name).is_some();
    let length = reply.body.len().to_string();
    let is_json = reply.header("content-type") == Some("application/json");
    let challenges = reply.count("www-authenticate");
    for (rule, holds) in [
        ("any origin may read it", reply.header("access-control-allow-origin") == Some("*")),
        ("it has an id", has("x-request-id")),
        ("what has a body is JSON", reply.body.is_empty() || is_json),
        ("the length is right", reply.body.is_empty() || reply.header("content-length") == Some(&length)),
        (
            "a 204 has neither type nor length",
            reply.status != 204 || !(has("content-type") || has("content-length")),
        ),
        (
            "a 401 has every challenge",
            says_fetch_mode || challenges == if reply.status == 401 { 3 } else { 0 },
        ),
        (
            "there are no validators and no cookies",
            !has("etag") && !has("last-modified") && !has("set-cookie"),
        ),
    ] {
        if !holds {
            return Some(format!("it is not so that {rule}: {reply:?}"));
        }
    }
    None
}

/// The token that every user of the zone has.
pub(crate) fn access(user: &str) -> String {
    mint::token(&format!("2/nmd/usr-{user}/act/{user}-token"), &[])
}

/// The token that every provider of the zone has.
pub(crate) fn root(provider: &str) -> String {
    mint::token(&format!("2/nmd/prv-{provider}/act/{provider}-root"), &[])
}

/// The token of a user with caveats.
pub(crate) fn confined(user: &str, caveats: &[&str]) -> String {
    mint::token(&format!("2/nmd/usr-{user}/act/{user}-token"), caveats)
}

/// Sends the rows one after the other; each finds the zone as it was at the start.
pub(crate) async fn run(world: &World, rows: &[Row]) {
    let mut failures = Vec::new();
    for row in rows {
        failures.extend(row.check(world).await);
        if row.method == "DELETE" && row.status == 204 {
            world.restore().await;
        }
    }
    report(&failures, rows.len());
}

/// Sends the rows one after the other; each finds what the one before has left.
pub(crate) async fn run_without_restoring(world: &World, rows: &[Row]) {
    let mut failures = Vec::new();
    for row in rows {
        failures.extend(row.check(world).await);
    }
    report(&failures, rows.len());
}

pub(crate) fn failure(row: &Row, complaint: &str) -> String {
    let Row { labels, what, method, target, status, expected, .. } = row;
    format!("{labels:?} {what}: {method} {target}\n   is {complaint}\n  not {status} {expected}")
}

pub(crate) fn report(failures: &[String], rows: usize) {
    assert!(rows > 0, "a table without rows proves nothing");
    assert!(failures.is_empty(), "{} of {rows} rows:\n{}", failures.len(), failures.join("\n"));
}
