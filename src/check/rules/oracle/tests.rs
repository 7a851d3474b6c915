//! The rules for Oracle, each with what it is found in and the nearest that it is not found in.

use crate::{
    check::testing::{fixed, holds, severity},
    finding::Severity,
};

const BASE: &str =
    "[databases.default]\nENGINE = \"oracle\"\nUSER = \"app\"\nPASSWORD = \"${env://P}\"\n";

fn dsn(text: &str) -> String {
    format!("NAME = '{text}'\n")
}

#[test]
fn host_and_port_go_together() {
    holds(
        "OR001",
        BASE,
        &[
            "NAME = \"shop\"\nHOST = \"db\"",
            "NAME = \"shop\"\nHOST = \"db\"\nPORT = \"\"",
            "NAME = \"shop\"\nHOST = \"${env://H}\"",
            "NAME = \"shop\"\nPORT = 1521",
            "NAME = \"shop\"\nPORT = \"1521\"\nHOST = \"\"",
            "![databases.a]\nurl = \"oracle://u:${env://P}@db/shop\"",
            "![databases.a]\nENGINE = \"oraclegis\"\nNAME = \"shop\"\nHOST = \"db\"",
        ],
        &[
            "NAME = \"shop\"",
            "NAME = \"shop\"\nHOST = \"db\"\nPORT = 1521",
            "NAME = \"shop\"\nHOST = \"db\"\nPORT = \"${env://PORT}\"",
            "NAME = \"shop\"\nHOST = \"\"\nPORT = \"\"",
            "![databases.a]\nurl = \"oracle://u@db:1521/shop\"",
            "![databases.a]\nurl_style = \"django-environ\"\nurl = \"oracle://u@tns_name/\"",
            "![databases.a]\nurl = \"${env://U}\"\nENGINE = \"oracle\"\nHOST = \"db\"",
            "![databases.a]\nfrom = \"${env://L}\"\nENGINE = \"oracle\"\nHOST = \"db\"",
            "![databases.a]\nENGINE = \"postgresql\"\nHOST = \"db\"",
        ],
    );
    let text = format!("{BASE}NAME = \"shop\"\nHOST = \"db\"\n");
    assert!(fixed(&text, "OR001").is_none());
}

#[test]
fn connections_without_tls() {
    let descriptor = |protocol: &str, host: &str| {
        dsn(&format!(
            "(DESCRIPTION=(ADDRESS=(PROTOCOL={protocol})(HOST={host})(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=shop)))"
        ))
    };
    holds(
        "OR002",
        BASE,
        &[
            &descriptor("TCP", "db.shop.example"),
            &descriptor("tcp", "10.1.2.3"),
            "NAME = \"shop\"\nOPTIONS = { dsn = \"db.shop.example:1521/shop\" }",
            "NAME = \"shop\"\nPORT = \"${env://P}\"\nOPTIONS = { dsn = \"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=db)(PORT=1521)))\" }",
            &dsn("( description = (address = ( protocol = tcp ) (host = db) (port = 1521)) )"),
            &dsn(
                "(DESCRIPTION=(ADDRESS_LIST=(ADDRESS=(PROTOCOL=TCPS)(HOST=a))(ADDRESS=(PROTOCOL=TCP)(HOST=b))))",
            ),
            &dsn("(DESCRIPTION=(ADDRESS=(HOST=db)(PORT=1521)))"),
            &dsn("db.shop.example:1521/shop"),
            &dsn("//db/shop"),
            &dsn("tcp://db:1521/shop"),
            &dsn("TCP://db,localhost:1521/shop"),
            "NAME = \"shop\"\nHOST = \"db\"\nPORT = 1521",
            "NAME = \"shop\"\nHOST = \"${env://H}\"\nPORT = 1521",
            "![databases.a]\nurl = \"oracle://u@db:1521/shop\"",
        ],
        &[
            &descriptor("TCPS", "db.shop.example"),
            &descriptor("tcps", "db.shop.example"),
            &descriptor("TCP", "localhost"),
            &descriptor("TCP", "127.0.0.1"),
            &descriptor("IPC", "db"),
            &dsn("tcps://db:2484/shop"),
            &dsn("TCPS://db:2484/shop?wallet_location=/run/wallet"),
            &dsn("localhost:1521/shop"),
            &dsn("[::1]:1521/shop"),
            &dsn("shop_high"),
            &dsn("shop.example"),
            "NAME = \"${env://DSN}\"",
            "NAME = \"shop\"\nHOST = \"localhost\"\nPORT = 1521",
            "NAME = \"shop\"\nPORT = 1521",
            "![databases.a]\nfrom = \"${env://L}\"\nENGINE = \"oracle\"",
            &format!("TEST = {{ NAME = \"db:1521/shop\" }}\n{}", dsn("shop_high")),
        ],
    );
    let text = format!(
        "{BASE}{}[profiles.dev.databases.default]\nNAME = \"db:1521/shop\"\n",
        dsn("shop_high")
    );
    assert_eq!(severity("OR002", &text, &["dev"]), Some(Severity::Advice));
    let text = format!("{BASE}{}", dsn("db:1521/shop"));
    assert_eq!(severity("OR002", &text, &[]), Some(Severity::Error));
}

