//! What is refused before anything is fetched: whole messages, each at its place in the manifest.

use super::project;
use crate::shot::shot;

/// A manifest whose mistakes are all shown, and nothing of its literals.
#[track_caller]
fn refused(name: &str, manifest: &str) {
    let project = project(manifest);
    let outcome = project
        .nuages(["plan"])
        .output()
        .code(3)
        .silent_about(&["hunter2"]);
    shot(name, &project, &outcome);
}

const AUTH: &str = "NAME = \"shop\"\nHOST = \"db.example\"\nauth = \"entra\"\n";

/// Databases of an engine, each with one `OPTIONS`, logging in with a token.
fn with_options(engine: &str, options: &[&str]) -> String {
    let databases = options.iter().enumerate().map(|(place, options)| {
        format!("[databases.{engine}{place}]\nENGINE = \"{engine}\"\n{AUTH}OPTIONS = {{ {options} }}\n\n")
    });
    databases.collect()
}

#[test]
fn methods_and_settings() {
    refused(
        "entra_auth",
        r#"[databases.slip]
ENGINE = "mssql"
auth = "entrra"

[databases.far]
ENGINE = "mssql"
auth = "kerberos"

[databases.number]
ENGINE = "mssql"
auth = 1

[databases.reference]
ENGINE = "mssql"
auth = "${env://AUTH}"

[databases.keys]
ENGINE = "mssql"
auth = { method = "entra", tenat = "x", client_id = "a b", tenant = "" }

[databases.no_method]
ENGINE = "mssql"
auth = { client_id = "x" }

[databases.no_instance]
ENGINE = "postgresql"
HOST = "db.example"
auth = { method = "entra", instance = "logins" }

[databases.no_name]
ENGINE = "postgresql"
HOST = "db.example"
auth = { method = "entra", instance = "login" }

[databases.no_such_option]
ENGINE = "mssql"
HOST = "db.example"
auth = { method = "entra", instance = "login", client_id = "x" }

[databases.not_for_msi]
ENGINE = "mssql"
HOST = "db.example"
auth = { method = "entra-msi", instance = "login", tenant = "x" }

[databases.key]
ENGINE = "mssql"
autth = "entra"
"#,
    );
}

#[test]
fn engines() {
    refused(
        "entra_engines",
        r#"[databases.file]
ENGINE = "sqlite3"
auth = "entra"

[databases.oracle]
ENGINE = "oracle"
auth = "entra"

[databases.custom]
ENGINE = "shop.backend"
auth = "entra"

[databases.msi]
ENGINE = "postgresql"
auth = "entra-msi"

[databases.reference]
ENGINE = "${env://ENGINE}"
auth = "entra"

[databases.none]
NAME = "shop"
auth = "entra"

[databases.url]
url = "postgres://shop:hunter2@db.example/shop"
auth = "entra"

[databases.from]
from = "${env://LOGIN}"
auth = "entra"
"#,
    );
}

#[test]
fn a_second_login() {
    let login = "USER = \"shop\"\nPASSWORD = \"hunter2\"\n";
    let more =
        "TOKEN = \"${env://TOKEN}\"\nTrusted_Connection = { value = \"yes\", optional = true }\n";
    refused(
        "entra_second_login",
        &format!(
            "[databases.mssql]\nENGINE = \"mssql\"\n{AUTH}{login}{more}\n\
             [databases.msi]\nENGINE = \"mssql\"\nHOST = \"db.example\"\nauth = \"entra-msi\"\n{login}{more}\n\
             [databases.postgresql]\nENGINE = \"postgresql\"\n{AUTH}{login}\n\
             [databases.mysql]\nENGINE = \"mysql\"\n{AUTH}{login}OPTIONS = {{ ssl = {{ ca = \"ca.pem\" }} }}\n\
             [databases.nobody]\nENGINE = \"postgresql\"\n{AUTH}USER = \"\"\n"
        ),
    );
}

