//! PG009 to PG011, PG016, PG017, PG021, PG023 and PG025: who logs in, and how.

use super::{BASE, REMOTE};
use crate::{
    check::testing::{fixed, found, holds, ids, resolved, severity},
    finding::Severity,
};

const TLS: &str = "sslmode = \"verify-full\", sslrootcert = \"system\"";

/// A whole manifest without a password.
fn passwordless(rest: &str) -> String {
    format!("![databases.a]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nUSER = \"app\"\n{rest}")
}

#[test]
fn logins_that_are_not_bound() {
    let with = |host: &str, more: &str| format!("HOST = \"{host}\"\nOPTIONS = {{ {TLS}{more} }}");
    let token =
        "[databases.a]\nENGINE = \"postgresql\"\nHOST = \"db.shop.example\"\nUSER = \"app\"\n";
    holds(
        "PG009",
        BASE,
        &[
            &with("db", ""),
            &with("db", ", channel_binding = \"prefer\""),
            &with("db", ", channel_binding = \"disable\""),
            &with("db", ", require_auth = \"scram-sha-256\""),
            &with("db", ", require_auth = \"!password,!md5\""),
            "HOST = \"db\"\nOPTIONS = { sslmode = \"require\" }",
            "HOST = \"db\"\nOPTIONS = { sslrootcert = \"system\" }",
            "![databases.a]\nurl = \"postgres://u:${env://P}@db/shop?sslmode=verify-full&sslrootcert=system\"",
            &passwordless(&with("db", ", passfile = \"/run/secrets/pgpass\"")),
            &format!(
                "{}\nPORT = 6432",
                with("db", ", channel_binding = \"disable\"")
                    .replace("OPTIONS", "DISABLE_SERVER_SIDE_CURSORS = true\nOPTIONS")
            ),
        ],
        &[
            &with("db", ", channel_binding = \"require\""),
            &with("db", ", channel_binding = \"${env://B}\""),
            &format!("{}\n[env]\nPGCHANNELBINDING = \"require\"", with("db", "")),
            &with("db", ", require_auth = \"md5\""),
            &with("db", ", require_auth = \"!scram-sha-256\""),
            &with("db", ", gssencmode = \"require\""),
            &with("localhost", ""),
            &with("/run/postgresql", ""),
            &format!("{}\nPORT = 6432", with("db", "")),
            &with("ep-cool-1-pooler.eu.aws.neon.tech", ""),
            "HOST = \"db\"",
            "HOST = \"db\"\nOPTIONS = { sslmode = \"prefer\" }",
            &with("db", ", service = \"shop\""),
            &passwordless(&with("db", ", sslcert = \"/c\", sslkey = \"/k\"")),
            &format!("!{token}auth = \"entra\""),
            &format!(
                "!{token}PASSWORD = \"${{aws-rds-token://db.shop.example:5432/app}}\"\nOPTIONS = {{ {TLS} }}"
            ),
            &format!(
                "!{token}PASSWORD = \"${{tokens://db.shop.example:5432/app}}\"\nOPTIONS = {{ {TLS} }}\n[providers.tokens]\nkind = \"aws-rds-token\""
            ),
        ],
    );
}

#[test]
fn kerberos_in_place_of_tls() {
    let with = |more: &str| format!("HOST = \"db\"\nOPTIONS = {{ {TLS}{more} }}");
    holds(
        "PG010",
        BASE,
        &[
            &with(", gssencmode = \"prefer\""),
            &with(", krbsrvname = \"postgres\""),
            &with(", gssdelegation = 1"),
            &with(", require_auth = \"scram-sha-256,gss\""),
            &format!("{}\n[env]\nKRB5CCNAME = \"/run/krb5/cc\"", with("")),
            &format!(
                "{}\n[env]\nKRB5_CLIENT_KTNAME = \"${{files://app.keytab}}\"\n[files.\"app.keytab\"]\ncontent = \"${{env://K | base64decode}}\"",
                with("")
            ),
            &format!(
                "{}\n[files.\"app.keytab\"]\ncontent = \"${{env://K | base64decode}}\"",
                with("")
            ),
        ],
        &[
            &with(""),
            &with(", gssencmode = \"disable\", krbsrvname = \"postgres\""),
            &with(", gssencmode = \"require\", krbsrvname = \"postgres\""),
            &with(", gssencmode = \"${env://G}\", krbsrvname = \"postgres\""),
            &with(", require_auth = \"scram-sha-256,!gss\""),
            &format!("{}\n[env]\nKRB5CCNAME = \"\"", with("")),
            &format!(
                "{}\n[env]\nKRB5CCNAME = \"/run/krb5/cc\"\nPGGSSENCMODE = \"disable\"",
                with("")
            ),
            "HOST = \"localhost\"\nOPTIONS = { gssencmode = \"prefer\" }",
            "HOST = \"/run/postgresql\"\nOPTIONS = { krbsrvname = \"postgres\" }",
        ],
    );
}

