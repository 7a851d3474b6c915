//! Keeps secrets out of core files while they are in this process, and out of the child's unless it asks for them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// No core file, and no other process of the same user may look inside (Linux). Failing is not fatal: a sandbox may
/// forbid the calls, and then forbids more than we would.
///
/// The soft limit alone is lowered. It outlives `execve`, so the child writes no core file with secrets in it either,
/// and may raise it again.
pub fn harden() {
    let limit = getrlimit(Resource::Core);
    let lowered = Rlimit {
        current: Some(0),
        maximum: limit.maximum,
    };
    let _ = setrlimit(Resource::Core, lowered);
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
