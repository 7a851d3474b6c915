//! SQL Server and Azure SQL. <https://learn.microsoft.com/en-us/sql/t-sql/functions/security-functions-transact-sql>

use super::{Answers, Questions, text};
use crate::check::server::{
    facts::{
        Changes, Channel, Facts, Method, Power, PowerKind, Product, Server, Strength, Tls, Verified,
    },
    text::Cleaner,
};

pub(super) const CLOCK: &str =
    "SELECT CAST(DATEDIFF_BIG(MILLISECOND, '1970-01-01', SYSUTCDATETIME()) AS float) / 1000.0";

pub(super) const QUESTIONS: Questions = &[
    (
        "who",
        "SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), CAST(SERVERPROPERTY('Edition') AS nvarchar(128)), \
         CAST(SERVERPROPERTY('EngineEdition') AS int), ORIGINAL_LOGIN(), SUSER_SNAME(), DB_NAME(), SCHEMA_NAME()",
    ),
    (
        "server roles",
        "SELECT r FROM (VALUES ('sysadmin'), ('securityadmin'), ('serveradmin'), ('setupadmin'), ('processadmin'), \
         ('diskadmin'), ('dbcreator'), ('bulkadmin')) AS x(r) WHERE IS_SRVROLEMEMBER(r) = 1",
    ),
    (
        "database roles",
        "SELECT r FROM (VALUES ('db_owner'), ('db_securityadmin'), ('db_accessadmin'), ('db_ddladmin'), \
         ('db_backupoperator'), ('loginmanager'), ('dbmanager')) AS x(r) WHERE IS_ROLEMEMBER(r) = 1",
    ),
    (
        "permissions",
        "SELECT p FROM (VALUES ('CONTROL SERVER'), ('IMPERSONATE ANY LOGIN'), ('ALTER ANY LOGIN'), ('ALTER ANY DATABASE'), \
         ('ADMINISTER BULK OPERATIONS'), ('ALTER SETTINGS'), ('VIEW SERVER STATE')) AS x(p) \
         WHERE HAS_PERMS_BY_NAME(NULL, NULL, p) = 1 UNION ALL SELECT p FROM (VALUES ('CONTROL'), ('CREATE TABLE'), \
         ('ALTER ANY SCHEMA'), ('ALTER ANY ROLE'), ('ALTER ANY USER')) AS x(p) \
         WHERE HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', p) = 1",
    ),
    (
        "schema",
        "SELECT HAS_PERMS_BY_NAME(QUOTENAME(SCHEMA_NAME()), 'SCHEMA', 'ALTER')",
    ),
    (
        "encryption",
        "SELECT encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID",
    ),
    (
        "transport",
        "SELECT CAST(CONNECTIONPROPERTY('net_transport') AS nvarchar(40)), \
         CAST(CONNECTIONPROPERTY('auth_scheme') AS nvarchar(40))",
    ),
];

/// Roles and permissions, and what they are over.
const POWERS: &[(&str, PowerKind)] = &[
    ("sysadmin", PowerKind::Everything),
    ("CONTROL SERVER", PowerKind::Everything),
    ("securityadmin", PowerKind::Logins),
    ("IMPERSONATE ANY LOGIN", PowerKind::Logins),
    ("ALTER ANY LOGIN", PowerKind::Logins),
    ("loginmanager", PowerKind::Logins),
    ("bulkadmin", PowerKind::Machine),
    ("ADMINISTER BULK OPERATIONS", PowerKind::Machine),
    ("serveradmin", PowerKind::Service),
    ("setupadmin", PowerKind::Service),
    ("processadmin", PowerKind::Service),
    ("diskadmin", PowerKind::Service),
    ("ALTER SETTINGS", PowerKind::Service),
    ("dbcreator", PowerKind::Databases),
    ("dbmanager", PowerKind::Databases),
    ("ALTER ANY DATABASE", PowerKind::Databases),
    ("VIEW SERVER STATE", PowerKind::Sight),
    ("db_securityadmin", PowerKind::Logins),
    ("db_accessadmin", PowerKind::Logins),
    ("ALTER ANY ROLE", PowerKind::Logins),
    ("ALTER ANY USER", PowerKind::Logins),
    ("db_backupoperator", PowerKind::Data),
    ("db_owner", PowerKind::Schema),
    ("CONTROL", PowerKind::Schema),
    ("db_ddladmin", PowerKind::Schema),
    ("ALTER ANY SCHEMA", PowerKind::Schema),
];

