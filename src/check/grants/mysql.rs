//! MySQL 8 and MariaDB. A grant on a database covers the tables that are made later, so there is nothing to set for those.
//!
//! Source: MySQL Reference Manual, "GRANT Statement", "Privileges Provided by MySQL" and "ALTER TABLE"
//! (<https://dev.mysql.com/doc/refman/8.4/en/grant.html>); MariaDB, "GRANT" and "CREATE USER"
//! (<https://mariadb.com/kb/en/grant/>); <https://learn.microsoft.com/azure/mysql/flexible-server/how-to-azure-ad> for
//! logins of Entra, <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.DBAccounts.html> for
//! those of RDS.

use std::fmt::Write as _;

use super::{
    ONE_LOGIN,
    quote::{Dialect, remark},
    read::{Database, Kind, Login, Name},
    shown,
};

const DIALECT: Dialect = Dialect::Mysql;

/// What models do.
const READ: &str = "SELECT";
const WRITE: &str = "INSERT, UPDATE, DELETE";

/// What migrations do besides: a column, an index and a foreign key each have a privilege of their own, and so has what
/// takes a table away. Django itself makes no view, no trigger and no routine.
const TABLES: &str = "CREATE, ALTER, DROP, INDEX, REFERENCES";

/// What is left of what a database can grant.
const OTHERS: &str = "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER, GRANT OPTION";

/// And what MariaDB alone has, in its own comments: MySQL reads nothing there.
const OF_MARIADB: &str = "/*M!100400 , DELETE HISTORY */ /*M!110302 , SHOW CREATE ROUTINE */";

/// The statements, with what has to be known to run them.
pub(super) fn write(database: &Database) -> String {
    let place = place(&database.name);
    // Nothing of it leaves the machine.
    let is_clear = database.is_local || database.is_loopback;
    let mut sql = String::new();
    let all = match database.copied {
        Some(_) => vec![(
            &database.runtime,
            "runtime",
            READ.to_owned(),
            format!("{WRITE}, {TABLES}, {OTHERS}"),
        )],
        None => vec![
            (
                &database.runtime,
                "runtime",
                format!("{READ}, {WRITE}"),
                format!("{TABLES}, {OTHERS}"),
            ),
            (
                &database.migrations,
                "migrations",
                format!("{READ}, {WRITE}, {TABLES}"),
                OTHERS.to_owned(),
            ),
        ],
    };
    // Writing to a string cannot fail.
    let _ = header(&mut sql, database);
    for (login, variable, given, taken) in all {
        let account = account(&login.name, variable, database.is_local);
        let _ = make(&mut sql, login, variable, &account, is_clear);
        let _ = writeln!(
            sql,
            "GRANT {given} ON {place}.* TO {account};\nREVOKE {taken} {OF_MARIADB} ON {place}.* FROM {account};\n"
        );
    }
    let _ = footer(&mut sql, database);
    sql
}

/// The database in a grant, where `_` and `%` are patterns unless a backslash says otherwise.
fn place(name: &Name) -> String {
    match &name.text {
        Some(text) => DIALECT.identifier(&text.replace('_', "\\_").replace('%', "\\%")),
        None => "<database>".to_owned(),
    }
}

/// A login as the server knows it, with where it comes from.
fn account(name: &Name, variable: &str, is_local: bool) -> String {
    let host = if is_local { "localhost" } else { "%" };
    let user = match &name.text {
        Some(text) => DIALECT.identifier(text),
        None => format!("<{variable}>"),
    };
    format!("{user}@{}", DIALECT.identifier(host))
}

/// The logins that are written, each with its variable.
fn logins(database: &Database) -> Vec<(&Login, &'static str)> {
    let runtime = (&database.runtime, "runtime");
    let migrations = (&database.migrations, "migrations");
    match database.copied {
        Some(_) => vec![runtime],
        None => vec![runtime, migrations],
    }
}

