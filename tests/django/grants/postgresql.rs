//! PostgreSQL.

mod hostile;
mod names;
mod taken_over;

use serde_json::{Value, json};

use super::{Deployment, MIGRATES, RUNS};
use crate::support::postgres::{ADMIN, Postgres};
use crate::support::python::Django;

const MANIFEST: &str = r#"
[providers.secrets]
kind = "file"
path = "run-secrets"

[databases.default]
ENGINE = "postgresql"
NAME = "market"
USER = "market_app"
PASSWORD = "${secrets://runs}"
HOST = "localhost"
PORT = @PORT@
OPTIONS = { sslmode = "verify-full", sslrootcert = "@ROOT@"@OPTIONS@ }

[env]
SECRET_KEY = "${secrets://key}"

[profiles.migrate.databases.default]
USER = "market_migrations"
PASSWORD = "${secrets://migrates}"
@MIGRATE@
"#;

const APP: (&str, &str) = ("market_app", RUNS);
const MIGRATIONS: (&str, &str) = ("market_migrations", MIGRATES);

/// The server's word for what is not allowed.
const DENIED: &str = "42501";

/// All rights of all there is, as the server keeps them.
const RIGHTS: &str = "\
SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
    SELECT format('%s %s %s', relname, relowner::regrole, array(SELECT unnest(relacl)::text ORDER BY 1)) FROM pg_class
        WHERE relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
    UNION ALL SELECT format('%s %s %s', nspname, nspowner::regrole, array(SELECT unnest(nspacl)::text ORDER BY 1)) FROM pg_namespace
    UNION ALL SELECT format('%s %s %s', datname, datdba::regrole, array(SELECT unnest(datacl)::text ORDER BY 1)) FROM pg_database
    UNION ALL SELECT format('%s %s %s', defaclrole::regrole, defaclobjtype, array(SELECT unnest(defaclacl)::text ORDER BY 1)) FROM pg_default_acl
    UNION ALL SELECT format('%s %s %s', roleid::regrole, member::regrole, admin_option) FROM pg_auth_members
    UNION ALL SELECT format('%s', row(rolname, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolcanlogin)) FROM pg_roles
) AS lines (line)";

impl Deployment {
    fn on(server: &Postgres, django: Django, options: &str, migrate: &str) -> Self {
        let root = server.root_certificate();
        let root = root.to_str().unwrap();
        let manifest = MANIFEST
            .replace("@PORT@", &server.port().to_string())
            .replace("@ROOT@", root)
            .replace("@OPTIONS@", options)
            .replace("@MIGRATE@", migrate);
        let place = json!({
            "host": "localhost", "port": server.port(), "dbname": "market",
            "sslmode": "verify-full", "sslrootcert": root,
        });
        let deployment = Self::new(django, "postgresql", place, None, manifest);
        deployment
            .elsewhere("postgres", "CREATE DATABASE market")
            .unwrap();
        deployment
    }

    fn admin(&self, sql: &str) -> Result<Value, String> {
        self.run(ADMIN.name, ADMIN.password, sql)
    }

    /// As the administrator, in another database.
    fn elsewhere(&self, database: &str, sql: &str) -> Result<Value, (String, String)> {
        let mut place = self.place.clone();
        place["dbname"] = json!(database);
        self.run_at(&place, ADMIN.name, ADMIN.password, sql)
    }

    /// Applies the grants, and gives the logins their passwords.
    fn apply(&self) {
        self.admin(&self.grants()).unwrap();
        let password =
            |(name, password): (&str, &str)| format!("ALTER ROLE {name} PASSWORD '{password}';");
        self.admin(&(password(APP) + &password(MIGRATIONS)))
            .unwrap();
    }

    fn rights(&self) -> String {
        let rows = self.admin(RIGHTS).unwrap();
        rows[0][0].as_str().expect("rights").to_owned()
    }
}

#[test]
fn the_shop_migrates_and_runs_and_neither_login_does_more() {
    for django in Django::chosen() {
        let server = Postgres::start();
        let market = Deployment::on(&server, django, "", "");
        market.apply();
        market.migrates_and_runs();
        // Once more, now that there is a table of what has been migrated.
        market.apply();
        assert_eq!(market.shell(super::ROWS), "rows 3");
        assert!(market.migrate().contains("No migrations to apply"));

        market.fails(
            APP,
            DENIED,
            &[
                "CREATE TABLE mine (id int)",
                "CREATE TEMPORARY TABLE mine (id int)",
                "CREATE SCHEMA mine",
                "ALTER TABLE catalogue_record ADD COLUMN mine int",
                "ALTER TABLE catalogue_shelf RENAME TO mine",
                "DROP TABLE catalogue_shelf",
                "TRUNCATE catalogue_record",
                "CREATE INDEX ON catalogue_record (title)",
                "SELECT setval('catalogue_record_id_seq', 1)",
                "INSERT INTO django_migrations (app, name, applied) VALUES ('catalogue', '0003', now())",
                "DELETE FROM django_migrations",
                "SET ROLE market_migrations",
                "CREATE ROLE mine",
                "COPY catalogue_record TO PROGRAM 'cat'",
            ],
        );
        // Who may not hand on a right is told so, which is no error.
        let handed_on = "GRANT SELECT ON catalogue_record TO PUBLIC; \
             SELECT has_table_privilege('public', 'catalogue_record', 'SELECT')";
        assert_eq!(market.run(APP.0, APP.1, handed_on), Ok(json!([[false]])));
        // Reading is not writing.
        market
            .run(APP.0, APP.1, "SELECT count(*) FROM django_migrations")
            .unwrap();
        market.fails(
            MIGRATIONS,
            DENIED,
            &[
                "CREATE ROLE mine",
                "CREATE DATABASE mine",
                "CREATE SCHEMA mine",
                "CREATE EXTENSION pg_trgm",
                "ALTER SYSTEM SET work_mem = '1GB'",
                "SELECT pg_read_file('postgresql.conf')",
                "SET ROLE market_app",
            ],
        );
    }
}

