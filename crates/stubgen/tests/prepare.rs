//! The stages before lowering: small documents with what is said of them and what is made of them.
//!
//! `STUBGEN_BLESS=1 cargo test -p stubgen --test prepare` writes what is made as the new expectation; the diff is for the reviewer.

#[path = "prepare/files.rs"]
mod files;
#[path = "prepare/golden.rs"]
mod golden;