#[test]
fn hosts_that_are_none() {
    let database = |engine: &str, place: usize, host: &str| {
        let ssl = if engine == "mysql" {
            "OPTIONS = { ssl = { ca = \"ca.pem\" } }\n"
        } else {
            ""
        };
        format!(
            "[databases.{engine}{place}]\nENGINE = \"{engine}\"\n{host}auth = \"entra\"\n{ssl}\n"
        )
    };
    let hosts = [
        (
            "mssql",
            &["", "HOST = \"\"\n", "HOST = 'np:\\\\.\\pipe\\sql'\n"][..],
        ),
        (
            "postgresql",
            &[
                "",
                "HOST = \"/run/postgresql\"\n",
                "HOST = \"@shop\"\n",
                "HOST = \"db.example,/run/postgresql\"\n",
            ],
        ),
        (
            "mysql",
            &["", "HOST = \"/run/mysql.sock\"\n", "HOST = \"localhost\"\n"],
        ),
    ];
    let mut manifest = String::new();
    for (engine, hosts) in hosts {
        for (place, host) in hosts.iter().enumerate() {
            manifest += &database(engine, place, host);
        }
    }
    refused("entra_hosts", &manifest);
}

#[test]
fn what_a_driver_of_sql_server_would_do_with_the_token() {
    refused(
        "entra_mssql",
        &with_options(
            "mssql",
            &[
                "driver = \"ODBC Driver 17 for SQL Server\"",
                "driver = \"SQL Server Native Client 11.0\"",
                "driver = \"FreeTDS\"",
                "driver = \"/opt/microsoft/libmsodbcsql-18.so\"",
                "dsn = \"shop\"",
                "extra_params = { Encrypt = false }",
                "extra_params = { encrypt = \"Optional\", TrustServerCertificate = true }",
                "extra_params = { Encrypt = \"true\", trust_server_certificate = \"yes\" }",
                "extra_params = { Authentication = \"ActiveDirectoryMsi\", UID = \"x\", PWD = \"hunter2\" }",
                "extra_params = { Trusted_Connection = \"no\", Server = \"x\", Database = \"x\", DSN = \"x\" }",
                "extra_params = { Encrpt = \"strict\", App = \"a\", APP = \"b\" }",
                "extra_params = { \"a b\" = \"x\", \"c=\" = \"x\", \"\" = \"x\", Net = \"\\u0000\", APP = [\"x\"] }",
                "extra_params = [\"Encrypt=yes\"]",
                "python_driver = \"mssql_python\", driver = \"x\", extra_params = { APP = \"x\", Encrypt = \"\", WSID = \"x\" }",
            ],
        ),
    );
}

/// Text stays as it is, and what two drivers would read differently is refused.
#[test]
fn text_with_two_meanings() {
    refused(
        "entra_mssql_text",
        &with_options(
            "mssql",
            &[
                "extra_params = \"Encrypt = yes\"",
                "extra_params = \"Encrypt=yes; APP=x\"",
                "extra_params = \"APP={x;Encrypt=no\"",
                "extra_params = \"APP={x}y;Encrypt=yes\"",
                "extra_params = \"Encrypt=yes;Encrypt=no\"",
                "extra_params = \"Encrypt\"",
                "extra_params = \"APP=x\\u0000;Encrypt=no\"",
                "extra_params = \"APP=a=b;encrypt=NO;Pwd=x\"",
                "extra_params = \"TrustServerCertificate={yes}\"",
                "extra_params = \"Encrpt=strict\"",
            ],
        ),
    );
}

#[test]
fn what_libpq_would_do_with_the_token() {
    refused(
        "entra_postgresql",
        &with_options(
            "postgresql",
            &[
                "sslmode = \"require\"",
                "sslmode = \"VERIFY-FULL\"",
                "sslmode = true",
                "sslmode = \"verify-ca\", sslrootcert = \"system\"",
                "passfile = \"/run/pgpass\"",
                "service = \"shop\"",
            ],
        ),
    );
}

#[test]
fn what_a_client_of_mysql_would_do_with_the_token() {
    refused(
        "entra_mysql",
        &with_options(
            "mysql",
            &[
                "charset = \"utf8mb4\"",
                "ssl = true",
                "ssl = { cert = \"x.pem\", ca = \"\" }",
                "ssl = { ca = \"ca.pem\" }, ssl_mode = \"REQUIRED\"",
                "ssl = { ca = \"ca.pem\" }, ssl_mode = \"verify_identity\"",
                "ssl = { ca = \"ca.pem\" }, auth_plugin = \"caching_sha2_password\"",
                "ssl = { capath = \"certs\" }, password = \"hunter2\", user = \"x\", host = \"x\"",
                "ssl = { ca = \"ca.pem\" }, unix_socket = \"x\", read_default_file = \"my.cnf\", read_default_group = \"x\"",
            ],
        ),
    );
}

