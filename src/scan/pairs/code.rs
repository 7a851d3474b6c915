//! Languages with quoted literals: `password: "x"`, `'password' => 'x'`, `define('DB_PASSWORD', 'x')`,
//! `process.env.X || "x"`, `setPassword("x")`, `PASSWORD 'x'` of SQL. What has no quotes is an expression and no literal.

use super::{
    env,
    judge::{Judge, Place},
    name::Name,
    value::{self, Escapes, Limit, Literal, at, blanks, whites},
};
use crate::scan::{
    text::Kind,
    words::{self, Look},
};

/// Reads what stands after a name.
pub(super) fn read(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
    let bytes = judge.bytes();
    if name.dashes > 1 {
        let loose = judge.text.kind == Kind::Code;
        return if loose && name.quote.is_empty() {
            env::assignment(name, judge, true)
        } else {
            env::option(name, judge)
        };
    }
    // A quote that does not close after the name begins a text in which the name stands.
    let closed = name.closed(bytes);
    let is_quoted = closed.is_some() && !name.quote.is_empty();
    let end = closed.unwrap_or(name.span.end);
    let Some(sign) = sign(name, bytes, end, is_quoted) else {
        return if name.quote.is_empty() {
            end
        } else {
            within(name, judge).max(end)
        };
    };
    // In a notebook's cell the text is code; elsewhere a message that says `password: 'x'`.
    let is_loose = sign.is_loose || closed.is_none() && judge.text.kind != Kind::Json;
    let place = Place {
        is_doubtful: sign.is_comparison,
        is_code: true,
        is_loose,
    };
    let after = literals(name, judge, sign.after, place, sign.may_follow_expression);
    if closed.is_none() {
        after.max(within(name, judge))
    } else {
        after
    }
}

/// What stands between a name and its value.
struct Sign {
    after: usize,
    is_comparison: bool,
    /// `= process.env.X || "x"`: the literal may come after an expression.
    may_follow_expression: bool,
    /// What stands before says little of what the literal is for.
    is_loose: bool,
}

impl Sign {
    const fn plain(after: usize) -> Self {
        Self {
            after,
            is_comparison: false,
            may_follow_expression: false,
            is_loose: false,
        }
    }
}

fn sign(name: &Name<'_>, bytes: &[u8], end: usize, is_quoted: bool) -> Option<Sign> {
    let mut here = blanks(bytes, end);
    // `is_right ? "pass" : "fail"`.
    let before = value::blanks_before(bytes, name.outer);
    if is_quoted && before > 0 && bytes[before - 1] == b'?' {
        return None;
    }
    while is_quoted && at(bytes, here) == b']' {
        here = blanks(bytes, here + 1);
    }
    if let Some(sign) = call(name, bytes, here, is_quoted) {
        return Some(sign);
    }
    if at(bytes, here) == b')' && is_quoted {
        here = blanks(bytes, here + 1);
        return fallback(bytes, here);
    }
    // `password?: string`, `password!: string`, `char password[32]`.
    if matches!(at(bytes, here), b'?' | b'!') && at(bytes, here + 1) == b':' {
        here += 1;
    }
    if at(bytes, here) == b'[' && !is_quoted {
        here = blanks(
            bytes,
            value::skip(bytes, here + 1, |byte| byte.is_ascii_digit()) + 1,
        );
    }
    let rest = &bytes[here.min(bytes.len())..];
    let starts = |mark: &[u8]| rest.starts_with(mark);
    // `x ||= "y"`, and R's arrow.
    if starts(b"||=") || starts(b"??=") {
        return Some(Sign::plain(here + 3));
    }
    if starts(b"<-") {
        return Some(Sign::plain(here + 2));
    }
    if let Some(sign) = fallback(bytes, here) {
        return Some(sign);
    }
    if starts(b"===") || starts(b"!==") {
        return Some(Sign {
            is_comparison: true,
            ..Sign::plain(here + 3)
        });
    }
    if starts(b"==") || starts(b"!=") {
        return Some(Sign {
            is_comparison: true,
            ..Sign::plain(here + 2)
        });
    }
    if starts(b"=>") || starts(b":=") || starts(b"?=") {
        return Some(Sign {
            may_follow_expression: true,
            ..Sign::plain(here + 2)
        });
    }
    if starts(b"=") && !starts(b"=~") {
        return Some(Sign {
            may_follow_expression: true,
            ..Sign::plain(here + 1)
        });
    }
    if starts(b":") && !starts(b"::") {
        return Some(typed(bytes, here + 1).unwrap_or(Sign {
            may_follow_expression: true,
            ..Sign::plain(here + 1)
        }));
    }
    if !is_quoted && here > end {
        return worded(name, bytes, here);
    }
    None
}

