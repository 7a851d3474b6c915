//! PG024 to PG027: poolers, services and libraries that want it otherwise, or did once.

use super::{
    Check, Rule,
    libpq::Link,
    shared::{is_told, transport},
    tls::REMEDY,
};
use crate::{
    check::{
        fix::Fix,
        found::Out,
        subject::{Database, Field, From, Known, Subject},
    },
    django::{database::flag, engine::Family},
    finding::Severity,
    manifest::{Item, Node, Span},
    template::Part,
};

/// Ports that poolers have where nobody says otherwise: `PgBouncer`, Supavisor in transaction mode, and the pools of
/// `DigitalOcean`.
const POOLER_PORTS: &[&str] = &["6432", "6543", "25061"];

/// Azure's servers, in each of its clouds.
const AZURE: &[&str] = &[
    ".postgres.database.azure.com",
    ".postgres.database.usgovcloudapi.net",
    ".postgres.database.chinacloudapi.cn",
];

/// What `dj_database_url` takes as arguments, and no driver as options.
const ARGUMENTS: &[&str] = &[
    "ssl_require",
    "conn_max_age",
    "conn_health_checks",
    "disable_server_side_cursors",
    "atomic_requests",
    "test_options",
];

pub(super) const CURSORS: Rule = Rule {
    id: "PG024",
    severity: Severity::Advice,
    title: "cursors on the server, behind a pooler",
    why: "A pooler in transaction mode gives the next transaction another connection, and a cursor on the server stays \
          with the old one: `iterator()` fails with `cursor does not exist`. Port 6432 and names with `-pooler` are \
          PgBouncer's as a rule. In session mode it may stay as it is.",
    remedy: "write `DISABLE_SERVER_SIDE_CURSORS = true`",
    sources: &[
        "https://docs.djangoproject.com/en/stable/ref/databases/#transaction-pooling-server-side-cursors",
    ],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
PORT = 6432
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
PORT = 6432
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
DISABLE_SERVER_SIDE_CURSORS = true
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    check: Check::Family(Family::Postgresql, cursors),
};

pub(super) const SINGLE_SERVER: Rule = Rule {
    id: "PG025",
    severity: Severity::Warning,
    title: "a login or an `sslmode` as Azure's retired single server had it",
    why: "The single server took logins as `user@server`. A flexible server takes the whole of it for the user's name, and \
          knows nobody of that name. Names of people and groups of Microsoft Entra ID, which have a domain behind the `@`, \
          are not meant. A flexible server also takes no connection without TLS, unless somebody has turned that off: an \
          `sslmode` below `require` is refused, or does nothing but give way to whoever stands in between.",
    remedy: "write the user's name alone",
    sources: &[
        "https://learn.microsoft.com/en-us/azure/postgresql/flexible-server/concepts-compare-single-server-flexible-server",
        "https://learn.microsoft.com/en-us/azure/postgresql/migrate/whats-happening-to-postgresql-single-server",
    ],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "shop.postgres.database.azure.com"
USER = "shop_app@shop"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "shop.postgres.database.azure.com"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "system" }
"#,
    check: Check::Family(Family::Postgresql, single_server),
};

pub(super) const OLD_ENGINE: Rule = Rule {
    id: "PG026",
    severity: Severity::Error,
    title: "an engine that Django no longer has",
    why: "`django.db.backends.postgresql_psycopg2` was renamed in Django 1.9 and is gone since Django 3.0: the settings \
          cannot be loaded. What the other rules look at, they cannot see behind this name, nor behind \
          `postgresql_psycopg2` alone.",
    remedy: "write `ENGINE = \"postgresql\"`",
    sources: &["https://docs.djangoproject.com/en/stable/releases/3.0/#features-removed-in-3-0"],
    wrong: r#"[databases.default]
ENGINE = "django.db.backends.postgresql_psycopg2"
NAME = "shop"
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
"#,
    check: Check::Database(old_engine),
};

