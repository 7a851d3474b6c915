//! PostgreSQL: all that one login made before there were two, and a login that reads from a copy.

use serde_json::json;

use super::super::Deployment;
use super::{APP, DENIED, MIGRATIONS};
use crate::support::postgres::{ADMIN, Postgres};
use crate::support::python::Django;

/// What projects make besides tables, as the one login that owns the database.
const BEFORE: &str = r#"
CREATE EXTENSION pg_trgm;
CREATE TABLE before (id int, title text);
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM before;
CREATE DOMAIN "Short" AS text CHECK (length(VALUE) < 9);
CREATE STATISTICS "Both" ON id, title FROM before;
CREATE TEXT SEARCH CONFIGURATION "Plain" (COPY = simple);
CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple);
CREATE COLLATION plainly FROM "C";
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1';
REVOKE EXECUTE ON FUNCTION twice(int) FROM PUBLIC;
CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE summed(int) (SFUNC = int4pl, STYPE = int);
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE VIEW outside AS SELECT * FROM theirs;
"#;

/// What is the application's still, and what is the administrator's.
const OWNED: &str = "\
SELECT (SELECT count(*) FROM pg_shdepend WHERE refobjid = 'market_app'::regrole AND deptype = 'o' AND classid <> 'pg_default_acl'::regclass),
    (SELECT extowner::regrole::text FROM pg_extension WHERE extname = 'pg_trgm'),
    (SELECT stxowner::regrole::text FROM pg_statistic_ext),
    (SELECT cfgowner::regrole::text FROM pg_ts_config WHERE cfgname = 'Plain')";

#[test]
fn all_that_the_old_login_made_is_handed_over() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    market
        .admin(&format!(
            "CREATE ROLE market_app LOGIN PASSWORD '{}'; ALTER DATABASE market OWNER TO market_app;
             GRANT CREATE ON SCHEMA public TO market_app;
             CREATE TABLE theirs (id int); GRANT SELECT ON theirs TO market_app;",
            APP.1
        ))
        .unwrap();
    market.run(APP.0, APP.1, BEFORE).unwrap();
    market
        .admin("CREATE DATABASE others OWNER market_app")
        .unwrap();
    // An extension would take the other database along.
    market.refused(r#""market_app" still owns: extension pg_trgm"#);
    market
        .admin(&format!("ALTER DATABASE others OWNER TO {}", ADMIN.name))
        .unwrap();
    market.apply();
    assert_eq!(
        market.admin(OWNED).unwrap(),
        json!([[0, ADMIN.name, "market_migrations", "market_migrations"]])
    );
    // What it could do with rows it still can.
    assert_eq!(
        market.run(APP.0, APP.1, "SELECT twice(2), n FROM counted"),
        Ok(json!([[4, 0]]))
    );
    market.fails(
        APP,
        DENIED,
        &[
            "DROP EXTENSION pg_trgm CASCADE",
            "REFRESH MATERIALIZED VIEW counted",
        ],
    );
    market
        .run(
            MIGRATIONS.0,
            MIGRATIONS.1,
            "REFRESH MATERIALIZED VIEW counted; DROP STATISTICS \"Both\"; DROP TEXT SEARCH DICTIONARY plain",
        )
        .unwrap();
    let after = market.rights();
    market.apply();
    assert_eq!(market.rights(), after);
}

/// The manifest of a copy; in this test it is the primary itself, which refuses nothing for being a copy.
const COPY: &str = r#"
[databases.analytics]
ENGINE = "postgresql"
NAME = "market"
USER = "market_reader"
PASSWORD = "${secrets://runs}"
HOST = "localhost"
TEST = { MIRROR = "default" }
"#;

#[test]
fn the_login_of_a_copy_reads_what_migrations_make_and_writes_nothing() {
    let server = Postgres::start();
    let mut market = Deployment::on(&server, Django::chosen()[0], "", "");
    let alone = market.grants();
    market.manifest.push_str(COPY);
    // The copy comes first in the manifest's order of names, and last in the SQL.
    let both = market.grants();
    let (first, copy) = both
        .split_once("\n-- databases: analytics\n")
        .expect("a section");
    assert!(first.contains("-- databases: default\n"), "{both}");
    let (code, said) = market
        .run_at(&market.place, ADMIN.name, ADMIN.password, copy)
        .unwrap_err();
    assert_eq!(code, "P0001");
    assert!(
        said.contains(r#"there is no role "market_migrations""#),
        "{said}"
    );

    market.apply();
    let reader = ("market_reader", "rEads 3");
    market
        .admin(&format!("ALTER ROLE market_reader PASSWORD '{}'", reader.1))
        .unwrap();
    market.migrates_and_runs();
    market.apply();
    let after = market.rights();
    market.apply();
    assert_eq!(market.rights(), after);
    // The primary's own again: the reader keeps what it has.
    market.admin(&alone).unwrap();
    assert_eq!(market.rights(), after);

    let read =
        "SELECT (SELECT count(*) FROM catalogue_record), (SELECT count(*) FROM catalogue_shelf)";
    assert_eq!(market.run(reader.0, reader.1, read), Ok(json!([[3, 1]])));
    market.fails(
        reader,
        DENIED,
        &[
            "INSERT INTO catalogue_shelf (label) VALUES ('x')",
            "UPDATE catalogue_record SET title = 'x'",
            "DELETE FROM catalogue_record",
            "TRUNCATE catalogue_record",
            "SELECT nextval('catalogue_record_id_seq')",
            "CREATE TABLE mine (id int)",
            "CREATE TEMPORARY TABLE mine (id int)",
            "SET ROLE market_migrations",
            "SET ROLE market_app",
        ],
    );
    assert_eq!(market.shell(super::super::ROWS), "rows 3");
    // Somebody's grant of before does not stay.
    market
        .admin("GRANT INSERT ON catalogue_record TO market_reader; GRANT UPDATE (title) ON catalogue_record TO market_reader")
        .unwrap();
    market.apply();
    assert_eq!(market.rights(), after);
}
