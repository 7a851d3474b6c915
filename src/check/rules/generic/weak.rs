//! Passwords that can be guessed.

use super::{
    super::mssql::secrets_in_text,
    Check, Rule,
    secrets::{Secret, secrets},
};
use crate::{
    check::{
        found::{Found, Out},
        subject::{Database, Field, From, Subject, by_default},
    },
    finding::Severity,
    scan::words::{Look, bearing, is_weak, look},
};

pub(super) const GN003: Rule = Rule {
    id: "GN003",
    severity: Severity::Error,
    title: "the password can be guessed",
    why: "Passwords of images and tutorials, the login's own name, a placeholder that nobody has filled in, and short words are \
          what is tried first. Whoever reaches the port then has the database.",
    remedy: "let a generator make one of 24 characters or more, and give it to the server and the store",
    sources: &[
        "https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html",
        "https://pages.nist.gov/800-63-4/sp800-63b.html",
    ],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD:-postgres}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    check: Check::Manifest(weak),
};

fn weak(subject: &Subject<'_>, out: &mut Out<'_>) {
    for secret in secrets(subject) {
        // A token has the form that its issuer gives it; a key of Django's has a rule of its own.
        let name = secret.path.last().copied().unwrap_or_default();
        let is_password = secret.database.is_some()
            && name != "TOKEN"
            && !name.eq_ignore_ascii_case("access_token")
            || bearing(name).is_some_and(|bearing| bearing.rule.contains("password"));
        if !is_password || is_token(&secret) {
            continue;
        }
        for value in values(secret.field) {
            let Some((what, severity)) = weakness(&value, secret.database) else {
                continue;
            };
            let found = out.at(secret.key(), &secret.field.span);
            found.hides = secret.is_literal();
            weigh(found, (what, severity), secret.database, subject);
            break;
        }
    }
    for database in &subject.databases {
        let secrets = secrets_in_text(database);
        let mut weak = secrets
            .iter()
            .filter_map(|one| weakness(one, Some(database)));
        if let Some(weakness) = weak.next() {
            let found = out.on(database, &["OPTIONS", "extra_params"]);
            found.hides = true;
            weigh(found, weakness, Some(database), subject);
        }
    }
}

