//! Where changes go, what they leave as it is, and what is shown of them.

use super::apply;
use crate::check::{
    Found,
    testing::{fixed, found},
};

const MS: &str = r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "sql.shop.example"
USER = "shop_app"
PASSWORD = "${env://P}"
"#;

const AZURE: &str = r#"[databases.default]
ENGINE = "mssql"
NAME = "shop"
HOST = "shop.database.windows.net"
USER = "7c1c5cb4-9f0b-4c52-8a4e-5d3d7f3f0a11"
PASSWORD = "${env://P}"
"#;

const SQLITE: &str = "[databases.default]\nENGINE = \"sqlite3\"\nNAME = \"shop.db\"\n";

const MSI: &str = "Authentication=ActiveDirectoryMsi;Encrypt=yes;MultiSubnetFailover=yes";

/// What is shown for a rule's findings.
fn shown(text: &str, profiles: &[&str], rule: &str) -> Vec<String> {
    let found = found(text, profiles);
    let ruled = found.iter().filter(|one| one.rule.id == rule);
    ruled
        .filter_map(|one| Some(one.fix.as_ref()?.describe(&one.profiles)))
        .collect()
}

/// The manifest with a rule's safe fixes, for these profiles.
fn mended(text: &str, profiles: &[&str], rule: &str) -> Option<String> {
    let found = found(text, profiles);
    let is_meant =
        |one: &&Found| one.rule.id == rule && one.fix.as_ref().is_some_and(|fix| fix.is_safe);
    let fixes = found.iter().filter(is_meant);
    apply(text, fixes.filter_map(|one| one.fix.as_ref()))
}

#[test]
fn of_a_text_only_the_attribute_that_changes_is_shown() {
    let text = format!(
        "{MS}OPTIONS = {{ extra_params = \"UID=a;PWD=swordfish;TrustServerCertificate=yes;Encrypt=yes\" }}\n"
    );
    let place = "databases.default.OPTIONS.extra_params";
    assert_eq!(
        shown(&text, &[], "MS001"),
        [format!("{place}: TrustServerCertificate=no")]
    );
    let one = found(&text, &[]);
    let one = one.iter().find(|one| one.rule.id == "MS001").unwrap();
    assert!(!format!("{:?}", one.fix).contains("swordfish"));
    assert!(
        fixed(&text, "MS001")
            .unwrap()
            .contains("\"UID=a;PWD=swordfish;TrustServerCertificate=no;Encrypt=yes\"")
    );
}

