//! MY005, MY006, MY008, MY010 and MY011: options that the driver refuses, passes over, or should not be given.

use super::{
    Check, Rule,
    client::{MODES, is_pymysql},
    shared::{Look, brought_later, is_told, path_of},
    tls::{CONNECTIONS, RIGHT},
};
use crate::{
    check::{
        Surroundings,
        fix::Fix,
        found::Out,
        settings::Settings,
        subject::{Database, Field, Known, Subject},
    },
    django::engine::Family,
    finding::Severity,
    manifest::Live,
};

const MYSQLCLIENT: &str =
    "https://mysqlclient.readthedocs.io/user_guide.html#functions-and-attributes";
const PYMYSQL: &str = "https://pymysql.readthedocs.io/en/latest/modules/connections.html";
const DJANGO: &str = "https://docs.djangoproject.com/en/stable/ref/databases/#mysql-notes";

pub(super) const NO_FILE: Rule = Rule {
    id: "MY005",
    severity: Severity::Error,
    title: "a file for TLS is not there",
    why: "Without the authorities, or the client's certificate and key, no connection is made. A relative path starts \
          where the process is started, so nothing is said of it; nor of what `[files]` writes, of the lists that \
          systems bring, and of paths below `/run`, `/var/run`, `/dev`, `/tmp`, `/mnt`, `/vault` and `secrets` of the \
          root, `/etc` or `/var`, which are filled when a container starts. Any other absolute path that leads nowhere \
          is a warning: it may be there where the application runs. What is there and is no file is an error.",
    remedy: "put the file where the application runs, or write the path where it is",
    sources: &[CONNECTIONS],
    wrong: "",
    right: "",
    check: Check::Files(no_file),
};

pub(super) const TYPES: Rule = Rule {
    id: "MY006",
    severity: Severity::Error,
    title: "an option is of a type that the driver does not take",
    why: "mysqlclient raises `TypeError` for a timeout that is no whole number, and refuses an `ssl_mode` in lower case. Of \
          an `ssl` that is text or a list it takes nothing and says nothing, and the connection has no TLS. Django fails \
          where `HOST` is null.",
    remedy: "write timeouts as whole numbers, `ssl` as a table, and `ssl_mode` in capitals",
    sources: &[MYSQLCLIENT, DJANGO],
    wrong: r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
HOST = "localhost"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { connect_timeout = "5" }
"#,
    right: r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
HOST = "localhost"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { connect_timeout = 5 }
"#,
    check: Check::Family(Family::Mysql, types),
};

pub(super) const LOCAL_INFILE: Rule = Rule {
    id: "MY008",
    severity: Severity::Warning,
    title: "the server may ask for files of the application",
    why: "With `local_infile` the server can answer any query with the name of a file, and the client sends that file: a \
          server that is not the right one, or a query that somebody else has written, gets at whatever the application \
          may read, its settings and keys too. Left out, it is as the client library was built, which may be on.",
    remedy: "write `local_infile = false`; a command that loads a file can ask for it by itself",
    sources: &["https://dev.mysql.com/doc/refman/8.4/en/load-data-local-security.html"],
    wrong: r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { ssl_mode = "VERIFY_IDENTITY", ssl = { ca = "/etc/ssl/certs/ca-certificates.crt" }, local_infile = true }
"#,
    right: RIGHT,
    check: Check::Family(Family::Mysql, local_infile),
};

pub(super) const PYMYSQL_MODE: &str =
    "write `ssl = { ca = \"…\", check_hostname = true }`, or take mysqlclient: `live = true`";

pub(super) const PYMYSQL_ONLY: Rule = Rule {
    id: "MY010",
    severity: Severity::Error,
    title: "PyMySQL has no `ssl_mode`",
    why: "`ssl_mode` and `ssl = true` are mysqlclient's. PyMySQL raises `TypeError` for the first and fails on the second, so \
          no connection is made. That it is PyMySQL is told by `live = \"pymysql\"`, by options that it alone has, or by the \
          project's settings, where `pymysql.install_as_MySQLdb()` has run.",
    remedy: PYMYSQL_MODE,
    sources: &[PYMYSQL],
    wrong: r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
live = "pymysql"
OPTIONS = { ssl_mode = "VERIFY_IDENTITY", ssl = { ca = "/etc/ssl/certs/ca-certificates.crt" } }
"#,
    right: r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
live = "pymysql"
OPTIONS = { ssl = { ca = "/etc/ssl/certs/ca-certificates.crt" } }
"#,
    check: Check::AndSettings(&Check::Family(Family::Mysql, pymysql), pymysql_of_settings),
};

