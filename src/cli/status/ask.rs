//! Asking supervisors for their state: all at once, none for long, and none for more than it may say.

use std::{
    fs,
    io::{self, Read},
    os::{fd::AsRawFd, unix::net::UnixStream},
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustix::fs::{Mode, OFlags};
use serde_json::Value;

use crate::{exec::files::is_private, keep::place::SOCKET, manifest::SUPERVISORS};

/// How long all supervisors together have to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// More than a supervisor ever says.
const LARGEST_ANSWER: u64 = 16 * 1024 * 1024;

/// The longest path that the address of a socket holds, on every Unix: `sun_path` of `unix(7)` has 104 bytes or more.
const LONGEST_ADDRESS: usize = 103;

/// What came of asking: a state, nobody there, or why it cannot be had.
pub(super) type Answer = Result<Option<Value>, String>;

/// Asks the supervisors whose files are in `directory`, or the one with this process ID; in the order of their IDs.
pub(super) fn all(directory: &Path, only: Option<u32>) -> Vec<(u32, Answer)> {
    let root = directory.join(SUPERVISORS);
    // What a stranger has put there says nothing of ours.
    if !is_private(directory) || !is_private(&root) {
        return Vec::new();
    }
    // `7`, or `7.1` where containers share their memory.
    let mut places: Vec<(u32, String)> = fs::read_dir(&root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            if !is_private(&entry.path()) {
                return None;
            }
            let pid = name.split('.').next()?.parse().ok()?;
            Some((pid, name))
        })
        .filter(|(pid, _)| only.is_none_or(|only| *pid == only))
        .collect();
    places.sort_unstable();
    let until = Instant::now() + PATIENCE;
    let late = || Err(format!("no answer within {} s", PATIENCE.as_secs()));
    let mut all: Vec<(u32, Answer)> = places.iter().map(|(pid, _)| (*pid, late())).collect();
    let (answers, inbox) = mpsc::channel();
    for (place, (_, answer)) in all.iter_mut().enumerate() {
        let path = root.join(&places[place].1);
        let answers = answers.clone();
        // On a thread of its own, which is left behind where it is held up: `connect` knows no deadline. If nobody waits
        // for the answer any more, it is not missed.
        let asking = move || drop(answers.send((place, ask(&path))));
        if let Err(error) = thread::Builder::new().spawn(asking) {
            *answer = Err(error.to_string());
        }
    }
    drop(answers);
    while let Ok((place, answer)) =
        inbox.recv_timeout(until.saturating_duration_since(Instant::now()))
    {
        all[place].1 = answer;
    }
    all
}

fn ask(directory: &Path) -> Answer {
    let stream = match connect(directory) {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error.to_string()),
    };
    let mut text = Vec::new();
    stream
        .take(LARGEST_ANSWER + 1)
        .read_to_end(&mut text)
        .map_err(|error| error.to_string())?;
    if text.is_empty() {
        // It ended just now.
        return Ok(None);
    }
    if text.len() as u64 > LARGEST_ANSWER {
        return Err("its answer does not end".to_owned());
    }
    match serde_json::from_slice(&text) {
        Ok(state @ Value::Object(_)) => Ok(Some(state)),
        _ => Err("its answer is not the state of a supervisor".to_owned()),
    }
}

/// Connects to the socket in a directory whose path may be longer than a socket's address.
fn connect(directory: &Path) -> io::Result<UnixStream> {
    let path = directory.join(SOCKET);
    if path.as_os_str().len() <= LONGEST_ADDRESS {
        return UnixStream::connect(path);
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(directory, flags, Mode::empty())?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
    UnixStream::connect(short.join(SOCKET))
}