#[test]
fn literals_of_addresses_are_not_shown() {
    let text = format!(
        "{SQLITE}[env]\nCACHE = \"redis://hunter2:${{env://A:-hunter2}}@hunter2.example:6380\"\n"
    );
    assert_eq!(
        shown(&text, &[], "GN019"),
        ["env.CACHE: add `| urlencode` behind ${env://A}"]
    );
    let url = "[databases.default]\nurl = \"postgres://shop:hunter2@db.shop.example/shop?sslmode=verify-full&conn_max_age=60\"\n";
    for one in found(url, &[]) {
        let said = one
            .fix
            .map(|fix| fix.describe(&[]) + &format!("{fix:?}"))
            .unwrap_or_default();
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_reference_is_encoded_where_it_is_a_password_and_nothing_else() {
    let env = |value: &str| format!("{SQLITE}[env]\nCACHE_KEY = \"{value}\"\n");
    for (before, after) in [
        (
            "redis://u:${env://P}@h",
            "redis://u:${env://P | urlencode}@h",
        ),
        (
            "redis://${env://U | urlencode}:${env://P}@h",
            "redis://${env://U | urlencode}:${env://P | urlencode}@h",
        ),
        (
            "redis://:${env://P:-a@b}@h",
            "redis://:${env://P:-a@b | urlencode}@h",
        ),
        (
            "sentinel://:${env://P}@h1;sentinel://:${env://P}@h2",
            "sentinel://:${env://P | urlencode}@h1;sentinel://:${env://P | urlencode}@h2",
        ),
    ] {
        assert_eq!(
            mended(&env(before), &[], "GN019"),
            Some(env(after)),
            "{before}"
        );
    }
    // Told, with a change that people decide on.
    for value in [
        "amqp://${env://U}:${env://P}@h",
        "redis://:x${env://P}@h",
        "redis://:${env://P:-a%40b}@h",
        "https://h/?password=${env://P}",
    ] {
        assert_eq!(mended(&env(value), &[], "GN019"), None, "{value}");
        assert_eq!(shown(&env(value), &[], "GN019").len(), 1, "{value}");
    }
    // Told, and there is no such change.
    for value in ["redis://${env://USERINFO}@h", "redis://:${env://P:-a@b }@h"] {
        let found = found(&env(value), &[]);
        let told: Vec<_> = found.iter().filter(|one| one.rule.id == "GN019").collect();
        assert_eq!(told.len(), 1, "{value}");
        assert!(told[0].fix.is_none(), "{value}");
    }
    for value in [
        "https://h/?${env://QUERY}",
        "postgres://h/d?sslmode=${env://MODE}",
        "https://h/?a=b&sslmode=${env://M}",
        "redis://h,h2/${env://N}",
        "${env://SCHEME}://u:${env://P}@h",
    ] {
        let found = found(&env(value), &[]);
        assert!(found.iter().all(|one| one.rule.id != "GN019"), "{value}");
    }
}

#[test]
fn a_described_variable_stays_one() {
    for (before, after) in [
        (
            "[env.CACHE_KEY]\nvalue = \"redis://:${env://P}@h\" # keep\noptional = true\ndescription = \"cache\"\n",
            "${env://P | urlencode}",
        ),
        (
            "[env]\nCACHE_KEY.value = \"redis://:${env://P}@h\"\nCACHE_KEY.optional = true\n",
            "${env://P | urlencode}",
        ),
        (
            "[env]\nCACHE_KEY = { value = \"redis://:${env://P}@h\", optional = true } # c\n",
            "${env://P | urlencode}",
        ),
    ] {
        let text = format!("{SQLITE}\n{before}");
        assert_eq!(
            fixed(&text, "GN019").unwrap(),
            text.replace("${env://P}", after)
        );
    }
}

#[test]
fn a_table_is_never_replaced_by_a_value() {
    let database = "[databases.default]\nENGINE = \"mssql\"\nHOST = \"shop.database.windows.net\"\nauth = \"entra\"\n";
    // What a reference brings has no place for one attribute.
    let text = format!("{database}OPTIONS = {{ extra_params = \"${{env://EXTRA}}\" }}\n");
    let is_attribute = |one: &&crate::check::Found| one.rule.id != "MS026";
    for one in found(&text, &[]).iter().filter(is_attribute) {
        assert!(one.fix.is_none(), "{}", one.rule.id);
    }
}

#[test]
fn what_one_profile_has_is_not_mended_for_all() {
    // Another profile lacks the fault: what the key is taken from is left to people.
    let text = format!(
        "{AZURE}[databases.default.OPTIONS]\ndriver = \"ODBC Driver 18 for SQL Server\"\nextra_params = \"Encrypt=yes;MultiSubnetFailover=yes\"\n[profiles.prod.databases.default.OPTIONS]\nextra_params = \"{MSI}\"\n[profiles.dev.databases.default]\nHOST = \"localhost\"\n"
    );
    assert_eq!(
        shown(&text, &[], "MS007"),
        ["remove databases.default.PASSWORD"]
    );
    assert_eq!(mended(&text, &[], "MS007"), None);
    assert_eq!(mended(&text, &["prod"], "MS007"), None);
    // With the password in the profile itself, it goes there.
    let own = text.replace(
        "[profiles.dev",
        "[profiles.prod.databases.default]\nPASSWORD = \"${env://Q}\"\n[profiles.dev",
    );
    assert_eq!(
        mended(&own, &[], "MS007").unwrap(),
        own.replace("PASSWORD = \"${env://Q}\"\n", "")
    );
    // With the fault in every way, it goes from the base.
    let every = format!(
        "{AZURE}OPTIONS = {{ driver = \"ODBC Driver 18 for SQL Server\", extra_params = \"{MSI}\" }}\n[profiles.prod.databases.default]\nNAME = \"prod\"\n"
    );
    assert_eq!(
        mended(&every, &[], "MS007").unwrap(),
        every.replace("PASSWORD = \"${env://P}\"\n", "")
    );
}

#[test]
fn a_value_goes_into_the_profile_where_the_base_is_sound() {
    let text = MS.replace("sql.shop.example", "localhost")
        + "OPTIONS = { driver = \"ODBC Driver 18 for SQL Server\", extra_params = \"Encrypt=yes;TrustServerCertificate=yes\" } # here\n[profiles.dev.databases.default]\nNAME = \"dev\"\n[profiles.prod.databases.default]\nHOST = \"sql.shop.example\" # there\n";
    let place = "profiles.prod.databases.default.OPTIONS.extra_params";
    assert_eq!(
        shown(&text, &[], "MS001"),
        [format!("{place}: TrustServerCertificate=no")]
    );
    let expected =
        format!("{text}OPTIONS = {{ extra_params = \"Encrypt=yes;TrustServerCertificate=no\" }}\n");
    assert_eq!(mended(&text, &[], "MS001"), Some(expected.clone()));
    assert_eq!(mended(&text, &["prod"], "MS001"), Some(expected.clone()));
    assert_eq!(mended(&text, &["dev"], "MS001"), None);
    assert_eq!(mended(&expected, &[], "MS001"), None);
}

#[test]
fn several_profiles_share_a_change_as_far_as_they_can() {
    let profile = |name: &str, body: &str| format!("[profiles.{name}.databases.default]\n{body}\n");
    // The fault of the base is mended there, once.
    let mut text = MS.to_owned();
    for name in ["prod", "staging", "uat", "eu", "us"] {
        text += &profile(name, &format!("NAME = \"{name}\""));
    }
    let changed = mended(&text, &[], "MS005").unwrap();
    assert_eq!(changed.matches("ODBC Driver 18").count(), 1, "{changed}");
    assert!(changed.starts_with(&format!("{MS}OPTIONS")), "{changed}");
    // What has its own layer in several profiles is mended in each, and told once.
    let text = MS.replace("sql.shop.example", "localhost")
        + "OPTIONS = { driver = \"ODBC Driver 18 for SQL Server\", extra_params = { Encrypt = \"yes\", TrustServerCertificate = \"yes\" } }\n"
        + &profile("common", "HOST = \"a.shop.example\"")
        + "[profiles.eu]\nextends = [\"common\"]\n[profiles.us]\nextends = [\"common\"]\n"
        + &profile("prod", "HOST = \"b.shop.example\"");
    assert_eq!(
        shown(&text, &[], "MS001"),
        [
            "profiles.common.databases.default.OPTIONS.extra_params.TrustServerCertificate = \"no\"; \
             profiles.prod.databases.default.OPTIONS.extra_params.TrustServerCertificate = \"no\""
        ]
    );
    let changed = mended(&text, &[], "MS001").unwrap();
    assert_eq!(
        changed.matches("TrustServerCertificate = \"no\"").count(),
        2,
        "{changed}"
    );
    assert!(
        found(&changed, &[])
            .iter()
            .all(|one| one.rule.id != "MS001"),
        "{changed}"
    );
}

#[test]
fn a_literal_stays_a_literal() {
    let text = format!(
        "{MS}OPTIONS = {{ driver = \"ODBC Driver 18 for SQL Server\", extra_params = \"APP=$${{env://HOME}};Encrypt=yes;TrustServerCertificate=yes\" }}\n"
    );
    assert_eq!(
        fixed(&text, "MS001").unwrap(),
        text.replace("Certificate=yes", "Certificate=no")
    );
}

#[test]
fn what_stands_in_a_url_is_not_taken_out_by_its_key() {
    let azure = format!(
        "[databases.default]\nurl = \"mssql://7c1c5cb4-9f0b-4c52-8a4e-5d3d7f3f0a11:${{env://P | urlencode}}@shop.database.windows.net/shop\"\nOPTIONS = {{ driver = \"ODBC Driver 18 for SQL Server\", extra_params = \"{MSI}\" }}\n"
    );
    let told = found(&azure, &[]);
    let told: Vec<_> = told.iter().filter(|one| one.rule.id == "MS007").collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].fix.is_none());
}

