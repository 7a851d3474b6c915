//! Secrets in addresses.

mod holes;

use holes::{Role, holes};

use super::{Check, Rule, is_placeholder};
use crate::{
    check::{
        fix::Fix,
        found::Out,
        settings::{Settings, address_secrets, params_secrets},
        subject::{Field, Known, Subject},
    },
    filter::Filter,
    finding::Severity,
    manifest::{Node, Span},
    redact::common::is_everybodys,
    scan::words::bearing,
    template::{Hole, Part, Template},
};

pub(super) const GN018: Rule = Rule {
    id: "GN018",
    severity: Severity::Advice,
    title: "Django's error pages would show this secret",
    why: "Django hides settings on its debug page and in error mails by their names: those with API, AUTH, TOKEN, KEY, SECRET, PASS, \
          SIGNATURE or HTTP_COOKIE. An address with a password in it, bound to a setting such as `REDIS_URL` or \
          `SENTRY_DSN`, is shown whole. Where the settings are evaluated, they tell which variables they bind.",
    remedy: "do not bind it to a setting of that name: read the variable where it is used, or give the setting a name that Django hides",
    sources: &[
        "https://docs.djangoproject.com/en/stable/howto/error-reporting/#filtering-sensitive-information",
    ],
    wrong: r#"[env]
REDIS_URL = "rediss://:${env://REDIS_PASSWORD | urlencode}@cache.shop.example:6380/0"
"#,
    right: r#"[env]
REDIS_URL_WITH_PASSWORD = "rediss://:${env://REDIS_PASSWORD | urlencode}@cache.shop.example:6380/0"
"#,
    check: Check::AndSettings(&Check::Manifest(shown), shown_of_settings),
};

/// What Django's `hidden_settings` looks for, in any case.
const HIDDEN: &[&str] = &[
    "API",
    "AUTH",
    "TOKEN",
    "KEY",
    "SECRET",
    "PASS",
    "SIGNATURE",
    "HTTP_COOKIE",
];

/// Whether Django hides a setting of this name.
pub(in crate::check) fn is_hidden(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    HIDDEN.iter().any(|word| name.contains(word))
}

fn shown(subject: &Subject<'_>, out: &mut Out<'_>) {
    for field in &subject.env {
        let Some(template) = &field.template else {
            continue;
        };
        let is_brought = template.literal().is_none();
        let in_address = template.parts.len() > 1 && has_secret_place(template);
        let is_login = matches!(template.parts[..], [Part::Hole(_)]) && names_a_login(&field.name);
        let is_secret = bearing(&field.name).is_some() && is_brought;
        if (in_address || is_login || is_secret) && !is_hidden(&field.name) {
            out.variable(field);
        }
    }
}

fn shown_of_settings(settings: &Settings<'_>, out: &mut Out<'_>) {
    for field in settings.own() {
        exposed(settings, &mut vec![&field.name], field, out);
    }
}

/// Django looks at the keys of tables too, and hides what is below one.
fn exposed<'a>(
    settings: &Settings<'_>,
    path: &mut Vec<&'a str>,
    field: &'a Field,
    out: &mut Out<'_>,
) {
    if is_hidden(&field.name) {
        return;
    }
    match &field.value {
        Known::Text(text) => {
            let what = if holds_password(text.expose()) {
                "it holds an address with a password"
            } else if !params_secrets(&field.name, text.expose()).is_empty() {
                "a secret stands among the words for the driver"
            } else if settings.holds_secret(text.expose()) {
                "a secret stands in it"
            } else {
                return;
            };
            settings
                .found(out, path)
                .severity(Severity::Warning)
                .note(what);
        }
        Known::Table(fields) | Known::List(fields) => {
            for below in fields {
                if !below.name.is_empty() {
                    path.push(&below.name);
                }
                exposed(settings, path, below, out);
                if !below.name.is_empty() {
                    path.pop();
                }
            }
        }
        _ => {}
    }
}