#[test]
fn passwords_that_are_given_in_any_way() {
    let with = |host: &str, more: &str| format!("HOST = \"{host}\"\nOPTIONS = {{ {TLS}{more} }}");
    holds(
        "PG011",
        BASE,
        &[
            &with("pgbouncer", ""),
            &with("pgbouncer", ", require_auth = \"\""),
            &with("pgbouncer", ", channel_binding = \"prefer\""),
            &format!("{}\nlive = true", with("pgbouncer", "")),
            &with("db", ""),
            "HOST = \"db\"\nOPTIONS = { sslmode = \"require\" }",
            &with("db", ", require_auth = \"password\""),
            &with("db", ", require_auth = \"md5\""),
            &with("db", ", require_auth = \"password,md5\""),
            &with("db", ", require_auth = \"scram-sha-256, md5\""),
            &with("db", ", require_auth = \"!password\""),
            &format!("{}\n[env]\nPGREQUIREAUTH = \"md5\"", with("db", "")),
            "HOST = \"db\"\nOPTIONS = { sslmode = \"${env://M}\" }",
            &passwordless(&format!(
                "{}\n[env]\nPGPASSWORD = \"${{env://P}}\"",
                with("pgbouncer", "")
            )),
        ],
        &[
            "HOST = \"db\"",
            "HOST = \"pgbouncer\"\nOPTIONS = { sslmode = \"prefer\" }",
            &with("db", ", require_auth = \"scram-sha-256\""),
            &with("db", ", require_auth = \"!password,!md5\""),
            &with("db", ", require_auth = \"gss\""),
            &with(
                "db",
                ", require_auth = \"md5\", channel_binding = \"require\"",
            ),
            &with("db", ", require_auth = \"${env://A}\""),
            &with("db", ", channel_binding = \"require\""),
            &with("localhost", ""),
            &with("/run/postgresql", ""),
            &format!(
                "{}\n[env]\nPGREQUIREAUTH = \"scram-sha-256\"",
                with("db", "")
            ),
            &passwordless(&with("db", ", sslcert = \"/c\", sslkey = \"/k\"")),
            "![databases.a]\nENGINE = \"postgresql\"\nHOST = \"db.shop.example\"\nauth = \"entra\"",
            "![databases.a]\nENGINE = \"postgresql\"\nHOST = \"db\"\nUSER = \"u\"\nPASSWORD = \"${entra://postgresql}\"",
            "![databases.a]\nurl = \"${env://U}\"\nENGINE = \"postgresql\"\nHOST = \"db\"\nPASSWORD = \"${env://P}\"",
        ],
    );
}

#[test]
fn pools_with_passwords_that_change() {
    let pool = "OPTIONS = { pool = true }\n";
    let azure = "![databases.a]\nENGINE = \"postgresql\"\nHOST = \"shop.postgres.database.azure.com\"\nauth = \"entra\"\n";
    let rds = "![databases.a]\nENGINE = \"postgresql\"\nHOST = \"shop.rds.amazonaws.com\"\n";
    let refreshed = format!(
        "{rds}PASSWORD = \"${{secrets://db}}\"\n{pool}[providers.secrets]\nkind = \"aws-secrets\"\nrefresh = \"5m\""
    );
    holds(
        "PG016",
        REMOTE,
        &[
            &format!("{azure}{pool}"),
            &format!("{azure}OPTIONS = {{ pool = {{ max_size = 4 }} }}"),
            &format!(
                "{rds}PASSWORD = \"${{aws-rds-token://shop.rds.amazonaws.com:5432/app}}\"\n{pool}"
            ),
            &format!("{rds}from = \"${{aws-secrets://rds!db-1b2c}}\"\n{pool}"),
            &format!("{azure}live = false\n{pool}"),
            &format!("{azure}{pool}[supervise]\non_change = \"none\""),
            &refreshed,
        ],
        &[
            &format!("{azure}live = true\n{pool}"),
            &format!("{azure}{pool}[supervise]\non_change = \"restart\""),
            &refreshed.replace("refresh = \"5m\"", ""),
            &refreshed.replace("pool = true", "pool = false"),
            azure,
            &format!("{azure}OPTIONS = {{ pool = false }}"),
            &format!("{azure}OPTIONS = {{ pool = {{}} }}"),
            &format!("{azure}OPTIONS = {{ pool = \"${{env://POOL}}\" }}"),
            pool,
            &format!("{rds}from = \"${{aws-secrets://shop-db}}\"\n{pool}"),
        ],
    );
}

