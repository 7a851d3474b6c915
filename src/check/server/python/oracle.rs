//! Oracle Database. <https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/SYS_CONTEXT.html>

use super::{Answers, Questions, text};
use crate::check::server::{
    facts::{
        Changes, Channel, Facts, Method, Power, PowerKind, Product, Server, Strength, Tls, Verified,
    },
    text::Cleaner,
};

pub(super) const CLOCK: &str = "SELECT (CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE) - DATE '1970-01-01') * 86400 \
     + MOD(EXTRACT(SECOND FROM SYS_EXTRACT_UTC(SYSTIMESTAMP)), 1) FROM DUAL";

pub(super) const QUESTIONS: Questions = &[
    (
        "who",
        "SELECT SYS_CONTEXT('USERENV', 'SESSION_USER'), SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA'), \
         SYS_CONTEXT('USERENV', 'DB_NAME'), SYS_CONTEXT('USERENV', 'ISDBA'), SYS_CONTEXT('USERENV', 'NETWORK_PROTOCOL'), \
         SYS_CONTEXT('USERENV', 'AUTHENTICATION_METHOD') FROM DUAL",
    ),
    (
        "version",
        "SELECT product, version FROM product_component_version WHERE product LIKE 'Oracle%'",
    ),
    ("privileges", "SELECT privilege FROM session_privs"),
    ("roles", "SELECT role FROM session_roles"),
    ("tables", "SELECT COUNT(*) FROM user_tables"),
];

/// Roles, and what they are over.
const ROLES: &[(&str, PowerKind)] = &[
    ("DBA", PowerKind::Everything),
    ("PDB_DBA", PowerKind::Everything),
    ("CDB_DBA", PowerKind::Everything),
    ("IMP_FULL_DATABASE", PowerKind::Data),
    ("EXP_FULL_DATABASE", PowerKind::Data),
    ("DATAPUMP_IMP_FULL_DATABASE", PowerKind::Data),
    ("DATAPUMP_EXP_FULL_DATABASE", PowerKind::Data),
    ("SELECT_CATALOG_ROLE", PowerKind::Sight),
    ("EXECUTE_CATALOG_ROLE", PowerKind::Sight),
    ("JAVASYSPRIV", PowerKind::Machine),
];

pub(super) fn read(answers: &mut Answers, facts: &mut Facts, cleaner: &Cleaner) {
    let who = answers.one("who", "who we are");
    let version = answers.one("version", "which version it is");
    let number = text(&version, 1).unwrap_or_default();
    facts.server = Server {
        product: Product::Oracle,
        version: cleaner.clean(number),
        series: series(number),
    };
    let (user, schema) = (
        text(&who, 0).unwrap_or_default(),
        text(&who, 1).unwrap_or_default(),
    );
    facts.user = cleaner.clean(user);
    facts.database = text(&who, 2).map(|name| cleaner.clean(name));
    facts.channel = channel(text(&who, 4), answers);
    facts.method = text(&who, 5).map(|name| Method {
        name: cleaner.clean(name),
        strength: Strength::Unknown,
    });

    let were_answered = answers.was_answered("privileges") && answers.was_answered("tables");
    let privileges = answers.names("privileges", "which privileges the login has");
    let roles = answers.names("roles", "which roles the login has");
    facts.powers = powers(text(&who, 3) == Some("TRUE"), &roles, &privileges);
    let tables = answers.one("tables", "which tables the login owns");
    let makes_tables = privileges.iter().any(|name| name == "CREATE TABLE");
    facts.changes = were_answered.then(|| Changes {
        creates_in: if makes_tables {
            vec![cleaner.clean(schema)]
        } else {
            Vec::new()
        },
        alters: text(&tables, 0)
            .and_then(|count| count.parse().ok())
            .unwrap_or(0),
        ..Changes::default()
    });
}

fn channel(protocol: Option<&str>, answers: &mut Answers) -> Channel {
    match protocol {
        Some("tcps") => Channel::Tls(Tls {
            version: None,
            cipher: None,
            asked: None,
            verified: Verified::Unknown,
            certificate: None,
            ends_before: false,
        }),
        Some("ipc" | "beq") => Channel::Socket,
        _ => {
            answers.gaps.push(
                "whether the connection is encrypted: it has no TLS, and Oracle's native encryption is not told to this login"
                    .to_owned(),
            );
            Channel::Unknown
        }
    }
}

/// Whoever is a DBA has hundreds of privileges, which say no more.
fn powers(is_dba: bool, roles: &[String], privileges: &[String]) -> Vec<Power> {
    let power = |kind: PowerKind, name: &str| Power {
        kind,
        name: name.to_owned(),
        via: None,
    };
    let mut found = Vec::new();
    if is_dba {
        found.push(power(PowerKind::Everything, "SYSDBA"));
    }
    let known = ROLES
        .iter()
        .filter(|(name, _)| roles.iter().any(|role| role == name));
    found.extend(known.map(|(name, kind)| power(*kind, name)));
    if found
        .iter()
        .any(|power| power.kind == PowerKind::Everything)
    {
        found.retain(|power| power.kind == PowerKind::Everything);
        return found;
    }
    for (name, kind) in PRIVILEGES {
        if privileges.iter().any(|privilege| privilege == name) {
            found.push(power(*kind, name));
        }
    }
    found
}

/// System privileges, and what they are over.
const PRIVILEGES: &[(&str, PowerKind)] = &[
    ("GRANT ANY PRIVILEGE", PowerKind::Logins),
    ("GRANT ANY ROLE", PowerKind::Logins),
    ("GRANT ANY OBJECT PRIVILEGE", PowerKind::Logins),
    ("CREATE USER", PowerKind::Logins),
    ("ALTER USER", PowerKind::Logins),
    ("DROP USER", PowerKind::Logins),
    ("BECOME USER", PowerKind::Logins),
    ("CREATE ANY DIRECTORY", PowerKind::Machine),
    ("CREATE EXTERNAL JOB", PowerKind::Machine),
    ("SELECT ANY TABLE", PowerKind::Data),
    ("READ ANY TABLE", PowerKind::Data),
    ("INSERT ANY TABLE", PowerKind::Data),
    ("UPDATE ANY TABLE", PowerKind::Data),
    ("DELETE ANY TABLE", PowerKind::Data),
    ("SELECT ANY DICTIONARY", PowerKind::Data),
    ("EXEMPT ACCESS POLICY", PowerKind::Data),
    ("EXECUTE ANY PROCEDURE", PowerKind::Schema),
    ("CREATE ANY TABLE", PowerKind::Schema),
    ("ALTER ANY TABLE", PowerKind::Schema),
    ("DROP ANY TABLE", PowerKind::Schema),
    ("CREATE ANY PROCEDURE", PowerKind::Schema),
    ("CREATE ANY TRIGGER", PowerKind::Schema),
    ("ALTER SYSTEM", PowerKind::Service),
    ("ALTER DATABASE", PowerKind::Service),
    ("UNLIMITED TABLESPACE", PowerKind::Service),
];

/// `19.0.0.0.0`.
fn series(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
