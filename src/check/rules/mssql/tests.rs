//! Each rule of SQL Server's: what it is found in, and the nearest that it is not found in. Longer than a
//! file ought to be: one table a rule, in the order of their families.

mod spellings;
mod texts;

use crate::check::testing::{fixed, ids, ids_with, look};
use crate::{
    render::Document,
    value::{Table, Text, Value},
};

/// A database of this body with a login, and whatever stands in `options`.
fn database(body: &str, options: &str) -> String {
    let has = |key: &str| body.contains(key);
    let mut text = format!("[databases.default]\nENGINE = \"mssql\"\nNAME = \"shop\"\n{body}\n");
    if !has("HOST") {
        text.push_str("HOST = \"sql.shop.example\"\n");
    }
    if !["USER", "TOKEN", "auth", "# no login"]
        .iter()
        .any(|key| has(key))
    {
        text.push_str("USER = \"shop_app\"\nPASSWORD = \"${env://DB_PASSWORD}\"\n");
    }
    if !options.is_empty() {
        text = text + "[databases.default.OPTIONS]\n" + options + "\n";
    }
    text
}

const DRIVER: &str = "driver = \"ODBC Driver 18 for SQL Server\"\n";

/// Options with the driver named, and this text of `extra_params`.
fn extra(text: &str) -> String {
    format!("{DRIVER}extra_params = \"{text}\"")
}

/// Options with the driver named, and this table of `extra_params`.
fn table(text: &str) -> String {
    format!("{DRIVER}extra_params = {{ {text} }}")
}

#[track_caller]
fn holds(rule: &'static str, wrong: &[(&str, &str)], right: &[(&str, &str)]) {
    for (body, options) in wrong {
        let text = database(body, options);
        let found = ids(&text);
        assert!(
            found.contains(&rule),
            "{rule} is not found: {found:?}\n{text}"
        );
    }
    for (body, options) in right {
        let text = database(body, options);
        let found = ids(&text);
        assert!(!found.contains(&rule), "{rule} is found: {found:?}\n{text}");
    }
}

#[test]
fn certificates() {
    let (trust, lower) = (
        extra("TrustServerCertificate=yes"),
        extra("encrypt=yes;trustservercertificate=YES"),
    );
    let (no, strict) = (
        extra("TrustServerCertificate=no"),
        extra("Encrypt=strict;TrustServerCertificate=yes"),
    );
    let (as_table, as_flag) = (
        table("TrustServerCertificate = \"yes\""),
        table("TrustServerCertificate = true"),
    );
    holds(
        "MS001",
        &[
            ("", &trust),
            ("", &lower),
            ("", &as_table),
            ("", &as_flag),
            ("HOST = \"10.0.0.5\"", &trust),
            ("HOST = \"${env://H}\"", &trust),
        ],
        &[
            ("", &no),
            ("", &strict),
            ("HOST = \"localhost\"", &trust),
            ("HOST = \"tcp:127.0.0.1,1433\"", &trust),
            ("HOST = \".\\\\SQLEXPRESS\"", &trust),
        ],
    );
    let other = table("HostnameInCertificate = \"other.test\"");
    let same = table("HostnameInCertificate = \"db.shop.example\"");
    let star = extra("HostnameInCertificate=*.shop.example");
    holds(
        "MS028",
        &[("", &other)],
        &[
            ("", &same),
            ("", &star),
            ("HOST = \"10.0.0.5\"", &other),
            ("HOST = \"${env://H}\"", &other),
        ],
    );
}

