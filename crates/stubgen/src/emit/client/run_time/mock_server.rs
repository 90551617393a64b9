//! A server on this machine that answers what it was told to, remembers every call, and fails the test when calls and expectations do not
//! fit together. Requests are read and written by wiremock; what they are compared with are calls of this client.

#![allow(dead_code, reason = "an API uses what its operations need")]

mod mock_pattern;
mod mock_stub;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::header::HeaderMap;
use wiremock::{Mock, Request, ResponseTemplate};

pub(crate) use mock_pattern::Pattern;
pub(crate) use mock_stub::{Answer, stub};

/// What is known of the API: its operations by name, method and path, sorted, and which headers and parameters hold secrets.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) name: &'static str,
    pub(crate) base_path: &'static str,
    pub(crate) operations: &'static [(&'static str, &'static str, &'static str)],
    pub(crate) secrets: &'static [&'static str],
}

/// The server. When it is dropped it checks that everything was as expected, unless the test is failing already.
pub(crate) struct Server {
    http: wiremock::MockServer,
    core: Arc<Core>,
}

/// A request that the mock received.
#[derive(Clone)]
pub struct Received {
    operations: Vec<&'static str>,
    method: String,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// An answer that was set, to ask it how often it was given.
#[derive(Clone)]
pub struct Stub {
    id: usize,
    core: Arc<Core>,
}

pub(crate) struct Core {
    facts: &'static Facts,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    made: usize,
    received: Vec<Received>,
    /// Calls that no rule was for, and what could have been meant.
    unexpected: Vec<String>,
    /// What the request that is being answered gets.
    next: Option<Reply>,
}

/// Calls and what they get.
struct Rule {
    id: usize,
    pattern: Pattern,
    reply: Reply,
    /// How many calls it is for; every number unless set.
    times: Option<u64>,
    count: u64,
}

/// What a call gets.
#[derive(Clone)]
pub(crate) enum Reply {
    Answer(ResponseTemplate),
    /// The connection ends without an answer.
    Nothing,
}

impl Server {
    pub(crate) async fn start(facts: &'static Facts) -> Self {
        let core = Arc::new(Core { facts, state: Mutex::default() });
        let http = wiremock::MockServer::builder().disable_request_recording().start().await;
        // wiremock asks one after the other, and answers one request at a time.
        let (decides, replies) = (Arc::clone(&core), Arc::clone(&core));
        Mock::given(move |request: &Request| decides.decide(request))
            .respond_with_err(|_: &Request| std::io::Error::from(std::io::ErrorKind::ConnectionReset))
            .mount(&http)
            .await;
        Mock::given(wiremock::matchers::any())
            .respond_with(move |_: &Request| replies.reply())
            .mount(&http)
            .await;
        Self { http, core }
    }

    /// Scheme, address and port.
    pub(crate) fn uri(&self) -> String {
        self.http.uri()
    }

    /// The same with the path that all operations share.
    pub(crate) fn base_url(&self) -> String {
        self.uri() + self.core.facts.base_path
    }

    /// An HTTP client that reaches this machine whatever proxies the environment names.
    pub(crate) fn http_client() -> reqwest::Client {
        let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        // Only TLS can fail to be set up, and there is none.
        builder.build().unwrap_or_default()
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.core.state().received.clone()
    }

