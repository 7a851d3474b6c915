//! Tokens for SQL Server: what a server refuses, and what ends while the process runs.

use std::time::{Duration, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{AZURE, Check, Rule, params::is_python};
use crate::{
    check::{
        found::Out,
        settings::Settings,
        subject::{Database, Field, From, Known, Subject},
    },
    django::engine::Family,
    finding::Severity,
    template::Part,
};

const TOKENS: &str = "https://learn.microsoft.com/en-us/sql/connect/python/mssql-django/microsoft-entra-authentication";

pub(super) const MS014: Rule = Rule {
    id: "MS014",
    severity: Severity::Warning,
    title: "the token ends while the process runs",
    why: "Django reads its settings once, and a token of Entra ID ends after 60 to 90 minutes: from then on every new connection \
          is refused until the process is started again.",
    remedy: "write `auth = \"entra\"` and `live = true`, and start the process with `nuages exec --supervise`: connections then take the newest token",
    sources: &[
        TOKENS,
        "https://github.com/microsoft/mssql-django/issues/216",
    ],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
TOKEN = "${env://SQL_TOKEN}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server", extra_params = "Encrypt=yes" }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = "entra"
live = true
"#,
    check: Check::Family(Family::Mssql, frozen),
};

fn frozen(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let is_live = database
        .entry
        .live
        .as_ref()
        .is_some_and(|(live, _)| *live != crate::manifest::Live::Not);
    if is_live || database.field("TOKEN").is_none_or(Field::is_empty) {
        return;
    }
    // A job that migrates ends before its token does.
    if subject.may_alter || !subject.is_production() {
        return;
    }
    let is_fetched = database
        .field("TOKEN")
        .is_some_and(|field| field.from == From::Auth);
    let found = out.on(database, if is_fetched { &["auth"] } else { &["TOKEN"] });
    if is_fetched {
        // It is new at each start: a process that lives less than an hour needs no more.
        found.severity(Severity::Advice);
    }
}

pub(super) const MS015: Rule = Rule {
    id: "MS015",
    severity: Severity::Error,
    title: "this is no token",
    why: "A driver sends what it is given: a token that is empty, or that holds a blank or a line break, is refused by the server \
          alone, in words that say nothing of it. mssql-django refuses anything but text.",
    remedy: "give `TOKEN` a reference to the token alone, or write `auth = \"entra\"`",
    sources: &[TOKENS],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
TOKEN = ""
OPTIONS = { driver = "ODBC Driver 18 for SQL Server", extra_params = "Encrypt=yes" }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = "entra"
"#,
    check: Check::Family(Family::Mssql, no_token),
};

fn no_token(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    let Some(field) = database.field("TOKEN") else {
        return;
    };
    let what = match &field.value {
        Known::Text(text) if text.expose().is_empty() => "it is empty",
        Known::Text(text)
            if text
                .expose()
                .contains(|c: char| c.is_whitespace() || c.is_control()) =>
        {
            "a blank or a line break stands in it"
        }
        Known::Text(text) if !text.expose().is_ascii() => "it holds more than ASCII",
        Known::Null => "it is null",
        Known::Flag(_) | Known::Number(_) | Known::List(_) | Known::Table(_) => "it is no text",
        Known::Unknown if has_blank(field) => "a blank stands beside the reference",
        Known::Text(_) | Known::Unknown => return,
    };
    out.on(database, &["TOKEN"]).note(what);
}

/// Whether a blank stands beside a reference: `Bearer ${…}`.
fn has_blank(field: &Field) -> bool {
    field
        .template
        .iter()
        .flat_map(|template| &template.parts)
        .any(|part| matches!(part, Part::Literal(text) if text.contains(char::is_whitespace)))
}

pub(super) const MS016: Rule = Rule {
    id: "MS016",
    severity: Severity::Error,
    title: "the server will not take this token",
    why: "A token is for one resource and for a time. One for another resource than Azure SQL in the cloud of `HOST`, or one whose \
          time is over, is refused at login.",
    remedy: "ask for a token of the right resource: `auth = \"entra\"` does",
    sources: &[
        TOKENS,
        "https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference",
    ],
    wrong: "",
    right: "",
    check: Check::Family(Family::Mssql, other_token),
};

/// The resources of Azure SQL, in the order of [`AZURE`].
const AUDIENCES: &[&str] = &[
    "https://database.windows.net",
    "https://database.usgovcloudapi.net",
    "https://database.chinacloudapi.cn",
    "https://database.sovcloud-api.fr",
];

fn other_token(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let Some(claims) = database.text("TOKEN").and_then(claims) else {
        return;
    };
    let expires = claims.get("exp").and_then(serde_json::Value::as_u64);
    let expires = expires.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    if expires.is_some_and(|moment| moment <= subject.now) {
        out.on(database, &["TOKEN"]).note("its time is over");
    }
    let Some(audience) = claims.get("aud").and_then(serde_json::Value::as_str) else {
        return;
    };
    let cloud = AZURE.iter().position(|suffix| database.is_at(&[suffix]));
    let audience = audience.trim_end_matches('/');
    let fits = match cloud {
        Some(cloud) => AUDIENCES[cloud] == audience || is_application(audience),
        // A server of one's own name is in one of the clouds, or in none.
        None => AUDIENCES.contains(&audience) || is_application(audience),
    };
    if !fits {
        out.on(database, &["TOKEN"])
            .note("it is for another resource");
    }
}

/// Azure SQL's own application, which stands in tokens of the older form.
fn is_application(audience: &str) -> bool {
    audience == "022907d3-0f1b-48f7-badc-1ba6abab6d66"
}

/// What a token says of itself.
fn claims(token: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice(&bytes).ok()
}

pub(super) const MS017: Rule = Rule {
    id: "MS017",
    severity: Severity::Advice,
    title: "pooled connections may outlive their token",
    why: "Where the ODBC driver manager pools connections, a connection that was opened with one token is handed out for another: \
          somebody else's rights, or one that has ended. Microsoft asks for pooling to be off with tokens.",
    remedy: "write `DATABASE_CONNECTION_POOLING = False` in the settings; with `live = true` nuages sees to it",
    sources: &[
        "https://github.com/microsoft/mssql-django#settings",
        "https://learn.microsoft.com/en-us/sql/connect/odbc/linux-mac/connection-pooling",
    ],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = "entra"
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = "entra"
live = true
"#,
    check: Check::AndSettings(&Check::Family(Family::Mssql, pooled), pooled_of_settings),
};

/// mssql-django turns pooling off for `False` alone.
fn pooled_of_settings(settings: &Settings<'_>, out: &mut Out<'_>) {
    let pooling = settings.field("DATABASE_CONNECTION_POOLING");
    if pooling.and_then(Field::flag) == Some(false) {
        return;
    }
    for database in &settings.subject.databases {
        let is_mssql = database.family == Some(Family::Mssql);
        if is_mssql && database.has("TOKEN") && is_python(database) == Some(false) {
            out.on(database, &["TOKEN"])
                .severity(Severity::Warning)
                .note("`DATABASE_CONNECTION_POOLING` is not `False`");
        }
    }
}

fn pooled(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let is_live = database
        .entry
        .live
        .as_ref()
        .is_some_and(|(live, _)| *live != crate::manifest::Live::Not);
    let has_token = database.field("TOKEN").is_some();
    let is_kept = subject.is_production() && !subject.may_alter;
    if is_kept && has_token && !is_live && is_python(database) == Some(false) {
        let is_fetched = database.method.is_some();
        out.on(database, if is_fetched { &["auth"] } else { &["TOKEN"] });
    }
}
