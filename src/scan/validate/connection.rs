//! Connection strings made of keys: ODBC and ADO (`SERVER=…;PWD=…`), JDBC, libpq (`host=… password=…`), URLs whose password
//! is a parameter.

use super::{
    Candidate, Validation,
    password::look,
    url::{host_of, is_reserved, weigh},
};

/// Keys that only a connection string has beside its password, by what ends an entry.
const SERVER_KEYS: &[&[u8]] = &[
    b"server", b"data source", b"datasource", b"host", b"hostname", b"addr", b"address", b"network address", b"driver", b"dsn", b"uid", b"user id", b"userid",
    b"user", b"username", b"initial catalog", b"database", b"dbq", b"dbname", b"provider", b"endpoint", b"hostaddr",
];
/// Those of them that name the machine.
const HOST_KEYS: &[&[u8]] = &[b"server", b"data source", b"datasource", b"host", b"hostname", b"hostaddr", b"addr", b"address", b"endpoint"];

/// `PWD=…` among entries that end with `;`.
pub(crate) fn odbc(candidate: &Candidate<'_>) -> Validation {
    judge(candidate, b';')
}

/// `password=…` among entries that end with a space.
pub(crate) fn libpq(candidate: &Candidate<'_>) -> Validation {
    judge(candidate, b' ')
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

fn judge(candidate: &Candidate<'_>, end: u8) -> Validation {
    let text = around(candidate);
    let mut is_connection = false;
    let mut host = String::new();
    for entry in text.split(|&byte| byte == end) {
        let mut sides = entry.splitn(2, |&byte| byte == b'=');
        let (Some(key), Some(value)) = (sides.next(), sides.next()) else {
            continue;
        };
        let key = key.trim_ascii().to_ascii_lowercase();
        let names = |names: &[&[u8]]| names.iter().any(|name| key == *name || ends_with_word(&key, name));
        is_connection |= names(SERVER_KEYS);
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
    key.strip_suffix(name).is_some_and(|rest| rest.last().is_some_and(|before| !before.is_ascii_alphanumeric() && *before != b'_'))
}

/// The quoted string around the password, as far as it can be seen.
fn around<'a>(candidate: &Candidate<'a>) -> &'a [u8] {
    let window = candidate.window;
    let Some(start) = window.windows(candidate.matched.len().max(1)).position(|part| part == candidate.matched) else {
        return window;
    };
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'`' | b'\n' | b'<' | b'>');
    let from = window[..start].iter().rposition(is_quote).map_or(0, |at| at + 1);
    let after = start + candidate.matched.len();
    let to = window[after..].iter().position(is_quote).map_or(window.len(), |at| after + at);
    &window[from..to]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odbc_of(before: &str, secret: &str, after: &str) -> Validation {
        let window = format!("conn = \"{before}PWD={secret}{after}\"");
        let matched = format!("PWD={secret}");
        odbc(&Candidate { secret: secret.as_bytes(), matched: matched.as_bytes(), window: window.as_bytes() })
    }

    #[test]
    fn a_password_beside_a_server_is_one() {
        assert_eq!(odbc_of("DRIVER={SQL Server};SERVER=tcp:db.shop.internal,1433;UID=shop;", "x7Kq9Lm2Pw4z", ";Encrypt=yes"), Validation::Valid("it looks random"));
        assert_eq!(odbc_of("", "x7Kq9Lm2Pw4z", ";Data Source=db.shop.internal"), Validation::Valid("it looks random"));
        assert_eq!(odbc_of("DSN=shop;UID=shop;", "sunshine", ""), Validation::Unknown);
        assert!(matches!(odbc_of("Server=localhost;", "sunshine", ""), Validation::Invalid(_)));
        assert!(matches!(odbc_of("Server=db.example.com;", "x7Kq9Lm2Pw4z", ""), Validation::Example(_)));
        assert_eq!(odbc_of("Server=db.shop.internal;", "{password}", ""), Validation::NotSecret);
        assert_eq!(odbc_of("cd /tmp; ", "x7Kq9Lm2Pw4z", "; ls"), Validation::NotSecret);
    }

    #[test]
    fn libpq_separates_by_spaces() {
        let judge = |window: &str, matched: &str, secret: &str| libpq(&Candidate { secret: secret.as_bytes(), matched: matched.as_bytes(), window: window.as_bytes() });
        assert_eq!(judge("\"host=db.shop.internal user=shop password=sunshine\"", "password=sunshine", "sunshine"), Validation::Unknown);
        assert_eq!(judge("form password=sunshine", "password=sunshine", "sunshine"), Validation::NotSecret);
    }

    #[test]
    fn a_parameter_of_a_url_has_its_host() {
        let judge = |url: &str| url_parameter(&Candidate { secret: b"x7Kq9Lm2Pw4z", matched: url.as_bytes(), window: url.as_bytes() });
        assert_eq!(judge("jdbc:postgresql://db.shop.internal/shop?password=x7Kq9Lm2Pw4z"), Validation::Valid("it looks random"));
        assert_eq!(judge("jdbc:postgresql://localhost/shop?password=x7Kq9Lm2Pw4z"), Validation::Unknown);
    }
}
