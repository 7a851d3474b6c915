//! Who logs in to SQL Server, and how.

use super::{
    AZURE, Check, Rule,
    params::{Params, either, is_python},
};
use crate::{
    check::{
        fix::Fix,
        found::Out,
        subject::{Database, From, Subject},
    },
    django::{
        engine::{Family, has_ended},
        url::UrlStyle,
    },
    finding::Severity,
    manifest::{DatabaseEntry, Node},
    template::Part,
};

const ENTRA: &str =
    "https://learn.microsoft.com/en-us/sql/connect/odbc/using-azure-active-directory";
const PRACTICES: &str =
    "https://learn.microsoft.com/en-us/azure/azure-sql/database/security-best-practice";

pub(super) const MS007: Rule = Rule {
    id: "MS007",
    severity: Severity::Warning,
    title: "a password that is not used",
    why: "With this kind of `Authentication` mssql-django sends no password: the machine's identity, Kerberos or a person logs \
          in. The password is kept, handed over and rotated for nothing, and can leak.",
    remedy: "take `PASSWORD` out, and the secret out of the store",
    sources: &[ENTRA],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
USER = "7c1c5cb4-9f0b-4c52-8a4e-5d3d7f3f0a11"
PASSWORD = "${env://DB_PASSWORD}"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"
extra_params = "Authentication=ActiveDirectoryMsi;Encrypt=yes"
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
USER = "7c1c5cb4-9f0b-4c52-8a4e-5d3d7f3f0a11"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"
extra_params = "Authentication=ActiveDirectoryMsi;Encrypt=yes"
"#,
    check: Check::Family(Family::Mssql, idle_password),
};

/// Kinds of `Authentication` that mssql-django sends no password with.
const WITHOUT_PASSWORD: &[&str] = &[
    "ActiveDirectoryMsi",
    "ActiveDirectoryIntegrated",
    "ActiveDirectoryInteractive",
    "ActiveDirectoryDefault",
    "ActiveDirectoryDeviceCode",
    "ActiveDirectoryDeviceFlow",
];

fn idle_password(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    if Params::of(database).is("Authentication", WITHOUT_PASSWORD) && database.has("PASSWORD") {
        out.on(database, &["PASSWORD"])
            .fix(Fix::remove(database, &["PASSWORD"]));
    }
}

pub(super) const MS008: Rule = Rule {
    id: "MS008",
    severity: Severity::Warning,
    title: "a person's password for Entra ID logs in",
    why: "`ActiveDirectoryPassword` is deprecated: it cannot do multi-factor authentication, and stops where the tenant requires \
          that. It is a person's password, which opens more than this database.",
    remedy: "log in as a managed identity or an application: `auth = \"entra\"`",
    sources: &[ENTRA],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
USER = "shop@shop.example"
PASSWORD = "${env://DB_PASSWORD}"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"
extra_params = "Authentication=ActiveDirectoryPassword;Encrypt=yes"
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = "entra"
"#,
    check: Check::Family(Family::Mssql, person),
};

fn person(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    either(database, out, |database, out| {
        let params = Params::of(database);
        let is_found = params.is("Authentication", &["ActiveDirectoryPassword"]);
        if is_found {
            params.found(out, "Authentication");
        }
        is_found
    });
}

pub(super) const MS010: Rule = Rule {
    id: "MS010",
    severity: Severity::Warning,
    title: "a person is asked to log in",
    why: "`ActiveDirectoryInteractive` opens a browser, or a window on Windows: a server and a container have neither, and \
          wait until the time to connect is over.",
    remedy: "log in as a managed identity or an application: `auth = \"entra\"`",
    sources: &[ENTRA],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"
extra_params = "Authentication=ActiveDirectoryInteractive;Encrypt=yes"
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"
extra_params = "Authentication=ActiveDirectoryMsi;Encrypt=yes"
"#,
    check: Check::Family(Family::Mssql, interactive),
};

fn interactive(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    either(database, out, |database, out| {
        let params = Params::of(database);
        let asks = ["ActiveDirectoryInteractive", "ActiveDirectoryDeviceCode"];
        let is_found = subject.is_production() && params.is("Authentication", &asks);
        if is_found {
            params.found(out, "Authentication");
        }
        is_found
    });
}

pub(super) const MS013: Rule = Rule {
    id: "MS013",
    severity: Severity::Warning,
    title: "a password where Entra ID could log in",
    why: "Azure SQL takes a token of Entra ID in place of a password: there is nothing to store, to rotate or to leak, and \
          access ends with the identity. A SQL login is a password that opens the database from anywhere.",
    remedy: "write `auth = \"entra\"` in place of `USER` and `PASSWORD`, and make a user for the identity: `CREATE USER [name] FROM EXTERNAL PROVIDER`",
    sources: &[
        "https://learn.microsoft.com/en-us/azure/azure-sql/database/authentication-aad-overview",
        PRACTICES,
    ],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server" }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
auth = "entra"
"#,
    check: Check::Family(Family::Mssql, sql_login),
};

