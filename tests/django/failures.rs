//! What goes wrong is told by whom it concerns: `nuages` about secrets before anything starts, Django about its database.

use crate::shop::{SECRET_KEY, Shop};
use crate::support::postgres::{APP, CertificateName, MIGRATIONS, Postgres};
use crate::support::project::Outcome;
use crate::support::python::Django;

const SECRETS: &[&str] = &[APP.password, MIGRATIONS.password, SECRET_KEY];

/// Django's own look at its database, with whatever it complains of.
fn look(shop: &Shop) -> Outcome {
    shop.manage(&[], &["showmigrations", "--no-color"])
        .output()
        .silent_about(SECRETS)
}

#[test]
fn the_runtime_login_may_not_migrate() {
    let server = Postgres::start();
    for django in Django::chosen() {
        let shop = Shop::new(django, &server);
        let run = shop
            .manage(&[], &["migrate", "--no-color"])
            .output()
            .code(1)
            .silent_about(SECRETS);
        assert!(
            run.stderr().contains("permission denied for schema public"),
            "{}",
            run.stderr()
        );
    }
}

#[test]
fn a_wrong_password_is_djangos_error() {
    let server = Postgres::start();
    for django in Django::chosen() {
        let shop = Shop::new(django, &server);
        shop.project
            .write("run-secrets/db-password", "not the password");
        let run = look(&shop).code(1);
        assert!(
            run.stderr().contains("django.db.utils.OperationalError"),
            "{}",
            run.stderr()
        );
        assert!(
            run.stderr()
                .contains(r#"password authentication failed for user "shop_app""#),
            "{}",
            run.stderr()
        );
    }
}

#[test]
fn an_unreachable_server_is_djangos_error() {
    for django in Django::chosen() {
        let shop = Shop::without_server(django);
        // The certificate authority has to exist for libpq to try the port at all.
        let manifest = shop.project.read("nuages.toml");
        shop.project.write(
            "nuages.toml",
            manifest
                .replace("verify-full", "require")
                .replace("/nowhere/root.pem", ""),
        );
        let run = look(&shop).code(1);
        assert!(
            run.stderr().contains("django.db.utils.OperationalError"),
            "{}",
            run.stderr()
        );
        assert!(
            run.stderr().contains("Connection refused"),
            "{}",
            run.stderr()
        );
    }
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let server = Postgres::start_as(CertificateName::Elsewhere);
    for django in Django::chosen() {
        let run = look(&Shop::new(django, &server)).code(1);
        let complaint =
            r#"server certificate for "db.elsewhere.example" does not match host name "localhost""#;
        assert!(run.stderr().contains(complaint), "{}", run.stderr());
    }
}

#[test]
fn a_missing_secret_starts_nothing() {
    let shop = Shop::without_server(Django::chosen()[0]);
    std::fs::remove_file(shop.project.path("run-secrets/db-password")).unwrap();
    let run = shop
        .nuages(&["exec", "--", "touch", "started"])
        .output()
        .code(4)
        .silent_about(SECRETS);
    assert!(
        !shop.project.path("started").exists(),
        "the child never starts"
    );
    assert_eq!(run.stdout(), "");
    assert!(
        run.stderr().contains("`databases.default.PASSWORD`"),
        "{}",
        run.stderr()
    );
    let place = format!("nuages.toml:{}:", shop.line_of("PASSWORD"));
    assert!(
        run.stderr().contains(&place),
        "no `{place}` in:\n{}",
        run.stderr()
    );

    // With the secret there, the very same run does start the child.
    shop.project.write("run-secrets/db-password", APP.password);
    shop.nuages(&["exec", "--", "touch", "started"])
        .output()
        .code(0);
    assert!(shop.project.path("started").exists());
}

#[test]
fn every_missing_secret_is_told_at_once() {
    let shop = Shop::without_server(Django::chosen()[0]);
    std::fs::remove_dir_all(shop.project.path("run-secrets")).unwrap();
    shop.project.write("run-secrets/unrelated", "x");
    let run = shop
        .nuages(&["exec", "--", "touch", "started"])
        .output()
        .code(4);
    for key in ["databases.default.PASSWORD", "env.SECRET_KEY"] {
        assert_eq!(
            run.stderr().matches(&format!("`{key}`")).count(),
            1,
            "{key}, once:\n{}",
            run.stderr()
        );
    }
    assert!(
        !shop.project.path("started").exists(),
        "the child never starts"
    );
    assert!(
        !run.stderr().contains("db-migrations-password"),
        "another profile's secret is not asked for"
    );
}

#[test]
fn a_failed_render_leaves_the_old_file() {
    let shop = Shop::without_server(Django::chosen()[0]);
    shop.nuages(&["render", "databases-json", "-o", "databases.json"])
        .output()
        .code(0);
    let before = shop.project.read("databases.json");
    std::fs::remove_file(shop.project.path("run-secrets/db-password")).unwrap();
    shop.nuages(&["render", "databases-json", "-o", "databases.json"])
        .output()
        .code(4);
    assert_eq!(shop.project.read("databases.json"), before);
}
