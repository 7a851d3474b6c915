//! Whether a value beside a name is a leak, and how sure: the words' verdict, and what the place adds to it.

use std::{
    borrow::Cow,
    cell::{Cell, OnceCell},
    ops::Range,
};

use super::{
    name::Name,
    purpose,
    value::{self, Limit, Literal},
};
use crate::{
    finding::Confidence,
    scan::{
        detect::Match,
        files,
        text::{Kind, Role, Text},
        words::{self, Bearing, Look},
    },
};

/// What the place of a value says about it.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    /// Only what a generator made counts: text in which a word beside a name is mostly a word.
    pub(super) is_loose: bool,
    /// One step less certain: a comparison, a default.
    pub(super) is_doubtful: bool,
    /// A value that repeats its name is that name, as in `PASSWORD = "password"` of an enumeration.
    pub(super) is_code: bool,
}

/// Takes the values of one text.
pub(super) struct Judge<'t, 'f> {
    pub(super) text: &'t Text<'t>,
    floor: Confidence,
    found: &'f mut Vec<Match>,
    bearing: Option<Bearing>,
    is_translation: bool,
    /// What the file is there for, where a generator made the value.
    pub(super) role_of_random: Role,
    elsewhere: OnceCell<Vec<Range<usize>>>,
    spent: Cell<usize>,
}

impl<'t, 'f> Judge<'t, 'f> {
    pub(super) fn new(text: &'t Text<'t>, floor: Confidence, found: &'f mut Vec<Match>) -> Self {
        Self {
            text,
            floor,
            found,
            bearing: None,
            is_translation: is_translation(text),
            role_of_random: if purpose::is_fixture_of_project(text) {
                Role::Main
            } else {
                text.role
            },
            elsewhere: OnceCell::new(),
            spent: Cell::new(0),
        }
    }

    /// The bytes of the text.
    pub(super) const fn bytes(&self) -> &'t [u8] {
        self.text.bytes
    }

    /// What is judged from here on stands beside a name that promises this.
    pub(super) const fn begin(&mut self, bearing: Bearing) {
        self.bearing = Some(bearing);
    }

    /// How far a read may go. Not far, once reads have cost many times the text: only made-up text does that.
    pub(super) fn limit(&self) -> Limit<'_> {
        Limit {
            bytes: if self.is_exhausted() {
                256
            } else {
                value::LONGEST
            },
            spent: &self.spent,
        }
    }

    /// Says that a look around cost so many bytes; whether there may be more of them.
    pub(super) fn spend(&self, bytes: usize) -> bool {
        self.spent.set(self.spent.get().saturating_add(bytes));
        !self.is_exhausted()
    }

    fn is_exhausted(&self) -> bool {
        self.spent.get()
            > self
                .text
                .bytes
                .len()
                .saturating_mul(8)
                .saturating_add(1 << 20)
    }

    /// Takes a value, gives where it ends.
    pub(super) fn take(&mut self, name: &Name<'_>, literal: &Literal<'_>, place: Place) -> usize {
        self.weigh(name, literal, place);
        literal.end
    }

    fn weigh(&mut self, name: &Name<'_>, literal: &Literal<'_>, place: Place) -> Option<()> {
        let bearing = self.bearing?;
        let (span, said) = inner(literal);
        if said.is_empty() {
            return None;
        }
        let mut notes = Vec::new();
        let (rule, confidence) = if is_django_hash(said) {
            if words::bearing(name.last()).is_none_or(|bearing| !bearing.is_strong) {
                return None;
            }
            notes.push(Cow::Borrowed(
                "a password hash of Django, which can be tried against word lists",
            ));
            (
                "django-fixture-password",
                if purpose::is_of_tests(self.text) || self.text.role == Role::Example {
                    Confidence::Low
                } else {
                    Confidence::Medium
                },
            )
        } else {
            let look = self.look(name, said, place)?;
            let role = match look {
                Look::Plain if purpose::is_throw_away(self.text, name, said) => Role::Test,
                Look::Random => self.role_of_random,
                _ => self.text.role,
            };
            (bearing.rule, words::weigh(bearing, look, role)?)
        };
        let mut confidence = confidence;
        if self.is_comment(name.outer) {
            confidence = confidence.lowered();
            notes.push(Cow::Borrowed("in a comment"));
        }
        if place.is_doubtful {
            confidence = confidence.lowered();
        }
        if self.role_of_random != self.text.role {
            confidence = confidence.min(Confidence::Medium);
        }
        if confidence < self.floor || self.is_elsewhere(&span) {
            return None;
        }
        if let Some(name) = shown(name) {
            notes.insert(0, Cow::Owned(format!("beside the name `{name}`")));
        }
        self.found.push(Match {
            rule: Cow::Borrowed(rule),
            span,
            confidence,
            notes,
        });
        Some(())
    }

    /// How many findings there are so far.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    fn look(&self, name: &Name<'_>, said: &str, place: Place) -> Option<Look> {
        let look = words::look(said);
        let look = match look {
            Look::Plain | Look::Placeholder
                if folded(said) == folded(name.last()) || folded(said) == folded(&name.text) =>
            {
                if place.is_code {
                    return None;
                }
                Look::Placeholder
            }
            look => look,
        };
        let is_loose = place.is_loose || self.is_translation || self.text.kind == Kind::Prose;
        (!is_loose || look == Look::Random).then_some(look)
    }

    /// Whether the line is a comment by its first byte.
    fn is_comment(&self, offset: usize) -> bool {
        let bytes = self.bytes();
        let start = value::blanks(bytes, value::line_start(bytes, offset));
        if start > offset {
            return false;
        }
        let first = value::at(bytes, start);
        let next = value::at(bytes, start + 1);
        match self.text.kind {
            Kind::Env | Kind::Yaml | Kind::Toml | Kind::Shell | Kind::Python => first == b'#',
            Kind::Hcl => first == b'#' || (first, next) == (b'/', b'/'),
            Kind::Ini | Kind::Other => matches!(first, b'#' | b';'),
            Kind::Properties => matches!(first, b'#' | b'!'),
            Kind::Code => {
                (first == b'/' && matches!(next, b'/' | b'*'))
                    || (first == b'*')
                    || (first, next) == (b'-', b'-')
                    || (first == b'#' && !bytes[start..].starts_with(b"#define"))
            }
            Kind::Markup => bytes[start..].starts_with(b"<!--"),
            Kind::Json | Kind::Prose | Kind::Data => false,
        }
    }

    /// Whether the place is judged by `files`, which knows more.
    fn is_elsewhere(&self, span: &Range<usize>) -> bool {
        let ranges = self.elsewhere.get_or_init(|| files::covered(self.text));
        let next = ranges.partition_point(|range| range.end <= span.start);
        ranges.get(next).is_some_and(|range| range.start < span.end)
    }
}

