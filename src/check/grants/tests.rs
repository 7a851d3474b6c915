//! Whole statements for each server, and what is refused.

use insta::assert_snapshot;

use super::*;

mod logins;
mod names;
mod replicas;

fn written(
    manifest: &str,
    profiles: &[&str],
    only: &[&str],
    migrate: Option<&str>,
) -> Result<String, Vec<Diagnostic>> {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    let selection = Selection {
        profiles: owned(profiles),
        only: owned(only),
    };
    let registry = Registry::builtin();
    let manifest = Manifest::read("nuages.toml", manifest, &registry);
    sql(&manifest, &selection, &registry, migrate)
}

#[track_caller]
fn whole(manifest: &str) -> String {
    written(manifest, &[], &[], None).unwrap()
}

#[track_caller]
fn refused(manifest: &str) -> Diagnostic {
    let mut errors = written(manifest, &[], &[], None).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors.remove(0)
}

/// Compares with `snapshots/NAME.snap`.
#[track_caller]
fn shot(name: &str, sql: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("snapshots");
    settings.bind(|| assert_snapshot!(name, sql));
}

const SHOP: &str = r#"
[databases.default]
ENGINE = "@ENGINE@"
NAME = "shop"
USER = "shop_app"
PASSWORD = "${env://A}"
HOST = "db.internal"

[profiles.migrate.databases.default]
USER = "shop_migrations"
PASSWORD = "${env://B}"
"#;

#[test]
fn each_server_has_its_own_words() {
    for engine in ["postgresql", "mysql", "mssql"] {
        shot(engine, &whole(&SHOP.replace("@ENGINE@", engine)));
    }
}

/// Nothing is known but the engine.
#[test]
fn what_references_bring_is_a_variable() {
    for engine in ["postgresql", "mysql", "mssql"] {
        let manifest = format!(
            "[databases.default]\nENGINE = \"{engine}\"\nNAME = \"${{env://N}}\"\nUSER = \"${{env://U}}\"\n\
             PASSWORD = \"${{env://P}}\"\nHOST = \"${{env://H}}\"\n\
             [profiles.migrations.databases.default]\nUSER = \"${{env://M}}\"\n"
        );
        shot(&format!("{engine}_unknown"), &whole(&manifest));
    }
}

#[test]
fn a_role_that_is_assumed_has_the_rights() {
    let sql = whole(
        r#"
[databases.default]
ENGINE = "postgis"
NAME = "shop"
USER = "web"
PASSWORD = "${env://A}"
OPTIONS = { assume_role = "shop_rows", options = "-c search_path=shop,extensions" }

[profiles.migrate.databases.default]
USER = "ci"
OPTIONS = { assume_role = "shop_owner" }
"#,
    );
    shot("postgresql_roles", &sql);
}

#[cfg(feature = "provider-azure")]
#[test]
fn logins_of_entra_are_made_its_own_way() {
    for (engine, more) in [
        ("postgresql", ""),
        ("mysql", "OPTIONS = { ssl = { ca = \"/ca.pem\" } }\n"),
        ("mssql", ""),
    ] {
        let user = if engine == "mssql" {
            ""
        } else {
            "USER = \"shop-web\"\n"
        };
        let manifest = format!(
            "[databases.default]\nENGINE = \"{engine}\"\nNAME = \"shop\"\nHOST = \"shop.example.net\"\n{user}{more}\
             auth = {{ method = \"entra\", client_id = \"00001111-aaaa-2222-bbbb-3333cccc4444\" }}\n\
             [profiles.migrate.databases.default]\n{}auth = {{ client_id = \"55556666-dddd-7777-eeee-8888ffff9999\" }}\n",
            user.replace("web", "ci")
        );
        shot(&format!("{engine}_entra"), &whole(&manifest));
    }
}

#[cfg(feature = "provider-aws")]
#[test]
fn logins_with_tokens_of_rds_need_no_password() {
    const PLACE: &str = "shop.c9akciq32rgt.eu-west-1.rds.amazonaws.com";
    let manifest = |engine: &str| {
        format!(
            "[databases.default]\nENGINE = \"{engine}\"\nNAME = \"shop\"\nHOST = \"{PLACE}\"\nUSER = \"shop_app\"\n\
             PASSWORD = \"${{aws-rds-token://{PLACE}:5432/shop_app}}\"\n"
        )
    };
    let postgresql = whole(&manifest("postgresql"));
    assert!(
        postgresql.contains(
            "\nGRANT rds_iam TO \"shop_app\";\nGRANT rds_iam TO \"shop_app_migrations\";\n"
        )
    );
    assert!(!postgresql.contains("\\password"));
    let mysql = whole(&manifest("mysql"));
    assert!(mysql.contains(
        "\nCREATE USER IF NOT EXISTS `shop_app`@`%` IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;\n"
    ));
}