#[test]
fn lines_end_as_they_did() {
    let plain = format!("# first\n{MS}CONN_MAX_AGE = 60 # kept\n\n# last");
    let changed = fixed(&plain, "GN010").unwrap();
    assert!(changed.contains("CONN_HEALTH_CHECKS = true\n") && changed.ends_with("# last"));
    let windows = plain.replace('\n', "\r\n");
    assert_eq!(
        fixed(&windows, "GN010").unwrap(),
        changed.replace('\n', "\r\n")
    );
    let marked = format!("\u{feff}{windows}");
    assert_eq!(
        fixed(&marked, "GN010").unwrap(),
        format!("\u{feff}{}", changed.replace('\n', "\r\n"))
    );
    let mixed = plain
        .replace("# first\n", "# first\r\n")
        .replace("kept\n", "kept\r\n");
    let expected = changed
        .replace("# first\n", "# first\r\n")
        .replace("kept\n", "kept\r\n");
    assert_eq!(fixed(&mixed, "GN010").unwrap(), expected);
}

#[test]
fn comments_outlive_a_key() {
    let options = format!(
        "# options follow\n[databases.default.OPTIONS]\ndriver = \"ODBC Driver 18 for SQL Server\"\nextra_params = \"{MSI}\"\n"
    );
    let text = AZURE.replace(
        "PASSWORD = \"${env://P}\"\n",
        "# why it is here\nPASSWORD = \"${env://P}\" # rotate yearly\n\n",
    ) + &options;
    assert_eq!(
        fixed(&text, "MS007").unwrap(),
        text.replace("PASSWORD = \"${env://P}\" # rotate yearly\n", "")
    );
    let dotted = text
        .replace("[databases.default]\n", "[databases]\n")
        .replace("ENGINE =", "default.ENGINE =")
        .replace("NAME =", "default.NAME =")
        .replace("HOST =", "default.HOST =")
        .replace("USER =", "default.USER =")
        .replace("PASSWORD =", "default.PASSWORD =");
    assert_eq!(
        fixed(&dotted, "MS007").unwrap(),
        dotted.replace("default.PASSWORD = \"${env://P}\" # rotate yearly\n", "")
    );
    let inline = format!(
        "databases.default = {{\n  # the engine\n  ENGINE = \"mssql\", NAME = \"shop\", HOST = \"shop.database.windows.net\", USER = \"7c1c5cb4-9f0b-4c52-8a4e-5d3d7f3f0a11\", # who\n  # why\n  PASSWORD = \"${{env://P}}\", # rotate yearly\n  # options\n  OPTIONS = {{ driver = \"ODBC Driver 18 for SQL Server\", extra_params = \"{MSI}\" }},\n}}\n"
    );
    assert_eq!(
        fixed(&inline, "MS007").unwrap(),
        inline.replace("  PASSWORD = \"${env://P}\", # rotate yearly\n", "")
    );
    let described = text.replace(
        "PASSWORD = \"${env://P}\" # rotate yearly\n",
        "PASSWORD.value = \"${env://P}\" # rotate yearly\nPASSWORD.optional = true\n",
    );
    assert_eq!(
        fixed(&described, "MS007").unwrap(),
        text.replace("PASSWORD = \"${env://P}\" # rotate yearly\n", "")
    );
}

