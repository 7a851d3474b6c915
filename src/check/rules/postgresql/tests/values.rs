//! PG013 to PG015, PG022, PG024, PG026 and PG027: values, poolers and what is gone.

use super::{BASE, REMOTE};
use crate::check::testing::{fixed, found, holds, ids};

#[test]
fn booleans_among_libpqs_options() {
    let option = |text: &str| format!("OPTIONS = {{ {text} }}");
    holds(
        "PG013",
        BASE,
        &[
            &option("keepalives = true"),
            &option("keepalives = false"),
            &option("keepalives = \"true\""),
            &option("keepalives_idle = \"yes\""),
            &option("connect_timeout = true"),
            &option("tcp_user_timeout = false"),
            &option("sslsni = true"),
            &option("channel_binding = true"),
            &option("sslrootcert = true"),
            "![databases.a]\nurl = \"postgres://u@localhost/shop?keepalives=true\"",
            "![databases.a]\nurl_style = \"django-environ\"\nurl = \"postgres://u@localhost/shop?keepalives=True\"",
        ],
        &[
            &option("keepalives = 1"),
            &option("keepalives = \"1\""),
            &option("connect_timeout = 5"),
            &option("keepalives = \"${env://K}\""),
            &option("pool = true"),
            &option("pool = { open = true }"),
            &option("server_side_binding = true"),
            &option("sslmode = true"),
            &option("autocommit = true"),
            "TEST = { MIGRATE = false }",
            "CONN_HEALTH_CHECKS = true",
            "![databases.a]\nENGINE = \"mysql\"\nOPTIONS = { keepalives = true }",
        ],
    );
    let text = format!("{BASE}{}\n", option("keepalives = true, sslsni = \"off\""));
    assert_eq!(
        fixed(&text, "PG013").unwrap(),
        format!("{BASE}{}\n", option("keepalives = 1, sslsni = 0"))
    );
    assert!(
        fixed(
            &format!("{BASE}{}", option("connect_timeout = true")),
            "PG013"
        )
        .is_none()
    );
}

#[test]
fn levels_that_are_none() {
    let level = |text: &str| format!("OPTIONS = {{ isolation_level = {text} }}");
    holds(
        "PG014",
        BASE,
        &[
            &level("\"serializable\""),
            &level("\"READ COMMITTED\""),
            &level("\"2\""),
            &level("0"),
            &level("5"),
            &level("true"),
            "![databases.a]\nurl = \"postgres://u@localhost/shop?isolation_level=serializable\"",
        ],
        &[
            &level("1"),
            &level("4"),
            &level("\"${env://LEVEL}\""),
            "",
            "![databases.a]\nurl = \"postgres://u@localhost/shop?isolation_level=4\"",
            "![databases.a]\nENGINE = \"mysql\"\nOPTIONS = { isolation_level = \"serializable\" }",
        ],
    );
    // The numbers are another driver's too, and mean other levels there.
    let text = format!("{BASE}{}\n", level("\"repeatable_read\""));
    assert!(fixed(&text, "PG014").is_none());
    let found = found(&text, &[]);
    let fix = found[0].fix.as_ref().unwrap();
    assert_eq!(
        fix.describe(&[]),
        "databases.default.OPTIONS.isolation_level = 3"
    );
}

#[test]
fn connections_that_are_kept_twice() {
    let pool = "OPTIONS = { pool = true }";
    holds(
        "PG015",
        BASE,
        &[
            &format!("CONN_MAX_AGE = 60\n{pool}"),
            &format!("CONN_MAX_AGE = \"60\"\n{pool}"),
            &format!("CONN_MAX_AGE = \"none\"\n{pool}"),
            "CONN_MAX_AGE = 60\nOPTIONS = { pool = { min_size = 2 } }",
            "![databases.a]\nurl = \"postgres://u@localhost/shop?pool=true\"\nCONN_MAX_AGE = 60",
        ],
        &[
            &format!("CONN_MAX_AGE = 0\n{pool}"),
            &format!("CONN_MAX_AGE = \"${{env://AGE}}\"\n{pool}"),
            pool,
            "CONN_MAX_AGE = 60",
            "CONN_MAX_AGE = 60\nOPTIONS = { pool = false }",
            "CONN_MAX_AGE = 60\nOPTIONS = { pool = {} }",
            "CONN_MAX_AGE = 60\nOPTIONS = { pool = \"${env://POOL}\" }",
        ],
    );
    let text = format!("{BASE}CONN_MAX_AGE = 60  # a minute\n{pool}\n");
    assert_eq!(fixed(&text, "PG015").unwrap(), text.replace("= 60", "= 0"));
}

