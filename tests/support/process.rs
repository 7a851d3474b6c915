//! A child process that a test talks to while it runs: its output as it comes, signals, and an end that is waited for.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Sends `signal` to the process `id`; a process that is gone already is no error.
pub(crate) fn send(id: u32, signal: Signal) {
    let pid = i32::try_from(id)
        .ok()
        .and_then(Pid::from_raw)
        .expect("a process id");
    let _ = kill_process(pid, signal);
}

/// Waits for the child's end, at most `limit`.
pub(crate) fn wait_within(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("the state of a child") {
            return Some(status);
        }
        if start.elapsed() > limit {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A running command whose two outputs are collected together, line by line. It is killed when dropped.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: String,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let (sender, lines) = channel();
        let outputs: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().expect("a pipe")),
            Box::new(child.stderr.take().expect("a pipe")),
        ];
        for output in outputs {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                    if sender
                        .send(String::from_utf8_lossy(&line).into_owned())
                        .is_err()
                    {
                        return;
                    }
                }
            });
        }
        Self {
            child,
            lines,
            seen: String::new(),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits at most `limit` for a line of output that `pick` takes something from.
    ///
    /// Panics with all output so far when the time is up or the output ends.
    pub(crate) fn wait_for<T>(&mut self, limit: Duration, pick: impl Fn(&str) -> Option<T>) -> T {
        let end = Instant::now() + limit;
        loop {
            match self
                .lines
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    self.seen.push_str(&line);
                    self.seen.push('\n');
                    if let Some(found) = pick(&line) {
                        return found;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("not said within {limit:?}; the output was:\n{}", self.seen)
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("ended without saying it; the output was:\n{}", self.seen)
                }
            }
        }
    }

    pub(crate) fn send(&self, signal: Signal) {
        send(self.id(), signal);
    }

    /// Everything that was said so far and a moment longer. A grandchild may hold the pipes, so no end is awaited.
    pub(crate) fn said(&mut self) -> &str {
        while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(200)) {
            self.seen.push_str(&line);
            self.seen.push('\n');
        }
        &self.seen
    }

    /// Waits at most `limit` for the end: the status and everything that was said.
    pub(crate) fn finish(mut self, limit: Duration) -> (ExitStatus, String) {
        let status = wait_within(&mut self.child, limit);
        let said = self.said().to_owned();
        let status = status
            .unwrap_or_else(|| panic!("still running after {limit:?}; the output was:\n{said}"));
        (status, said)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // TERM first: a server is to take its workers along.
            self.send(Signal::TERM);
            if wait_within(&mut self.child, Duration::from_secs(5)).is_none() {
                drop(self.child.kill());
                drop(self.child.wait());
            }
        }
    }
}

/// The command lines of all processes that were given the directory `root`, as an argument or in the environment.
pub(crate) fn processes_of(root: &std::path::Path) -> Vec<String> {
    let mark = root.as_os_str().as_encoded_bytes();
    let of_ours = |given: &[u8]| given.windows(mark.len()).any(|part| part == mark);
    let processes = std::fs::read_dir("/proc").expect("a list of processes");
    processes
        .flatten()
        .filter_map(|process| {
            // One that ends meanwhile, or is another user's, has nothing to read.
            let command = std::fs::read(process.path().join("cmdline")).ok()?;
            let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
            (of_ours(&command) || of_ours(&environment))
                .then(|| String::from_utf8_lossy(&command).replace('\0', " "))
        })
        .collect()
}
