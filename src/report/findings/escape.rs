//! Text from files made safe to show: a terminal obeys control characters, and a reader trusts the order of letters.

use std::{borrow::Cow, fmt::Write as _};

use gix::bstr::{BStr, ByteSlice as _};

/// Whether a character acts instead of showing: controls, and what turns the direction of text or has no width.
pub(super) fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text in which every such character is spelt out (`\u{1b}`, `\n`).
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_active) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        push_visible(&mut shown, c);
    }
    Cow::Owned(shown)
}

/// Adds a character, spelt out where it is active.
pub(super) fn push_visible(shown: &mut String, c: char) {
    if c.is_control() {
        shown.extend(c.escape_debug());
    } else if is_active(c) {
        shown.extend(c.escape_unicode());
    } else {
        shown.push(c);
    }
}

/// A path to show: bytes that are not UTF-8 as `\xff`.
pub(super) fn path(path: &BStr) -> String {
    let mut shown = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_visible(&mut shown, c);
        }
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

/// A path as a URI: what is not unreserved is percent-encoded, byte by byte. Relative, unless the path is absolute.
pub(super) fn uri(path: &BStr) -> String {
    let mut uri = String::with_capacity(path.len());
    if path.starts_with(b"/") {
        uri.push_str("file://");
    }
    for &byte in path.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_spelt_out() {
        assert_eq!(visible("a\u{1b}[2J\u{202e}b\n"), "a\\u{1b}[2J\\u{202e}b\\n");
        assert!(matches!(visible("plain é 日"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_path_is_shown_and_encoded_byte_by_byte() {
        let odd = BStr::new(b"a b/\xff\n:#%.py");
        assert_eq!(path(odd), "a b/\\xff\\n:#%.py");
        assert_eq!(uri(odd), "a%20b/%FF%0A%3A%23%25.py");
        assert_eq!(uri(BStr::new("/etc/x")), "file:///etc/x");
    }
}
