//! What the formats do with more than a login: options, several hosts, settings, and what they refuse by name.

use nuages::render::{self, Document, Settings};
use nuages::value::{Table, Text, Value};

fn json(text: &str) -> Table {
    fn value(json: serde_json::Value) -> Value {
        use serde_json::Value as Json;
        match json {
            Json::Null => Value::Null,
            Json::Bool(flag) => Value::Bool(flag),
            Json::Number(number) => Value::Integer(number.as_i64().unwrap().into()),
            Json::String(text) => Value::plain(text),
            Json::Array(items) => Value::List(items.into_iter().map(value).collect()),
            Json::Object(entries) => Value::Table(
                entries
                    .into_iter()
                    .map(|(key, item)| (key, value(item)))
                    .collect(),
            ),
        }
    }
    match value(serde_json::from_str(text).unwrap()) {
        Value::Table(table) => table,
        other => panic!("{other:?} is no table"),
    }
}

/// The text, or the keys that were refused.
fn render(format: &str, databases: &str, set: &[(&str, &str)]) -> Result<String, Vec<String>> {
    let databases = databases
        .replace("PG", "\"ENGINE\": \"django.db.backends.postgresql\"")
        .replace("MY", "\"ENGINE\": \"django.db.backends.mysql\"");
    let document = Document {
        databases: json(&databases),
        env: Table::new(),
    };
    let settings: Settings = set
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    match render::format(format)
        .unwrap()
        .render_with(&document, &settings)
    {
        Ok(bytes) => Ok(String::from_utf8(bytes.to_vec()).unwrap()),
        Err(faults) => Err(faults.into_iter().map(|fault| fault.key).collect()),
    }
}

fn refused(keys: &[&str]) -> Result<String, Vec<String>> {
    Err(keys.iter().map(|key| (*key).to_owned()).collect())
}

#[test]
fn a_password_file_has_a_line_for_each_host() {
    let text = render(
        "pgpass",
        r##"{"default": {PG, "NAME": "*", "USER": "#a:b\\", "PASSWORD": "p:q", "HOST": "a,/tmp,", "PORT": "1,2,"},
            "same": {PG, "NAME": "*", "USER": "#a:b\\", "PASSWORD": "p:q", "HOST": "a", "PORT": 1},
            "cert": {PG, "NAME": "n", "USER": "u"}, "file": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x"}, "none": {}}"##,
        &[],
    );
    let expected = "a:1:\\*:\\#a\\:b\\\\:p\\:q\n/tmp:2:\\*:\\#a\\:b\\\\:p\\:q\nlocalhost:2:\\*:\\#a\\:b\\\\:p\\:q\nlocalhost:5432:\\*:\\#a\\:b\\\\:p\\:q\n";
    assert_eq!(text.unwrap(), expected);
}

#[test]
fn a_password_file_is_for_one_login_a_line() {
    assert_eq!(
        render(
            "pgpass",
            r#"{"default": {PG, "NAME": "n", "USER": "u", "PASSWORD": "p", "HOST": "h"},
                "other": {PG, "NAME": "n", "USER": "u", "PASSWORD": "q", "HOST": "h", "PORT": 5432},
                "nobody": {PG, "NAME": "n", "PASSWORD": "p"}, "lists": {PG, "NAME": "n", "USER": "u", "PASSWORD": "p", "HOST": "a,b", "PORT": "1,2,3"},
                "mystery": {"ENGINE": "own.backend", "PASSWORD": "p"}}"#,
            &[]
        ),
        refused(&[
            "databases.mystery.ENGINE",
            "databases.other.PASSWORD",
            "databases.nobody.USER",
            "databases.lists.PORT"
        ])
    );
    assert_eq!(
        render("pgpass", r#"{"default": {MY, "NAME": "n"}}"#, &[]),
        refused(&["databases"])
    );
    assert_eq!(
        render("pgpass", r#"{"default": {PG, "NAME": "n"}}"#, &[]),
        refused(&["databases"])
    );
}

#[test]
fn a_service_has_the_options_too() {
    let text = render(
        "pg-service",
        r#"{"default": {PG, "NAME": null, "USER": "u", "PORT": 6432, "CONN_MAX_AGE": 60, "TEST": {"NAME": "t"},
            "OPTIONS": {"sslmode": "verify-full", "connect_timeout": 5, "pool": true, "assume_role": "r", "options": "-c a=b", "service": "x"}}}"#,
        &[("prefix", "shop-")],
    );
    let expected = "[shop-default]\nport=6432\nuser=u\nsslmode=verify-full\nconnect_timeout=5\noptions=-c a=b\ndbname=postgres\n";
    assert_eq!(text.unwrap(), expected);
    assert_eq!(
        render(
            "pg-service",
            r#"{"a]b": {PG, "NAME": " x", "OPTIONS": {"keepalives": true, "bogus": 1, "service": "y", "sslmode": ["a"]}}}"#,
            &[]
        ),
        refused(&[
            "databases.a]b",
            "databases.a]b.OPTIONS.keepalives",
            "databases.a]b.OPTIONS.bogus",
            "databases.a]b.OPTIONS.service",
            "databases.a]b.OPTIONS.sslmode",
            "databases.a]b.NAME",
        ])
    );
}

