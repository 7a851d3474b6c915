//! SQL Server and Azure SQL: permissions on the schema where Django's tables are, so that no other schema is reached, which
//! `db_datareader`, `db_datawriter` and `db_ddladmin` would.
//!
//! Source: Microsoft, "GRANT schema permissions", "CREATE TABLE", "ALTER TABLE", "CREATE INDEX" and "SET `IDENTITY_INSERT`"
//! (permissions of each), "CREATE USER" (<https://learn.microsoft.com/sql/t-sql/statements/create-user-transact-sql>),
//! "Database-level roles"; mssql-django's `schema.py`, which renames by `sp_rename`.

use std::fmt::Write as _;

use super::{
    ONE_LOGIN,
    quote::{Dialect, argument, remark},
    read::{Copied, Database, Kind, Login, Name},
    shown,
};

const DIALECT: Dialect = Dialect::Mssql;

/// Takes both users out of the fixed roles. Names come as variables, so that this text is the same for all.
const ROLES: &str = include_str!("mssql/roles.sql");

/// Fails where a user has tables elsewhere.
const SCHEMA: &str = include_str!("mssql/schema.sql");

/// The one table that the application does not write, where it is there.
const HISTORY: &str = include_str!("mssql/history.sql");

/// A name as the SQL has it: quoted, or a variable of `sqlcmd` in quotes.
struct Word {
    identifier: String,
    string: String,
    /// The variable, where there is one.
    variable: Option<&'static str>,
}

impl Word {
    fn new(name: &Name, variable: &'static str) -> Self {
        match &name.text {
            Some(text) => Self {
                identifier: DIALECT.identifier(text),
                string: DIALECT.string(text),
                variable: None,
            },
            None => Self {
                identifier: format!("[$({variable})]"),
                string: format!("N'$({variable})'"),
                variable: Some(variable),
            },
        }
    }
}

/// The statements, with what has to be known to run them.
pub(super) fn write(database: &Database) -> String {
    let name = Word::new(&database.name, "database");
    let runtime = Word::new(&database.runtime.name, "runtime");
    let migrations = Word::new(&database.migrations.name, "migrations");
    let mut sql = String::new();
    if let Some(copied) = &database.copied {
        // Writing to a string cannot fail.
        let _ = reader(&mut sql, database, copied, (&name, &runtime));
        return sql;
    }
    let _ = header(&mut sql, database, &[&name, &runtime, &migrations])
        .and_then(|()| guard(&mut sql, &[&name, &runtime, &migrations]))
        .and_then(|()| {
            users(
                &mut sql,
                &[
                    (&database.runtime, &runtime),
                    (&database.migrations, &migrations),
                ],
            )
        })
        .and_then(|()| permissions(&mut sql, &runtime.identifier, &migrations.identifier));
    sql
}

fn header(sql: &mut String, database: &Database, words: &[&Word]) -> std::fmt::Result {
    writeln!(
        sql,
        "-- SQL Server: {} runs the application, {} its migrations.\n\
         -- Run it in the database, as a member of db_owner. Running it twice changes nothing.\n\
         {}",
        shown(&database.runtime.name, "runtime"),
        shown(&database.migrations.name, "migrations"),
        command(database, words),
    )?;
    if database.is_proposed {
        sql.push_str(ONE_LOGIN);
    }
    let both = [
        (&database.runtime, words[1]),
        (&database.migrations, words[2]),
    ];
    for (login, word) in both {
        if login.kind == Kind::Password {
            // Not a value that a server would take.
            writeln!(
                sql,
                "-- First, in master, where the login is new: CREATE LOGIN {} WITH PASSWORD = <password>;",
                word.identifier
            )?;
        }
    }
    sql.push_str("-- Tests make a database of their own, which takes CREATE ANY DATABASE: give them another login.\n\n");
    Ok(())
}

/// The command that runs it, as a comment.
fn command(database: &Database, words: &[&Word]) -> String {
    let variables = words.iter().filter_map(|word| word.variable);
    let variables = variables.map(|variable| format!(" -v {variable}=NAME"));
    format!(
        "--   sqlcmd -b -f 65001 -d {}{} -i grants.sql",
        argument(&database.name, '"'),
        variables.collect::<Vec<_>>().concat()
    )
}

