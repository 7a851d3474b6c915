//! The rules for PostgreSQL, each with what it is found in and the nearest that it is not found in.

mod files;
mod login;
mod relatives;
mod tls;
mod unsaid;
mod values;

/// What most cases begin with: a server elsewhere, and a password.
const BASE: &str = r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
"#;

/// The same with a server.
const REMOTE: &str = r#"[databases.default]
ENGINE = "postgresql"
NAME = "shop"
USER = "shop_app"
PASSWORD = "${env://DB_PASSWORD}"
HOST = "db.shop.example"
"#;

fn findings(text: &str) -> Vec<&'static str> {
    let mut ids = crate::check::testing::ids(text);
    // What is good advice for every login by password.
    ids.retain(|id| !["PG009", "PG011"].contains(id));
    ids
}
