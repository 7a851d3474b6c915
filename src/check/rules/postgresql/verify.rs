//! PG005 to PG008 and PG012: a certificate that is checked in part, or cannot be checked at all.

use super::{
    Check, Rule,
    libpq::{Link, MODES, has_root},
    shared::{by_default, transport},
    tls::{PARAMETERS, REMEDY, RIGHT, SSL},
};
use crate::{
    check::{
        Surroundings,
        fix::Fix,
        found::Out,
        subject::{Database, Host, Known, Subject},
    },
    django::engine::Family,
    finding::Severity,
    suggest,
};

pub(super) const ANY_NAME: Rule = Rule {
    id: "PG005",
    severity: Severity::Warning,
    title: "the certificate's name is not checked",
    why: "With `sslmode=verify-ca` any server will do that the authority has certified: with an authority that \
          certifies others too, such as a cloud's or a company's, each of them can answer in this server's place.",
    remedy: REMEDY,
    sources: &[SSL],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-ca", sslrootcert = "/etc/ssl/shop-ca.pem" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "/etc/ssl/shop-ca.pem" }
"#,
    check: Check::Files(any_name),
};

pub(super) const NO_AUTHORITY: Rule = Rule {
    id: "PG006",
    severity: Severity::Warning,
    title: "nothing says which authorities to trust",
    why: "Without `sslrootcert` libpq looks for `~/.postgresql/root.crt` of the user that it runs as, and refuses to \
          connect where there is none: it does not turn to the authorities that the system trusts. Where files may be \
          looked at and this one is there, nothing is found. `system` needs libpq 16.",
    remedy: "write `sslrootcert = \"system\"`, or the path of the CA's certificate",
    sources: &[SSL, PARAMETERS],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full" }
"#,
    right: RIGHT,
    check: Check::Files(no_authority),
};

pub(super) const WEAK_SYSTEM: Rule = Rule {
    id: "PG007",
    severity: Severity::Error,
    title: "the system's authorities with a weak `sslmode`",
    why: "libpq refuses `sslrootcert=system` with any `sslmode` but `verify-full`: those authorities certify everybody, \
          so a certificate without its name would say nothing. No connection is made.",
    remedy: "write `sslmode = \"verify-full\"`",
    sources: &[PARAMETERS],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "require", sslrootcert = "system" }
"#,
    right: RIGHT,
    check: Check::Family(Family::Postgresql, weak_system),
};

pub(super) const NO_MODE: Rule = Rule {
    id: "PG008",
    severity: Severity::Error,
    title: "`sslmode` is no word that libpq knows",
    why: "libpq knows `disable`, `allow`, `prefer`, `require`, `verify-ca` and `verify-full`, in lower case and with \
          their hyphens. With anything else it makes no connection, not even by a socket.",
    remedy: REMEDY,
    sources: &[PARAMETERS],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify_full" }
"#,
    right: RIGHT,
    check: Check::Family(Family::Postgresql, no_mode),
};

pub(super) const NO_NAME: Rule = Rule {
    id: "PG012",
    severity: Severity::Warning,
    title: "there is no name to hold the certificate against",
    why: "`sslmode=verify-full` compares `HOST` with the names in the certificate. An address is in few certificates, \
          and libpq compares it since version 15; where it is not in there, no connection is made, and the way out that \
          offers itself is a weaker `sslmode`. On a socket libpq uses no TLS at all, whatever `sslmode` says.",
    remedy: "write the name that is in the server's certificate as `HOST`; an address may stand beside it as `hostaddr`",
    sources: &[SSL, PARAMETERS],
    wrong: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "10.1.2.3"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "/etc/ssl/shop-ca.pem" }
"#,
    right: r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
HOST = "db.shop.example"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
OPTIONS = { sslmode = "verify-full", sslrootcert = "/etc/ssl/shop-ca.pem", hostaddr = "10.1.2.3" }
"#,
    check: Check::Family(Family::Postgresql, no_name),
};

