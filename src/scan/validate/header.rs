//! Credentials in HTTP headers.

use super::{
    Candidate, Validation,
    decode::base64,
    password::{Look, look},
    token,
};

/// `Authorization: Bearer …`. A JWT is its own rule's business.
pub(crate) fn bearer(candidate: &Candidate<'_>) -> Validation {
    let secret = candidate.secret;
    if secret.starts_with(b"eyJ") && secret.split(|&byte| byte == b'.').nth(2).is_some() {
        return Validation::NotSecret;
    }
    token::bare(candidate)
}

/// `Authorization: Basic …`: base64 of `user:password` (RFC 7617).
pub(crate) fn basic(candidate: &Candidate<'_>) -> Validation {
    let Some(decoded) = base64(candidate.secret) else {
        return Validation::NotSecret;
    };
    let Some(colon) = decoded.iter().position(|&byte| byte == b':') else {
        return Validation::NotSecret;
    };
    let (user, password) = (&decoded[..colon], &decoded[colon + 1..]);
    if decoded.iter().any(u8::is_ascii_control) || std::str::from_utf8(&decoded).is_err() {
        return Validation::NotSecret;
    }
    // Vendors that take an API key as the user's name leave the password empty, or have a word for it.
    let secret = if password.is_empty()
        || matches!(password, b"x" | b"X" | b"x-oauth-basic" | b"api_token")
    {
        user
    } else {
        password
    };
    if user == b"Aladdin" || user.eq_ignore_ascii_case(password) {
        return Validation::Example("the example of RFC 7617, or a user's name twice");
    }
    match look(secret) {
        Look::Reference => Validation::NotSecret,
        Look::Placeholder => Validation::Example("a placeholder"),
        Look::Plain | Look::Random => Validation::Valid("it decodes to a user and a password"),
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_STANDARD};

    use super::*;

    fn of(plain: &[u8]) -> Validation {
        let secret = BASE64_STANDARD.encode(plain);
        basic(&Candidate {
            secret: secret.as_bytes(),
            matched: b"",
            window: b"",
        })
    }

    #[test]
    fn basic_credentials_are_decoded() {
        assert_eq!(
            of(b"shop:x7Kq9Lm2Pw4z"),
            Validation::Valid("it decodes to a user and a password")
        );
        assert_eq!(
            of(b"x7Kq9Lm2Pw4z:"),
            Validation::Valid("it decodes to a user and a password")
        );
        assert!(matches!(of(b"Aladdin:open sesame"), Validation::Example(_)));
        assert!(matches!(of(b"user:password"), Validation::Example(_)));
        assert!(matches!(of(b"username:"), Validation::Example(_)));
        assert_eq!(of(b"no colon"), Validation::NotSecret);
        assert_eq!(of(b"\xff\x00:\x01"), Validation::NotSecret);
        assert_eq!(of(b"shop:{password}"), Validation::NotSecret);
    }

    #[test]
    fn a_jwt_is_left_to_its_own_rule() {
        let judge = |secret: &[u8]| {
            bearer(&Candidate {
                secret,
                matched: b"",
                window: b"",
            })
        };
        assert_eq!(
            judge(b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2ln"),
            Validation::NotSecret
        );
        assert_eq!(judge(b"x7Kq9Lm2Pw4z8s6d5f4g"), Validation::Unknown);
    }
}
