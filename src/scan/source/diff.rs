//! Which lines of a text are new against another: the lines that `git diff` would show with a `+`.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput, sources::byte_lines};

/// The lines of `new` that are not in `old`, as ranges that count from 0.
pub(super) fn added_lines(old: &[u8], new: &[u8]) -> Vec<Range<usize>> {
    let input = InternedInput::new(byte_lines(old), byte_lines(new));
    Diff::compute(Algorithm::Histogram, &input)
        .hunks()
        .filter(|hunk| !hunk.after.is_empty())
        .map(|hunk| index(hunk.after.start)..index(hunk.after.end))
        .collect()
}

fn index(line: u32) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX)
}

/// What two lists of ranges, each in order, have in common.
pub(super) fn common(one: &[Range<usize>], other: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut both = Vec::new();
    let (mut at, mut beside) = (0, 0);
    while let (Some(left), Some(right)) = (one.get(at), other.get(beside)) {
        let range = left.start.max(right.start)..left.end.min(right.end);
        if range.start < range.end {
            both.push(range);
        }
        if left.end < right.end {
            at += 1;
        } else {
            beside += 1;
        }
    }
    both
}

#[cfg(test)]
#[allow(
    clippy::format_collect,
    clippy::single_range_in_vec_init,
    reason = "clearer, and ranges are what is compared"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_was_added_or_changed_is_new() {
        assert_eq!(added_lines(b"a\nb\nc\n", b"a\nx\nb\nc\ny\n"), [1..2, 4..5]);
        assert_eq!(added_lines(b"a\nb\nc\n", b"a\nc\n"), [0_usize..0; 0]);
        assert_eq!(added_lines(b"", b"a\nb"), [0..2]);
    }

    proptest! {
        #[test]
        fn what_is_not_new_stands_in_the_old_text(old in prop::collection::vec(0_u8..5, 0..30), new in prop::collection::vec(0_u8..5, 0..30)) {
            let text = |lines: &[u8]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            let added = added_lines(text(&old).as_bytes(), text(&new).as_bytes());
            let mut rest = old.iter();
            for (number, line) in new.iter().enumerate() {
                if !added.iter().any(|range| range.contains(&number)) {
                    prop_assert!(rest.any(|other| other == line), "line {} is not new and not old", number);
                }
            }
        }

        #[test]
        fn what_is_common_is_in_both(one in prop::collection::vec((1_usize..4, 1_usize..4), 0..6), other in prop::collection::vec((1_usize..4, 1_usize..4), 0..6)) {
            let ranges = |steps: &[(usize, usize)]| {
                let mut at = 0;
                steps.iter().map(|(gap, length)| { let start = at + gap; at = start + length; start..at }).collect::<Vec<_>>()
            };
            let (one, other) = (ranges(&one), ranges(&other));
            let both = common(&one, &other);
            let has = |ranges: &[Range<usize>], line| ranges.iter().any(|range| range.contains(&line));
            for line in 0..50 {
                prop_assert_eq!(has(&both, line), has(&one, line) && has(&other, line));
            }
        }
    }
}
