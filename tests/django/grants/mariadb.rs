//! MariaDB.

use serde_json::{Value, json};

use super::{Deployment, MIGRATES, RUNS, hexadecimal};
use crate::support::mariadb::{Mariadb, mysqlclient};
use crate::support::python::{self, Django};

const MANIFEST: &str = r#"
[providers.secrets]
kind = "file"
path = "run-secrets"

[databases.default]
ENGINE = "mysql"
NAME = "market_hall"
USER = "market_app"
PASSWORD = "${secrets://runs}"
HOST = "127.0.0.1"
PORT = @PORT@
OPTIONS = { ssl = { ca = "@ROOT@" } }

[env]
SECRET_KEY = "${secrets://key}"

[profiles.migrate.databases.default]
USER = "market_migrations"
PASSWORD = "${secrets://migrates}"
"#;

const ADMIN: (&str, &str) = ("admin", "adm1n");
const APP: (&str, &str) = ("market_app", RUNS);
const MIGRATIONS: (&str, &str) = ("market_migrations", MIGRATES);

/// One administrator, the database, and one whose name the other's would match as a pattern.
const SERVER: &str = "\
CREATE USER admin@'%' IDENTIFIED BY 'adm1n';
GRANT ALL ON *.* TO admin@'%' WITH GRANT OPTION;
CREATE DATABASE market_hall CHARACTER SET utf8mb4;
CREATE DATABASE marketXhall;
CREATE TABLE marketXhall.stalls (id int);
";

/// The server's words for what is not allowed: on a table, in a database, on the server.
const TABLE: &str = "1142";
const DATABASE: &str = "1044";
const SERVER_WIDE: &str = "1227";
/// And for a login that is not let in.
const OUTSIDE: &str = "1045";

impl Deployment {
    fn in_hall(server: &Mariadb) -> Self {
        let root = server.root_certificate();
        let root = root.to_str().unwrap();
        let manifest = MANIFEST
            .replace("@PORT@", &server.port().to_string())
            .replace("@ROOT@", root);
        let django = Django::chosen()[0];
        let modules = mysqlclient(&python::venv_for(django));
        let place = json!({
            "host": "127.0.0.1", "port": server.port(), "database": "market_hall", "ssl": {"ca": root},
        });
        Self::new(django, "mysql", place, Some(modules), manifest)
    }

    fn as_admin(&self, sql: &str) -> Result<Value, String> {
        self.run(ADMIN.0, ADMIN.1, sql)
    }

    fn give(&self) {
        self.as_admin(&self.grants()).unwrap();
        for (name, password) in [APP, MIGRATIONS] {
            self.as_admin(&format!(
                "ALTER USER {name}@'%' IDENTIFIED BY '{password}' ACCOUNT UNLOCK"
            ))
            .unwrap();
        }
    }

    /// What the server says that both logins may, less what says their passwords.
    fn shown(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (name, _) in [APP, MIGRATIONS] {
            let rows = self
                .as_admin(&format!("SHOW GRANTS FOR {name}@'%'"))
                .unwrap();
            for row in rows.as_array().unwrap() {
                let grant = row[0].as_str().unwrap();
                let (grant, _) = grant.split_once(" IDENTIFIED").unwrap_or((grant, ""));
                all.push(grant.to_owned());
            }
        }
        all
    }
}

#[test]
fn the_shop_migrates_and_runs_and_neither_login_does_more() {
    let server = Mariadb::start_with_tls(SERVER);
    let market = Deployment::in_hall(&server);
    market.give();
    market.migrates_and_runs();
    market.fails(
        APP,
        TABLE,
        &[
            "CREATE TABLE mine (id int)",
            "ALTER TABLE catalogue_record ADD COLUMN mine int",
            "DROP TABLE catalogue_shelf",
            "TRUNCATE catalogue_record",
            "CREATE INDEX mine ON catalogue_record (title)",
            "CREATE VIEW mine AS SELECT 1",
            "RENAME TABLE catalogue_shelf TO mine",
        ],
    );
    market.fails(
        APP,
        DATABASE,
        &[
            "CREATE TEMPORARY TABLE mine (id int)",
            "GRANT SELECT ON market_hall.* TO admin@'%'",
            "CREATE DATABASE mine",
            "CREATE PROCEDURE mine() SELECT 1",
            // The underscore in the other's name is no pattern.
            "USE marketXhall",
        ],
    );
    market.fails(APP, TABLE, &["SELECT * FROM marketXhall.stalls"]);
    market.fails(
        MIGRATIONS,
        TABLE,
        &[
            "CREATE VIEW mine AS SELECT 1",
            "SELECT * FROM marketXhall.stalls",
        ],
    );
    market.fails(
        MIGRATIONS,
        DATABASE,
        &[
            "GRANT SELECT ON market_hall.* TO market_app@'%'",
            "CREATE DATABASE mine",
            "USE mysql",
        ],
    );
    market.fails(
        MIGRATIONS,
        SERVER_WIDE,
        &[
            "CREATE USER mine",
            "CREATE ROLE mine",
            "SET GLOBAL max_connections = 1",
        ],
    );
}

