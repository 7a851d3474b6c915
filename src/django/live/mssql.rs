//! SQL Server: neither driver reads a file, so Django gets a back end of ours that does, and is mssql-django's otherwise.
//!
//! Source: mssql-django 2.0, `mssql/base.py`.

use super::{Delivery, LiveFile, Place, no_secret, secret};
use crate::{
    django::{
        mssql::Mssql,
        seen::{Fault, Seen},
    },
    render::Buffer,
    value::{Table, Value},
};

/// The back end in [`super::python_files`].
const ENGINE: &str = "nuages_live.mssql";

pub(super) fn deliver(database: &Table, place: &Place<'_>) -> Result<Delivery, Vec<Fault>> {
    let mut faults = Vec::new();
    // mssql-django looks whether the key is there, not what it holds.
    let has_token = database.get("TOKEN").is_some();
    let key = if has_token { "TOKEN" } else { "PASSWORD" };
    if has_token && secret(database, "PASSWORD").is_some() {
        faults.push(
            Fault::key(&["PASSWORD"], "`PASSWORD` cannot stand beside `TOKEN`")
                .hint("leave it out: the token says who logs in"),
        );
    }
    if !has_token {
        faults.extend(check_login(database));
    }
    let Some(text) = secret(database, key) else {
        faults.push(no_secret("PASSWORD` or a `TOKEN"));
        return Err(faults);
    };
    if text.contains('\0') {
        let what = format!("`{key}` has a NUL character, where the driver would stop reading");
        faults.push(Fault::value(&[key], what));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    // One line break is taken away again: what is read to its end is known to be whole.
    let mut content = Buffer::new();
    content.push_str(text);
    content.push('\n');
    let (name, path) = place.file("secret");
    let mut table = database.clone();
    table.insert("ENGINE", Value::plain(ENGINE));
    table.insert(key, Value::plain(path));
    Ok(Delivery {
        table,
        files: vec![LiveFile {
            name,
            content: content.into_bytes(),
        }],
        needs_python: true,
        hides: &[],
    })
}

/// Where the password would not be sent, or another in its place.
fn check_login(database: &Table) -> Vec<Fault> {
    let mut faults = Vec::new();
    if secret(database, "PASSWORD").is_some() && secret(database, "USER").is_none() {
        faults.push(
            Fault::missing("a `live` database with a `PASSWORD` needs a `USER`: without one, mssql-django sends no password")
                .hint("write the login's name as `USER`"),
        );
    }
    let seen = Seen::of(database);
    let mssql = Mssql::new(&seen);
    for attribute in mssql.known() {
        if let Some(name @ ("PWD" | "UID")) = attribute.name {
            let what = format!("`{name}` in `extra_params` cannot stand beside `live`");
            let key = if name == "PWD" { "PASSWORD" } else { "USER" };
            let fault = Fault::key(&attribute.path(), what);
            faults.push(fault.hint(format!("write it as `{key}`")));
        }
    }
    faults
}
