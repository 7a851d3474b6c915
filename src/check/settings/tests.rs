//! Evaluated settings against the rules, and their lines.

use serde_json::{Value, json};

use super::*;
use crate::{
    check::{
        report::Checked,
        subject::Stage,
        testing::{evaluated, settings_of},
    },
    finding::Severity,
    manifest::Manifest,
    scan::rule,
};

/// Put together here, so that no scan of this file finds them.
pub(super) fn secret(number: usize) -> String {
    let parts = ["Kq7ZpX2v", "Lm9RtY4w", "Nb3GhJ8s"];
    (0..3)
        .map(|at| parts[(at * (number + 1) + number) % parts.len()])
        .collect::<String>()
        + &format!("{number}z")
}

pub(super) fn postgresql(more: &Value) -> Value {
    let mut database = json!({
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": "shop_app",
        "PASSWORD": secret(1),
        "HOST": "db.shop.example",
        "OPTIONS": {"sslmode": "verify-full", "sslrootcert": "system", "channel_binding": "require"},
    });
    for (key, value) in more.as_object().unwrap() {
        database[key] = value.clone();
    }
    json!({"DATABASES": {"default": database}, "SECRET_KEY": secret(0).repeat(3)})
}

pub(super) fn ids(found: &[Found]) -> Vec<&str> {
    found.iter().map(Found::id).collect()
}

/// The lines of what is found, with the key of each.
fn lines(source: &str, found: &[Found]) -> Vec<(usize, String)> {
    let line = |one: &Found| match &one.place {
        Place::Settings { span, .. } => source[..span.start].matches('\n').count() + 1,
        other => panic!("{other:?}"),
    };
    found
        .iter()
        .map(|one| (line(one), one.key.clone()))
        .collect()
}

#[test]
fn databases_are_held_against_the_rules_for_databases() {
    assert!(ids(&evaluated("", postgresql(&json!({})), true)).is_empty());
    let source = "import os\nDATABASES = {\n  'default': {\n    'PASSWORD': os.environ['P'],\n    'OPTIONS': {\n      'sslmode': 'require',\n    },\n  },\n}\n";
    for (more, rule, line, key) in [
        (
            json!({"OPTIONS": {"sslmode": "require", "channel_binding": "require"}}),
            "PG004",
            6,
            "OPTIONS.sslmode",
        ),
        (json!({"PASSWORD": "postgres"}), "GN003", 4, "PASSWORD"),
        (
            json!({"PASSWORD": format!("{}\n", secret(1))}),
            "GN005",
            4,
            "PASSWORD",
        ),
        (json!({"CONN_MAX_AGE": 60}), "GN010", 3, "CONN_MAX_AGE"),
        (json!({"PASSWROD": "x"}), "GN013", 3, "PASSWROD"),
        (
            json!({"OPTIONS": {"sslmode": "verify-full", "USER": "x"}}),
            "GN013",
            5,
            "OPTIONS.USER",
        ),
        (json!({"TEST": {"MIROR": "x"}}), "GN013", 3, "TEST.MIROR"),
        (
            json!({"CONN_HEALTH_CHECKS": "False"}),
            "GN014",
            3,
            "CONN_HEALTH_CHECKS",
        ),
        (json!({"CONN_MAX_AGE": "60"}), "GN014", 3, "CONN_MAX_AGE"),
        (
            json!({"TEST": {"DEPENDENCIES": "default"}}),
            "GN014",
            3,
            "TEST.DEPENDENCIES",
        ),
    ] {
        let found = evaluated(source, postgresql(&more), true);
        assert!(ids(&found).contains(&rule), "{more}: {:?}", ids(&found));
        let places = lines(source, &found);
        let key = format!("databases.default.{key}");
        assert!(places.contains(&(line, key)), "{more}: {places:?}");
        assert!(found.iter().all(|one| one.fix.is_none()));
    }
    let mut settings = postgresql(&json!({}));
    settings["DATABASES"] = json!({"shop": settings["DATABASES"]["default"]});
    assert_eq!(ids(&evaluated("", settings, true)), ["GN012"]);
}

