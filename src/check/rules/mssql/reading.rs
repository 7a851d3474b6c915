//! What can never work: told while the manifest is read, or found in text of `extra_params` that is handed on as it is.

use zeroize::Zeroizing;

use super::{
    Check, KEYWORDS, Rule,
    params::{
        HOLE, PATH, Param, Params, holds_secret, is_microsoft, is_python, literal, parts_of,
        written,
    },
};
use crate::{
    check::{
        found::Out,
        subject::{Database, Field, Known, Subject},
    },
    django::{
        engine::Family,
        mssql::{extra_params, keywords},
    },
    finding::Severity,
    suggest,
    template::Template,
};

pub(super) const MS006: Rule = Rule {
    id: "MS006",
    severity: Severity::Error,
    title: "a token beside another login",
    why: "The driver takes a token or another login, not both: it refuses to connect (`FA005`) with a user, an `Authentication` \
          or integrated security beside the token.",
    remedy: "keep one of them",
    sources: &["https://learn.microsoft.com/en-us/sql/connect/odbc/using-azure-active-directory"],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
USER = "shop_app"
TOKEN = "${env://SQL_TOKEN}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server", extra_params = "Encrypt=yes" }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
TOKEN = "${env://SQL_TOKEN}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server", extra_params = "Encrypt=yes" }
"#,
    check: Check::Family(Family::Mssql, two_logins),
};

/// What is written out is refused while it is read.
fn two_logins(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    if database.method.is_some() || !database.has("TOKEN") {
        return;
    }
    let is_brought = |field: &Field| {
        let literal = field.template.as_ref().and_then(Template::literal);
        !field.is_empty() && literal.is_none()
    };
    if database.field("USER").is_some_and(is_brought) {
        out.on(database, &["USER"]);
    } else if database.has("PASSWORD") {
        out.on(database, &["PASSWORD"])
            .note("without a user it is not used: the token logs in")
            .severity(Severity::Warning)
            .remedy("take `PASSWORD` out, and the secret out of the store");
    }
}

pub(super) const MS009: Rule = Rule {
    id: "MS009",
    severity: Severity::Error,
    title: "the ODBC driver does not know `ActiveDirectoryDefault`",
    why: "`Authentication=ActiveDirectoryDefault` is of mssql-python alone: Microsoft's ODBC driver, which pyodbc uses, refuses \
          it when it connects.",
    remedy: "write `python_driver = \"mssql_python\"`, or `auth = \"entra\"`",
    sources: &[KEYWORDS],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"
extra_params = "Authentication=ActiveDirectoryDefault;Encrypt=yes"
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"

[databases.default.OPTIONS]
python_driver = "mssql_python"
extra_params = "Authentication=ActiveDirectoryDefault;Encrypt=yes"
"#,
    check: Check::Reading,
};

pub(super) const MS018: Rule = Rule {
    id: "MS018",
    severity: Severity::Error,
    title: "`extra_params` does not say what it seems to say",
    why: "A keyword with a blank beside it, one that the driver does not know, one that stands twice, a brace that is never closed: \
          the ODBC driver passes over it, or takes what follows for a part of it, without a word. `Encrypt = yes` encrypts \
          nothing. Of a keyword that a key of Django's stands for too, as `UID` and `USER`, pyodbc's driver takes Django's, \
          and mssql-python the other.",
    remedy: "write `extra_params` as a table, `{ Encrypt = \"yes\" }`: what needs quoting is quoted, and a slip is refused",
    sources: &[KEYWORDS],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server", extra_params = "Encrypt = yes" }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server", extra_params = { Encrypt = "yes" } }
"#,
    check: Check::Family(Family::Mssql, text),
};

/// A table is held against stricter rules while it is read, but for keywords that are like no other.
fn text(database: &Database<'_>, _: &Subject<'_>, out: &mut Out<'_>) {
    let Some(field) = database.option(PATH[1]) else {
        return;
    };
    let params = Params::of(database);
    let is_table = matches!(field.value, Known::Table(_));
    if database.method.is_some() && !is_table {
        return;
    }
    let hides = holds_secret(&params.all);
    if !is_table
        && let Some(text) = readable(field)
        && let Err(unreadable) = extra_params::read(&text)
    {
        let found = out.on(database, PATH);
        found.note(unreadable.to_string()).hides = hides;
        return;
    }
    generated_too(database, &params, out);
    // Every driver has keywords of its own.
    if is_python(database) != Some(false) || !is_microsoft(database) {
        return;
    }
    let is_secret =
        hides && !is_table || matches!(&field.value, Known::Text(text) if text.is_secret());
    for param in params.all.iter().filter(|param| param.name.is_none()) {
        let near = suggest::nearest(&param.keyword, keywords::KEYWORDS.iter().copied());
        if is_table && near.is_some() || param.keyword.contains(HOLE) {
            continue;
        }
        let found = if is_table {
            out.on(database, &[PATH[0], PATH[1], &param.keyword])
        } else {
            out.on(database, PATH)
        };
        found.hides = hides;
        if near.is_none() {
            found.severity(Severity::Warning);
        }
        if is_secret {
            found.note("the driver does not know one of its keywords, and passes over it");
            continue;
        }
        found.note(format!(
            "the driver does not know `{}`, and passes over it",
            param.keyword
        ));
        if let Some(near) = near {
            found.note(format!("did you mean `{near}`?"));
        }
    }
}

