//! A copy with a login of its own: rows are read, and nothing else. Logins and rights of a copy are those of its primary,
//! where this is run; the tables are those of who migrates that.

use std::fmt::Write as _;

use super::{CHECK, Words, by_hand, how, logins, settings};
use crate::check::grants::{
    quote::remark,
    read::{Copied, Database},
    shown,
};

/// Fails where the primary's own statements have not been run.
const PRIMARY: &str = include_str!("primary.sql");

/// Rows of what who migrates owns, to be read.
const TABLES: &str = include_str!("reader.sql");

pub(super) fn write(
    sql: &mut String,
    database: &Database,
    copied: &Copied,
    words: &Words,
) -> std::fmt::Result {
    let of = remark(&copied.of);
    writeln!(
        sql,
        "-- PostgreSQL: {} reads alone, from a copy of {of}: {}.\n\
         -- Logins and rights of a copy are those of its primary. Run it there, in the database, as its owner or a superuser,\n\
         -- after what is written for {of}. Running it twice changes nothing.",
        shown(&database.runtime.name, "runtime"),
        copied.reason(),
    )?;
    how(sql, database, words)?;
    let login = (&database.runtime, &words.runtime);
    by_hand(sql, &[login])?;
    sql.push('\n');
    // The one login, and the role that it becomes, stand for both until they are made.
    settings(sql, database, words, [login, login], &words.reader)?;
    logins(sql, &[login])?;
    let runtime = if copied.shares_login {
        &words.reader
    } else {
        &words.runtime
    };
    writeln!(
        sql,
        "-- Whose the tables are.\n\
         SELECT\n    set_config('nuages.runtime', {}, true),\n    set_config('nuages.migrations', {}, true),\n    \
         set_config('nuages.owner', {}, true);\n{PRIMARY}",
        runtime.string, words.migrations.string, words.owner.string
    )?;
    rows(sql, words)
}

fn rows(sql: &mut String, words: &Words) -> std::fmt::Result {
    let Words {
        database,
        runtime,
        reader,
        owner,
        schemas,
        application,
        ..
    } = words;
    let (database, runtime) = (&database.identifier, &runtime.identifier);
    let (reader, owner) = (&reader.identifier, &owner.identifier);
    let schema = schemas.first().map_or("", |schema| &schema.identifier);
    writeln!(
        sql,
        "REVOKE ALL ON DATABASE {database} FROM {application};\n\
         GRANT CONNECT ON DATABASE {database} TO {runtime};\n\
         REVOKE ALL ON SCHEMA {schema} FROM {application};\n\
         GRANT USAGE ON SCHEMA {schema} TO {reader};"
    )?;
    super::others(sql, schemas)?;
    let anywhere = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {owner}");
    let later = format!("{anywhere} IN SCHEMA {schema}");
    writeln!(
        sql,
        "\n-- Rows are read, in all tables that are there; a sequence is none.\n\
         {TABLES}\n\
         -- The same for all that later migrations make, and nothing that was set for all schemas.\n\
         {anywhere} REVOKE ALL ON TABLES FROM PUBLIC, {application};\n\
         {anywhere} REVOKE ALL ON SEQUENCES FROM PUBLIC, {application};\n\
         {later} REVOKE ALL ON TABLES FROM PUBLIC, {application};\n\
         {later} GRANT SELECT ON TABLES TO {reader};\n\
         {later} REVOKE ALL ON SEQUENCES FROM PUBLIC, {application};\n\n\
         -- Nothing is kept unless it is so.\n{CHECK}\nCOMMIT;"
    )
}
