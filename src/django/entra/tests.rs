//! What `auth` asks for and what it refuses, where no manifest is needed to show it.

use super::*;

fn table(entries: &[(&str, &str)]) -> Table {
    let entries = entries.iter();
    entries
        .map(|(key, value)| ((*key).to_owned(), Value::Text(Text::secret(*value))))
        .collect()
}

#[test]
fn a_host_is_told_from_what_stands_around_it() {
    for (family, written, found) in [
        (Family::Mssql, "db.example", Some("db.example")),
        (Family::Mssql, "tcp:db.example,1433", Some("db.example")),
        (Family::Mssql, "db.example\\shop", Some("db.example")),
        (Family::Mssql, "", None),
        (Family::Postgresql, "a.example,b.example", Some("a.example")),
        (Family::Postgresql, "/run/postgresql", None),
        (Family::Postgresql, "@shop", None),
        (Family::Mysql, " db.example ", Some("db.example")),
    ] {
        assert_eq!(host(family, written), found, "{written}");
    }
}

#[test]
fn every_method_is_found_by_its_name_and_names_its_engines() {
    for method in Method::ALL {
        assert_eq!(Method::named(method.name()), Some(*method));
        for engine in crate::django::engine::ENGINES {
            let suits = method.suits(engine.family);
            let is_named = method.engines().contains(&engine.short);
            let is_gis = ["postgis", "mysqlgis"].contains(&engine.short);
            assert_eq!(suits, is_named || (is_gis && *method == Method::Token));
        }
    }
    assert_eq!(Method::named("Entra"), None);
}

/// What is left out is written, and what was written is left as it is; a second run finds nothing to do.
#[test]
fn a_finished_login_is_in_order() {
    let login = Login {
        method: Method::Token,
        client_id: None,
    };
    for (family, options) in [
        (Family::Mssql, table(&[])),
        (Family::Mssql, table(&[("extra_params", "Encrypt=strict")])),
        (Family::Postgresql, table(&[])),
        (Family::Postgresql, table(&[("sslmode", "verify-ca")])),
    ] {
        let mut database = table(&[("HOST", "db.example"), ("TOKEN", "t\n"), ("PASSWORD", "t")]);
        database.insert("OPTIONS", Value::Table(options));
        assert_eq!(finish(&mut database, family, Some(&login), true), []);
        let finished = database.clone();
        assert_eq!(finish(&mut database, family, Some(&login), true), []);
        assert_eq!(database, finished);
    }
}

/// What came from a store stays secret, whatever is written around it.
#[test]
fn text_stays_as_secret_as_it_was() {
    let login = Login {
        method: Method::Token,
        client_id: None,
    };
    let mut database = table(&[("HOST", "db.example"), ("TOKEN", "hunter2\n")]);
    let options = table(&[("extra_params", "APP=hunter2")]);
    database.insert("OPTIONS", Value::Table(options));
    assert_eq!(finish(&mut database, Family::Mssql, Some(&login), true), []);
    assert!(!format!("{database:?}").contains("hunter2"));
    assert_eq!(database.get("TOKEN"), Some(&Value::plain("hunter2")));
}

#[test]
fn a_fault_holds_no_part_of_a_value() {
    let mut database = table(&[("HOST", ""), ("TOKEN", "hunter2 hunter2")]);
    let text = "hunter2={hunter2;Encrypt=hunter2";
    database.insert(
        "OPTIONS",
        Value::Table(table(&[("extra_params", text), ("driver", "/hunter2")])),
    );
    let login = Login {
        method: Method::Token,
        client_id: None,
    };
    let faults = finish(&mut database, Family::Mssql, Some(&login), true);
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert!(!format!("{faults:?}").contains("hunter2"));
}