/// What mssql-django writes of a key of Django's, the driver's keyword stands for too: pyodbc hands both on, and the driver
/// takes the first, which is Django's; mssql-python takes the last.
fn generated_too(database: &Database<'_>, params: &Params<'_>, out: &mut Out<'_>) {
    if database.method.is_some() || !is_microsoft(database) {
        return;
    }
    let has_user = database.has("USER");
    let pairs = [
        ("Server", "HOST", !database.has_option("dsn")),
        ("UID", "USER", has_user),
        ("PWD", "PASSWORD", has_user),
        ("Database", "NAME", true),
    ];
    for (name, key, is_written) in pairs {
        let Some(param) = params.get(name).filter(|_| is_written && database.has(key)) else {
            continue;
        };
        let is_same = param.value.is_some() && param.value.as_deref() == database.text(key);
        if is_same {
            continue;
        }
        let takes_last = is_python(database) == Some(true);
        let found = params.found(out, name);
        if takes_last {
            found.note(format!("`{name}` takes the place of what `{key}` says"));
        } else {
            found
                .note(format!(
                    "the driver passes over `{name}`: `{key}` stands before it"
                ))
                .severity(Severity::Warning);
        }
        found.remedy(format!(
            "keep one of them: `{key}` is the one that Django knows"
        ));
    }
}

/// The text as far as it stands in the manifest; parts that are a reference's are left out.
fn readable(field: &Field) -> Option<Zeroizing<String>> {
    match (&field.value, &field.template) {
        (Known::Text(text), _) => Some(Zeroizing::new(text.expose().to_owned())),
        (Known::Unknown, Some(template)) => {
            let text = literal(template);
            let is_known = |part: &&str| {
                let keyword = part.split('=').next().unwrap_or_default();
                !keyword.contains(HOLE)
            };
            let parts: Vec<&str> = parts_of(&text).filter(is_known).collect();
            Some(Zeroizing::new(parts.join(";")))
        }
        _ => None,
    }
}

pub(super) const MS020: Rule = Rule {
    id: "MS020",
    severity: Severity::Error,
    title: "mssql-python refuses this keyword",
    why: "mssql-python takes a list of keywords and refuses every other when it connects: those of Always Encrypted, `APP` and \
          `MARS_Connection` among them.",
    remedy: "leave the keyword out, or take pyodbc: leave `python_driver` out",
    sources: &[
        "https://learn.microsoft.com/en-us/sql/connect/python/mssql-python/python-sql-driver-mssql-python",
    ],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { python_driver = "mssql_python", extra_params = "Encrypt=yes;APP=shop" }
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { python_driver = "mssql_python", extra_params = "Encrypt=yes" }
"#,
    check: Check::Reading,
};

pub(super) const MS021: Rule = Rule {
    id: "MS021",
    severity: Severity::Warning,
    title: "the secret of Always Encrypted stands in the manifest",
    why: "`KeyStoreSecret` opens the keys of every encrypted column. Written out, it is in the repository, in every clone and \
          every backup; and Django's error pages do not hide `extra_params`.",
    remedy: "write `KeyStoreAuthentication=KeyVaultManagedIdentity`, which needs no secret, or a reference",
    sources: &[
        "https://learn.microsoft.com/en-us/sql/connect/odbc/using-always-encrypted-with-the-odbc-driver",
    ],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"

[databases.default.OPTIONS.extra_params]
Encrypt = "yes"
ColumnEncryption = "Enabled"
KeyStoreAuthentication = "KeyVaultClientSecret"
KeyStorePrincipalId = "7c1c5cb4-9f0b-4c52-8a4e-5d3d7f3f0a11"
KeyStoreSecret = "written-out"
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"

[databases.default.OPTIONS]
driver = "ODBC Driver 18 for SQL Server"

[databases.default.OPTIONS.extra_params]
Encrypt = "yes"
ColumnEncryption = "Enabled"
KeyStoreAuthentication = "KeyVaultManagedIdentity"
"#,
    check: Check::Family(Family::Mssql, key_store),
};

fn key_store(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let params = Params::of(database);
    let Some(field) = database.option(PATH[1]) else {
        return;
    };
    // What a reference has brought is no literal.
    let is_literal = match &field.value {
        Known::Table(fields) => fields.iter().any(|field| {
            keywords::find(&field.name) == Some("KeyStoreSecret")
                && field
                    .template
                    .as_ref()
                    .is_some_and(|text| text.literal().is_some())
        }),
        // Of what stands around references it is told whether they have brought anything or not.
        _ => match &field.template {
            Some(template) => {
                let secret =
                    |param: &Param| param.name == Some("KeyStoreSecret") && param.value.is_some();
                written(template).iter().any(secret)
            }
            None => !subject.is_resolved || field.is_public(),
        },
    };
    if is_literal
        && params
            .value("KeyStoreSecret")
            .is_some_and(|value| !value.is_empty())
    {
        params.found(out, "KeyStoreSecret");
    }
}

pub(super) const MS024: Rule = Rule {
    id: "MS024",
    severity: Severity::Error,
    title: "`driver` is a file",
    why: "mssql-django knows Microsoft's drivers by their names. To one that is given as a library's file, with its directory or by its ending (`.so`, `.dylib`, `.dll`), it names no server, and \
          the driver answers `Neither DSN nor SERVER keyword supplied`.",
    remedy: "name the file in odbcinst.ini, and write that name: `ODBC Driver 18 for SQL Server`",
    sources: &[
        "https://learn.microsoft.com/en-us/sql/connect/odbc/linux-mac/connection-string-keywords-and-data-source-names-dsns",
    ],
    wrong: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"

[databases.default.OPTIONS]
driver = "/opt/microsoft/msodbcsql18/lib64/libmsodbcsql-18.6.so.2.1"
extra_params = "Encrypt=yes"
"#,
    right: r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { driver = "ODBC Driver 18 for SQL Server" }
"#,
    check: Check::Reading,
};
