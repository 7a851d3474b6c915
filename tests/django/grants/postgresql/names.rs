//! PostgreSQL: what the manifest names, and what it does not.

use serde_json::{Value, json};

use super::super::{Deployment, hexadecimal};
use super::{APP, DENIED, MIGRATIONS};
use crate::support::postgres::{ADMIN, Postgres};
use crate::support::postgres_programs;
use crate::support::python::Django;

/// Logins without rights of their own, and a schema that is not `public`.
#[test]
fn roles_and_schemas_of_the_manifest_are_those_of_the_grants() {
    let server = Postgres::start();
    let options = r#", assume_role = "market_rows", options = "-c search_path=Stalls,shared""#;
    let migrate = r#"OPTIONS = { assume_role = "market_owner" }"#;
    let market = Deployment::on(&server, Django::chosen()[0], options, migrate);
    market.admin("CREATE SCHEMA shared").unwrap();
    market.apply();
    market.migrates_and_runs();
    market.apply();
    let owners = market
        .admin("SELECT DISTINCT schemaname, tableowner FROM pg_tables WHERE tablename LIKE '%\\_%' AND schemaname NOT LIKE 'pg%'")
        .unwrap();
    let stalls: Vec<&Value> = owners
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row[0] != "information_schema")
        .collect();
    assert_eq!(stalls, [&json!(["stalls", "market_owner"])]);
    let stalls = |sql: &str| format!("SET ROLE market_rows; SET search_path = stalls; {sql}");
    for sql in [
        "CREATE TABLE mine (id int)",
        "DROP TABLE catalogue_record",
        "DELETE FROM django_migrations",
    ] {
        market.fails(APP, DENIED, &[&stalls(sql)]);
    }
    market.fails(
        APP,
        DENIED,
        &["CREATE TABLE public.mine (id int)", "SET ROLE market_owner"],
    );
    market.fails(MIGRATIONS, DENIED, &["CREATE TABLE public.mine (id int)"]);
}

/// Names that `psql` brings, and what happens without them.
#[test]
fn a_variable_that_is_not_set_is_refused_by_the_server() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    let unknown = market
        .manifest
        .replace("\"market_app\"", "\"${secrets://user}\"")
        .replace("\"market_migrations\"", "\"${secrets://other}\"")
        .replace("\"market\"", "\"${secrets://name}\"");
    let unknown = Deployment {
        manifest: unknown,
        ..market
    };
    let sql = unknown.grants();
    let psql = |variables: &[&str]| {
        let programs = postgres_programs::find();
        let place = format!(
            "host=localhost port={} dbname=market user={} sslmode=verify-full sslrootcert={}",
            server.port(),
            ADMIN.name,
            server.root_certificate().display()
        );
        let mut run = unknown
            .project
            .program(
                &programs.join("psql"),
                [
                    "--no-psqlrc",
                    "--quiet",
                    "--set=ON_ERROR_STOP=1",
                    "--dbname",
                    &place,
                ],
            )
            .env("PGPASSWORD", ADMIN.password)
            .stdin(sql.as_bytes());
        if let Some(libraries) = postgres_programs::libraries(&programs.join("psql")) {
            run = run.env("LD_LIBRARY_PATH", libraries);
        }
        for variable in variables {
            run = run.arg("--set").arg(variable);
        }
        run.output()
    };
    let before = unknown.rights();
    let outcome = psql(&["runtime=market_app"]);
    assert_eq!(outcome.status.code(), Some(3), "{}", outcome.stderr());
    assert!(
        outcome.stderr().contains("syntax error at or near \":\""),
        "{}",
        outcome.stderr()
    );
    assert_eq!(unknown.rights(), before);

    let outcome = psql(&["runtime=it's \"mine\"", "migrations=market_migrations"]);
    assert_eq!(outcome.status.code(), Some(0), "{}", outcome.stderr());
    let may = unknown
        .admin("SELECT has_schema_privilege('it''s \"mine\"', 'public', 'USAGE'), has_schema_privilege('it''s \"mine\"', 'public', 'CREATE')")
        .unwrap();
    assert_eq!(may, json!([[true, false]]));
}

/// What a name is in the manifest, it is in the server.
#[test]
fn hostile_names_are_names() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    let names = [
        r#"o"hm's; DROP TABLE x; --"#,
        r"back\slash' \gexec",
        "$nuages$ %I %s %%",
        ":runtime :'runtime' \u{e9}\u{4e2d}",
    ];
    for (place, name) in names.iter().enumerate() {
        let quoted = serde_json::to_string(name).unwrap();
        let hostile = Deployment {
            manifest: market
                .manifest
                .replace("\"market_app\"", &quoted)
                .replace("\"market_migrations\"", &format!("\"m{place}\"")),
            ..Deployment::on_existing(&market)
        };
        hostile.admin(&hostile.grants()).unwrap();
        let found = hostile
            .admin(&format!(
                "SELECT rolname, has_schema_privilege(oid, 'public', 'USAGE') FROM pg_roles \
                 WHERE rolname = convert_from('\\x{}', 'UTF8')",
                hexadecimal(name)
            ))
            .unwrap();
        assert_eq!(found, json!([[name, true]]));
    }
}

impl Deployment {
    /// The same server and database, with a project of its own.
    pub(super) fn on_existing(other: &Self) -> Self {
        Self::new(
            Django::chosen()[0],
            other.engine,
            other.place.clone(),
            None,
            other.manifest.clone(),
        )
    }
}
