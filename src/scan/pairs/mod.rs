//! Names that promise a secret, and the literals beside them, in every kind of file but parsed Python: YAML, TOML, JSON,
//! INI, env files, shell, HCL, XML, SQL, and languages with C's literals. Begins at the places where a prefilter met a
//! secret-bearing word, and reads the name, the separator and the value around each by the grammar of the file; nothing
//! else of the text is looked at.

mod code;
mod env;
mod hcl;
mod ini;
mod json;
mod judge;
mod markup;
mod name;
mod prose;
mod purpose;
mod sibling;
mod sql;
mod value;
mod yaml;

use super::{
    detect::{Match, Request},
    files, python,
    text::{Kind, Role, Text},
    words::{self, Look},
};
use judge::Judge;
use name::Name;

/// Adds what the text says beside secret-bearing names. A place is looked at once, whatever it says.
pub(crate) fn scan(text: &Text<'_>, request: &Request<'_>, found: &mut Vec<Match>) {
    if text.kind == Kind::Data || files::covers(text) {
        return;
    }
    if is_unnamed(text) && python::scan_unnamed(text, request, found) {
        // Notes may parse as Python too: `password: word` is an annotation there, and no literal.
        let mut bare = Vec::new();
        scan_by(Grammar::Mixed, text, request, &mut bare);
        bare.retain(|one| is_bare_secret(text.bytes, one));
        found.append(&mut bare);
        return;
    }
    scan_by(Grammar::of(text), text, request, found);
}

/// Whether it stands without quotes and was made by a generator.
fn is_bare_secret(bytes: &[u8], found: &Match) -> bool {
    let before = found.span.start.checked_sub(1).map(|at| bytes[at]);
    let after = bytes.get(found.span.end);
    let is_quote = |byte: &u8| b"\"'`".contains(byte);
    let text = std::str::from_utf8(&bytes[found.span.clone()]);
    !before.as_ref().is_some_and(is_quote)
        && !after.is_some_and(is_quote)
        && text.is_ok_and(|text| words::look(text) == Look::Random)
}

fn scan_by(grammar: Grammar, text: &Text<'_>, request: &Request<'_>, found: &mut Vec<Match>) {
    let mut judge = Judge::new(text, request.floor, found);
    let mut done = 0;
    for &hit in request.hits {
        if hit < done || hit >= text.bytes.len() {
            continue;
        }
        let name = match Name::around(text.bytes, hit) {
            Ok(name) => name,
            Err(next) => {
                done = next;
                continue;
            }
        };
        done = name.span.end.max(hit + 1);
        let Some(bearing) = words::bearing(&name.text) else {
            continue;
        };
        let most = |role| words::weigh(bearing, Look::Random, role);
        // A password hash in a fixture counts more than a literal in a test.
        let in_fixture = bearing.is_strong.then_some(Role::Example).and_then(most);
        if most(judge.role_of_random).max(in_fixture) < Some(request.floor) {
            continue;
        }
        judge.begin(bearing);
        let end = sql::read(&name, &mut judge).unwrap_or_else(|| grammar.read(&name, &mut judge));
        done = done.max(end);
    }
}

/// Whether the file's name says nothing of its language: there is none, as of a text from standard input, or it ends as any
/// text's.
fn is_unnamed(text: &Text<'_>) -> bool {
    text.kind == Kind::Other
        || text.kind == Kind::Prose && text.path.to_ascii_lowercase().ends_with(b".txt")
}

/// How a file is read. Each `read` gives the offset up to which the text is dealt with.
#[derive(Clone, Copy)]
enum Grammar {
    Code,
    Env,
    Hcl,
    Ini,
    Json,
    Markup,
    Mixed,
    Prose,
    Shell,
    Yaml,
}