#[test]
fn an_inline_table_stays_as_it_is_written() {
    let database = |options: &str| {
        format!(
            "[databases.default]\nENGINE = \"mssql\"\nNAME = \"shop\"\nHOST = \"shop.privatelink.example\"\nUSER = \"shop_app\"\nPASSWORD = \"${{env://P}}\"\nOPTIONS = {options} # o\n"
        )
    };
    for (before, after) in [
        ("{ a = 1, PASS = 2, b = 3 }", "{ a = 1, b = 3 }"),
        ("{ PASS = 2, b = 3 }", "{ b = 3 }"),
        ("{ a = 1, PASS = 2 }", "{ a = 1 }"),
        ("{a=1, PASS=2}", "{a=1}"),
        ("{ PASS = 2 }", "{}"),
        (
            "{\n  a = 1, # a\n  PASS = 2, # gone\n}",
            "{\n  a = 1, # a\n}",
        ),
        (
            "{\n  a = 1, # a\n  # kept\n  PASS = 2, # gone\n  b = 3,\n}",
            "{\n  a = 1, # a\n  # kept\n  b = 3,\n}",
        ),
        ("{\n  a = 1,\n  PASS = 2\n}", "{\n  a = 1\n}"),
        ("{\n  a = 1, # a\n  PASS = 2 # gone\n}", "{\n  a = 1 # a\n}"),
    ] {
        let fix = super::Fix::remove_key(&["databases", "default", "OPTIONS", "PASS"]);
        assert_eq!(
            apply(&database(before), [&fix].into_iter()),
            Some(database(after)),
            "{before}"
        );
    }
    for (before, after) in [
        ("{ a = 1 }", "{ a = 1, c = true }"),
        ("{a = 1}", "{a = 1, c = true}"),
        ("{\n  a = 1, # a\n}", "{\n  a = 1, c = true, # a\n}"),
        ("{ c = false } ", "{ c = true } "),
        ("{ a = 1, PASS = 2 }", "{ a = 1, c = true }"),
    ] {
        let mut fix = super::Fix::set_key(&["databases", "default", "OPTIONS", "c"], "true");
        let gone = super::Fix::remove_key(&["databases", "default", "OPTIONS", "PASS"]);
        fix.edits.extend(gone.edits);
        assert_eq!(
            apply(&database(before), [&fix].into_iter()),
            Some(database(after)),
            "{before}"
        );
    }
}

