//! Logins of migrations beside those of the application, whatever profiles there are; hosts of production.

use super::{database, holds, holds_each};

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

/// Keys that bring no login hide nothing.
#[test]
fn what_takes_the_place_of_a_password() {
    let with = |engine: &str, options: &str| {
        format!(
            "[databases.default]\nENGINE = \"{engine}\"\nNAME = \"shop\"\nHOST = \"db.shop.example\"\nPORT = 1234\nUSER = \"shop_app\"\nOPTIONS = {{ {options} }}\n"
        )
    };
    let postgresql = |options: &str| with("postgresql", options);
    holds_each(
        "GN002",
        &[
            postgresql("gssencmode = \"disable\""),
            postgresql("gssencmode = \"prefer\""),
            postgresql("sslkey = \"/k\""),
            postgresql("sslcert = \"/c\""),
            postgresql("require_auth = \"scram-sha-256\""),
            postgresql("require_auth = \"!gss\""),
            with("mysql", "auth_plugin = \"caching_sha2_password\""),
            with("oracle", "config_dir = \"/etc/oracle\""),
            with("oracle", "externalauth = false"),
            (with("oracle", "") + "[env]\nTNS_ADMIN = \"/etc/oracle\"\n"),
        ],
        &[
            postgresql("gssencmode = \"require\""),
            postgresql("gssencmode = \"${env://MODE}\""),
            postgresql("sslcert = \"/c\", sslkey = \"/k\""),
            (postgresql("sslcert = \"/c\"") + "[env]\nPGSSLKEY = \"/k\"\n"),
            postgresql("require_auth = \"gss\""),
            with("mysql", "auth_plugin = \"mysql_clear_password\""),
            with("mysql", "auth_plugin = \"authentication_kerberos_client\""),
            with("oracle", "wallet_location = \"/w\""),
            with("oracle", "externalauth = true"),
        ],
    );
}

/// A profile for migrations is about the databases that it names, and about what is on their server.
#[test]
fn databases_that_nobody_migrates() {
    let migrate = "[profiles.migrate.databases.default]\nUSER = \"m\"\nPASSWORD = \"${env://M}\"\n";
    let beside = |host: &str, body: &str, more: &str| {
        let other = database(&format!("HOST = \"{host}\"\n{body}"))
            .replace("[databases.default]", "[databases.dwh]");
        format!("{}{other}{migrate}{more}", database(""))
    };
    let named = "[profiles.migrate.databases.dwh]\nCONN_MAX_AGE = 0\n";
    holds_each(
        "GN007",
        &[
            beside("db.shop.example", "", ""),
            beside("dwh.shop.example", "", named),
            // In production's own profile it says nothing of migrations.
            database("TEST = { MIGRATE = false }") + "[profiles.migrate.env]\nA = \"1\"\n",
        ],
        &[
            beside("dwh.shop.example", "", ""),
            beside("db.shop.example", "TEST = { MIGRATE = false }", ""),
            beside("dwh.shop.example", "TEST = { MIGRATE = false }", named),
        ],
    );
}

#[test]
fn a_role_of_its_own_for_migrations() {
    let migrate = |role: &str| {
        format!(
            "{}[profiles.migrate.databases.default.OPTIONS]\nassume_role = \"{role}\"\n",
            database("")
        )
    };
    let always = database(
        "OPTIONS = { sslmode = \"verify-full\", sslrootcert = \"system\", assume_role = \"shop_owner\" }",
    );
    let alias = |role: &str| {
        let other = database("").replace("[databases.default]", "[databases.migrations]");
        let other = other.replace("OPTIONS = { ", &format!("OPTIONS = {{ {role}"));
        format!("{}{other}", database(""))
    };
    holds_each(
        "GN007",
        &[
            migrate(""),
            always.clone() + "[profiles.migrate.env]\nA = \"1\"\n",
            alias(""),
        ],
        &[
            migrate("shop_owner"),
            migrate("${env://OWNER}"),
            alias("assume_role = \"shop_owner\", "),
        ],
    );
}
