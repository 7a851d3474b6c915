//! A change as a unified diff in which no secret stands. The lines around a change are left out: they may hold what nobody
//! has looked for.

use std::{fmt::Write as _, ops::Range};

use imara_diff::{Algorithm, Diff, InternedInput, sources::byte_lines};

/// What stands for a secret, on each line of it.
const MASK: &str = "…";

/// The diff of a file. `hidden` tells the secrets of a text, in any order.
#[must_use]
pub fn unified(
    path: &str,
    old: &str,
    new: &str,
    hidden: &dyn Fn(&str) -> Vec<Range<usize>>,
) -> String {
    let input = InternedInput::new(byte_lines(old.as_bytes()), byte_lines(new.as_bytes()));
    let (old_lines, new_lines) = (masked(old, hidden(old)), masked(new, hidden(new)));
    let path = visible(path);
    let mut diff = format!("--- {path}\n+++ {path}\n");
    for hunk in Diff::compute(Algorithm::Histogram, &input).hunks() {
        let (before, after) = (range(&hunk.before), range(&hunk.after));
        // Writing to a string cannot fail.
        let _ = writeln!(diff, "@@ -{} +{} @@", heading(&before), heading(&after));
        for (mark, lines, range) in [('-', &old_lines, before), ('+', &new_lines, after)] {
            for line in lines.get(range).unwrap_or_default() {
                let _ = writeln!(diff, "{mark}{}", visible(line.trim_end_matches('\r')));
            }
        }
    }
    diff
}

fn range(lines: &Range<u32>) -> Range<usize> {
    let index = |line: u32| usize::try_from(line).unwrap_or(usize::MAX);
    index(lines.start)..index(lines.end)
}

/// `12`, `12,3`, `11,0`: lines as diffs count them.
fn heading(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    }
}

/// The lines of a text with every secret masked.
fn masked(text: &str, mut hidden: Vec<Range<usize>>) -> Vec<String> {
    hidden.sort_by_key(|span| (span.start, span.end));
    let bytes = text.as_bytes();
    let mut shown: Vec<u8> = Vec::with_capacity(text.len());
    let mut done = 0;
    for span in hidden {
        let (start, end) = (
            span.start.clamp(done, bytes.len()),
            span.end.min(bytes.len()),
        );
        if start >= end {
            continue;
        }
        shown.extend_from_slice(&bytes[done..start]);
        for (number, part) in bytes[start..end].split(|byte| *byte == b'\n').enumerate() {
            if number > 0 {
                shown.push(b'\n');
            }
            if !part.is_empty() {
                shown.extend_from_slice(MASK.as_bytes());
            }
        }
        done = end;
    }
    shown.extend_from_slice(&bytes[done..]);
    String::from_utf8_lossy(&shown)
        .split('\n')
        .map(str::to_owned)
        .collect()
}

/// Spells out what a terminal would obey, or what turns the direction of text.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => shown.push(c),
            '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => {
                shown.extend(c.escape_unicode());
            }
            c if c.is_control() => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_on_every_line_and_what_is_around_is_left_out() {
        let old = "first\na = 'hunter2'\nb = '''hun\nter2'''\nlast\x1b\n";
        let new = "first\na = x\nb = y\nlast\x1b\nmore\x1b\n";
        let hidden = |text: &str| {
            let parts = ["hunter2", "hun\nter2"].into_iter();
            parts
                .filter_map(|part| Some((text.find(part)?, part.len())))
                .map(|(start, length)| start..start + length)
                .collect()
        };
        assert_eq!(
            unified("s\u{202e}.py", old, new, &hidden),
            "--- s\\u{202e}.py\n+++ s\\u{202e}.py\n@@ -2,3 +2,2 @@\n-a = '…'\n-b = '''…\n-…'''\n+a = x\n+b = y\n@@ -5,0 +5 @@\n+more\\u{1b}\n"
        );
    }
}