/// `define('X', 'y')`, `getenv("X", "y")`, `put("password", "x")`, `setPassword("x")`, `.password("x")`.
fn call(name: &Name<'_>, bytes: &[u8], here: usize, is_quoted: bool) -> Option<Sign> {
    if is_quoted {
        let open = value::whites_before(bytes, name.outer);
        let opens = open > 0 && matches!(bytes[open - 1], b'(' | b'[' | b'{' | b',');
        return (at(bytes, here) == b',' && opens).then(|| Sign {
            is_loose: !is_setter(bytes, open - 1),
            ..Sign::plain(here + 1)
        });
    }
    // `{password, "x"}` of Erlang.
    if at(bytes, here) == b',' && name.before(bytes) == b'{' {
        return Some(Sign {
            is_loose: true,
            ..Sign::plain(here + 1)
        });
    }
    if at(bytes, here) != b'(' {
        return None;
    }
    let last = name.last();
    let is_setter = ["set", "with", "use"].iter().any(|verb| {
        last.get(..verb.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(verb))
    });
    let is_builder = name.span.start > name.outer || last.len() < name.text.len();
    (is_setter || (is_builder && last.bytes().all(|byte| byte.is_ascii_alphabetic())))
        .then(|| Sign::plain(here + 1))
}

/// Whether a call that opens at `open` takes a name and its value, or the default: a list of names has commas as well.
fn is_setter(bytes: &[u8], open: usize) -> bool {
    const VERBS: &[&str] = &[
        "set", "put", "get", "define", "env", "fetch", "config", "property", "header", "default",
        "pair", "of",
    ];
    let before = &bytes[open.saturating_sub(24)..open];
    let start = before
        .iter()
        .rposition(|&byte| !(byte.is_ascii_alphanumeric() || byte == b'_'))
        .map_or(0, |at| at + 1);
    let callee = before[start..].to_ascii_lowercase();
    !callee.is_empty()
        && VERBS.iter().any(|verb| {
            callee
                .windows(verb.len())
                .any(|part| part == verb.as_bytes())
        })
}

/// `|| "x"`, `?? "x"`, `?: "x"`, `or "x"`.
fn fallback(bytes: &[u8], here: usize) -> Option<Sign> {
    let rest = &bytes[here.min(bytes.len())..];
    let mark = [&b"||"[..], b"??", b"?:", b"or "]
        .into_iter()
        .find(|mark| rest.starts_with(mark))?;
    let after = here + mark.len();
    (value::quote_at(bytes, blanks(bytes, after)).len() == 1).then(|| Sign::plain(after))
}

/// After the type in `password: string = "x"`.
fn typed(bytes: &[u8], start: usize) -> Option<Sign> {
    let is_type = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b' ' | b'_' | b'&' | b'\'' | b'<' | b'>' | b'|' | b'.' | b'[' | b']' | b'?'
            )
    };
    let first = blanks(bytes, start);
    if at(bytes, first) == b'\'' {
        return None;
    }
    let rest = bytes.get(first..)?;
    let length = rest
        .iter()
        .take(48)
        .take_while(|&&byte| is_type(byte))
        .count();
    let is_assigned =
        length > 0 && at(rest, length) == b'=' && !matches!(at(rest, length + 1), b'=' | b'>');
    is_assigned.then(|| Sign {
        may_follow_expression: true,
        ..Sign::plain(first + length + 1)
    })
}

