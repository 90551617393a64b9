//! Tells the program which compiler built it, for the metric `onezone_build_info`.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(compiler).arg("--version").output().ok();
    // "rustc 1.95.0 (hash date)"; a compiler that says something else is not worth a failed build.
    let text = output.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let version = text.split_whitespace().nth(1).unwrap_or("unknown");
    println!("cargo:rustc-env=ONEZONE_RUSTC_VERSION={version}");
}
