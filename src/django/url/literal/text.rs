//! Python's text and bytes literals: prefixes, quotes, escapes.

use super::{Refusal, Shape};
use crate::value::Value;

/// Literals that stand side by side and so are one.
#[derive(Default)]
pub(super) struct Joined {
    text: String,
    /// Whether the first was bytes; all must be alike.
    bytes: Option<bool>,
    /// Whether a character was met that has no place in a Rust string.
    no_shape: bool,
}

impl Joined {
    /// Adds the literal that `source` starts with, and gives back what follows it.
    pub(super) fn push<'a>(&mut self, source: &'a str) -> Result<&'a str, Refusal> {
        let (prefix, rest) = source.split_at(source.find(['\'', '"']).unwrap_or(source.len()));
        let (bytes, raw) = match prefix.to_ascii_lowercase().as_str() {
            "" | "u" => (false, false),
            "r" => (false, true),
            "b" => (true, false),
            "br" | "rb" => (true, true),
            _ => return Err(Refusal::NotLiteral),
        };
        if *self.bytes.get_or_insert(bytes) != bytes {
            return Err(Refusal::NotLiteral);
        }
        let (body, after) = body(rest)?;
        if bytes && !body.is_ascii() {
            return Err(Refusal::NotLiteral);
        }
        if raw {
            self.text.push_str(body);
        } else {
            self.unescape(body, bytes)?;
        }
        Ok(after)
    }

    /// The value of all that was pushed.
    pub(super) fn finish(self) -> Shape {
        if self.no_shape || self.bytes == Some(true) {
            return Err(Refusal::NoShape);
        }
        Ok(Value::plain(self.text))
    }

    fn unescape(&mut self, body: &str, bytes: bool) -> Result<(), Refusal> {
        let mut rest = body;
        while let Some((plain, escape)) = rest.split_once('\\') {
            self.text.push_str(plain);
            let kind = escape.chars().next().ok_or(Refusal::NotLiteral)?;
            let after = &escape[kind.len_utf8()..];
            rest = after;
            let simple = match kind {
                '\n' => continue,
                '\\' | '\'' | '"' => kind,
                'a' => '\x07',
                'b' => '\x08',
                'f' => '\x0c',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\x0b',
                '0'..='7' => {
                    let octal = escape.chars().take(3).take_while(|c| c.is_digit(8)).count();
                    rest = self.code(escape, octal, 8)?;
                    continue;
                }
                'x' => {
                    rest = self.code(after, 2, 16)?;
                    continue;
                }
                'u' if !bytes => {
                    rest = self.code(after, 4, 16)?;
                    continue;
                }
                'U' if !bytes => {
                    rest = self.code(after, 8, 16)?;
                    continue;
                }
                // A character by its Unicode name: the names are no part of this program.
                'N' if !bytes => {
                    let name = after
                        .strip_prefix('{')
                        .and_then(|name| name.split_once('}'));
                    let Some((_, named)) = name.filter(|(name, _)| !name.is_empty()) else {
                        return Err(Refusal::NotLiteral);
                    };
                    rest = named;
                    self.no_shape = true;
                    continue;
                }
                // Python keeps an escape it does not know.
                _ => {
                    self.text.push('\\');
                    kind
                }
            };
            self.text.push(simple);
        }
        self.text.push_str(rest);
        Ok(())
    }

    /// The character whose number the first `length` digits are. A surrogate is one to Python.
    fn code<'a>(&mut self, digits: &'a str, length: usize, radix: u32) -> Result<&'a str, Refusal> {
        let (digits, after) = digits.split_at_checked(length).ok_or(Refusal::NotLiteral)?;
        if !digits.chars().all(|c| c.is_digit(radix)) {
            return Err(Refusal::NotLiteral);
        }
        let code = u32::from_str_radix(digits, radix).map_err(|_| Refusal::NotLiteral)?;
        match char::from_u32(code) {
            Some(c) => self.text.push(c),
            None if code <= 0x10_ffff => self.no_shape = true,
            None => return Err(Refusal::NotLiteral),
        }
        Ok(after)
    }
}

/// What stands between the quotes, and what follows them.
fn body(source: &str) -> Result<(&str, &str), Refusal> {
    let single = source.get(..1).ok_or(Refusal::NotLiteral)?;
    let triple = source
        .get(..3)
        .filter(|mark| mark.chars().all(|c| single.starts_with(c)));
    let quote = triple.unwrap_or(single);
    let inside = source.get(quote.len()..).ok_or(Refusal::NotLiteral)?;
    let mut escaped = false;
    for (place, c) in inside.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == '\n' && triple.is_none() {
            return Err(Refusal::NotLiteral);
        } else if inside[place..].starts_with(quote) {
            return Ok((&inside[..place], &inside[place + quote.len()..]));
        }
    }
    Err(Refusal::NotLiteral)
}
