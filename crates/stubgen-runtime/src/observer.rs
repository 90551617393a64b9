//! The hook for whoever watches a service: one call for each request when it is finished, and one for what the runtime
//! answered by itself. It knows nothing of what is done with them.

use std::fmt;
use std::time::Duration;

use http::Method;

use crate::rejection::Rejection;

/// Watches a service. It is called on the way of every request, by many threads at a time: an implementation should do no more
/// than count.
pub trait Observer: fmt::Debug + Send + Sync {
    /// A request is finished: its answer is ready to be sent, or its client went away before.
    fn finished(&self, request: &Finished<'_>);

    /// The runtime answers by itself. [`Self::finished`] follows, unless nothing on the connection could be read as a request.
    fn rejected(&self, operation: Option<usize>, rejection: &Rejection) {
        let _ = (operation, rejection);
    }

    /// The code of an operation panicked; it is rejected as an internal error.
    fn panicked(&self, operation: usize) {
        let _ = operation;
    }
}

/// A request that is finished.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finished<'a> {
    /// The index of its operation in [`Definition::operations`](crate::Definition::operations), if it got as far as one.
    pub operation: Option<usize>,
    /// Its method.
    pub method: &'a Method,
    /// The status of the answer; none when the client went away before there was one.
    pub status: Option<u16>,
    /// From the moment that its header was read until now, the time to read its body included and that to send the answer not.
    pub duration: Duration,
    /// How long the body of the answer is; none when that is not known beforehand.
    pub bytes: Option<u64>,
}