impl Grammar {
    /// By the kind, and where a name says nothing by the first bytes.
    fn of(text: &Text<'_>) -> Self {
        match text.kind {
            Kind::Python | Kind::Code => Self::Code,
            Kind::Env => Self::Env,
            Kind::Hcl => Self::Hcl,
            Kind::Ini | Kind::Properties | Kind::Toml => Self::Ini,
            Kind::Json => Self::Json,
            Kind::Markup => Self::Markup,
            Kind::Shell => Self::Shell,
            Kind::Yaml => Self::Yaml,
            Kind::Prose | Kind::Data => Self::Prose,
            Kind::Other => Self::by_head(text.bytes),
        }
    }

    fn by_head(bytes: &[u8]) -> Self {
        let head = &bytes[..bytes.len().min(256)];
        let head = head.trim_ascii_start();
        if head.starts_with(b"#!") {
            let line = &head[..head
                .iter()
                .position(|&byte| byte == b'\n')
                .unwrap_or(head.len())];
            return if line.ends_with(b"sh") || line.windows(3).any(|part| part == b"sh ") {
                Self::Shell
            } else {
                Self::Code
            };
        }
        if head.starts_with(b"{") {
            return Self::Json;
        }
        if head.starts_with(b"<") {
            return Self::Markup;
        }
        if head.starts_with(b"---\n")
            || head.starts_with(b"---\r\n")
            || head.starts_with(b"apiVersion:")
        {
            return Self::Yaml;
        }
        Self::Mixed
    }

    fn read(self, name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
        match self {
            Self::Code => code::read(name, judge),
            Self::Env | Self::Shell => env::read(name, judge),
            Self::Hcl => hcl::read(name, judge),
            Self::Ini => ini::read(name, judge),
            Self::Json => json::read(name, judge),
            Self::Markup => markup::read(name, judge),
            Self::Mixed | Self::Prose => self.by_line(name, judge),
            Self::Yaml => yaml::read(name, judge),
        }
    }

    /// Text of no certain grammar is read by what the name's line looks like.
    fn by_line(self, name: &Name<'_>, judge: &mut Judge<'_, '_>) -> usize {
        let bytes = judge.bytes();
        let start = value::line_start(bytes, name.outer);
        let rest = &bytes[name.span.end..value::line_end(bytes, name.span.end, 256)];
        let has_quote = rest.iter().any(|byte| b"\"'`".contains(byte));
        // `?key=value&…` within quotes.
        let is_bare = rest.starts_with(b"=") && rest.get(1).is_some_and(u8::is_ascii_alphanumeric);
        if bytes[start..name.outer]
            .trim_ascii_start()
            .starts_with(b"<")
        {
            markup::read(name, judge)
        } else if sibling::is_named(name, bytes) {
            yaml::read(name, judge)
        } else if env::is_docker_pair(name, bytes) {
            env::read(name, judge)
        } else {
            let before = judge.count();
            let mut end = name.span.end;
            if has_quote && !is_bare || name.dashes > 1 {
                end = code::read(name, judge);
            }
            // A quote may stand behind the value too: `password: word  # don't share`.
            if judge.count() > before || is_quoted(rest) {
                return end;
            }
            end.max(if matches!(self, Self::Mixed) {
                ini::read(name, judge)
            } else {
                prose::read(name, judge)
            })
        }
    }
}

/// Whether what a line gives a name is quoted, by what stands after the name.
fn is_quoted(rest: &[u8]) -> bool {
    let skip = |rest: &[u8], signs: &[u8]| {
        rest.iter()
            .position(|byte| !signs.contains(byte))
            .unwrap_or(rest.len())
    };
    let rest = &rest[skip(rest, b"\"'`] \t")..];
    let value = &rest[skip(rest, b"=:>?|<-( \t")..];
    let is_quote = |at: usize| value.get(at).is_some_and(|byte| b"\"'`".contains(byte));
    is_quote(0) || is_quote(1) && value[0].is_ascii_alphabetic() || value.starts_with(b"@\"")
}

#[cfg(test)]
mod tests;
