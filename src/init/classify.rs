//! Whether a variable's value is a secret: by its name, by what it looks like, by what the scan finds in it. In doubt it is.

use gix::bstr::BStr;

use crate::{
    finding::Confidence,
    scan::{
        detect::Detector,
        text::Text,
        words::{self, Look},
    },
};

/// Last words of names whose values are no secrets, whatever letters and digits they have.
const PLAIN: &[&str] = &[
    "HOST",
    "HOSTS",
    "HOSTNAME",
    "PORT",
    "USER",
    "USERNAME",
    "NAME",
    "DOMAIN",
    "DOMAINS",
    "ORIGIN",
    "ORIGINS",
    "REGION",
    "BUCKET",
    "EMAIL",
    "ADDRESS",
    "FROM",
    "VERSION",
    "LEVEL",
    "TIMEOUT",
    "AGE",
    "SIZE",
    "COUNT",
    "WORKERS",
    "THREADS",
    "DEBUG",
    "ENV",
    "ENVIRONMENT",
    "MODE",
    "STAGE",
    "PATH",
    "DIR",
    "ROOT",
    "FILE",
    "MODULE",
    "ENGINE",
    "BACKEND",
    "LANGUAGE",
    "LOCALE",
    "ZONE",
    "TZ",
    "CHARSET",
    "ENABLED",
    "DISABLED",
    "PREFIX",
    "SUFFIX",
    "DB",
    "DATABASE",
    "SCHEME",
    "PROTOCOL",
    "SENDER",
    "PROJECT",
    "SITE",
    "ENDPOINT",
    "RELEASE",
];

/// Words of keys that everybody may see.
const OPEN: &[&str] = &["PUBLIC", "PUBLISHABLE", "SITE_KEY", "CACHE", "PREFIX"];

/// Whether `value` is to be kept in a store. An empty text never is.
pub(super) fn is_secret(detector: &Detector, name: &str, value: &str) -> bool {
    if value.is_empty() || is_switch(value) {
        return false;
    }
    is_secret_name(name)
        || value.contains(['\n', '\r', '\0'])
        || is_url_with_secret(value)
        || is_found(detector, name, value)
        || is_odd(name, value)
}

/// Whether a name says that it holds a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let is_key = name.ends_with("_KEY") && !OPEN.iter().any(|word| name.contains(word));
    words::bearing(name).is_some()
        || is_key
        || name.ends_with("DATABASE_URL")
        || name.ends_with("_DSN")
}

/// Whether a text is a URL with a password, or with a user that is a token, as Sentry's are.
pub(super) fn has_password(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else {
        return false;
    };
    let is_token = scheme.starts_with("http") && user.len() >= 16;
    !text.contains(char::is_whitespace)
        && user
            .split_once(':')
            .map_or(is_token, |(_, password)| !password.is_empty())
}

/// `True`, `off`, `3`, `0.5`: nothing that is kept secret.
fn is_switch(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "none" | "null"
    ) || value.len() <= 3
        && value
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// A URL with a user or a query in it, or with a path as webhooks have one.
fn is_url_with_secret(value: &str) -> bool {
    value.split_once("://").is_some_and(|(_, rest)| {
        rest.contains(['@', '?'])
            || rest
                .split('/')
                .any(|part| words::look(part) == Look::Random)
    })
}

fn is_found(detector: &Detector, name: &str, value: &str) -> bool {
    let line = format!("{name}={value}\n");
    let path: &BStr = ".env".into();
    !detector
        .scan(&Text::new(path, line.as_bytes()), Confidence::Low)
        .is_empty()
}

/// What neither a name nor a usual shape excuses: letters with digits, or what a generator makes.
fn is_odd(name: &str, value: &str) -> bool {
    if words::look(value) == Look::Random {
        return true;
    }
    let last = name.rsplit('_').next().unwrap_or(name).to_ascii_uppercase();
    if PLAIN.contains(&last.as_str()) || is_number(value) || value.contains("://") {
        return false;
    }
    let is_word = |word: &str| {
        let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        letters == 0 && word.len() <= 8 || digits == 0 && letters <= 24 || word.contains('.')
    };
    value.len() > 256
        || !value
            .split([',', ' ', '/', ':', '-', '_', ';', '@', '='])
            .all(is_word)
}

fn is_number(value: &str) -> bool {
    value.len() <= 12 && value.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::rule;

    #[test]
    fn names_and_values_say_what_is_secret() {
        let detector = Detector::new(rule::built_in().into());
        for (name, value, is) in [
            ("DEBUG", "True", false),
            ("SECRET_KEY", "", false),
            ("PASSWORD_REQUIRED", "on", false),
            ("ALLOWED_HOSTS", "shop.example.com,localhost", false),
            ("DB_USER", "shop_app2", false),
            ("ENVIRONMENT", "production", false),
            ("LANGUAGE_CODE", "en-us", false),
            ("BASE_URL", "https://shop.example.com/", false),
            ("DB_PORT", "5432", false),
            ("DB_PASSWORD", "x", true),
            ("DATABASE_URL", "sqlite:///db.sqlite3", true),
            ("CELERY_BROKER_URL", "redis://:pw@cache/0", true),
            (
                "HOOK_URL",
                "https://chat.example.com/Kq7ZpX2vLm9RtY4wNb3G",
                true,
            ),
            ("ANYTHING", "hunter2", true),
            ("SENTRY_DSN", "https://sentry.example.com/1", true),
        ] {
            assert_eq!(is_secret(&detector, name, value), is, "{name}");
        }
    }
}
