//! The reference page of an OpenAPI document, as one HTML text.
//!
#![doc = include_str!("../README.md")]

mod anchors;
mod body;
mod code;
mod document;
mod examples;
mod markdown;
mod operation;
mod page;
mod parameters;
mod responses;
mod rows;
mod samples;
mod schema;
mod security;
mod try_it;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::document::Document;

/// The style sheet of the page; it stands in it.
const STYLE: &str = include_str!("../assets/page.css");

/// The script of the page; it stands in it, and all content is there without it.
const SCRIPT: &str = include_str!("../assets/page.js");

/// Where a page will stand, which decides what it may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// At `{base}/docs` of the server that it describes, with `openapi.json` and `openapi.yaml` beside it if `document` says so. It calls
    /// that server and no other.
    Server {
        /// Whether the document is served as well.
        document: bool,
    },
    /// Anywhere, also in a file, with `openapi.json` and `openapi.yaml` beside it. It calls the server that its reader names.
    Anywhere,
}

/// A page, and what a server should say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The whole page.
    pub html: String,
    /// The value of `Content-Security-Policy` to send it with: style and script by their hashes, calls to its own server, nothing else.
    /// A page for [`Home::Anywhere`] says so itself, as far as a page can.
    pub content_security_policy: String,
}

/// Makes the page of a document of OpenAPI 3.0 or 3.1. It takes whatever the document has, and leaves out what it does not
/// understand: that a document is right is for others to check.
pub fn render(document: &Value, home: Home) -> Page {
    let content_security_policy = policy(home);
    let html = page::page(&Document::new(document), home, &content_security_policy);
    Page { html, content_security_policy }
}

fn policy(home: Home) -> String {
    let (connect, frames) = match home {
        Home::Server { .. } => ("'self'", "; frame-ancestors 'none'"),
        // A page cannot say by itself who may put it into a frame.
        Home::Anywhere => ("http: https:", ""),
    };
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; connect-src {connect}; base-uri 'none'; \
         form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'{frames}",
        hash(SCRIPT),
        hash(STYLE)
    )
}

/// The hash of an inline script or style, in the notation of the policy.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}