/// A password that everybody knows is no secret.
fn holds_password(text: &str) -> bool {
    let passwords = address_secrets(text);
    let mut real = passwords.iter();
    real.any(|password| !is_everybodys(password.as_bytes()) && !is_placeholder(password))
}

/// Whether a reference stands in the login of an address, or in a parameter of its query that holds a secret by its name.
fn has_secret_place(template: &Template) -> bool {
    let places: Vec<&Hole> = inserted(template).collect();
    let mut before = String::new();
    template.parts.iter().any(|part| match part {
        Part::Literal(text) => {
            before.push_str(text);
            false
        }
        Part::Hole(hole) => {
            let query = before.rsplit_once(['?', '&']).map(|(_, last)| last);
            let is_secret = query.is_none_or(|last| {
                let name = last.split_once('=').map(|(name, _)| name);
                name.is_some_and(|name| bearing(name).is_some())
            });
            before.push('\u{1}');
            is_secret && places.iter().any(|place| std::ptr::eq(*place, hole))
        }
    })
}

/// Names of variables whose value, as a rule, is an address with a password in it: these, or with something before them.
const ADDRESSES: &[&str] = &[
    "AMQP_URL",
    "AMQP_URI",
    "BROKER",
    "BROKER_URL",
    "CACHE_URL",
    "CLOUDAMQP_URL",
    "CONNECTION_STRING",
    "DATABASE_URI",
    "DATABASE_URL",
    "DB_URL",
    "DSN",
    "ELASTICSEARCH_URL",
    "EMAIL_URL",
    "MONGODB_URI",
    "MONGODB_URL",
    "MONGO_URI",
    "MONGO_URL",
    "MYSQL_URL",
    "OPENSEARCH_URL",
    "POSTGRESQL_URL",
    "POSTGRES_URL",
    "RABBITMQ_URL",
    "REDIS_URI",
    "REDIS_URL",
    "RESULT_BACKEND",
    "SMTP_URL",
    "SQLALCHEMY_DATABASE_URI",
    "VALKEY_URL",
];

fn names_a_login(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ADDRESSES.iter().any(|known| {
        name.strip_suffix(known)
            .is_some_and(|before| before.is_empty() || before.ends_with('_'))
    })
}

pub(super) const GN019: Rule = Rule {
    id: "GN019",
    severity: Severity::Warning,
    title: "a secret is put into an address as it is",
    why: "In a URL, `@`, `/`, `:`, `#`, `%` and `?` mean something. A password that holds one of them ends too early: the login is \
          refused, or the rest of the password is taken for the host, looked up, and written to logs.",
    remedy: "write the filter `| urlencode` behind the reference",
    sources: &[
        "https://www.rfc-editor.org/rfc/rfc3986#section-2.1",
        "https://github.com/jazzband/dj-database-url#url-schema",
    ],
    wrong: r#"[env]
REDIS_URL_KEY = "rediss://:${env://REDIS_PASSWORD}@cache.shop.example:6380/0"
"#,
    right: r#"[env]
REDIS_URL_KEY = "rediss://:${env://REDIS_PASSWORD | urlencode}@cache.shop.example:6380/0"
"#,
    check: Check::Manifest(raw),
};

fn raw(subject: &Subject<'_>, out: &mut Out<'_>) {
    for database in &subject.databases {
        if let Some(url) = &database.entry.url
            && let Node::Text(template) = &url.node
        {
            let path = ["databases", &database.alias.text, "url"];
            tell(subject, template, (&path, &url.span), out);
        }
    }
    for Field {
        name,
        template,
        span,
        ..
    } in &subject.env
    {
        if let Some(template) = template {
            tell(subject, template, (&["env", name], span), out);
        }
    }
}