/// A project puts `PyMySQL` in the place of mysqlclient with a call that no value tells of.
#[test]
fn pymysql_under_the_name_of_mysqlclient() {
    for (has_pymysql, options, is_found) in [
        (true, json!({"ssl_mode": "VERIFY_IDENTITY"}), true),
        (true, json!({"ssl": true}), true),
        (true, json!({"ssl": {"ca": "/etc/ssl/ca.pem"}}), false),
        (false, json!({"ssl_mode": "VERIFY_IDENTITY"}), false),
        // Options that PyMySQL alone has tell it too.
        (
            false,
            json!({"ssl_mode": "VERIFY_IDENTITY", "ssl_verify_cert": true}),
            true,
        ),
    ] {
        let values = json!({"DATABASES": {"default": {"ENGINE": "django.db.backends.mysql", "NAME": "shop",
            "HOST": "db.shop.example", "USER": "shop_app", "PASSWORD": secret(1), "OPTIONS": options}}});
        let Value::Object(values) = values else {
            panic!()
        };
        let mut answer = Answer::of(values, Ok(Vec::new()));
        answer.has_pymysql = has_pymysql;
        let evaluated = Evaluated::new(answer, (&[], None), Stage::Production, &[], Vec::new());
        let looked =
            look(&evaluated, &Registry::builtin(), SystemTime::now()).unwrap_or_else(|_| panic!());
        assert_eq!(
            ids(&looked.found).contains(&"MY010"),
            is_found,
            "{has_pymysql} {options}"
        );
    }
}

#[test]
fn sql_server() {
    let database = |more: &Value| {
        let mut database = json!({
            "ENGINE": "mssql",
            "NAME": "shop",
            "HOST": "shop.database.windows.net",
            "TOKEN": secret(1),
            "OPTIONS": {"driver": "ODBC Driver 18 for SQL Server", "extra_params": "Encrypt=yes"},
        });
        for (key, value) in more.as_object().unwrap() {
            database[key] = value.clone();
        }
        json!({"DATABASES": {"default": database}})
    };
    let pooled = |settings: Value| -> Vec<Severity> {
        let found = evaluated("", settings, true);
        let pooled = found.iter().filter(|one| one.rule.id == "MS017");
        pooled.map(|one| one.severity).collect()
    };
    assert_eq!(pooled(database(&json!({}))), [Severity::Warning]);
    for (pooling, is_found) in [(json!(false), false), (json!(0), true), (json!(true), true)] {
        let mut settings = database(&json!({}));
        settings["DATABASE_CONNECTION_POOLING"] = pooling;
        assert_eq!(!pooled(settings).is_empty(), is_found);
    }
    let python =
        json!({"OPTIONS": {"python_driver": "mssql_python", "extra_params": "Encrypt=yes"}});
    assert!(pooled(database(&python)).is_empty());
    let found = evaluated("", database(&json!({"USER": "shop"})), true);
    assert!(ids(&found).contains(&"MS006"), "{:?}", ids(&found));
    // What is written out is told as such, and not of the manifest.
    let params = format!("Encrypt=yes;KeyStoreSecret={}", secret(2));
    let source =
        format!("DATABASES = {{'default': {{'OPTIONS': {{'extra_params': '{params}'}}}}}}\n");
    let more =
        json!({"OPTIONS": {"driver": "ODBC Driver 18 for SQL Server", "extra_params": params}});
    let found = evaluated(&source, database(&more), true);
    let one = found.iter().find(|one| one.id() == "MS021").expect("MS021");
    assert_eq!(
        one.title(),
        "the secret of Always Encrypted stands in the settings"
    );
    let found = evaluated("", database(&more), true);
    assert!(!ids(&found).contains(&"MS021"), "{:?}", ids(&found));
}

#[test]
fn kept_connections_under_asgi() {
    let kept = json!({"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": true});
    for (setting, value, is_found) in [
        ("ASGI_APPLICATION", json!("shop.asgi.application"), true),
        ("ASGI_APPLICATION", json!(null), false),
        ("INSTALLED_APPS", json!(["daphne", "shop"]), true),
        ("INSTALLED_APPS", json!(["channels"]), true),
        ("INSTALLED_APPS", json!(["shop"]), false),
    ] {
        let mut settings = postgresql(&kept);
        settings[setting] = value.clone();
        let found = evaluated("", settings.clone(), true);
        assert_eq!(
            ids(&found).contains(&"GN011"),
            is_found,
            "{setting} = {value}"
        );
        settings["DATABASES"]["default"]["CONN_MAX_AGE"] = json!(0);
        assert!(
            evaluated("", settings, true).is_empty(),
            "{setting} = {value}"
        );
    }
}

