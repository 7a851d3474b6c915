//! Secrets: where the manifest holds them, and that they do not stand there themselves.

use std::borrow::Cow;

use gix::bstr::ByteSlice as _;

use super::{Check, Rule, written};
use crate::{
    check::{
        found::{Found, Out},
        subject::{Database, Field, From, Host, Known, Subject, by_default},
    },
    django::mssql::keywords,
    finding::{Confidence, Severity},
    manifest::Span,
    scan::{
        detect::Detector,
        rule,
        text::Text,
        words::{Look, bearing, look},
    },
    template::Part,
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
pub(super) const OPTIONS: &[&str] = &[
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
        keys(subject, &mut told, out);
        for (key, span) in written::beside(subject) {
            let overlaps = |have: &Span| have.start < span.end && span.start < have.end;
            if !told.iter().any(overlaps) {
                told.push(span.clone());
                let found = out.at(key, &span);
                found.hides = true;
                lighten(subject, found);
            }
        }
        for (key, span) in written::in_urls(subject) {
            told.push(span.clone());
            let found = out.at(key, &span);
            found.hides = true;
            found.note("a password stands in the `url`");
            lighten(subject, found);
        }
    }
    if let Some(subject) = subjects.first() {
        scanned(subject, &told, out);
    }
}

/// What stands under a key that holds a secret by its name.
fn keys(subject: &Subject<'_>, told: &mut Vec<Span>, out: &mut Out<'_>) {
    for secret in secrets(subject) {
        let Some(template) = &secret.field.template else {
            continue;
        };
        // A URL is looked at as a whole.
        if secret.field.from == From::Url {
            continue;
        }
        let Some(place) =
            written::literal_in(template, &secret.field.span, secret.database.is_some())
        else {
            continue;
        };
        // Of a variable the name alone does not tell: its value has to look like a secret.
        if secret.database.is_none() && !written::is_credential(&secret.field.name, template) {
            continue;
        }
        if is_laptops(&secret, subject) {
            continue;
        }
        told.push(secret.field.span.clone());
        let found = out.at(secret.key(), &place);
        found.hides = true;
        lighten(subject, found);
    }
}

/// Whether it is a password that people have thought of for a server on their own machine, as the default of a reference:
/// it opens nothing of anybody's.
fn is_laptops(secret: &Secret<'_>, subject: &Subject<'_>) -> bool {
    let is_near = secret
        .database
        .is_some_and(|database| matches!(database.host(), Host::Local | Host::Loopback));
    let template = secret.field.template.as_ref();
    is_near
        && !subject.is_production()
        && template.is_some_and(|template| {
            let is_brought = |part: &Part| matches!(part, Part::Hole(_));
            let default = by_default(template);
            template.parts.iter().all(is_brought)
                && default.is_some_and(|default| look(&default) != Look::Random)
        })
}

fn lighten(subject: &Subject<'_>, found: &mut Found) {
    found.profiles.clone_from(&subject.profiles);
    if !subject.is_production() {
        found.severity(Severity::Warning);
    }
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