#[test]
fn passwords_beside_a_password_file() {
    let file = "OPTIONS = { passfile = \"/run/secrets/pgpass\" }\n";
    holds(
        "PG017",
        REMOTE,
        &[
            file,
            &format!("{file}[env]\nPGUSER = \"x\""),
            "OPTIONS = { passfile = \"${files://pgpass}\" }\n[files.pgpass]\nrender = \"pgpass\"",
            "[env]\nPGPASSFILE = \"/run/secrets/pgpass\"",
            "[env]\nPGPASSWORD = \"${env://P}\"",
            &passwordless(&format!("{file}[env]\nPGPASSWORD = \"${{env://P}}\"")),
            &passwordless("OPTIONS = { passfile = \"/p\", password = \"${env://P}\" }"),
            "![databases.a]\nurl = \"postgres://u:${env://P}@db/shop\"\nOPTIONS = { passfile = \"/run/p\" }",
            "![databases.a]\nfrom = \"${env://L}\"\nENGINE = \"postgresql\"\nOPTIONS = { passfile = \"/run/p\" }",
        ],
        &[
            "",
            "live = true",
            "live = true\n[env]\nPGPASSWORD = \"${env://P}\"",
            "[env]\nPGPASSWORD = \"\"",
            "[env]\nPGPASSFILE = \"\"",
            "[databases.b]\nENGINE = \"postgresql\"\n[env]\nPGPASSFILE = \"/run/secrets/pgpass\"",
            &passwordless(file),
            &passwordless(&format!("PASSWORD = \"\"\n{file}")),
            "![databases.a]\nENGINE = \"mysql\"\nPASSWORD = \"${env://P}\"\n[env]\nPGPASSWORD = \"${env://P}\"",
        ],
    );
    assert!(fixed(&format!("{REMOTE}{file}"), "PG017").is_none());
    let found = found(&format!("{REMOTE}{file}"), &[]);
    let one = found.iter().find(|one| one.rule.id == "PG017").unwrap();
    assert_eq!(
        one.notes,
        ["`databases.default.PASSWORD` is used, the file is not"]
    );
    assert_eq!(
        one.fix.as_ref().unwrap().describe(&[]),
        "remove databases.default.PASSWORD"
    );
}

