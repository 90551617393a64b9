//! Any bytes as a caveat, in serialized form or as JSON. `cargo xtask fuzz caveat` runs this with the lines of `seeds/caveat.txt` as seeds.

#![no_main]
#![allow(dead_code, reason = "each target uses one of the entries")]

mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::caveat(bytes));
