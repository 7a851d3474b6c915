//! PG001 to PG008 where the manifest does not say all: who can certify a server, what a reference's default is, what
//! stands behind a URL that a reference brings.

use super::{BASE, REMOTE};
use crate::{
    check::testing::{Around, found, holds, ids},
    finding::Severity,
};

#[test]
fn fixes_that_may_stop_what_works_are_left_to_people() {
    let is_safe = |text: &str, id: &str| {
        let found = found(text, &[]);
        let one = found.into_iter().find(|one| one.rule.id == id);
        let one = one.unwrap_or_else(|| panic!("{id}\n{text}"));
        one.fix.unwrap().is_safe
    };
    for (host, safe) in [
        ("db.shop.example", true),
        ("ep-cool-1.eu.aws.neon.tech", true),
        ("shop.postgres.database.azure.com", true),
        ("shop.proxy-abc.eu-west-1.rds.amazonaws.com", true),
        ("proxy-db.abc.eu-west-1.rds.amazonaws.com", false),
        ("db.shop.example,b.c.eu-west-1.rds.amazonaws.com", false),
        ("b.c.eu-west-1.rds.amazonaws.com,db.shop.example", false),
        ("db", false),
        ("db.shop.internal", false),
        ("DB.shop.local.", false),
        ("db.shop.svc", false),
        ("db.shop.svc.cluster.local", false),
        ("db.lan", false),
        ("${env://H}", false),
        ("ec2-1-2-3-4.eu-west-1.compute.amazonaws.com", false),
        ("ec2-1-2-3-4.compute-1.amazonaws.com", false),
        ("rw-1.rdb.fr-par.scw.cloud", false),
        ("postgresql-1.database.cloud.ovh.net", false),
    ] {
        assert_eq!(
            is_safe(&format!("{BASE}HOST = \"{host}\"\n"), "PG001"),
            safe,
            "{host}"
        );
    }
    let open = "[databases.a]\nENGINE = \"postgresql\"\nurl = \"${env://U}\"\n";
    assert!(!is_safe(
        &format!("{open}OPTIONS = {{ sslmode = \"require\" }}\n"),
        "PG004"
    ));
    let named = "OPTIONS = { sslmode = \"require\", sslrootcert = \"/ca.pem\" }\n";
    assert!(is_safe(&format!("{open}{named}"), "PG004"));
    let verified = format!("{REMOTE}OPTIONS = {{ sslmode = \"verify-ca\" }}\n");
    assert!(!is_safe(&verified, "PG005"));
    let beside =
        format!("{REMOTE}OPTIONS = {{ sslmode = \"require\", hostaddr = \"10.1.2.3\" }}\n");
    assert!(is_safe(&beside, "PG004"));
}

#[test]
fn the_authorities_of_the_home_directory_stay() {
    let around = Around::new();
    around.file("home/.postgresql/root.crt", 0o644, "");
    for (id, mode) in [("PG004", "require"), ("PG005", "verify-ca")] {
        let text = format!("{REMOTE}OPTIONS = {{ sslmode = \"{mode}\" }}\n");
        let found = around.found(&text, id);
        let fix = found[0].fix.as_ref().unwrap();
        assert_eq!(
            fix.describe(&[]),
            "databases.default.OPTIONS.sslmode = \"verify-full\""
        );
        assert!(around.found(&text, "PG006").is_empty());
    }
}

#[test]
fn defaults_of_references_are_looked_at() {
    let with = |mode: &str| format!("HOST = \"db\"\nOPTIONS = {{ sslmode = \"{mode}\" }}\n");
    for (id, mode, as_serious) in [
        ("PG002", "disable", Severity::Warning),
        ("PG003", "prefer", Severity::Warning),
        ("PG004", "require", Severity::Advice),
        ("PG005", "verify-ca", Severity::Advice),
    ] {
        let by_default = with(&format!("${{env://M:-{mode}}}"));
        holds(
            id,
            BASE,
            &[
                &by_default,
                &format!("HOST = \"db\"\n[env]\nPGSSLMODE = \"${{env://M:-{mode}}}\""),
            ],
            &[
                &with("${env://M:-verify-full}"),
                &with("${env://M}"),
                &with(&format!("${{env://M:-${{env://N:-x}}{mode}}}")),
                &by_default.replace("\"db\"", "\"localhost\""),
            ],
        );
        let found = found(&format!("{BASE}{by_default}"), &[]);
        let one = found.iter().find(|one| one.rule.id == id).unwrap();
        assert_eq!(one.severity, as_serious);
        assert!(one.fix.is_none());
        assert!(one.notes.iter().any(|note| note.contains("brings nothing")));
    }
}

