//! Bytes to units: the encoding found out, binary left out, and a text over 16 MB handed on in overlapping parts, so that
//! no text needs more memory than one part.

use std::{
    io::{self, Read},
    ops::Range,
};

use gix::{
    ObjectId,
    bstr::{BStr, ByteSlice as _},
};

use super::{
    Sink, Trouble, Unit, Verdict,
    content::{Encoding, HEAD, decode_utf16},
};

/// A text of up to so many bytes is one unit.
pub(super) const MOST_WHOLE: usize = 16 << 20;
/// A part of a larger one has about so many,
const PART: usize = 8 << 20;
/// and so many at least are in the next part too.
const OVERLAP: usize = 64 << 10;
/// How much is read at once.
const CHUNK: usize = 256 << 10;

/// What a text is, beside its bytes.
#[derive(Clone, Copy)]
pub(super) struct Label<'a> {
    pub(super) path: &'a BStr,
    pub(super) commit: Option<ObjectId>,
    pub(super) blob: Option<ObjectId>,
}

impl<'a> Label<'a> {
    pub(super) fn path(path: &'a BStr) -> Self {
        Self {
            path,
            commit: None,
            blob: None,
        }
    }
}

/// Scans standard input, or any other stream, under a name.
pub fn stdin(reader: &mut dyn Read, path: &BStr, sink: &dyn Sink) {
    if let Err(error) = stream(reader, Label::path(path), sink) {
        sink.trouble(Trouble::new(path, io_reason(&error)));
    }
}

/// The system's words for an error, as a fragment.
pub(super) fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::InvalidFilename => "the path is too long".to_owned(),
        _ => error.to_string().to_lowercase(),
    }
}

/// The text of bytes that are all there: decoded where that is needed; `None` where they are no text.
pub(super) fn text<'a>(bytes: &'a [u8], decoded: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    let (skip, is_low_first) = match Encoding::of(bytes) {
        Encoding::Binary => return None,
        Encoding::Bytes(skip) => return Some(&bytes[skip..]),
        Encoding::Utf16Low(skip) => (skip, true),
        Encoding::Utf16High(skip) => (skip, false),
    };
    decoded.clear();
    decode_utf16(&bytes[skip..], is_low_first, true, decoded);
    Some(decoded)
}

/// Hands on a text that is decoded already, with the lines of it that are new.
pub(super) fn decoded(
    text: &[u8],
    added: Option<&[Range<usize>]>,
    label: Label<'_>,
    sink: &dyn Sink,
) -> Verdict {
    if text.len() > MOST_WHOLE {
        let mut parts = Parts::new(label, sink);
        parts.added = added;
        for chunk in text.chunks(CHUNK) {
            parts.push(chunk);
        }
        return parts.finish();
    }
    sink.unit(&Unit {
        path: label.path,
        bytes: text,
        added,
        commit: label.commit,
        blob: label.blob,
        first_line: 0,
        first_column: 0,
    })
}

/// Hands on bytes as they were stored.
pub(super) fn whole(bytes: &[u8], label: Label<'_>, sink: &dyn Sink) -> Verdict {
    if bytes.len() <= MOST_WHOLE {
        let mut buffer = Vec::new();
        return match text(bytes, &mut buffer) {
            Some(text) => decoded(text, None, label, sink),
            None => Verdict::Clean,
        };
    }
    let mut feed = Feed::new(&bytes[..HEAD], label, sink);
    for chunk in bytes.chunks(CHUNK) {
        if feed.push(chunk) == Go::Enough {
            return Verdict::Clean;
        }
    }
    feed.finish()
}

/// Hands on what a stream has: whole where it is short, in parts where it is not.
pub(super) fn stream(
    mut reader: &mut dyn Read,
    label: Label<'_>,
    sink: &dyn Sink,
) -> io::Result<Verdict> {
    let mut start = Vec::new();
    (&mut reader).take(HEAD as u64).read_to_end(&mut start)?;
    if Encoding::of(&start) == Encoding::Binary {
        return Ok(Verdict::Clean);
    }
    let mut head = start.clone();
    let most = (MOST_WHOLE - start.len()) as u64;
    (&mut reader).take(most).read_to_end(&mut head)?;
    if head.len() < MOST_WHOLE {
        return Ok(whole(&head, label, sink));
    }
    let mut feed = Feed::new(&start, label, sink);
    for chunk in head.chunks(CHUNK) {
        feed.push(chunk);
    }
    drop(head);
    let mut chunk = vec![0; CHUNK];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => return Ok(feed.finish()),
            Ok(count) => {
                feed.push(&chunk[..count]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                feed.finish();
                return Err(error);
            }
        }
    }
}