#[test]
fn encryption() {
    let (no, optional, yes) = (
        extra("Encrypt=no"),
        extra("APP=x;Encrypt=OPTIONAL"),
        extra("Encrypt=mandatory"),
    );
    holds(
        "MS002",
        &[("", &no), ("", &optional)],
        &[("", &yes), ("HOST = \"localhost\"", &no), ("", DRIVER)],
    );
    let msi = extra("Authentication=ActiveDirectoryMsi;Encrypt=no");
    let msi_well = extra("Authentication=ActiveDirectoryMsi;Encrypt=yes");
    let sql = extra("Authentication=SqlPassword;Encrypt=no");
    holds(
        "MS003",
        &[
            ("# no login", &msi),
            ("TOKEN = \"${env://T}\"", &no),
            ("HOST = \"localhost\"\n# no login", &msi),
        ],
        &[
            ("# no login", &msi_well),
            ("", &sql),
            ("TOKEN = \"${env://T}\"", &yes),
        ],
    );
    holds("MS002", &[("", &sql)], &[("# no login", &msi)]);
}

#[test]
fn drivers() {
    let old = "driver = \"ODBC Driver 17 for SQL Server\"\n";
    let with = |text: &str| format!("{old}extra_params = \"{text}\"");
    let (yes, no, app, blank) = (
        with("Encrypt=yes"),
        with("Encrypt=no"),
        with("APP=x"),
        with("Encrypt = yes"),
    );
    let python = format!("{old}python_driver = \"mssql_python\"");
    holds(
        "MS004",
        &[
            ("", old),
            ("", &app),
            ("", &blank),
            ("", "driver = \"FreeTDS\""),
            ("", "driver = \"SQL Server Native Client 11.0\""),
        ],
        &[
            ("", &yes),
            ("", &no),
            ("", DRIVER),
            ("HOST = \"localhost\"", old),
            ("", &python),
            (
                "",
                "driver = \"FreeTDS\"\nextra_params = \"Encryption=require\"",
            ),
            ("", "driver = \"${env://ODBC}\""),
        ],
    );
    holds(
        "MS005",
        &[("", ""), ("", "extra_params = \"APP=x\"")],
        &[
            ("", DRIVER),
            ("", old),
            ("", "extra_params = \"Encrypt=yes\""),
            ("", "python_driver = \"mssql_python\""),
            ("", "dsn = \"shop\""),
            ("HOST = \"localhost\"", ""),
            ("auth = \"entra\"", ""),
            ("", "extra_params = \"${env://X}\""),
        ],
    );
    holds(
        "MS024",
        &[(
            "",
            "driver = \"/opt/libmsodbcsql-18.6.so\"\nextra_params = \"Encrypt=yes\"",
        )],
        &[("", DRIVER)],
    );
    let dead = "[databases.default]\nENGINE = \"sql_server.pyodbc\"\nNAME = \"shop\"\n";
    assert!(ids(dead).contains(&"MS025"));
    holds("MS025", &[], &[("", DRIVER)]);
}

