//! `examples/azure-postgres-entra/run` from nothing to a page; what its README has the reader type; whom the database lets
//! in, and what a run does where the vault is down or it is cut short.

use crate::azure_example::{Example, NO_SECRET_IS_WRITTEN, check_the_readme};
use crate::support::postgres_programs;

const HERE: &str = "examples/azure-postgres-entra";

/// The line of the page: rows through the ORM, as whom, over what.
const PAGE: &str = "shop: 3 records, read by shop-web over TLSv1.3";

fn fresh() -> Example {
    let programs = postgres_programs::find();
    let libraries = postgres_programs::libraries(&programs.join("initdb"));
    Example::fresh(HERE, &[], Some(&programs), libraries)
}

#[test]
fn the_shop_is_served_without_a_password() {
    let example = fresh();
    let before = example.files();
    example.runs_as_the_readme_says(PAGE);

    let outcome = example.commands_of_the_readme();
    for wanted in [
        "databases.default.USER",
        "databases.default.PASSWORD",
        "managed identity",
        "[X] 0001_initial",
    ] {
        let said = outcome.stdout();
        assert!(said.contains(wanted), "`{wanted}` is not in {said}");
    }
    what_holds_in_the_deployment(&example);
    let servers = ["fakecloud", "token_logins.py", "postgres"];
    example.a_run_cut_short_leaves_nothing(&servers);
    assert!(before == example.files(), "its own files are as they were");
}

/// Each start has a token of its own; another's, one for another service, and no token at all are refused.
const LOGINS: &str = r#"
look() { # REFERENCE SSLMODE
    PGPASSWORD=$(nuages get "$1") psql -qAtX "host=localhost port=$DB_PORT user=shop-web dbname=shop \
        sslmode=$2 sslrootcert=$DB_ROOT_CERT" -c 'SELECT current_user' || echo "exit $?"
}
: >"$DEPLOYMENT/token_logins.log"
look entra://postgresql verify-full
look entra://postgresql verify-full
look 'entra://postgresql?client_id=7c1c5cb4-9f0b-4c52-8a4e-5d3d7f3f0a11' verify-full
look entra://https://vault.azure.net verify-full
look vault://django-secret-key verify-full
look entra://postgresql disable
cut -d' ' -f2- "$DEPLOYMENT/token_logins.log"
nuages exec -- python manage.py shell -v 0 -c '
from django.db import connection
connection.cursor().execute("CREATE TABLE mine (id int)")' || echo "may not: $?"
"#;

/// Silent until the deadline, then gone.
const WITHOUT_VAULT: &str = r#"
cloud=$(cat "$DEPLOYMENT/fakecloud.pid")
try() { nuages --deadline "$1" exec -- touch "$DEPLOYMENT/started" || echo "exit $?"; }
kill -STOP "$cloud"
try 2
kill -KILL "$cloud"
try 20
[[ ! -e $DEPLOYMENT/started ]]
"#;

fn what_holds_in_the_deployment(example: &Example) {
    let written = "no_secret_is_written PASSWORD SECRET_KEY\n";
    let script = [LOGINS, NO_SECRET_IS_WRITTEN, written, WITHOUT_VAULT].concat();
    let outcome = example.types(&script, 0);
    let said: Vec<_> = outcome.stdout().lines().collect();
    assert_eq!(
        said,
        [
            "shop-web",
            "shop-web",
            "exit 2",
            "exit 2",
            "exit 2",
            "exit 2",
            "logged in",
            "logged in",
            "the token is that of shop-migrations",
            "the token is for https://vault.azure.net",
            "the password is no token",
            "may not: 1",
            "token is not written",
            "SECRET_KEY is not written",
            "exit 5",
            "exit 4",
        ]
    );
    for wanted in [
        r#"LDAP authentication failed for user "shop-web""#,
        "no encryption",
        "permission denied for schema public",
        "no answer within 2 s",
    ] {
        let said = outcome.stderr();
        assert!(said.contains(wanted), "`{wanted}` not in {said}");
    }
}

#[test]
fn the_readme_is_true() {
    check_the_readme(HERE, &["django-secret-key"]);
}
