//! Each rule for every engine: what it is found in, and the nearest that it is not found in. Longer than a file
//! ought to be: one table a rule, in the order of their ids.

mod deployed;
mod logins;
mod spellings;
mod variables;
mod weak;

use crate::{
    check::testing::{fixed, ids, ids_with, look},
    finding::Severity,
    render::Document,
    value::{Table, Text, Value},
};

const LOGIN: &str = "USER = \"shop_app\"\nPASSWORD = \"${env://DB_PASSWORD}\"\n";

/// A database of PostgreSQL with this body; with a login where it has none.
fn database(body: &str) -> String {
    let mut text = String::from("[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\n");
    if !body.contains("HOST") {
        text.push_str("HOST = \"db.shop.example\"\n");
    }
    if !body.contains("PASSWORD") && !body.contains("no login") {
        text.push_str(LOGIN);
    }
    if !body.contains("OPTIONS") {
        text.push_str("OPTIONS = { sslmode = \"verify-full\", sslrootcert = \"system\" }\n");
    }
    text + body + "\n"
}

#[track_caller]
fn holds(rule: &'static str, wrong: &[&str], right: &[&str]) {
    for text in wrong {
        let found = ids(text);
        assert!(
            found.contains(&rule),
            "{rule} is not found: {found:?}\n{text}"
        );
    }
    for text in right {
        let found = ids(text);
        assert!(!found.contains(&rule), "{rule} is found: {found:?}\n{text}");
    }
}

/// The same, of texts that are put together.
#[track_caller]
fn holds_each(rule: &'static str, wrong: &[String], right: &[String]) {
    let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
    let right: Vec<&str> = right.iter().map(String::as_str).collect();
    holds(rule, &wrong, &right);
}

fn env(body: &str) -> String {
    format!("[env]\n{body}\n")
}

