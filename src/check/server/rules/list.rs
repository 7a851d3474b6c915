//! The rules, in the order of their ids.

use crate::check::rule::{Check, Rule};
use crate::finding::Severity::{Advice, Error, Warning};

const PG_AUTH: &str = "https://www.postgresql.org/docs/18/auth-password.html";
const PG_SSL: &str = "https://www.postgresql.org/docs/18/libpq-ssl.html";
const PG_ATTRIBUTES: &str = "https://www.postgresql.org/docs/18/role-attributes.html";
const PG_ROLES: &str = "https://www.postgresql.org/docs/18/predefined-roles.html";
const PG_SCHEMAS: &str = "https://www.postgresql.org/docs/18/ddl-schemas.html#DDL-SCHEMAS-PATTERNS";
const MYSQL_TLS: &str = "https://dev.mysql.com/doc/refman/8.4/en/using-encrypted-connections.html";
const MYSQL_PRIVILEGES: &str = "https://dev.mysql.com/doc/refman/8.4/en/privileges-provided.html";
const MYSQL_AUTH: &str = "https://dev.mysql.com/doc/refman/8.4/en/authentication-plugins.html";
const MSSQL_ROLES: &str = "https://learn.microsoft.com/en-us/sql/relational-databases/security/authentication-access/server-level-roles";
const OWASP: &str =
    "https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html";