#[test]
fn names_that_are_not_checked() {
    let tls = dsn("tcps://db.shop.example:2484/shop");
    let with = |value: &str| format!("{tls}OPTIONS = {{ ssl_server_dn_match = {value} }}\n");
    holds(
        "OR003",
        BASE,
        &[
            &with("false"),
            &with("\"false\""),
            &with("\"OFF\""),
            &with("\"no\""),
            &with("0"),
            &with("false").replace(&tls, &dsn("shop_high")),
            &dsn("tcps://db.shop.example:2484/shop?ssl_server_dn_match=off"),
            &dsn(
                "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCPS)(HOST=db))(SECURITY=(SSL_SERVER_DN_MATCH=NO)))",
            ),
            &dsn(
                "(DESCRIPTION=(ADDRESS_LIST=(ADDRESS=(PROTOCOL=TCPS)(HOST=a))(ADDRESS=(PROTOCOL=TCP)(HOST=b)))(SECURITY=(SSL_SERVER_DN_MATCH=NO)))",
            ),
        ],
        &[
            "![databases.a]\nurl = \"oracle://u@db:1521/shop?ssl_server_dn_match=false\"",
            &with("false").replace("tcps:", "tcp:"),
            &dsn("db.shop.example:1521/shop?ssl_server_dn_match=off"),
            &tls,
            &with("true"),
            &with("\"yes\""),
            &with("1"),
            &with("\"${env://M}\""),
            &with("false").replace("db.shop.example", "localhost"),
            &dsn("tcps://db.shop.example:2484/shop?ssl_server_dn_match=on"),
            &dsn(
                "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCPS)(HOST=db))(SECURITY=(SSL_SERVER_DN_MATCH=YES)))",
            ),
            "![databases.a]\nENGINE = \"postgresql\"\nOPTIONS = { ssl_server_dn_match = false }",
        ],
    );
    let text = format!("{BASE}{}", with("false"));
    assert_eq!(
        fixed(&text, "OR003").unwrap(),
        format!("{BASE}{}", with("true"))
    );
}

#[test]
fn administrators() {
    let user = |name: &str| {
        format!("![databases.a]\nENGINE = \"oracle\"\nNAME = \"shop_high\"\nUSER = \"{name}\"\n")
    };
    holds(
        "OR004",
        "",
        &[
            &user("sys"),
            &user("SYSTEM"),
            &user("system[shop]"),
            &user("\\\"SYS\\\""),
            &user("ADMIN"),
            &user("${env://U:-system}"),
            "![databases.a]\nurl = \"oracle://system:${env://P}@localhost:1521/shop\"",
        ],
        &[
            &user("shop_app"),
            &user("system_of_shop"),
            &user("shop[system]"),
            &user("${env://U}"),
            &user("app").replace("USER", "TEST = { USER = \"system\" }\nUSER"),
            &user("system").replace("oracle", "postgresql"),
        ],
    );
    let of = |name: &str| severity("OR004", &user(name)[1..], &[]);
    assert_eq!(of("system"), Some(Severity::Error));
    assert_eq!(of("admin"), Some(Severity::Warning));
    let text = format!(
        "{}[profiles.test.databases.a]\nUSER = \"system\"\n",
        &user("app")[1..]
    );
    assert_eq!(severity("OR004", &text, &["test"]), Some(Severity::Advice));
}
