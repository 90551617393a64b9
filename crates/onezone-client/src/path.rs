//! Path values that no encoding can carry.
//!
//! A URL parser resolves `.` and `..` even when their dots are escaped; a request made with one would reach a *different*
//! operation.

/// Why a value cannot be carried by a path, if it cannot.
pub(crate) fn reason(value: &str) -> Option<&'static str> {
    match value {
        "" => Some("it is empty"),
        "." | ".." => Some("a URL takes it for a step in the path"),
        _ => None,
    }
}
