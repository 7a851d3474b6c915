//! Connection strings made of keys: ODBC and ADO (`SERVER=…;PWD=…`), JDBC, libpq (`host=… password=…`), URLs whose password
//! is a parameter.

use super::{
    Candidate, Validation,
    decode::offset_of,
    password::look,
    url::{host_of, is_reserved, weigh},
};

/// Keys that only a connection string has beside its password, by what ends an entry.
const SERVER_KEYS: &[&[u8]] = &[
    b"server",
    b"data source",
    b"datasource",
    b"host",
    b"hostname",
    b"addr",
    b"address",
    b"network address",
    b"driver",
    b"dsn",
    b"uid",
    b"user id",
    b"userid",
    b"user",
    b"username",
    b"initial catalog",
    b"database",
    b"dbq",
    b"dbname",
    b"provider",
    b"endpoint",
    b"hostaddr",
];
/// Keys of libpq: without `username`, which is a keyword argument elsewhere.
const LIBPQ_KEYS: &[&[u8]] = &[
    b"host",
    b"hostaddr",
    b"dbname",
    b"user",
    b"port",
    b"sslmode",
    b"service",
];
/// Those that name the machine.
const HOST_KEYS: &[&[u8]] = &[
    b"server",
    b"data source",
    b"datasource",
    b"host",
    b"hostname",
    b"hostaddr",
    b"addr",
    b"address",
    b"endpoint",
];

/// `PWD=…` among entries that end with `;`.
pub(crate) fn odbc(candidate: &Candidate<'_>) -> Validation {
    judge(candidate, b';', SERVER_KEYS)
}

/// `password=…` among entries that end with a space.
pub(crate) fn libpq(candidate: &Candidate<'_>) -> Validation {
    judge(candidate, b' ', LIBPQ_KEYS)
}

/// A password that is a parameter of a URL: the host stands after `://`.
pub(crate) fn url_parameter(candidate: &Candidate<'_>) -> Validation {
    let host = candidate
        .matched
        .windows(3)
        .position(|window| window == b"://")
        .map(|at| host_of(&candidate.matched[at + 3..]))
        .unwrap_or_default();
    if is_reserved(&host) {
        return Validation::Example("its host is reserved for examples");
    }
    weigh(look(candidate.secret), &host)
}

fn judge(candidate: &Candidate<'_>, end: u8, companions: &[&[u8]]) -> Validation {
    let text = around(candidate);
    if !text.contains(&end) {
        return Validation::NotSecret;
    }
    let mut is_connection = false;
    let mut host = String::new();
    for entry in text.split(|&byte| byte == end) {
        let mut sides = entry.splitn(2, |&byte| byte == b'=');
        let (Some(key), Some(value)) = (sides.next(), sides.next()) else {
            continue;
        };
        let key = key.trim_ascii().to_ascii_lowercase();
        let names = |names: &[&[u8]]| {
            names
                .iter()
                .any(|name| key == *name || ends_with_word(&key, name))
        };
        // `user=name, password=name` are arguments of a call.
        is_connection |= names(companions) && (end == b';' || !value.ends_with(b","));
        if host.is_empty() && names(HOST_KEYS) {
            let value = value.trim_ascii();
            host = host_of(value.strip_prefix(b"tcp:").unwrap_or(value));
        }
    }
    if !is_connection {
        return Validation::NotSecret;
    }
    if is_reserved(&host) {
        return Validation::Example("its host is reserved for examples");
    }
    // Without a host the driver's own file has it: as good as any other machine.
    let host = if host.is_empty() { "elsewhere." } else { &host };
    weigh(look(candidate.secret), host)
}

/// `"… Server`: what came before the string's own first key.
fn ends_with_word(key: &[u8], name: &[u8]) -> bool {
    key.strip_suffix(name).is_some_and(|rest| {
        rest.last()
            .is_some_and(|before| !before.is_ascii_alphanumeric() && *before != b'_')
    })
}