fn tell(
    subject: &Subject<'_>,
    template: &Template,
    (path, span): (&[&str], &Span),
    out: &mut Out<'_>,
) {
    let mut raw: Vec<(&Hole, Role)> = holes(template);
    raw.retain(|(hole, role)| {
        let is_told = match role {
            Role::Parameter(name) => bearing(name).is_some(),
            _ => true,
        };
        is_told && !hole.filters.contains(&Filter::Urlencode)
    });
    let (logins, raw): (Vec<_>, Vec<_>) =
        raw.into_iter().partition(|(_, role)| *role == Role::Login);
    for (hole, _) in &logins {
        // The `:` between user and password would be encoded too.
        out.at(path.join("."), &hole.range).remedy(
            "write the user and the password as references of their own, each with the filter `| urlencode`",
        );
    }
    for (hole, _) in &raw {
        out.at(path.join("."), &hole.range);
    }
    // One change mends them all: the text with the filter behind each.
    let Some(text) = encoded(&subject.manifest.source.text, span, &raw) else {
        return;
    };
    let names = raw
        .iter()
        .map(|(hole, _)| format!("${{{}}}", hole.reference));
    let names: Vec<String> = names.collect();
    let shown = format!("add `| urlencode` behind {}", names.join(", "));
    let fix = Fix::set_key(path, text).telling(shown);
    let is_safe = raw.iter().all(|(hole, role)| is_sure(hole, role));
    if let Some(found) = out.last() {
        found.fix(if is_safe { fix } else { fix.shown() });
    }
}

/// The text with the filter behind each of the references, where that changes nothing else.
fn encoded(source: &str, span: &Span, raw: &[(&Hole, Role)]) -> Option<String> {
    let mut text = source.get(span.clone())?.to_owned();
    for (hole, _) in raw.iter().rev() {
        // In front of a filter, the blanks at the end of a default are none of its own.
        let ends_blank = hole.default.as_ref().is_some_and(|default| {
            matches!(default.parts.last(), Some(Part::Literal(text)) if text.ends_with(char::is_whitespace))
        });
        let end = hole.range.end.checked_sub(span.start + 1)?;
        if ends_blank || text.get(end..=end) != Some("}") {
            return None;
        }
        text.insert_str(end, " | urlencode");
    }
    (!raw.is_empty()).then_some(text)
}

/// Whether a reference is a password and nothing else, and no default may be encoded already.
fn is_sure(hole: &Hole, role: &Role) -> bool {
    let default = hole.default.as_ref();
    let is_raw = default.is_none_or(|default| {
        default
            .literal()
            .is_some_and(|literal| !literal.contains('%'))
    });
    *role == Role::Password && is_raw
}

/// References that stand in the login or the query of an address.
fn inserted(template: &Template) -> impl Iterator<Item = &Hole> {
    let mut before = String::new();
    let text: Vec<(usize, &Part)> = template
        .parts
        .iter()
        .map(|part| {
            let at = before.len();
            match part {
                Part::Literal(text) => before.push_str(text),
                Part::Hole(_) => before.push('\u{1}'),
            }
            (at, part)
        })
        .collect();
    let start = before.find("://").map(|at| at + 3);
    let rest = start.map_or("", |start| &before[start..]);
    let query = rest.find('?').map(|at| at + start.unwrap_or(0));
    let end = query.unwrap_or(before.len());
    // The last `@` ends the login: a password that is written raw may hold one.
    let login = start.and_then(|start| {
        let authority = &before[start..end];
        let path = authority.find('/').unwrap_or(authority.len());
        authority[..path].rfind('@').map(|at| start..start + at)
    });
    let is_address = start.is_some_and(|start| start > 3 && !before[..start].contains('\u{1}'));
    let places = text.into_iter().filter(move |(at, _)| {
        let in_login = login.as_ref().is_some_and(|login| login.contains(at));
        is_address && (in_login || query.is_some_and(|query| *at > query))
    });
    places.filter_map(|(_, part)| match part {
        Part::Hole(hole) => Some(hole),
        Part::Literal(_) => None,
    })
}
