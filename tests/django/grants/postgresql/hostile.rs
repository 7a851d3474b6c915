//! PostgreSQL: what was there before, and what somebody left there for the administrator.

use serde_json::json;

use super::super::{Deployment, RUNS};
use super::{APP, DENIED};
use crate::support::postgres::{ADMIN, Postgres};
use crate::support::python::Django;

impl Deployment {
    /// The SQL is refused with these words in the message, and nothing has changed.
    #[track_caller]
    pub(super) fn refused(&self, words: &str) {
        let before = self.rights();
        let came = self.run_at(&self.place, ADMIN.name, ADMIN.password, &self.grants());
        let (_, said) = came.unwrap_err();
        assert!(said.contains(words), "{said}");
        assert_eq!(self.rights(), before);
    }
}

/// The old login's functions have the names of those that the SQL calls, and would run as who applies it.
#[test]
fn what_the_old_login_left_is_not_called() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    market
        .admin(&format!(
            "CREATE ROLE market_app LOGIN PASSWORD '{RUNS}'; ALTER DATABASE market OWNER TO market_app;
             GRANT CREATE ON SCHEMA public TO market_app;"
        ))
        .unwrap();
    // An exact match is chosen before the server's own, which is variadic.
    for arguments in [
        "text, text",
        "text, text, text",
        "text, name",
        "text, name, text",
    ] {
        market
            .run(
                APP.0,
                APP.1,
                &format!(
                    "CREATE FUNCTION public.format({arguments}) RETURNS text LANGUAGE plpgsql AS $$
                     BEGIN ALTER ROLE market_app SUPERUSER; RETURN pg_catalog.format($1, $2); END $$"
                ),
            )
            .unwrap();
    }
    market.apply();
    let is_super = "SELECT rolsuper FROM pg_roles WHERE rolname = 'market_app'";
    assert_eq!(market.admin(is_super), Ok(json!([[false]])));
    market.migrates_and_runs();
}

