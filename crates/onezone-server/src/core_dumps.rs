//! No core dump of this program: its memory has keys, passwords and tokens. The kernel writes none, however the process ends, and lets
//! nobody but root look into it.

/// From now on the process leaves no core. What the machine does not allow is no reason to refuse the start: the limits of the service
/// hold as well.
#[cfg(unix)]
pub(crate) fn forbid() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Core).maximum;
    // Lowering what is one's own is always allowed.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    // Where cores are given to a program, the limit does not count; this does.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(not(unix))]
pub(crate) fn forbid() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn the_process_leaves_no_core() {
        super::forbid();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
    }
}
