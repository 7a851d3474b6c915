//! The audit log: one line of JSON for everything that was done with a secret. Never a value, never what a server said.
//!
//! Several processes append to one file. A line goes out in one `write(2)` to a file opened with `O_APPEND`, and is short
//! enough for a pipe to take it whole (`PIPE_BUF`), so that lines never mix.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use rustix::{fs::OFlags, process::geteuid};
use serde_json::{Value, json};

use crate::timestamp;

/// The longest line that every Linux pipe takes whole: `PIPE_BUF` of `pipe(7)`.
const LONGEST_LINE: usize = 4096;

/// How much a line says of one text, in bytes of JSON. What is longer is cut.
const LONGEST_TEXT: usize = 512;

/// How many keys a line names, as long as they are short.
const MOST_KEYS: usize = 16;

/// How much a line says of all its keys, in bytes of JSON.
const LONGEST_KEYS: usize = 1024;

/// Where a text was cut.
const CUT: char = '…';

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// A store was asked for a secret that a command is to have.
    Read,
    /// A secret was stored.
    Write,
    /// A store was asked again, for a command that runs.
    Refresh,
    /// A new value was tried.
    Verify,
    /// A new value took the place of the old.
    Swap,
    /// The command was told of a new value.
    Signal,
    /// The command was started again, for a new value.
    Restart,
}

impl Act {
    /// Its name in the log. Stable.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Refresh => "refresh",
            Self::Verify => "verify",
            Self::Swap => "swap",
            Self::Signal => "signal",
            Self::Restart => "restart",
        }
    }
}

/// What was done with what, and how it ended. Holds no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) act: Act,
    /// The keys of the manifest that want it.
    pub(crate) keys: Vec<String>,
    /// The instance and its provider's scheme.
    pub(crate) instance: Option<String>,
    pub(crate) provider: Option<String>,
    /// What was asked for.
    pub(crate) locator: Option<String>,
    /// The store's name for the version.
    pub(crate) version: Option<String>,
    /// When it stops working.
    pub(crate) expires: Option<SystemTime>,
    /// `ok`, `unchanged`, or the stable name of a failure.
    pub(crate) outcome: String,
}

impl Record {
    /// The outcome of what has worked.
    pub(crate) const OK: &'static str = "ok";

    /// What was done with the command, and not with one secret.
    pub(crate) fn of_command(act: Act, keys: Vec<String>, outcome: &str) -> Self {
        Self {
            act,
            keys,
            instance: None,
            provider: None,
            locator: None,
            version: None,
            expires: None,
            outcome: outcome.to_owned(),
        }
    }
}

/// An audit log that can be written.
#[derive(Clone, Debug)]
pub(crate) struct Audit {
    path: Arc<Path>,
    caller: Arc<Value>,
}

impl Audit {
    /// Opens the log once, so that what cannot be written is known before anything is read. `command` is what the log calls
    /// the caller: `exec`.
    ///
    /// # Errors
    /// Where the file cannot be opened or made (0600; its directory is not made), where others could change what it says,
    /// and where it is neither a file, a pipe nor a terminal.
    pub(crate) fn open(path: PathBuf, command: &str) -> io::Result<Self> {
        let audit = Self {
            path: Arc::from(path),
            caller: Arc::new(json!({
                "pid": std::process::id(),
                "uid": geteuid().as_raw(),
                "command": command,
            })),
        };
        audit.file()?;
        Ok(audit)
    }

    /// Appends a line for each record. The file is opened anew: it may have been moved away for a fresh one.
    ///
    /// # Errors
    /// As [`Self::open`], and where a line does not get in as a whole.
    pub(crate) fn write(&self, records: &[Record]) -> io::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let mut file = self.file()?;
        let now = timestamp::utc_milliseconds(SystemTime::now());
        for record in records {
            let line = line(&now, record, &self.caller);
            let written = file.write(line.as_bytes())?;
            if written != line.len() {
                return Err(io::Error::new(
                    io::ErrorKind::WriteZero,
                    "there is no room for a whole line",
                ));
            }
        }
        Ok(())
    }

    fn file(&self) -> io::Result<File> {
        check_link(&self.path)?;
        // A pipe that nobody reads is an error, and not something to wait for.
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(i32::try_from(flags.bits()).unwrap_or(0))
            .open(&self.path)?;
        let found = file.metadata()?;
        let kind = found.file_type();
        if kind.is_file() && found.mode() & 0o002 != 0 {
            return Err(refused("everybody may write to it"));
        }
        if !(kind.is_file() || kind.is_fifo() || kind.is_char_device()) {
            return Err(refused("it is neither a file nor a pipe"));
        }
        Ok(file)
    }
}

/// A link that a stranger made may lead anywhere.
fn check_link(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() && ![0, geteuid().as_raw()].contains(&found.uid()) => {
            Err(refused("it is a symbolic link of another user"))
        }
        _ => Ok(()),
    }
}

fn refused(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, reason)
}

/// One line. Its shape is stable: members are added, never changed.
fn line(time: &str, record: &Record, caller: &Value) -> String {
    let (keys, left) = some_keys(&record.keys);
    let text = |text: &Option<String>| text.as_deref().map(cut);
    let mut line = json!({
        "time": time,
        "act": record.act.name(),
        "keys": keys,
        "instance": text(&record.instance),
        "provider": text(&record.provider),
        "locator": text(&record.locator),
        "version": text(&record.version),
        "expires": record.expires.map(timestamp::utc),
        "outcome": cut(&record.outcome),
        "caller": caller,
    });
    if left > 0 {
        line["more_keys"] = left.into();
    }
    let line = format!("{line}\n");
    debug_assert!(
        line.len() <= LONGEST_LINE,
        "the parts are bounded below that"
    );
    line
}

/// As many keys as there is room for, and how many are left.
fn some_keys(keys: &[String]) -> (Vec<String>, usize) {
    let mut room = LONGEST_KEYS;
    let mut some = Vec::new();
    for key in keys.iter().take(MOST_KEYS) {
        let key = cut(key);
        let Some(left) = room.checked_sub(width(&key)) else {
            break;
        };
        room = left;
        some.push(key);
    }
    let left = keys.len() - some.len();
    (some, left)
}

/// A text that takes no more than [`LONGEST_TEXT`] bytes of JSON.
fn cut(text: &str) -> String {
    let mut room = LONGEST_TEXT - CUT.len_utf8();
    for (at, c) in text.char_indices() {
        match room.checked_sub(char_width(c)) {
            Some(left) => room = left,
            None => return format!("{}{CUT}", &text[..at]),
        }
    }
    text.to_owned()
}

fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// How many bytes a character takes in a string of JSON, at most.
fn char_width(c: char) -> usize {
    match c {
        '"' | '\\' => 2,
        // `\u001b`
        c if c.is_ascii_control() => 6,
        c => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests;