#[test]
fn administrators_stay_what_they_are_and_nobody_becomes_them() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    market
        .admin("CREATE ROLE market_app SUPERUSER LOGIN")
        .unwrap();
    market.refused(r#""market_app" is a superuser or replicates"#);
    market
        .admin("ALTER ROLE market_app NOSUPERUSER REPLICATION")
        .unwrap();
    market.refused(r#""market_app" is a superuser or replicates"#);
    market
        .admin("ALTER ROLE market_app NOREPLICATION; GRANT pg_read_all_settings TO market_app")
        .unwrap();
    market.refused(r#""market_app" is a member of "pg_read_all_settings""#);
    market
        .admin(
            "REVOKE pg_read_all_settings FROM market_app; CREATE ROLE makers CREATEROLE; GRANT makers TO market_app",
        )
        .unwrap();
    market.refused(r#""market_app" is a member of "makers""#);

    for (attribute, words) in [
        ("SUPERUSER", "is a superuser or replicates"),
        (
            "NOSUPERUSER CREATEROLE",
            "may do more than this database needs",
        ),
    ] {
        market
            .admin(&format!(
                "DROP ROLE IF EXISTS market_app, market_rows; CREATE ROLE market_rows {attribute}"
            ))
            .unwrap();
        let assuming = Deployment {
            manifest: market.manifest.replace(
                "sslrootcert = ",
                "assume_role = \"market_rows\", sslrootcert = ",
            ) + "OPTIONS = { assume_role = \"market_owner\" }\n",
            ..Deployment::on_existing(&market)
        };
        assuming.refused(&format!(r#""market_rows" {words}"#));
    }
}

/// On a managed server nobody is a superuser: what a login does not have is not taken from it.
#[test]
fn a_login_that_makes_databases_loses_that_alone() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    market
        .admin(
            "CREATE ROLE managed CREATEROLE CREATEDB LOGIN PASSWORD 'managed';
             CREATE ROLE market_app CREATEDB CREATEROLE LOGIN; ALTER DATABASE market OWNER TO managed;",
        )
        .unwrap();
    market.run("managed", "managed", &market.grants()).unwrap();
    let left = "SELECT rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = 'market_app'";
    assert_eq!(market.admin(left), Ok(json!([[false]])));
}

/// What neither login owns stays as it is, and does not stop who applies the SQL without being a superuser.
#[test]
fn what_others_own_is_left_to_them() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    market
        .admin(
            "CREATE ROLE managed CREATEROLE LOGIN PASSWORD 'managed'; ALTER DATABASE market OWNER TO managed;
             CREATE TABLE audit (id int); CREATE SEQUENCE numbers; GRANT SELECT ON audit TO PUBLIC",
        )
        .unwrap();
    market.run("managed", "managed", &market.grants()).unwrap();
    let rights = "SELECT relacl::text FROM pg_class WHERE relname = 'audit'";
    let rights = market.admin(rights).unwrap();
    assert!(!rights.to_string().contains("market"), "{rights}");
    assert!(rights.to_string().contains("=r/"), "{rights}");
}

#[test]
fn all_that_the_old_login_made_is_handed_over_or_named() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    market
        .admin(&format!(
            "CREATE ROLE market_app LOGIN PASSWORD '{RUNS}'; ALTER DATABASE market OWNER TO market_app;
             GRANT CREATE ON SCHEMA public TO market_app;"
        ))
        .unwrap();
    market
        .run(
            APP.0,
            APP.1,
            "CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN price AS numeric; CREATE TYPE pair AS (a int, b int);
             CREATE TYPE span AS RANGE (subtype = int); CREATE COLLATION plain FROM \"C\";
             CREATE TABLE stalls (id int GENERATED ALWAYS AS IDENTITY, moods mood[]);
             CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1';
             CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int)",
        )
        .unwrap();
    let came = market.run_at(&market.place, ADMIN.name, ADMIN.password, &market.grants());
    assert!(came.is_ok(), "{came:?}");
    let left =
        "SELECT count(*) FROM pg_shdepend WHERE refobjid = 'market_app'::regrole AND deptype = 'o'";
    assert_eq!(market.admin(left), Ok(json!([[0]])));
    market.fails(
        APP,
        DENIED,
        &[
            "DROP TYPE mood CASCADE",
            "DROP FUNCTION one()",
            "DROP DOMAIN price",
        ],
    );

    market
        .admin("CREATE SCHEMA mine AUTHORIZATION market_app")
        .unwrap();
    market.refused(r#""market_app" still owns: schema mine"#);
    market
        .admin(
            "DROP SCHEMA mine; CREATE FUNCTION two() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 2';
             ALTER FUNCTION two() OWNER TO market_app",
        )
        .unwrap();
    market.refused(r#""market_app" still owns: function public.two()"#);
}

/// Rights that others were given, and that tables of later would bring.
#[test]
fn rights_that_everybody_has_are_taken_too() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    market.apply();
    market.migrate();
    market
        .admin(
            "GRANT ALL ON catalogue_record, django_migrations TO PUBLIC;
             ALTER DEFAULT PRIVILEGES FOR ROLE market_migrations GRANT ALL ON TABLES TO PUBLIC, market_app;
             ALTER DEFAULT PRIVILEGES FOR ROLE market_migrations GRANT ALL ON SEQUENCES TO PUBLIC, market_app",
        )
        .unwrap();
    market.apply();
    market
        .project
        .write("catalogue/migrations/0002_later.py", super::super::LATER);
    market.migrate();
    assert_eq!(market.shell(super::super::LATER_ROWS), "shelves 2");
    market.fails(
        APP,
        DENIED,
        &[
            "TRUNCATE catalogue_record",
            "TRUNCATE catalogue_shelf",
            "SELECT setval('catalogue_shelf_id_seq', 9)",
            "DELETE FROM django_migrations",
        ],
    );
    // By way of a role that nobody here made.
    market
        .admin("CREATE ROLE cleaners; GRANT TRUNCATE ON catalogue_record TO cleaners; GRANT cleaners TO market_app")
        .unwrap();
    market.refused(r#""market_app" may still do more with "catalogue_record""#);
}

/// A schema of its own, where `public` is gone.
#[test]
fn a_server_without_the_schema_public_is_no_mistake() {
    let server = Postgres::start();
    let options = r#", options = "-c search_path=stalls,public""#;
    let market = Deployment::on(&server, Django::chosen()[0], options, "");
    market.admin("DROP SCHEMA public").unwrap();
    market.apply();
    market.migrates_and_runs();
}