#[test]
fn literals() {
    let token = format!("ghp_{}", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5");
    holds(
        "GN001",
        &[
            &database("USER = \"a\"\nPASSWORD = \"x\""),
            &database("USER = \"a\"\nPASSWORD = \"${env://P:-literal}\""),
            &database("OPTIONS = { sslmode = \"verify-full\", sslpassword = \"abc\" }"),
            "[databases.default]\nurl = \"postgres://u:hunter@db.shop.example/shop?sslmode=verify-full\"\n",
            "[databases.default]\nurl = \"postgres://${env://U}:hunter@${env://H}/shop\"\n",
            &env("SECRET_KEY = \"k8s-wq!x9@2lmz0-p4r7tq#vb6n1c3x5z7q9w2e4r6t8y0\""),
            &env("EMAIL_HOST_PASSWORD = \"qN7!bV2x-Lp9\""),
            &env(&format!("RELEASE_NOTES = \"{token}\"")),
            "[databases.default]\nENGINE = \"mssql\"\nNAME = \"s\"\nHOST = \"h.test\"\nOPTIONS = { extra_params = { UID = \"a\", PWD = \"b\" } }\n",
        ],
        &[
            &database(""),
            &database("USER = \"a\"\nPASSWORD = \"\""),
            &database("USER = \"a\"\nPASSWORD = \"${env://P:-${env://Q}}\""),
            "[databases.default]\nurl = \"postgres://u:${env://P | urlencode}@db.shop.example/shop\"\n",
            "[databases.default]\nurl = \"${env://DATABASE_URL}\"\n",
            "[databases.default]\nurl = \"sqlite:///db.sqlite3\"\n",
            &env(
                "PASSWORD_RESET_TIMEOUT = \"3600\"\nAUTH_USER_MODEL = \"shop.User\"\nAPI_URL = \"https://api.shop.example/v1\"\nAWS_REGION = \"eu-west-1\"",
            ),
            &env(
                "SECRET_KEY = \"${env://SECRET_KEY}\"\nSECRET_NAME = \"shop/prod\"\nCACHE_KEY_PREFIX = \"shop\"",
            ),
            &env("DEBUG = false\nTOKEN_TTL = { value = 60, as = \"int\" }"),
            &env(&format!(
                "RELEASE_NOTES = \"{token}\" # nuages:allow an example of the documentation"
            )),
        ],
    );
}

#[test]
fn a_literal_weighs_less_in_development() {
    let text = format!(
        "{}[profiles.dev.databases.default]\nHOST = \"localhost\"\nPASSWORD = \"laptop\"\n",
        database("")
    );
    let found = look(&text, &[], None);
    let severities: Vec<Severity> = found
        .iter()
        .filter(|one| one.rule.id == "GN001")
        .map(|one| one.severity)
        .collect();
    assert_eq!(severities, [Severity::Warning]);
}

#[test]
fn no_password() {
    let with = |options: &str| {
        database(&format!(
            "USER = \"a\" # no login\nOPTIONS = {{ sslmode = \"verify-full\", {options} }}"
        ))
    };
    holds(
        "GN002",
        &[
            &database("USER = \"a\" # no login"),
            &database("USER = \"a\"\nPASSWORD = \"\""),
            &with("sslrootcert = \"system\""),
        ],
        &[
            &database(""),
            &with("passfile = \"/run/pgpass\""),
            &with("service = \"shop\""),
            &with("sslcert = \"/c\", sslkey = \"/k\""),
            &database("HOST = \"/var/run/postgresql\" # no login"),
            &database("HOST = \"localhost\" # no login"),
            &database("auth = \"entra\" # no login"),
            "[databases.default]\nurl = \"${env://U}\"\n",
            "[databases.default]\nfrom = \"${env://U}\"\n",
            &(database("USER = \"a\" # no login") + "[env]\nPGPASSWORD = \"${env://P}\"\n"),
            "[databases.default]\nENGINE = \"sqlite3\"\nNAME = \"x\"\n",
            "[databases.default]\nENGINE = \"mysql\"\nNAME = \"s\"\nHOST = \"h.test\"\nOPTIONS = { read_default_file = \"/run/my.cnf\" }\n",
        ],
    );
}

#[test]
fn passwords() {
    let with =
        |password: &str| database(&format!("USER = \"shop_app\"\nPASSWORD = \"{password}\""));
    holds(
        "GN003",
        &[
            &with("postgres"),
            &with("Password1!"),
            &with("changeme"),
            &with("<your-password>"),
            &with("$${DB_PASSWORD}"),
            &with("TODO"),
            &with("xxxx"),
            &with("shop_app"),
            &with("shop"),
            &with("shop_app2024"),
            &with("q7B!x"),
            &with("{{ db_password }}"),
            &with("123456"),
            &with("aaaaaaaaaaaaaaaa"),
            &with("YourStrong(!)Password"),
            &with("${env://P:-changeme}"),
            &with("P@ssw0rd"),
            &env("EMAIL_HOST_PASSWORD = \"secret\""),
        ],
        &[
            &with("${env://P}"),
            &with("qN7!bV2x-Lp9-kW4"),
            &with("correct horse battery staple"),
            &with(""),
            &env("EMAIL_HOST_PASSWORD = \"${env://P}\""),
            &env("PASSWORD_RESET_TIMEOUT = \"60\""),
            &database("auth = \"entra\" # no login"),
        ],
    );
}

/// What references of the default database and of `[env]` bring.
fn brought(password: &str, env: &[(&str, &str)]) -> Document {
    let default: Table = [
        ("ENGINE", Value::plain("django.db.backends.postgresql")),
        ("NAME", Value::plain("shop")),
        ("USER", Value::plain("shop_app")),
        ("PASSWORD", Value::Text(Text::secret(password))),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    Document {
        databases: [("default".to_owned(), Value::Table(default))]
            .into_iter()
            .collect(),
        env: env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Value::Text(Text::secret(*value))))
            .collect(),
    }
}

#[test]
fn what_references_bring() {
    let text = database("") + "[env]\nSECRET = \"${env://S}\"\n";
    for (password, secret, expected) in [
        ("qN7!bV2x-Lp9-kW4", "fine", &[][..]),
        ("postgres", "fine", &["GN003"][..]),
        ("short", "fine", &["GN003"]),
        ("qN7!bV2x-Lp9-kW4\n", "fine", &["GN005"]),
        ("qN7!bV2x-Lp9-kW4", "a\0b", &["GN006"]),
        ("qN7!bV2x-Lp9-kW4", &"a".repeat(131_071), &["GN016"]),
        (
            "qN7!bV2x-Lp9-kW4",
            "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n",
            &[],
        ),
    ] {
        let document = brought(password, &[("SECRET", secret)]);
        let found = look(&text, &[], Some(&document));
        let mut ids: Vec<&str> = found
            .iter()
            .map(|one| one.rule.id)
            .filter(|id| id.starts_with("GN"))
            .collect();
        ids.retain(|id| *id != "GN018");
        assert_eq!(ids, expected, "{password:?}");
        for one in &found {
            let said = format!("{:?}{:?}{}", one.notes, one.remedy, one.key);
            assert!(
                !said.contains(password.trim()) || password == "postgres" || password == "short",
                "{said}"
            );
        }
    }
}