/// Databases of SQL Server without `auth`, each with one `OPTIONS`.
fn plain(options: &[&str]) -> String {
    let databases = options.iter().enumerate().map(|(place, options)| {
        format!("[databases.plain{place}]\nENGINE = \"mssql\"\nNAME = \"shop\"\nOPTIONS = {{ {options} }}\n\n")
    });
    databases.collect()
}

#[test]
fn always_encrypted() {
    let store = |rest: &str| format!("extra_params = {{ ColumnEncryption = \"Enabled\", {rest} }}");
    refused(
        "entra_always_encrypted",
        &plain(&[
            &store(
                "KeyStoreAuthentication = \"KeyVaultPassword\", KeyStorePrincipalId = \"x\", KeyStoreSecret = \"hunter2\"",
            ),
            &store("KeyStoreAuthentication = \"KeyVaultInteractive\""),
            &store("KeyStoreAuthentication = \"KeyVaultClientSecret\""),
            &store(
                "KeyStoreAuthentication = \"KeyVaultManagedIdentity\", KeyStoreSecret = \"hunter2\"",
            ),
            &store("KeyStorePrincipalId = \"x\", KeyStoreSecret = \"hunter2\""),
            "extra_params = { KeyStoreAuthentication = \"KeyVaultManagedIdentity\" }",
            "extra_params = { ColumnEncryption = \"Disabled\", KeyStoreAuthentication = \"KeyVaultManagedIdentity\" }",
            "extra_params = { ColumnEncryption = true }",
            "python_driver = \"mssql_python\", extra_params = { ColumnEncryption = \"Enabled\" }",
        ]),
    );
}

/// Without `auth`, only what no driver does is an error; what is merely weak is not.
#[test]
fn sql_server_without_auth() {
    let token = "[databases.token]\nENGINE = \"mssql\"\nTOKEN = \"${env://TOKEN}\"\nUSER = \"sa\"\n\
                 OPTIONS = { extra_params = \"Trusted_Connection=yes;Encrypt=no\" }\n\n";
    refused(
        "entra_plain_mssql",
        &(plain(&[
            "extra_params = { Encrypt = \"true\", TrustServerCertificate = \"1\" }",
            "extra_params = \"Encrypt=true;Authentication=ActiveDirectoryManagedIdentity\"",
            "extra_params = \"Authentication=ActiveDirectoryDefault\"",
            "extra_params = { Authentication = \"ActiveDirectoryDefault\" }",
            "driver = \"/opt/microsoft/libmsodbcsql-18.so\"",
            "extra_params = { \"a b\" = \"x\", Encrpt = \"yes\", APP = { x = 1 } }",
        ]) + token),
    );

    let weak = project(
        &(plain(&[
            "extra_params = \"Encrypt=no;TrustServerCertificate=yes; blanks = kept\"",
            "extra_params = { Encrypt = false, TrustServerCertificate = true }",
            "driver = \"FreeTDS\"",
            "driver = \"ODBC Driver 17 for SQL Server\"",
            "driver = \"/opt/x.so\", extra_params = \"SERVER=db.example\"",
            "python_driver = \"mssql_python\", extra_params = { Authentication = \"ActiveDirectoryDefault\" }",
            "extra_params = { Own = \"x\" }",
        ]) + "[databases.other]\nENGINE = \"shop.backend\"\nOPTIONS = { extra_params = { a = 1 } }\n"),
    );
    let rendered = super::databases(&weak, &[]);
    let extra_params = |alias: &str| rendered[alias]["OPTIONS"]["extra_params"].clone();
    assert_eq!(
        extra_params("plain0"),
        "Encrypt=no;TrustServerCertificate=yes; blanks = kept"
    );
    assert_eq!(
        extra_params("plain1"),
        "Encrypt=no;TrustServerCertificate=yes"
    );
    assert_eq!(extra_params("plain6"), "Own=x");
    assert_eq!(extra_params("other"), serde_json::json!({ "a": 1 }));
}
