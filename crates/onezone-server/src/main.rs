//! onezone-server.
fn main() {}
