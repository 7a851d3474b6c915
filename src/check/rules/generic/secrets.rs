//! Secrets: that they do not stand in the manifest, that they are worth guessing at, that few have them.

use std::borrow::Cow;

use gix::bstr::ByteSlice as _;

use super::{Check, Rule};
use crate::{
    check::{
        fix::Fix,
        found::{Found, Out},
        subject::{Database, Field, Known, Subject},
    },
    django::mssql::keywords,
    finding::{Confidence, Severity},
    manifest::{Node, Span},
    scan::{
        detect::Detector,
        rule,
        text::Text,
        words::{Look, bearing, is_weak, look},
    },
    template::{Part, Template},
};

const OWASP_SECRETS: &str =
    "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html";

pub(super) const GN001: Rule = Rule {
    id: "GN001",
    severity: Severity::Error,
    title: "a secret stands in the manifest",
    why: "The manifest is committed: what stands in it is in every clone, every backup and every build log, for as long as the \
          repository lives. Who may read the code may then read the database.",
    remedy: "put the value in a store, `nuages put NAME`, write a reference to it, and change the secret: it has been seen",
    sources: &[OWASP_SECRETS],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "correct horse battery staple"
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
    check: Check::Across(literals),
};

/// A secret, and what it opens.
pub(super) struct Secret<'a> {
    /// From the database down, or the variable's name.
    pub(super) path: Vec<&'a str>,
    pub(super) field: &'a Field,
    pub(super) database: Option<&'a Database<'a>>,
}

impl Secret<'_> {
    /// Whether it stands in the manifest itself, so that its place must not be shown.
    pub(super) fn is_literal(&self) -> bool {
        let template = self.field.template.as_ref();
        template.is_none_or(|template| template.literal().is_some())
    }

    pub(super) fn key(&self) -> String {
        match self.database {
            Some(database) => database.key(&self.path),
            None => format!("env.{}", self.path.join(".")),
        }
    }
}

/// Keys of `OPTIONS` that hold a secret.
const OPTIONS: &[&str] = &[
    "password",
    "passwd",
    "sslpassword",
    "wallet_password",
    "access_token",
    "pwd",
    "token",
];

/// Every place of the manifest that holds a secret by its name.
pub(super) fn secrets<'a>(subject: &'a Subject<'_>) -> Vec<Secret<'a>> {
    let mut all = Vec::new();
    for database in &subject.databases {
        let mut add = |path: &[&'a str]| {
            let field = database
                .deepest(path)
                .filter(|field| Some(&field.name.as_str()) == path.last());
            if let Some(field) = field {
                all.push(Secret {
                    path: path.to_vec(),
                    field,
                    database: Some(database),
                });
            }
        };
        for path in [&["PASSWORD"][..], &["TOKEN"], &["TEST", "PASSWORD"]] {
            add(path);
        }
        for option in database.options() {
            if OPTIONS.contains(&option.name.to_ascii_lowercase().as_str()) {
                add(&["OPTIONS", &option.name]);
            }
        }
        let extra = database
            .option("extra_params")
            .map_or(&[][..], Field::fields);
        for field in extra {
            if matches!(keywords::find(&field.name), Some("PWD" | "KeyStoreSecret")) {
                add(&["OPTIONS", "extra_params", &field.name]);
            }
        }
    }
    for field in &subject.env {
        if bearing(&field.name).is_some() && !matches!(field.value, Known::Flag(_)) {
            all.push(Secret {
                path: vec![&field.name],
                field,
                database: None,
            });
        }
    }
    all
}

