//! What becomes of a value on its way: every spelling that a file may hold it in.

use std::fmt::Write as _;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use zeroize::Zeroizing;

use super::SHORTEST;

/// What was done to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Raw,
    Line,
    Base64,
    Hex,
    Percent,
    Json,
    Shell,
    Python,
    Xml,
}

impl Encoding {
    pub(super) const ALL: [Self; 9] = [
        Self::Raw,
        Self::Line,
        Self::Base64,
        Self::Hex,
        Self::Percent,
        Self::Json,
        Self::Shell,
        Self::Python,
        Self::Xml,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Raw => "as it is",
            Self::Line => "one of its lines",
            Self::Base64 => "in base64",
            Self::Hex => "in hex",
            Self::Percent => "percent-encoded",
            Self::Json => "as JSON escapes it",
            Self::Shell => "as a shell quotes it",
            Self::Python => "as Python escapes it",
            Self::Xml => "as XML escapes it",
        }
    }
}

pub(crate) type Spelling = (Encoding, Zeroizing<Vec<u8>>);

/// A line of a value with several, such as a PEM key, tells by itself from this length on.
const SHORTEST_LINE: usize = 24;

/// Every spelling that a scan looks for, once; the plain one first.
pub(super) fn all(value: &[u8]) -> Vec<Spelling> {
    all_from(value, SHORTEST, SHORTEST_LINE)
}

/// Every spelling of at least so many bytes once, and every line of at least so many; the plain one first.
pub(crate) fn all_from(value: &[u8], shortest: usize, shortest_line: usize) -> Vec<Spelling> {
    let mut all: Vec<Spelling> = Vec::new();
    let mut add = |encoding: Encoding, bytes: Vec<u8>| {
        let bytes = Zeroizing::new(bytes);
        if bytes.len() >= shortest && all.iter().all(|(_, known)| *known != bytes) {
            all.push((encoding, bytes));
        }
    };
    add(Encoding::Raw, value.to_vec());
    for bytes in base64(value) {
        add(Encoding::Base64, bytes);
    }
    add(Encoding::Hex, hex(value, false));
    add(Encoding::Hex, hex(value, true));
    // `quote`, `quote_plus`, `quote(safe="/")` of Python, `encodeURIComponent` of JavaScript.
    for kept in ["_.-~", "_.-~/", "-_.!~*'()", "_.-~!$&'()*+,;=:"] {
        for is_upper in [true, false] {
            add(Encoding::Percent, percent(value, kept, is_upper, false));
            add(Encoding::Percent, percent(value, kept, is_upper, true));
        }
    }
    if let Ok(text) = std::str::from_utf8(value) {
        texts(text, &mut add);
    }
    for line in value
        .split(|byte| *byte == b'\n')
        .filter(|_| value.contains(&b'\n'))
    {
        let line = line.trim_ascii();
        // A PEM header is everybody's.
        if line.len() >= shortest_line && !line.starts_with(b"-----") {
            add(Encoding::Line, line.to_vec());
        }
    }
    all
}

fn texts(text: &str, add: &mut impl FnMut(Encoding, Vec<u8>)) {
    for is_ascii in [false, true] {
        add(Encoding::Json, json(text, is_ascii, false));
        add(Encoding::Json, json(text, is_ascii, true));
    }
    // ' becomes '\'' or '"'"' within single quotes.
    add(Encoding::Shell, text.replace('\'', "'\\''").into_bytes());
    add(Encoding::Shell, text.replace('\'', "'\"'\"'").into_bytes());
    add(
        Encoding::Shell,
        escaped(text, |sign| "\"$`\\".contains(sign)),
    );
    add(
        Encoding::Shell,
        escaped(text, |sign| {
            sign.is_ascii() && !sign.is_ascii_alphanumeric() && !"_@%+=:,./-".contains(sign)
        }),
    );
    // A YAML or SQL string doubles its own quote.
    add(Encoding::Shell, text.replace('\'', "''").into_bytes());
    for quote in ['\'', '"'] {
        let lines = text
            .replace('\\', "\\\\")
            .replace('\n', "\\n")
            .replace('\r', "\\r")
            .replace('\t', "\\t");
        add(
            Encoding::Python,
            lines.replace(quote, &format!("\\{quote}")).into_bytes(),
        );
        add(Encoding::Python, lines.into_bytes());
    }
    let xml = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    add(Encoding::Xml, xml.clone().into_bytes());
    add(Encoding::Xml, xml.replace('"', "&quot;").into_bytes());
    for apostrophe in ["&#x27;", "&#39;", "&apos;"] {
        add(
            Encoding::Xml,
            xml.replace('"', "&quot;")
                .replace('\'', apostrophe)
                .into_bytes(),
        );
    }
}

/// The characters that depend on the value alone, for each way it may lie in groups of three bytes.
pub(crate) fn base64(value: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for before in 0..3 {
        let mut whole = Zeroizing::new(vec![0; before]);
        whole.extend_from_slice(value);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = Zeroizing::new(engine.encode(&whole));
            // Six bits a character: the first that holds none of the bytes before, and the last that holds none after.
            let first = (before * 8).div_ceil(6);
            let last = whole.len() * 8 / 6;
            all.push(encoded.as_bytes()[first..last].to_vec());
        }
    }
    all
}

pub(crate) fn hex(value: &[u8], is_upper: bool) -> Vec<u8> {
    let mut text = String::with_capacity(value.len() * 2);
    for byte in value {
        // Writing to a string cannot fail.
        let _ = if is_upper {
            write!(text, "{byte:02X}")
        } else {
            write!(text, "{byte:02x}")
        };
    }
    text.into_bytes()
}

pub(crate) fn percent(value: &[u8], kept: &str, is_upper: bool, plus: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(value.len() * 3);
    for &byte in value {
        if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
            text.push(byte);
        } else if plus && byte == b' ' {
            text.push(b'+');
        } else {
            text.push(b'%');
            text.extend(hex(&[byte], is_upper));
        }
    }
    text
}

pub(crate) fn json(text: &str, is_ascii: bool, slash: bool) -> Vec<u8> {
    let mut json = String::with_capacity(text.len() + 8);
    for sign in text.chars() {
        match sign {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '/' if slash => json.push_str("\\/"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            sign if sign < ' ' || (is_ascii && !sign.is_ascii()) => {
                for unit in sign.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(json, "\\u{unit:04x}");
                }
            }
            sign => json.push(sign),
        }
    }
    json.into_bytes()
}

fn escaped(text: &str, needs: impl Fn(char) -> bool) -> Vec<u8> {
    let mut escaped = String::with_capacity(text.len() + 8);
    for sign in text.chars() {
        if needs(sign) {
            escaped.push('\\');
        }
        escaped.push(sign);
    }
    escaped.into_bytes()
}