/// Whether there is any use in more bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Go {
    On,
    Enough,
}

/// Takes a large text's bytes as they come and decodes them on the way.
pub(super) struct Feed<'a> {
    encoding: Encoding,
    /// Bytes of a byte-order mark that are still to be dropped.
    skip: usize,
    /// The end of what came, where it is half a character.
    rest: Vec<u8>,
    parts: Parts<'a>,
}

impl<'a> Feed<'a> {
    /// By the first bytes, which are to be pushed all the same.
    pub(super) fn new(head: &[u8], label: Label<'a>, sink: &'a dyn Sink) -> Self {
        let encoding = Encoding::of(head);
        let skip = match encoding {
            Encoding::Bytes(skip) | Encoding::Utf16Low(skip) | Encoding::Utf16High(skip) => skip,
            Encoding::Binary => 0,
        };
        Self {
            encoding,
            skip,
            rest: Vec::new(),
            parts: Parts::new(label, sink),
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Go {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        let bytes = &bytes[skipped..];
        match self.encoding {
            Encoding::Binary => return Go::Enough,
            Encoding::Bytes(_) => self.parts.push(bytes),
            Encoding::Utf16Low(_) => self.push_utf16(bytes, true),
            Encoding::Utf16High(_) => self.push_utf16(bytes, false),
        }
        Go::On
    }

    fn push_utf16(&mut self, bytes: &[u8], is_low_first: bool) {
        self.rest.extend_from_slice(bytes);
        let used = decode_utf16(&self.rest, is_low_first, false, &mut self.parts.text);
        self.rest.drain(..used);
        self.parts.emit_full();
    }

    pub(super) fn finish(mut self) -> Verdict {
        let is_low_first = matches!(self.encoding, Encoding::Utf16Low(_));
        decode_utf16(&self.rest, is_low_first, true, &mut self.parts.text);
        self.parts.finish()
    }
}

/// Cuts a long text into overlapping parts.
struct Parts<'a> {
    label: Label<'a>,
    added: Option<&'a [Range<usize>]>,
    sink: &'a dyn Sink,
    text: Vec<u8>,
    line: usize,
    column: usize,
    /// Where the next part must get to for it to hold anything new.
    seen: usize,
    verdict: Verdict,
}

impl<'a> Parts<'a> {
    fn new(label: Label<'a>, sink: &'a dyn Sink) -> Self {
        Self {
            label,
            added: None,
            sink,
            text: Vec::with_capacity(PART + CHUNK),
            line: 0,
            column: 0,
            seen: 0,
            verdict: Verdict::Clean,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
        self.emit_full();
    }

    fn emit_full(&mut self) {
        while self.text.len() >= PART {
            let end = cut(&self.text, PART - OVERLAP, PART);
            self.emit(end);
            let next = cut(&self.text, end - 2 * OVERLAP, end - OVERLAP);
            self.advance(next);
            self.seen = end - next;
        }
    }

    fn finish(mut self) -> Verdict {
        if self.text.len() > self.seen {
            self.emit(self.text.len());
        }
        self.verdict
    }

    fn emit(&mut self, end: usize) {
        let text = &self.text[..end];
        let lines = self.line..self.line + text.find_iter(b"\n").count() + 1;
        let added = self.added.map(|added| within(added, &lines));
        if added.as_ref().is_some_and(Vec::is_empty) {
            return;
        }
        let verdict = self.sink.unit(&Unit {
            path: self.label.path,
            bytes: text,
            added: added.as_deref(),
            commit: self.label.commit,
            blob: self.label.blob,
            first_line: self.line,
            first_column: self.column,
        });
        if verdict == Verdict::Found {
            self.verdict = verdict;
        }
    }

    fn advance(&mut self, next: usize) {
        let gone = &self.text[..next];
        self.line += gone.find_iter(b"\n").count();
        match gone.rfind_byte(b'\n') {
            Some(at) => self.column = gone[at + 1..].chars().count(),
            None => self.column += gone.chars().count(),
        }
        self.text.drain(..next);
    }
}

/// The end of the last line that ends between the two, or else the end of a character at the later.
fn cut(text: &[u8], from: usize, to: usize) -> usize {
    if let Some(at) = text[from..to].rfind_byte(b'\n') {
        return from + at + 1;
    }
    let is_inside = |at: usize| text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    (to.saturating_sub(3)..=to)
        .rev()
        .find(|&at| !is_inside(at))
        .unwrap_or(to)
}

/// The ranges as far as they are within other lines, counted from the first of those.
fn within(ranges: &[Range<usize>], lines: &Range<usize>) -> Vec<Range<usize>> {
    ranges
        .iter()
        .map(|range| range.start.max(lines.start)..range.end.min(lines.end))
        .filter(|range| range.start < range.end)
        .map(|range| range.start - lines.start..range.end - lines.start)
        .collect()
}

#[cfg(test)]
#[allow(
    clippy::format_collect,
    reason = "clearer, and speed is no matter here"
)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Collected(Mutex<Vec<Part>>);

