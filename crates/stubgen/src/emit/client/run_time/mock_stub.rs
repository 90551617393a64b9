//! What calls get: an answer with its delay and headers, or none; and for how many calls.

use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use serde::Serialize;
use wiremock::ResponseTemplate;

use super::{Pattern, Reply, Server, Stub};
use crate::call::Call;

/// An answer that is being put together.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    times: Option<u64>,
    delay: Option<Duration>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What can be said of the calls of every operation: `stub!(ListThings);`
macro_rules! stub {
    ($name:ident) => {
        impl<'a> $name<'a> {
            /// Is for this many calls, and they have to come: with fewer the test fails, and a further one goes to the next answer that
            /// fits. Without this an answer is for any number of calls, none included.
            pub fn times(mut self, times: u64) -> Self {
                self.answer.for_calls(times);
                self
            }

            /// Is for one call, which has to come.
            pub fn once(self) -> Self {
                self.times(1)
            }

            /// Answers after a delay, such as one that is longer than the client waits.
            pub fn delayed_by(mut self, delay: std::time::Duration) -> Self {
                self.answer.wait(delay);
                self
            }

            /// A header of the answer, such as `Retry-After`. Panics when it is none.
            #[track_caller]
            pub fn with_header(mut self, name: &str, value: &str) -> Self {
                self.answer.header(name, value);
                self
            }

            /// Answers whatever the document says of the operation, such as the page of a gateway on the way.
            #[track_caller]
            pub fn answers_raw(self, status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> $crate::mock_server::Stub {
                self.answer.bytes(self.server, self.call, status, media_type, body.into())
            }

            /// Ends the connection without an answer.
            #[track_caller]
            pub fn breaks_off(self) -> $crate::mock_server::Stub {
                self.answer.nothing(self.server, self.call)
            }
        }
    };
}
pub(crate) use stub;

impl Answer {
    pub(crate) fn for_calls(&mut self, times: u64) {
        self.times = Some(times);
    }

    pub(crate) fn wait(&mut self, delay: Duration) {
        self.delay = Some(delay);
    }

    #[track_caller]
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => self.headers.push((name, value)),
            _ => panic!("`{name}` cannot be a header with this value"),
        }
    }

    /// JSON.
    #[track_caller]
    pub(crate) fn json(self, server: &Server, call: Call, status: u16, media_type: &str, body: &impl Serialize) -> Stub {
        match serde_json::to_vec(body) {
            Ok(text) => self.bytes(server, call, status, media_type, text),
            Err(error) => panic!("the answer cannot be sent: {error}"),
        }
    }

    /// Text and everything else that is sent as it is.
    #[track_caller]
    pub(crate) fn bytes(self, server: &Server, call: Call, status: u16, media_type: &str, body: Vec<u8>) -> Stub {
        let template = template(status).set_body_raw(body, media_type);
        self.set(server, call, template)
    }

    /// No body.
    #[track_caller]
    pub(crate) fn empty(self, server: &Server, call: Call, status: u16) -> Stub {
        self.set(server, call, template(status))
    }

    #[track_caller]
    pub(crate) fn nothing(self, server: &Server, call: Call) -> Stub {
        server.core().add(pattern(call), Reply::Nothing, self.times)
    }

    #[track_caller]
    fn set(self, server: &Server, call: Call, mut template: ResponseTemplate) -> Stub {
        for (name, value) in self.headers {
            template = template.append_header(name, value);
        }
        if let Some(delay) = self.delay {
            template = template.set_delay(delay);
        }
        server.core().add(pattern(call), Reply::Answer(template), self.times)
    }
}

#[track_caller]
fn template(status: u16) -> ResponseTemplate {
    assert!((200..=999).contains(&status), "{status} is not the status of an answer");
    ResponseTemplate::new(status)
}

#[track_caller]
fn pattern(call: Call) -> Pattern {
    match Pattern::new(call) {
        Ok(pattern) => pattern,
        Err(mistake) => panic!("no call can be like this: {mistake}"),
    }
}