#[test]
fn logins() {
    let msi = extra("Authentication=ActiveDirectoryMsi;Encrypt=yes");
    let service = extra("Authentication=ActiveDirectoryServicePrincipal;Encrypt=yes");
    let person = extra("Authentication=ActiveDirectoryPassword;Encrypt=yes");
    let asks = extra("Authentication=activedirectoryinteractive;Encrypt=yes");
    holds(
        "MS007",
        &[("", &msi)],
        &[
            ("", &service),
            ("USER = \"id\"", &msi),
            ("USER = \"id\"\nPASSWORD = \"\"", &msi),
        ],
    );
    holds("MS008", &[("", &person)], &[("", &service)]);
    holds("MS010", &[("# no login", &asks)], &[("# no login", &msi)]);
    holds(
        "MS011",
        &[
            ("USER = \"sa\"", DRIVER),
            ("USER = \"SA\"", DRIVER),
            ("# no login", &extra("UID=sa;PWD=x")),
        ],
        &[
            ("USER = \"sales\"", DRIVER),
            ("USER = \"${env://U}\"", DRIVER),
        ],
    );
    holds(
        "MS012",
        &[
            ("USER = \"CloudSAab12\"", DRIVER),
            ("USER = \"dbo\"", DRIVER),
            ("USER = \"shop_admin\"", DRIVER),
            ("USER = \"db_owner\"", DRIVER),
        ],
        &[
            ("USER = \"administration_reader\"", DRIVER),
            ("USER = \"shop_app\"", DRIVER),
            ("USER = \"sa\"", DRIVER),
        ],
    );
    assert!(ids(&database("", DRIVER).replace("\"shop\"", "\"master\"")).contains(&"MS012"));
    let azure = "HOST = \"shop.database.windows.net\"";
    let china = "HOST = \"SHOP.database.chinacloudapi.cn\"";
    let token = "HOST = \"shop.database.windows.net\"\nTOKEN = \"${env://T}\"";
    let auth = "HOST = \"shop.database.windows.net\"\nauth = \"entra\"";
    holds(
        "MS013",
        &[
            (azure, DRIVER),
            (china, DRIVER),
            (azure, &extra("Authentication=SqlPassword")),
        ],
        &[
            ("", DRIVER),
            (azure, &service),
            (token, DRIVER),
            (auth, ""),
            ("HOST = \"sql.windows.net.shop.example\"", DRIVER),
        ],
    );
    holds(
        "MS023",
        &[("# no login", DRIVER), ("USER = \"\"", DRIVER)],
        &[
            ("", DRIVER),
            ("# no login\nTrusted_Connection = \"yes\"", DRIVER),
            ("# no login", &msi),
            (token, DRIVER),
            (auth, ""),
            ("# no login", "dsn = \"shop\""),
            ("# no login", &extra("Trusted_Connection=yes")),
        ],
    );
}

#[test]
fn tokens() {
    let token = "HOST = \"shop.database.windows.net\"\nTOKEN = \"${env://T}\"";
    let auth = "HOST = \"shop.database.windows.net\"\nauth = \"entra\"";
    let live = "HOST = \"shop.database.windows.net\"\nauth = \"entra\"\nlive = true";
    let msi = "HOST = \"shop.database.windows.net\"\nauth = \"entra-msi\"";
    holds(
        "MS006",
        &[
            ("USER = \"x\"\nTOKEN = \"${env://T}\"", DRIVER),
            (
                "TOKEN = \"${env://T}\"",
                &extra("Authentication=ActiveDirectoryMsi"),
            ),
        ],
        &[
            (token, DRIVER),
            ("USER = \"\"\nTOKEN = \"${env://T}\"", DRIVER),
        ],
    );
    holds(
        "MS014",
        &[(token, DRIVER), (auth, "")],
        &[(live, ""), (msi, ""), ("", DRIVER)],
    );
    holds(
        "MS015",
        &[
            ("TOKEN = \"\"", DRIVER),
            ("TOKEN = \"a b\"", DRIVER),
            ("TOKEN = \"a\\n\"", DRIVER),
        ],
        &[(token, DRIVER), ("TOKEN = \"abc.def\"", DRIVER)],
    );
    holds(
        "MS017",
        &[(token, DRIVER), (auth, "")],
        &[
            (live, ""),
            (token, "python_driver = \"mssql_python\""),
            ("", DRIVER),
        ],
    );
    holds(
        "MS009",
        &[(
            "# no login",
            &extra("Authentication=ActiveDirectoryDefault"),
        )],
        &[(
            "# no login",
            "python_driver = \"mssql_python\"\nextra_params = \"Authentication=ActiveDirectoryDefault\"",
        )],
    );
}

/// A JSON Web Token of these claims.
fn jwt(claims: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    format!("eyJhbGciOiJub25lIn0.{}.x", URL_SAFE_NO_PAD.encode(claims))
}