#[test]
fn a_layer_without_the_database_gets_a_table() {
    let text = MS.replace("sql.shop.example", "localhost")
        + "\n[profiles.dev]\nextends = []\n\n[profiles.prod.env]\nA = \"b\"\n";
    let mut fix = super::Fix::set_key(&["databases", "default", "PORT"], "1433");
    fix.edits[0].target = super::Target::Profile("prod".to_owned());
    assert_eq!(
        apply(&text, [&fix].into_iter()).unwrap(),
        format!("{text}\n[profiles.prod.databases.default]\nPORT = 1433\n")
    );
}

#[test]
fn no_way_gets_half_of_a_change() {
    let text = "[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nHOST = \"db.shop.example\"\nUSER = \"shop_app\"\nPASSWORD = \"${env://P}\"\nOPTIONS.sslmode = \"require\"\n\n[profiles.dev.databases.default]\nHOST = \"localhost\"\nOPTIONS.sslmode = \"disable\"\n";
    // Development would get an authority, which libpq refuses beside a mode that looks at none.
    assert_eq!(mended(text, &[], "PG004"), None);
    let prod = format!("{text}\n[profiles.prod.databases.default.OPTIONS]\nkeepalives = 1\n");
    assert_eq!(
        mended(&prod, &[], "PG004").unwrap(),
        format!("{prod}sslmode = \"verify-full\"\nsslrootcert = \"system\"\n")
    );
}
