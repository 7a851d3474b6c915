//! Python's ways with values that both libraries rely on without saying so: what counts as a
//! digit, what `int()` takes, what is true, and how a value is written as text.

use std::ops::RangeInclusive;

use zeroize::Zeroizing;

use super::UrlError;
use crate::value::{Text, Value};

/// The zero of each run of ten decimal digits that `int()` takes (Unicode 15.1, category Nd).
const ZEROS: [char; 68] = [
    '\u{30}',
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{11f50}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e4f0}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// What `str.isdigit` calls a digit and `int()` refuses: superscripts, circled digits and the like
/// (Unicode 15.1, `Numeric_Type=Digit`).
const OTHER_DIGITS: [RangeInclusive<char>; 20] = [
    '\u{b2}'..='\u{b3}',
    '\u{b9}'..='\u{b9}',
    '\u{1369}'..='\u{1371}',
    '\u{19da}'..='\u{19da}',
    '\u{2070}'..='\u{2070}',
    '\u{2074}'..='\u{2079}',
    '\u{2080}'..='\u{2089}',
    '\u{2460}'..='\u{2468}',
    '\u{2474}'..='\u{247c}',
    '\u{2488}'..='\u{2490}',
    '\u{24ea}'..='\u{24ea}',
    '\u{24f5}'..='\u{24fd}',
    '\u{24ff}'..='\u{24ff}',
    '\u{2776}'..='\u{277e}',
    '\u{2780}'..='\u{2788}',
    '\u{278a}'..='\u{2792}',
    '\u{10a40}'..='\u{10a43}',
    '\u{10e60}'..='\u{10e68}',
    '\u{11052}'..='\u{1105a}',
    '\u{1f100}'..='\u{1f10a}',
];

/// What `repr` writes as an escape beside control characters and blanks: format characters and
/// private use (Unicode 15.1, categories Cf and Co).
const UNPRINTABLE: [RangeInclusive<char>; 24] = [
    '\u{ad}'..='\u{ad}',
    '\u{600}'..='\u{605}',
    '\u{61c}'..='\u{61c}',
    '\u{6dd}'..='\u{6dd}',
    '\u{70f}'..='\u{70f}',
    '\u{890}'..='\u{891}',
    '\u{8e2}'..='\u{8e2}',
    '\u{180e}'..='\u{180e}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{2064}',
    '\u{2066}'..='\u{206f}',
    '\u{e000}'..='\u{f8ff}',
    '\u{feff}'..='\u{feff}',
    '\u{fff9}'..='\u{fffb}',
    '\u{110bd}'..='\u{110bd}',
    '\u{110cd}'..='\u{110cd}',
    '\u{13430}'..='\u{1343f}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0001}'..='\u{e0001}',
    '\u{e0020}'..='\u{e007f}',
    '\u{f0000}'..='\u{ffffd}',
    '\u{100000}'..='\u{10fffd}',
];

/// How many digits `int()` takes at most (`sys.get_int_max_str_digits()`).
pub(super) const MAX_DIGITS: usize = 4300;

/// The value of a decimal digit of any script.
fn decimal(c: char) -> Option<u32> {
    let distance = |zero: char| u32::from(c).checked_sub(u32::from(zero));
    ZEROS
        .into_iter()
        .filter_map(distance)
        .find(|distance| *distance < 10)
}

/// `str.isdigit`.
pub(super) fn is_digit(text: &str) -> bool {
    let digit = |c| decimal(c).is_some() || OTHER_DIGITS.iter().any(|range| range.contains(&c));
    !text.is_empty() && text.chars().all(digit)
}

/// `int()` of text that [`is_digit`]: not all of it is a number to Python.
pub(super) fn int(digits: &str) -> Result<i128, UrlError> {
    if digits.chars().count() > MAX_DIGITS || digits.chars().any(|c| decimal(c).is_none()) {
        return Err(UrlError::BadNumber);
    }
    digits
        .chars()
        .filter_map(decimal)
        .try_fold(0_i128, |sum, digit| {
            sum.checked_mul(10)?.checked_add(digit.into())
        })
        .ok_or(UrlError::NumberTooBig)
}

/// Text as a value, without a copy left behind.
pub(super) fn text(mut text: Zeroizing<String>) -> Value {
    Value::Text(Text::plain(std::mem::take(&mut *text)))
}

/// `port or ""`.
pub(super) fn port(port: Option<u16>) -> Value {
    match port {
        None | Some(0) => Value::plain(""),
        Some(port) => Value::Integer(port.into()),
    }
}

/// `bool()`: zero and whatever is empty are false.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Integer(value) => *value != 0,
        Value::Float(value) => *value != 0.0,
        Value::Text(value) => !value.expose().is_empty(),
        // No library gives one: it is what a number becomes once it is known to be secret.
        Value::Scalar(value) => !matches!(value.expose(), "false" | "0" | "0.0" | "-0.0"),
        Value::List(value) => !value.is_empty(),
        Value::Table(value) => !value.is_empty(),
    }
}

/// `str()`: text as it is, anything else as [`write_repr`] has it.
pub(super) fn str_of(value: &Value) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::new());
    match value {
        Value::Text(text) => out.push_str(text.expose()),
        _ => write_repr(&mut out, value),
    }
    out
}

/// `repr()` of what a query option can be: dj-database-url puts even a list into text.
fn write_repr(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Integer(value) => out.push_str(&value.to_string()),
        Value::Float(value) => out.extend([format!("{value:?}")]),
        Value::Text(value) => write_text_repr(out, value.expose()),
        Value::Scalar(value) => out.push_str(value.expose()),
        Value::List(items) => write_items(out, ['[', ']'], items.iter(), write_repr),
        Value::Table(table) => write_items(out, ['{', '}'], table.iter(), |out, (key, value)| {
            write_text_repr(out, key);
            out.push_str(": ");
            write_repr(out, value);
        }),
    }
}

fn write_items<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: impl Iterator<Item = T>,
    write: impl Fn(&mut String, T),
) {
    out.push(open);
    for (place, item) in items.enumerate() {
        if place > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
    out.push(close);
}

/// `repr()` of text: in single quotes, unless only double ones save an escape.
fn write_text_repr(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    for c in text.chars() {
        let code = u32::from(c);
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            _ if c == quote => out.extend(['\\', c]),
            _ if is_printable(c) => out.push(c),
            _ if code <= 0xff => out.extend([format!("\\x{code:02x}")]),
            _ if code <= 0xffff => out.extend([format!("\\u{code:04x}")]),
            _ => out.extend([format!("\\U{code:08x}")]),
        }
    }
    out.push(quote);
}

/// `str.isprintable`, with unassigned characters taken for printable.
fn is_printable(c: char) -> bool {
    let blank = c.is_control() || (c.is_whitespace() && c != ' ');
    !blank && !UNPRINTABLE.iter().any(|range| range.contains(&c))
}
