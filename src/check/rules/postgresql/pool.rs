//! PG015 and PG016: psycopg's pool.

use super::{
    Check, Rule,
    shared::{is_live, is_token},
};
use crate::{
    check::{
        fix::Fix,
        found::Out,
        subject::{Age, Database, Field, Known, Subject},
    },
    django::engine::Family,
    finding::Severity,
    manifest::{Node, OnChange, entry},
};

const POOL: &str = "https://docs.djangoproject.com/en/stable/ref/databases/#connection-pool";

pub(super) const KEPT: Rule = Rule {
    id: "PG015",
    severity: Severity::Error,
    title: "connections are kept twice: by Django and by a pool",
    why: "Django refuses to start a pool where `CONN_MAX_AGE` is not 0: the pool keeps connections itself. The first query \
          fails with `ImproperlyConfigured`.",
    remedy: "write `CONN_MAX_AGE = 0`; how long the pool keeps a connection is `max_lifetime` in `pool`",
    sources: &[POOL],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
CONN_MAX_AGE = 60
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", pool = true }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
CONN_MAX_AGE = 0
OPTIONS = { sslmode = "verify-full", sslrootcert = "system", pool = { max_lifetime = 600 } }
"#,
    check: Check::Family(Family::Postgresql, kept),
};

pub(super) const FROZEN: Rule = Rule {
    id: "PG016",
    severity: Severity::Warning,
    title: "a pool keeps a password that will change",
    why: "The pool is made once, with the password of that moment, and makes every later connection with it. A token is \
          good for minutes, RDS changes the passwords that it manages every week, and `refresh` says that a secret may \
          change: from then on each new connection is refused until the process starts again. With `live = true` the \
          password is in a file that libpq reads at each connection, the pool's too. With `on_change = \"restart\"` the \
          process starts again, and nothing is found.",
    remedy: "write `live = true`, and run the command under `nuages exec --supervise`",
    sources: &[
        POOL,
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html",
    ],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "shop.postgres.database.azure.com"
USER = "shop-identity"
auth = "entra"
OPTIONS = { pool = true }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "shop.postgres.database.azure.com"
USER = "shop-identity"
auth = "entra"
live = true
OPTIONS = { pool = true }
"#,
    check: Check::Family(Family::Postgresql, frozen),
};

/// How secrets begin that RDS manages, and changes.
const MANAGED: &str = "rds!";

/// The pool, where there is one for certain: Django takes what Python calls false for none.
fn pool<'d>(database: &'d Database<'_>) -> Option<&'d Field> {
    let field = database.option("pool")?;
    let is_pool = match &field.value {
        Known::Flag(flag) => *flag,
        Known::Table(fields) | Known::List(fields) => !fields.is_empty(),
        Known::Text(text) => !text.expose().is_empty(),
        Known::Number(number) => number.parse::<f64>().is_ok_and(|number| number != 0.0),
        Known::Null | Known::Unknown => false,
    };
    is_pool.then_some(field)
}

fn kept(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    let is_kept = matches!(database.max_age(), Age::Unlimited)
        || matches!(database.max_age(), Age::Seconds(seconds) if seconds > 0);
    if pool(database).is_some() && is_kept {
        out.on(database, &["CONN_MAX_AGE"])
            .fix(Fix::set(database, &["CONN_MAX_AGE"], "0"));
    }
}

fn frozen(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    // What starts the process again makes another pool.
    let is_restarted = subject.layer.supervise.on_change == Some(OnChange::Restart);
    if pool(database).is_none() || is_live(database) || is_restarted {
        return;
    }
    if is_token(database, subject) || is_changing(database, subject) {
        out.on(database, &["OPTIONS", "pool"])
            .fix(Fix::set(database, &["live"], "true").shown());
    }
}

/// Whether the secret is one that RDS manages, or its instance is looked at again and again.
fn is_changing(database: &Database<'_>, subject: &Subject<'_>) -> bool {
    let password = database.field("PASSWORD").and_then(|f| f.template.as_ref());
    let whole = [&database.entry.url, &database.entry.from];
    let whole = whole.into_iter().flatten().map(|item| &item.node);
    let whole = whole.filter_map(|node| match node {
        Node::Text(template) if password.is_none() => Some(template),
        _ => None,
    });
    password.into_iter().chain(whole).any(|template| {
        template.holes().iter().any(|hole| {
            let reference = &hole.reference;
            let instance = entry(&subject.layer.providers, reference.scheme());
            reference.locator().contains(MANAGED)
                || instance.is_some_and(|instance| instance.refresh.is_some())
        })
    })
}
