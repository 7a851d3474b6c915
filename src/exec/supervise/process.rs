//! What `/proc` tells of processes: parents, children, states. Where it is not mounted, or shows the processes of another
//! namespace, it tells nothing.

use std::{ffi::OsStr, fs, path::Path};

use nix::unistd::{self, getpgid, getpgrp, getsid};
use rustix::process::{Pid, Signal, getpid, getppid};

/// A process tree deeper than this is not climbed.
const DEEPEST: usize = 256;

/// The processes whose parent we are.
pub(super) fn children() -> Vec<Pid> {
    if !is_ours() {
        return Vec::new();
    }
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| pid(&entry.file_name()))
        .filter(|child| stat(*child).is_some_and(|(_, parent)| parent == Some(getpid())))
        .collect()
}

/// Whether the process is stopped, as far as can be told.
pub(super) fn is_stopped(process: Pid) -> bool {
    is_ours() && stat(process).is_some_and(|(state, _)| state == 'T')
}

/// Whether a signal is caught, blocked or ignored by a process, rather than its end: `proc_pid_status(5)`.
pub(super) fn catches(process: Pid, signal: Signal) -> Option<bool> {
    if !is_ours() {
        return None;
    }
    let path = format!("/proc/{}/status", process.as_raw_nonzero());
    let text = fs::read_to_string(path).ok()?;
    let bit = u32::try_from(signal.as_raw() - 1).ok()?;
    let mut is_known = false;
    for name in ["SigCgt:", "SigIgn:", "SigBlk:"] {
        let mask = text.lines().find_map(|line| line.strip_prefix(name));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        is_known |= mask.is_some();
        if mask.is_some_and(|mask| mask.checked_shr(bit).is_some_and(|mask| mask & 1 == 1)) {
            return Some(true);
        }
    }
    is_known.then_some(false)
}

/// Whether somebody is there who would wake us if we stopped: a process of our session above our process group, as a
/// shell is. POSIX calls a group without one orphaned, and the kernel does not let a terminal stop it.
pub(super) fn has_job_control() -> bool {
    let (session, group) = (getsid(None), getpgrp());
    let number = |process: Pid| unistd::Pid::from_raw(process.as_raw_nonzero().get());
    let mut above = getppid();
    for _ in 0..DEEPEST {
        let Some(process) = above else {
            return false;
        };
        if getsid(Some(number(process))) != session {
            return false;
        }
        if getpgid(Some(number(process))) != Ok(group) {
            return true;
        }
        above = stat(process).and_then(|(_, parent)| parent);
    }
    false
}

/// Whether we lead our session: a terminal that hangs up tells its leader.
pub(super) fn leads_session() -> bool {
    getsid(None).is_ok_and(|session| session == unistd::getpid())
}

/// Whether `/proc` numbers processes as we do.
fn is_ours() -> bool {
    let own = getpid().as_raw_nonzero().to_string();
    fs::read_link("/proc/self").is_ok_and(|link| link == Path::new(&own))
}

fn pid(name: &OsStr) -> Option<Pid> {
    let number: u32 = name.to_str()?.parse().ok()?;
    Pid::from_raw(i32::try_from(number).ok()?)
}

/// State and parent, from `proc_pid_stat(5)`: what follows the name, which ends with the last parenthesis.
fn stat(process: Pid) -> Option<(char, Option<Pid>)> {
    let path = format!("/proc/{}/stat", process.as_raw_nonzero());
    let text = String::from_utf8_lossy(&fs::read(path).ok()?).into_owned();
    let mut fields = text.get(text.rfind(')')? + 1..)?.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent: u32 = fields.next()?.parse().ok()?;
    Some((state, Pid::from_raw(i32::try_from(parent).ok()?)))
}