/// `EngineEdition` of those that Microsoft runs: they are always supported.
const CLOUD: &[&str] = &["5", "6", "8", "9", "11", "12"];

pub(super) fn read(answers: &mut Answers, facts: &mut Facts, cleaner: &Cleaner) {
    let who = answers.one("who", "who we are");
    let (version, edition) = (
        text(&who, 0).unwrap_or_default(),
        text(&who, 1).unwrap_or_default(),
    );
    let is_cloud = text(&who, 2).is_some_and(|engine| CLOUD.contains(&engine));
    facts.server = Server {
        product: Product::SqlServer,
        version: cleaner.clean(&format!("{version} ({edition})")),
        series: series(version).filter(|_| !is_cloud),
    };
    let (login, user) = (
        text(&who, 3).unwrap_or_default(),
        text(&who, 4).unwrap_or_default(),
    );
    facts.user = cleaner.clean(user);
    facts.login = (login != user && !login.is_empty()).then(|| cleaner.clean(login));
    facts.database = text(&who, 5).map(|name| cleaner.clean(name));
    channel(answers, facts, cleaner);

    let mut names = answers.names("server roles", "which roles of the server the login has");
    names.extend(answers.names(
        "database roles",
        "which roles of the database the login has",
    ));
    let were_answered = answers.was_answered("permissions") && answers.was_answered("schema");
    let permissions = answers.names("permissions", "which permissions the login has");
    let makes_tables = permissions.iter().any(|name| name == "CREATE TABLE");
    let alters_schema = text(
        &answers.one("schema", "whether the login can alter its schema"),
        0,
    ) == Some("1");
    names.extend(permissions);
    facts.powers = powers(&names);
    let schema = text(&who, 6)
        .map(|name| cleaner.clean(name))
        .unwrap_or_default();
    facts.changes = were_answered.then(|| Changes {
        creates_in: if makes_tables && alters_schema {
            vec![schema]
        } else {
            Vec::new()
        },
        grants: [
            (makes_tables, "CREATE TABLE"),
            (alters_schema, "ALTER on its schema"),
        ]
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, name)| (*name).to_owned())
        .collect(),
        ..Changes::default()
    });
}

/// A sysadmin has every permission, and an owner those of the database.
fn powers(names: &[String]) -> Vec<Power> {
    let has = |name: &str| names.iter().any(|known| known == name);
    let is_all = has("sysadmin") || has("CONTROL SERVER");
    let mut found = Vec::new();
    for (name, kind) in POWERS {
        let is_implied = (is_all && *kind != PowerKind::Everything)
            || (has("sysadmin") && *name == "CONTROL SERVER")
            || (has("db_owner")
                && matches!(
                    *name,
                    "CONTROL" | "ALTER ANY SCHEMA" | "ALTER ANY ROLE" | "ALTER ANY USER"
                ));
        if has(name) && !is_implied {
            found.push(Power {
                kind: *kind,
                name: (*name).to_owned(),
                via: None,
            });
        }
    }
    found
}

fn channel(answers: &mut Answers, facts: &mut Facts, cleaner: &Cleaner) {
    let transport = answers.one("transport", "how the connection is made");
    let is_encrypted = if answers.was_answered("encryption") {
        let row = answers.one("encryption", "whether the connection is encrypted");
        text(&row, 0).map(|is| is.eq_ignore_ascii_case("TRUE"))
    } else {
        answers.gaps.push(
            "whether the connection is encrypted: the server tells only logins with VIEW SERVER STATE, which an application \
             should not have"
                .to_owned(),
        );
        None
    };
    facts.channel = match is_encrypted {
        Some(true) => Channel::Tls(Tls {
            version: None,
            cipher: None,
            asked: None,
            verified: Verified::Unknown,
            certificate: None,
            ends_before: false,
        }),
        _ if text(&transport, 0) == Some("Shared memory") => Channel::Socket,
        Some(false) => Channel::Plain,
        None => Channel::Unknown,
    };
    facts.method = text(&transport, 1).map(|scheme| Method {
        name: cleaner.clean(scheme),
        strength: match scheme {
            "NTLM" => Strength::Weak,
            "KERBEROS" => Strength::Sound,
            _ => Strength::Unknown,
        },
    });
}

/// `15.0.4460.4`.
fn series(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