pub(super) const NOT_STRICT: Rule = Rule {
    id: "MY011",
    severity: Severity::Advice,
    title: "strict mode is turned off",
    why: "MySQL and MariaDB are strict unless they are told otherwise. Without it they cut values that are too long and \
          change those that do not fit, with a warning that nobody sees; Django's check `mysql.W002` says the same.",
    remedy: "name `STRICT_TRANS_TABLES` in `sql_mode` too, or leave `sql_mode` out",
    sources: &[
        "https://docs.djangoproject.com/en/stable/ref/databases/#mysql-sql-mode",
        "https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html#sql-mode-strict",
    ],
    wrong: r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
OPTIONS = { init_command = "SET sql_mode='ANSI_QUOTES'" }
"#,
    right: r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
OPTIONS = { init_command = "SET sql_mode='STRICT_TRANS_TABLES,ANSI_QUOTES'" }
"#,
    check: Check::Family(Family::Mysql, not_strict),
};

/// Paths in `OPTIONS`, and whether a directory is meant.
const PATHS: &[(&[&str], bool)] = &[
    (&["OPTIONS", "ssl", "ca"], false),
    (&["OPTIONS", "ssl", "capath"], true),
    (&["OPTIONS", "ssl", "cert"], false),
    (&["OPTIONS", "ssl", "key"], false),
    (&["OPTIONS", "ssl_ca"], false),
    (&["OPTIONS", "ssl_cert"], false),
    (&["OPTIONS", "ssl_key"], false),
];

/// Options that mysqlclient takes whole numbers for.
const NUMBERS: &[&str] = &["connect_timeout", "read_timeout", "write_timeout"];

fn no_file(subject: &Subject<'_>, surroundings: Option<&Surroundings<'_>>, out: &mut Out<'_>) {
    let Some(around) = surroundings else { return };
    let databases = subject
        .databases
        .iter()
        .filter(|database| database.family == Some(Family::Mysql));
    for database in databases {
        for (key, is_directory) in PATHS {
            let Some(path) = database.at(key).and_then(path_of) else {
                continue;
            };
            // Oracle's library takes `~` for the home directory, MariaDB's and PyMySQL do not.
            if path.starts_with('~') {
                continue;
            }
            match Look::at(&around.lead(path)) {
                Look::Missing if !brought_later(path, subject) => {
                    out.on(database, key)
                        .severity(Severity::Warning)
                        .note("there is no such file on this machine");
                }
                Look::Directory if !is_directory => {
                    out.on(database, key).note("it is a directory");
                }
                Look::File(_) if *is_directory => {
                    out.on(database, key).note("it is no directory");
                }
                Look::Other => {
                    out.on(database, key).note("it is no plain file");
                }
                _ => {}
            }
        }
    }
}

fn types(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    for name in NUMBERS {
        let Some(field) = database.option(name) else {
            continue;
        };
        let number = match &field.value {
            Known::Text(text) => text.expose().trim().parse::<u32>().ok(),
            Known::Number(number) if number.parse::<i128>().is_err() => None,
            Known::List(_) | Known::Table(_) => None,
            _ => continue,
        };
        let path = ["OPTIONS", *name];
        let found = out.on(database, &path);
        found.remedy("write a whole number of seconds, without quotes");
        if let Some(number) = number.filter(|_| is_told(field, subject)) {
            found.fix(Fix::set(database, &path, number.to_string()));
        }
    }
    if let Some(field) = database.option("ssl") {
        // PyMySQL fails on a number too, which mysqlclient takes for `true`.
        let is_wrong = matches!(
            field.value,
            Known::Text(_) | Known::List(_) | Known::Number(_)
        );
        if is_wrong {
            out.on(database, &["OPTIONS", "ssl"])
                .remedy("write `ssl_mode = \"VERIFY_IDENTITY\"`, and the authorities as `ssl = { ca = \"…\" }`");
        }
    }
    mode(database, subject, out);
    if matches!(
        database.field("HOST").map(|field| &field.value),
        Some(Known::Null)
    ) {
        out.on(database, &["HOST"])
            .remedy("write the server's name, or leave `HOST` out");
    }
}