fn literals(subjects: &[Subject<'_>], out: &mut Out<'_>) {
    let mut told: Vec<Span> = Vec::new();
    for subject in subjects {
        written(subject, &mut told, out);
    }
    if let Some(subject) = subjects.first() {
        scanned(subject, &told, out);
    }
}

fn written(subject: &Subject<'_>, told: &mut Vec<Span>, out: &mut Out<'_>) {
    for secret in secrets(subject) {
        let Some(template) = &secret.field.template else {
            continue;
        };
        let Some(place) = literal_in(template, secret.database.is_some()) else {
            continue;
        };
        // Of a variable the name alone does not tell: its value has to look like a secret.
        if secret.database.is_none() && !is_credential(&secret.field.name, template) {
            continue;
        }
        told.push(secret.field.span.clone());
        let found = out.at(
            secret.key(),
            &place.unwrap_or_else(|| secret.field.span.clone()),
        );
        found.hides = true;
        lighten(subject, found);
    }
    for database in &subject.databases {
        if let Some(span) = url_literal(database) {
            told.push(span.clone());
            let found = out.at(database.key(&["url"]), &span);
            found.hides = true;
            found.note("a password stands in the `url`");
            lighten(subject, found);
        }
    }
}

fn lighten(subject: &Subject<'_>, found: &mut Found) {
    found.profiles.clone_from(&subject.profiles);
    if !subject.is_production() {
        found.severity(Severity::Warning);
    }
}

/// Whether a literal stands in a template that holds a secret: as the whole of it, or as the default of a reference.
/// The place is that of the reference, where it is a default's.
fn literal_in(template: &Template, is_strict: bool) -> Option<Option<Span>> {
    if let Some(literal) = template.literal() {
        return (!literal.is_empty()).then_some(None);
    }
    let default = template.holes().into_iter().find(|hole| {
        let default = hole.default.as_ref().and_then(Template::literal);
        default
            .is_some_and(|default| !default.is_empty() && (is_strict || !is_placeholder(default)))
    });
    default.map(|hole| Some(hole.range.clone()))
}

/// Whether what a variable holds is a secret, and not a name, a path or an address.
fn is_credential(name: &str, template: &Template) -> bool {
    use crate::scan::{text::Role, words::judge};
    let texts = template.literal().into_iter().map(str::to_owned);
    let defaults = template.holes().into_iter().filter_map(|hole| {
        let default = hole.default.as_ref()?;
        default.literal().map(str::to_owned)
    });
    let mut all = texts.chain(defaults);
    all.any(|text| {
        judge(name, &text, Role::Main)
            .is_some_and(|(_, _, confidence)| confidence >= Confidence::Medium)
    })
}

/// A password that is written out in a URL whose other parts may be references.
fn url_literal(database: &Database<'_>) -> Option<Span> {
    let url = database.entry.url.as_ref()?;
    let Node::Text(template) = &url.node else {
        return None;
    };
    // A control character stands for each reference: none stands in a URL.
    let text: String = template
        .parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.as_str(),
            Part::Hole(_) => "\u{1}",
        })
        .collect();
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (login, _) = authority.rsplit_once('@')?;
    let (_, password) = login.split_once(':')?;
    (!password.is_empty() && !password.contains('\u{1}')).then(|| url.span.clone())
}

/// What a scan finds in the manifest besides: tokens that vendors issue, keys, passwords in addresses.
fn scanned(subject: &Subject<'_>, told: &[Span], out: &mut Out<'_>) {
    let source = &subject.manifest.source;
    let detector = Detector::new(Cow::Borrowed(rule::built_in()));
    let text = Text::new(source.name.as_bytes().as_bstr(), source.text.as_bytes());
    for one in detector.scan(&text, Confidence::Medium) {
        let is_told = |span: &Span| span.start < one.span.end && one.span.start < span.end;
        let line = source.text[one.span.start..]
            .lines()
            .next()
            .unwrap_or_default();
        // A scan lets it pass too.
        if told.iter().any(is_told) || line.contains("nuages:allow") {
            continue;
        }
        let title = detector.rule(&one.rule).map(|rule| rule.title.to_string());
        let found = out.at("", &one.span);
        found.hides = true;
        found.notes.extend(title);
    }
}

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
            found.note(what).severity(severity);
            let is_near = secret
                .database
                .is_some_and(|database| !database.is_remote());
            if !subject.is_production() {
                found.severity(Severity::Advice);
            } else if is_near {
                found.severity(severity.min(Severity::Warning));
            }
            break;
        }
    }
}

