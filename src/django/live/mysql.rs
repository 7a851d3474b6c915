//! MySQL and MariaDB: the client library reads `OPTIONS.read_default_file` at each connection.
//!
//! Source: `django/db/backends/mysql/base.py` (Django 5.2 and 6.1), mysqlclient 2.2 and `PyMySQL` 1.1; MySQL Reference
//! Manual, "Client-Side Cleartext Pluggable Authentication".

use super::{
    Client, Delivery, Elsewhere, LiveFile, Place, elsewhere, no_secret, secret, with_option,
};
use crate::{
    django::{
        entra,
        seen::{Fault, Seen},
    },
    render::my_cnf::{self, Reader},
    value::Table,
};

/// Options that bring a password of their own, which the driver would take, or another file.
const ELSEWHERE: &[Elsewhere] = &[
    ("password", "write it as `PASSWORD`"),
    ("passwd", "write it as `PASSWORD`"),
    (
        "read_default_file",
        "write what it says into `OPTIONS`: `live` brings a file of its own, and drivers read one",
    ),
    (
        "read_default_group",
        "write what it says into `OPTIONS`: beside the file that `live` brings, no driver looks for the group elsewhere",
    ),
];

/// What `PyMySQL` has no parameter for. Django would hand it on, and no connection would come about.
const NOT_PYMYSQL: &[&str] = &["ssl_mode", "auth_plugin"];

pub(super) fn deliver(
    database: &Table,
    client: Client,
    place: &Place<'_>,
) -> Result<Delivery, Vec<Fault>> {
    let mut faults = Vec::new();
    {
        let seen = Seen::of(database);
        faults.extend(elsewhere(&seen, ELSEWHERE));
        match client {
            Client::MysqlClient => faults.extend(check_cleartext(&seen)),
            Client::PyMysql => faults.extend(check_pymysql(&seen)),
        }
    }
    let Some(password) = secret(database, "PASSWORD") else {
        faults.push(no_secret("PASSWORD"));
        return Err(faults);
    };
    let (name, path) = place.file("cnf");
    let reader = match client {
        Client::MysqlClient => Reader::CLibrary,
        Client::PyMysql => Reader::Pymysql,
    };
    let content = my_cnf::of_one_password(password, reader).map_err(|reason| {
        let what = format!("`PASSWORD` cannot stand in an option file: {reason}");
        faults.push(Fault::value(&["PASSWORD"], what));
    });
    let table =
        with_option(database, "read_default_file", path).map_err(|fault| faults.push(fault));
    match (content, table) {
        (Ok(content), Ok(mut table)) if faults.is_empty() => {
            table.remove("PASSWORD");
            Ok(Delivery {
                table,
                files: vec![LiveFile { name, content }],
                needs_python: false,
                hides: &[],
            })
        }
        _ => Err(faults),
    }
}

/// A token is sent as it is: to a server that is not verified it would be given away. Where `auth` brings it, `auth` has
/// seen to that.
fn check_cleartext(database: &Seen<'_>) -> Option<Fault> {
    let plugin = database.option("auth_plugin")?;
    let is_open = plugin.may_be(&[entra::CLEARTEXT_PLUGIN]) && !entra::mysql_is_verified(database);
    is_open.then(|| {
        Fault::value(
            &["OPTIONS", "auth_plugin"],
            "`auth_plugin` sends the password in the clear, and nothing makes sure of the server that gets it",
        )
        .hint("write `ssl_mode = \"VERIFY_IDENTITY\"` and `ssl = { ca = \"…\" }` beside it")
    })
}

fn check_pymysql(database: &Seen<'_>) -> Vec<Fault> {
    let fault = |key: &&&str| {
        let what = format!("PyMySQL takes no `{key}`");
        Fault::key(&["OPTIONS", key], what)
            .hint("leave it out; for `auth`, take mysqlclient: `live = true`")
    };
    NOT_PYMYSQL
        .iter()
        .filter(|key| database.option(key).is_some())
        .map(|key| fault(&key))
        .collect()
}