    /// Why the calls so far are not what was expected.
    pub(crate) fn problems(&self) -> Option<String> {
        let state = self.core.state();
        let missing = state.rules.iter().filter_map(|rule| {
            let times = rule.times.filter(|times| *times != rule.count)?;
            Some(format!("expected {} of {}, received {}", calls(times), rule.pattern, calls(rule.count)))
        });
        let all: Vec<String> = state.unexpected.iter().cloned().chain(missing).collect();
        (!all.is_empty()).then(|| format!("mock of {}: {}", self.core.facts.name, all.join("\n")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(problems) = self.problems() else { return };
        if std::thread::panicking() {
            #[allow(clippy::print_stderr, reason = "a second panic would end the process before anything is shown")]
            {
                eprintln!("{problems}");
            }
        } else {
            panic!("{problems}");
        }
    }
}

impl Core {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a rule. One for the same calls whose number is not limited would hide it, and ends here.
    pub(crate) fn add(self: &Arc<Self>, pattern: Pattern, reply: Reply, times: Option<u64>) -> Stub {
        let mut state = self.state();
        for rule in state.rules.iter_mut().filter(|rule| rule.pattern == pattern) {
            rule.times.get_or_insert(rule.count);
        }
        let id = state.made;
        state.made += 1;
        state.rules.push(Rule { id, pattern, reply, times, count: 0 });
        Stub { id, core: Arc::clone(self) }
    }

    /// Notes a request and what it gets, and says whether that is no answer at all.
    fn decide(&self, request: &Request) -> bool {
        let received = Received::new(request, self.facts);
        let mut state = self.state();
        let fits = |rule: &&mut Rule| {
            rule.times.is_none_or(|times| rule.count < times) && rule.pattern.fits(&received)
        };
        // The narrowest that fits, and of several such the first.
        let mut chosen: Option<&mut Rule> = None;
        for rule in state.rules.iter_mut().filter(fits) {
            if chosen.as_ref().is_none_or(|known| known.pattern.narrowness() < rule.pattern.narrowness()) {
                chosen = Some(rule);
            }
        }
        let reply = match chosen {
            Some(rule) => {
                rule.count += 1;
                rule.reply.clone()
            }
            None => {
                let text = self.unexpected(&state, &received);
                state.unexpected.push(text.clone());
                Reply::Answer(ResponseTemplate::new(501).set_body_raw(text, "text/plain; charset=utf-8"))
            }
        };
        state.received.push(received);
        let is_nothing = matches!(reply, Reply::Nothing);
        state.next = Some(reply);
        is_nothing
    }

    fn reply(&self) -> ResponseTemplate {
        match self.state().next.take() {
            Some(Reply::Answer(template)) => template,
            _ => ResponseTemplate::new(500),
        }
    }

    /// What was called and what could have been.
    fn unexpected(&self, state: &State, received: &Received) -> String {
        let mut text = format!("unexpected call of {}", received.shown(self.facts));
        if state.rules.is_empty() {
            text.push_str("; no answer is set for anything");
        }
        for rule in &state.rules {
            let left = match rule.times {
                Some(times) => format!("for {}, {} received", calls(times), rule.count),
                None => format!("for any number of calls, {} received", rule.count),
            };
            text.push_str(&format!("\n  an answer is set for {} ({left})", rule.pattern));
        }
        text
    }
}

fn calls(count: u64) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{count} calls") }
}

impl Stub {
    /// How often this answer was given.
    #[must_use]
    pub fn count(&self) -> u64 {
        let state = self.core.state();
        state.rules.iter().find(|rule| rule.id == self.id).map_or(0, |rule| rule.count)
    }
}

impl fmt::Debug for Stub {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Stub").field("id", &self.id).field("count", &self.count()).finish()
    }
}

impl Received {
    fn new(request: &Request, facts: &Facts) -> Self {
        let (method, path) = (request.method.as_str().to_owned(), request.url.path());
        let path = path.strip_prefix(facts.base_path).unwrap_or(path).to_owned();
        let mut headers = request.headers.clone();
        for (name, value) in &mut headers {
            let is_secret = facts.secrets.iter().any(|secret| name.as_str().eq_ignore_ascii_case(secret));
            value.set_sensitive(is_secret || matches!(name.as_str(), "authorization" | "cookie"));
        }
        let query = request.url.query().map(str::to_owned);
        let mut received =
            Self { operations: Vec::new(), method, path, query, headers, body: request.body.clone() };
        received.operations = mock_pattern::operations(facts, &received);
        received
    }

    /// The name of the operation, if it is one. Where only a parameter or the body tells operations apart it is the first of them.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.operations.first().copied()
    }

    /// The method, such as `GET`.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path below the base path, encoded as it was sent.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What stands behind the question mark, encoded as it was sent.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The headers. Those that hold secrets are marked as sensitive.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The call as messages name it, with the names of secret parameters and without their values.
    fn shown(&self, facts: &Facts) -> String {
        let name = self.operation().map_or("no known operation".to_owned(), |name| format!("`{name}`"));
        let mut shown = format!("{name}, {} {}", self.method, self.path);
        for (index, pair) in self.query.iter().flat_map(|query| query.split('&')).enumerate() {
            shown.push(if index == 0 { '?' } else { '&' });
            match pair.split_once('=') {
                Some((key, _)) if facts.secrets.contains(&key) => shown.push_str(&format!("{key}=..")),
                _ => shown.push_str(pair),
            }
        }
        shown
    }
}

impl fmt::Debug for Received {
    /// Without query, headers and body, which may hold secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Received")
            .field("operation", &self.operation())
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Server").field("uri", &self.uri()).finish_non_exhaustive()
    }
}
