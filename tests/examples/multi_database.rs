//! `examples/multi-database/run` from nothing to a number that went from one database to another; what its README has the
//! reader type; who may write where; and what a process that was started with one database knows of the others.

use crate::stand_ins::{Example, says, shows_its_manifest};

const HERE: &str = "examples/multi-database";

/// The replica's login on the replica, and on the primary, where nothing but its grants holds it back; then who knows what.
const WHO_MAY_WHAT: &str = r#"
write() { # ALIAS
    nuages exec -- python manage.py shell --verbosity 0 --command "
from django.db.utils import Error
from shop.models import Record
try:
    Record.objects.using('$1').create(title='Belleville')
    print('$1: written')
except Error as error:
    print('$1:', str(error).splitlines()[0])"
}
write replica
DB_REPLICA_PORT=$DB_PORT write replica
write default
wait_for() { until nuages exec -- python manage.py summarise | grep -q "$1"; do sleep 0.1; done; echo "$1"; }
wait_for ': 4 records'

given() { python3 -c '
import json, os
for alias, database in sorted(json.loads(os.environ["DATABASES"]).items()):
    print(alias, database["ENGINE"], database["NAME"], database["USER"], database["TEST"] if "TEST" in database else "")'; }
export -f given
nuages exec -- bash -c given
nuages --only databases.reports exec -- bash -c 'given; echo "${SECRET_KEY-no SECRET_KEY}"'
nuages --profile migrate exec -- bash -c given

# What is not asked for need not be there; and where one is missing, nothing starts.
rm "$DEPLOYMENT/run-secrets/reports-db"
nuages --only databases.default,databases.replica exec -- bash -c given
nuages exec -- touch "$DEPLOYMENT/started" || echo "exit $?"
[[ ! -e $DEPLOYMENT/started ]]
"#;

#[test]
fn each_database_has_a_login_of_its_own() {
    let example = Example::with_postgres(HERE);
    example.runs_as_the_readme_says();
    let outcome = example.types_the_readme_and(WHO_MAY_WHAT);
    let (typed, then) = outcome.stdout().split_once("--- and then\n").unwrap();
    for wanted in [
        "reports-db  → databases.reports.from",
        "[X] 0001_initial",
        "summary 1: 3 records",
    ] {
        assert!(typed.contains(wanted), "`{wanted}` is not in {typed}");
    }
    let postgresql = "django.db.backends.postgresql";
    let [default, replica, reports] = [
        format!("default {postgresql} shop shop_app"),
        format!("replica {postgresql} shop shop_reader {{'MIRROR': 'default'}}"),
        format!("reports {postgresql} reports reports_app"),
    ];
    let [default_migrations, reports_migrations] = [
        default.replace("_app", "_migrations"),
        reports.replace("_app", "_migrations"),
    ];
    let lines: Vec<_> = then.lines().map(str::trim_end).collect();
    assert_eq!(
        lines,
        [
            "replica: cannot execute INSERT in a read-only transaction",
            "replica: permission denied for table shop_record",
            "default: written",
            ": 4 records",
            &default,
            &replica,
            &reports,
            &reports,
            "no SECRET_KEY",
            &default_migrations,
            &replica,
            &reports_migrations,
            &default,
            &replica,
            "exit 4",
        ]
    );
    says(&outcome, &[], &["reports-db"]);
}

#[test]
fn the_readme_shows_the_manifest() {
    shows_its_manifest(HERE);
}
