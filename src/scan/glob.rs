//! Globs over paths, as people write them in lists of paths.

use gix::{
    bstr::{BStr, ByteSlice as _},
    glob::{wildmatch, wildmatch::Mode},
};

/// Whether a glob covers a path: `*.min.js` by its last part, `static/vendor` with all below it, `docs/**/*.md` as a whole.
#[must_use]
pub fn covers(glob: &str, path: &BStr) -> bool {
    let is_anchored = glob.trim_end_matches('/').contains('/');
    let glob = glob
        .trim_start_matches("./")
        .trim_start_matches('/')
        .trim_end_matches('/');
    let is_covered = |path: &BStr| {
        let subject = if is_anchored {
            path
        } else {
            super::text::file_name(path).into()
        };
        matches(glob.as_bytes(), subject, Mode::NO_MATCH_SLASH_LITERAL)
    };
    let folders = path.find_iter("/").map(|end| path[..end].as_bstr());
    folders.chain([path]).any(is_covered)
}

/// As [`wildmatch`], in time that grows with the glob and the path alone: it tries every way to share a path out among
/// several `**`, and their number is beyond all bounds.
pub(crate) fn matches(glob: &[u8], path: &BStr, mode: Mode) -> bool {
    if !is_costly(glob) {
        return wildmatch(glob.as_bstr(), path, mode);
    }
    if mode.contains(Mode::NO_MATCH_SLASH_LITERAL) {
        return by_parts(glob, path, mode);
    }
    // Where one star goes over slashes, two say no more.
    let mut stars = glob.to_owned();
    stars.dedup_by(|next, star| (*next, *star) == (b'*', b'*'));
    wildmatch(stars.as_bstr(), path, mode)
}

/// Whether a glob has more than one `**`.
pub(crate) fn is_costly(glob: &[u8]) -> bool {
    glob.find_iter("**").nth(1).is_some()
}

/// Part by part: `**` is any number of them, and at the end one at least.
fn by_parts(glob: &[u8], path: &BStr, mode: Mode) -> bool {
    let parts: Vec<&[u8]> = path.split_str("/").collect();
    // How many parts the glob may have taken so far.
    let mut reached = vec![false; parts.len() + 1];
    reached[0] = true;
    let mut globs = parts_of(glob).into_iter().peekable();
    while let Some(glob) = globs.next() {
        if glob != b"**" {
            for (number, part) in parts.iter().enumerate().rev() {
                let is_next = || wildmatch(glob.as_bstr(), part.as_bstr(), mode);
                reached[number + 1] = reached[number] && is_next();
            }
            reached[0] = false;
        } else if globs.peek().is_none() {
            return reached[..parts.len()].contains(&true);
        } else if let Some(first) = reached.iter().position(|&is_reached| is_reached) {
            reached[first..].fill(true);
        }
    }
    reached[parts.len()]
}

/// What stands between the slashes of a glob; one within `[…]` is a sign like others.
fn parts_of(glob: &[u8]) -> Vec<&[u8]> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while at < glob.len() {
        match glob[at] {
            b'\\' if glob.get(at + 1) == Some(&b'/') => {
                parts.push(&glob[start..at]);
                at += 1;
                start = at + 1;
            }
            b'\\' => at += 1,
            b'[' => at += class_length(&glob[at..]),
            b'/' => {
                parts.push(&glob[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(&glob[start..]);
    parts
}

/// How many bytes lie between a class's brackets, and its closing one; all of the rest where none closes it.
fn class_length(class: &[u8]) -> usize {
    // Right after the begin, and after what negates it, a bracket is a sign like others.
    let mut at = 1 + usize::from(matches!(class.get(1), Some(b'!' | b'^')));
    at += usize::from(class.get(at) == Some(&b']'));
    loop {
        match class.get(at) {
            None => return class.len(),
            Some(b']') => return at,
            Some(b'\\') => at += 1,
            Some(b'[') if class.get(at + 1) == Some(&b':') => {
                at += class[at..].find(":]").map_or(0, |end| end + 1);
            }
            Some(_) => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn part_by_part_is_as_a_whole(glob in "(\\*\\*/|[ab?]\\*?/|\\*/){0,5}(\\*\\*|[ab*]{0,2})", path in "([ab]{1,2}/){0,4}[ab]{1,2}") {
            let mode = Mode::NO_MATCH_SLASH_LITERAL;
            let whole = wildmatch(glob.as_bytes().into(), path.as_bytes().into(), mode);
            prop_assert_eq!(by_parts(glob.as_bytes(), path.as_bytes().into(), mode), whole);
        }

        #[test]
        fn classes_are_kept_together(glob in "\\*\\*/(\\[[!^]?\\]?[ab/\\\\]{1,3}(\\[:alpha:\\])?\\]?|[ab/]|\\\\[ab]){1,4}/\\*\\*", path in "([ab]{1,2}/){0,4}[ab]{1,2}") {
            let mode = Mode::NO_MATCH_SLASH_LITERAL;
            let whole = wildmatch(glob.as_bytes().into(), path.as_bytes().into(), mode);
            prop_assert_eq!(by_parts(glob.as_bytes(), path.as_bytes().into(), mode), whole);
        }

        #[test]
        fn many_stars_that_go_over_slashes_are_as_one(glob in "(\\*\\*|[ab/?]){0,8}", path in "[ab/]{0,9}") {
            let whole = wildmatch(glob.as_bytes().into(), path.as_bytes().into(), Mode::empty());
            prop_assert_eq!(matches(glob.as_bytes(), path.as_bytes().into(), Mode::empty()), whole);
        }
    }

    #[test]
    fn globs_that_could_be_met_in_countless_ways_take_no_time() {
        let path = "a/".repeat(100) + "c";
        for glob in ["**/a/", "**/", "**/*/", "**/*a*/"] {
            assert!(
                !covers(&(glob.repeat(20) + "b"), path.as_str().into()),
                "{glob}"
            );
            assert!(
                covers(&(glob.repeat(20) + "c"), path.as_str().into()),
                "{glob}"
            );
        }
        let path = "a".repeat(200);
        assert!(!matches(
            "**a".repeat(60).as_bytes(),
            (path + "c").as_str().into(),
            Mode::empty()
        ));
    }

    #[test]
    fn covers_files_and_all_below_folders() {
        for (glob, path) in [
            ("*.min.js", "static/x.min.js"),
            ("static/vendor", "static/vendor/a/b.js"),
            ("static/vendor/", "static/vendor/a/b.js"),
            ("/static", "static/a.js"),
            ("node_modules", "web/node_modules/x/y.js"),
            ("docs/**/*.md", "docs/a/b/c.md"),
            ("docs/*.md", "docs/a.md"),
            ("settings.py", "shop/settings.py"),
        ] {
            assert!(covers(glob, path.into()), "{glob} {path}");
        }
        for (glob, path) in [
            ("*.js", "a.json"),
            ("static/vendor", "static/vendors/a.js"),
            ("docs/*.md", "docs/a/b.md"),
            ("/shop", "web/shop/a.py"),
            ("", "a"),
        ] {
            assert!(!covers(glob, path.into()), "{glob} {path}");
        }
    }
}