/// A copy with a login of its own: rows are read, and nothing else.
fn reader(
    sql: &mut String,
    database: &Database,
    copied: &Copied,
    (name, runtime): (&Word, &Word),
) -> std::fmt::Result {
    writeln!(
        sql,
        "-- SQL Server: {} reads alone, from a copy of {}: {}.\n\
         -- Users and rights of a copy are those of its primary. Run it there, in the database, as a member of db_owner.\n\
         -- Running it twice changes nothing.\n\
         {}",
        shown(&database.runtime.name, "runtime"),
        remark(&copied.of),
        copied.reason(),
        command(database, &[name, runtime]),
    )?;
    if database.runtime.kind == Kind::Password {
        writeln!(
            sql,
            "-- First, in master of each server, where the login is new; with the same SID, or the user is another's there:\n\
             --   CREATE LOGIN {} WITH PASSWORD = <password>, SID = <sid>;",
            runtime.identifier
        )?;
    }
    sql.push('\n');
    // The one user stands for both where a text is about two.
    guard(sql, &[name, runtime])?;
    users(sql, &[(&database.runtime, runtime)])?;
    let runtime = &runtime.identifier;
    writeln!(
        sql,
        "-- Rows are read, in all tables that are there and that later migrations make.\n\
         REVOKE {MAKING} FROM {runtime} CASCADE;\n\
         REVOKE {POWER}, INSERT, UPDATE, DELETE ON SCHEMA::[dbo] FROM {runtime} CASCADE;\n\
         GRANT SELECT ON SCHEMA::[dbo] TO {runtime};\n\n\
         COMMIT;"
    )
}

/// Nothing runs in another database, nor with a variable that was not set. It is one batch: an error ends all of it.
fn guard(sql: &mut String, words: &[&Word]) -> std::fmt::Result {
    sql.push_str("SET XACT_ABORT, NOCOUNT ON;\n");
    for word in words {
        if let Some(variable) = word.variable {
            writeln!(
                sql,
                "IF {} = N'$' + N'({variable})' THROW 50000, N'set {variable}: sqlcmd -v {variable}=NAME', 1;",
                word.string
            )?;
        }
    }
    let last = words.last().map_or("", |word| &word.string);
    writeln!(
        sql,
        "IF DB_NAME() <> {} THROW 50000, N'this session is in another database', 1;\n\
         DECLARE @runtime sysname = {}, @migrations sysname = {last}, @sql nvarchar(max);",
        words[0].string, words[1].string
    )?;
    if words.len() > 2 {
        sql.push_str(
            "IF @runtime = @migrations THROW 50000, N'the application and its migrations are one login', 1;\n",
        );
    }
    sql.push('\n');
    Ok(())
}

fn users(sql: &mut String, logins: &[(&Login, &Word)]) -> std::fmt::Result {
    sql.push_str("-- The users of the logins.\n");
    for (login, word) in logins {
        let of = match login.kind {
            Kind::Entra(_) => "FROM EXTERNAL PROVIDER".to_owned(),
            Kind::Password | Kind::RdsIam => {
                format!("FOR LOGIN {} WITH DEFAULT_SCHEMA = [dbo]", word.identifier)
            }
        };
        writeln!(
            sql,
            "IF DATABASE_PRINCIPAL_ID({}) IS NULL CREATE USER {} {of};",
            word.string, word.identifier
        )?;
    }
    writeln!(
        sql,
        "-- Django's tables are in the default schema of who makes them. Where that is another, write it in place of dbo.\n{SCHEMA}\n\
         BEGIN TRANSACTION;\n\n\
         -- Nobody comes in without a user.\n\
         REVOKE CONNECT FROM GUEST;\n\n\
         -- Fixed roles reach every schema.\n{ROLES}"
    )
}

/// What is taken away before anything is given: what makes things, and what gives power over a schema.
const MAKING: &str =
    "ALTER, CONTROL, CREATE FUNCTION, CREATE PROCEDURE, CREATE SCHEMA, CREATE TABLE, CREATE VIEW";
const POWER: &str = "ALTER, CONTROL, EXECUTE, REFERENCES, TAKE OWNERSHIP, VIEW DEFINITION";

fn permissions(sql: &mut String, runtime: &str, migrations: &str) -> std::fmt::Result {
    writeln!(
        sql,
        "-- Rows, in all tables that are there and that later migrations make. No EXECUTE: Django calls no procedure.\n\
         -- A row with an id of its own choice takes ALTER on its table, as loaddata does: load data as who migrates.\n\
         REVOKE {MAKING} FROM {runtime} CASCADE;\n\
         REVOKE {POWER} ON SCHEMA::[dbo] FROM {runtime} CASCADE;\n\
         GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA::[dbo] TO {runtime};\n\n\
         -- Tables: CREATE TABLE for new ones; ALTER on the schema to put them there, and to change, rename, index and drop\n\
         -- them; REFERENCES for foreign keys. Rows for data migrations and for django_migrations, which db_ddladmin does not\n\
         -- give.\n\
         REVOKE {MAKING} FROM {migrations} CASCADE;\n\
         REVOKE {POWER} ON SCHEMA::[dbo] FROM {migrations} CASCADE;\n\
         GRANT CREATE TABLE TO {migrations};\n\
         GRANT ALTER, REFERENCES, SELECT, INSERT, UPDATE, DELETE ON SCHEMA::[dbo] TO {migrations};\n\
         -- Only where migrations make views or procedures:\n\
         -- GRANT CREATE VIEW, CREATE PROCEDURE TO {migrations};\n\n\
         -- What has been migrated, migrations alone write down. The first of them makes this table: run this again after it.\n\
         {HISTORY}\n\
         COMMIT;"
    )
}
