//! The line of `.gitignore` that keeps the env file out of git, where git does not ignore it yet.

use std::{io, path::PathBuf};

use super::{
    super::context::Context,
    MODE,
    project::{self, Found},
};
use crate::{
    reading,
    render::{
        file::write_atomically,
        tracked::{Tracking, tracking},
    },
    scan::fix,
};

const GITIGNORE: &str = ".gitignore";

/// Nobody writes a longer one.
const LARGEST: u64 = 16 << 20;

/// A `.gitignore` before and after.
pub(super) struct Ignore {
    place: PathBuf,
    old: Option<Vec<u8>>,
    new: Vec<u8>,
    /// Why what is there cannot be read.
    unread: Option<String>,
}

impl Ignore {
    pub(super) fn work_out(context: &Context, found: &Found) -> Self {
        let base = context.environment.base();
        let place = base.join(GITIGNORE);
        let (old, unread) = match reading::bytes(&place, LARGEST) {
            Ok(old) => (Some(old.to_vec()), None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (None, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let mut new = old.clone().unwrap_or_default();
        let line = found.env.as_ref().and_then(|env| {
            let line = project::below(base, &env.place)?;
            // To git, what is tracked is not ignored, whatever the file says.
            let is_open = match tracking(&env.place) {
                Some(Tracking::NotIgnored) => true,
                Some(Tracking::Tracked) => !has(&new, &line),
                Some(Tracking::Unreadable) | None => false,
            };
            is_open.then_some(line)
        });
        if let Some(line) = line {
            let end: &[u8] = if new.windows(2).any(|pair| pair == b"\r\n") {
                b"\r\n"
            } else {
                b"\n"
            };
            if !new.is_empty() && !new.ends_with(b"\n") {
                new.extend_from_slice(end);
            }
            new.extend_from_slice(line.as_bytes());
            new.extend_from_slice(end);
        }
        Self {
            place,
            old,
            new,
            unread,
        }
    }

    pub(super) fn is_changed(&self) -> bool {
        self.old.as_deref().unwrap_or_default() != self.new
    }

    pub(super) fn diff(&self) -> String {
        if !self.is_changed() {
            return String::new();
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let old = text(self.old.as_deref().unwrap_or_default());
        fix::unified(GITIGNORE, &old, &text(&self.new), &|_| Vec::new())
    }

    /// Writes it, where it is another one than before.
    pub(super) fn write(&self) -> Result<Option<PathBuf>, (PathBuf, io::Error)> {
        if !self.is_changed() {
            return Ok(None);
        }
        let written = if let Some(why) = &self.unread {
            Err(io::Error::other(why.clone()))
        } else if let Some(old) = &self.old {
            super::change::replace(&self.place, old, &self.new)
        } else {
            write_atomically(&self.place, &self.new, MODE)
        };
        written
            .map(|()| Some(self.place.clone()))
            .map_err(|error| (self.place.clone(), error))
    }
}

/// Whether a line says it already.
fn has(text: &[u8], line: &str) -> bool {
    text.split(|byte| *byte == b'\n').any(|there| {
        let there = there.trim_ascii();
        there == line.as_bytes() || there.strip_prefix(b"/") == Some(line.as_bytes())
    })
}
