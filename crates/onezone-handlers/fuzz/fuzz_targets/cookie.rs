//! Any bytes as a Cookie header. `cargo xtask fuzz cookie` runs this with the lines of `seeds/cookie.txt` as seeds.

#![no_main]
#![allow(dead_code, reason = "each target uses one of the entries")]

mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::cookie(bytes));
