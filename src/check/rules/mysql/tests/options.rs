//! MY006 to MY009, and MY011.

use super::{BASE, REMOTE, option};
use crate::{
    check::testing::{Around, fixed, found, holds, ids, resolved, severity},
    finding::Severity,
};

#[test]
fn types_that_the_driver_does_not_take() {
    holds(
        "MY006",
        BASE,
        &[
            &option("connect_timeout = \"5\""),
            &option("connect_timeout = 5.5"),
            &option("read_timeout = \"soon\""),
            &option("write_timeout = []"),
            &option("ssl = \"true\""),
            &option("ssl = \"/ca.pem\""),
            &option("ssl = 1"),
            &option("ssl = [\"/ca.pem\"]"),
            &option("ssl_mode = \"verify_identity\""),
            &option("ssl_mode = \"VERIFY-IDENTITY\""),
            &option("ssl_mode = \"\""),
            &option("ssl_mode = true"),
            "![databases.a]\nurl_style = \"django-environ\"\nurl = \"mysql://u@localhost/shop?ssl=true\"",
        ],
        &[
            &option("connect_timeout = 5"),
            &option("connect_timeout = \"${env://T}\""),
            &option("connect_timeout = true"),
            &option("ssl = true"),
            &option("ssl = { ca = \"/ca.pem\" }"),
            &option("ssl = \"${env://S}\""),
            &option("ssl_mode = \"VERIFY_IDENTITY\""),
            &option("ssl_mode = \"${env://M}\""),
            "![databases.a]\nurl = \"mysql://u@localhost/shop?connect_timeout=5&ssl=true\"",
            "![databases.a]\nENGINE = \"postgresql\"\nOPTIONS = { connect_timeout = \"5\" }",
        ],
    );
    let text = format!(
        "{BASE}{}\n",
        option("connect_timeout = \"5\", ssl_mode = \"required\"")
    );
    assert_eq!(
        fixed(&text, "MY006").unwrap(),
        format!(
            "{BASE}{}\n",
            option("connect_timeout = 5, ssl_mode = \"REQUIRED\"")
        )
    );
    let null = resolved(BASE, "{\"HOST\":null}");
    assert!(null.iter().any(|one| one.rule.id == "MY006"));
}

#[test]
fn administrators() {
    let user = |name: &str| format!("![databases.a]\nENGINE = \"mysql\"\nUSER = \"{name}\"\n");
    holds(
        "MY007",
        "",
        &[
            &user("root"),
            &user("ROOT"),
            &user("admin"),
            &user("rdsadmin"),
            &user("mysql"),
            &user("mysql.sys"),
            &user("root@shop"),
            "![databases.a]\nENGINE = \"mysql\"\nUSER = \"app\"\nOPTIONS = { user = \"root\" }",
            "![databases.a]\nurl = \"mysql://root:${env://P}@localhost/shop\"",
        ],
        &[
            &user("shop_app"),
            &user("root_of_shop"),
            &user("${env://U}"),
            &user(""),
            &user("root").replace("\"mysql\"", "\"postgresql\""),
            "![databases.a]\nENGINE = \"mysql\"\nUSER = \"root\"\nOPTIONS = { user = \"app\" }",
            "![databases.a]\nENGINE = \"mysql\"\nUSER = \"app\"\nTEST = { USER = \"root\" }",
        ],
    );
    let at = |name: &str, profile: &str| {
        let text = format!(
            "{}[profiles.{profile}.databases.a]\nHOST = \"h\"\n",
            &user(name)[1..]
        );
        severity("MY007", &text, &[profile])
    };
    assert_eq!(at("root", "prod"), Some(Severity::Error));
    assert_eq!(at("admin", "prod"), Some(Severity::Warning));
    assert_eq!(at("root", "dev"), Some(Severity::Advice));
}

#[test]
fn files_that_the_server_may_ask_for() {
    holds(
        "MY008",
        BASE,
        &[
            &option("local_infile = true"),
            &option("local_infile = 1"),
            &option("local_infile = \"1\""),
            &option("local_infile = \"ON\""),
            "HOST = \"localhost\"\nOPTIONS = { local_infile = true }",
            "![databases.a]\nurl = \"mysql://u@localhost/shop?local_infile=1\"",
        ],
        &[
            &option("local_infile = false"),
            &option("local_infile = 0"),
            &option("local_infile = \"0\""),
            &option("local_infile = \"${env://L}\""),
            "",
            "![databases.a]\nENGINE = \"postgresql\"\nOPTIONS = { local_infile = true }",
        ],
    );
    let text = format!(
        "{BASE}{}\n",
        option("local_infile = true, charset = \"utf8mb4\"")
    );
    assert_eq!(
        fixed(&text, "MY008").unwrap(),
        text.replace("= true", "= false")
    );
    let url = "[databases.a]\nurl = \"mysql://u@localhost/shop?local_infile=1\"\n";
    assert_eq!(
        fixed(url, "MY008").unwrap(),
        format!("{url}OPTIONS = {{ local_infile = false }}\n")
    );
}