#[test]
fn claims() {
    for (claims, host, is_found) in [
        (
            r#"{"aud":"https://database.windows.net","exp":99999999999}"#,
            "shop.database.windows.net",
            false,
        ),
        (
            r#"{"aud":"https://database.windows.net/","exp":99999999999}"#,
            "sql.shop.example",
            false,
        ),
        (
            r#"{"aud":"https://database.windows.net","exp":1}"#,
            "shop.database.windows.net",
            true,
        ),
        (
            r#"{"aud":"https://vault.azure.net","exp":99999999999}"#,
            "shop.database.windows.net",
            true,
        ),
        (
            r#"{"aud":"https://database.windows.net"}"#,
            "shop.database.usgovcloudapi.net",
            true,
        ),
        (
            r#"{"aud":"022907d3-0f1b-48f7-badc-1ba6abab6d66"}"#,
            "shop.database.windows.net",
            false,
        ),
        (
            r#"{"aud":["x"],"exp":"soon"}"#,
            "shop.database.windows.net",
            false,
        ),
        ("no json", "shop.database.windows.net", false),
    ] {
        let body = format!("HOST = \"{host}\"\nTOKEN = \"{}\"", jwt(claims));
        let found = ids(&database(&body, DRIVER));
        assert_eq!(found.contains(&"MS016"), is_found, "{claims}: {found:?}");
    }
}

#[test]
fn parameters() {
    holds(
        "MS018",
        &[
            ("", &extra("Encrypt = yes")),
            ("", &extra("Encrypt=yes;Encrypt=no")),
            ("", &extra("APP={x;Encrypt=yes")),
            ("", &extra("Encrypt=true")),
            ("", &extra("Encrpt=yes")),
            ("", &extra("Nonsense=1;Encrypt=yes")),
            ("", &table("Encrpt = \"yes\"")),
            ("", &extra("Encrypt")),
        ],
        &[
            ("", &extra("Encrypt=yes;APP={a;b};")),
            ("", &table("Encrypt = \"yes\"")),
            ("", DRIVER),
            ("", &extra("Mars_Connection=yes")),
        ],
    );
    holds(
        "MS019",
        &[
            ("", &extra("PWD=${env://P};Encrypt=yes")),
            ("", &extra("Encrypt=yes;KeyStoreSecret=${env://P}")),
        ],
        &[
            ("", &table("PWD = \"${env://P}\"")),
            ("", &extra("${env://ALL}")),
            ("", &extra("Encrypt=yes")),
        ],
    );
    holds(
        "MS020",
        &[(
            "",
            "python_driver = \"mssql_python\"\nextra_params = \"APP=x\"",
        )],
        &[
            ("", &extra("APP=x")),
            (
                "",
                "python_driver = \"mssql_python\"\nextra_params = \"Encrypt=yes\"",
            ),
        ],
    );
    let store = "ColumnEncryption = \"Enabled\", KeyStoreAuthentication = \"KeyVaultClientSecret\", KeyStorePrincipalId = \"id\"";
    holds(
        "MS021",
        &[
            ("", &table(&format!("{store}, KeyStoreSecret = \"abc\""))),
            (
                "",
                &extra(
                    "ColumnEncryption=Enabled;KeyStoreAuthentication=KeyVaultClientSecret;KeyStorePrincipalId=i;KeyStoreSecret=abc",
                ),
            ),
        ],
        &[
            (
                "",
                &table(&format!("{store}, KeyStoreSecret = \"${{env://S}}\"")),
            ),
            ("", DRIVER),
        ],
    );
    let azure = "HOST = \"shop.database.windows.net\"";
    let timeout = |seconds: &str| format!("{DRIVER}connection_timeout = {seconds}");
    holds(
        "MS026",
        &[
            (azure, &timeout("0")),
            (azure, &timeout("15")),
            (azure, &timeout("\"5\"")),
            (azure, DRIVER),
        ],
        &[
            (azure, &timeout("30")),
            (azure, &timeout("\"${env://T}\"")),
            ("", DRIVER),
            ("", &timeout("5")),
        ],
    );
    holds(
        "MS027",
        &[
            (azure, DRIVER),
            ("HOST = \"shop.database.windows.net\"\nauth = \"entra\"", ""),
        ],
        &[
            (azure, &extra("MultiSubnetFailover=yes")),
            ("", DRIVER),
            (azure, &table("MultiSubnetFailover = \"${env://M}\"")),
        ],
    );
}

