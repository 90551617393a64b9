//! Any bytes as Basic credentials, as the value of a header. `cargo xtask fuzz basic` runs this with the lines of `seeds/basic.txt` as seeds.

#![no_main]
#![allow(dead_code, reason = "each target uses one of the entries")]

mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::basic(bytes));