fn any_name(subject: &Subject<'_>, surroundings: Option<&Surroundings<'_>>, out: &mut Out<'_>) {
    let has_root = has_root(surroundings);
    for link in Link::every(subject) {
        let is_system = link.text("sslrootcert") == Some("system");
        let Some(("verify-ca", is_default)) = link.mode() else {
            continue;
        };
        if !link.needs_tls() || is_system {
            continue;
        }
        let found = link.fault_with(out, "sslmode", has_root);
        if is_default {
            by_default(found);
        }
    }
}

fn no_authority(subject: &Subject<'_>, surroundings: Option<&Surroundings<'_>>, out: &mut Out<'_>) {
    let has_root = has_root(surroundings);
    for link in Link::every(subject) {
        let verifies = matches!(link.text("sslmode"), Some("verify-full" | "verify-ca"));
        let is_socket = link.host() == Host::Local;
        if verifies && !is_socket && link.lacks("sslrootcert") && !has_root {
            link.fault(out, "sslrootcert");
        }
    }
}

fn weak_system(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let link = Link::new(database, subject);
    let is_weak = link
        .text("sslmode")
        .is_some_and(|mode| mode != "verify-full" && MODES.contains(&mode));
    if is_weak && link.text("sslrootcert") == Some("system") {
        link.fault(out, "sslmode").severity(Severity::Error);
    }
}

fn no_mode(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let link = Link::new(database, subject);
    let Some(field) = link.option("sslmode").filter(|field| !field.is_unknown()) else {
        return;
    };
    let word = field.word();
    if word.as_deref().is_some_and(|word| MODES.contains(&word)) {
        return;
    }
    let found = link.fault(out, "sslmode").severity(Severity::Error);
    let word = word.filter(|_| field.is_public()).unwrap_or_default();
    let plain = word.to_ascii_lowercase().replace(['_', ' '], "-");
    if let Some(near) = suggest::nearest(&plain, MODES.iter().copied()) {
        found.note(format!("`{near}` is the nearest word"));
    }
    let is_written = database
        .at(&["OPTIONS", "sslmode"])
        .is_some_and(|field| field.key_span.is_some());
    let is_table = matches!(field.value, Known::Table(_));
    if link.host() == Host::Local && is_written && !is_table {
        found.fix(Fix::remove(database, &["OPTIONS", "sslmode"]));
    }
}

fn no_name(database: &Database<'_>, subject: &Subject<'_>, out: &mut Out<'_>) {
    let link = Link::new(database, subject);
    if link.text("sslmode") != Some("verify-full") && !link.takes_system_mode() {
        return;
    }
    let host = database
        .field("HOST")
        .filter(|field| !field.is_empty())
        .map(|field| (field, "HOST"))
        .or_else(|| {
            let address = || link.option("hostaddr");
            link.option("host")
                .or_else(address)
                .map(|field| (field, "host"))
        });
    let Some((field, key)) = host else { return };
    let Some(text) = field.text() else { return };
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let is_socket = parts.iter().any(|part| part.starts_with(['/', '@']));
    if !is_socket && !parts.iter().any(|part| is_address(part)) {
        return;
    }
    let found = match key {
        "HOST" => out.on(database, &["HOST"]),
        _ => link.found(
            out,
            if database.has_option("host") {
                "host"
            } else {
                "hostaddr"
            },
        ),
    };
    let found = transport(found, subject);
    if is_socket {
        found.note("it is a socket: there is no TLS on it");
        found.remedy("leave `sslmode` out where the server is reached by a socket, or write the server's name as `HOST`");
    }
}

fn is_address(part: &str) -> bool {
    let bare = part.trim_start_matches('[').trim_end_matches(']');
    let bare = bare.split('%').next().unwrap_or(bare);
    bare.parse::<std::net::IpAddr>().is_ok()
}