/// How far a connection string goes to either side of its password, in bytes: a window may be as long as its text.
const REACH: usize = 512;

/// The quoted string around the password, as far as it can be seen.
fn around<'a>(candidate: &Candidate<'a>) -> &'a [u8] {
    let window = candidate.window;
    let Some(start) = offset_of(candidate.matched, window) else {
        return window;
    };
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'`' | b'\n' | b'<' | b'>');
    let least = start.saturating_sub(REACH);
    let from = window[least..start]
        .iter()
        .rposition(is_quote)
        .map_or(least, |at| least + at + 1);
    let after = start + candidate.matched.len();
    let most = after.saturating_add(REACH).min(window.len());
    let to = window[after..most]
        .iter()
        .position(is_quote)
        .map_or(most, |at| after + at);
    &window[from..to]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate<'a>(window: &'a str, matched: &str, secret: &'a str) -> Candidate<'a> {
        let start = window.find(matched).expect("within");
        Candidate {
            secret: secret.as_bytes(),
            matched: &window.as_bytes()[start..start + matched.len()],
            window: window.as_bytes(),
        }
    }

    fn odbc_of(before: &str, secret: &str, after: &str) -> Validation {
        let window = format!("conn = \"{before}PWD={secret}{after}\"");
        odbc(&candidate(&window, &format!("PWD={secret}"), secret))
    }

    #[test]
    fn a_password_beside_a_server_is_one() {
        assert_eq!(
            odbc_of(
                "DRIVER={SQL Server};SERVER=tcp:db.shop.internal,1433;UID=shop;",
                "x7Kq9Lm2Pw4z",
                ";Encrypt=yes"
            ),
            Validation::Valid("it looks random")
        );
        assert_eq!(
            odbc_of("", "x7Kq9Lm2Pw4z", ";Data Source=db.shop.internal"),
            Validation::Valid("it looks random")
        );
        assert_eq!(
            odbc_of("DSN=shop;UID=shop;", "sunshine", ""),
            Validation::Unknown
        );
        assert!(matches!(
            odbc_of("Server=localhost;", "sunshine", ""),
            Validation::Invalid(_)
        ));
        assert!(matches!(
            odbc_of("Server=db.example.com;", "x7Kq9Lm2Pw4z", ""),
            Validation::Example(_)
        ));
        assert_eq!(
            odbc_of("Server=db.shop.internal;", "{password}", ""),
            Validation::NotSecret
        );
        assert_eq!(
            odbc_of("cd /tmp; ", "x7Kq9Lm2Pw4z", "; ls"),
            Validation::NotSecret
        );
    }

    #[test]
    fn libpq_separates_by_spaces() {
        let judge = |before: &str, after: &str| {
            let matched = ["password", "sunshine"].join("=");
            let window = format!("\"{before}{matched}{after}\"");
            libpq(&candidate(&window, &matched, "sunshine"))
        };
        assert_eq!(
            judge("host=db.shop.internal user=shop ", ""),
            Validation::Unknown
        );
        assert_eq!(judge("", " host=db.shop.internal"), Validation::Unknown);
        assert_eq!(
            judge("user=bob, ", ""),
            Validation::NotSecret,
            "arguments of a call"
        );
        assert_eq!(judge("form ", ""), Validation::NotSecret);
    }

    #[test]
    fn a_parameter_of_a_url_has_its_host() {
        let judge = |host: &str| {
            let url = format!("jdbc:postgresql://{host}/shop?password={}", "x7Kq9Lm2Pw4z");
            url_parameter(&Candidate {
                secret: b"x7Kq9Lm2Pw4z",
                matched: url.as_bytes(),
                window: url.as_bytes(),
            })
        };
        assert_eq!(
            judge("db.shop.internal"),
            Validation::Valid("it looks random")
        );
        assert_eq!(judge("localhost"), Validation::Unknown);
    }
}
