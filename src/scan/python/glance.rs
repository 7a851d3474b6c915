//! Whether a file is worth parsing: whether any secret-bearing name has, in the text close after it, a literal that could be
//! a finding. Most files have none, and cost no tree.

use super::{
    super::{
        detect::Request,
        text::{Role, Text},
        words::{self, Bearing, Look},
    },
    calls,
};
use crate::finding::Confidence;

/// How far after a name its literal can stand, in bytes.
const REACH: usize = 400;

/// How many values are looked for that are names again: each look goes through the whole text.
const LOOKUPS: usize = 16;

/// Longest name that is read.
const NAME: usize = 96;

pub(super) fn is_worth_parsing(text: &Text<'_>, source: &str, request: &Request<'_>) -> bool {
    let mut last = 0..0;
    let mut lookups = 0;
    request.hits.iter().any(|&hit| {
        if last.contains(&hit) {
            return false;
        }
        let bytes = source.as_bytes();
        if calls::KEYED
            .iter()
            .any(|call| bytes[hit..].starts_with(call.as_bytes()))
        {
            return true;
        }
        let is_part = |byte: &u8| {
            byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'-' || *byte >= 0x80
        };
        let from = hit.saturating_sub(NAME);
        let hit_end = (hit + NAME).min(bytes.len());
        let start = bytes[from..hit]
            .iter()
            .rposition(|byte| !is_part(byte))
            .map_or(from, |at| from + at + 1);
        let end = bytes[hit..hit_end]
            .iter()
            .skip(1)
            .position(|byte| !is_part(byte))
            .map_or(hit_end, |at| hit + at + 1);
        last = start..end;
        let after = &bytes[end..bytes.len().min(end + REACH)];
        let Some(lead) = lead(after) else {
            return false;
        };
        let Some(bearing) = source.get(start..end).and_then(bearing_of) else {
            return false;
        };
        let may_be_new = |at: usize| request.is_new(text, end + lead + at);
        let quote = start.checked_sub(1).map(|before| bytes[before]);
        if let Some(value) = value_within(quote, after)
            && may_be_new(0)
            && could_count(value, bearing, text.role, request.floor)
        {
            return true;
        }
        has_literal(
            &after[lead..],
            bearing,
            text.role,
            request.floor,
            &may_be_new,
        ) || name_given(&after[lead..]).is_some_and(|name| {
            lookups += 1;
            lookups <= LOOKUPS && is_bound(name, source)
        })
    })
}

/// The name that is given to a name, and nothing more: `SECRET_KEY = KEY`, `SECRET_KEY: str = KEY`.
fn name_given(after: &[u8]) -> Option<&str> {
    let line = after.split(|&byte| byte == b'\n').next()?;
    let sign = line.iter().position(|&byte| byte == b'=')?;
    let is_type = |byte: &u8| byte.is_ascii_alphanumeric() || b" _.[]|".contains(byte);
    if sign > 0 && !(line[0] == b':' && line[1..sign].iter().all(is_type)) {
        return None;
    }
    let value = line[sign + 1..].trim_ascii_start();
    let end = value
        .iter()
        .position(|&byte| !byte.is_ascii_alphanumeric() && byte != b'_');
    let (name, rest) = value.split_at(end.unwrap_or(value.len()));
    let is_more = matches!(
        rest.trim_ascii_start().first(),
        Some(b'(' | b'.' | b'[' | b'=')
    );
    std::str::from_utf8(name)
        .ok()
        .filter(|name| name.len() > 1 && !is_more)
}

pub(super) fn is_by_name(bytes: &[u8], hit_end: usize) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let rest = &bytes[hit_end..bytes.len().min(hit_end + REACH)];
    let length = rest.iter().position(|byte| !is_part(byte));
    let after = rest[length.unwrap_or(rest.len())..].trim_ascii_start();
    let is_constant = |name: &str| !name.contains(|letter: char| letter.is_ascii_lowercase());
    name_given(after).is_some_and(is_constant)
}