#[test]
fn passwords() {
    for (body, options, is_found) in [
        (
            format!("USER = \"u\"\nPASSWORD = \"{}\"", "a".repeat(129)),
            DRIVER,
            true,
        ),
        (
            format!("USER = \"u\"\nPASSWORD = \"{}\"", "a".repeat(128)),
            DRIVER,
            false,
        ),
        (
            "USER = \"u\"\nPASSWORD = \"a\\u0000b\"".to_owned(),
            DRIVER,
            true,
        ),
        ("USER = \"u\"\nPASSWORD = \" a\"".to_owned(), DRIVER, false),
        (
            "USER = \"u\"\nPASSWORD = \" a\"".to_owned(),
            "python_driver = \"mssql-python\"",
            true,
        ),
    ] {
        let found = ids(&database(&body, options));
        assert_eq!(found.contains(&"MS022"), is_found, "{body}: {found:?}");
    }
}

#[test]
fn what_references_bring_is_looked_at_and_not_quoted() {
    let text = database(
        "HOST = \"${env://H}\"",
        "extra_params = \"${env://X}\"\ndriver = \"${env://D}\"",
    );
    assert!(!ids(&text).contains(&"MS001"));
    let options: Table = [
        (
            "driver".to_owned(),
            Value::Text(Text::secret("ODBC Driver 18 for SQL Server")),
        ),
        (
            "extra_params".to_owned(),
            Value::Text(Text::secret(
                "Encrypt=yes;TrustServerCertificate=yes;Hunter2=x",
            )),
        ),
    ]
    .into_iter()
    .collect();
    let default: Table = [
        ("ENGINE".to_owned(), Value::plain("mssql")),
        (
            "HOST".to_owned(),
            Value::Text(Text::secret("sql.shop.example")),
        ),
        ("OPTIONS".to_owned(), Value::Table(options)),
    ]
    .into_iter()
    .collect();
    let document = Document {
        databases: [("default".to_owned(), Value::Table(default))]
            .into_iter()
            .collect(),
        env: Table::new(),
    };
    let found = look(&text, &[], Some(&document));
    let ids: Vec<&str> = found.iter().map(|one| one.rule.id).collect();
    assert!(ids.contains(&"MS001") && ids.contains(&"MS018"), "{ids:?}");
    for one in found {
        assert!(
            !one.notes.iter().any(|note| note.contains("Hunter2")),
            "{:?}",
            one.notes
        );
        assert!(
            one.fix.is_none() || one.rule.id != "MS001",
            "a fix would write out what a reference brought"
        );
    }
}

#[test]
fn in_development_transport_weighs_less() {
    let text = format!(
        "{}[profiles.dev.databases.default]\nNAME = \"dev\"\n",
        database("", &extra("Encrypt=no"))
    );
    let severity = |profile: &str| {
        let found = look(&text, &[profile], None);
        found
            .iter()
            .find(|one| one.rule.id == "MS002")
            .map(|one| one.severity)
    };
    assert_eq!(severity("dev"), Some(crate::finding::Severity::Advice));
    assert!(ids_with(&text, &["dev"]).contains(&"MS002"));
}

#[test]
fn a_text_is_mended_in_its_place() {
    let text = database(
        "",
        &extra("APP={a;b};TrustServerCertificate=yes;Encrypt=yes"),
    );
    let mended = fixed(&text, "MS001").unwrap();
    assert!(
        mended.contains("\"APP={a;b};TrustServerCertificate=no;Encrypt=yes\""),
        "{mended}"
    );
    let text = database(
        "",
        "driver = \"ODBC Driver 17 for SQL Server\" # the image has it\n",
    );
    let mended = fixed(&text, "MS004").unwrap();
    assert!(
        mended.contains("# the image has it")
            && mended.contains("extra_params = { Encrypt = \"yes\" }"),
        "{mended}"
    );
}
