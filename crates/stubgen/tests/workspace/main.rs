//! Whole workspaces: what is in them, and that they compile without a warning, pass their own tests and answer requests.

mod compiled;
mod contents;

/// A document that tries to become code wherever its text is put, with security, parameters, a body and an error shape.
const HOSTILE: &str = include_str!("hostile.yaml");