/// The literal, or the default in it where it is `${NAME:-default}`.
fn inner<'a>(literal: &'a Literal<'_>) -> (Range<usize>, &'a str) {
    let whole = (literal.span.clone(), &*literal.text);
    if literal.text.len() != literal.span.len() {
        return whole;
    }
    let Some(inside) = literal
        .text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
    else {
        return whole;
    };
    let name = inside
        .bytes()
        .take_while(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
        .count();
    let rest = &inside[name..];
    let mark = [":-", ":=", "-", "=", ":"]
        .iter()
        .find(|mark| rest.starts_with(**mark));
    match mark {
        Some(mark)
            if name > 0 && !rest.starts_with("://") && !rest[mark.len()..].starts_with('?') =>
        {
            let start = literal.span.start + 2 + name + mark.len();
            (start..literal.span.end - 1, &rest[mark.len()..])
        }
        _ => whole,
    }
}

/// `pbkdf2_sha256$600000$…`: an algorithm's name, and at least two parts.
fn is_django_hash(said: &str) -> bool {
    const ALGORITHMS: &[&str] = &[
        "pbkdf2_sha256$",
        "pbkdf2_sha1$",
        "argon2$",
        "bcrypt_sha256$",
        "bcrypt$",
        "scrypt$",
        "md5$",
        "sha1$",
        "unsalted_md5$",
    ];
    ALGORITHMS
        .iter()
        .any(|algorithm| said.starts_with(algorithm))
        && said.matches('$').count() >= 2
        && said.len() >= 32
        && !said.contains(' ')
}

/// A name as a note may show it: one that is no secret itself.
fn shown<'a>(name: &'a Name<'_>) -> Option<&'a str> {
    let is_name = name.text.len() <= 64 && name.text.bytes().all(|byte| byte.is_ascii_graphic());
    (is_name && words::look(&name.text) != Look::Random).then_some(&*name.text)
}

/// Without case and separators: `dbPassword`, `DB_PASSWORD` and `db-password` are one.
fn folded(text: &str) -> Vec<u8> {
    text.bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|byte| byte.to_ascii_lowercase())
        .collect()
}

/// Whether the file is there to hold the words of a language: its values are words whatever their names.
fn is_translation(text: &Text<'_>) -> bool {
    const FOLDERS: &[&[u8]] = &[
        b"locale",
        b"locales",
        b"i18n",
        b"l10n",
        b"lang",
        b"langs",
        b"language",
        b"languages",
        b"translation",
        b"translations",
        b"messages",
        b"_locales",
    ];
    let path = text.path.to_ascii_lowercase();
    let mut parts: Vec<&[u8]> = path.split(|&byte| byte == b'/').collect();
    let name = parts.pop().unwrap_or_default();
    let stem = name.split(|&byte| byte == b'.').next().unwrap_or_default();
    parts.iter().any(|folder| FOLDERS.contains(folder))
        || FOLDERS.contains(&stem)
        || stem.starts_with(b"messages_")
        || stem.starts_with(b"strings")
        || is_language(stem)
}

/// `de`, `pt-BR`, `zh_hans`.
fn is_language(stem: &[u8]) -> bool {
    // Any two letters are as well a program's name; the usual languages are known.
    const ALONE: &[&[u8]] = &[
        b"en", b"de", b"fr", b"es", b"it", b"pt", b"nl", b"pl", b"ru", b"ja", b"ko", b"zh", b"cs",
        b"sv", b"da", b"fi", b"nb", b"tr", b"uk", b"ar", b"he", b"hu", b"ro", b"el", b"vi", b"th",
        b"id",
    ];
    let mut parts = stem.split(|&byte| matches!(byte, b'-' | b'_'));
    let language = parts.next().unwrap_or_default();
    let is_letters = |part: &[u8]| part.iter().all(u8::is_ascii_lowercase);
    let rest = parts.next();
    match rest {
        None => ALONE.contains(&language),
        Some(region) => {
            language.len() == 2
                && is_letters(language)
                && (2..=4).contains(&region.len())
                && is_letters(region)
                && parts.next().is_none()
                && ALONE.contains(&language)
        }
    }
}
