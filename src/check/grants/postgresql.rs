//! PostgreSQL, 13 or later. All in one transaction that checks itself at its end: either both logins are what they should
//! be, or nothing has changed.
//!
//! Source: PostgreSQL documentation, "Privileges" (<https://www.postgresql.org/docs/current/ddl-priv.html>), `GRANT`,
//! `ALTER DEFAULT PRIVILEGES`, `CREATE ROLE`, "The Public Schema"; Django's `postgresql/base.py` for `assume_role`;
//! <https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-manage-azure-ad-users> for logins of Entra,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.DBAccounts.html> for those of RDS.

mod reader;

use std::fmt::Write as _;

use super::{
    ONE_LOGIN,
    quote::{Dialect, argument},
    read::{Database, Kind, Login, Name},
    shown,
};
use crate::check::administrators::SERVICE_ROLES;

const DIALECT: Dialect = Dialect::Postgresql;

/// Finds the two logins, makes those that are not there, and takes from those that are what no application needs; the
/// database itself belongs to neither. Names come as settings, so that this text is the same for all.
const LOGINS: &str = include_str!("postgresql/logins.sql");

/// Tables that the application made, when it still could, go to who changes them from now on.
const HAND_OVER: &str = include_str!("postgresql/hand_over.sql");

/// Rows of what who migrates owns: what somebody else owns does not stop it.
const TABLES: &str = include_str!("postgresql/tables.sql");

/// What everybody may do in `public`, where that is not the schema of the tables.
const PUBLIC: &str = include_str!("postgresql/public.sql");

/// A schema that is only looked into.
const OTHER: &str = include_str!("postgresql/other.sql");

/// The table of what has been migrated, where it is there.
const HISTORY: &str = include_str!("postgresql/history.sql");

/// Fails where it is not as it should be.
const CHECK: &str = include_str!("postgresql/check.sql");

/// A name as the SQL has it: quoted, or a variable of `psql`, which a server refuses where nothing was put in its place.
struct Word {
    identifier: String,
    string: String,
}

impl Word {
    fn new(name: &Name, variable: &str) -> Self {
        match &name.text {
            Some(text) => Self {
                identifier: DIALECT.identifier(text),
                string: DIALECT.string(text),
            },
            None => Self {
                identifier: format!(":\"{variable}\""),
                string: format!(":'{variable}'"),
            },
        }
    }
}

/// All names of the SQL.
struct Words {
    database: Word,
    runtime: Word,
    migrations: Word,
    reader: Word,
    owner: Word,
    /// Where tables are made, then where else things are looked for.
    schemas: Vec<Word>,
    /// The login of the application and the role that it becomes, where that is another.
    application: String,
    /// Variables that have to be set.
    variables: Vec<&'static str>,
}

impl Words {
    fn of(database: &Database) -> Self {
        let mut variables = Vec::new();
        let mut word = |name: &Name, variable: &'static str| {
            if name.text.is_none() {
                variables.push(variable);
            }
            Word::new(name, variable)
        };
        let runtime = word(&database.runtime.name, "runtime");
        let migrations = word(&database.migrations.name, "migrations");
        let mut role = |login: &Login, variable: &'static str, own: &str| match &login.assumes {
            Some(role) => word(role, variable),
            None => Word::new(&login.name, own),
        };
        let reader = role(&database.runtime, "runtime_role", "runtime");
        let owner = role(&database.migrations, "migrations_role", "migrations");
        let schemas = database.schemas.as_ref().map_or_else(
            || {
                variables.push("schema");
                vec![Word {
                    identifier: ":\"schema\"".to_owned(),
                    string: ":'schema'".to_owned(),
                }]
            },
            |schemas| {
                let schemas = schemas.iter();
                schemas.map(|name| Word::new(name, "schema")).collect()
            },
        );
        let mut application = vec![&runtime.identifier, &reader.identifier];
        application.dedup();
        // A login that is the application's too keeps what that has.
        if database
            .copied
            .as_ref()
            .is_some_and(|copied| copied.shares_login)
        {
            application.remove(0);
        }
        let application = application
            .into_iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        Self {
            application,
            // psql knows where it is connected.
            database: Word::new(&database.name, "DBNAME"),
            runtime,
            migrations,
            reader,
            owner,
            schemas,
            variables,
        }
    }
}