/// A socket has no TLS, and nobody comes through it from elsewhere.
#[test]
fn a_server_without_a_network_knows_its_logins_as_local() {
    for host in [
        "",
        "HOST = \"localhost\"",
        "HOST = \"/run/mysqld/mysqld.sock\"",
    ] {
        let manifest = SHOP
            .replace("@ENGINE@", "mysql")
            .replace("HOST = \"db.internal\"", host);
        let sql = whole(&manifest);
        assert!(
            sql.contains("\nCREATE USER IF NOT EXISTS `shop_app`@`localhost` ACCOUNT LOCK;\n"),
            "{host}: {sql}"
        );
        assert!(
            !sql.contains("REQUIRE SSL") && !sql.contains("@`%`"),
            "{sql}"
        );
    }
}

#[test]
fn without_a_login_for_migrations_one_is_proposed() {
    let sql =
        whole("[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nUSER = \"shop\"\n");
    assert!(sql.contains("; no profile is for migrations."), "{sql}");
    assert!(sql.contains("shop runs the application, shop_migrations its migrations."));
    assert!(
        sql.contains("The manifest has no login for migrations"),
        "{sql}"
    );
    let same = whole(
        "[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nUSER = \"${env://U}\"\n\
         [profiles.migrate.databases.default]\nHOST = \"direct.internal\"\n",
    );
    assert!(
        same.contains("The manifest has no login for migrations"),
        "{same}"
    );
    assert!(
        same.contains("--set=runtime=NAME --set=migrations=NAME"),
        "{same}"
    );
}

#[test]
fn a_url_says_as_much_as_it_has_written_out() {
    let of = |url: &str| whole(&format!("[databases.default]\nurl = \"{url}\"\n"));
    let sql = of("postgres://shop_app:${env://P | urlencode}@db.internal/shop?currentSchema=sales");
    assert!(
        sql.contains("set_config('nuages.runtime', 'shop_app', true)"),
        "{sql}"
    );
    assert!(
        sql.contains("set_config('nuages.schema', 'sales', true)"),
        "{sql}"
    );
    let sql = of("postgres://${env://U}:${env://P}@db.internal/shop");
    assert!(
        sql.contains("set_config('nuages.runtime', :'runtime', true)"),
        "{sql}"
    );
    assert!(
        sql.contains("set_config('nuages.database', 'shop', true)"),
        "{sql}"
    );
    assert!(of("${env://URL}").contains("a reference says what the engine is"));
    let sql = whole("[databases.default]\nENGINE = \"postgresql\"\nurl = \"${env://URL}\"\n");
    assert!(sql.contains("Its URL is a reference"), "{sql}");
    assert!(
        sql.contains("set_config('nuages.schema', 'public', true)"),
        "{sql}"
    );
}

#[test]
fn what_a_secret_brings_is_a_variable() {
    let sql = whole(
        "[databases.default]\nfrom = \"${env://LOGIN}\"\nENGINE = \"postgresql\"\nOPTIONS = { sslmode = \"verify-full\" }\n",
    );
    assert!(
        sql.contains("set_config('nuages.runtime', :'runtime', true)"),
        "{sql}"
    );
    assert!(
        sql.contains("set_config('nuages.reader', :'runtime', true)"),
        "{sql}"
    );
}

#[test]
fn databases_that_are_one_have_one_section() {
    let manifest = format!(
        "{}\n[databases.replica]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nUSER = \"shop_app\"\nHOST = \"replica\"\n\
         [profiles.migrate.databases.replica]\nUSER = \"shop_migrations\"\n\
         [databases.cache]\nENGINE = \"sqlite3\"\nNAME = \"cache.db\"\n\
         [databases.old]\nENGINE = \"oracle\"\nNAME = \"old\"\n\
         [databases.wide]\nENGINE = \"django_cockroachdb\\n.x\"\nNAME = \"wide\"\n",
        SHOP.replace("@ENGINE@", "postgresql")
    );
    let manifest = manifest.replace("django_cockroachdb\\n.x", "django_cockroachdb.backend");
    let sql = whole(&manifest);
    let headings: Vec<&str> = sql
        .lines()
        .filter(|line| line.starts_with("-- databases: "))
        .collect();
    assert_eq!(
        headings,
        [
            "-- databases: default, replica",
            "-- databases: cache",
            "-- databases: old",
            "-- databases: wide"
        ]
    );
    assert!(sql.contains("--only databases.NAME writes one"));
    assert!(sql.contains("-- SQLite: a file"));
    assert!(sql.contains("-- Nothing is written for Oracle."));
    assert!(sql.contains("the engine django_cockroachdb.backend:"));
    let one = written(&manifest, &[], &["databases.cache"], None).unwrap();
    assert!(!one.contains("PostgreSQL"), "{one}");
    let none = written(&manifest, &[], &["databases.cach"], None).unwrap_err();
    assert_eq!(
        none[0].hint.as_deref(),
        Some("did you mean `databases.cache`?")
    );
}