pub(super) const URL_QUERY: Rule = Rule {
    id: "PG027",
    severity: Severity::Warning,
    title: "an argument of dj-database-url in the URL's query",
    why: "`ssl_require`, `conn_max_age` and their like are arguments of the library's functions. In a URL's query they \
          become options of libpq, which has none of these names, and no connection is made. django-environ reads some \
          of them there, and `ssl_require` not.",
    remedy: "write Django's key beside `url`, and `sslmode` in place of `ssl_require`",
    sources: &[
        "https://github.com/jazzband/dj-database-url#url-schema",
        "https://github.com/jazzband/dj-database-url/blob/master/dj_database_url/__init__.py",
    ],
    wrong: r#"[databases.default]
url = "postgres://shop_app:${env://DB_PASSWORD | urlencode}@db.shop.example/shop?sslmode=verify-full&conn_max_age=60"
OPTIONS = { sslrootcert = "system" }
"#,
    right: r#"[databases.default]
url = "postgres://shop_app:${env://DB_PASSWORD | urlencode}@db.shop.example/shop?sslmode=verify-full"
CONN_MAX_AGE = 60
OPTIONS = { sslrootcert = "system" }
"#,
    check: Check::Family(Family::Postgresql, url_query),
};

/// Whether the server is a pooler, as its port or its name tells.
pub(super) fn is_pooled(database: &Database<'_>) -> bool {
    let port = database.field("PORT").filter(|field| !field.is_empty());
    let port = port.or_else(|| database.option("port"));
    let has_port = port.and_then(Field::word).is_some_and(|ports| {
        ports
            .split(',')
            .any(|port| POOLER_PORTS.contains(&port.trim()))
    });
    let has_name = database.text("HOST").is_some_and(|hosts| {
        let hosts = hosts.to_ascii_lowercase();
        hosts.split([',', '.']).any(|label| {
            label.ends_with("-pooler") || label == "pooler" || label.contains("pgbouncer")
        })
    });
    has_port || has_name
}

/// Supavisor's port for sessions, where a connection stays with its client.
fn is_session_pooler(database: &Database<'_>) -> bool {
    let port = database.field("PORT").filter(|field| !field.is_empty());
    let port = port.or_else(|| database.option("port"));
    let is_usual = port.is_none_or(|port| port.word().is_some_and(|port| port.trim() == "5432"));
    is_usual && database.is_at(&[".pooler.supabase.com"])
}

fn cursors(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    const KEY: &str = "DISABLE_SERVER_SIDE_CURSORS";
    let is_left = match database.field(KEY).map(|field| &field.value) {
        None => !Link::new(database, subject).is_open(),
        Some(Known::Flag(is_off)) => !is_off,
        Some(Known::Text(text)) => flag(text.expose()) == Some(false),
        Some(_) => false,
    };
    if is_left && is_pooled(database) && !is_session_pooler(database) {
        let place = ["PORT", "HOST"]
            .into_iter()
            .find_map(|key| database.field(key));
        let found = match place {
            // A library adds it to what it makes of a URL.
            Some(place) if database.field(KEY).is_none_or(|key| key.from == From::Url) => {
                out.at(database.key(&[KEY]), &place.span)
            }
            _ => out.on(database, &[KEY]),
        };
        found.fix(Fix::set(database, &[KEY], "true").shown());
    }
}

fn single_server(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    if server_login(database, subject, out) || !database.is_at(AZURE) {
        return;
    }
    let link = Link::new(database, subject);
    let is_weak = link
        .option("sslmode")
        .is_none_or(|mode| matches!(mode.text(), Some("disable" | "allow" | "prefer")));
    if is_weak && link.is_plain() {
        transport(link.found(out, "sslmode"), subject).remedy(REMEDY);
    }
}

