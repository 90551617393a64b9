//! What an operator can choose about a service: limits, deadlines, CORS, logs, and where identifiers come from.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::observer::Observer;
use crate::tracer::Tracer;

/// The choices about a [`Service`](crate::Service).
#[derive(Clone, Debug)]
pub struct Options {
    /// How long authentication and handler together may take.
    pub handler_timeout: Duration,
    /// How long a request body may take to arrive.
    pub body_timeout: Duration,
    /// How long a request body may be, unless its operation says otherwise.
    pub max_body_bytes: u64,
    /// How long the path and query may be.
    pub max_uri_bytes: u64,
    /// How long all header names and values together may be.
    pub max_header_bytes: u64,
    /// How many headers there may be.
    pub max_headers: usize,
    /// How many requests may be handled at a time; no limit when none.
    pub max_in_flight: Option<usize>,
    /// Which origins browsers let in.
    pub cors: Cors,
    /// How long browsers may remember a preflight.
    pub cors_max_age: Duration,
    /// Whether `openapi.json` and `openapi.yaml` are served below the base path.
    pub serve_document: bool,
    /// Whether the reference page of the document is served at `docs` below the base path.
    pub serve_page: bool,
    /// Whether each request is logged.
    pub access_log: bool,
    /// Where request ids and error references come from.
    pub identifiers: Arc<dyn Identifiers>,
    /// Who is told about every request.
    pub observer: Option<Arc<dyn Observer>>,
    /// Who makes distributed traces of requests.
    pub tracer: Option<Arc<dyn Tracer>>,
}

/// Which origins browsers let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cors {
    /// None but the server's own.
    Off,
    /// Every origin, without cookies.
    AnyOrigin,
}

/// A source of numbers that name requests and errors. They need to be distinct, not secret.
pub trait Identifiers: fmt::Debug + Send + Sync {
    /// The next one.
    fn next(&self) -> u64;
}

/// Numbers that are distinct within a process and, most likely, among processes.
#[derive(Debug, Default)]
pub struct ProcessIdentifiers {
    seed: RandomState,
    count: AtomicU64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            handler_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(20),
            max_body_bytes: 1024 * 1024,
            max_uri_bytes: 8 * 1024,
            max_header_bytes: 64 * 1024,
            max_headers: 100,
            max_in_flight: None,
            cors: Cors::AnyOrigin,
            cors_max_age: Duration::from_secs(600),
            serve_document: true,
            serve_page: true,
            access_log: true,
            identifiers: Arc::new(ProcessIdentifiers::default()),
            observer: None,
            tracer: None,
        }
    }
}

impl Identifiers for ProcessIdentifiers {
    fn next(&self) -> u64 {
        self.seed.hash_one(self.count.fetch_add(1, Ordering::Relaxed))
    }
}
