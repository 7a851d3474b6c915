//! Redshift and `CockroachDB`, which are reached as PostgreSQL is; servers that have an address alone; the old engine's short
//! name.

use crate::check::testing::{fixed, found, holds, ids};

#[test]
fn servers_that_speak_its_protocol() {
    holds(
        "PG001",
        "",
        &[
            "[databases.default]\nurl = \"redshift://u:${env://P | urlencode}@c1.eu-west-1.redshift.amazonaws.com:5439/shop\"",
            "[databases.default]\nurl = \"cockroach://u:${env://P | urlencode}@db.shop.example:26257/shop\"",
            "[databases.default]\nENGINE = \"django_redshift_backend\"\nHOST = \"db\"",
            "[databases.default]\nENGINE = \"django_cockroachdb\"\nHOST = \"db\"",
            "[databases.default]\nENGINE = \"django_cockroachdb.backend\"\nHOST = \"db\"",
        ],
        &[
            "[databases.default]\nENGINE = \"django_cockroachdb\"\nHOST = \"localhost\"",
            "[databases.default]\nENGINE = \"my_cockroachdb.backend\"\nHOST = \"db\"",
        ],
    );
    holds(
        "PG004",
        "",
        &[
            "[databases.default]\nurl = \"redshift://u:${env://P | urlencode}@db.shop.example/shop?sslmode=require\"",
        ],
        &[],
    );
    holds(
        "PG021",
        "",
        &["[databases.default]\nENGINE = \"django_cockroachdb\"\nHOST = \"db\"\nUSER = \"root\""],
        &[],
    );
}

#[test]
fn what_they_cannot_do_is_not_asked_of_them() {
    let verified = "HOST = \"db.shop.example\"\nNAME = \"shop\"\nUSER = \"shop_app\"\nPASSWORD = \"${env://P}\"\nOPTIONS = { sslmode = \"verify-full\", sslrootcert = \"system\" }\n";
    for engine in ["django_redshift_backend", "django_cockroachdb"] {
        let text = format!("[databases.default]\nENGINE = \"{engine}\"\n{verified}");
        assert_eq!(ids(&text), [""; 0], "{engine}");
    }
    let text = format!("[databases.default]\nENGINE = \"postgresql\"\n{verified}");
    assert_eq!(ids(&text), ["PG009", "PG011"]);
}

#[test]
fn an_address_is_not_held_against_a_certificate_unasked() {
    let with = |host: &str, mode: &str| {
        format!(
            "[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nHOST = \"{host}\"\nOPTIONS = {{ sslmode = \"{mode}\", sslrootcert = \"/ca.pem\" }}\n"
        )
    };
    for (mode, id) in [
        ("verify-ca", "PG005"),
        ("require", "PG004"),
        ("prefer", "PG003"),
    ] {
        let mended = fixed(&with("db.shop.example", mode), id);
        assert_eq!(mended, Some(with("db.shop.example", "verify-full")), "{id}");
        for host in ["10.2.3.4", "fd00::1", "db.shop.example,10.2.3.4"] {
            let text = with(host, mode);
            assert_eq!(fixed(&text, id), None, "{id} at {host}");
            let found = found(&text, &[]);
            let one = found.iter().find(|one| one.rule.id == id).unwrap();
            assert!(one.fix.is_some(), "{id} shows no change");
        }
    }
}

#[test]
fn the_old_engine_by_its_short_name() {
    let text = "[databases.default]\nENGINE = \"postgresql_psycopg2\"\nNAME = \"shop\"\n";
    assert_eq!(ids(text), ["PG026"]);
    assert_eq!(
        fixed(text, "PG026").unwrap(),
        text.replace("postgresql_psycopg2", "postgresql")
    );
    let profile = "[databases.default]\nENGINE = \"sqlite3\"\nNAME = \"x\"\n[profiles.prod.databases.default]\nENGINE = \"postgresql_psycopg2\"\nNAME = \"shop\"\n";
    assert_eq!(
        fixed(profile, "PG026").unwrap(),
        profile.replace("postgresql_psycopg2", "postgresql")
    );
}