#[test]
fn an_option_file_inherits_nothing() {
    let databases = r#"{"default": {MY, "NAME": "shop", "USER": "u", "PASSWORD": "p'q", "HOST": "/run/m.sock",
            "OPTIONS": {"charset": "utf8mb4", "ssl": {"ca": "/ca.pem"}, "isolation_level": "read committed"}},
        "reports": {MY, "NAME": "r", "USER": "u", "PASSWORD": "a\"b", "HOST": "db"}}"#;
    assert_eq!(
        render("my-cnf", databases, &[]),
        refused(&[
            "databases.reports.HOST",
            "databases.reports.OPTIONS",
            "databases.reports.OPTIONS"
        ])
    );
    let whole = databases.replace(
        r#""HOST": "db""#,
        r#""HOST": "/b", "OPTIONS": {"charset": "latin1", "ssl": {"ca": "/b"}}"#,
    );
    let expected = "[client]\nsocket=\"/run/m.sock\"\ndatabase=\"shop\"\nuser=\"u\"\npassword=\"p'q\"\ndefault-character-set=\"utf8mb4\"\nssl-ca=\"/ca.pem\"\n\n\
                    [client_reports]\nsocket=\"/b\"\ndatabase=\"r\"\nuser=\"u\"\npassword='a\"b'\ndefault-character-set=\"latin1\"\nssl-ca=\"/b\"\n";
    assert_eq!(render("my-cnf", &whole, &[]).unwrap(), expected);
    assert_eq!(
        render("my-cnf", &whole, &[("group", "shop")]).unwrap_err()[0],
        "--set group"
    );
}

#[test]
fn a_tls_mode_is_never_one_that_a_client_skips() {
    let databases = r#"{"default": {MY, "NAME": "n", "OPTIONS": {"ssl_mode": "VERIFY_IDENTITY"}}}"#;
    let key = ["databases.default.OPTIONS.ssl_mode"];
    assert_eq!(render("my-cnf", databases, &[]), refused(&key));
    let of = |client| render("my-cnf", databases, &[("client", client)]).unwrap();
    assert_eq!(
        of("mysql"),
        "[client]\ndatabase=\"n\"\nssl-mode=\"VERIFY_IDENTITY\"\n"
    );
    assert_eq!(
        of("mariadb"),
        "[client]\ndatabase=\"n\"\nssl-verify-server-cert=\"1\"\n"
    );
    let weak = databases.replace("VERIFY_IDENTITY", "REQUIRED");
    assert_eq!(
        render("my-cnf", &weak, &[("client", "mariadb")]),
        refused(&key)
    );
}

#[test]
fn a_url_holds_what_both_libraries_agree_on() {
    let text = render(
        "url",
        r#"{"default": {PG, "NAME": "shop", "USER": "u@x", "PASSWORD": "p/:?#[]%", "HOST": "DB.internal", "PORT": "5432", "CONN_MAX_AGE": 0, "AUTOCOMMIT": true,
              "OPTIONS": {"sslmode": "verify-full", "connect_timeout": 5}},
            "file": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/srv/a b.db"},
            "memory": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
            "six": {MY, "NAME": "n", "HOST": "::1"}, "none": {}}"#,
        &[],
    );
    let expected = "DATABASE_URL=postgresql://u%40x:p%2F%3A%3F%23%5B%5D%25@DB.internal:5432/shop?sslmode=verify-full&connect_timeout=5\n\
                    DATABASE_URL_FILE=sqlite:///%2Fsrv%2Fa%20b.db\nDATABASE_URL_MEMORY=sqlite://:memory:\nDATABASE_URL_SIX=mysql://[::1]/n\n";
    assert_eq!(text.unwrap(), expected);
    assert_eq!(
        render(
            "url",
            r#"{"default": {PG, "NAME": "n", "HOST": "h", "PORT": "99999"}, "x-y": {PG, "NAME": "n"}, "ms": {"ENGINE": "mssql", "NAME": "n"},
                "a": {PG, "NAME": "n"}, "A": {PG, "NAME": "n"}}"#,
            &[]
        ),
        refused(&[
            "databases.default.PORT",
            "databases.x-y",
            "databases.ms.ENGINE",
            "databases.A"
        ])
    );
    let keys = r#"{"default": {PG, "NAME": "n", "CONN_MAX_AGE": 60, "TEST": {"NAME": "t"}, "HOST": "/run/pg",
                "OPTIONS": {"a": true, "b": "5", "c": "", "d": {"e": 1}, "f": "x"}}}"#;
    let mut found = render("url", keys, &[]).unwrap_err();
    found.sort();
    let expected = [
        "CONN_MAX_AGE",
        "HOST",
        "OPTIONS.a",
        "OPTIONS.b",
        "OPTIONS.c",
        "OPTIONS.d",
        "TEST",
    ];
    assert_eq!(
        found,
        expected.map(|key| format!("databases.default.{key}"))
    );
}

