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
mod sibling;
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
        return;
    }
    let grammar = Grammar::of(text);
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
        if most(text.role).max(in_fixture) < Some(request.floor) {
            continue;
        }
        judge.begin(bearing);
        done = done.max(grammar.read(&name, &mut judge));
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
        } else if has_quote && !is_bare || name.dashes > 1 {
            code::read(name, judge)
        } else if matches!(self, Self::Mixed) {
            ini::read(name, judge)
        } else {
            prose::read(name, judge)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::{
        finding::Confidence,
        scan::{detect::Detector, rule},
    };

    #[test]
    fn what_is_sure_is_found_also_where_nothing_else_is_wanted() {
        let detector = Detector::new(Cow::Borrowed(rule::built_in()));
        let value = ["k3Jq9Zx7", "Lm2Pv8Rt"].concat();
        for (path, text) in [
            ("prod.yaml", format!("db_password: {value}\n")),
            ("app.properties", format!("db.password={value}\n")),
            ("main.tf", format!("password = \"{value}\"\n")),
        ] {
            let text = Text::new(path.into(), text.as_bytes());
            let all = detector.scan(&text, Confidence::Low);
            assert_eq!(all[0].confidence, Confidence::High, "{path}");
            assert_eq!(detector.scan(&text, Confidence::High), all, "{path}");
        }
    }
}