fn sql_login(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    let params = Params::of(database);
    let is_sql = params.is("Authentication", &["SqlPassword"])
        || !params.may_have("Authentication") && !params.is("Trusted_Connection", &["yes"]);
    let has_password = database.has("PASSWORD") || params.get("PWD").is_some();
    let has_other = database.method.is_some() || database.has("TOKEN");
    if database.is_at(AZURE) && is_sql && has_password && !has_other {
        let fix = Fix::set(database, &["auth"], "\"entra\"")
            .and_remove(database, &["USER"])
            .and_remove(database, &["PASSWORD"]);
        out.on(database, &["PASSWORD"]).fix(fix.shown());
    }
}

pub(super) const MS022: Rule = Rule {
    id: "MS022",
    severity: Severity::Error,
    title: "SQL Server cannot take this password",
    why: "A login's password has 128 characters at the most. A NUL ends the connection string for the driver, and every keyword \
          behind it is lost, those for TLS too. mssql-python takes blanks at the ends away.",
    remedy: "give the login another password",
    sources: &[
        "https://learn.microsoft.com/en-us/sql/relational-databases/security/password-policy",
    ],
    wrong: "",
    right: "",
    check: Check::Family(Family::Mssql, password),
};

fn password(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    let Some(password) = database.text("PASSWORD") else {
        return;
    };
    let is_trimmed = is_python(database) == Some(true) && password.trim() != password;
    let what = if password.contains('\0') {
        "it holds a NUL"
    } else if password.encode_utf16().count() > 128 {
        "it has more than 128 characters"
    } else if is_trimmed {
        "it begins or ends with a blank, and mssql-python takes that away"
    } else {
        return;
    };
    out.on(database, &["PASSWORD"]).note(what);
}

pub(super) const MS023: Rule = Rule {
    id: "MS023",
    severity: Severity::Warning,
    title: "nobody is said to log in",
    why: "Without a user, a token or an `Authentication`, mssql-django asks for integrated security. On Linux that is Kerberos, \
          and the error says `No credentials`, nothing of a user that was forgotten.",
    remedy: "write `USER` and `PASSWORD`, or `auth = \"entra\"`; where Kerberos is meant, `Trusted_Connection = \"yes\"`",
    sources: &["https://github.com/microsoft/mssql-django#options"],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server" }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
Trusted_Connection = "yes"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server" }
"#,
    check: Check::Family(Family::Mssql, nobody),
};

fn nobody(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    let params = Params::of(database);
    let written = ["UID", "Authentication", "Trusted_Connection"];
    let is_said = database.method.is_some()
        || database.is_opaque
        || database.has("USER")
        || database.field("TOKEN").is_some()
        || database.has("Trusted_Connection")
        || database.has_option("dsn")
        || written.iter().any(|name| params.may_have(name));
    if !is_said {
        out.on(database, &["USER"]);
    }
}

pub(super) const MS025: Rule = Rule {
    id: "MS025",
    severity: Severity::Error,
    title: "this back end is not maintained any more",
    why: "`django-pyodbc`, `django-pyodbc-azure` and `django-mssql-backend` ended with old versions of Django: nobody mends \
          their faults, and no version of Django that gets security fixes works with them. A URL that begins with `mssql://` \
          is told as advice: dj-database-url takes `sql_server.pyodbc` for it, where nuages takes `mssql`.",
    remedy: "install mssql-django and write `ENGINE = \"mssql\"`",
    sources: &["https://github.com/microsoft/mssql-django"],
    wrong: r#"[databases.default]
ENGINE = "sql_server.pyodbc"
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
"#,
    check: Check::Database(dead),
};

fn dead(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    let Some(engine) = database.field("ENGINE") else {
        return;
    };
    if engine.text().is_some_and(has_ended) {
        out.on(database, &["ENGINE"])
            .fix(Fix::set(database, &["ENGINE"], "\"mssql\"").shown());
    } else if engine.from == From::Url && has_ended_scheme(database.entry) {
        let found = out.on(database, &["url"]);
        found.title = Some("other readers of this URL take a back end that has ended".to_owned());
        found
            .note("dj-database-url makes `sql_server.pyodbc` of `mssql://`; nuages makes `mssql` of it")
            .severity(Severity::Advice)
            .remedy("write `mssqlms://`, which both read alike");
    }
}

/// Whether a URL's scheme is the one that dj-database-url has a dead engine for.
fn has_ended_scheme(entry: &DatabaseEntry) -> bool {
    let Some(Node::Text(url)) = entry.url.as_ref().map(|url| &url.node) else {
        return false;
    };
    let is_meant = |text: &String| text.to_ascii_lowercase().starts_with("mssql://");
    let is_first = matches!(url.parts.first(), Some(Part::Literal(text)) if is_meant(text));
    is_first && entry.url_style.unwrap_or_default() == UrlStyle::DjDatabaseUrl
}