#[test]
fn names_that_are_too_long() {
    let name = |length: usize| {
        let name = "n".repeat(length);
        format!("![databases.a]\nENGINE = \"postgresql\"\nNAME = \"{name}\"")
    };
    let accented = "ä".repeat(63);
    holds(
        "PG022",
        "",
        &[
            &name(64),
            &name(500),
            &format!(
                "![databases.a]\nurl = \"postgres://u@localhost/{}\"",
                "n".repeat(64)
            ),
        ],
        &[
            &name(63),
            &format!("![databases.a]\nENGINE = \"postgresql\"\nNAME = \"{accented}\""),
            &format!(
                "![databases.a]\nENGINE = \"postgresql\"\nNAME = \"n\"\nTEST = {{ NAME = \"{}\" }}",
                "n".repeat(64)
            ),
            &name(64).replace("postgresql", "sqlite3"),
        ],
    );
}

#[test]
fn cursors_behind_poolers() {
    holds(
        "PG024",
        REMOTE,
        &[
            "PORT = 6432",
            "PORT = \"6432\"",
            "PORT = \"5432,6432\"",
            "PORT = 6432\nDISABLE_SERVER_SIDE_CURSORS = false",
            "![databases.a]\nENGINE = \"postgresql\"\nHOST = \"ep-cool-1-pooler.eu.aws.neon.tech\"",
            "![databases.a]\nENGINE = \"postgresql\"\nHOST = \"pgbouncer\"",
            "![databases.a]\nENGINE = \"postgresql\"\nHOST = \"127.0.0.1\"\nPORT = 6432",
            "![databases.a]\nurl = \"postgres://u@db:6432/shop\"",
            "![databases.a]\nENGINE = \"postgresql\"\nHOST = \"aws-0.pooler.supabase.com\"\nPORT = 6543",
        ],
        &[
            "PORT = 5432",
            "PORT = \"${env://PORT}\"",
            "PORT = 6432\nDISABLE_SERVER_SIDE_CURSORS = true",
            "PORT = 6432\nDISABLE_SERVER_SIDE_CURSORS = \"on\"",
            "PORT = 6432\nDISABLE_SERVER_SIDE_CURSORS = \"${env://OFF}\"",
            "![databases.a]\nurl_style = \"django-environ\"\nurl = \"postgres://u@db:6432/shop?disable_server_side_cursors=True\"",
            "![databases.a]\nurl = \"${env://U}\"\nENGINE = \"postgresql\"\nPORT = 6432",
            "![databases.a]\nENGINE = \"mysql\"\nPORT = 6432",
            "![databases.a]\nENGINE = \"postgresql\"\nHOST = \"carpooler-db\"",
        ],
    );
    let text = format!("{REMOTE}PORT = 6432\n");
    assert!(fixed(&text, "PG024").is_none());
    let found = found(&text, &[]);
    let one = found.iter().find(|one| one.rule.id == "PG024").unwrap();
    assert_eq!(
        one.fix.as_ref().unwrap().describe(&[]),
        "databases.default.DISABLE_SERVER_SIDE_CURSORS = true"
    );
}

#[test]
fn engines_that_are_gone() {
    let engine = |engine: &str| format!("![databases.a]\nENGINE = \"{engine}\"\nNAME = \"shop\"\n");
    let old = engine("django.db.backends.postgresql_psycopg2");
    holds(
        "PG026",
        "",
        &[&old],
        &[
            &engine("postgresql"),
            &engine("django.db.backends.postgresql"),
            &engine("shop.db.postgresql_psycopg2"),
            "![databases.a]\nurl = \"postgres://u@localhost/shop\"",
        ],
    );
    assert_eq!(
        fixed(&old[1..], "PG026").unwrap(),
        &engine("postgresql")[1..]
    );
}

