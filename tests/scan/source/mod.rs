//! The sources of text: what each of them hands on, and what it says it could not read.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::format_push_string,
    reason = "a broken part is to fail the test at once, and git needs a PATH"
)]

mod cache;
mod history;
mod paths;
mod range;
mod repository;
mod staged;

use std::ops::Range;
use std::sync::Mutex;

use gix::bstr::{BStr, ByteSlice as _};
use nuages::scan::source::{Sink, Trouble, Unit, Verdict};

/// What a source handed on, in order of path and commit.
#[derive(Default)]
pub(crate) struct Collected {
    units: Mutex<Vec<Seen>>,
    troubles: Mutex<Vec<(String, String)>>,
    notes: Mutex<Vec<(String, String)>>,
    /// Texts that hold this are not clean.
    marked: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) commit: Option<String>,
    pub(crate) text: String,
    /// The lines that are new, as text.
    pub(crate) added: Option<Vec<String>>,
}

impl Sink for Collected {
    fn unit(&self, unit: &Unit<'_>) -> Verdict {
        let lines: Vec<&[u8]> = unit.bytes.lines().collect();
        let text = |range: &Range<usize>| {
            lines[range.clone()]
                .iter()
                .map(|line| line.to_str_lossy().into_owned())
                .collect::<Vec<_>>()
        };
        let text_of_unit = unit.bytes.to_str_lossy().into_owned();
        let is_marked = self
            .marked
            .is_some_and(|marked| text_of_unit.contains(marked));
        self.units.lock().unwrap().push(Seen {
            path: unit.path.escape_ascii().to_string(),
            commit: unit.commit.map(|commit| commit.to_string()),
            text: text_of_unit,
            added: unit
                .added
                .map(|added| added.iter().flat_map(text).collect()),
        });
        if is_marked {
            Verdict::Found
        } else {
            Verdict::Clean
        }
    }

    fn trouble(&self, trouble: Trouble) {
        self.troubles
            .lock()
            .unwrap()
            .push((trouble.place.to_string(), trouble.reason));
    }

    fn note(&self, place: &BStr, what: &str) {
        self.notes
            .lock()
            .unwrap()
            .push((place.to_string(), what.to_owned()));
    }
}

impl Collected {
    pub(crate) fn marking(marked: &'static str) -> Self {
        Self {
            marked: Some(marked),
            ..Self::default()
        }
    }

    pub(crate) fn units(&self) -> Vec<Seen> {
        let mut units = self.units.lock().unwrap().clone();
        units.sort();
        units
    }

    /// The paths, once for each unit.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.units().into_iter().map(|unit| unit.path).collect()
    }

    pub(crate) fn troubles(&self) -> Vec<(String, String)> {
        let mut troubles = self.troubles.lock().unwrap().clone();
        troubles.sort();
        troubles
    }

    pub(crate) fn notes(&self) -> Vec<(String, String)> {
        self.notes.lock().unwrap().clone()
    }

    /// The units, where nothing was left unread.
    pub(crate) fn all(&self) -> Vec<Seen> {
        assert_eq!(self.troubles(), [], "nothing should be left unread");
        self.units()
    }

    /// The one unit that there is.
    pub(crate) fn only(&self) -> Seen {
        let units = self.all();
        assert_eq!(units.len(), 1, "{units:#?}");
        units.into_iter().next().unwrap()
    }
}