    /// Bytes, first line, first column, new lines.
    type Part = (Vec<u8>, usize, usize, Option<Vec<Range<usize>>>);

    impl Sink for Collected {
        fn unit(&self, unit: &Unit<'_>) -> Verdict {
            let added = unit.added.map(<[_]>::to_vec);
            self.0.lock().unwrap().push((
                unit.bytes.to_owned(),
                unit.first_line,
                unit.first_column,
                added,
            ));
            Verdict::Clean
        }

        fn trouble(&self, trouble: Trouble) {
            panic!("{trouble:?}");
        }
    }

    /// Puts the parts on top of each other by line and column, and compares with the text.
    fn assert_parts_are(text: &str, parts: &[Part]) {
        let starts: Vec<usize> = std::iter::once(0)
            .chain(
                text.bytes()
                    .enumerate()
                    .filter(|(_, byte)| *byte == b'\n')
                    .map(|(at, _)| at + 1),
            )
            .collect();
        let mut reached = 0;
        for (bytes, line, column, _) in parts {
            let start = starts[*line];
            let start = start
                + text[start..]
                    .chars()
                    .take(*column)
                    .map(char::len_utf8)
                    .sum::<usize>();
            assert!(start <= reached, "a gap before {start}");
            assert!(
                text.as_bytes()[start..].starts_with(bytes),
                "part at {start}"
            );
            reached = start + bytes.len();
        }
        assert_eq!(reached, text.len());
    }

    #[test]
    fn a_long_text_comes_in_parts_that_overlap_and_begin_with_a_line() {
        let text: String = (0..1_200_000)
            .map(|number| format!("é line {number}\n"))
            .collect();
        for bytes in [
            text.clone().into_bytes(),
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ] {
            let sink = Collected::default();
            stdin(&mut bytes.as_slice(), "x".into(), &sink);
            let parts = sink.0.into_inner().unwrap();
            assert!(parts.len() > 1);
            assert!(parts.iter().all(|part| part.2 == 0 && part.0.len() <= PART));
            assert_parts_are(&text, &parts);
        }
    }

    #[test]
    fn a_single_long_line_comes_in_parts_with_their_columns() {
        let text = "né".repeat((18 << 20) / 3);
        let sink = Collected::default();
        stdin(&mut text.as_bytes(), "x".into(), &sink);
        let parts = sink.0.into_inner().unwrap();
        assert!(parts.len() > 2);
        assert_parts_are(&text, &parts);
    }

    #[test]
    fn new_lines_are_counted_from_the_begin_of_a_part() {
        let text: String = (0..1_400_000)
            .map(|number| format!("line {number:07}\n"))
            .collect();
        let sink = Collected::default();
        let (new, late) = (5..7, 1_300_000..1_300_001);
        decoded(
            text.as_bytes(),
            Some(&[new.clone(), late.clone()]),
            Label::path("x".into()),
            &sink,
        );
        let parts = sink.0.into_inner().unwrap();
        assert_eq!(parts.len(), 2, "a part without a new line is left out");
        assert_eq!(parts[0].3, Some(vec![new]));
        let (bytes, first, _, added) = &parts[1];
        let range = added.as_ref().unwrap()[0].clone();
        assert_eq!(first + range.start, late.start);
        let line = bytes.lines().nth(range.start).unwrap();
        assert_eq!(line, b"line 1300000");
    }

    #[test]
    fn an_empty_stream_is_a_unit_too() {
        let sink = Collected::default();
        stdin(&mut &b""[..], ".env".into(), &sink);
        assert_eq!(sink.0.into_inner().unwrap().len(), 1);
    }
}
