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
    let matches = |path: &BStr| {
        let subject = if is_anchored {
            path
        } else {
            super::text::file_name(path).into()
        };
        wildmatch(
            glob.as_bytes().into(),
            subject,
            Mode::NO_MATCH_SLASH_LITERAL,
        )
    };
    let folders = path.find_iter("/").map(|end| path[..end].as_bstr());
    folders.chain([path]).any(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

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