#[test]
fn a_third_login_neither_connects_nor_reads() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    market
        .admin("CREATE ROLE outsider LOGIN PASSWORD 'out'")
        .unwrap();
    market.run("outsider", "out", "SELECT 1").unwrap();
    market.apply();
    market.migrate();
    let (code, said) = market
        .run_at(&market.place, "outsider", "out", "SELECT 1")
        .unwrap_err();
    assert_eq!(code, "connection");
    assert!(said.contains("permission denied for database"), "{said}");
    // Let in by its administrator, it still has no rights in there.
    market
        .admin("GRANT CONNECT ON DATABASE market TO outsider")
        .unwrap();
    market.fails(
        ("outsider", "out"),
        DENIED,
        &[
            "SELECT * FROM public.catalogue_record",
            "CREATE TABLE public.mine (id int)",
        ],
    );
}

#[test]
fn applied_again_it_changes_nothing() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    market.apply();
    let first = market.rights();
    market.apply();
    assert_eq!(market.rights(), first);
    market.migrate();
    market.apply();
    let migrated = market.rights();
    assert_ne!(migrated, first);
    market.apply();
    assert_eq!(market.rights(), migrated);
}

/// One login that owned everything, as tutorials have it.
#[test]
fn what_one_login_owned_before_is_handed_over() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    market
        .admin(&format!(
            "CREATE ROLE market_app CREATEDB CREATEROLE BYPASSRLS LOGIN PASSWORD '{RUNS}';
             ALTER DATABASE market OWNER TO market_app;"
        ))
        .unwrap();
    market
        .admin("CREATE DATABASE others OWNER market_app")
        .unwrap();
    let said = market.manage(&[], &["migrate", "--no-color"]).code(0);
    assert!(
        said.stdout()
            .contains("Applying catalogue.0001_initial... OK")
    );
    market
        .run(
            APP.0,
            APP.1,
            "CREATE VIEW titles AS SELECT title FROM catalogue_record; CREATE SEQUENCE numbers",
        )
        .unwrap();
    market.apply();
    assert_eq!(market.shell(super::ROWS), "rows 3");
    market
        .project
        .write("catalogue/migrations/0002_later.py", super::LATER);
    market.migrate();
    assert_eq!(market.shell(super::LATER_ROWS), "shelves 2");
    market.fails(
        APP,
        DENIED,
        &[
            "DROP TABLE catalogue_record",
            "DROP VIEW titles",
            "DROP SEQUENCE numbers",
            "CREATE TABLE mine (id int)",
            "INSERT INTO django_migrations (app, name, applied) VALUES ('catalogue', '0003', now())",
            "CREATE ROLE mine",
        ],
    );
    // Another database of that login is not this one's business.
    let owner = market
        .admin("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'others'")
        .unwrap();
    assert_eq!(owner, json!([["market_app"]]));
}

/// On a managed server nobody is a superuser.
#[test]
fn an_administrator_who_is_no_superuser_is_enough() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    market
        .admin(&format!(
            "CREATE ROLE managed CREATEROLE CREATEDB LOGIN PASSWORD 'managed';
             CREATE ROLE market_app LOGIN PASSWORD '{RUNS}';
             GRANT CREATE ON SCHEMA public TO market_app;
             ALTER DATABASE market OWNER TO managed;"
        ))
        .unwrap();
    market
        .run(APP.0, APP.1, "CREATE TABLE before (id int)")
        .unwrap();
    for _ in 0..2 {
        market.run("managed", "managed", &market.grants()).unwrap();
    }
    market
        .admin(&format!(
            "ALTER ROLE market_migrations PASSWORD '{MIGRATES}'"
        ))
        .unwrap();
    market.migrates_and_runs();
    market.fails(
        APP,
        DENIED,
        &["DROP TABLE before", "CREATE TABLE mine (id int)"],
    );
    market
        .run(MIGRATIONS.0, MIGRATIONS.1, "DROP TABLE before")
        .unwrap();
}

#[test]
fn what_cannot_be_done_changes_nothing() {
    let server = Postgres::start();
    let market = Deployment::on(&server, Django::chosen()[0], "", "");
    market
        .admin("CREATE ROLE nobody CREATEROLE LOGIN PASSWORD 'nobody'")
        .unwrap();
    let before = market.rights();
    let (code, said) = market
        .run_at(&market.place, "nobody", "nobody", &market.grants())
        .unwrap_err();
    assert!(
        ["42501", "P0001"].contains(&code.as_str()),
        "{code}: {said}"
    );
    assert_eq!(market.rights(), before);

    let (code, said) = market.elsewhere("shop", &market.grants()).unwrap_err();
    assert_eq!(code, "P0001");
    assert!(
        said.contains(r#"this session is in the database "shop", and the grants are for "market""#),
        "{said}"
    );
    assert_eq!(market.rights(), before);

    // A login that has what the other has is no lesser one.
    market.apply();
    market
        .admin("GRANT market_migrations TO market_app")
        .unwrap();
    let (_, said) = market
        .run_at(&market.place, ADMIN.name, ADMIN.password, &market.grants())
        .unwrap_err();
    assert!(
        said.contains(r#""market_app" may still make or change tables"#),
        "{said}"
    );
}
