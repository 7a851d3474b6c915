//! Values that do not arrive as they were sent.

use super::{super::mssql::is_python, Check, Rule, secrets::secrets};
use crate::{
    check::{
        found::Out,
        subject::{Database, Field, Known, Subject, by_default},
    },
    django::{engine::Family, url::UrlStyle},
    finding::Severity,
    render::{DATABASES, compact_length},
};

pub(super) const GN004: Rule = Rule {
    id: "GN004",
    severity: Severity::Error,
    title: "django-environ takes this value for the name of another variable",
    why: "django-environ reads a value that begins with `$` as the name of a variable, and gives that variable's value, or an \
          error. A password of `$ecret…` never arrives.",
    remedy: "give the secret a value that does not begin with `$`, or write `interpolate=False` where the project makes its `Env`",
    sources: &["https://django-environ.readthedocs.io/en/latest/tips.html#proxy-value"],
    wrong: r#"[databases.default]
url = "sqlite:///db.sqlite3"
url_style = "django-environ"

[env]
CSP_NONCE_PREFIX = "$shop"
"#,
    right: r#"[databases.default]
url = "sqlite:///db.sqlite3"

[env]
CSP_NONCE_PREFIX = "$shop"
"#,
    check: Check::Manifest(proxy),
};

fn proxy(subject: &Subject<'_>, out: &mut Out<'_>) {
    let reads = |style: Option<UrlStyle>| style == Some(UrlStyle::DjangoEnviron);
    if !subject
        .databases
        .iter()
        .any(|database| reads(database.entry.url_style))
    {
        return;
    }
    for field in &subject.env {
        if text(field).is_some_and(|text| text.starts_with('$') && text.len() > 1) {
            out.variable(field);
        }
    }
}

pub(super) const GN005: Rule = Rule {
    id: "GN005",
    severity: Severity::Warning,
    title: "the secret begins or ends with a blank or a line break",
    why: "A line break at the end comes from an editor or from `echo`, and is sent with the password: the server refuses the \
          login, and nothing in the message shows why. Some drivers and env files take it away, others do not.",
    remedy: "store the secret without it, or write the filter `| trim` behind the reference",
    sources: &["https://12factor.net/config"],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD:-for a laptop }"
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
"#,
    check: Check::Manifest(blanks),
};

fn blanks(subject: &Subject<'_>, out: &mut Out<'_>) {
    for secret in secrets(subject) {
        // What mssql-python takes away is a rule of its own.
        let is_told = secret.path == ["PASSWORD"] && secret.database.is_some_and(is_trimmed);
        if !is_told && text(secret.field).is_some_and(|text| is_blank_at_end(&text)) {
            let found = out.at(secret.key(), &secret.field.span);
            found.hides = secret.is_literal();
        }
    }
}

/// Whether its password is known, and mssql-python takes blanks at its ends away.
fn is_trimmed(database: &Database<'_>) -> bool {
    database.family == Some(Family::Mssql)
        && is_python(database) == Some(true)
        && database.text("PASSWORD").is_some()
}

/// What a value is, or what it is where references bring nothing.
fn text(field: &Field) -> Option<String> {
    let known = field.text().map(str::to_owned);
    known.or_else(|| by_default(field.template.as_ref()?))
}

/// A key or a certificate in PEM is made of lines.
fn is_blank_at_end(text: &str) -> bool {
    let is_lines = text.trim().contains('\n') || text.contains("-----BEGIN");
    !is_lines && !text.is_empty() && text.trim() != text
}

pub(super) const GN006: Rule = Rule {
    id: "GN006",
    severity: Severity::Error,
    title: "a NUL stands in the value",
    why: "A NUL ends a text for the system and for most drivers: what follows it is lost, a password is cut short, a connection \
          string loses the keywords for TLS. No variable of the environment can hold one.",
    remedy: "store the value without it; for bytes, take `| base64`",
    sources: &["https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap08.html"],
    wrong: "[env]\nGREETING = \"a\\u0000b\"\n",
    right: "[env]\nGREETING = \"ab\"\n",
    check: Check::Manifest(nul),
};

fn nul(subject: &Subject<'_>, out: &mut Out<'_>) {
    for database in &subject.databases {
        let is_mssql = database.family == Some(Family::Mssql);
        for field in &database.fields {
            // Of what SQL Server's driver makes of it, other rules tell.
            let is_told = is_mssql && field.name == "PASSWORD" && field.text().is_some();
            let holds = match field.name.as_str() {
                "OPTIONS" => field.fields().iter().any(|option| {
                    !(is_mssql && option.name == "extra_params") && holds_nul(option)
                }),
                _ => !is_told && holds_nul(field),
            };
            if holds {
                out.at(database.key(&[&field.name]), &field.span).hides = true;
            }
        }
    }
    for field in subject.env.iter().filter(|field| holds_nul(field)) {
        out.variable(field).hides = true;
    }
}

fn holds_nul(field: &Field) -> bool {
    match &field.value {
        Known::List(fields) | Known::Table(fields) => fields.iter().any(holds_nul),
        _ => text(field).is_some_and(|text| text.contains('\0')),
    }
}

pub(super) const GN016: Rule = Rule {
    id: "GN016",
    severity: Severity::Error,
    title: "the value is too large for a variable of the environment",
    why: "Linux takes no string of 131,072 bytes or more, its name included, in the environment of a program: the command is not \
          started (`Argument list too long`).",
    remedy: "hand it over as a file: `[files]`",
    sources: &["https://man7.org/linux/man-pages/man2/execve.2.html"],
    wrong: "",
    right: "",
    check: Check::Manifest(large),
};

/// The longest string of an environment, its end not counted.
const LONGEST: usize = 131_071;

fn large(subject: &Subject<'_>, out: &mut Out<'_>) {
    for field in &subject.env {
        let length = field.text().map_or(0, str::len);
        if length + field.name.len() + 1 > LONGEST {
            out.variable(field);
        }
    }
    let room = LONGEST - DATABASES.len() - 1;
    let databases = || subject.databases.iter();
    // All of them are one variable.
    let sizes: Vec<usize> = databases().map(size_of_database).collect();
    if sizes.iter().sum::<usize>() + 2 <= room {
        return;
    }
    let largest = databases().zip(sizes).max_by_key(|(_, size)| *size);
    let Some((database, _)) = largest else { return };
    let mut path: Vec<&str> = Vec::new();
    let mut fields = &database.fields[..];
    while let Some(largest) = fields.iter().max_by_key(|field| size(field)) {
        path.push(&largest.name);
        fields = match &largest.value {
            Known::Table(fields) => fields,
            _ => &[],
        };
    }
    out.on(database, &path)
        .note("it makes `DATABASES` too large, in which all databases are handed over");
}

/// How many bytes a database is in JSON, with its alias and a comma; of what is not known, nothing.
fn size_of_database(database: &Database<'_>) -> usize {
    compact_length(&database.alias.text) + 2 + database.fields.iter().map(size).sum::<usize>() + 2
}

/// The same for a key and its value.
fn size(field: &Field) -> usize {
    let value = match &field.value {
        Known::Text(text) => compact_length(text.expose()),
        Known::List(fields) | Known::Table(fields) => fields.iter().map(size).sum::<usize>() + 2,
        Known::Number(number) => number.len(),
        Known::Null | Known::Flag(_) => 4,
        Known::Unknown => 0,
    };
    let name = if field.name.is_empty() {
        0
    } else {
        compact_length(&field.name) + 1
    };
    name + value + 1
}
