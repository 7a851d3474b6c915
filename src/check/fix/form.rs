//! What is no part of a manifest's meaning, and stays as it was: the mark at its beginning, and how its lines end.

use std::collections::{HashMap, VecDeque};

/// The mark that some editors begin a file with.
const MARK: char = '\u{feff}';

/// How a text is written.
pub(super) struct Form<'a> {
    has_mark: bool,
    /// Of each line, in order, whether it ended as Windows ends it.
    lines: HashMap<&'a str, VecDeque<bool>>,
    /// Whether most do.
    is_windows: bool,
}

impl<'a> Form<'a> {
    /// The form of a text, and the text without it.
    pub(super) fn of(text: &'a str) -> (Self, String) {
        let bare = text.strip_prefix(MARK).unwrap_or(text);
        let mut lines: HashMap<&str, VecDeque<bool>> = HashMap::new();
        let mut windows = 0_usize;
        let mut others = 0_usize;
        for line in bare.split_inclusive('\n') {
            let Some(line) = line.strip_suffix('\n') else {
                continue;
            };
            let inner = line.strip_suffix('\r');
            *(if inner.is_some() {
                &mut windows
            } else {
                &mut others
            }) += 1;
            let ends = lines.entry(inner.unwrap_or(line)).or_default();
            ends.push_back(inner.is_some());
        }
        let form = Self {
            has_mark: bare.len() < text.len(),
            lines,
            is_windows: windows > others,
        };
        (form, plain(bare))
    }

    /// A text in this form: a line that was there ends as it did, one that is new as most do.
    pub(super) fn restore(mut self, text: &str) -> String {
        let mut restored = String::with_capacity(text.len());
        restored.extend(self.has_mark.then_some(MARK));
        let text = plain(text);
        for line in text.split_inclusive('\n') {
            let Some(inner) = line.strip_suffix('\n') else {
                restored.push_str(line);
                continue;
            };
            let ends = self.lines.get_mut(inner).and_then(VecDeque::pop_front);
            restored.push_str(inner);
            restored.push_str(if ends.unwrap_or(self.is_windows) {
                "\r\n"
            } else {
                "\n"
            });
        }
        restored
    }
}

fn plain(text: &str) -> String {
    text.replace("\r\n", "\n")
}
