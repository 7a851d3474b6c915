//! YAML: mappings, lists, blocks, flow style, tags and anchors; `name:` and `value:` beside each other, lists of variables
//! as compose files have them, and commands within scalars.

use super::{
    env,
    judge::{Judge, Place},
    name::Name,
    sibling,
    value::{self, Escapes, Literal, at, blanks},
};

/// How many lines a list, a block or a mapping is followed.
const LINES: usize = 24;

/// Reads what stands after a name.
pub(super) fn read(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
    let bytes = judge.bytes();
    if let Some(end) = env::variable(name, judge) {
        return end;
    }
    if name.dashes > 1 {
        return env::option(name, judge);
    }
    let lead = lead(name, bytes);
    let Some(end) = name.closed(bytes) else {
        return within(name, judge, lead);
    };
    let sign = blanks(bytes, end);
    let next = at(bytes, sign + 1);
    if at(bytes, sign) == b':'
        && lead != Lead::Text
        && (next.is_ascii_whitespace() || next == 0 || !name.quote.is_empty())
    {
        return mapping(name, judge, sign + 1, lead);
    }
    if at(bytes, end) == b'=' {
        return within(name, judge, lead);
    }
    if at(bytes, sign) == b'=' && bytes[..name.outer].ends_with(b"\\n") {
        return env::setting(name, judge, sign + 1);
    }
    if lead == Lead::Text
        && let Some(literal) = beside(name, judge)
    {
        judge.take(name, &literal, Place::default());
    }
    end
}

/// What stands before a name on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// Nothing: a key of a block mapping, or an item of a list.
    Line,
    /// `{`, `[` or `,`.
    Flow,
    /// Anything else: it stands in a value.
    Text,
}

fn lead(name: &Name<'_>, bytes: &[u8]) -> Lead {
    let start = value::line_start(bytes, name.outer);
    let head = bytes[start..name.outer].trim_ascii();
    match head {
        b"" | b"-" | b"?" | b"- -" | b"#" | b"# -" | b"#-" => Lead::Line,
        [.., b'{' | b'[' | b','] => Lead::Flow,
        [b'-', rest @ ..] if rest.trim_ascii().is_empty() => Lead::Line,
        // An anchor or a tag may stand before a key.
        [b'!' | b'&', rest @ ..] if !rest.contains(&b' ') => Lead::Line,
        _ => Lead::Text,
    }
}

/// After the colon of a mapping.
fn mapping(name: &Name<'_>, judge: &mut Judge<'_, '_>, after: usize, lead: Lead) -> usize {
    let bytes = judge.bytes();
    let Some(start) = properties(bytes, blanks(bytes, after)) else {
        return after;
    };
    let column = name.outer - value::line_start(bytes, name.outer);
    match at(bytes, start) {
        b'[' => list(name, judge, start + 1),
        b'{' if at(bytes, start + 1) != b'{' => match sibling::value_in(judge, start) {
            Some(literal) => judge.take(name, &literal, Place::default()),
            None => start + 1,
        },
        b'\n' | b'\r' | b'#' => nested(name, judge, start, column),
        _ => match scalar(judge, start, column, lead == Lead::Flow) {
            Some(literal) => judge.take(name, &literal, Place::default()),
            None => start,
        },
    }
}

/// After tags and anchors; `None` where a tag says that this is no literal (`!Ref`, `!vault`, `!reference`, `!secret`).
fn properties(bytes: &[u8], offset: usize) -> Option<usize> {
    const LITERAL: &[&[u8]] = &[b"!!str", b"!str", b"!unsafe", b"!!binary", b"!"];
    let mut here = offset;
    for _ in 0..3 {
        let first = at(bytes, here);
        if !matches!(first, b'!' | b'&') {
            break;
        }
        let length = value::short_word(bytes, here, 128, |byte| byte.is_ascii_whitespace())?.len();
        if first == b'!' && !LITERAL.contains(&&bytes[here..here + length]) {
            return None;
        }
        here = blanks(bytes, here + length);
    }
    Some(here)
}

