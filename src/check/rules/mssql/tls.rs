//! TLS to SQL Server: whether there is any, and whether anybody checks who answers.

use super::{
    AZURE, Check, DRIVER, Rule,
    params::{PATH, Param, Params, WEAK, either, is_python, weigh},
};
use crate::{
    check::{
        fix::Fix,
        found::Out,
        subject::{Database, Subject},
    },
    django::{
        engine::Family,
        mssql::{is_path, keywords::is_one_of},
    },
    finding::Severity,
};

const ENCRYPTION: &str =
    "https://learn.microsoft.com/en-us/sql/connect/odbc/dsn-connection-string-attribute";
const README: &str = "https://github.com/microsoft/mssql-django#options";

pub(super) const MS001: Rule = Rule {
    id: "MS001",
    severity: Severity::Error,
    title: "any certificate is trusted",
    why: "`TrustServerCertificate=yes` encrypts the connection to whoever answers: the certificate is not looked at. Somebody \
          on the way can answer in the server's place, and gets the login and every query.",
    remedy: "write `TrustServerCertificate=no`; for a private CA, name its certificate in `SSL_CERT_FILE` or in the system's store",
    sources: &[ENCRYPTION],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server", extra_params = "Encrypt=yes;TrustServerCertificate=yes" }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server", extra_params = "Encrypt=yes;TrustServerCertificate=no" }
"#,
    check: Check::Family(Family::Mssql, trust),
};

fn trust(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    either(database, out, |database, out| {
        let params = Params::of(database);
        // With `strict` the driver checks the certificate all the same.
        let is_checked = params.is("Encrypt", &["strict"]);
        let is_trusted = params.is("TrustServerCertificate", &["yes"]);
        let is_found = database.is_remote() && is_trusted && !is_checked;
        if is_found {
            let fix = params.set_checked("TrustServerCertificate", "no");
            let found = params.found(out, "TrustServerCertificate");
            found.fix = fix;
            weigh(found, subject);
        }
        is_found
    });
}

pub(super) const MS002: Rule = Rule {
    id: "MS002",
    severity: Severity::Error,
    title: "the connection may go without TLS",
    why: "With `Encrypt=no` or `optional`, queries and their results cross the network in the clear, unless the server insists \
          on TLS. Anybody on the way reads and changes them.",
    remedy: "write `Encrypt=yes`, or `strict` where the server is SQL Server 2022, Azure SQL or newer",
    sources: &[ENCRYPTION],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server", extra_params = "Encrypt=no" }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server", extra_params = "Encrypt=yes" }
"#,
    check: Check::Family(Family::Mssql, encrypt),
};

fn encrypt(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    either(database, out, |database, out| {
        let params = Params::of(database);
        let is_weak = params.is("Encrypt", WEAK) && !has_token(database, &params);
        let is_found = database.is_remote() && is_weak;
        if is_found {
            let fix = params.set_checked("Encrypt", "yes");
            let found = params.found(out, "Encrypt");
            found.fix = fix;
            weigh(found, subject);
        }
        is_found
    });
}

/// Whether the driver sends a token of Entra ID's.
fn has_token(database: &Database<'_>, params: &Params<'_>) -> bool {
    let is_directory = |param: &str| param.to_ascii_lowercase().starts_with("activedirectory");
    database.has("TOKEN") || params.value("Authentication").is_some_and(is_directory)
}

pub(super) const MS003: Rule = Rule {
    id: "MS003",
    severity: Severity::Error,
    title: "an access token may cross the network in the clear",
    why: "With `Encrypt=no` or `optional`, Microsoft's driver sends the token to a server that offers no TLS: whoever answers \
          gets a token that opens the database for an hour or more.",
    remedy: "write `Encrypt=yes`",
    sources: &[
        "https://learn.microsoft.com/en-us/sql/connect/odbc/using-azure-active-directory",
        ENCRYPTION,
    ],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"
extra_params = "Authentication=ActiveDirectoryMsi;Encrypt=optional"
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"
extra_params = "Authentication=ActiveDirectoryMsi;Encrypt=yes"
"#,
    check: Check::Family(Family::Mssql, token_in_the_clear),
};

/// Beside `TOKEN` the manifest's reader refuses it already, where it is written out.
fn token_in_the_clear(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    let is_refused = Params::of(database).is("Encrypt", WEAK) && database.has("TOKEN");
    either(database, out, |database, out| {
        let params = Params::of(database);
        let is_found = params.is("Encrypt", WEAK) && has_token(database, &params) && !is_refused;
        if is_found {
            let fix = params.set("Encrypt", "yes");
            params.found(out, "Encrypt").fix = fix;
        }
        is_found
    });
}

pub(super) const MS004: Rule = Rule {
    id: "MS004",
    severity: Severity::Error,
    title: "this driver does not encrypt unless it is told to",
    why: "Microsoft's drivers before version 18, and FreeTDS, connect without TLS where nothing says otherwise. The login and \
          every query cross the network in the clear.",
    remedy: "install ODBC Driver 18 and name it as `driver`, or add `Encrypt=yes` to `extra_params`",
    sources: &[ENCRYPTION],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 17 for SQL Server" }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 17 for SQL Server", extra_params = "Encrypt=yes" }
"#,
    check: Check::Family(Family::Mssql, old_driver),
};

/// What is in the name of a driver that does not encrypt by itself.
const OLD: &[&str] = &[
    "odbc driver 17",
    "odbc driver 13",
    "odbc driver 11",
    "native client",
    "freetds",
    "msodbcsql17",
    "msodbcsql13",
    "libtdsodbc",
];

