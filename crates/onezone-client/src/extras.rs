//! What a caller adds to requests: headers of its own, and a function that sees each request before it is sent.

use std::fmt;
use std::sync::Arc;

use reqwest::Request;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use crate::credentials::X_AUTH_TOKEN;

/// Sees a request, headers and all, and may change it.
type BeforeSend = dyn Fn(&mut Request) + Send + Sync;

/// Headers and hooks of a client. Cloning it is cheap as long as there are no headers.
#[derive(Clone, Default)]
pub(crate) struct Extras {
    headers: HeaderMap,
    before_send: Option<Arc<BeforeSend>>,
}

impl Extras {
    /// Sets a header, in place of an earlier one of the same name. What authenticates is never shown.
    pub(crate) fn set_header(&mut self, name: HeaderName, mut value: HeaderValue) {
        if name == AUTHORIZATION || name == X_AUTH_TOKEN {
            value.set_sensitive(true);
        }
        self.headers.insert(name, value);
    }

    /// Sets the function that sees each request, in place of an earlier one.
    pub(crate) fn set_before_send(&mut self, hook: impl Fn(&mut Request) + Send + Sync + 'static) {
        self.before_send = Some(Arc::new(hook));
    }

    /// Puts the headers into a request of a generated operation, in place of what it has by itself.
    pub(crate) fn put_into(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
    }

    /// Adds the headers that a request does not have by itself.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            if !headers.contains_key(name) {
                headers.insert(name, value.clone());
            }
        }
    }

    /// Shows a request to the hook, just before it is sent.
    pub(crate) fn see(&self, request: &mut Request) {
        if let Some(hook) = &self.before_send {
            hook(request);
        }
    }
}

impl fmt::Debug for Extras {
    /// Only the names of headers: a value may be a key for a gateway on the way.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Extras")
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("before_send", &self.before_send.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_names_and_no_values() {
        let mut extras = Extras::default();
        extras.set_header(HeaderName::from_static("x-gateway-key"), HeaderValue::from_static("canary"));
        extras.set_before_send(|_| {});
        let shown = format!("{extras:?} {extras:#?}");
        assert!(shown.contains("x-gateway-key") && !shown.contains("canary"), "{shown}");
    }

    #[test]
    fn what_authenticates_is_marked_as_sensitive() {
        let mut extras = Extras::default();
        extras.set_header(AUTHORIZATION, HeaderValue::from_static("Bearer canary"));
        let mut headers = HeaderMap::new();
        extras.put_into(&mut headers);
        assert!(headers[AUTHORIZATION].is_sensitive());
    }
}