/// Looks at the login, and tells whether it is one of a single server.
fn server_login(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) -> bool {
    let Some(field) = database.field("USER") else {
        return false;
    };
    let Some((user, server)) = field.text().and_then(|text| text.rsplit_once('@')) else {
        return false;
    };
    if !database.is_at(AZURE) || user.is_empty() {
        return false;
    }
    let host = database.host_name().unwrap_or_default();
    let server = server.to_ascii_lowercase();
    let is_server = !server.contains('.') || server == host.trim_end_matches('.');
    if !is_server {
        return false;
    }
    let found = out.on(database, &["USER"]);
    if is_told(field, subject) {
        let user = toml_edit::Value::from(user).to_string();
        found.fix(Fix::set(database, &["USER"], user));
    }
    true
}

fn old_engine(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    const OLD: &[&str] = &[
        "django.db.backends.postgresql_psycopg2",
        "django.db.backends.postgresql_psycopg2.base",
    ];
    // Of the short name, which Django never had, the manifest's reader tells.
    if database
        .text("ENGINE")
        .is_some_and(|engine| OLD.contains(&engine))
    {
        out.on(database, &["ENGINE"])
            .fix(Fix::set(database, &["ENGINE"], "\"postgresql\""));
    }
}

fn url_query(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    for name in ARGUMENTS {
        let path = ["OPTIONS", *name];
        let Some(field) = database.at(&path) else {
            continue;
        };
        if field.from != From::Url {
            continue;
        }
        let found = out.on(database, &path);
        if *name == "ssl_require" {
            found.note("it asks for no TLS here: `sslmode` does");
        }
        if let Some(fix) = without(database, subject, name, field) {
            found.fix(fix);
        }
    }
}

/// The URL without one parameter, and for Django's own keys, the key in its place.
fn without(
    database: &Database<'_>,
    subject: &Subject<'_>,
    name: &str,
    field: &Field,
) -> Option<Fix> {
    let url = database
        .entry
        .url
        .as_ref()
        .filter(|url| is_told(field, subject) && !holds_secret(url))?;
    let shorter = cut(&subject.manifest.source.text, &url.span, name)?;
    let fix = Fix::set(database, &["url"], shorter);
    let value = match &field.value {
        Known::Number(number) if name == "conn_max_age" => number.parse::<u32>().ok()?.to_string(),
        Known::Flag(flag) if name != "ssl_require" => flag.to_string(),
        _ => return Some(fix),
    };
    let key = name.to_ascii_uppercase();
    let is_written = database
        .at(&[&key])
        .is_some_and(|field| field.key_span.is_some());
    if is_written {
        return Some(fix);
    }
    Some(fix.and_set(database, &[&key], value))
}

/// Whether a URL has a password that is written out, or may have one in a default: a change that says the URL would say
/// it too.
fn holds_secret(url: &Item) -> bool {
    let Node::Text(template) = &url.node else {
        return true;
    };
    if template.holes().iter().any(|hole| hole.default.is_some()) {
        return true;
    }
    let literal = template.parts.iter().map(|part| match part {
        Part::Literal(text) => text.as_str(),
        Part::Hole(_) => "",
    });
    let literal: String = literal.collect();
    let (address, query) = literal.split_once('?').unwrap_or((&literal, ""));
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    let login = address.rsplit_once('@').map_or("", |(login, _)| login);
    let has_password = login
        .split_once(':')
        .is_some_and(|(_, password)| !password.is_empty());
    let is_secret = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        !value.is_empty() && name.to_ascii_lowercase().contains("pass")
    };
    has_password || query.split('&').any(is_secret)
}

/// A string of the manifest, with its quotes, that is a URL of one query, without a parameter of that query.
fn cut(text: &str, span: &Span, name: &str) -> Option<String> {
    let raw = text.get(span.clone())?;
    let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = raw.strip_prefix(quote)?.strip_suffix(quote)?;
    let (start, query) = inner.split_once('?')?;
    if query.contains(['?', '#', '$', '\\', quote]) {
        return None;
    }
    let is_other = |part: &&str| part.split('=').next() != Some(name);
    let parts: Vec<&str> = query.split('&').filter(is_other).collect();
    if parts.len() == query.split('&').count() {
        return None;
    }
    let query = match parts.join("&") {
        query if query.is_empty() => query,
        query => format!("?{query}"),
    };
    Some(format!("{quote}{start}{query}{quote}"))
}
