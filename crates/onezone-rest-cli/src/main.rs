//! onezone-rest-cli.
fn main() {}
