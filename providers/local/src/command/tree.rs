//! A program that is not waited for any longer, with all that it has started: a script's own programs would go on without it,
//! logged in as we are.
//!
//! It stays in our process group, for the terminal's sake, so there is no group of its own to end. What it has started is
//! found in `/proc`: the processes below it, and whoever holds the pipe that its value was to come through, as one does that a
//! script has left in the background. Daemons that let go of the pipe, such as `gpg-agent`, go on. Where there is no `/proc`,
//! the program alone is ended.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    os::fd::{AsFd, BorrowedFd},
    path::{Path, PathBuf},
};

use rustix::process::{Pid, Signal, getpid, kill_process};
use tokio::process::Child;

/// Processes that start others faster than this many looks find are left to themselves.
const MOST_LOOKS: usize = 32;

/// A running program. Dropped before its end, it is ended with all that it has started.
pub(super) struct Tree {
    pub(super) child: Child,
    /// The name of the pipe that its output comes through, as `/proc` has it.
    pipe: Option<PathBuf>,
    has_ended: bool,
}

impl Tree {
    pub(super) fn new(child: Child) -> Self {
        let output = child.stdout.as_ref().map(AsFd::as_fd);
        Self {
            pipe: output.and_then(name),
            child,
            has_ended: false,
        }
    }

    /// It has come to its end: what it has left behind may stay.
    pub(super) fn ended(&mut self) {
        self.has_ended = true;
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let child = self.child.id().and_then(|id| i32::try_from(id).ok());
        // Its number is nobody else's: it has not been waited for.
        let child = child.and_then(Pid::from_raw);
        let mut found: BTreeSet<i32> = child.iter().map(|child| child.as_raw_pid()).collect();
        // What is stopped starts nothing new.
        send_all(&found, Signal::STOP);
        for _ in 0..MOST_LOOKS {
            let new = self.look(&found);
            if new.is_empty() {
                break;
            }
            send_all(&new, Signal::STOP);
            found.extend(new);
        }
        send_all(&found, Signal::KILL);
    }
}

impl Tree {
    /// Processes that belong to the program, besides those that are known.
    fn look(&self, known: &BTreeSet<i32>) -> Vec<i32> {
        let own = getpid().as_raw_pid();
        // Numbered as we number processes, or they are not ours to end.
        if fs::read_link("/proc/self").ok().as_deref() != Some(Path::new(&own.to_string())) {
            return Vec::new();
        }
        let ours = fs::read_link("/proc/self/exe").ok();
        let all = fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = all.filter_map(|entry| number(&entry.file_name()));
        let is_new = |pid: &i32| *pid != own && !known.contains(pid);
        numbers
            .filter(is_new)
            .filter(|pid| {
                parent(*pid).is_some_and(|parent| known.contains(&parent))
                    // One of ours that is just being started has a copy of all that we have.
                    || self.holds_pipe(*pid) && fs::read_link(format!("/proc/{pid}/exe")).ok() != ours
            })
            .collect()
    }

    fn holds_pipe(&self, pid: i32) -> bool {
        let Some(pipe) = &self.pipe else { return false };
        let open = fs::read_dir(format!("/proc/{pid}/fd"));
        let mut open = open.into_iter().flatten().flatten();
        open.any(|entry| fs::read_link(entry.path()).is_ok_and(|name| name == *pipe))
    }
}

/// What `/proc` calls an open file: `pipe:[1234]`.
fn name(file: BorrowedFd<'_>) -> Option<PathBuf> {
    use std::os::fd::AsRawFd as _;
    fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()
}

fn send_all<'p>(pids: impl IntoIterator<Item = &'p i32>, signal: Signal) {
    for pid in pids.into_iter().filter_map(|pid| Pid::from_raw(*pid)) {
        // One that has just ended is no failure.
        let _ = kill_process(pid, signal);
    }
}

fn number(name: &OsStr) -> Option<i32> {
    name.to_str()?.parse().ok()
}

/// From `proc_pid_stat(5)`: what follows the name, which ends with the last parenthesis.
fn parent(pid: i32) -> Option<i32> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let fields = text.get(text.rfind(')')? + 1..)?;
    fields.split_whitespace().nth(1)?.parse().ok()
}
