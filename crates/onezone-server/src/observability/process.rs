//! What the operating system says about this process. Where it does not say, there is nothing.

/// What a process uses.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Process {
    /// The time that processors worked for it, in seconds.
    pub(super) cpu_seconds: Option<f64>,
    pub(super) resident_bytes: Option<u64>,
    pub(super) threads: Option<u64>,
    pub(super) open_descriptors: Option<u64>,
    /// None when there is no limit, too.
    pub(super) max_descriptors: Option<u64>,
}

impl Process {
    /// As it is now.
    #[cfg(unix)]
    pub(super) fn read() -> Self {
        let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let used = std::time::Duration::try_from(used).ok();
        Self {
            cpu_seconds: used.map(|used| used.as_secs_f64()),
            max_descriptors: rustix::process::getrlimit(rustix::process::Resource::Nofile).current,
            ..Self::from_proc()
        }
    }

    /// As it is now.
    #[cfg(not(unix))]
    pub(super) fn read() -> Self {
        Self::default()
    }

    #[cfg(target_os = "linux")]
    fn from_proc() -> Self {
        let page = u64::try_from(rustix::param::page_size()).unwrap_or_default();
        let pages = std::fs::read_to_string("/proc/self/statm").ok();
        let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
        let status = std::fs::read_to_string("/proc/self/status").ok();
        let threads = status.and_then(|text| {
            text.lines().find_map(|line| line.strip_prefix("Threads:"))?.trim().parse().ok()
        });
        // The directory is open while it is read, which is not the process's doing.
        let open = std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count);
        Self {
            resident_bytes: pages.map(|pages| pages * page),
            threads,
            open_descriptors: open.and_then(|count| u64::try_from(count.saturating_sub(1)).ok()),
            ..Self::default()
        }
    }

    #[cfg(all(unix, not(target_os = "linux")))]
    fn from_proc() -> Self {
        Self::default()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn everything_is_known_and_plausible() {
        let before = Process::read();
        let files: Vec<_> = (0..7).map(|_| std::fs::File::open("/proc/self/stat").unwrap()).collect();
        let now = Process::read();
        drop(files);
        assert!(
            now.open_descriptors.unwrap() >= before.open_descriptors.unwrap().min(3) + 4,
            "{before:?} {now:?}"
        );
        assert!(now.cpu_seconds.unwrap() > 0.0 && now.cpu_seconds >= before.cpu_seconds);
        assert!((1_000_000..10_000_000_000).contains(&now.resident_bytes.unwrap()), "{now:?}");
        assert!(now.threads.unwrap() >= 1 && now.max_descriptors.is_none_or(|limit| limit > 7));
    }
}
