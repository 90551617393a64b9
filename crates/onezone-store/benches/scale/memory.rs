//! The memory of this process, where the system tells it.

/// Forgets what was needed so far.
pub(crate) fn reset() {
    use std::io::Write as _;
    let file = std::fs::OpenOptions::new().write(true).open("/proc/self/clear_refs");
    // Elsewhere than on Linux there is nothing to reset.
    let _ = file.and_then(|mut file| file.write_all(b"5"));
}

/// The most that was needed at a time since then.
pub(crate) fn peak_mebibytes() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.map_or_else(|| "unknown".to_owned(), |kibibytes| (kibibytes >> 10).to_string())
}