#[test]
fn proxies() {
    let style = "[databases.default]\nurl = \"sqlite:///x\"\nurl_style = \"django-environ\"\n";
    holds(
        "GN004",
        &[&(style.to_owned() + "[env]\nA = \"$b\"\n")],
        &[
            &(style.to_owned() + "[env]\nA = \"b$\"\n"),
            &(style.to_owned() + "[env]\nA = \"$\"\n"),
            &env("A = \"$b\""),
        ],
    );
}

#[test]
fn blanks() {
    let with = |password: &str| database(&format!("USER = \"a\"\nPASSWORD = \"{password}\""));
    holds(
        "GN005",
        &[
            &with("abc\\n"),
            &with(" abc"),
            &with("abc\\r"),
            &env("API_TOKEN = \"abc \""),
        ],
        &[
            &with("a b c"),
            &with("abc"),
            &env("MOTTO = \" abc \""),
            &with("${env://P | trim}"),
        ],
    );
    holds(
        "GN006",
        &[&with("a\\u0000b"), &env("A = \"\\u0000\"")],
        &[&with("ab"), &env("A = \"\\\\u0000\"")],
    );
}

#[test]
fn migrations() {
    let base = database("");
    let profile =
        |name: &str, body: &str| format!("{base}[profiles.{name}.databases.default]\n{body}\n");
    holds(
        "GN007",
        &[
            &profile("migrate", "CONN_MAX_AGE = 0"),
            &profile("prod-migrations", "PASSWORD = \"${env://M}\""),
            &(base.clone() + &database("").replace("databases.default", "databases.migrations")),
        ],
        &[
            &base,
            &profile(
                "migrate",
                "USER = \"shop_migrations\"\nPASSWORD = \"${env://M}\"",
            ),
            &profile("staging", "CONN_MAX_AGE = 0"),
            &profile("migrate", "auth = \"entra\""),
            &(base.clone()
                + &database("USER = \"other\"\nPASSWORD = \"${env://M}\"")
                    .replace("databases.default", "databases.migrations")),
        ],
    );
    holds(
        "GN008",
        &[&profile("migrate", "USER = \"shop_migrations\"")],
        &[&profile(
            "migrate",
            "USER = \"m\"\nPASSWORD = \"${env://M}\"",
        )],
    );
}

#[test]
fn shared_passwords() {
    let two = |user: &str, password: &str| {
        database("")
            + &database(&format!("USER = \"{user}\"\nPASSWORD = \"{password}\""))
                .replace("databases.default", "databases.reports")
    };
    holds(
        "GN008",
        &[&two("reports", "${env://DB_PASSWORD}")],
        &[
            &two("reports", "${env://REPORTS}"),
            &two("shop_app", "${env://DB_PASSWORD}"),
            &two("reports", ""),
        ],
    );
}

#[test]
fn hosts_of_production() {
    let base = database("");
    let profile =
        |name: &str, body: &str| format!("{base}[profiles.{name}.databases.default]\n{body}\n");
    holds(
        "GN009",
        &[
            &profile("dev", "CONN_MAX_AGE = 0"),
            &profile("test", "USER = \"t\""),
        ],
        &[
            &profile("dev", "HOST = \"localhost\""),
            &profile("dev", "HOST = \"dev.shop.example\""),
            &profile("staging", "CONN_MAX_AGE = 0"),
            &profile("dev", "ENGINE = \"sqlite3\"\nNAME = \"x\""),
            &profile("dev", "NAME = \"shop_dev\""),
            &profile("dev", "HOST = \"${env://H}\""),
        ],
    );
    let reference = base.replace(
        "\"db.shop.example\"",
        "\"${env://DB_HOST:-db.shop.example}\"",
    ) + "[profiles.dev.databases.default]\nCONN_MAX_AGE = 0\n";
    holds("GN009", &[], &[&reference]);
}

#[test]
fn kept_connections() {
    let pool = "OPTIONS = { sslmode = \"verify-full\", sslrootcert = \"system\", pool = true }";
    holds(
        "GN010",
        &[
            &database("CONN_MAX_AGE = 60"),
            &database("CONN_MAX_AGE = \"none\""),
            &database("CONN_MAX_AGE = 60\nCONN_HEALTH_CHECKS = false"),
            &database(pool),
        ],
        &[
            &database(""),
            &database("CONN_MAX_AGE = 0"),
            &database("CONN_MAX_AGE = 60\nCONN_HEALTH_CHECKS = true"),
            &database("CONN_MAX_AGE = 60\nCONN_HEALTH_CHECKS = \"${env://C}\""),
            &database("CONN_MAX_AGE = \"${env://A}\""),
        ],
    );
    let told = look(&database(pool), &[], None);
    let told = told.iter().find(|one| one.rule.id == "GN010").unwrap();
    assert_eq!(told.key, "databases.default.OPTIONS.pool");
    let mended = fixed(&database("CONN_MAX_AGE = 60 # a minute"), "GN010").unwrap();
    assert!(
        mended.contains("CONN_MAX_AGE = 60 # a minute\n")
            && mended.contains("\nCONN_HEALTH_CHECKS = true\n"),
        "{mended}"
    );
}

