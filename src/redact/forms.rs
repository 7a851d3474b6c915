//! What a stream may hold a value as. The spellings are those that the scan looks for; on top come the ones that only
//! matter where every byte of a value is to go: padding, wrapped lines, a terminal's line ends, escapes within escapes.

use std::fmt::Write as _;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use zeroize::Zeroizing;

use super::SHORTEST;
use crate::scan::known::encodings;

/// A line of a value with several is masked by itself from this length on: `}` and `{` stand in every text.
const SHORTEST_LINE: usize = 8;

/// Of what is longer there is no hex, no percent-encoding and no quoting: each form costs memory for every byte.
const LONGEST_IN_EVERY_FORM: usize = 8 * 1024;

/// Where programs wrap base64: MIME and `base64`, PEM.
const WRAPS: [usize; 2] = [76, 64];

/// A wrapped line by itself is masked from this length on.
const SHORTEST_WRAPPED: usize = 16;

pub(super) type Form = Zeroizing<Vec<u8>>;

/// Every form of a value, each at least [`SHORTEST`] bytes long; some may come twice. None of a value too short.
pub(super) fn all(value: &[u8]) -> Vec<Form> {
    // A file's last line break is hardly ever printed along with it.
    let value = value.trim_ascii();
    if value.len() < SHORTEST {
        return Vec::new();
    }
    let mut forms = if value.len() <= LONGEST_IN_EVERY_FORM {
        let all = encodings::all_from(value, SHORTEST, SHORTEST_LINE);
        all.into_iter().map(|(_, bytes)| bytes).collect()
    } else {
        of_long(value)
    };
    whole_base64(value, &mut forms);
    terminal_lines(value, &mut forms);
    if value.len() <= LONGEST_IN_EVERY_FORM {
        escapes(value, &mut forms);
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

fn of_long(value: &[u8]) -> Vec<Form> {
    let mut forms = vec![Zeroizing::new(value.to_vec())];
    forms.extend(encodings::base64(value).into_iter().map(Zeroizing::new));
    if let Ok(text) = std::str::from_utf8(value) {
        forms.push(Zeroizing::new(encodings::json(text, true, false)));
        forms.push(Zeroizing::new(encodings::json(text, false, false)));
    }
    let lines = value.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    // A PEM header is everybody's.
    let telling = lines.filter(|line| line.len() >= SHORTEST_LINE && !line.starts_with(b"-----"));
    forms.extend(telling.map(|line| Zeroizing::new(line.to_vec())));
    forms
}

/// The value encoded by itself, to its last character and with its padding; also with the line break that `echo` adds, and
/// wrapped.
fn whole_base64(value: &[u8], forms: &mut Vec<Form>) {
    let mut with_break = Zeroizing::new(Vec::with_capacity(value.len() + 1));
    with_break.extend_from_slice(value);
    with_break.push(b'\n');
    for bytes in [value, &with_break] {
        for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
            forms.push(Zeroizing::new(engine.encode(bytes).into_bytes()));
        }
        let encoded = Zeroizing::new(STANDARD.encode(bytes));
        for wrap in WRAPS.into_iter().filter(|wrap| encoded.len() > *wrap) {
            let lines = encoded.as_bytes().chunks(wrap);
            let telling = lines.filter(|line| line.len() >= SHORTEST_WRAPPED);
            forms.extend(telling.map(|line| Zeroizing::new(line.to_vec())));
            for line_end in ["\n", "\r\n", "\\n"] {
                forms.push(joined(encoded.as_bytes().chunks(wrap), line_end.as_bytes()));
            }
        }
    }
}

/// A terminal ends its lines with CR and LF, whatever the program wrote.
fn terminal_lines(value: &[u8], forms: &mut Vec<Form>) {
    if value.contains(&b'\n') {
        let lines = value
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        forms.push(joined(lines.clone(), b"\r\n"));
        forms.push(joined(lines, b"\n"));
    }
}

fn joined<'a>(parts: impl Iterator<Item = &'a [u8]> + Clone, between: &[u8]) -> Form {
    let length = parts.clone().map(|part| part.len() + between.len()).sum();
    let mut whole = Zeroizing::new(Vec::with_capacity(length));
    for (place, part) in parts.enumerate() {
        if place > 0 {
            whole.extend_from_slice(between);
        }
        whole.extend_from_slice(part);
    }
    whole
}