/// Where a word or a blank stands for the sign: `var password string = "x"`, `#define PASSWORD "x"`, `PASSWORD 'x'`.
fn worded(name: &Name<'_>, bytes: &[u8], here: usize) -> Option<Sign> {
    let start = value::line_start(bytes, name.outer);
    let head = bytes[start..name.outer].trim_ascii();
    let is_defined = head.starts_with(b"#") && head.ends_with(b"define")
        || head.ends_with(b"(def")
        || name.before(bytes) == b':'
        || env::is_docker_pair(name, bytes);
    let here = prefixed(bytes, here);
    let is_sql = name.text.eq_ignore_ascii_case("password") && at(bytes, here) == b'\'';
    // `storePassword "x"`: a call as Groovy and Ruby have it.
    if is_defined || is_sql || head.is_empty() && matches!(at(bytes, here), b'"' | b'\'') {
        return (value::quote_at(bytes, here).len() == 1).then(|| Sign::plain(here));
    }
    let word = value::short_word(bytes, here, 24, |byte| {
        !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'*' | b'.'))
    })?;
    let mut equals = blanks(bytes, word.end);
    let is_basic = bytes[word.clone()].eq_ignore_ascii_case(b"as");
    if is_basic {
        let kind = value::skip(bytes, equals, |byte| byte.is_ascii_alphanumeric());
        equals = blanks(bytes, kind);
    }
    let is_assigned = equals > word.end
        && at(bytes, equals) == b'='
        && !matches!(at(bytes, equals + 1), b'=' | b'>' | b'~');
    (is_assigned
        && (is_basic
            || matches!(
                head.split(|&byte| byte == b' ').next(),
                Some(b"var" | b"const" | b"")
            )))
    .then(|| Sign::plain(equals + 1))
}

/// The literal after the sign, or several in a list.
fn literals(
    name: &Name<'_>,
    judge: &mut Judge<'_, '_>,
    after: usize,
    place: Place,
    may_follow: bool,
) -> usize {
    let bytes = judge.bytes();
    let mut here = whites(bytes, after);
    let mut is_list = false;
    while matches!(at(bytes, here), b'(' | b'[') && here < after + 64 {
        is_list = true;
        here = whites(bytes, here + 1);
    }
    let first = here;
    here = wrapped(bytes, prefixed(bytes, here));
    if value::quote_at(bytes, here).is_empty() {
        return match may_follow.then(|| after_expression(bytes, first)).flatten() {
            Some(start) => one(name, judge, start, place).unwrap_or(start),
            None => first,
        };
    }
    let Some(mut end) = one(name, judge, here, place) else {
        return first;
    };
    for _ in 0..16 {
        let comma = whites(bytes, end);
        if !is_list || at(bytes, comma) != b',' {
            break;
        }
        let next = prefixed(bytes, whites(bytes, comma + 1));
        match one(name, judge, next, place) {
            Some(after) => end = after,
            None => break,
        }
    }
    end
}

