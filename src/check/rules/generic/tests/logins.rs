//! Logins of migrations beside those of the application, whatever profiles there are; hosts of production.

use super::{database, holds};

#[test]
fn migrations_beside_a_profile_for_production() {
    let base = database("");
    let with = |rest: &str| format!("{base}{rest}");
    holds(
        "GN007",
        &[
            &with("[profiles.prod.env]\nX = \"1\"\n[profiles.migrate.env]\nY = \"1\"\n"),
            &with(
                "[profiles.prod.env]\nX = \"1\"\n[profiles.prod-migrate]\nextends = [\"prod\"]\n",
            ),
            &with("[profiles.staging.env]\nX = \"1\"\n[profiles.migrate.env]\nY = \"1\"\n"),
        ],
        &[
            &with(
                "[profiles.prod.env]\nX = \"1\"\n[profiles.migrate.databases.default]\nUSER = \"m\"\nPASSWORD = \"${env://M}\"\n",
            ),
            &with(
                "[profiles.prod.databases.default]\nUSER = \"app\"\n[profiles.prod-migrate]\nextends = [\"prod\"]\n[profiles.prod-migrate.databases.default]\nUSER = \"shop_app\"\n",
            ),
            &with(
                "[profiles.prod.databases.default]\nHOST = \"p.shop.example\"\n[profiles.migrate.databases.default]\nHOST = \"m.shop.example\"\n",
            ),
            // On a laptop one login is enough; these are no names of migrations.
            &with("[profiles.dev-migrate.databases.default]\nHOST = \"d.shop.example\"\n"),
            &with("[profiles.release.env]\nX = \"1\"\n[profiles.admin.env]\nX = \"1\"\n"),
        ],
    );
    holds(
        "GN008",
        &[
            &with(
                "[profiles.prod.env]\nX = \"1\"\n[profiles.migrate.databases.default]\nUSER = \"m\"\n",
            ),
            &with(
                "[profiles.prod.env]\nX = \"1\"\n[profiles.prod-migrate]\nextends = \"prod\"\n[profiles.prod-migrate.databases.default]\nUSER = \"m\"\n",
            ),
        ],
        &[&with(
            "[profiles.prod.env]\nX = \"1\"\n[profiles.migrate.databases.default]\nUSER = \"m\"\nPASSWORD = \"${env://M}\"\n",
        )],
    );
}

/// Nobody migrates a replica: its login is the same with every profile.
#[test]
fn a_replica_is_not_migrated() {
    let migrate = "[profiles.migrate.databases.default]\nUSER = \"m\"\nPASSWORD = \"${env://M}\"\n";
    let replica = |test: &str| {
        let replica = database(test).replace("[databases.default]", "[databases.replica]");
        format!("{}{replica}{migrate}", database(""))
    };
    holds(
        "GN007",
        &[&replica(""), &replica("TEST = { MIRROR = \"\" }\n")],
        &[&replica("TEST = { MIRROR = \"default\" }\n")],
    );
}

#[test]
fn logins_in_urls() {
    let url = |alias: &str, login: &str| {
        format!(
            "[databases.{alias}]\nurl = \"postgres://{login}@db.shop.example/{alias}?sslmode=verify-full&sslrootcert=system\"\n"
        )
    };
    let migrate = "[profiles.migrate.env]\nA = \"1\"\n";
    let one = "${env://U | urlencode}:${env://P | urlencode}";
    holds(
        "GN007",
        &[
            &(url("default", one) + migrate),
            &(url("default", "shop:${env://P}") + migrate),
        ],
        &[
            &url("default", one),
            &(url("default", one)
                + "[profiles.migrate.databases.default]\nUSER = \"${env://M}\"\nPASSWORD = \"${env://MP}\"\n"),
        ],
    );
    holds(
        "GN008",
        &[&(url("default", "a:${env://P | urlencode}") + &url("b", "b:${env://P | urlencode}"))],
        &[
            &(url("default", "a:${env://P}") + &url("b", "b:${env://Q}")),
            &(url("default", "a:${env://P}") + &url("b", "a:${env://P}")),
        ],
    );
}

#[test]
fn staging_is_not_production() {
    let base = database("").replace("db.shop.example", "stg.shop.example");
    let dev = "[profiles.dev.env]\nX = \"1\"\n";
    let prod = "[profiles.prod.databases.default]\nHOST = \"db.shop.example\"\n";
    holds(
        "GN009",
        &[
            &format!("{base}{dev}"),
            &format!("{base}{prod}[profiles.dev.databases.default]\nHOST = \"db.shop.example\"\n"),
            &format!(
                "{base}{prod}[profiles.prod-test.databases.default]\nHOST = \"db.shop.example\"\n"
            ),
        ],
        &[
            &format!("{base}[profiles.staging.env]\nX = \"1\"\n{prod}{dev}"),
            &format!(
                "{base}{prod}[profiles.qa.databases.default]\nHOST = \"qa.shop.example\"\n[profiles.dev.databases.default]\nHOST = \"qa.shop.example\"\n"
            ),
        ],
    );
}
