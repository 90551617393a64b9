//! Any bytes as a token, as the value of a header. `cargo xtask fuzz token` runs this with the lines of `seeds/token.txt` as seeds.

#![no_main]
#![allow(dead_code, reason = "each target uses one of the entries")]

mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::token(bytes));