/// The statements, with what has to be known to run them.
pub(super) fn write(database: &Database) -> String {
    let words = Words::of(database);
    let mut sql = String::new();
    if let Some(copied) = &database.copied {
        // Writing to a string cannot fail.
        let _ = reader::write(&mut sql, database, copied, &words);
        return sql;
    }
    // Writing to a string cannot fail.
    let _ = header(&mut sql, database, &words)
        .and_then(|()| {
            let logins = [
                (&database.runtime, &words.runtime),
                (&database.migrations, &words.migrations),
            ];
            settings(&mut sql, database, &words, logins, &words.owner)?;
            self::logins(&mut sql, &logins)
        })
        .and_then(|()| place(&mut sql, &words))
        .and_then(|()| tables(&mut sql, &words));
    sql
}

/// A login as `\password` reads it: without quotes, in small letters.
fn asked(name: &Name) -> String {
    argument(name, '"')
}

fn header(sql: &mut String, database: &Database, words: &Words) -> std::fmt::Result {
    let (runtime, migrations) = (&database.runtime, &database.migrations);
    writeln!(
        sql,
        "-- PostgreSQL: {} runs the application, {} its migrations.\n\
         -- Run it in the database, as its owner or a superuser. Running it twice changes nothing.",
        shown(&runtime.name, "runtime"),
        shown(&migrations.name, "migrations"),
    )?;
    how(sql, database, words)?;
    if database.is_proposed {
        sql.push_str(ONE_LOGIN);
    }
    by_hand(
        sql,
        &[(runtime, &words.runtime), (migrations, &words.migrations)],
    )?;
    sql.push_str(
        "-- Tests make a database of their own, which takes CREATEDB: give them another login.\n\n",
    );
    Ok(())
}

/// The command that runs it, and what is not known.
fn how(sql: &mut String, database: &Database, words: &Words) -> std::fmt::Result {
    let variables = words.variables.iter();
    let variables = variables.map(|variable| format!(" --set={variable}=NAME"));
    writeln!(
        sql,
        "-- A lock that it waits for longer than five seconds ends it, and nothing has changed: run it again then.\n\
         --   psql --set=ON_ERROR_STOP=1 --dbname={}{} --file=grants.sql",
        argument(&database.name, '\''),
        variables.collect::<Vec<_>>().concat(),
    )?;
    if database.is_hidden {
        sql.push_str(
            "-- Its URL is a reference: a search_path or a role that it sets is not known here.\n",
        );
    }
    Ok(())
}

/// What somebody does for each login besides.
fn by_hand(sql: &mut String, logins: &[(&Login, &Word)]) -> std::fmt::Result {
    for (login, word) in logins {
        match &login.kind {
            Kind::Entra(_) => writeln!(
                sql,
                "-- First, once, as the server's Entra administrator, in the database postgres:\n\
                 --   SELECT * FROM pg_catalog.pgaadauth_create_principal({}, false, false);",
                word.string
            )?,
            Kind::Password => writeln!(
                sql,
                "-- Then, where the login is new, in psql, which asks for its password: \\password {}",
                asked(&login.name)
            )?,
            Kind::RdsIam => {}
        }
    }
    Ok(())
}

/// Whose names the text goes by; the logins it makes are the first two.
fn settings(
    sql: &mut String,
    database: &Database,
    words: &Words,
    logins: [(&Login, &Word); 2],
    owner: &Word,
) -> std::fmt::Result {
    let by_hand = |login: &Login| matches!(login.kind, Kind::Entra(_));
    let name = match database.name.text {
        Some(_) => words.database.string.as_str(),
        None => "current_database()",
    };
    let reads_alone = if database.copied.is_some() {
        "'true'"
    } else {
        "'false'"
    };
    let services: Vec<&str> = SERVICE_ROLES.iter().map(|(name, _)| *name).collect();
    let services = format!("'{{{}}}'", services.join(","));
    let mut settings = vec![
        ("database", name),
        ("runtime", &logins[0].1.string),
        ("migrations", &logins[1].1.string),
        ("reader", &words.reader.string),
        ("owner", &owner.string),
        ("reads_alone", reads_alone),
        ("services", &services),
    ];
    settings.extend(
        words
            .schemas
            .first()
            .map(|schema| ("schema", schema.string.as_str())),
    );
    for (name, login) in [
        ("runtime_by_hand", logins[0].0),
        ("migrations_by_hand", logins[1].0),
    ] {
        settings.push((name, if by_hand(login) { "'true'" } else { "'false'" }));
    }
    // The path comes first: what is called below is the server's own, not what somebody put into `public` by its name.
    sql.push_str(
        "SET client_encoding = 'UTF8';\nBEGIN;\nSET LOCAL search_path = pg_catalog, pg_temp;\n\
         SET LOCAL lock_timeout = '5s';\n\n-- Who and what it is about.\nSELECT\n",
    );
    let lines: Vec<String> = settings
        .iter()
        .map(|(name, value)| format!("    set_config('nuages.{name}', {value}, true)"))
        .collect();
    writeln!(sql, "{};\n", lines.join(",\n"))
}