fn weigh(
    found: &mut Found,
    (what, severity): (&'static str, Severity),
    database: Option<&Database<'_>>,
    subject: &Subject<'_>,
) {
    found.note(what).severity(severity);
    let is_near = database.is_some_and(|database| !database.is_remote());
    if !subject.is_production() {
        found.severity(Severity::Advice);
    } else if is_near {
        found.severity(severity.min(Severity::Warning));
    }
}

/// Whether what stands for a password is a token: `auth` brings it.
fn is_token(secret: &Secret<'_>) -> bool {
    secret.field.from == From::Auth
}

/// What the field is, as far as it is known, or what it is where references bring nothing.
fn values(field: &Field) -> Vec<String> {
    let default = || by_default(field.template.as_ref()?);
    field.word().or_else(default).into_iter().collect()
}

/// The shortest password that takes some time to guess.
const SHORTEST: usize = 12;

/// Words that are tried first, in lower case and without what is put behind them.
const COMMON: &[&str] = &[
    "admin",
    "administrator",
    "app",
    "changeit",
    "changeme",
    "database",
    "db",
    "default",
    "django",
    "docker",
    "guest",
    "hunter",
    "letmein",
    "mariadb",
    "master",
    "monkey",
    "mssql",
    "mysql",
    "oracle",
    "pass",
    "passw0rd",
    "passwd",
    "password",
    "pa$$w0rd",
    "p@ssw0rd",
    "p@ssword",
    "iloveyou",
    "postgres",
    "postgresql",
    "qwerty",
    "qwertyuiop",
    "root",
    "sa",
    "secret",
    "sql",
    "sqlserver",
    "super",
    "superuser",
    "sys",
    "system",
    "test",
    "tiger",
    "toor",
    "user",
    "welcome",
    "yourstrong(!)password",
    "yourstrongpassword",
    "yourstrong",
    "mysecretpassword",
    "supersecret",
    "topsecret",
    "secretpassword",
    "dbpassword",
    "mypassword",
];

/// Why a password can be guessed.
pub(super) fn weakness(
    value: &str,
    database: Option<&Database<'_>>,
) -> Option<(&'static str, Severity)> {
    if value.is_empty() {
        return None;
    }
    let lower = value.trim().to_ascii_lowercase();
    let trimmed = bare(&lower);
    if is_common(value) || is_common(once(&lower)) || is_row_of_digits(&lower) {
        return Some(("it is among the first that are tried", Severity::Error));
    }
    if is_placeholder(value) {
        return Some((
            "it is a placeholder that nobody has filled in",
            Severity::Error,
        ));
    }
    let named = ["USER", "NAME", "HOST"]
        .into_iter()
        .filter_map(|key| database?.text(key))
        .chain(database.map(|database| database.alias.text.as_str()));
    for name in named.filter(|name| !name.is_empty()) {
        let name = name.to_ascii_lowercase();
        if lower == name || trimmed == name || plain(trimmed) == name {
            return Some((
                "it is the name of the login, the database or the host",
                Severity::Error,
            ));
        }
    }
    let distinct: std::collections::HashSet<char> = value.chars().collect();
    if value.chars().count() < SHORTEST {
        return Some(("it has fewer than 12 characters", Severity::Warning));
    }
    (distinct.len() < 5).then_some((
        "it has fewer than 5 different characters",
        Severity::Warning,
    ))
}

/// Without what people put behind a word to please a rule.
fn bare(lower: &str) -> &str {
    lower.trim_end_matches(|c: char| c.is_ascii_digit() || "!?.$#@_-".contains(c))
}

/// Letters in place of the digits and signs that people write for them.
fn plain(lower: &str) -> String {
    let letter = |c| match c {
        '@' | '4' => 'a',
        '3' => 'e',
        '1' | '!' => 'i',
        '0' => 'o',
        '$' | '5' => 's',
        '7' => 't',
        other => other,
    };
    lower.chars().map(letter).collect()
}

/// Whether a text is one of the words that are tried first, with or without digits and signs for its letters.
fn is_common(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    let trimmed = bare(&lower);
    let plain = plain(trimmed);
    [lower.as_str(), trimmed, plain.as_str()]
        .iter()
        .any(|text| COMMON.contains(text))
        || is_weak(value)
}

/// Of a text that is another some times over, that other: `letmein` of `letmeinletmein`.
fn once(text: &str) -> &str {
    let whole = text.as_bytes();
    let length = (3..=whole.len() / 2).take(64).find(|length| {
        whole.len().is_multiple_of(*length)
            && whole.chunks(*length).all(|part| part == &whole[..*length])
    });
    length.and_then(|length| text.get(..length)).unwrap_or(text)
}

/// Digits that anybody counts: few of them, or one after the other. Many that follow no rule are as good as letters.
fn is_row_of_digits(lower: &str) -> bool {
    const ENOUGH: usize = 16;
    if !bare(lower).is_empty() {
        return false;
    }
    let digits: Vec<u8> = lower.bytes().filter(u8::is_ascii_digit).collect();
    let steps = digits
        .windows(2)
        .filter(|pair| (pair[1] + 10 - pair[0]) % 10 == 1)
        .count();
    digits.len() < ENOUGH || steps + 2 > digits.len()
}

/// Text that stands for a secret until somebody fills it in.
pub(in crate::check) fn is_placeholder(value: &str) -> bool {
    let trimmed = value.trim();
    // A generator may have put brackets at both ends.
    let is_name = |(open, close): &(&str, &str)| {
        within(trimmed, open, close)
            .is_some_and(|inner| inner.len() < 16 || look(inner) != Look::Random)
    };
    is_template(trimmed) || [("<", ">"), ("[", "]")].iter().any(is_name) || is_filler(trimmed)
}

/// Text that another program fills in: `{{ password }}`, `$(PASSWORD)`.
pub(super) fn is_template(text: &str) -> bool {
    [("{{", "}}"), ("${", "}"), ("%(", ")s"), ("$(", ")")]
        .iter()
        .any(|(open, close)| within(text, open, close).is_some())
}

fn within<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    text.strip_prefix(open)?.strip_suffix(close)
}

/// What stands for a password until somebody fills it in.
const WHOLE: &[&str] = &[
    "todo",
    "tbd",
    "fixme",
    "none",
    "null",
    "n/a",
    "changeme",
    "change-me",
    "change_me",
    "change me",
    "replaceme",
    "replace-me",
    "replace_me",
    "placeholder",
    "insert-password-here",
    "example",
    "redacted",
    "undefined",
];

/// What such text begins with.
const BEGINS: &[&str] = &[
    "your-",
    "your_",
    "your ",
    "<your",
    "insert-",
    "insert_",
    "enter-",
    "replace-with",
    "change-this",
    "change_this",
    "todo:",
    "todo ",
    "fixme:",
    "fixme ",
    "tbd:",
];

/// `TODO`, `xxx`, `your-password`, `changeme`.
fn is_filler(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let is_row = lower.len() >= 3 && lower.chars().all(|c| "x*.-_?".contains(c));
    is_row
        || WHOLE.contains(&lower.as_str())
        || BEGINS.iter().any(|begin| lower.starts_with(begin))
        || look(value) == Look::Placeholder
}
