//! Pairs through the whole detector: what stands around a value must not hide it.

use std::borrow::Cow;

use super::*;
use crate::{
    finding::Confidence,
    scan::{detect::Detector, rule},
};

#[test]
fn what_is_sure_is_found_also_where_nothing_else_is_wanted() {
    let detector = Detector::new(Cow::Borrowed(rule::built_in()));
    let value = ["k3Jq9Zx7", "Lm2Pv8Rt"].concat();
    for (path, text) in [
        ("prod.yaml", format!("db_password: {value}\n")),
        ("app.properties", format!("db.password={value}\n")),
        ("main.tf", format!("password = \"{value}\"\n")),
    ] {
        let text = Text::new(path.into(), text.as_bytes());
        let all = detector.scan(&text, Confidence::Low);
        assert_eq!(all[0].confidence, Confidence::High, "{path}");
        assert_eq!(detector.scan(&text, Confidence::High), all, "{path}");
    }
}

/// What is found at the confidence that is shown.
fn found(path: &str, text: &str) -> usize {
    let detector = Detector::new(Cow::Borrowed(rule::built_in()));
    let text = Text::new(path.into(), text.as_bytes());
    detector.scan(&text, Confidence::Medium).len()
}

#[test]
fn what_stands_behind_a_value_does_not_hide_it() {
    let value = ["Kx8vQ2mZp7", "Lr4TnWd3"].concat();
    for (path, text) in [
        ("config", format!("db_password = {value}  # don't share\n")),
        ("config", format!("db_password: {value}  # the shop's\n")),
        (
            "notes.txt",
            format!("The db password: {value} (don't share it)\n"),
        ),
        ("notes.txt", format!("import os\npassword: {value}\n")),
        ("config", format!("FOO = {{\n}}\nDB_PASSWORD={value}\n")),
        (
            "a.js",
            "x = {\n  password: 'Sh0pPassword!2024',\n}\n".to_owned(),
        ),
        (
            "a.go",
            "Password: \"q7Zm2Xk9Lp4Rt8Vn_secret\",\n".to_owned(),
        ),
        ("a.py", "PASSWORD = \"kT9.x(Lq2!vB)7pWz4Rm\"\n".to_owned()),
        (".env", format!("DB_PASSWORD=SHA256:{value}\n")),
        (
            "a.py",
            format!("SECRET_KEY = 'q{value}1234567890abcdefZ91qq'\n"),
        ),
    ] {
        assert_eq!(found(path, &text), 1, "{path}: {text}");
    }
}

#[test]
fn what_is_read_elsewhere_is_no_secret() {
    for (path, text) in [
        ("config", "x_client_secret = os.Getenv(\"CLIENT_SECRET\")\n"),
        ("config", "db_password = secrets.get(name)\n"),
        (
            "notes.txt",
            "import os\npassword: os.environ[\"PASSWORD\"]\n",
        ),
        ("a.js", "client.setSecret(\"API_KEY\", \"password\")\n"),
    ] {
        assert_eq!(found(path, text), 0, "{path}: {text}");
    }
}
