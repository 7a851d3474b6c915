//! URLs with a password: who logs in where, and with what.

use gix::bstr::ByteSlice as _;

use super::{
    Candidate, Validation,
    password::{Look, look},
};

/// A password within `scheme://user:password@host`.
pub(crate) fn password(candidate: &Candidate<'_>) -> Validation {
    let look = look(candidate.secret);
    // A brace is no character of a URL, but of a template.
    let is_template = candidate
        .secret
        .iter()
        .any(|byte| matches!(byte, b'{' | b'}'));
    if look == Look::Reference || is_template || candidate.secret == b"x-oauth-basic" {
        return Validation::NotSecret;
    }
    let (user, host) = parties(candidate.matched);
    if user.eq_ignore_ascii_case(candidate.secret) || look == Look::Placeholder {
        return Validation::Example("a placeholder");
    }
    if is_reserved(&host) {
        return Validation::Example("its host is reserved for examples");
    }
    match weigh(look, &host) {
        Validation::Invalid(_) if is_neighbour(&host) && is_chosen(candidate.secret) => {
            Validation::Unknown
        }
        validation => validation,
    }
}

/// What the surest password is worth among the URLs of a text that stands nowhere as such: what base64 was of.
pub(crate) fn within(text: &[u8]) -> Option<Validation> {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`<>/?#\\".contains(byte);
    let validations = text.find_iter(b"://").take(URLS).filter_map(|mark| {
        let from = mark + 3;
        let length = text[from..].iter().position(ends);
        let authority = &text[from..length.map_or(text.len(), |length| from + length)];
        let login = &authority[..authority.rfind_byte(b'@')?];
        let colon = login.find_byte(b':')?;
        Some(password(&Candidate {
            secret: &login[colon + 1..],
            matched: &text[mark..from + authority.len()],
            window: authority,
        }))
    });
    validations.max_by_key(|validation| match validation {
        Validation::NotSecret => 0,
        Validation::Example(_) => 1,
        Validation::Invalid(_) => 2,
        Validation::Unknown => 3,
        Validation::Valid(_) => 4,
    })
}

/// How many URLs of one value are looked at.
const URLS: usize = 64;

/// A password at a host that is known to be somebody's: `?password=…` of a URL, `PWD=…` beside `SERVER=…`.
pub(super) fn weigh(look: Look, host: &str) -> Validation {
    match (look, is_local(host)) {
        (Look::Reference, _) => Validation::NotSecret,
        (Look::Placeholder, _) => Validation::Example("a placeholder"),
        (Look::Random, false) => Validation::Valid("it looks random"),
        (Look::Random, true) | (Look::Plain, false) => Validation::Unknown,
        (Look::Plain, true) => Validation::Invalid("a word, for a service on the same machine"),
    }
}

/// The user and the host of a URL, in lower case; without a port.
fn parties(url: &[u8]) -> (&[u8], String) {
    let start = url
        .windows(3)
        .position(|window| window == b"://")
        .map_or(0, |at| at + 3);
    let rest = &url[start..];
    let at = rest
        .iter()
        .rposition(|&byte| byte == b'@')
        .unwrap_or(rest.len());
    let user = rest[..at]
        .split(|&byte| byte == b':')
        .next()
        .unwrap_or_default();
    (user, host_of(rest.get(at + 1..).unwrap_or_default()))
}

/// The host at the start of a text, in lower case.
pub(super) fn host_of(text: &[u8]) -> String {
    let is_end = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    // An address of IPv6 stands in brackets, and none but the loopback's matters here.
    if text.starts_with(b"[::1]") {
        return "::1".to_owned();
    }
    let end = text.iter().position(is_end).unwrap_or(text.len());
    String::from_utf8_lossy(&text[..end]).to_ascii_lowercase()
}

/// Hosts that RFC 2606 and RFC 6761 keep free for documentation and tests.
pub(super) fn is_reserved(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    ["example", "test", "invalid"].iter().any(|name| {
        host == *name
            || host
                .strip_suffix(name)
                .is_some_and(|rest| rest.ends_with('.'))
    }) || ["example.com", "example.org", "example.net"]
        .iter()
        .any(|name| {
            host.strip_suffix(name)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
}

/// This machine, or a neighbour that has no name but its own (`db`): no secret of a word is lost there.
pub(super) fn is_local(host: &str) -> bool {
    !host.contains('.')
        || host.starts_with("127.")
        || host == "0.0.0.0"
        || host == "host.docker.internal"
        || host.ends_with(".localhost")
}

/// Another machine by its own name alone, as services have them in a compose file and in Kubernetes: `db`, `queue`.
fn is_neighbour(host: &str) -> bool {
    host.starts_with(|first: char| first.is_ascii_alphabetic())
        && !host.contains('.')
        && host != "localhost"
}

/// Whether somebody chose it with care, as nobody does for a machine of one's own: long, of letters and digits.
fn is_chosen(password: &[u8]) -> bool {
    password.len() >= 12
        && password.iter().any(u8::is_ascii_digit)
        && password
            .iter()
            .filter(|byte| byte.is_ascii_alphabetic())
            .count()
            >= 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(user: &str, secret: &str, host: &str) -> Validation {
        let url = format!("postgres://{user}:{secret}@{host}");
        password(&Candidate {
            secret: secret.as_bytes(),
            matched: url.as_bytes(),
            window: url.as_bytes(),
        })
    }

    #[test]
    fn a_random_password_at_a_host_is_certain() {
        assert_eq!(
            judge("shop", "x7Kq9Lm2Pw4z", "db.shop.internal:5432"),
            Validation::Valid("it looks random")
        );
        assert_eq!(
            judge("shop", "p@x7Kq9Lm2Pw4z", "db.shop.internal"),
            Validation::Valid("it looks random")
        );
        assert_eq!(
            judge("shop", "x7Kq9Lm2Pw4z", "localhost"),
            Validation::Unknown
        );
        assert_eq!(judge("shop", "sunshine", "10.0.0.7"), Validation::Unknown);
    }

    #[test]
    fn a_word_on_the_same_machine_is_less_so() {
        for host in [
            "localhost:5432",
            "127.0.0.1",
            "db",
            "[::1]:5432",
            "host.docker.internal",
        ] {
            assert!(
                matches!(judge("shop", "sunshine", host), Validation::Invalid(_)),
                "{host}"
            );
        }
    }

    #[test]
    fn a_neighbour_has_a_password_of_its_own() {
        for host in ["queue//", "db:5432/shop", "rabbit-mq"] {
            assert_eq!(
                judge("anna", "cedarkettle2004", host),
                Validation::Unknown,
                "{host}"
            );
            assert!(matches!(
                judge("anna", "kettle04", host),
                Validation::Invalid(_)
            ));
        }
        for host in [
            "localhost:5432",
            "127.0.0.1",
            "[::1]",
            "host.docker.internal",
        ] {
            assert!(
                matches!(
                    judge("anna", "cedarkettle2004", host),
                    Validation::Invalid(_)
                ),
                "{host}"
            );
        }
    }

    #[test]
    fn urls_are_found_in_a_decoded_text() {
        let random = format!("x7Kq9Lm2{}", "Pw4zRt8V");
        for (text, expected) in [
            (
                format!("postgres://web:{random}@db.shop.internal/s?a=b@c"),
                Some(Validation::Valid("it looks random")),
            ),
            (
                format!("A=redis://cache:6379\nB=smtp://me@shop.dev:{random}@mail.shop.dev\n"),
                Some(Validation::Valid("it looks random")),
            ),
            (
                "postgres://web:${PW}@db/s".to_owned(),
                Some(Validation::NotSecret),
            ),
            ("postgres://web@db:5432/s".to_owned(), None),
            ("https://shop.dev/a:b@c".to_owned(), None),
            ("://".to_owned(), None),
        ] {
            assert_eq!(within(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn placeholders_and_reserved_hosts_are_examples() {
        for (user, secret, host) in [
            ("postgres", "postgres", "10.0.0.7"),
            ("user", "password", "db.shop.internal"),
            ("user", "pass", "localhost"),
            ("shop", "x7Kq9Lm2Pw4z", "db.example.com"),
            ("shop", "x7Kq9Lm2Pw4z", "mail.example"),
        ] {
            assert!(
                matches!(judge(user, secret, host), Validation::Example(_)),
                "{user} {host}"
            );
        }
    }

    #[test]
    fn variables_are_no_secret() {
        for secret in ["${DB_PASSWORD}", "$PASS", "{password}", "%s", "%(pw)s"] {
            assert_eq!(
                judge("shop", secret, "db.shop.internal"),
                Validation::NotSecret
            );
        }
        assert_eq!(
            judge("t0ken", "x-oauth-basic", "github.com"),
            Validation::NotSecret
        );
    }

    #[test]
    fn only_whole_labels_are_reserved() {
        assert!(is_reserved("example") && is_reserved("a.test") && is_reserved("www.example.org"));
        assert!(!is_reserved("contest") && !is_reserved("myexample.com") && !is_reserved(""));
    }
}