/// Whether the text has a literal for a name: `KEY = "…"`, `KEY: str = "…"`.
fn is_bound(name: &str, source: &str) -> bool {
    [" = \"", " = '", "=\"", "='", ": "]
        .iter()
        .any(|sign| source.contains(&format!("{name}{sign}")))
}

/// A name that bears a secret, or that of a call which takes one.
fn bearing_of(name: &str) -> Option<Bearing> {
    let name = name.rsplit('.').next().unwrap_or(name);
    let is_taker = || {
        calls::password_at(name).is_some()
            || calls::is_authentication(name)
            || calls::has_users(name)
            || name.starts_with("get_")
    };
    words::bearing(name).or_else(|| {
        is_taker().then_some(Bearing {
            rule: "password",
            is_strong: true,
        })
    })
}

/// What a literal has after its own name: `"NAME=value"`, by the quote before the name and the text after it.
fn value_within(quote: Option<u8>, after: &[u8]) -> Option<&[u8]> {
    let quote = quote.filter(|quote| matches!(quote, b'"' | b'\''))?;
    let value = after.strip_prefix(b"=")?;
    let length = value
        .iter()
        .position(|&byte| byte == quote || byte == b'\n')?;
    (value[length] == quote).then(|| &value[..length])
}

/// Where, after a name, stands what can lead to a value: `=`, `:`, `,`, `(`, after a closing quote or bracket.
fn lead(after: &[u8]) -> Option<usize> {
    let next = after
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'"' | b'\'' | b']' | b')' | b'\\' | b'\n'))?;
    let adds = [&b".append("[..], b".extend(", b".insert(", b".add("];
    (matches!(
        after[next],
        b'=' | b':' | b',' | b'(' | b'!' | b'+' | b'|' | b'['
    ) || adds.iter().any(|call| after[next..].starts_with(call)))
    .then_some(next)
}

/// Whether a literal stands close after a name that could be a finding.
fn has_literal(
    after: &[u8],
    bearing: Bearing,
    role: Role,
    floor: Confidence,
    may_be_new: &dyn Fn(usize) -> bool,
) -> bool {
    let mut statement = Statement::new(after);
    let mut rest = after;
    while let Some(open) = rest.iter().position(|byte| matches!(byte, b'"' | b'\'')) {
        if statement.ends_within(&rest[..open], &rest[open..]) {
            return false;
        }
        let quote = rest[open];
        let body = &rest[open + 1..];
        let Some(length) = body.iter().position(|&byte| byte == quote || byte == b'\n') else {
            // Cut off by the reach: worth a look where it is long.
            return body.len() > 16;
        };
        if length > 2
            && body[length] == quote
            && may_be_new(after.len() - body.len())
            && could_count(&body[..length], bearing, role, floor)
        {
            return true;
        }
        rest = &body[length..];
        if rest.first() == Some(&quote) {
            rest = &rest[1..];
        }
    }
    false
}

/// Where, after a name, its statement ends: what stands behind is another one's.
struct Statement {
    /// How many brackets are open that were opened after the name; fewer than none where one around it was closed.
    depth: i32,
    /// Whether brackets may be open since before the name: it is an argument then.
    is_within: bool,
    /// Whether the name may be that of a function, of which the body counts.
    is_function: bool,
    /// Whether something stands there already: a value may begin on the next line.
    has_begun: bool,
    /// A text of several lines makes it unclear what is code.
    is_unclear: bool,
}

impl Statement {
    fn new(after: &[u8]) -> Self {
        Self {
            depth: 0,
            is_within: after.first() == Some(&b','),
            is_function: after.first() == Some(&b'('),
            has_begun: false,
            is_unclear: false,
        }
    }

    /// Whether it ends in `code`, which goes on with the quote that `next` begins with.
    fn ends_within(&mut self, code: &[u8], next: &[u8]) -> bool {
        if self.is_unclear {
            return false;
        }
        let mut at = 0;
        while let Some(&byte) = code.get(at) {
            match byte {
                b'(' | b'[' | b'{' => self.depth += 1,
                b')' | b']' | b'}' => self.depth -= 1,
                b'#' => {
                    let Some(end) = code[at..].iter().position(|&byte| byte == b'\n') else {
                        // The quote is a remark's.
                        self.is_unclear = true;
                        return false;
                    };
                    at += end;
                    continue;
                }
                b'\n' if self.is_at_end(&code[..at], &code[at..]) => return true,
                _ => {}
            }
            self.has_begun |= at > 0 && !byte.is_ascii_whitespace() && byte != b'\\';
            at += 1;
        }
        self.has_begun = true;
        self.is_unclear = next.get(1) == next.first() && next.get(2) == next.first();
        false
    }

