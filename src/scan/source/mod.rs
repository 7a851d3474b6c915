//! Where text comes from: paths, the index, history, a range of commits, standard input. A source reads; what is done with
//! a unit of text is the [`Sink`]'s.

use std::ops::Range;

use gix::bstr::BString;

/// One text to scan.
pub struct Unit {
    /// Relative to where the scan began (for git: to the root of the repository), with `/`.
    pub path: BString,
    /// The bytes; UTF-16 and byte-order marks are already UTF-8 without one.
    pub bytes: Vec<u8>,
    /// The lines that are new, counting from 0, where only those are asked for; `None` for all.
    pub added: Option<Vec<Range<usize>>>,
    /// The commit that brought it, where history was read: [`git::origin`] tells the rest.
    pub commit: Option<gix::ObjectId>,
    /// Lines before the first byte, where this is a part of a large file.
    pub first_line: usize,
    /// Characters before the first byte on its line, where this is a part of a large file.
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

/// What takes the texts. Called from several threads.
pub trait Sink: Sync {
    /// Takes a text.
    fn unit(&self, unit: &Unit);
    /// Takes note of what could not be read.
    fn trouble(&self, trouble: Trouble);
}
