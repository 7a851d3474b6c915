//! Rules for what the manifest suppresses: an exception that has no end is a rule that is gone.

use super::{Check, Rule};
use crate::finding::Severity;

pub(super) const RULES: &[Rule] = &[EXPIRED, UNUSED];

pub(in crate::check) const EXPIRED: Rule = Rule {
    id: "CK001",
    severity: Severity::Warning,
    title: "an exception has expired",
    why: "The entry's last day has passed: what it let pass is told again. It was meant to be mended by then.",
    remedy: "mend what the entry lets pass and take it out, or give it a new day and say why",
    sources: &[],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-ca", sslrootcert = "/etc/ssl/shop-ca.pem" }

[check]
allow = [{ rule = "PG005", reason = "the certificate has no name yet", until = "2020-01-31" }]
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-ca", sslrootcert = "/etc/ssl/shop-ca.pem" }

[check]
allow = [{ rule = "PG005", reason = "the certificate has no name yet", until = "2999-01-31" }]
"#,
    check: Check::Suppression,
};

pub(in crate::check) const UNUSED: Rule = Rule {
    id: "CK002",
    severity: Severity::Advice,
    title: "an exception lets nothing pass",
    why: "Nothing is found that the entry lets pass. Left where it is, it would hide the same fault when it comes back.",
    remedy: "take the entry out",
    sources: &[],
    wrong: r#"[databases.default]
ENGINE = "sqlite3"
NAME = "db.sqlite3"

[check]
allow = [{ rule = "PG005", reason = "the certificate has no name yet" }]
"#,
    right: r#"[databases.default]
ENGINE = "sqlite3"
NAME = "db.sqlite3"
"#,
    check: Check::Suppression,
};
