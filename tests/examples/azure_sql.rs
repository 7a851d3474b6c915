//! `examples/azure-sql-entra/run` from nothing to a page, with Microsoft's own driver; what its README has the reader type;
//! whom the database lets in, and what a run does where it is cut short.

use std::fs;

use crate::azure_example::{Example, NO_SECRET_IS_WRITTEN, check_the_readme};
use crate::support::{checkout, odbc};

const HERE: &str = "examples/azure-sql-entra";

/// The line of the page: as whom, and whether the key is there.
const PAGE: &str = "shop: in shop as shop-web, payments are ready";

fn fresh() -> Example {
    // Unpacks what the driver needs, where this machine lacks it.
    drop(odbc::Odbc::find());
    let server = ["tests/support/tds_server.py", "tests/support/tds_wire.py"];
    Example::fresh(HERE, &server, None, odbc::libraries())
}

#[test]
fn the_shop_is_served_without_a_password() {
    let example = fresh();
    let before = example.files();
    example.runs_as_the_readme_says(PAGE);

    let outcome = example.commands_of_the_readme();
    for wanted in [
        "databases.default.TOKEN",
        "managed identity",
        "\nshop-web in shop\nshop-migrations in shop\n",
    ] {
        let said = outcome.stdout();
        assert!(said.contains(wanted), "`{wanted}` is not in {said}");
    }
    what_holds_in_the_deployment(&example);
    example.a_run_cut_short_leaves_nothing(&["fakecloud", "tds_server.py"]);
    assert!(before == example.files(), "its own files are as they were");
}

/// The app's own identity has a token as good as the others', and no user in the database. Nor does a client get far that does
/// not trust the server's certificate.
const LOGINS: &str = r#"
env -u AZURE_CLIENT_ID nuages exec -- python manage.py whoami || echo "exit $?"
SSL_CERT_FILE=$(sed -n 's/^SSL_CERT_FILE=//p' "$DEPLOYMENT/fakecloud.out") \
    nuages exec -- python manage.py whoami || echo "exit $?"
"#;

fn what_holds_in_the_deployment(example: &Example) {
    let written = "no_secret_is_written TOKEN SECRET_KEY PAYMENTS_KEY\n";
    let outcome = example.types(&[LOGINS, NO_SECRET_IS_WRITTEN, written].concat(), 0);
    let said: Vec<_> = outcome.stdout().lines().collect();
    assert_eq!(
        said,
        [
            "exit 1",
            "exit 1",
            "token is not written",
            "SECRET_KEY is not written",
            "PAYMENTS_KEY is not written",
        ]
    );
    for wanted in [
        "Login failed for user '<token-identified principal>'",
        "certificate verify failed",
    ] {
        let said = outcome.stderr();
        assert!(said.contains(wanted), "`{wanted}` not in {said}");
    }
}

#[test]
fn the_readme_is_true() {
    check_the_readme(HERE, &["django-secret-key", "payments-key"]);
    let read = |name: &str| fs::read_to_string(checkout().join(HERE).join(name)).unwrap();
    for line in [
        "DATABASE_CONNECTION_POOLING = False",
        "DATABASES = json.loads(os.environ[\"DATABASES\"])",
    ] {
        assert!(read("shop/settings.py").contains(line), "{line}");
        assert!(read("README.md").contains(line), "{line}");
    }
}
