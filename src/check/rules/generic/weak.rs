//! Passwords that can be guessed.

use super::{
    super::mssql::secrets_in_text,
    Check, Rule,
    guess::{bare, is_common, is_row_of_digits, once, plain, remainder},
    secrets::{Secret, secrets},
};
use crate::{
    check::{
        found::Out,
        settings::address_secrets,
        subject::{Database, Field, From, Host, Subject, by_default, host},
    },
    finding::Severity,
    scan::words::{Look, bearing, look, split},
};

pub(super) const GN003: Rule = Rule {
    id: "GN003",
    severity: Severity::Error,
    title: "the password can be guessed",
    why: "Passwords of images and tutorials, the login's own name, a placeholder that nobody has filled in, and short words are \
          what is tried first. Whoever reaches the port then has the database. It is looked at in databases, in the addresses \
          of `[env]`, and in variables that hold a password by their name; in other secrets, whether they are a placeholder.",
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
        let name = secret.path.last().copied().unwrap_or_default();
        // Django's keys have rules of their own.
        if is_token(&secret) || secret.database.is_none() && is_key_of_django(name) {
            continue;
        }
        let names = names(&secret);
        let is_password = is_password(name, secret.database.is_some());
        let weak = values(secret.field).into_iter().find_map(|value| {
            if is_password {
                weakness(&value, &names)
            } else {
                unfilled(name, &value)
            }
        });
        let Some((what, severity)) = weak else {
            continue;
        };
        let found = out.at(secret.key(), &secret.field.span);
        found.hides = secret.is_literal();
        found.note(what);
        if !is_password {
            found.title = Some("the secret is a placeholder".to_owned());
        }
        let is_remote = secret.database.is_none_or(Database::is_remote);
        found.severity(at_stage(subject, severity, is_remote));
    }
    parameters(subject, out);
    addresses(subject, out);
}

/// What stands in a text of connection parameters.
fn parameters(subject: &Subject<'_>, out: &mut Out<'_>) {
    for database in &subject.databases {
        let names = names_around(database);
        let secrets = secrets_in_text(database);
        let weak = secrets.iter().find_map(|one| weakness(one, &names));
        if let Some((what, severity)) = weak {
            let found = out.on(database, &["OPTIONS", "extra_params"]);
            found.hides = true;
            found.note(what);
            found.severity(at_stage(subject, severity, database.is_remote()));
        }
    }
}

/// The passwords of the addresses in `[env]`.
fn addresses(subject: &Subject<'_>, out: &mut Out<'_>) {
    for field in &subject.env {
        let Some(address) = values(field).into_iter().next() else {
            continue;
        };
        let names: Vec<String> = login(&address).map(str::to_owned).into_iter().collect();
        let passwords = address_secrets(&address);
        let weak = passwords.iter().find_map(|one| weakness(one, &names));
        if let Some((what, severity)) = weak {
            let found = out.variable(field);
            let template = field.template.as_ref();
            found.hides = template.is_none_or(|template| template.literal().is_some());
            found.note("it is the password of the address").note(what);
            found.severity(at_stage(subject, severity, is_remote(&address)));
        }
    }
}

/// A token has the form that its issuer gives it.
fn is_password(name: &str, is_of_database: bool) -> bool {
    is_of_database && name != "TOKEN" && !name.eq_ignore_ascii_case("access_token")
        || bearing(name).is_some_and(|bearing| bearing.rule.contains("password"))
}

fn is_key_of_django(name: &str) -> bool {
    let name = name.strip_prefix("DJANGO_").unwrap_or(name);
    matches!(name, "SECRET_KEY" | "SECRET_KEY_FALLBACKS")
}

/// How serious it is where the way of using the manifest is known, and whether the login leaves the machine.
fn at_stage(subject: &Subject<'_>, severity: Severity, is_remote: bool) -> Severity {
    if !subject.is_production() {
        Severity::Advice
    } else if is_remote {
        severity
    } else {
        severity.min(Severity::Warning)
    }
}

/// What a password is the password of: its login, its database, the variable that holds it.
fn names(secret: &Secret<'_>) -> Vec<String> {
    let Some(database) = secret.database else {
        return secret.path.iter().map(|&name| name.to_owned()).collect();
    };
    names_around(database)
}

fn names_around(database: &Database<'_>) -> Vec<String> {
    let keys = ["USER", "NAME", "HOST"].into_iter();
    let names = keys.filter_map(|key| database.text(key));
    names
        .chain([database.alias.text.as_str()])
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The user of an address, where it has a password too.
fn login(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let (login, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    login.split_once(':').map(|(user, _)| user)
}

/// Whether the host of an address is another machine.
fn is_remote(address: &str) -> bool {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, at)| at);
    let port = place.rfind(':').filter(|at| !place[*at..].contains(']'));
    let name = &place[..port.unwrap_or(place.len())];
    !matches!(host(name), Host::Local | Host::Loopback)
}