fn header(sql: &mut String, database: &Database) -> std::fmt::Result {
    if let Some(copied) = &database.copied {
        writeln!(
            sql,
            "-- MySQL or MariaDB: {} reads alone, from a copy of {}: {}.\n\
             -- Logins and rights of a copy are those of its primary. Run it there, as an administrator, with mysql or mariadb.\n\
             -- Running it twice changes nothing.",
            shown(&database.runtime.name, "<runtime>"),
            remark(&copied.of),
            copied.reason(),
        )?;
    } else {
        writeln!(
            sql,
            "-- MySQL or MariaDB: {} runs the application, {} its migrations.\n\
             -- Run it as an administrator, with mysql or mariadb. Running it twice changes nothing.",
            shown(&database.runtime.name, "<runtime>"),
            shown(&database.migrations.name, "<migrations>"),
        )?;
        if database.is_proposed {
            sql.push_str(ONE_LOGIN);
        }
    }
    let logins = logins(database);
    let marks = logins
        .iter()
        .map(|(login, variable)| (format!("<{variable}>"), &login.name));
    let unknown: Vec<String> = std::iter::once(("<database>".to_owned(), &database.name))
        .chain(marks)
        .filter(|(_, name)| name.text.is_none())
        .map(|(mark, _)| mark)
        .collect();
    if !unknown.is_empty() {
        writeln!(
            sql,
            "-- References bring these names: write them in backticks in place of {}. The server refuses them as they are.",
            unknown.join(", ")
        )?;
    }
    if !database.is_local {
        sql.push_str("-- Logins come from any host, `%`: write the application's network instead, such as `10.0.0.0/255.255.0.0`.\n");
    }
    if database.copied.is_none() {
        sql.push_str("-- Tests make a database of their own, which takes CREATE on it: give them another login.\n");
    }
    sql.push_str("\nSET NAMES utf8mb4;\n\n");
    Ok(())
}

/// The login itself. One without a password would let everybody in, so that it is locked until it has one.
fn make(
    sql: &mut String,
    login: &Login,
    variable: &str,
    account: &str,
    is_clear: bool,
) -> std::fmt::Result {
    let tls = if is_clear { "" } else { " REQUIRE SSL" };
    match &login.kind {
        Kind::Password => {
            writeln!(
                sql,
                "-- New, it is locked. Then: ALTER USER {account} IDENTIFIED BY '...' ACCOUNT UNLOCK;\n\
                 CREATE USER IF NOT EXISTS {account}{tls} ACCOUNT LOCK;"
            )?;
            if !is_clear {
                writeln!(sql, "ALTER USER {account}{tls};")?;
            }
        }
        Kind::RdsIam => writeln!(
            sql,
            "CREATE USER IF NOT EXISTS {account} IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;\n\
             ALTER USER {account} REQUIRE SSL;"
        )?,
        Kind::Entra(client_id) => {
            let name = login.name.text.as_ref();
            let user = name.map_or_else(|| format!("<{variable}>"), |name| DIALECT.string(name));
            let by = client_id.as_ref().map_or_else(
                || "<client-id>".to_owned(),
                |client_id| DIALECT.string(client_id),
            );
            writeln!(
                sql,
                "-- First, once, as the server's Entra administrator; without IDENTIFIED BY for a person or a group:\n\
                 --   SET aad_auth_validate_oids_in_tenant = OFF;\n\
                 --   CREATE AADUSER {user} IDENTIFIED BY {by};"
            )?;
        }
    }
    Ok(())
}

fn footer(sql: &mut String, database: &Database) -> std::fmt::Result {
    if database.copied.is_none() {
        sql.push_str(
            "-- The application may write to django_migrations too: what a database grants, no table of it takes away.\n",
        );
    }
    let name = database.name.text.as_deref().unwrap_or_default();
    if name.contains(['_', '%']) {
        writeln!(
            sql,
            "-- A grant of before that has the name without backslashes covers other databases too, and has to go:\n\
             --   REVOKE ALL PRIVILEGES ON {}.* FROM ...;",
            DIALECT.identifier(name)
        )?;
    }
    sql.push_str(
        "-- A privilege on *.* goes before all of this: these must show USAGE there, and nothing else. MariaDB shows the\n\
         -- passwords' hashes as well.\n",
    );
    let mut names = Vec::new();
    let logins = logins(database);
    for (login, variable) in &logins {
        let account = account(&login.name, variable, database.is_local);
        writeln!(sql, "--   SHOW GRANTS FOR {account};")?;
        names.extend(login.name.text.as_deref().map(|name| DIALECT.string(name)));
    }
    // A name that comes later is written in backticks, which is none in a string's place.
    let list = if names.len() == logins.len() {
        format!(
            "SELECT user, host FROM mysql.user WHERE user IN ({});",
            names.join(", ")
        )
    } else {
        let names = vec!["'...'"; logins.len()].join(", ");
        format!("--   SELECT user, host FROM mysql.user WHERE user IN ({names});")
    };
    writeln!(
        sql,
        "-- One name from several hosts is several logins, and the host that says most is who comes in. What is listed here\n\
         -- and not granted above keeps the rights that it has: drop it.\n\
         {list}"
    )
}