#[test]
fn settings_that_error_pages_show() {
    let address = format!("redis://:{}@cache.shop.example/0", secret(2));
    let dsn = format!("https://{}@sentry.shop.example/1", secret(2));
    for (settings, key) in [
        (json!({"REDIS_URL": address}), Some("settings.REDIS_URL")),
        (json!({"SENTRY_DSN": dsn}), Some("settings.SENTRY_DSN")),
        (
            json!({"CACHES": {"default": {"BACKEND": "x", "LOCATION": [address]}}}),
            Some("settings.CACHES.default.LOCATION"),
        ),
        (
            json!({"DB_PW": secret(1), "DB_PASSWORD": secret(1)}),
            Some("settings.DB_PW"),
        ),
        (json!({"API_URL": address}), None),
        (
            json!({"CACHES": {"default": {"KEY_PREFIX": address}}}),
            None,
        ),
        (json!({"SITE_URL": "https://shop.example/a@b"}), None),
        (
            json!({"BROKER_URL": "amqp://guest:changeme@localhost//"}),
            None,
        ),
        (json!({"NAMES": ["shop", "desk"]}), None),
        (
            json!({"DB_PASSWORD": "/run/secrets/db", "SHOWN": "/run/secrets/db"}),
            None,
        ),
    ] {
        let found = evaluated("", settings.clone(), true);
        let keys: Vec<&str> = found
            .iter()
            .filter(|one| one.rule.id == "GN018")
            .map(|one| one.key.as_str())
            .collect();
        assert_eq!(keys, key.into_iter().collect::<Vec<_>>(), "{settings}");
        let mut shown = found.iter().filter(|one| one.rule.id == "GN018");
        assert!(shown.all(|one| one.severity == Severity::Warning));
    }
    let params = format!("Encrypt=yes;KeyStoreSecret={}", secret(2));
    let options = json!({"driver": "ODBC Driver 18 for SQL Server", "extra_params": params});
    let database = json!({"ENGINE": "mssql", "NAME": "s", "HOST": "h.example", "USER": "u", "PASSWORD": secret(1), "OPTIONS": options});
    let found = evaluated("", json!({"DATABASES": {"default": database}}), true);
    let shown = found
        .iter()
        .find(|one| one.rule.id == "GN018")
        .expect("GN018");
    assert_eq!(shown.key, "databases.default.OPTIONS.extra_params");
}

#[test]
fn djangos_own_settings_hold_no_secrets() {
    let defaults = json!({
        "AUTHENTICATION_BACKENDS": ["django.contrib.auth.backends.ModelBackend"],
        "AUTH_PASSWORD_VALIDATORS": [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}],
        "AUTH_USER_MODEL": "auth.User",
        "CSRF_COOKIE_NAME": "csrftoken",
        "CSRF_HEADER_NAME": "HTTP_X_CSRFTOKEN",
        "CACHE_MIDDLEWARE_KEY_PREFIX": "shop",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.PBKDF2PasswordHasher"],
        "PASSWORD_RESET_TIMEOUT": 259_200,
        "SECRET_KEY": "",
    });
    let evaluated = settings_of("", defaults, Ok(Vec::new()), Stage::Production);
    assert!(evaluated.secrets().is_empty());
}

#[test]
fn findings_have_names_of_their_own() {
    let source = format!(
        "A_PASSWORD = '{}'\nB = ['{}', '{}']\n",
        secret(0),
        secret(1),
        secret(2)
    );
    let files = [File {
        path: "shop/settings.py".to_owned(),
        text: source.into(),
        parents: Vec::new(),
    }];
    let detector = Detector::new(rule::built_in().into());
    let one = |span: std::ops::Range<usize>| {
        let mut found = evaluated("", json!({"DEBUG": true}), false).remove(0);
        found.place = Place::Settings { file: 0, span };
        found
    };
    let found = [one(0..1), one(40..41), one(200..300)];
    let manifest = Manifest::empty();
    let checked = Checked::new(
        &found,
        std::iter::empty(),
        &manifest.source,
        &shown(&files, &detector, &[]),
    );
    let mut names: Vec<&str> = checked
        .findings
        .iter()
        .map(|one| one.fingerprint.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 3);
    for finding in &checked.findings {
        let excerpt = checked.excerpt(finding).expect("its line");
        assert!(!excerpt.text.contains(&secret(1)) && finding.location.path == "shop/settings.py");
    }
}