    /// Whether a line's end is the statement's, by what stands before and on the next line.
    fn is_at_end(&self, before: &[u8], after: &[u8]) -> bool {
        let before = before.trim_ascii_end();
        let is_open = self.depth > 0 || self.depth == 0 && self.is_within;
        let has_body = self.is_function && before.ends_with(b":");
        if is_open || has_body || !self.has_begun || before.ends_with(b"\\") {
            return false;
        }
        let next = after.trim_ascii_start();
        let length = next
            .iter()
            .position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'));
        let (word, rest) = next.split_at(length.unwrap_or(next.len()));
        // What the code goes on with is a quote.
        let is_prefix = matches!(rest.first(), None | Some(b'"' | b'\''));
        let goes_on = [&b"or"[..], b"and", b"if", b"else", b"not", b"in", b"is"];
        !word.is_empty() && !is_prefix && !goes_on.contains(&word)
    }
}

/// Whether it could be a setting that Django itself reads: a weak word counts there.
fn is_own(bearing: Bearing) -> bool {
    bearing.rule == "password" || bearing.rule.starts_with("django-")
}

fn could_count(literal: &[u8], bearing: Bearing, role: Role, floor: Confidence) -> bool {
    let Ok(literal) = std::str::from_utf8(literal) else {
        return false;
    };
    // What is cut into pieces may look like less than the whole: "abc" "def".
    let look = match words::look(literal) {
        Look::NotSecret => return false,
        Look::Placeholder if is_own(bearing) && role == Role::Main && words::is_weak(literal) => {
            Look::Plain
        }
        Look::Plain if literal.len() >= 8 && literal.bytes().any(|byte| byte.is_ascii_digit()) => {
            Look::Random
        }
        look => look,
    };
    words::weigh(bearing, look, role).is_some_and(|confidence| confidence >= floor)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a literal behind `code`, which stands right after a name, is looked at.
    fn reaches(code: &str) -> bool {
        let code = code.as_bytes();
        !Statement::new(code).ends_within(code, b"\"x\"")
    }

    #[test]
    fn a_statement_reaches_over_lines() {
        for code in [
            "= ",
            "=\n\n",
            ":\n    get(",
            "= (\n    os.getenv(x)\n    or ",
            "= get(x) \\\n  or ",
            "=get(x)\n    or ",
            "=get(x)  # why\n    or ",
            "= (  # :)\n    # a remark\n    ",
            ",\n    default=",
            ",\n    cast=str,\n    default=",
            ", None) or ",
            ", None)\n    or ",
            "= x\n  f",
            ".append(\n    ",
            "() -> str:\n    return ",
            ": str = ",
        ] {
            assert!(reaches(code), "{code:?}");
        }
    }

    #[test]
    fn the_next_statement_is_not_the_same() {
        for code in [
            "(check, url=url)(view)\n\n    return it\nx = get(",
            ", encoded):\n    pass\nx = ",
            "= make()\n\n    def run(self):\n        self[",
            ": str\n    other: str = ",
            "=get(x),\n    other=",
            "= x  # a (remark\nother = ",
        ] {
            assert!(!reaches(code), "{code:?}");
        }
    }

    #[test]
    fn only_a_name_alone_is_looked_up() {
        for (after, name) in [
            ("= KEY\n", Some("KEY")),
            ("=KEY  # why", Some("KEY")),
            (": str = KEY", Some("KEY")),
            (": dict[str, str] = KEY", None),
            ("= env(KEY)", None),
            ("= a.b", None),
            ("== KEY", None),
            (", x=KEY", None),
            ("= x", None),
        ] {
            assert_eq!(name_given(after.as_bytes()), name, "{after}");
        }
    }
}
