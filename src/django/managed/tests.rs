//! What a store's secret becomes, what is refused, and that neither shows a value.

use proptest::{collection, prelude::*};

use super::*;

fn read(json: &str, beside: &[&str]) -> Result<Table, ManagedFailure> {
    from_secret(json.as_bytes(), |key| beside.contains(&key))
}

fn causes(json: &str, beside: &[&str]) -> Vec<String> {
    read(json, beside).unwrap_err().causes()
}

/// The shape of the user guide, with its optional members.
const WHOLE: &str = r#" {
    "engine": "postgres", "host": "db.example", "username": "shop", "password": "p\u0041\"é\n",
    "dbname": "shop", "port": 5432, "masterarn": "arn:aws:x", "dbInstanceIdentifier": ["shop"]
} "#;

#[test]
fn every_member_becomes_its_key() {
    let table = read(WHOLE, &[]).unwrap();
    let expected = [
        ("ENGINE", "django.db.backends.postgresql"),
        ("NAME", "shop"),
        ("USER", "shop"),
        ("PASSWORD", "pA\"é\n"),
        ("HOST", "db.example"),
    ];
    for (key, value) in expected {
        assert_eq!(table.get(key), Some(&Value::plain(value)), "{key}");
    }
    assert_eq!(
        table.get("PORT"),
        Some(&Value::Scalar(Text::plain("5432"))),
        "a number stays one"
    );
    assert_eq!(table.len(), 6, "the rest is left alone");
}

#[test]
fn all_but_the_engine_is_secret() {
    let table = read(WHOLE, &[]).unwrap();
    for (key, value) in table.iter() {
        assert_eq!(value.is_secret(), key != "ENGINE", "{key}");
    }
    let shown = format!("{table:?}");
    for value in ["pA", "db.example", "shop", "5432"] {
        assert!(!shown.contains(value), "{shown}");
    }
}

#[test]
fn engines_of_stores_are_engines_of_django() {
    let cases = [
        ("postgres", Some("django.db.backends.postgresql")),
        ("postgresql", Some("django.db.backends.postgresql")),
        ("aurora-postgresql", Some("django.db.backends.postgresql")),
        ("mysql", Some("django.db.backends.mysql")),
        ("mariadb", Some("django.db.backends.mysql")),
        ("aurora", Some("django.db.backends.mysql")),
        ("aurora-mysql", Some("django.db.backends.mysql")),
        ("sqlserver", Some("mssql")),
        ("sqlserver-ex", Some("mssql")),
        ("sqlserver-dev-ee", Some("mssql")),
        ("oracle", Some("django.db.backends.oracle")),
        ("oracle-se2-cdb", Some("django.db.backends.oracle")),
        ("db2", None),
        ("redshift", None),
        ("mongo", None),
        ("Postgres", None),
        ("postgres-12", None),
        ("aurora-", None),
        ("oracle-", None),
        ("oracles", None),
        ("django.db.backends.postgresql", None),
        ("", None),
    ];
    for (name, path) in cases {
        assert_eq!(django_engine(name), path, "{name}");
    }
    for (_, short) in ENGINES {
        assert!(engine::find(short).is_some(), "{short}");
    }
}