/// Why a secret that is no password is none: a placeholder. What says that there is none is as good as nothing.
fn unfilled(name: &str, value: &str) -> Option<(&'static str, Severity)> {
    let value = value.trim();
    let is_nothing = NOTHING.contains(&value.to_ascii_lowercase().as_str());
    // A name that tells little may be that of something else: `KEY_PREFIX`.
    let is_sure = bearing(name).is_some_and(|bearing| bearing.is_strong);
    let is_meant = if is_sure {
        is_placeholder(value)
    } else {
        is_marked(value)
    };
    (is_meant && !is_nothing).then_some((UNFILLED, Severity::Error))
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

/// As many signs are to be left without the words that are tried first.
const LEFT: usize = 6;

const UNFILLED: &str = "it is a placeholder that nobody has filled in";

/// Why a password can be guessed; `names` are those of what it opens.
fn weakness(value: &str, names: &[String]) -> Option<(&'static str, Severity)> {
    if value.is_empty() {
        return None;
    }
    let lower = value.trim().to_ascii_lowercase();
    let trimmed = bare(&lower);
    let single = once(&lower);
    if is_template(value.trim()) {
        return Some((UNFILLED, Severity::Error));
    }
    if is_common(value) || is_common(single) || is_row_of_digits(&lower) {
        return Some(("it is among the first that are tried", Severity::Error));
    }
    if is_placeholder(value) {
        return Some((UNFILLED, Severity::Error));
    }
    for name in names {
        let name = name.to_ascii_lowercase();
        if lower == name || trimmed == name || plain(trimmed) == name {
            return Some((
                "it is the name of the login, the database or the host",
                Severity::Error,
            ));
        }
    }
    if remainder(value, names).is_some_and(|left| left < LEFT) {
        return Some((
            "it is made of names and of words that are tried first",
            Severity::Error,
        ));
    }
    if value.chars().count() < SHORTEST {
        return Some(("it has fewer than 12 characters", Severity::Warning));
    }
    if single.len() < SHORTEST && single.len() < lower.len() {
        return Some(("it is a few characters over and over", Severity::Warning));
    }
    let distinct: std::collections::HashSet<char> = value.chars().collect();
    (distinct.len() < 5).then_some((
        "it has fewer than 5 different characters",
        Severity::Warning,
    ))
}

/// Text that stands for a secret until somebody fills it in.
pub(in crate::check) fn is_placeholder(value: &str) -> bool {
    is_marked(value) || look(value.trim()) == Look::Placeholder
}

/// Text that says by itself that it is to be filled in, whatever it stands for.
fn is_marked(value: &str) -> bool {
    let trimmed = value.trim();
    // A generator may have put brackets at both ends.
    let is_name = |(open, close): &(&str, &str)| {
        within(trimmed, open, close).is_some_and(|inner| look(inner) != Look::Random)
    };
    is_template(trimmed) || [("<", ">"), ("[", "]")].iter().any(is_name) || is_filler(trimmed)
}

/// Text that another program fills in: `{{ password }}`, `$(PASSWORD)`, `#{Password}#`, `__PASSWORD__`.
pub(super) fn is_template(text: &str) -> bool {
    let is_enclosed = |(open, close): &(&str, &str)| within(text, open, close).is_some();
    // Others than these are also what a generated password begins and ends with: a name has to stand between them.
    let is_named = |(open, close): &(&str, &str)| {
        within(text, open, close).is_some_and(|name| {
            let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(is_name)
                && is_made_of_words(name)
        })
    };
    [
        ("{{", "}}"),
        ("${", "}"),
        ("%(", ")s"),
        ("$(", ")"),
        ("#{", "}#"),
        ("#{", "}"),
        ("<%", "%>"),
    ]
    .iter()
    .any(is_enclosed)
        || [("%", "%"), ("__", "__"), ("@@", "@@"), ("@", "@")]
            .iter()
            .any(is_named)
}

/// Whether a name may be one that people give: words, with digits behind them at most.
fn is_made_of_words(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let words = split(name);
    let shown: usize = words.iter().map(String::len).sum();
    shown == letters && words.iter().all(|word| word.len() > 1) && look(name) != Look::Random
}

fn within<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    text.strip_prefix(open)?.strip_suffix(close)
}

/// What says that there is nothing.
const NOTHING: &[&str] = &["none", "null", "n/a", "undefined"];

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
    is_row || WHOLE.contains(&lower.as_str()) || BEGINS.iter().any(|begin| lower.starts_with(begin))
}
