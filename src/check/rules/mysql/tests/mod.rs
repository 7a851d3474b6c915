//! The rules for MySQL and MariaDB, each with what it is found in and the nearest that it is not found in.

mod options;
mod tls;

const BASE: &str = r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
"#;

const REMOTE: &str = r#"[databases.default]
ENGINE = "mysql"
NAME = "shop"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
HOST = "db.shop.example"
"#;

const CA: &str = "ssl = { ca = \"/ca.pem\" }";

fn option(text: &str) -> String {
    format!("OPTIONS = {{ {text} }}")
}