/// Whether what stands for a password is a token: `auth` brings it.
fn is_token(secret: &Secret<'_>) -> bool {
    secret.field.from == crate::check::subject::From::Auth
}

/// What the field is, as far as it is known, and what it is where a reference brings nothing.
fn values(field: &Field) -> Vec<String> {
    let defaults = field
        .template
        .iter()
        .flat_map(Template::holes)
        .filter_map(|hole| {
            let default = hole.default.as_ref()?;
            default.literal().map(str::to_owned)
        });
    let known = field.word();
    known.into_iter().chain(defaults).collect()
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
    let trimmed = lower.trim_end_matches(|c: char| c.is_ascii_digit() || "!?.$#@_-".contains(c));
    if COMMON.contains(&lower.as_str())
        || COMMON.contains(&trimmed)
        || trimmed.is_empty()
        || is_weak(value)
    {
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
        if lower == name || trimmed == name {
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

/// Text that stands for a secret until somebody fills it in.
pub(in crate::check) fn is_placeholder(value: &str) -> bool {
    let trimmed = value.trim();
    let is_enclosed = [
        ("<", ">"),
        ("{{", "}}"),
        ("${", "}"),
        ("[", "]"),
        ("%(", ")s"),
        ("$(", ")"),
    ]
    .iter()
    .any(|(open, close)| trimmed.starts_with(open) && trimmed.ends_with(close));
    is_enclosed || is_filler(trimmed)
}

/// `TODO`, `xxx`, `your-password`, `changeme`.
fn is_filler(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let is_row = lower.len() >= 3 && lower.chars().all(|c| "x*.-_?".contains(c));
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
    ];
    is_row
        || WHOLE.contains(&lower.as_str())
        || BEGINS.iter().any(|begin| lower.starts_with(begin))
        || look(value) == Look::Placeholder
}

pub(super) const GN021: Rule = Rule {
    id: "GN021",
    severity: Severity::Warning,
    title: "the key to the store is handed on to the application",
    why: "With this variable nuages itself logs in to the store, and keeps it from the command it starts. Passed on by `[env]`, \
          every fault of the application that shows its environment opens the whole store, not just the values that it was \
          given.",
    remedy: "take it out of `[env]`; give the application an identity of its own where it needs a cloud itself",
    sources: &[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        "https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/overview",
    ],
    wrong: r#"[env]
AWS_SECRET_ACCESS_KEY = "${env://AWS_SECRET_ACCESS_KEY}"
"#,
    right: r#"[env]
AWS_REGION = "eu-west-1"
"#,
    check: Check::Manifest(bootstrap),
};

/// Credentials that log in to clouds and stores, whether this build has a provider for them or not.
const BOOTSTRAP: &[&str] = &[
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_PASSWORD",
    "OP_SERVICE_ACCOUNT_TOKEN",
    "OP_CONNECT_TOKEN",
    "VAULT_TOKEN",
    "NUAGES_AGE_KEY",
];

fn bootstrap(subject: &Subject<'_>, out: &mut Out<'_>) {
    let own = subject
        .registry
        .iter()
        .flat_map(|descriptor| descriptor.bootstrap);
    let mut names: Vec<&str> = own.copied().chain(BOOTSTRAP.iter().copied()).collect();
    // An identifier opens nothing by itself.
    names.retain(|name| *name != "AWS_ACCESS_KEY_ID");
    for field in &subject.env {
        if names.contains(&field.name.as_str()) && !field.is_empty() {
            let fix = Fix::remove_key(&["env", &field.name]).shown();
            out.variable(field).fix(fix);
        }
    }
}