#[test]
fn option_files() {
    let around = Around::new();
    let found = |mode: u32, content: &str| {
        around.file("my.cnf", mode, content);
        let text = format!("{BASE}{}\n", option("read_default_file = \"my.cnf\""));
        let found = around.found(&text, "MY009");
        for one in &found {
            let said = format!("{:?} {:?}", one.notes, one.remedy);
            assert!(!said.contains("hunter2"), "{said}");
        }
        found.iter().map(|one| one.severity).collect::<Vec<_>>()
    };
    let with_password = "[client]\npassword = \"hunter2\"\n";
    assert_eq!(found(0o644, with_password), [Severity::Error]);
    assert_eq!(
        found(0o640, "[client]\npassword=hunter2\n"),
        [Severity::Error]
    );
    assert_eq!(found(0o602, with_password), [Severity::Error]);
    assert_eq!(found(0o600, with_password), []);
    assert_eq!(found(0o400, with_password), []);
    assert_eq!(
        found(0o644, "[client]\nssl-ca=/ca.pem\n# password=hunter2\n"),
        []
    );
    assert_eq!(found(0o644, "[client]\npassword=\n"), []);
    let long = |length: usize| format!("[client]\npassword={}\n", "x".repeat(length));
    assert_eq!(found(0o600, &long(4090)), [Severity::Warning]);
    assert_eq!(found(0o600, &long(4085)), []);
    assert_eq!(found(0o644, &long(5000)), [Severity::Error]);
    assert_eq!(found(0o600, &format!("# {}\n", "x".repeat(5000))), []);
    let elsewhere = format!(
        "{BASE}{}\n",
        option("read_default_file = \"/srv/no-such/my.cnf\"")
    );
    assert!(around.found(&elsewhere, "MY009").is_empty());
}

#[test]
fn modes_that_are_not_strict() {
    let command = |text: &str| option(&format!("init_command = \"{text}\""));
    holds(
        "MY011",
        BASE,
        &[
            &command("SET sql_mode=''"),
            &command("SET sql_mode='ANSI_QUOTES,NO_ZERO_DATE'"),
            &command("SET SESSION sql_mode = 'ANSI'"),
            &command("SET @@session.sql_mode := 'ANSI'"),
            &command("SET NAMES utf8mb4; set SQL_MODE=ANSI"),
            &command("SET sql_mode='', default_storage_engine=INNODB"),
            &command("SET sql_mode=(SELECT REPLACE(@@sql_mode,'STRICT_TRANS_TABLES',''))"),
            &option("sql_mode = \"\""),
            &option("sql_mode = \"ANSI_QUOTES\""),
        ],
        &[
            &command("SET sql_mode='STRICT_TRANS_TABLES'"),
            &command("SET sql_mode='ansi,strict_all_tables'"),
            &command("SET sql_mode=TRADITIONAL"),
            &command("SET sql_mode=DEFAULT"),
            &command("SET sql_mode=CONCAT(@@sql_mode, ',ANSI_QUOTES')"),
            &command("SET sql_mode=(SELECT CONCAT(@@sql_mode, ',ANSI_QUOTES'))"),
            &command("SET default_storage_engine=INNODB"),
            &command("${env://INIT}"),
            "",
            &option("sql_mode = \"TRADITIONAL\""),
            "![databases.a]\nENGINE = \"sqlite3\"\nOPTIONS = { init_command = \"SET sql_mode=''\" }",
        ],
    );
}

#[test]
fn the_last_mode_counts() {
    let with = |commands: &str| option(&format!("init_command = \"{commands}\""));
    holds(
        "MY011",
        BASE,
        &[&with(
            "SET sql_mode='STRICT_TRANS_TABLES'; SET sql_mode='ANSI'",
        )],
        &[&with("SET sql_mode=''; SET sql_mode='STRICT_TRANS_TABLES'")],
    );
}

/// What the driver gets where a variable is missing; a default of this machine exempts from nothing.
#[test]
fn defaults_of_references_are_looked_at() {
    let with = |value: &str| {
        format!(
            "{REMOTE}{}\n",
            option(&format!("local_infile = \"{value}\""))
        )
    };
    let of = |text: &str| {
        let mut found = found(text, &[]);
        found.retain(|one| one.rule.id == "MY008");
        found
    };
    let sure = of(&with("1"));
    let default = of(&with("${env://L:-1}"));
    assert_eq!((sure.len(), default.len()), (1, 1));
    assert!(default[0].severity < sure[0].severity);
    assert!(default[0].fix.is_none());
    assert!(of(&with("${env://L:-0}")).is_empty());
    assert!(of(&with("${env://L}")).is_empty());
    for host in [
        "${env://H:-localhost}",
        "${env://H:-127.0.0.1}",
        "${env://H:-}",
    ] {
        let text = format!("{BASE}HOST = \"{host}\"\n");
        assert!(ids(&text).contains(&"MY001"), "{host}");
    }
}
