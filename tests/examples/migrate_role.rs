//! `examples/migrate-role/run` from nothing through a release and back; what its README has the reader type; and what
//! PostgreSQL refuses each of the two logins.

use crate::stand_ins::{Example, says, shows_its_manifest};

const HERE: &str = "examples/migrate-role";

/// As the site's login and as the one for migrations: rows, tables, the record of migrations; then whose key opens which store.
const WHO_MAY_WHAT: &str = r#"
ask() { # PROFILE: a statement a line
    nuages ${1:+--profile "$1"} exec -- python manage.py shell --verbosity 0 --command '
import sys
from django.db import connection
from django.db.utils import Error
user = connection.settings_dict["USER"]
for statement in sys.stdin:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            print(user, "may", cursor.statusmessage)
    except Error as error:
        print(user, "may not:", str(error).splitlines()[0])'
}
nuages --profile migrate exec -- python manage.py migrate --verbosity 0
ask '' <<'END'
INSERT INTO shop_track (title, record_id) SELECT 'Side B', min(id) FROM shop_record
ALTER TABLE shop_record ADD COLUMN mine int
DROP TABLE shop_record
TRUNCATE shop_track
CREATE TABLE mine (id int)
CREATE TEMPORARY TABLE mine (id int)
SET ROLE shop_migrations
SELECT count(*) FROM django_migrations
DELETE FROM django_migrations
END
ask migrate <<'END'
ALTER TABLE shop_record ALTER COLUMN year SET DEFAULT 1935
CREATE DATABASE mine
CREATE ROLE mine
END

mv "$DEPLOYMENT/.nuages/migrations.key" "$DEPLOYMENT/kept"
nuages exec -- true && echo "the site needs no key of the migrations"
nuages --profile migrate exec -- true || echo "exit $?"
nuages get migrations://db-password || echo "exit $?"
mv "$DEPLOYMENT/kept" "$DEPLOYMENT/.nuages/migrations.key"

# The first step of a release that fails is the last.
NUAGES_AGE_KEY_FILE=/dev/null ./release || echo "release: exit $?"
./set-password shop_migrations migrations
echo "ALTER ROLE shop_migrations PASSWORD 'of-the-server-alone'" | psql -qX "$ADMIN_DATABASE"
./release || echo "release: exit $?"
"#;

#[test]
fn the_site_cannot_change_what_migrations_own() {
    let example = Example::with_postgres(HERE);
    example.runs_as_the_readme_says();
    let outcome = example.types_the_readme_and(WHO_MAY_WHAT);
    let (typed, then) = outcome.stdout().split_once("--- and then\n").unwrap();
    for wanted in [
        "db-password",
        "shop.0002_track",
        r#"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "shop_app""#,
    ] {
        assert!(typed.contains(wanted), "`{wanted}` is not in {typed}");
    }
    let lines: Vec<_> = then.lines().map(str::trim_end).collect();
    assert_eq!(
        lines,
        [
            "shop_app may INSERT 0 1",
            "shop_app may not: must be owner of table shop_record",
            "shop_app may not: must be owner of table shop_record",
            "shop_app may not: permission denied for table shop_track",
            "shop_app may not: permission denied for schema public",
            r#"shop_app may not: permission denied to create temporary tables in database "shop""#,
            r#"shop_app may not: permission denied to set role "shop_migrations""#,
            "shop_app may SELECT 1",
            "shop_app may not: permission denied for table django_migrations",
            "shop_migrations may ALTER TABLE",
            "shop_migrations may not: permission denied to create database",
            "shop_migrations may not: permission denied to create role",
            "the site needs no key of the migrations",
            "exit 4",
            "exit 3",
            "release: exit 4",
            "release: exit 1",
        ]
    );
    says(
        &outcome,
        &[],
        &[
            "must be owner of table shop_record",
            "Listening at",
            r#"password authentication failed for user "shop_migrations""#,
        ],
    );
    assert_eq!(
        outcome.stderr().matches("Listening at").count(),
        1,
        "the release that was typed serves, and none that failed"
    );
}

#[test]
fn the_readme_shows_the_manifest() {
    shows_its_manifest(HERE);
}