#[test]
fn what_is_not_there_is_said_all_at_once() {
    assert_eq!(
        causes("{\"dbname\": null}", &[]),
        [
            "the secret has no `engine`",
            "the secret has no `username`",
            "the secret has no `password`"
        ]
    );
    let nulls = r#"{"engine": null, "username": null, "password": null, "port": null}"#;
    assert_eq!(causes(nulls, &["USER", "PASSWORD"]).len(), 1);
    assert!(
        read("{}", &["ENGINE", "USER", "PASSWORD"])
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_hint_names_the_keys_to_write() {
    let hint = |json: &str, beside: &[&str]| read(json, beside).unwrap_err().hint();
    let by_rds = r#"{"username": "a", "password": "b"}"#;
    assert_eq!(
        hint(by_rds, &[]),
        "write `ENGINE`, `NAME` and `HOST` beside `from`: a key there takes the place of the secret's"
    );
    assert!(hint(by_rds, &["HOST", "NAME"]).starts_with("write `ENGINE` beside"));
    let other = r#"{"engine": "db2", "username": "a", "password": 1}"#;
    assert_eq!(
        hint(other, &[]),
        "write `ENGINE` and `PASSWORD` beside `from`, the password as a reference: a key there takes the place of the secret's"
    );
    assert!(hint("[]", &[]).ends_with("; a database URL is given as `url`"));
    let none = "{\"login\": {\"username\": \"a\", \"password\": \"b\"}}";
    assert!(hint(none, &[]).ends_with("`host` and `port`; `#field` picks one out of another"));
    assert!(hint(none, &["USER"]).contains("write `ENGINE`, `NAME`, `PASSWORD` and `HOST` beside"));
}

#[test]
fn the_wrong_type_is_named_and_the_value_is_not() {
    let wrong = r#"{"engine": ["hunter2"], "username": 4711, "password": {"hunter2": "hunter2"},
        "host": false, "dbname": 4711, "port": "hunter2"}"#;
    let failure = read(wrong, &[]).unwrap_err();
    assert_eq!(
        failure.causes(),
        [
            "the secret's `engine` is not a string",
            "the secret's `dbname` is not a string",
            "the secret's `username` is not a string",
            "the secret's `password` is not a string",
            "the secret's `host` is not a string",
            "the secret's `port` is not a port from 0 to 65535"
        ]
    );
    let said = format!("{failure:?} {:?} {}", failure.causes(), failure.hint());
    assert!(
        !said.contains("hunter2") && !said.contains("4711"),
        "{said}"
    );
    assert!(
        !causes(
            r#"{"engine": "hunter2", "username": "", "password": ""}"#,
            &[]
        )[0]
        .contains("hunter2")
    );
}

#[test]
fn a_key_beside_takes_the_place_of_even_a_wrong_member() {
    let json = r#"{"engine": "db2", "username": 1, "password": "b", "port": "x"}"#;
    let table = read(json, &["ENGINE", "USER", "PORT"]).unwrap();
    assert_eq!(table.len(), 1);
    assert_eq!(table.get("PASSWORD"), Some(&Value::plain("b")));
}

#[test]
fn ports_are_held_to_the_rule_of_all_ports() {
    let port = |port: &str| {
        read(
            &format!("{{\"port\": {port}}}"),
            &["ENGINE", "USER", "PASSWORD"],
        )
        .ok()
        .and_then(|table| table.get("PORT").cloned())
    };
    for fine in ["0", "5432", "65535"] {
        assert_eq!(port(fine), Some(Value::Scalar(Text::plain(fine))));
    }
    for fine in ["", "5432", "5432,5433"] {
        assert_eq!(port(&format!("\"{fine}\"")), Some(Value::plain(fine)));
    }
    for wrong in [
        "65536",
        "-1",
        "5432.0",
        "1e3",
        "true",
        "[5432]",
        "\"54 32\"",
        "\"65536\"",
    ] {
        assert_eq!(port(wrong), None, "{wrong}");
    }
}

#[test]
fn what_is_no_object_is_told_apart() {
    for text in [
        "",
        "hunter2",
        "{\"a\": 1} x",
        "{\"a\"",
        "{\"\\ud800\": 1}",
        "{'a': 1}",
    ] {
        assert_eq!(
            read(text, &[]).unwrap_err(),
            ManagedFailure::NotJson,
            "{text}"
        );
    }
    let not_text = from_secret(b"{\"password\": \"\xff\"}", |_| false);
    assert_eq!(not_text.unwrap_err(), ManagedFailure::NotJson);
    for text in ["null", "[]", "4711", "\"{}\""] {
        assert_eq!(
            read(text, &[]).unwrap_err(),
            ManagedFailure::NotAnObject,
            "{text}"
        );
    }
}

#[test]
fn of_two_members_of_one_name_the_last_counts() {
    let table = read(
        r#"{"host": "a", "host": "b"}"#,
        &["ENGINE", "USER", "PASSWORD"],
    )
    .unwrap();
    assert_eq!(table.get("HOST"), Some(&Value::plain("b")));
    let twice = r#"{"password": "a", "password": null}"#;
    assert_eq!(causes(twice, &["ENGINE", "USER"]).len(), 1);
}

fn any_text() -> impl Strategy<Value = String> {
    collection::vec(any::<char>(), 0..40).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_text_is_kept_to_the_letter(texts in collection::vec(any_text(), 4)) {
        let [username, password, host, dbname] = &texts[..] else { unreachable!() };
        let json = serde_json::json!({
            "engine": "mysql", "username": username, "password": password, "host": host, "dbname": dbname,
        });
        let table = read(&json.to_string(), &[]).unwrap();
        for (key, text) in [("USER", username), ("PASSWORD", password), ("HOST", host), ("NAME", dbname)] {
            prop_assert_eq!(table.get(key), Some(&Value::plain(text.clone())));
        }
    }

    #[test]
    fn no_failure_shows_a_value(text in any_text()) {
        let text = format!("hunter2{text}");
        let json = serde_json::json!({ "engine": text, "port": text, "password": [text], "username": { &text: text } });
        for json in [json.to_string(), text, "{\"engine\": \"hunter2".to_owned()] {
            let failure = read(&json, &[]).unwrap_err();
            let said = format!("{failure:?} {:?} {}", failure.causes(), failure.hint());
            prop_assert!(!said.contains("hunter2"), "{}", said);
        }
    }
}