fn mode(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let Some(field) = database.option("ssl_mode") else {
        return;
    };
    if is_pymysql(database) || field.is_unknown() {
        return;
    }
    let word = field.text().unwrap_or_default();
    if MODES.contains(&word) {
        return;
    }
    let path = ["OPTIONS", "ssl_mode"];
    let found = out.on(database, &path);
    found.remedy("write `ssl_mode = \"VERIFY_IDENTITY\"`");
    let capitals = word.trim().to_ascii_uppercase().replace(['-', ' '], "_");
    let meant = MODES.iter().find(|mode| **mode == capitals);
    if let Some(mode) = meant.filter(|_| is_told(field, subject)) {
        found.note("`ssl_mode` is written in capitals");
        found.fix(Fix::set(database, &path, format!("\"{mode}\"")));
    }
}

fn local_infile(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    const PATH: &[&str] = &["OPTIONS", "local_infile"];
    let Some(field) = database.at(PATH) else {
        return;
    };
    let is_on = match &field.value {
        Known::Flag(flag) => *flag,
        Known::Number(number) => number != "0",
        Known::Text(text) => !matches!(
            text.expose().trim().to_ascii_lowercase().as_str(),
            "" | "0" | "false" | "no" | "off"
        ),
        _ => false,
    };
    if is_on {
        out.on(database, PATH)
            .fix(Fix::set(database, PATH, "false"));
    }
}

fn pymysql(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    if !is_pymysql(database) {
        return;
    }
    if database.option("ssl_mode").is_some() {
        let found = out.on(database, &["OPTIONS", "ssl_mode"]);
        let is_told = database
            .entry
            .live
            .as_ref()
            .is_some_and(|(live, _)| *live == Live::PyMysql);
        if !is_told {
            found.note("other options beside it are PyMySQL's alone");
        }
    }
    let ssl = database.option("ssl");
    if ssl.and_then(Field::flag) == Some(true) {
        out.on(database, &["OPTIONS", "ssl"]);
    }
}

fn pymysql_of_settings(settings: &Settings<'_>, out: &mut Out<'_>) {
    let databases = settings.subject.databases.iter();
    for database in databases.filter(|database| database.family == Some(Family::Mysql)) {
        if !settings.has_pymysql() {
            pymysql(database, &settings.subject, out);
            continue;
        }
        let note = "`MySQLdb` is PyMySQL in this project";
        if database.option("ssl_mode").is_some() {
            out.on(database, &["OPTIONS", "ssl_mode"]).note(note);
        }
        let ssl = database.option("ssl");
        if ssl.and_then(Field::flag) == Some(true) {
            out.on(database, &["OPTIONS", "ssl"]).note(note);
        }
    }
}

fn not_strict(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    let mode = database.option_text("sql_mode");
    if mode.is_some_and(|mode| !is_strict(mode)) {
        out.on(database, &["OPTIONS", "sql_mode"]);
    }
    let command = database.option_text("init_command");
    if command.is_some_and(|command| modes(command).last().is_some_and(|mode| !is_strict(mode))) {
        out.on(database, &["OPTIONS", "init_command"]);
    }
}

/// What `sql_mode` is set to in a list of commands, each time.
fn modes(commands: &str) -> Vec<String> {
    let commands = commands.to_ascii_lowercase();
    let mut found = Vec::new();
    for command in commands.split(';') {
        for rest in command.split("sql_mode").skip(1) {
            let rest = rest.trim_start_matches(['`', ' ', '\t', '\n', '\r']);
            let value = rest.strip_prefix(":=").or_else(|| rest.strip_prefix('='));
            found.extend(value.map(|value| value_of(value.trim(), command)));
        }
    }
    found
}

/// The value at the beginning of a text: what stands in quotes, or up to the next comma; of a call, all of the command.
fn value_of(text: &str, command: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(quote @ ('\'' | '"')) => characters.take_while(|c| *c != quote).collect(),
        _ if text.contains('(') => command.to_owned(),
        _ => text.split(',').next().unwrap_or_default().trim().to_owned(),
    }
}

/// Whether a value of `sql_mode` is strict, or makes one out of another that may be.
fn is_strict(mode: &str) -> bool {
    const STRICT: &[&str] = &["strict_trans_tables", "strict_all_tables", "traditional"];
    let mode = mode.to_ascii_lowercase();
    let names_it = STRICT.iter().any(|word| mode.contains(word));
    let takes_it_out = mode.contains("replace(") && names_it;
    !takes_it_out && (names_it || mode.contains("@@") || mode == "default")
}