/// One scalar in any of the styles.
fn scalar<'t>(
    judge: &Judge<'t, '_>,
    start: usize,
    column: usize,
    is_flow: bool,
) -> Option<Literal<'t>> {
    let bytes = judge.bytes();
    let limit = judge.limit();
    match at(bytes, start) {
        b'"' | b'\\' => value::quoted(bytes, start, Escapes::Backslash, true, limit),
        b'\'' => value::quoted(bytes, start, Escapes::Doubled, true, limit),
        b'|' | b'>' => block(judge, start, column),
        b'*' | b'{' | b'%' | b'@' => None,
        _ if is_flow => value::word(bytes, start, limit, |byte| {
            matches!(byte, b',' | b'}' | b']' | b'\n' | b'\r')
        })
        .map(|literal| trimmed(bytes, &literal)),
        _ => value::rest_of_line(bytes, start, b"#", limit),
    }
}

fn trimmed<'t>(bytes: &'t [u8], literal: &Literal<'t>) -> Literal<'t> {
    let text = &bytes[literal.span.clone()];
    let end = literal.span.start + text.trim_ascii_end().len();
    value::plain(bytes, literal.span.start..end)
}

/// A block of one line; of several it is a script or a certificate, and read by its own lines.
fn block<'t>(judge: &Judge<'t, '_>, start: usize, column: usize) -> Option<Literal<'t>> {
    let bytes = judge.bytes();
    let mut only = None;
    for line in Lines::after(bytes, start).take(LINES) {
        if line.is_blank() {
            continue;
        }
        if line.column <= column || !judge.spend(line.length) {
            break;
        }
        if only.is_some() {
            return None;
        }
        let limit = judge.limit();
        only = Some(value::rest_of_line(bytes, line.start, b"", limit)?);
    }
    only
}

/// What the lines below a key hold: a list of values, a scalar of its own line, a mapping with a value.
fn nested(name: &Name<'_>, judge: &mut Judge<'_, '_>, start: usize, column: usize) -> usize {
    let bytes = judge.bytes();
    let mut end = start;
    let mut inner = None;
    for line in Lines::after(bytes, start).take(LINES) {
        if line.is_blank() {
            continue;
        }
        if !judge.spend(line.length) {
            break;
        }
        let is_item = at(bytes, line.start) == b'-' && matches!(at(bytes, line.start + 1), b' ');
        if line.column < column || (line.column == column && !is_item) {
            break;
        }
        if is_item {
            let from = blanks(bytes, line.start + 1);
            match scalar(judge, from, line.column, false) {
                Some(literal) if !is_mapping(&literal, bytes) => {
                    end = judge.take(name, &literal, Place::default());
                }
                _ => break,
            }
            continue;
        }
        if *inner.get_or_insert(line.column) != line.column {
            continue;
        }
        if let Some(from) = value_key(bytes, line.start) {
            if let Some(literal) = scalar(judge, from, line.column, false) {
                end = judge.take(name, &literal, Place::default());
            }
            break;
        }
        let literal = scalar(judge, line.start, line.column, false);
        match literal {
            Some(literal) if !is_mapping(&literal, bytes) && end == start => {
                return judge.take(name, &literal, Place::default());
            }
            _ => {}
        }
    }
    end
}

/// Whether a scalar is the beginning of a mapping: `key: …`, `key:`.
fn is_mapping(literal: &Literal<'_>, bytes: &[u8]) -> bool {
    at(bytes, literal.end) == b':' || literal.text.ends_with(':') || literal.text.contains(": ")
}

/// The value of the same mapping where the name is itself one: `name: X` with `value: y` on a line before or after.
fn beside<'t>(name: &Name<'_>, judge: &Judge<'t, '_>) -> Option<Literal<'t>> {
    let bytes = judge.bytes();
    let end = name.closed(bytes)?;
    if !sibling::is_named(name, bytes) {
        return None;
    }
    let start = value::line_start(bytes, name.outer);
    if bytes[start..name.outer].contains(&b'{') {
        return sibling::in_braces(name, judge);
    }
    let rest = blanks(bytes, end);
    if !matches!(at(bytes, rest), b'\n' | b'\r' | b'#' | 0) {
        return None;
    }
    let column = content_column(bytes, start);
    for line in Lines::after(bytes, end).take(LINES) {
        if line.is_blank() || line.column > column {
            continue;
        }
        if line.column < column || !judge.spend(line.length) {
            break;
        }
        if let Some(from) = value_key(bytes, line.start) {
            return scalar(judge, from, column, false);
        }
    }
    if at(bytes, blanks(bytes, start)) == b'-' {
        return None;
    }
    before(judge, start, column)
}