#[test]
fn nobody_else_comes_in_and_nobody_without_tls() {
    let server = Mariadb::start_with_tls(SERVER);
    let market = Deployment::in_hall(&server);
    market
        .as_admin("CREATE USER outsider@'%' IDENTIFIED BY 'out'")
        .unwrap();
    market.give();
    market.migrate();
    market.fails(("outsider", "out"), DATABASE, &["SELECT 1"]);
    let mut elsewhere = market.place.clone();
    elsewhere.as_object_mut().unwrap().remove("database");
    let read = "SELECT * FROM market_hall.catalogue_record";
    let came = market.run_at(&elsewhere, "outsider", "out", read);
    assert_eq!(came.unwrap_err().0, TABLE);

    let mut clear = market.place.clone();
    clear.as_object_mut().unwrap().remove("ssl");
    clear["ssl_mode"] = json!("DISABLED");
    for (name, password) in [APP, MIGRATIONS] {
        let came = market.run_at(&clear, name, password, "SELECT 1");
        assert_eq!(came.unwrap_err().0, OUTSIDE, "{name} without TLS");
        market.run(name, password, "SELECT 1").unwrap();
    }
}

/// A login that has no password yet would let everybody in.
#[test]
fn a_new_login_is_locked_until_it_has_a_password() {
    let server = Mariadb::start_with_tls(SERVER);
    let market = Deployment::in_hall(&server);
    market.as_admin(&market.grants()).unwrap();
    for (name, _) in [APP, MIGRATIONS] {
        // ER_ACCOUNT_HAS_BEEN_LOCKED
        assert_eq!(market.run(name, "", "SELECT 1"), Err("4151".to_owned()));
    }
}

#[test]
fn applied_again_it_changes_nothing_and_what_was_too_much_is_gone() {
    let server = Mariadb::start_with_tls(SERVER);
    let market = Deployment::in_hall(&server);
    market.give();
    let first = market.shown();
    assert_eq!(
        first,
        [
            "GRANT USAGE ON *.* TO `market_app`@`%`",
            r"GRANT SELECT, INSERT, UPDATE, DELETE ON `market\_hall`.* TO `market_app`@`%`",
            "GRANT USAGE ON *.* TO `market_migrations`@`%`",
            r"GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER ON `market\_hall`.* TO `market_migrations`@`%`",
        ]
    );
    market.give();
    assert_eq!(market.shown(), first);
    for (name, _) in [APP, MIGRATIONS] {
        market
            .as_admin(&format!(
                r"GRANT ALL ON `market\_hall`.* TO {name}@'%' WITH GRANT OPTION"
            ))
            .unwrap();
    }
    assert_ne!(market.shown(), first);
    market.give();
    assert_eq!(market.shown(), first);
}

#[test]
fn a_name_that_is_not_known_is_refused_by_the_server() {
    let server = Mariadb::start_with_tls(SERVER);
    let market = Deployment::in_hall(&server);
    let unknown = Deployment {
        manifest: market
            .manifest
            .replace("\"market_app\"", "\"${secrets://user}\""),
        ..market
    };
    let sql = unknown.grants();
    // ER_PARSE_ERROR
    assert_eq!(unknown.as_admin(&sql), Err("1064".to_owned()));
    let users = "SELECT User FROM mysql.user WHERE User LIKE '%market%'";
    assert_eq!(unknown.as_admin(users).unwrap(), json!([]));
    unknown
        .as_admin(&sql.replace("<runtime>", "`market_app`"))
        .unwrap();
}

/// What a name is in the manifest, it is in the server.
#[test]
fn hostile_names_are_names() {
    let server = Mariadb::start_with_tls(SERVER);
    let market = Deployment::in_hall(&server);
    let names = [
        r#"o"hm's`; DROP x -- #"#,
        "a_b%c@d",
        "*/ /*! <runtime>",
        "\u{e9}\u{4e2d}",
    ];
    for name in names {
        let database = format!("db {name}");
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let hostile = Deployment::new(
            Django::chosen()[0],
            "mysql",
            market.place.clone(),
            market.modules.clone(),
            market
                .manifest
                .replace("\"market_app\"", &quoted(name))
                .replace("\"market_hall\"", &quoted(&database)),
        );
        hostile.as_admin(&hostile.grants()).unwrap();
        let found = hostile
            .as_admin(&format!(
                "SET NAMES utf8mb4; SELECT User, Db, Create_priv FROM mysql.db WHERE User = CONVERT(x'{}' USING utf8mb4)",
                hexadecimal(name)
            ))
            .unwrap();
        let kept = database.replace('_', "\\_").replace('%', "\\%");
        assert_eq!(found, json!([[name, kept, "N"]]));
    }
}