/// One literal; only its own content counts for sure where something is joined to it.
fn one(name: &Name<'_>, judge: &mut Judge<'_, '_>, start: usize, place: Place) -> Option<usize> {
    let bytes = judge.bytes();
    let limit = judge.limit();
    let literal = quoted(judge.text.kind, bytes, start, limit)?;
    let next = blanks(bytes, literal.end);
    let is_joined = matches!(at(bytes, next), b'+' | b'%' | b'.' | b'*')
        && !bytes[next..].starts_with(b".to")
        && !bytes[next..].starts_with(b".into");
    // `("password", "x") => …` of a match, `x["password"]: "y"` of a key: the literal is a name itself.
    let is_key = at(bytes, next) == b':' && at(bytes, next + 1) != b':'
        || bytes[next.min(bytes.len())..].starts_with(b"=>");
    if is_key {
        return Some(literal.end);
    }
    // `setSecret("API_KEY", "x")`: a name, which is looked at in its turn.
    let open = value::whites_before(bytes, start);
    if open > 0
        && bytes[open - 1] == b'('
        && at(bytes, next) == b','
        && matches!(at(bytes, whites(bytes, next + 1)), b'"' | b'\'' | b'`')
        && words::bearing(&literal.text).is_some()
        && words::look(&literal.text) != Look::Random
    {
        return Some(start);
    }
    Some(judge.take(
        name,
        &literal,
        Place {
            is_loose: place.is_loose || is_joined,
            ..place
        },
    ))
}

fn quoted<'a>(kind: Kind, bytes: &'a [u8], start: usize, limit: Limit<'_>) -> Option<Literal<'a>> {
    let is_many = at(bytes, start) == b'`';
    let escapes = if is_many && kind == Kind::Code {
        Escapes::None
    } else {
        Escapes::Backslash
    };
    value::quoted(bytes, start, escapes, is_many, limit)
}

/// After the letters that some languages put before a quote: `b"…"`, `r'…'`, `@"…"`.
fn prefixed(bytes: &[u8], start: usize) -> usize {
    let letters = bytes
        .get(start..)
        .unwrap_or_default()
        .iter()
        .take(2)
        .take_while(|byte| b"bBrRuUfFL@$".contains(byte))
        .count();
    if letters > 0 && value::quote_at(bytes, start + letters).len() == 1 {
        start + letters
    } else {
        start
    }
}

/// After the opening of a call that only converts: `[]byte("…")`, `String::from("…")`, `Buffer.from("…")`.
fn wrapped(bytes: &[u8], start: usize) -> usize {
    const CALLS: &[&[u8]] = &[
        b"[]byte(",
        b"String::from(",
        b"Buffer.from(",
        b"String(",
        b"new String(",
        b"str(",
        b"bytes(",
        b"SecretStr(",
        b"SecretString::from(",
        b"SecretString::new(",
        b"@(",
        b"string(",
        b"_T(",
        b"TEXT(",
    ];
    // A bracket before was taken for a list's.
    let from = if bytes[..start.min(bytes.len())].ends_with(b"[") && at(bytes, start) == b']' {
        start - 1
    } else {
        start
    };
    let rest = bytes.get(from..).unwrap_or_default();
    let call = CALLS.iter().find(|call| rest.starts_with(call));
    call.map_or(start, |call| {
        prefixed(bytes, whites(bytes, from + call.len()))
    })
}

/// The literal after `||` and its like, on the line of an expression: `process.env.X || "x"`, `os.Getenv("X") ?: "x"`.
fn after_expression(bytes: &[u8], start: usize) -> Option<usize> {
    let stop = value::line_end(bytes, start, 160);
    let mut here = start;
    while here < stop {
        match bytes[here] {
            b'|' | b'?' | b'o' => {
                let is_apart = bytes[here] != b'o' || at(bytes, here.wrapping_sub(1)) == b' ';
                if let Some(sign) = fallback(bytes, here).filter(|_| is_apart) {
                    return Some(blanks(bytes, sign.after));
                }
            }
            b';' | b'{' | b',' => return None,
            _ => {}
        }
        here += 1;
    }
    None
}

/// A name within a string: `"SECRET_KEY=…"`, `"--password=…"`, a line of a script.
fn within(name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
    let bytes = judge.bytes();
    let end = name.span.end;
    if at(bytes, end) == b'='
        && at(bytes, end + 1) != b'='
        && !matches!(at(bytes, end + 1), b'"' | b'\'')
    {
        return env::assignment(name, judge, true);
    }
    end
}