/// The same in the lines before.
fn before<'t>(judge: &Judge<'t, '_>, start: usize, column: usize) -> Option<Literal<'t>> {
    let bytes = judge.bytes();
    let mut start = start;
    for _ in 0..LINES {
        let end = start.checked_sub(1)?;
        start = value::line_start(bytes, end);
        if !judge.spend(end - start) {
            return None;
        }
        let first = blanks(bytes, start);
        let content = start + content_column(bytes, start);
        if content - start < column && !bytes[first..].starts_with(b"\n") {
            return None;
        }
        if content - start == column
            && let Some(from) = value_key(bytes, content)
        {
            return scalar(judge, from, column, false);
        }
        if first < content {
            return None;
        }
    }
    None
}

/// Where the content of a line begins after its indentation and `- `.
fn content_column(bytes: &[u8], start: usize) -> usize {
    let first = blanks(bytes, start);
    let content = if at(bytes, first) == b'-' && at(bytes, first + 1) == b' ' {
        blanks(bytes, first + 1)
    } else {
        first
    };
    content - start
}

/// After `value:` and its like.
fn value_key(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = value::quote_at(bytes, start).len();
    let word = value::short_word(bytes, start + quote, 24, |byte| {
        !(byte.is_ascii_alphanumeric() || byte == b'_')
    })?;
    if !sibling::is_value(&bytes[word.clone()]) {
        return None;
    }
    let sign = blanks(bytes, word.end + quote);
    (at(bytes, sign) == b':').then(|| properties(bytes, blanks(bytes, sign + 1)))?
}

/// `[a, "b"]`.
fn list(name: &Name<'_>, judge: &mut Judge<'_, '_>, start: usize) -> usize {
    let bytes = judge.bytes();
    let mut here = value::whites(bytes, start);
    for _ in 0..16 {
        let Some(literal) = scalar(judge, here, 0, true) else {
            break;
        };
        here = value::whites(bytes, judge.take(name, &literal, Place::default()));
        if at(bytes, here) != b',' {
            break;
        }
        here = value::whites(bytes, here + 1);
    }
    here
}

/// `- NAME=value` of a compose file, or a command.
fn within(name: &Name<'_>, judge: &mut Judge<'_, '_>, lead: Lead) -> usize {
    let bytes = judge.bytes();
    let end = name.span.end;
    if at(bytes, end) != b'=' {
        return end;
    }
    // `- python-jwt==2.0` is a requirement; a value that begins with `=` was generated.
    let is_loose = at(bytes, end + 1) == b'=';
    if lead == Lead::Line && name.quote.is_empty() && value::quote_at(bytes, end + 1).is_empty() {
        let limit = judge.limit();
        let place = Place {
            is_loose,
            ..Place::default()
        };
        return match value::rest_of_line(bytes, end + 1, b"#", limit) {
            Some(literal) => judge.take(name, &literal, place),
            None => end + 1,
        };
    }
    if is_loose {
        return end;
    }
    env::assignment(name, judge, !name.is_screaming())
}

/// The lines after the one that holds an offset.
struct Lines<'t> {
    bytes: &'t [u8],
    next: usize,
}

struct Line {
    /// Where its content begins.
    start: usize,
    column: usize,
    /// Of all of it, in bytes.
    length: usize,
    is_empty: bool,
}

impl Line {
    const fn is_blank(&self) -> bool {
        self.is_empty
    }
}

impl<'t> Lines<'t> {
    fn after(bytes: &'t [u8], offset: usize) -> Self {
        Self {
            bytes,
            next: next_line(bytes, offset),
        }
    }
}

fn next_line(bytes: &[u8], offset: usize) -> usize {
    let end = value::line_end(bytes, offset, 2048);
    end + bytes[end..]
        .iter()
        .take(2)
        .position(|&byte| byte == b'\n')
        .map_or(0, |at| at + 1)
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let line = self.next;
        // A line too long to be followed ends the walk.
        if line >= self.bytes.len() || (line > 0 && self.bytes[line - 1] != b'\n') {
            return None;
        }
        let start = blanks(self.bytes, line);
        self.next = next_line(self.bytes, line);
        if self.next == line {
            self.next = self.bytes.len();
        }
        Some(Line {
            start,
            column: start - line,
            length: self.next - line,
            is_empty: matches!(at(self.bytes, start), b'\n' | b'\r' | b'#' | 0),
        })
    }
}