#[test]
fn administrators() {
    let user = |name: &str| format!("![databases.a]\nENGINE = \"postgresql\"\nUSER = \"{name}\"");
    holds(
        "PG021",
        "",
        &[
            &user("postgres"),
            &user("Postgres"),
            &user("rds_superuser"),
            &user("rdsadmin"),
            &user("azure_pg_admin"),
            &user("cloudsqlsuperuser"),
            &user("admin"),
            &user("root"),
            &user("postgres@shop"),
            &user(" postgres"),
            &user("${env://U:-postgres}"),
            &user("postgres.abcdefgh\"\nHOST = \"aws-0-eu-west-1.pooler.supabase.com"),
            &user("admin@shop\"\nauth = \"entra\"\nHOST = \"shop.postgres.database.azure.com"),
            "![databases.a]\nENGINE = \"postgresql\"\nOPTIONS = { user = \"postgres\" }",
            "![databases.a]\nurl = \"postgres://postgres:${env://P}@localhost/shop\"",
            "![databases.a]\nENGINE = \"postgresql\"\n[env]\nPGUSER = \"postgres\"",
        ],
        &[
            &user("shop_app"),
            &user("postgres_app"),
            &user("postgres.abcdefgh\"\nHOST = \"db.shop.example"),
            &user("shop.postgres\"\nHOST = \"aws-0-eu-west-1.pooler.supabase.com"),
            &user(
                "admin@contoso.com\"\nauth = \"entra\"\nHOST = \"shop.postgres.database.azure.com",
            ),
            &user("${env://U:-shop_app}"),
            &user("administrator_of_shop"),
            &user("${env://U}"),
            &user(""),
            "![databases.postgres]\nENGINE = \"postgresql\"\nNAME = \"postgres\"\nUSER = \"app\"",
            "![databases.a]\nENGINE = \"postgresql\"\nUSER = \"app\"\nTEST = { USER = \"postgres\" }",
            "![databases.a]\nENGINE = \"postgresql\"\nUSER = \"app\"\nOPTIONS = { user = \"postgres\" }",
            "![databases.a]\nENGINE = \"mysql\"\nUSER = \"postgres\"",
        ],
    );
    let text = "[databases.a]\nENGINE = \"postgresql\"\nUSER = \"app\"\n[profiles.dev.databases.a]\nUSER = \"postgres\"\n[profiles.migrate.databases.a]\nUSER = \"postgres\"\n";
    assert_eq!(severity("PG021", text, &["dev"]), Some(Severity::Advice));
    assert_eq!(
        severity("PG021", text, &["migrate"]),
        Some(Severity::Warning)
    );
    let text = "[databases.a]\nENGINE = \"postgresql\"\nUSER = \"${env://U:-postgres}\"\n";
    assert_eq!(severity("PG021", text, &[]), Some(Severity::Advice));
    let found = resolved(
        "[databases.default]\nENGINE = \"postgresql\"\nUSER = \"${env://U}\"\n",
        "{\"USER\":\"postgres\"}",
    );
    assert_eq!(found.len(), 1);
    assert!(found[0].notes.is_empty());
}

#[test]
fn databases_of_the_server() {
    let name = |name: &str| format!("![databases.a]\nENGINE = \"postgresql\"\nNAME = \"{name}\"");
    holds(
        "PG023",
        "",
        &[
            &name("postgres"),
            &name("template0"),
            &name("template1"),
            "![databases.a]\nurl = \"postgres://u@localhost/postgres\"",
        ],
        &[
            &name("shop"),
            &name("Postgres"),
            &name("${env://N}"),
            "![databases.a]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nTEST = { NAME = \"postgres\" }",
            "![databases.a]\nENGINE = \"mysql\"\nNAME = \"postgres\"",
        ],
    );
}

#[test]
fn logins_of_a_single_server() {
    let at = |host: &str, user: &str| {
        format!("![databases.a]\nENGINE = \"postgresql\"\nHOST = \"{host}\"\nUSER = \"{user}\"\n")
    };
    let azure = "shop.postgres.database.azure.com";
    holds(
        "PG025",
        "",
        &[
            &at(azure, "app"),
            &format!("{}OPTIONS = {{ sslmode = \"disable\" }}", at(azure, "app")),
            &at(azure, "app@shop"),
            &at("SHOP.postgres.database.azure.com", "app@SHOP"),
            &at(azure, "app@shop.postgres.database.azure.com"),
            &at("shop.postgres.database.usgovcloudapi.net", "app@shop"),
            "![databases.a]\nurl = \"postgres://app%40shop:${env://P}@shop.postgres.database.azure.com/shop\"",
        ],
        &[
            &format!("{}OPTIONS = {{ {TLS} }}", at(azure, "app")),
            &format!("{}OPTIONS = {{ sslmode = \"require\" }}", at(azure, "app")),
            &format!(
                "{}OPTIONS = {{ sslmode = \"${{env://M}}\" }}",
                at(azure, "${env://U}")
            ),
            &format!("{}OPTIONS = {{ service = \"shop\" }}", at(azure, "app")),
            &format!("{}auth = \"entra\"", at(azure, "jane@shop.example")),
            &at("db.shop.example", "app@shop"),
            &at("shop.postgres.database.azure.com.shop.example", "app@shop"),
        ],
    );
    let text = &at(azure, "app@shop")[1..];
    assert_eq!(
        fixed(text, "PG025").unwrap(),
        text.replace("app@shop", "app")
    );
    assert!(ids(text).contains(&"PG001"));
}