fn logins(sql: &mut String, logins: &[(&Login, &Word)]) -> std::fmt::Result {
    writeln!(
        sql,
        "-- The logins: no superusers, and nothing that goes beyond this database.\n{LOGINS}"
    )?;
    for (login, word) in logins {
        if login.kind == Kind::RdsIam {
            writeln!(sql, "GRANT rds_iam TO {};", word.identifier)?;
        }
    }
    Ok(())
}

/// The database and its schemas.
fn place(sql: &mut String, words: &Words) -> std::fmt::Result {
    let Words {
        database,
        runtime,
        migrations,
        reader,
        owner,
        schemas,
        application,
        ..
    } = words;
    let (database, runtime, migrations) = (
        &database.identifier,
        &runtime.identifier,
        &migrations.identifier,
    );
    let (reader, owner) = (&reader.identifier, &owner.identifier);
    let schema = schemas.first().map_or("", |schema| &schema.identifier);
    writeln!(
        sql,
        "-- Everybody may connect and make temporary tables, unless that is taken away: grant CONNECT to who else needs it.\n\
         REVOKE ALL ON DATABASE {database} FROM PUBLIC;\n\
         REVOKE ALL ON DATABASE {database} FROM {runtime}, {migrations};\n\
         GRANT CONNECT ON DATABASE {database} TO {runtime}, {migrations};\n\
         -- Only where migrations make extensions:\n\
         -- GRANT CREATE ON DATABASE {database} TO {owner};\n\n\
         -- Before PostgreSQL 15 everybody may make tables in public."
    )?;
    if schema != "\"public\"" {
        writeln!(sql, "{PUBLIC}CREATE SCHEMA IF NOT EXISTS {schema};")?;
    }
    writeln!(
        sql,
        "REVOKE ALL ON SCHEMA {schema} FROM PUBLIC;\n\
         REVOKE ALL ON SCHEMA {schema} FROM {application};\n\
         GRANT USAGE ON SCHEMA {schema} TO {reader};\n\
         GRANT USAGE, CREATE ON SCHEMA {schema} TO {owner};"
    )?;
    others(sql, schemas)
}

/// The schemas that are only looked into.
fn others(sql: &mut String, schemas: &[Word]) -> std::fmt::Result {
    for other in schemas.iter().skip(1) {
        // Of a schema that is only looked into, migrations need no more.
        writeln!(
            sql,
            "SELECT set_config('nuages.other', {}, true);\n{}",
            other.string,
            OTHER.trim_end()
        )?;
    }
    Ok(())
}

/// What is in the schema, now and later.
fn tables(sql: &mut String, words: &Words) -> std::fmt::Result {
    let (reader, owner) = (&words.reader.identifier, &words.owner.identifier);
    let application = &words.application;
    let schema = words
        .schemas
        .first()
        .map_or("", |schema| &schema.identifier);
    let anywhere = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {owner}");
    let later = format!("{anywhere} IN SCHEMA {schema}");
    writeln!(
        sql,
        "\n-- Who migrates owns the tables: only an owner may alter or drop one.\n{HAND_OVER}\n\
         -- Rows, in all tables that are there. Not TRUNCATE, REFERENCES or TRIGGER: no model needs them.\n\
         -- USAGE of a sequence gives the next number and the last one. UPDATE would set it, as loaddata does: load data as\n\
         -- who migrates.\n\
         {TABLES}\n\
         -- The same for all that later migrations make, and nothing that was set for all schemas.\n\
         {anywhere} REVOKE ALL ON TABLES FROM PUBLIC, {application};\n\
         {anywhere} REVOKE ALL ON SEQUENCES FROM PUBLIC, {application};\n\
         {later} REVOKE ALL ON TABLES FROM PUBLIC, {application};\n\
         {later} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {reader};\n\
         {later} REVOKE ALL ON SEQUENCES FROM PUBLIC, {application};\n\
         {later} GRANT USAGE ON SEQUENCES TO {reader};\n\n\
         -- What has been migrated, migrations alone write down. The first of them makes this table: run this again after it.\n\
         {HISTORY}\n\
         -- Nothing is kept unless it is so.\n{CHECK}\nCOMMIT;"
    )
}
