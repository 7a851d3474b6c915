//! The main job, end to end: migrate with the privileged login, serve with the lesser one, over verified TLS, with the
//! secrets wherever they live.

use serde_json::json;

use crate::shop::{GUNICORN, SECRET_KEY, Shop, Site};
use crate::support::postgres::{APP, MIGRATIONS, Postgres};
use crate::support::python::Django;

/// What the page says when every value has come through unchanged.
fn healthy() -> serde_json::Value {
    json!({ "records": 3, "login": "shop_app", "encrypted": true, "sslmode": "verify-full", "guessed": true })
}

#[test]
fn migrates_with_one_login_and_serves_with_another() {
    for django in Django::chosen() {
        let server = Postgres::start();
        let shop = Shop::new(django, &server);
        shop.migrate();

        let mut site = Site::start(shop.nuages(&[&["exec", "--"], GUNICORN].concat()));
        assert_eq!(site.page(SECRET_KEY), healthy(), "Django {}", django.name());
        assert_eq!(
            site.page("another key")["guessed"],
            json!(false),
            "Django {}",
            django.name()
        );
    }
}

#[test]
fn one_manifest_serves_from_an_env_file_and_from_the_environment() {
    for django in Django::chosen() {
        let server = Postgres::start();
        let shop = Shop::new(django, &server);
        shop.migrate();
        // Nothing may come from the files that the base manifest names.
        std::fs::remove_dir_all(shop.project.path("run-secrets")).unwrap();

        // python-dotenv's grammar: inside single quotes a backslash stands before a backslash or a quote, and `${` would
        // insert a variable, so the dollar is written as the default of a variable that cannot be.
        let quoted = |value: &str| {
            let escaped = value.replace('\\', "\\\\").replace('\'', "\\'");
            format!("'{}'", escaped.replace("${", "${:-$}{"))
        };
        shop.project.write(
            ".env",
            format!(
                "DB_PASSWORD={}\nDJANGO_SECRET_KEY={}\n",
                quoted(APP.password),
                quoted(SECRET_KEY)
            ),
        );
        let mut site =
            Site::start(shop.nuages(&[&["--profile", "dev", "exec", "--"], GUNICORN].concat()));
        assert_eq!(site.page(SECRET_KEY), healthy(), "Django {}", django.name());
        drop(site);
        std::fs::remove_file(shop.project.path(".env")).unwrap();

        let run = shop.nuages(&[&["--profile", "ci", "exec", "--"], GUNICORN].concat());
        let mut site = Site::start(
            run.env("DB_PASSWORD", APP.password)
                .env("DJANGO_SECRET_KEY", SECRET_KEY),
        );
        assert_eq!(site.page(SECRET_KEY), healthy(), "Django {}", django.name());
    }
}

#[test]
fn django_reads_a_rendered_file() {
    let server = Postgres::start();
    for (index, django) in Django::chosen().into_iter().enumerate() {
        let shop = Shop::new(django, &server);
        if index == 0 {
            shop.migrate();
        }
        let render = shop
            .nuages(&["render", "databases-json", "-o", "databases.json"])
            .output()
            .code(0);
        let render = render.silent_about(&[APP.password, MIGRATIONS.password, SECRET_KEY]);
        assert_eq!(render.stdout(), "", "the result went to the file");
        assert_eq!(shop.project.mode("databases.json"), 0o600);

        let rendered: serde_json::Value =
            serde_json::from_str(&shop.project.read("databases.json")).unwrap();
        assert_eq!(
            rendered["default"]["ENGINE"],
            json!("django.db.backends.postgresql")
        );
        assert_eq!(rendered["default"]["CONN_MAX_AGE"], json!(60));
        assert_eq!(rendered["default"]["PASSWORD"], json!(APP.password));

        let mut site = Site::start(
            shop.program("gunicorn", &GUNICORN[1..])
                .env("DATABASES_FILE", shop.project.path("databases.json"))
                .env("SECRET_KEY", SECRET_KEY),
        );
        assert_eq!(site.page(SECRET_KEY), healthy(), "Django {}", django.name());
    }
}

#[test]
fn the_certificate_authority_comes_as_a_file() {
    let server = Postgres::start();
    let authority = std::fs::read_to_string(server.root_certificate()).unwrap();
    for (index, django) in Django::chosen().into_iter().enumerate() {
        let shop = Shop::new(django, &server);
        if index == 0 {
            shop.migrate();
        }
        let manifest = shop.project.read("nuages.toml");
        let manifest = manifest.replace(
            server.root_certificate().to_str().unwrap(),
            "${files://postgres/root.pem}",
        ) + "[files.\"postgres/root.pem\"]\ncontent = \"${secrets://root-certificate}\"\n";
        shop.project.write("nuages.toml", manifest);
        shop.project
            .write("run-secrets/root-certificate", &authority);

        // A directory of the test's own: by default the files outlive the command, for the next start to replace.
        let run = shop.nuages(&[&["exec", "--files-dir", "made", "--"], GUNICORN].concat());
        let mut site = Site::start(run);
        assert_eq!(site.page(SECRET_KEY), healthy(), "Django {}", django.name());
        assert_eq!(
            shop.project.read("made/postgres/root.pem").trim_end(),
            authority.trim_end()
        );
        assert_eq!(shop.project.mode("made/postgres/root.pem"), 0o600);
        assert_eq!(shop.project.mode("made"), 0o700);
    }
}