/// JSON within JSON, JSON that is safe within HTML, and the escapes of Python's `bytes` and of C.
fn escapes(value: &[u8], forms: &mut Vec<Form>) {
    let mut bytes = Zeroizing::new(String::with_capacity(value.len() * 4));
    for &byte in value {
        // Writing to a string cannot fail.
        let _ = match byte {
            b'\n' => bytes.write_str("\\n"),
            b'\r' => bytes.write_str("\\r"),
            b'\t' => bytes.write_str("\\t"),
            b'\\' => bytes.write_str("\\\\"),
            b' '..=b'~' => bytes.write_char(char::from(byte)),
            _ => write!(bytes, "\\x{byte:02x}"),
        };
    }
    forms.push(Zeroizing::new(bytes.replace('\'', "\\'").into_bytes()));
    forms.push(Zeroizing::new(bytes.replace('"', "\\\"").into_bytes()));
    forms.push(Zeroizing::new(bytes.as_bytes().to_vec()));
    let Ok(text) = std::str::from_utf8(value) else {
        return;
    };
    if value.contains(&b':') || matches!(value.first(), Some(b'*' | b'#')) {
        forms.push(password_file(text));
    }
    for is_ascii in [false, true] {
        let once = Zeroizing::new(encodings::json(text, is_ascii, false));
        if let Ok(once) = std::str::from_utf8(&once) {
            forms.push(Zeroizing::new(encodings::json(once, is_ascii, false)));
        }
    }
    // Go's encoder and Django's `json_script`; `escapejs` and .NET's.
    for (signs, is_ascii) in [("<>&", false), ("<>&", true), ("<>&'\"+`=-;\\", true)] {
        for is_upper in [false, true] {
            forms.push(json_for_html(text, signs, is_ascii, is_upper));
        }
    }
}

/// libpq's password file has a backslash before `\` and `:`; before `*` and `#` our own has one where a field begins.
fn password_file(text: &str) -> Form {
    let mut field = Zeroizing::new(String::with_capacity(text.len() * 2));
    for (place, sign) in text.chars().enumerate() {
        if matches!(sign, '\\' | ':') || (place == 0 && matches!(sign, '*' | '#')) {
            field.push('\\');
        }
        field.push(sign);
    }
    Zeroizing::new(field.as_bytes().to_vec())
}

fn json_for_html(text: &str, signs: &str, is_ascii: bool, is_upper: bool) -> Form {
    let mut json = Zeroizing::new(String::with_capacity(text.len() * 6));
    for sign in text.chars() {
        // Writing to a string cannot fail.
        let _ = match sign {
            sign if signs.contains(sign)
                || "\u{2028}\u{2029}".contains(sign)
                || (is_ascii && !sign.is_ascii()) =>
            {
                sign.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| {
                    if is_upper {
                        write!(json, "\\u{unit:04X}")
                    } else {
                        write!(json, "\\u{unit:04x}")
                    }
                })
            }
            '"' => json.write_str("\\\""),
            '\\' => json.write_str("\\\\"),
            '\n' => json.write_str("\\n"),
            '\r' => json.write_str("\\r"),
            '\t' => json.write_str("\\t"),
            sign if sign < ' ' => write!(json, "\\u{:04x}", u32::from(sign)),
            sign => json.write_char(sign),
        };
    }
    Zeroizing::new(std::mem::take(&mut *json).into_bytes())
}
