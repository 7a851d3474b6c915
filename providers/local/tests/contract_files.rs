//! The contract suite for `env`, `dotenv` in each dialect, and `file`.

use std::{ffi::OsString, fs, path::Path};

use nuages_provider::{
    Environment, Reference, Setting, Settings,
    contract::{Fixture, run},
};
use nuages_provider_local::{dotenv, env, file};

fn environment(base: &Path) -> Environment {
    let variables = [
        ("DB_PASSWORD", "correct horse"),
        ("API_KEY", "battery staple"),
    ];
    let variables = variables.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Environment::new(variables, base)
}

/// `secrets://name`, through an instance.
fn named(name: &str) -> Reference {
    Reference::new("secrets", name).through_instance()
}

#[tokio::test]
async fn env_keeps_the_contract() {
    run(&Fixture {
        descriptor: &env::DESCRIPTOR,
        settings: Settings::new(),
        environment: environment(Path::new("/")),
        present: vec![
            (
                Reference::new("env", "DB_PASSWORD"),
                b"correct horse".to_vec(),
            ),
            (named("api-key"), b"battery staple".to_vec()),
            (named("db-password"), b"correct horse".to_vec()),
        ],
        missing: vec![
            Reference::new("env", "db-password"),
            named("nothing"),
            Reference::new("env", "DB_PASSWORD "),
        ],
        refused: vec![
            Reference::new("env", ""),
            Reference::new("env", "A=B"),
            named("A\0B"),
        ],
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn env_keeps_bytes_of_any_encoding() {
    use std::os::unix::ffi::OsStringExt;

    let variables = [
        ("LATIN", b"caf\xe9 \xff".to_vec()),
        ("OTHER", b"\x80\x81\x82\x83\x84\x85".to_vec()),
    ];
    let variables =
        variables.map(|(name, value)| (OsString::from(name), OsString::from_vec(value)));
    run(&Fixture {
        descriptor: &env::DESCRIPTOR,
        settings: Settings::new(),
        environment: Environment::new(variables, "/"),
        present: vec![
            (Reference::new("env", "LATIN"), b"caf\xe9 \xff".to_vec()),
            (
                Reference::new("env", "OTHER"),
                b"\x80\x81\x82\x83\x84\x85".to_vec(),
            ),
        ],
        missing: vec![Reference::new("env", "NOTHING")],
        refused: vec![],
    })
    .await;
}

#[tokio::test]
async fn dotenv_keeps_the_contract_in_every_dialect() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join("shop.env"),
        "DB_PASSWORD='from file'\nexport API_KEY=\"another one\"\n",
    )
    .unwrap();
    for dialect in dotenv::Dialect::ALL {
        run(&Fixture {
            descriptor: &dotenv::DESCRIPTOR,
            settings: Settings::new()
                .with_text("path", "shop.env")
                .with_text("dialect", dialect.name()),
            environment: environment(directory.path()),
            present: vec![
                (named("DB_PASSWORD"), b"from file".to_vec()),
                (named("db-password"), b"from file".to_vec()),
                (named("api/key"), b"another one".to_vec()),
            ],
            missing: vec![named("nothing"), Reference::new("dotenv", "db-password")],
            refused: vec![Reference::new("dotenv", ""), named("A=B"), named("A\0B")],
        })
        .await;
    }
}

#[tokio::test]
async fn dotenv_reads_the_manifests_neighbour_by_default() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join(".env"),
        "DB_PASSWORD=from file\nAPI_KEY=another one\n",
    )
    .unwrap();
    run(&Fixture {
        descriptor: &dotenv::DESCRIPTOR,
        settings: Settings::new(),
        environment: environment(directory.path()),
        present: vec![
            (
                Reference::new("dotenv", "DB_PASSWORD"),
                b"from file".to_vec(),
            ),
            (Reference::new("dotenv", "API_KEY"), b"another one".to_vec()),
        ],
        missing: vec![Reference::new("dotenv", "OTHER")],
        refused: vec![],
    })
    .await;
}

#[tokio::test]
async fn file_keeps_the_contract_below_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let secrets = directory.path().join("secrets");
    fs::create_dir_all(secrets.join("tls")).unwrap();
    fs::write(secrets.join("db_password"), "correct horse\n").unwrap();
    fs::write(secrets.join("API_KEY"), "battery staple\r\n").unwrap();
    fs::write(
        secrets.join("tls/client.key"),
        b"\x30\x82\x01\x0a\xff\xfe\n\n",
    )
    .unwrap();
    run(&Fixture {
        descriptor: &file::DESCRIPTOR,
        settings: Settings::new().with_text("path", "secrets"),
        environment: environment(directory.path()),
        present: vec![
            (named("db-password"), b"correct horse".to_vec()),
            (named("API_KEY"), b"battery staple".to_vec()),
            (
                named("API_KEY").with_option("keep_newline", "true"),
                b"battery staple\r\n".to_vec(),
            ),
            (
                named("tls/client.key"),
                b"\x30\x82\x01\x0a\xff\xfe\n".to_vec(),
            ),
        ],
        missing: vec![
            named("nothing"),
            named("tls/nothing"),
            named("API_KEY/nothing"),
        ],
        refused: vec![
            named(""),
            named("../secrets/API_KEY"),
            named("tls/../API_KEY"),
            named("/etc/hostname"),
            named("~/x"),
            named("a\0b"),
            named("API_KEY").with_option("keep_newline", "yes"),
            Reference::new("file", ""),
        ],
    })
    .await;
}

#[tokio::test]
async fn file_keeps_the_contract_without_an_instance() {
    let directory = tempfile::tempdir().unwrap();
    let base = directory.path().join("project");
    fs::create_dir(&base).unwrap();
    fs::write(directory.path().join("outside"), "correct horse\n").unwrap();
    fs::write(base.join("inside"), "battery staple").unwrap();
    let home = [(OsString::from("HOME"), directory.path().into())];
    let absolute = base.join("inside").display().to_string();
    run(&Fixture {
        descriptor: &file::DESCRIPTOR,
        settings: Settings::new().with("keep_newline", Setting::Flag(false)),
        environment: Environment::new(home, &base),
        present: vec![
            (Reference::new("file", "inside"), b"battery staple".to_vec()),
            (Reference::new("file", absolute), b"battery staple".to_vec()),
            (
                Reference::new("file", "../outside"),
                b"correct horse".to_vec(),
            ),
            (
                Reference::new("file", "~/outside"),
                b"correct horse".to_vec(),
            ),
        ],
        missing: vec![
            Reference::new("file", "nothing"),
            Reference::new("file", "/nothing/at/all"),
        ],
        refused: vec![],
    })
    .await;
}
