//! Where text comes from: paths, the index, history, a range of commits, standard input. A source reads; what is done with
//! a unit of text is the [`Sink`]'s.

mod again;
mod blobs;
mod cache;
mod catalog;
mod content;
mod decode;
mod delta;
mod diff;
mod fresh;
pub mod git;
mod graph;
mod history;
mod ignore;
mod nesting;
mod pack;
mod pairs;
mod parts;
mod paths;
mod range;
mod read;
mod revisions;
mod staged;
mod survey;
mod tree;
mod walk;

use std::{fmt, ops::Range};

use gix::{
    ObjectId,
    bstr::{BStr, BString},
};

pub use cache::CacheOptions;
pub use history::{HistoryOptions, history};
pub use parts::stdin;
pub use paths::{PathOptions, paths};
pub use range::{Push, RangeOptions, pushed, range};
pub use staged::{StagedOptions, staged};

/// One text to scan: a file, the content of a blob, or a part of a large one.
///
/// The parts of a text over 16 MB overlap by 64 to 128 KB, so what stands in an overlap is seen twice, at the same place.
#[derive(Clone, Copy)]
pub struct Unit<'a> {
    /// Relative to where the scan began (for git: to the root of the repository), with `/`.
    pub path: &'a BStr,
    /// The bytes; UTF-16 and byte-order marks are already UTF-8 without one.
    pub bytes: &'a [u8],
    /// The lines that are new, in order, where only those are asked for; `None` for all. They count from 0, at the first
    /// byte of `bytes`.
    pub added: Option<&'a [Range<usize>]>,
    /// The commit that brought it, where history was read: [`git::origin`] tells the rest.
    pub commit: Option<ObjectId>,
    /// The blob, where it came from one.
    pub blob: Option<ObjectId>,
    /// Lines before the first byte, where this is a part of a large text.
    pub first_line: usize,
    /// Characters before the first byte on its line, where this is a part of a large text.
    pub first_column: usize,
}

/// Something that could not be read. The scan goes on, and fails in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What: a path, a commit, an object.
    pub place: BString,
    /// Why: a lower-case fragment.
    pub reason: String,
}

/// Whether a text had anything in it. History remembers the clean ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing at all, not even what is not shown or is suppressed.
    Clean,
    /// Something: it will be read again the next time.
    Found,
}

/// What takes the texts. Called from several threads.
pub trait Sink: Sync {
    /// Takes a text.
    fn unit(&self, unit: &Unit<'_>) -> Verdict;
    /// Takes note of what could not be read: the scan fails in the end.
    fn trouble(&self, trouble: Trouble);
    /// Takes note of what is as it should be and yet worth a word: a submodule was left out, history is cut.
    fn note(&self, _place: &BStr, _what: &str) {}
    /// Is told how many texts are to come, where that is known before.
    fn expect(&self, _units: usize) {}
}

/// Why a source could not be read at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// A lower-case fragment.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Error {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for Error {}

impl Trouble {
    pub(crate) fn new(place: impl Into<BString>, reason: impl fmt::Display) -> Self {
        Self {
            place: place.into(),
            reason: reason.to_string(),
        }
    }
}
