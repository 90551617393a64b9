//! Any bytes as a document. `cargo xtask fuzz` runs this with the documents of the goldens as seeds.

#![no_main]

mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::document(bytes));
