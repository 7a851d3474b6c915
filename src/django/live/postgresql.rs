//! PostgreSQL: libpq reads `OPTIONS.passfile` at each connection, also for psycopg's pool.
//!
//! Source: PostgreSQL documentation, "The Password File" and "Parameter Key Words"; `get_connection_params` of
//! `django/db/backends/postgresql/base.py` (Django 5.2 and 6.1).

use super::{Delivery, Elsewhere, LiveFile, Place, elsewhere, no_secret, secret, with_option};
use crate::{
    django::seen::{Fault, Seen},
    render::{Unrepresentable, pgpass},
    value::Table,
};

/// libpq takes this password before it looks into a file.
const HIDES: &[&str] = &["PGPASSWORD"];

/// Options that bring a password of their own, which libpq would take, or another file.
const ELSEWHERE: &[Elsewhere] = &[
    (
        "passfile",
        "leave it out: `live` writes it, with the file that is kept fresh",
    ),
    ("password", "write it as `PASSWORD`"),
    (
        "service",
        "leave it out: `HOST`, `PORT`, `NAME` and `USER` say where to, and a service may have a password that stays as it is",
    ),
    (
        "conninfo",
        "leave it out: `HOST` and `OPTIONS` say the same",
    ),
    ("dsn", "leave it out: `HOST` and `OPTIONS` say the same"),
];

pub(super) fn deliver(
    alias: &str,
    database: &Table,
    place: &Place<'_>,
) -> Result<Delivery, Vec<Fault>> {
    let mut faults = elsewhere(&Seen::of(database), ELSEWHERE);
    if secret(database, "PASSWORD").is_none() {
        faults.push(no_secret("PASSWORD"));
        return Err(faults);
    }
    let (name, path) = place.file("pgpass");
    let content = pgpass::of_one_login(alias, database)
        .map_err(|more| faults.extend(more.iter().map(|one| fault(alias, one))));
    let table = with_option(database, "passfile", path).map_err(|fault| faults.push(fault));
    match (content, table) {
        (Ok(content), Ok(mut table)) if faults.is_empty() => {
            table.remove("PASSWORD");
            Ok(Delivery {
                table,
                files: vec![LiveFile { name, content }],
                needs_python: false,
                hides: HIDES,
            })
        }
        _ => Err(faults),
    }
}

/// The same in this module's terms: the key is the database's own.
fn fault(alias: &str, one: &Unrepresentable) -> Fault {
    let prefix = format!("databases.{alias}.");
    let key = one.key.strip_prefix(&prefix).unwrap_or(&one.key);
    let path: Vec<&str> = key.splitn(2, '.').collect();
    let name = path.last().copied().unwrap_or_default();
    let what = format!("`{name}` cannot stand in a password file: {}", one.reason);
    Fault::value(&path, what)
}
