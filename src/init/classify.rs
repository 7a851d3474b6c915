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

/// Last words of names of what lets somebody in; a scan, which has to be sure, does not go by them.
const LETS_IN: &[&str] = &[
    "AUTH", "BEARER", "COOKIE", "LOGIN", "OTP", "PASS", "PIN", "PINCODE", "PW", "UNLOCK", "WEBHOOK",
];

/// A value this long is nobody's word: where it stands in another text, that is told too.
const LONG: usize = 8;

/// Whether `value` is to be kept in a store. An empty text never is.
pub(super) fn is_secret(detector: &Detector, name: &str, value: &str) -> bool {
    let is_strong = words::bearing(name).is_some_and(|bearing| bearing.is_strong);
    if value.is_empty() || is_word_of_switches(value) || is_small(value) && !is_strong {
        return false;
    }
    is_secret_name(name)
        || value.contains(['\n', '\r', '\0'])
        || is_url_with_secret(value)
        || names_password(value)
        || is_found(detector, name, value)
        || is_odd(name, value)
}

/// Whether a name says that it holds a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let is_key = name.ends_with("_KEY") && !OPEN.iter().any(|word| name.contains(word));
    let last = name.rsplit('_').next().unwrap_or(name).to_ascii_uppercase();
    words::bearing(name).is_some()
        || is_key
        || LETS_IN.contains(&last.as_str())
        || name.len() > 2 && last.ends_with("PW")
        // Django's admin hides behind its path where that has a variable.
        || name.ends_with("ADMIN_URL")
        || name.ends_with("DATABASE_URL")
        || name.ends_with("_DSN")
}

/// Whether a text has a password in it by that name, as a connection string does: `Server=db;Pwd=word`.
pub(super) fn names_password(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["pwd=", "password=", "accountkey=", "sharedaccesskey="]
        .iter()
        .flat_map(|name| {
            lower
                .match_indices(name)
                .map(move |(at, _)| at + name.len())
        })
        .any(|at| !lower[at..].starts_with([';', ' ', '&', '$', '{', '%']) && at < lower.len())
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

/// Whether a value gives itself away where it stands in another text: long, and no word. `postgres` is a password, a user,
/// a host and a part of Django's names.
pub(super) fn is_telling(value: &str) -> bool {
    value.len() >= LONG && !is_word(value)
}

fn is_word(value: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_');
    value.len() <= 24 && value.bytes().all(is_letter)
}

/// Whether a secret is a part of a text: one that is a word counts in the place of a password alone, `user:word` or
/// `Password=word`.
pub(super) fn stands_in(secret: &str, text: &str) -> bool {
    if secret.len() < LONG {
        return false;
    }
    is_telling(secret) && text.contains(secret)
        || text.match_indices(secret).any(|(at, _)| {
            let after = &text[at + secret.len()..];
            text[..at].ends_with([':', '='])
                && !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        })
}

/// The value that turns `DEBUG` off, in the words that turn it on, where a variable is that and is on.
pub(super) fn off(name: &str, value: &str) -> Option<&'static str> {
    let is_debug = name == "DEBUG" || name == "DJANGO_DEBUG" || name == "TEMPLATE_DEBUG";
    let off = match value {
        "1" => "0",
        "True" => "False",
        "on" => "off",
        "yes" => "no",
        other => match other.to_ascii_lowercase().as_str() {
            "true" | "t" | "y" | "on" | "yes" => "false",
            _ => return None,
        },
    };
    is_debug.then_some(off)
}

/// `True`, `off`: nothing that is kept secret.
fn is_word_of_switches(value: &str) -> bool {
    matches!(
        value.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "none" | "null"
    )
}

/// `3`, `0.5`: a number that is somebody's password where a name says so.
fn is_small(value: &str) -> bool {
    value.len() <= 3
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
            ("DB_PASSWORD", "123", true),
            ("TOKEN_COUNT", "3", false),
            ("FLOWER_AUTH", "debugger:swordfish", true),
            ("ADMIN_PIN", "4711", true),
            ("CONNECTION", "Server=db;User=shop;Pwd=word;", true),
            ("MYPW", "letmein", true),
            ("DJANGO_ADMIN_URL", "back-door/", true),
            ("POSTGRES_HOST_AUTH_METHOD", "trust", false),
            ("USE_AUTH", "yes", false),
            ("SENTRY_DSN", "https://sentry.example.com/1", true),
        ] {
            assert_eq!(is_secret(&detector, name, value), is, "{name}");
        }
    }

    #[test]
    fn a_password_has_its_name_before_it() {
        for (text, is) in [
            ("Server=db;Pwd=word", true),
            ("PASSWORD=a b", true),
            ("Pwd=;Server=db", false),
            ("Password=", false),
            ("Password=${DB_PASSWORD}", false),
        ] {
            assert_eq!(names_password(text), is, "{text}");
        }
    }

    #[test]
    fn a_word_is_told_from_a_value_that_gives_itself_away() {
        for (secret, text, is) in [
            ("postgres", "postgres", false),
            ("postgres", "${env://USER:-postgres}", false),
            ("postgres", "django.db.backends.postgresql", false),
            ("password", "${secrets://database-password}", false),
            ("swordfish", "debugger:swordfish", true),
            ("swordfish", "Server=db;Password=swordfish;", true),
            ("swordfish", "image:swordfish-2", false),
            ("Sw0rdfish", "say Sw0rdfish!", true),
            ("short", "a:short", false),
        ] {
            assert_eq!(stands_in(secret, text), is, "{secret} in {text}");
        }
    }

    #[test]
    fn debug_is_turned_off_in_the_words_that_turn_it_on() {
        for (name, value, expected) in [
            ("DEBUG", "True", Some("False")),
            ("DEBUG", "true", Some("false")),
            ("DJANGO_DEBUG", "1", Some("0")),
            ("DEBUG", "on", Some("off")),
            ("DEBUG", "False", None),
            ("DEBUG", "*", None),
            ("DEBUG_TOOLBAR", "True", None),
        ] {
            assert_eq!(off(name, value), expected, "{name}={value}");
        }
    }
}