#[test]
fn aliases() {
    let sqlite = |alias: &str, body: &str| {
        format!("[databases.{alias}]\nENGINE = \"sqlite3\"\nNAME = \"{alias}\"\n{body}\n")
    };
    let default = sqlite("default", "");
    let two = |body: &str| default.clone() + &sqlite("b", body);
    holds(
        "GN012",
        &[
            &sqlite("a", ""),
            &two("TEST = { MIRROR = \"c\" }"),
            &sqlite("default", "TEST = { MIRROR = \"default\" }"),
            &(two("TEST = { MIRROR = \"c\" }") + &sqlite("c", "TEST = { MIRROR = \"b\" }")),
            &two("TEST = { DEPENDENCIES = [\"c\"] }"),
            &two("TEST = { DEPENDENCIES = [\"b\"] }"),
            &(two("TEST = { DEPENDENCIES = [\"c\"] }")
                + &sqlite("c", "TEST = { DEPENDENCIES = [\"b\"] }")),
        ],
        &[
            &default,
            "",
            &env("A = \"b\""),
            &two("TEST = { MIRROR = \"default\" }"),
            &two("TEST = { DEPENDENCIES = [\"default\"] }"),
            &two("TEST = { DEPENDENCIES = [] }"),
            &(sqlite("a", "")
                + "[profiles.prod.databases.default]\nENGINE = \"sqlite3\"\nNAME = \"x\"\n"),
        ],
    );
}

#[test]
fn mistakes_of_shape() {
    holds(
        "GN013",
        &[
            &database("PASSWROD = \"${env://P}\""),
            &database("host = \"x\""),
            &database("OPTIONS = { sslmode = \"verify-full\", USER = \"x\" }"),
            &database("TEST = { NAEM = \"x\" }"),
            &database("TOKEN = \"${env://T}\""),
        ],
        &[
            &database(""),
            &database("TEST = { NAME = \"x\" }"),
            "[databases.default]\nENGINE = \"shop.backend\"\nNAME = \"x\"\nREGION = \"eu\"\n",
        ],
    );
    holds(
        "GN014",
        &[
            &database("CONN_MAX_AGE = \"an hour\""),
            &database("CONN_MAX_AGE = -1"),
            &database("CONN_HEALTH_CHECKS = \"maybe\""),
            &database("PORT = \"5432x\""),
            &database("ATOMIC_REQUESTS = 2"),
            &database("OPTIONS = \"sslmode=require\""),
            &database("TEST = { DEPENDENCIES = \"default\" }"),
        ],
        &[
            &database("TEST = { DEPENDENCIES = [] }"),
            &database("CONN_MAX_AGE = 600\nCONN_HEALTH_CHECKS = true"),
            &database("CONN_MAX_AGE = \"600\"\nCONN_HEALTH_CHECKS = \"true\""),
            &database("PORT = \"5432\""),
            &database("PORT = 5432"),
        ],
    );
}

#[test]
fn replicas() {
    let other = |alias: &str, body: &str| {
        database("") + &database(body).replace("databases.default", &format!("databases.{alias}"))
    };
    holds(
        "GN015",
        &[
            &other("replica", "HOST = \"r.shop.example\""),
            &other("replica3", "HOST = \"${env://R}\""),
            &other("default_replica1", "HOST = \"r.shop.example\""),
            &other(
                "readreplica",
                "USER = \"ro\"\nPASSWORD = \"${env://R}\"\nHOST = \"r.shop.example\"",
            ),
        ],
        &[
            // Shards, another database, what is read and no replica.
            &other("us", "HOST = \"us.shop.example\""),
            &other("read_models", "HOST = \"rm.shop.example\""),
            &other("shop_ro", "HOST = \"ro.shop.example\""),
            &other("secondary", "HOST = \"old.shop.example\""),
            &other("replication_log", "HOST = \"old.shop.example\""),
            &other("replica", "HOST = \"r.shop.example\"")
                .replace(
                    "NAME = \"shop\"\nHOST = \"r.",
                    "NAME = \"legacy\"\nHOST = \"r.",
                )
                .replacen(
                    "[databases.replica]\nENGINE = \"postgresql\"\nNAME = \"shop\"",
                    "[databases.replica]\nENGINE = \"postgresql\"\nNAME = \"legacy\"",
                    1,
                ),
            &other(
                "replica",
                "HOST = \"r.shop.example\"\nTEST = { MIRROR = \"default\" }",
            ),
            &database(""),
            &other(
                "reports",
                "USER = \"r\"\nPASSWORD = \"${env://R}\"\nHOST = \"r.shop.example\"",
            ),
        ],
    );
}