/// Every rule for what servers say.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        id: "SV001",
        severity: Error,
        title: "the server refuses the login",
        why: "Django logs in with the same values and will be refused too: a wrong or expired password, a login that is not \
              there, or one that may not come from here.",
        remedy: "give the manifest the login that the server has; its log says more than it tells a client",
        sources: &["https://www.postgresql.org/docs/18/client-authentication-problems.html"],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV002",
        severity: Error,
        title: "the server cannot be reached",
        why: "Nobody answers where `HOST` and `PORT` point, as seen from where the check runs.",
        remedy: "run the check where the deployment runs, and correct `HOST` and `PORT` or the network between",
        sources: &["https://docs.djangoproject.com/en/stable/ref/settings/#host"],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV003",
        severity: Error,
        title: "the server's certificate does not hold",
        why: "The settings ask for a verified server, and what answered could not show that it is the one: it may be somebody \
              else, or its certificate has another name, has expired or is signed by an authority that is not trusted.",
        remedy: "give the server a certificate for the name in `HOST`, and name the authority that signed it",
        sources: &[PG_SSL, MYSQL_TLS],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV004",
        severity: Error,
        title: "the server has no TLS that the settings ask for",
        why: "The settings ask for an encrypted connection and the server does not make one, so Django cannot connect either.",
        remedy: "turn TLS on in the server, with a version that is not older than 1.2",
        sources: &["https://www.postgresql.org/docs/18/ssl-tcp.html", MYSQL_TLS],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV005",
        severity: Error,
        title: "the server asks for the password in a way that gives it away",
        why: "It wants the password itself over a connection on which nobody made sure who it is, or a proof that the settings \
              forbid. Whoever sits between gets the password from every driver that answers. It was not sent.",
        remedy: "let the server ask for SCRAM or for a hash, and verify its certificate",
        sources: &[
            PG_AUTH,
            "https://dev.mysql.com/doc/refman/8.4/en/caching-sha2-pluggable-authentication.html",
        ],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV006",
        severity: Error,
        title: "the database is not there, or not for this login",
        why: "The server knows the login, and has no database of this name for it.",
        remedy: "make the database, correct `NAME`, or grant the login CONNECT on it",
        sources: &["https://www.postgresql.org/docs/18/ddl-priv.html"],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV007",
        severity: Error,
        title: "the settings cannot be carried out",
        why: "They name a file that is missing or of no use, or ask for what excludes itself: the driver fails before it has \
              asked the server.",
        remedy: "correct the key that is named",
        sources: &["https://www.postgresql.org/docs/18/libpq-connect.html"],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV008",
        severity: Warning,
        title: "the server has no answer just now",
        why: "It is starting or stopping, has too many connections, or does not speak as it should: nothing can be said of it.",
        remedy: "try again when it is up; if something else listens there, correct `HOST` and `PORT`",
        sources: &["https://www.postgresql.org/docs/18/errcodes-appendix.html"],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV010",
        severity: Error,
        title: "the connection is not encrypted",
        why: "Everything that the application reads and writes can be read and changed on the way, by anyone on the network. \
              The server was asked and this is what came of it, whatever the settings mean to say.",
        remedy: "turn TLS on in the server, and have the settings ask for it with verification: `sslmode = \"verify-full\"`, \
                 `ssl_mode = \"VERIFY_IDENTITY\"`",
        sources: &[PG_SSL, MYSQL_TLS, OWASP],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV011",
        severity: Warning,
        title: "nobody made sure who the server is",
        why: "The connection is encrypted, to whoever answers: one who sits between can be the server for the application, and \
              the application for the server.",
        remedy: "verify the authority and the name: `sslmode = \"verify-full\"` with `sslrootcert`, or `ssl_mode = \
                 \"VERIFY_IDENTITY\"` with `ssl = { ca = … }`",
        sources: &[PG_SSL, MYSQL_TLS],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV012",
        severity: Warning,
        title: "the server's certificate expires",
        why: "From that moment on every connection that verifies it is refused, all at once.",
        remedy: "renew it, and let it be renewed by itself",
        sources: &["https://www.postgresql.org/docs/18/ssl-tcp.html"],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV013",
        severity: Advice,
        title: "the connection's TLS ends before the server",
        why: "A pooler or a proxy answers in its place, and what lies behind is not encrypted. Whether that is right depends on \
              where it runs.",
        remedy: "if the way from the pooler to the server leaves its machine, let the pooler use TLS there too",
        sources: &[
            "https://www.postgresql.org/docs/18/monitoring-stats.html#MONITORING-PG-STAT-SSL-VIEW",
        ],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV020",
        severity: Error,
        title: "the login can do everything",
        why: "One injected statement, or one leaked password, and all databases of the server are gone, with the logs that would \
              tell of it; on a machine of one's own the machine too.",
        remedy: "make a login for the application that owns nothing and has SELECT, INSERT, UPDATE and DELETE on its tables",
        sources: &[PG_ATTRIBUTES, MYSQL_PRIVILEGES, MSSQL_ROLES, OWASP],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV021",
        severity: Error,
        title: "the login can reach the server's files or programs",
        why: "What can read or write files, or start programs, as the server's own user, has left the database: keys, other \
              databases and backups are within reach of one injected statement.",
        remedy: "revoke it; what loads files does so with a login of its own",
        sources: &[PG_ROLES, MYSQL_PRIVILEGES],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV022",
        severity: Warning,
        title: "the login can change logins or hand on what it may",
        why: "It can give itself, or somebody else, more than it was given, and a way back in that stays when its own password \
              is changed.",
        remedy: "revoke it; logins are made by an administrator, or by a login for that alone",
        sources: &[PG_ATTRIBUTES, MYSQL_PRIVILEGES, MSSQL_ROLES],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV023",
        severity: Warning,
        title: "the login can reach all data",
        why: "It reads or writes past what was granted: every database or schema, rows that policies hide, or a copy of it all.",
        remedy: "revoke it, and grant what the application's own tables need",
        sources: &[PG_ROLES, PG_ATTRIBUTES, MYSQL_PRIVILEGES],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV024",
        severity: Advice,
        title: "the login can do things that an application does not need",
        why: "It can make databases, look at other sessions or stop them. The test runner needs CREATEDB where tests run; \
              a deployment does not.",
        remedy: "revoke it from the login that the deployment uses",
        sources: &[PG_ATTRIBUTES, PG_ROLES, MYSQL_PRIVILEGES],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV025",
        severity: Warning,
        title: "the application's login can change tables",
        why: "An application that runs needs rows, not tables: with this an injected statement can drop or alter them, add a \
              trigger, or put a table in the place of another.",
        remedy: "let another login own the tables and run migrations, in a profile of its own such as `migrate`",
        sources: &[PG_SCHEMAS, OWASP],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV026",
        severity: Warning,
        title: "everybody can make tables in a schema",
        why: "Before PostgreSQL 15, whoever can connect may make tables and functions in `public`, and a database that was \
              upgraded keeps that: what others put there is found in place of one's own (CVE-2018-1058).",
        remedy: "`REVOKE CREATE ON SCHEMA public FROM PUBLIC`, in each database",
        sources: &[PG_SCHEMAS, "https://www.postgresql.org/docs/release/15.0/"],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV030",
        severity: Error,
        title: "the server's version gets no more fixes",
        why: "Faults that are found from now on stay open in it, and are published with those of the versions that are mended.",
        remedy: "move to a version that its maker still supports",
        sources: &[
            "https://www.postgresql.org/support/versioning/",
            "https://mariadb.org/about/#maintenance-policy",
        ],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV031",
        severity: Advice,
        title: "the server's version will soon get no more fixes",
        why: "A move to another major version takes planning: less than half a year is left.",
        remedy: "plan the move",
        sources: &[
            "https://www.postgresql.org/support/versioning/",
            "https://mariadb.org/about/#maintenance-policy",
        ],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV040",
        severity: Warning,
        title: "the password is proven in a weak way",
        why: "With md5 and mysql_native_password, what the server stores is as good as the password, and what is seen of a login \
              is soon turned into it; both are on their way out of their servers.",
        remedy: "set `password_encryption = 'scram-sha-256'` and the password anew, or `ALTER USER … IDENTIFIED WITH \
                 caching_sha2_password` (MariaDB: `ed25519`)",
        sources: &[PG_AUTH, MYSQL_AUTH],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV041",
        severity: Warning,
        title: "the server gets the password itself",
        why: "TLS was verified, so nobody else has it; but whatever is in the server's place for a moment, a pooler or a log, \
              sees it in the clear.",
        remedy: "let the server ask for SCRAM, or for a hash; tokens that live for minutes are made for this and can stay",
        sources: &[PG_AUTH, MYSQL_AUTH],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV042",
        severity: Error,
        title: "the server asks for no password",
        why: "Whoever can reach it is let in under this name, and the password in the manifest protects nothing.",
        remedy: "replace `trust` in `pg_hba.conf` with `scram-sha-256`",
        sources: &["https://www.postgresql.org/docs/18/auth-trust.html"],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV043",
        severity: Warning,
        title: "the server stores new passwords in a weak way",
        why: "Each password that is set from now on, by a rotation too, is stored as an MD5 hash, which is as good as the \
              password for whoever reads it.",
        remedy: "`ALTER SYSTEM SET password_encryption = 'scram-sha-256'`, then set the passwords anew",
        sources: &[PG_AUTH],
        wrong: "",
        right: "",
        check: Check::Server,
    },
    Rule {
        id: "SV050",
        severity: Warning,
        title: "the server's clock is not the one here",
        why: "Tokens and signatures are refused before or after their time, certificates too, and what both write down about the \
              same thing does not fit together.",
        remedy: "let both machines keep their time by NTP",
        sources: &[
            "https://www.postgresql.org/docs/18/functions-datetime.html#FUNCTIONS-DATETIME-CURRENT",
        ],
        wrong: "",
        right: "",
        check: Check::Server,
    },
];