fn old_driver(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    either(database, out, |database, out| {
        is_old(database, subject, out)
    });
}

fn is_old(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) -> bool {
    let Some(driver) = database.option_text("driver").map(str::to_ascii_lowercase) else {
        return false;
    };
    let is_sql_server = driver == "sql server";
    if is_python(database) == Some(true)
        || !database.is_remote()
        || !(is_sql_server || OLD.iter().any(|name| driver.contains(name)))
    {
        return false;
    }
    let params = Params::of(database);
    // A driver that is given as a file reaches no server at all.
    let is_refused = is_path(&driver) && !params.may_have("Server") && !database.has_option("dsn");
    let is_free = driver.contains("freetds") || driver.contains("libtdsodbc");
    // FreeTDS makes do without TLS for every other value.
    let says = |param: &Param| {
        let insists = |value: &String| is_one_of(value, &["require", "strict"]);
        param.keyword.eq_ignore_ascii_case("Encryption") && param.value.as_ref().is_none_or(insists)
    };
    let is_told = params.may_encrypt() || (is_free && params.all.iter().any(says));
    // What says `no` in so many words is another rule's.
    if is_told || is_refused || params.get("Encrypt").is_some() {
        return false;
    }
    let fix = if is_free {
        Some(Fix::set(database, &["OPTIONS", "driver"], DRIVER).shown())
    } else {
        params.set_checked("Encrypt", "yes")
    };
    let found = out.on(database, &["OPTIONS", "driver"]);
    found.fix = fix;
    weigh(found, subject);
    true
}

pub(super) const MS005: Rule = Rule {
    id: "MS005",
    severity: Severity::Warning,
    title: "no driver is named, and an old one may be taken",
    why: "Where `driver` is not set, mssql-django takes ODBC Driver 18 if it is installed, and otherwise, with a line in the log \
          alone, Driver 17, which does not encrypt unless it is told to. An image with the wrong package is enough.",
    remedy: "name the driver, or add `Encrypt=yes` to `extra_params`",
    sources: &[README, ENCRYPTION],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server" }
"#,
    check: Check::Family(Family::Mssql, no_driver),
};

fn no_driver(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let params = Params::of(database);
    let is_named = ["driver", "dsn"]
        .iter()
        .any(|name| database.has_option(name));
    let is_open = database.is_opaque || database.method.is_some();
    if is_open
        || is_named
        || is_python(database) != Some(false)
        || !database.is_remote()
        || params.is_unknown
        || params.get("Encrypt").is_some()
    {
        return;
    }
    let found = out.on(database, &["OPTIONS"]);
    found.fix(Fix::set(database, &["OPTIONS", "driver"], DRIVER));
    weigh(found, subject);
}

pub(super) const MS026: Rule = Rule {
    id: "MS026",
    severity: Severity::Advice,
    title: "the time to connect is short for Azure SQL",
    why: "A serverless database that is paused takes up to a minute to wake, and a failover takes some seconds: a connection \
          that gives up earlier fails where waiting would have done. 0, and nothing, is the driver's default of 15 seconds.",
    remedy: "write `connection_timeout = 30`, or 60 for a serverless database that pauses",
    sources: &[
        "https://learn.microsoft.com/en-us/azure/azure-sql/database/troubleshoot-common-connectivity-issues",
    ],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = "entra"
OPTIONS = { connection_timeout = 5 }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = "entra"
OPTIONS = { connection_timeout = 30 }
"#,
    check: Check::Family(Family::Mssql, timeout),
};

fn timeout(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let seconds = match database.option("connection_timeout") {
        Some(field) => field.word().and_then(|word| word.parse::<u32>().ok()),
        None => (subject.is_production() && !database.is_opaque).then_some(0),
    };
    if database.is_at(AZURE) && seconds.is_some_and(|seconds| seconds < 30) {
        let path = &["OPTIONS", "connection_timeout"];
        out.on(database, path).fix(Fix::set(database, path, "30"));
    }
}

pub(super) const MS027: Rule = Rule {
    id: "MS027",
    severity: Severity::Advice,
    title: "after a failover of Azure SQL, connecting takes longer than it must",
    why: "With `MultiSubnetFailover=yes` the driver asks all addresses of the server at once. Without it, it asks one after the \
          other, and waits for those that answer no more.",
    remedy: "add `MultiSubnetFailover=yes` to `extra_params`",
    sources: &[
        "https://learn.microsoft.com/en-us/sql/connect/odbc/dsn-connection-string-attribute#multisubnetfailover",
    ],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = "entra"
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = "entra"
OPTIONS = { extra_params = { MultiSubnetFailover = "yes" } }
"#,
    check: Check::Family(Family::Mssql, failover),
};

fn failover(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let params = Params::of(database);
    let is_written = params.may_have("MultiSubnetFailover") || database.has_option("dsn");
    if subject.is_production() && database.is_at(AZURE) && !is_written {
        // What `auth` adds is text of ours: the manifest's own is still to be written.
        let fix = match database.entry.auth {
            Some(_)
                if database
                    .option("extra_params")
                    .is_none_or(|field| !field.is_public()) =>
            {
                Some(Fix::set(
                    database,
                    &[PATH[0], PATH[1], "MultiSubnetFailover"],
                    "\"yes\"",
                ))
            }
            _ => params.set("MultiSubnetFailover", "yes"),
        };
        out.on(database, &["HOST"]).fix = fix;
    }
}