#[test]
fn queries_behind_references_are_looked_at() {
    holds(
        "PG002",
        "",
        &[
            "[databases.a]\nurl = \"${env://U}?sslmode=disable\"",
            "[databases.a]\nurl = \"${env://U}/shop?sslmode=disable&application_name=${env://N}\"",
            "[databases.a]\nENGINE = \"postgresql\"\nurl = \"${env://U}?sslmode=disable\"",
        ],
        &[
            "[databases.a]\nurl = \"${env://U}?sslmode=${env://M}\"",
            "[databases.a]\nurl = \"${env://U}?sslmode=verify-full\"",
            "[databases.a]\nurl = \"${env://U}?application_name=sslmode%3Ddisable\"",
            "[databases.a]\nENGINE = \"mysql\"\nurl = \"${env://U}?sslmode=disable\"",
        ],
    );
}

#[test]
fn a_table_in_the_place_of_a_word_is_not_taken_out() {
    let fix = |value: &str| {
        let text = format!("{BASE}OPTIONS = {{ sslmode = {value} }}\n");
        let found = found(&text, &[]);
        let one = found.into_iter().find(|one| one.rule.id == "PG008");
        one.unwrap().fix.map(|fix| fix.describe(&[]))
    };
    assert!(fix("\"on\"").unwrap().starts_with("remove "));
    assert!(!fix("{ mode = \"on\" }").is_some_and(|fix| fix.starts_with("remove ")));
}

/// What Django gets where a variable is missing; a default of this machine exempts from nothing, since another server may
/// be brought.
#[test]
fn defaults_of_places_are_looked_at() {
    const LOGIN: &str = "[databases.default]\nENGINE = \"postgresql\"\nUSER = \"shop_app\"\nPASSWORD = \"${env://P}\"\n";
    let tls = "OPTIONS = { sslmode = \"verify-full\", sslrootcert = \"system\" }\n";
    let name = "NAME = \"shop\"\nHOST = \"db\"\n";
    for (id, written, reference, harmless) in [
        // A database of the system, a pooler's port, a pooler's name, an address that no certificate has.
        (
            "PG023",
            "NAME = \"postgres\"\nHOST = \"db\"\n",
            "${env://N:-postgres}",
            "shop",
        ),
        ("PG024", "PORT = \"6432\"\n", "${env://N:-6432}", "5432"),
        (
            "PG012",
            "HOST = \"10.0.0.7\"\nNAME = \"shop\"\n",
            "${env://N:-10.0.0.7}",
            "db.shop.example",
        ),
    ] {
        let (key, rest) = written.split_once(" = ").unwrap();
        let (literal, rest) = rest.split_once('\n').unwrap();
        let rest = if rest.is_empty() { name } else { rest };
        let text = |value: &str| format!("{LOGIN}{key} = \"{value}\"\n{rest}{tls}");
        let of = |text: &str| {
            let mut found = found(text, &[]);
            found.retain(|one| one.rule.id == id);
            found
        };
        let sure = of(&text(literal.trim_matches('"')));
        let default = of(&text(reference));
        assert_eq!((sure.len(), default.len()), (1, 1), "{id}");
        assert!(default[0].severity < sure[0].severity || sure[0].severity == Severity::Advice);
        assert!(
            default[0]
                .notes
                .iter()
                .any(|note| note.contains("brings nothing"))
        );
        assert!(default[0].fix.is_none());
        assert_eq!(
            of(&text(
                &reference.replace(literal.trim_matches('"'), harmless)
            ))
            .len(),
            0
        );
        assert_eq!(of(&text("${env://N}")).len(), 0, "{id}");
    }
    for host in [
        "${env://H:-localhost}",
        "${env://H:-/run/postgresql}",
        "${env://H:-}",
    ] {
        let text = format!("{LOGIN}NAME = \"shop\"\nHOST = \"{host}\"\n");
        assert!(ids(&text).contains(&"PG001"), "{host}");
    }
}