#[test]
fn addresses() {
    holds(
        "GN019",
        &[
            &env("A = \"redis://:${env://P}@h:1/0\""),
            &env("A = \"amqp://${env://U}:${env://P | trim}@h//\""),
            &env("A = \"https://h/?token=${env://T}\""),
            &env("A = { value = \"redis://:${env://P}@h:1/0\" }"),
            "[databases.default]\nurl = \"postgres://u:${env://P}@h.test/n\"\n",
        ],
        &[
            &env("A = \"redis://:${env://P | urlencode}@h:1/0\""),
            &env("A = \"${env://WHOLE}\""),
            &env("A = \"https://${env://HOST}/x\""),
            &env("A = \"https://h/${env://P}\""),
            &env("A = \"Bearer ${env://T}\""),
            &env("A = \"${env://SCHEME}://h\""),
            "[databases.default]\nurl = \"postgres://u:${env://P | urlencode}@h.test/n\"\n",
        ],
    );
    let mended = fixed(
        "[env]\nA = { value = \"redis://u:${env://P | trim}@h:1/0\", optional = true } # x\n",
        "GN019",
    )
    .unwrap();
    assert_eq!(
        mended,
        "[env]\nA = { value = \"redis://u:${env://P | trim | urlencode}@h:1/0\", optional = true } # x\n"
    );
    holds(
        "GN018",
        &[
            &env("SENTRY_DSN = \"${env://D}\""),
            &env("CELERY_BROKER_URL = \"amqp://u:${env://P | urlencode}@h//\""),
            &env("DB_PW = \"${env://P}\""),
        ],
        &[
            &env("SECRET_KEY = \"${env://D}\""),
            &env("SITE_URL = \"https://shop.example\""),
            &env("MOTTO = \"${env://M}\""),
            &env("API_URL = \"${env://M}\""),
        ],
    );
}

#[test]
fn keys_to_the_store() {
    let with =
        |used: &str, name: &str| env(&format!("A = \"${{{used}}}\"\n{name} = \"${{env://X}}\""));
    let named = |kind: &str, name: &str| {
        format!("[providers.s]\nkind = \"{kind}\"\n[env]\n{name} = \"${{env://X}}\"\n")
    };
    let entra = "[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nHOST = \"shop.postgres.database.azure.com\"\nUSER = \"app\"\nauth = \"entra\"\n[env]\nAZURE_CLIENT_SECRET = \"${env://X}\"\n";
    holds(
        "GN021",
        &[
            &with("aws-secrets://shop", "AWS_SESSION_TOKEN"),
            &with("aws-ssm://shop", "AWS_SECRET_ACCESS_KEY"),
            &with("env://B:-${op://v/i/f}", "OP_SERVICE_ACCOUNT_TOKEN"),
            &named("age", "NUAGES_AGE_KEY"),
            entra,
        ],
        &[
            // The application's own: storage, a client of Vault's.
            &with("env://B", "AWS_SECRET_ACCESS_KEY"),
            &with("env://B", "VAULT_TOKEN"),
            &with("env://B", "AZURE_CLIENT_SECRET"),
            &with("aws-secrets://shop", "AWS_ACCESS_KEY_ID"),
            &with("aws-secrets://shop", "AZURE_CLIENT_SECRET"),
            &env(
                "A = \"${aws-secrets://shop}\"\nAWS_SECRET_ACCESS_KEY = \"\"\nAWS_REGION = \"eu-west-1\"",
            ),
        ],
    );
}

#[test]
fn a_profile_for_production_stands_for_the_base() {
    let base = database("OPTIONS = { sslmode = \"require\" }");
    let text = base.clone()
        + "[profiles.prod.databases.default]\nOPTIONS = { sslmode = \"verify-full\", sslrootcert = \"system\" }\n";
    assert!(!ids(&text).contains(&"PG004"));
    assert!(!ids_with(&text, &["prod"]).contains(&"PG004"));
    assert!(ids(&base).contains(&"PG004"));
}
