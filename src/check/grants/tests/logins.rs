//! Whose logins are written, and which are refused.

use super::*;
use crate::check::testing::ids;

#[test]
fn administrators_get_no_grants() {
    for (engine, name, rule) in [
        ("postgresql", "postgres", "PG021"),
        ("postgresql", "cloudsqlsuperuser", "PG021"),
        ("mysql", "root", "MY007"),
        ("mysql", "Admin", "MY007"),
        ("mssql", "SA", "MS011"),
    ] {
        let manifest = SHOP
            .replace("@ENGINE@", engine)
            .replace("\"shop_app\"", &format!("\"{name}\""));
        let error = refused(&manifest);
        assert_eq!(
            error.title,
            "a name in `databases.default.USER` cannot be written: it is the login of an administrator, who would lose \
             what makes it one"
        );
        // Whoever the check warns of.
        assert!(ids(&manifest).contains(&rule), "{engine}: {name}");
    }
    for role in ["rds_superuser", "pg_write_all_data"] {
        let manifest = SHOP.replace("@ENGINE@", "postgresql").replace(
            "HOST = \"db.internal\"",
            &format!("OPTIONS = {{ assume_role = \"{role}\" }}"),
        );
        assert!(refused(&manifest).title.contains("OPTIONS.assume_role"));
    }
}

#[test]
fn a_role_that_libpq_sets_is_assumed() {
    let manifest = SHOP.replace("@ENGINE@", "postgresql").replace(
        "HOST = \"db.internal\"",
        "OPTIONS = { options = \"-c role=Rows\" }",
    );
    let manifest = format!("{manifest}OPTIONS = {{ options = \"-c role=owners\" }}\n");
    let sql = whole(&manifest);
    assert!(
        sql.contains("set_config('nuages.reader', 'Rows', true)"),
        "{sql}"
    );
    assert!(
        sql.contains("set_config('nuages.owner', 'owners', true)"),
        "{sql}"
    );
    let admin = manifest.replace("role=Rows", "role=postgres");
    assert!(refused(&admin).title.contains("login of an administrator"));
}

#[test]
fn a_login_that_the_server_would_not_take_is_refused() {
    for (engine, longest) in [("mysql", 32), ("mssql", 128), ("postgresql", 63)] {
        let of = |length: usize| {
            let manifest = SHOP.replace("@ENGINE@", engine);
            manifest.replace("\"shop_app\"", &format!("\"{}\"", "a".repeat(length)))
        };
        whole(&of(longest));
        assert!(refused(&of(longest + 1)).title.contains("is longer than"));
    }
    // What is proposed may be too long where what is written is not.
    let long = format!(
        "[databases.default]\nENGINE = \"mysql\"\nNAME = \"shop\"\nUSER = \"{}\"\n",
        "a".repeat(25)
    );
    assert_eq!(
        refused(&long).hint.as_deref(),
        Some("it is a proposal: give a profile for migrations a `USER` of its own")
    );
    for unseen in ["\u{ad}", "\u{3164}", "\u{fe0f}", "\u{e0041}", "\u{115f}"] {
        let manifest = SHOP.replace("@ENGINE@", "mysql");
        let manifest = manifest.replace("shop_app", &format!("shop{unseen}_app"));
        assert!(refused(&manifest).title.contains("that is none of a name"));
    }
}

/// Nobody migrates a replica.
#[test]
fn a_replica_has_the_login_for_migrations_of_its_primary() {
    let replica =
        "[databases.replica]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nHOST = \"replica\"\n";
    for (login, headings) in [
        ("USER = \"shop_app\"\n", 1),
        (
            "USER = \"shop_reader\"\nTEST = { MIRROR = \"default\" }\n",
            2,
        ),
    ] {
        let sql = whole(&format!(
            "{}{replica}{login}",
            SHOP.replace("@ENGINE@", "postgresql")
        ));
        assert!(
            !sql.contains("_app_migrations") && !sql.contains("_reader_migrations"),
            "{sql}"
        );
        assert_eq!(sql.matches("\n-- databases: ").count(), headings, "{sql}");
    }
    let other = whole(&format!(
        "{}{}USER = \"shop_app\"\n",
        SHOP.replace("@ENGINE@", "postgresql"),
        replica.replace("\"shop\"", "\"other\"")
    ));
    assert!(other.contains("'shop_app_migrations'"), "{other}");
}

#[test]
fn a_profile_for_migrations_has_the_word_in_its_name() {
    let manifest = SHOP
        .replace("@ENGINE@", "postgresql")
        .replace("profiles.migrate", "profiles.prod-migrate")
        + "[profiles.prod.env]\nA = \"1\"\n";
    assert!(whole(&manifest).contains("with profile prod-migrate."));
    let two = manifest + "[profiles.staging-migrate.env]\nA = \"1\"\n";
    assert!(
        refused(&two)
            .title
            .starts_with("several profiles may be for migrations")
    );
    let sql = written(&two, &["prod"], &[], None).unwrap();
    assert!(sql.contains("with profile prod-migrate."), "{sql}");
}

#[test]
fn commands_in_the_header_can_be_run_as_they_are() {
    let manifest = SHOP
        .replace("\"shop\"", "\"my shop\"")
        .replace("shop_app", "Shop App");
    let sql = whole(&manifest.replace("@ENGINE@", "postgresql"));
    assert!(sql.contains("--dbname='my shop' --file"), "{sql}");
    assert!(sql.contains("\\password \"Shop App\"\n"), "{sql}");
    let sql = whole(&manifest.replace("@ENGINE@", "mssql"));
    assert!(sql.contains("-d \"my shop\" -i"), "{sql}");
    let sql = whole(
        &manifest
            .replace("my shop", "a=b")
            .replace("@ENGINE@", "postgresql"),
    );
    assert!(sql.contains("--dbname=NAME --file"), "{sql}");
}

#[test]
fn mysql_on_this_machine_needs_no_tls_and_a_pattern_is_told_of() {
    let manifest = SHOP.replace("@ENGINE@", "mysql");
    for (host, has_tls) in [
        ("HOST = \"127.0.0.1\"", false),
        ("HOST = \"::1\"", false),
        (
            "HOST = \"127.0.0.1\"\nOPTIONS = { ssl = { ca = \"/ca.pem\" } }",
            true,
        ),
        (
            "HOST = \"127.0.0.1\"\nOPTIONS = { ssl_mode = \"DISABLED\" }",
            false,
        ),
        (
            "HOST = \"127.0.0.1\"\nOPTIONS = { ssl_mode = \"REQUIRED\" }",
            true,
        ),
        ("HOST = \"10.0.0.1\"", true),
    ] {
        let sql = whole(&manifest.replace("HOST = \"db.internal\"", host));
        assert_eq!(sql.contains("REQUIRE SSL"), has_tls, "{host}: {sql}");
        assert!(!sql.contains("without backslashes"), "{sql}");
        // A hash is on no screen that nobody asked for.
        assert!(!sql.contains("\nSHOW GRANTS"), "{sql}");
        assert!(
            sql.ends_with("WHERE user IN ('shop_app', 'shop_migrations');\n"),
            "{sql}"
        );
    }
    let sql = whole(&manifest.replace("NAME = \"shop\"", "NAME = \"my_shop\""));
    assert!(
        sql.contains("--   REVOKE ALL PRIVILEGES ON `my_shop`.* FROM ...;"),
        "{sql}"
    );
}
