//! 20,000 logins for each format and reader: what is written is read as it was meant, and what is refused had to be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nuages::render::{self, Document, Settings};
use nuages::value::{Table, Text, Value};
use serde_json::json;

use crate::judge::judge;
use crate::mariadb::my_print_defaults;
use crate::values::{Login, Random, document};

const LOGINS: usize = 20_000;
const LOGINS_A_FILE: usize = 100;

fn settings(pairs: &[(&str, &str)]) -> Settings {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Renders every login by itself, checks that exactly those are refused that have to be, and gives the files of the
/// others, many logins in one.
fn cases(
    format: &str,
    engine: &str,
    settings: &Settings,
    has_to_be_refused: impl Fn(&Login) -> bool,
    more: &serde_json::Value,
) -> Vec<serde_json::Value> {
    let format = render::format(format).unwrap();
    let mut random = Random::new(3);
    let mut held = Vec::new();
    for number in 0..LOGINS {
        let login = Login::random(&mut random, number);
        let outcome = format.render_with(&document(std::slice::from_ref(&login), engine), settings);
        assert_eq!(
            outcome.is_err(),
            has_to_be_refused(&login),
            "{}: {:?}: {outcome:?}",
            format.name(),
            login.texts()
        );
        if let Err(faults) = outcome {
            assert!(
                faults
                    .iter()
                    .all(|fault| fault.key.starts_with("databases.v"))
            );
        } else {
            held.push(login);
        }
    }
    assert!(held.len() > LOGINS / 10, "{}", held.len());
    held.chunks(LOGINS_A_FILE)
        .map(|logins| {
            let bytes = format
                .render_with(&document(logins, engine), settings)
                .unwrap();
            let logins: Vec<_> = logins.iter().map(plain).collect();
            let mut case = json!({ "bytes": STANDARD.encode(&*bytes), "logins": logins });
            for (key, value) in more.as_object().unwrap() {
                case[key] = value.clone();
            }
            case
        })
        .collect()
}

fn plain(login: &Login) -> serde_json::Value {
    json!({
        "alias": login.alias(),
        "NAME": login.name,
        "USER": login.user,
        "PASSWORD": login.password,
        "HOST": "127.0.0.1",
        "PORT": "5433",
        "OPTIONS": {},
    })
}

fn held(cases: &[serde_json::Value]) -> u64 {
    let count: usize = cases
        .iter()
        .map(|case| case["logins"].as_array().unwrap().len())
        .sum();
    u64::try_from(count).unwrap()
}

const POSTGRESQL: &str = "django.db.backends.postgresql";
const MYSQL: &str = "django.db.backends.mysql";

#[test]
fn both_libraries_read_every_url() {
    // django-environ takes a name that starts with a slash for a socket's directory.
    let is_unfit = |login: &Login| login.name.starts_with('/');
    let cases = cases(
        "url",
        POSTGRESQL,
        &Settings::default(),
        is_unfit,
        &json!({}),
    );
    assert_eq!(judge("url", &cases), held(&cases));
}

#[test]
fn libpq_finds_every_password_and_nobody_elses() {
    let is_unfit = |login: &Login| {
        login.texts().iter().any(|text| text.contains(['\0', '\n']))
            || login.password.ends_with('\r')
    };
    let cases = cases(
        "pgpass",
        POSTGRESQL,
        &Settings::default(),
        is_unfit,
        &json!({}),
    );
    assert_eq!(judge("pgpass", &cases), held(&cases));
}

#[test]
fn libpq_reads_every_service() {
    let blank = |c: char| matches!(c, ' ' | '\t'..='\r');
    let is_unfit = |login: &Login| {
        login.texts().iter().any(|text| {
            text.contains(['\0', '\n']) || text.starts_with(blank) || text.ends_with(blank)
        }) || login.password.len() + "password=".len() > 1021
            || login.user.len() + "user=".len() > 1021
            || login.name.len() + "dbname=".len() > 1021
    };
    let cases = cases(
        "pg-service",
        POSTGRESQL,
        &Settings::default(),
        is_unfit,
        &json!({}),
    );
    assert_eq!(judge("pg-service", &cases), held(&cases));
}

#[test]
fn mariadb_and_pymysql_read_every_option_file_for_all() {
    let is_unfit = |login: &Login| {
        let is_bad = |text: &&str| {
            text.contains('\\')
                || text.chars().any(|c| c.is_control() && c != '\t')
                || (text.contains('"') && text.contains('\''))
        };
        login.texts().iter().any(is_bad)
            || login.password.len() + "password=\"\"".len() > 4094
            || login.user.len() + "user=\"\"".len() > 4094
            || login.name.len() + "database=\"\"".len() > 4094
    };
    let more = json!({ "my_print_defaults": my_print_defaults(), "for_all": true });
    let cases = cases("my-cnf", MYSQL, &Settings::default(), is_unfit, &more);
    assert_eq!(judge("my-cnf", &cases), held(&cases));
}

#[test]
fn mariadb_reads_every_option_file_of_its_own() {
    let is_unfit = |login: &Login| {
        let length =
            |text: &str| text.len() + text.chars().filter(|c| "\\\"\n\r\t".contains(*c)).count();
        login.texts().iter().any(|text| text.contains('\0'))
            || length(&login.password) + "password=\"\"".len() > 4094
            || length(&login.user) + "user=\"\"".len() > 4094
            || length(&login.name) + "database=\"\"".len() > 4094
    };
    let more = json!({ "my_print_defaults": my_print_defaults(), "for_all": false });
    let settings = settings(&[("client", "mariadb")]);
    let cases = cases("my-cnf", MYSQL, &settings, is_unfit, &more);
    assert_eq!(judge("my-cnf", &cases), held(&cases));
}

#[test]
fn yaml_readers_of_both_versions_read_every_secret() {
    let mut random = Random::new(4);
    let format = render::format("k8s-secret").unwrap();
    let mut cases = Vec::new();
    for place in 0..LOGINS / LOGINS_A_FILE {
        let values: Vec<(String, String)> = (0..LOGINS_A_FILE)
            .map(|number| (format!("K.{number}_-"), random.text()))
            .collect();
        let env: Table = values
            .iter()
            .map(|(name, text)| (name.clone(), Value::Text(Text::secret(text))))
            .collect();
        let document = Document {
            databases: Table::new(),
            env,
        };
        let data = if place % 2 == 0 { "false" } else { "true" };
        let pairs = [
            ("data", data),
            ("name", "no"),
            ("namespace", "on"),
            ("labels", "y=1,a.b/c=true"),
        ];
        let bytes = format.render_with(&document, &settings(&pairs)).unwrap();
        cases.push(json!({
            "bytes": STANDARD.encode(&*bytes),
            "values": values.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            "metadata": { "name": "no", "namespace": "on", "labels": { "y": "1", "a.b/c": "true" } },
        }));
    }
    assert_eq!(judge("k8s-secret", &cases), 20_000);
}

/// Every reader has to complain about a value that is not the one that was meant.
#[test]
fn the_judge_notices_another_value() {
    let my_cnf = json!({ "my_print_defaults": my_print_defaults(), "for_all": true });
    for (name, engine, more) in [
        ("url", POSTGRESQL, json!({})),
        ("pgpass", POSTGRESQL, json!({})),
        ("pg-service", POSTGRESQL, json!({})),
        ("my-cnf", MYSQL, my_cnf),
    ] {
        let login = |password: &str| Login {
            number: 1,
            password: password.to_owned(),
            user: "app".to_owned(),
            name: "shop".to_owned(),
        };
        let format = render::format(name).unwrap();
        let bytes = format.render(&document(&[login("left")], engine)).unwrap();
        let mut case =
            json!({ "bytes": STANDARD.encode(&*bytes), "logins": [plain(&login("right"))] });
        for (key, value) in more.as_object().unwrap() {
            case[key] = value.clone();
        }
        let output = crate::judge::run(name, &[case]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains(name),
            "{name}"
        );
    }
}