#[test]
fn arguments_in_a_query() {
    let url =
        |query: &str| format!("![databases.a]\nurl = \"postgres://u@localhost/shop?{query}\"\n");
    holds(
        "PG027",
        "",
        &[
            &url("ssl_require=true"),
            &url("conn_max_age=600"),
            &url("sslmode=require&conn_health_checks=true"),
            &url("conn_max_age=${env://AGE}"),
            &url("ssl_require=true").replace("url =", "url_style = \"django-environ\"\nurl ="),
        ],
        &[
            &url("sslmode=require"),
            &url("conn_max_age=600").replace("url =", "url_style = \"django-environ\"\nurl ="),
            &format!("{}CONN_MAX_AGE = 600", url("sslmode=require")),
            "![databases.a]\nurl = \"${env://U}\"",
            "![databases.a]\nurl = \"postgres://u@localhost/conn_max_age?application_name=ssl_require\"",
            &url("conn_max_age=600").replace("postgres:", "mysql:"),
        ],
    );
    let fix = |query: &str| fixed(&url(query)[1..], "PG027");
    assert_eq!(
        fix("sslmode=allow&conn_max_age=600&keepalives=1").unwrap(),
        format!(
            "{}CONN_MAX_AGE = 600\n",
            &url("sslmode=allow&keepalives=1")[1..]
        )
    );
    assert_eq!(
        fix("ssl_require=true").unwrap(),
        url("")[1..].replace('?', "")
    );
    assert!(fix("conn_max_age=${env://AGE}").is_none());
}

#[test]
fn a_word_is_told_of_once_and_a_resolved_one_too() {
    let text = format!(
        "{BASE}OPTIONS = {{ sslmode = true, keepalives = true, isolation_level = \"x\" }}\n"
    );
    assert_eq!(ids(&text), ["PG008", "PG013", "PG014"]);
}

#[test]
fn a_change_never_says_a_password() {
    let fix = |login: &str, query: &str| {
        let text = format!(
            "[databases.a]\nurl = \"postgres://{login}@db.shop.example/shop?conn_max_age=60{query}\"\n"
        );
        let found = found(&text, &[]);
        let one = found
            .into_iter()
            .find(|one| one.rule.id == "PG027")
            .unwrap();
        one.fix.map(|fix| fix.describe(&[]))
    };
    for login in [
        "u",
        "u:",
        "u:${env://P | urlencode}",
        "${env://U}:${env://P}",
    ] {
        assert!(fix(login, "").is_some(), "{login}");
    }
    for login in [
        "u:hunter2x",
        "u:hunter2x@y",
        "u:hunter${env://P}",
        "u:${env://P:-hunter2x}",
        "${env://L:-u:hunter2x}",
    ] {
        assert_eq!(fix(login, ""), None, "{login}");
    }
    assert_eq!(fix("u", "&sslpassword=hunter2x"), None);
    assert!(fix("u", "&sslpassword=${env://P}").is_none_or(|fix| !fix.contains("hunter")));
}

#[test]
fn poolers_of_sessions_and_defaults_of_libraries() {
    let at = |host: &str, port: &str| {
        format!("![databases.a]\nENGINE = \"postgresql\"\nHOST = \"{host}\"\nPORT = {port}\n")
    };
    let supabase = "aws-0-eu-west-1.pooler.supabase.com";
    holds(
        "PG024",
        "",
        &[
            &at(supabase, "6543"),
            &at("ep-cool-1-pooler.eu.aws.neon.tech", "5432"),
            "![databases.a]\nurl = \"postgres://u@db-pooler.shop.example/shop\"",
        ],
        &[
            &at(supabase, "5432"),
            &format!("![databases.a]\nurl = \"postgres://u@{supabase}/shop\""),
        ],
    );
    assert!(fixed(&at("db", "6432")[1..], "PG024").is_none());
    let found = found(
        "[databases.a]\nurl = \"postgres://u@db-pooler.shop.example/shop\"\n",
        &[],
    );
    let one = found.iter().find(|one| one.rule.id == "PG024").unwrap();
    assert!(one.notes.is_empty(), "{:?}", one.notes);
}

#[test]
fn whatever_python_calls_true_is_a_pool() {
    let with = |pool: &str| format!("CONN_MAX_AGE = 60\nOPTIONS = {{ pool = {pool} }}");
    holds(
        "PG015",
        BASE,
        &[
            &with("true"),
            &with("\"true\""),
            &with("\"false\""),
            &with("1"),
            &with("{ max_size = 4 }"),
            "![databases.a]\nurl = \"postgres://u@localhost/shop?pool=true\"\nCONN_MAX_AGE = 60",
        ],
        &[
            &with("false"),
            &with("\"\""),
            &with("0"),
            &with("{}"),
            &with("\"${env://P}\""),
        ],
    );
}