#[test]
fn the_profile_for_migrations_is_found_or_named() {
    let manifest = SHOP.replace("@ENGINE@", "postgresql");
    let migrations_of = |profiles: &[&str], migrate: Option<&str>, manifest: &str| {
        let sql = written(manifest, profiles, &[], migrate).unwrap();
        let (_, rest) = sql.split_once("set_config('nuages.migrations', '").unwrap();
        rest.split('\'').next().unwrap().to_owned()
    };
    assert_eq!(migrations_of(&[], None, &manifest), "shop_migrations");
    // Selected as well, it is still not the application's.
    let selected = written(&manifest, &["migrate"], &[], None).unwrap();
    assert_eq!(selected, written(&manifest, &[], &[], None).unwrap());
    let renamed = manifest.replace("profiles.migrate", "profiles.deploy");
    assert_eq!(
        migrations_of(&[], Some("deploy"), &renamed),
        "shop_migrations"
    );
    assert_eq!(migrations_of(&[], None, &renamed), "shop_app_migrations");
    let unknown = written(&renamed, &[], &[], Some("deplo")).unwrap_err();
    assert_eq!(unknown[0].title, "the manifest has no profile `deplo`");
    let several = format!("{manifest}[profiles.migrations.env]\nA = \"1\"\n");
    let error = written(&several, &[], &[], None).unwrap_err().remove(0);
    assert_eq!(
        error.title,
        "several profiles may be for migrations: `migrate`, `migrations`"
    );
    // What another profile says holds below it.
    let stacked = format!("{manifest}[profiles.prod.databases.default]\nNAME = \"shop_prod\"\n");
    let sql = written(&stacked, &["prod"], &[], None).unwrap();
    assert!(
        sql.contains("GRANT CONNECT ON DATABASE \"shop_prod\""),
        "{sql}"
    );
}

#[test]
fn two_logins_that_act_as_one_are_refused() {
    let role = "OPTIONS = { assume_role = \"owner\" }";
    let manifest = SHOP
        .replace("@ENGINE@", "postgresql")
        .replace("HOST = \"db.internal\"", role);
    let error = refused(&manifest);
    assert!(
        error.title.starts_with("both logins act as the same role"),
        "{error:?}"
    );
    let unknown = manifest.replace("\"owner\"", "\"${env://R}\"");
    assert!(refused(&unknown).title.starts_with("both logins act as"));
    // The login of the application is the role that migrations become.
    let owner =
        SHOP.replace("@ENGINE@", "postgresql") + "OPTIONS = { assume_role = \"shop_app\" }\n";
    assert!(refused(&owner).title.starts_with("both logins act as"));
}

#[test]
fn a_profile_that_leads_elsewhere_is_refused() {
    let manifest = SHOP.replace("@ENGINE@", "postgresql") + "NAME = \"other\"\n";
    let error = refused(&manifest);
    assert!(
        error.title.contains("is another database in the profile"),
        "{error:?}"
    );
    assert!(error.span.is_some());
}

#[test]
fn a_name_that_no_sql_can_hold_is_refused_at_its_place() {
    for (engine, name) in [
        ("postgresql", "public"),
        ("postgresql", "a\\nb"),
        ("postgresql", "a\\u202Eb"),
        ("mysql", "a\\\\b"),
        ("mssql", "a\\nGO\\nb"),
        ("mssql", "a$(b)"),
    ] {
        let manifest = SHOP.replace("@ENGINE@", engine).replace("shop_app", name);
        let error = refused(&manifest);
        assert!(
            error
                .title
                .starts_with("a name in `databases.default.USER` cannot be written: it "),
            "{error:?}"
        );
        assert!(error.span.is_some());
    }
    let long = SHOP
        .replace("@ENGINE@", "postgresql")
        .replace("shop_app", &"a".repeat(64));
    assert!(refused(&long).title.contains("63 bytes"));
}

/// What a mistake has put there is not spread.
#[test]
fn no_password_is_written() {
    for engine in ["postgresql", "mysql", "mssql"] {
        let manifest = SHOP
            .replace("@ENGINE@", engine)
            .replace("${env://A}", "hunter2")
            .replace("${env://B}", "hunter3");
        assert!(!whole(&manifest).contains("hunter"), "{engine}");
    }
    let sql = whole("[databases.default]\nurl = \"postgres://shop_app:hunter2@db/shop\"\n");
    assert!(!sql.contains("hunter"));
}
