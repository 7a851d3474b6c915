//! Logins to SQL Server that may do more than an application should.

use super::{
    Check, Rule,
    params::{Params, either, weigh},
};
use crate::{
    check::{
        administrators::SA,
        found::Out,
        subject::{Database, Subject, has_word, is_migration},
    },
    django::{engine::Family, mssql::keywords::is_one_of},
    finding::Severity,
};

const PRACTICES: &str =
    "https://learn.microsoft.com/en-us/azure/azure-sql/database/security-best-practice";

pub(super) const MS011: Rule = Rule {
    id: "MS011",
    severity: Severity::Error,
    title: "the application logs in as `sa`",
    why: "`sa` may do everything on the server: one injected statement reads, changes or drops every database on it, and turns \
          on what runs programs. It is also the login that everybody tries first.",
    remedy: "make a login of its own for the application, with the rights that it needs",
    sources: &[
        "https://learn.microsoft.com/en-us/sql/relational-databases/security/choose-an-authentication-mode",
        "https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html",
    ],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "sa"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server" }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server" }
"#,
    check: Check::Family(Family::Mssql, sa),
};

fn sa(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    either(database, out, |database, out| {
        let is_found = user(database).is_some_and(|user| login(&user).eq_ignore_ascii_case(SA));
        if is_found {
            let found = out.on(database, &["USER"]);
            if !subject.is_production() {
                found.severity(Severity::Advice);
            } else if !database.is_remote() {
                found.severity(Severity::Warning);
            }
        }
        is_found
    });
}

/// A login's name without the server that Azure SQL once wanted behind it.
fn login(user: &str) -> &str {
    user.split('@').next().unwrap_or_default()
}

/// The name that logs in, where it is known: in `extra_params` too.
fn user(database: &Database<'_>) -> Option<String> {
    let written = database.text("USER").filter(|user| !user.is_empty());
    let params = Params::of(database);
    written
        .or_else(|| params.value("UID"))
        .map(|user| user.trim().to_owned())
}

pub(super) const MS012: Rule = Rule {
    id: "MS012",
    severity: Severity::Warning,
    title: "the login looks like an administrator's",
    why: "By its name this login owns the database or administers the server. An application that reads and writes rows needs \
          `db_datareader` and `db_datawriter`; with more, an injected statement changes tables, logins and rights.",
    remedy: "make a login for the application in `db_datareader` and `db_datawriter`, and another for migrations: `nuages check --grants` writes the statements",
    sources: &[
        "https://learn.microsoft.com/en-us/sql/relational-databases/security/authentication-access/database-level-roles",
        PRACTICES,
    ],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "CloudSA1f2e3d4c"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server" }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server" }
"#,
    check: Check::Family(Family::Mssql, administrator),
};

/// Parts of names that an administrator has.
const ADMINISTRATORS: &[&str] = &[
    "admin",
    "administrator",
    "administrators",
    "dba",
    "dbadmin",
    "dbo",
    "owner",
    "root",
    "serveradmin",
    "sqladmin",
    "sqladministrator",
    "superuser",
    "sysadmin",
    "adminuser",
    "azureadmin",
    "azureuser",
];

/// Databases of the server itself.
const SYSTEM: &[&str] = &["master", "msdb", "model", "tempdb"];

fn administrator(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    either(database, out, |database, out| {
        let is_found = database.is_remote()
            && user(database).is_some_and(|user| {
                // Migrations change tables; the server's own administrator is more than that.
                let may_alter = subject.may_alter || is_migration(&database.alias.text);
                is_server_admin(&user) || !may_alter && is_high(&user)
            });
        if is_found {
            weigh(out.on(database, &["USER"]), subject);
        }
        is_found
    });
    if database
        .text("NAME")
        .is_some_and(|name| is_one_of(name, SYSTEM))
    {
        let found = out.on(database, &["NAME"]);
        found
            .note("this database is the server's own")
            .remedy("make a database of its own for the application");
        weigh(found, subject);
    }
}

/// The login that Azure makes for a server's administrator.
fn is_server_admin(user: &str) -> bool {
    user.to_ascii_lowercase().starts_with("cloudsa")
}

/// Whether an administrator has such a name: `shop_admin`, `ShopAdmin`, `sqladmin01`.
fn is_high(user: &str) -> bool {
    let mut words = String::new();
    let mut last = ' ';
    for c in login(user).chars() {
        if c.is_uppercase() && last.is_lowercase() {
            words.push('_');
        }
        words.push(c);
        last = c;
    }
    let words = words.to_ascii_lowercase();
    let mut parts = words.split(|c: char| !c.is_ascii_alphanumeric());
    let ends = |part: &str| {
        let part = part.trim_end_matches(|c: char| c.is_ascii_digit());
        part.ends_with("admin") || part.ends_with("administrator")
    };
    words == "db_owner" || has_word(&words, ADMINISTRATORS) || parts.any(ends)
}
