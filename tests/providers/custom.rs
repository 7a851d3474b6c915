//! The example of a provider from outside holds the contract, and runs as a program.

use std::process::Command;

use nuages_provider::{
    Environment, Reference, Settings,
    contract::{self, Fixture},
};

use crate::custom_provider::DESCRIPTOR;

const FILE: &str = "# logins\ndb.internal:5432:shop:shop_app:hunter\\:2\\\\x\n*:*:reports:reader:reader-password\n";

#[test]
fn the_example_holds_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("pgpass"), FILE).unwrap();
    let fixture = Fixture {
        descriptor: &DESCRIPTOR,
        settings: Settings::new().with_text("path", "pgpass"),
        environment: Environment::new([], directory.path()),
        present: vec![
            (
                Reference::new("pgpass", "db.internal:5432/shop/shop_app"),
                b"hunter:2\\x".to_vec(),
            ),
            (
                Reference::new("pgpass", "any:1/reports/reader"),
                b"reader-password".to_vec(),
            ),
        ],
        missing: vec![Reference::new("pgpass", "db.internal:5432/shop/other")],
        refused: vec![
            Reference::new("pgpass", "db.internal"),
            Reference::new("pgpass", "a:1//u"),
        ],
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(contract::run(&fixture));
}

#[test]
fn the_example_runs_as_a_program() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("pgpass"), FILE).unwrap();
    std::fs::write(
        directory.path().join("nuages.toml"),
        "[providers.logins]\nkind = 'pgpass'\npath = 'pgpass'\n\
         [env]\nPW = '${logins://db.internal:5432/shop/shop_app}'\n",
    )
    .unwrap();
    // A whole `cargo test` has built it; one that names this target has not.
    let build = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--example", "custom_provider"])
        .status();
    assert!(
        build.is_ok_and(|status| status.success()),
        "the example builds"
    );
    let program = env!("CARGO_BIN_EXE_nuages").replace("/nuages", "/examples/custom_provider");
    let output = Command::new(&program)
        .args(["exec", "--", "sh", "-c", "printf %s \"$PW\""])
        .current_dir(directory.path())
        .env("PGPASSWORD", "left-over")
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hunter:2\\x");
    let listed = Command::new(&program).arg("providers").output().unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).contains("pgpass"));
}