#[test]
fn one_library_alone_holds_more() {
    let one = |databases: &str, style: &str| render("url", databases, &[("style", style)]);
    let socket = r#"{"default": {PG, "NAME": "n", "HOST": "/run/pg", "OPTIONS": {"a": true}}}"#;
    assert_eq!(
        one(socket, "dj-database-url").unwrap(),
        "DATABASE_URL=postgresql://%2Frun%2Fpg/n?a=true\n"
    );
    let age = r#"{"default": {PG, "NAME": "n", "HOST": "h", "CONN_MAX_AGE": null, "ATOMIC_REQUESTS": true}}"#;
    assert_eq!(
        one(age, "django-environ").unwrap(),
        "DATABASE_URL=postgresql://h/n?conn_max_age=None&atomic_requests=True\n"
    );
    let mssql = r#"{"default": {"ENGINE": "mssql", "NAME": "n", "HOST": "h", "PORT": "1433"}}"#;
    assert_eq!(
        one(mssql, "dj-database-url").unwrap(),
        "DATABASE_URL=mssqlms://h:1433/n\n"
    );
    assert_eq!(
        one(mssql, "django-environ").unwrap(),
        "DATABASE_URL=mssql://h:1433/n\n"
    );
    assert_eq!(one(mssql, "other").unwrap_err()[0], "--set style");
}

fn secret(env: &[(&str, &str)], set: &[(&str, &str)]) -> Result<String, Vec<String>> {
    let document = Document {
        databases: Table::new(),
        env: env
            .iter()
            .map(|(name, text)| ((*name).to_owned(), Value::plain(*text)))
            .collect(),
    };
    let settings: Settings = set
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    match render::format("k8s-secret")
        .unwrap()
        .render_with(&document, &settings)
    {
        Ok(bytes) => Ok(String::from_utf8(bytes.to_vec()).unwrap()),
        Err(faults) => Err(faults.into_iter().map(|fault| fault.key).collect()),
    }
}

#[test]
fn a_secret_is_named_by_its_content() {
    let set = [
        ("name", "shop"),
        ("hash-suffix", "true"),
        ("immutable", "true"),
        ("labels", "app=shop"),
    ];
    let one = secret(&[("A", "1")], &set).unwrap();
    assert_eq!(one, secret(&[("A", "1")], &set).unwrap());
    let name = |text: &str| text.lines().nth(3).unwrap().trim().to_owned();
    assert_ne!(name(&one), name(&secret(&[("A", "2")], &set).unwrap()));
    assert!(name(&one).starts_with("name: \"shop-"));
    let rest: Vec<&str> = one.lines().skip(4).collect();
    assert_eq!(
        rest,
        [
            "  labels:",
            "    \"app\": \"shop\"",
            "type: \"Opaque\"",
            "immutable: true",
            "stringData:",
            "  \"A\": \"1\""
        ]
    );
}

#[test]
fn a_secret_refuses_what_the_api_would() {
    let set = [
        ("name", "Shop"),
        ("namespace", "a.b"),
        ("labels", "a"),
        ("type", "a b"),
        ("data", "yes"),
    ];
    let keys = [
        "--set name",
        "--set namespace",
        "--set labels",
        "--set type",
        "--set data",
        "env.a b",
        "env...",
        "env.é",
    ];
    assert_eq!(
        secret(&[("a b", ""), ("..", ""), ("é", "")], &set),
        refused(&keys)
    );
    let half = "x".repeat(512 * 1024);
    assert!(secret(&[("A", &half), ("B", &half)], &[]).is_ok());
    let more = format!("{half}x");
    assert_eq!(
        secret(&[("A", &half), ("B", &more)], &[]),
        refused(&["env.B"])
    );
}

/// A URL out of a secret: its numbers are read as numbers, and the names of its options are shown to nobody.
#[test]
fn a_login_out_of_a_secret_shows_no_name() {
    let secret = Text::secret("");
    let mut keys = json(
        r#"{"ENGINE": "django.db.backends.postgresql", "NAME": "n", "HOST": "h", "USER": "u", "PASSWORD": "p"}"#,
    );
    for (key, number) in [("PORT", 5432), ("CONN_MAX_AGE", 0)] {
        keys.insert(key, Value::Integer(number).as_secret_as(&secret));
    }
    let with = |options: &str| {
        let mut keys = keys.clone();
        keys.insert("OPTIONS", Value::Table(json(options)).as_secret_as(&secret));
        Document {
            databases: [("default".to_owned(), Value::Table(keys))]
                .into_iter()
                .collect(),
            env: Table::new(),
        }
    };
    let sound = with(r#"{"connect_timeout": 5}"#);
    for name in ["url", "pgpass", "pg-service"] {
        let format = render::format(name).unwrap();
        assert!(format.render(&sound).is_ok(), "{name}");
        assert!(format.render(&render::masked(&sound)).is_ok(), "{name}");
    }
    let hostile = with(r#"{"hunter2": "", "hunter3": [1]}"#);
    for name in ["url", "pgpass", "pg-service"] {
        let faults = render::format(name).unwrap().render(&hostile).unwrap_err();
        assert!(
            faults
                .iter()
                .all(|fault| fault.key == "databases.default.OPTIONS"),
            "{faults:?}"
        );
    }
}
