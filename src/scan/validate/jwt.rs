//! JSON Web Tokens (RFC 7519): header and claims are read, the signature is only looked at for being there.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::{Candidate, Validation, decode::json_object};

/// What a token of three parts is worth by its header and claims.
pub(crate) fn signed(candidate: &Candidate<'_>) -> Validation {
    let mut parts = candidate.secret.split(|&byte| byte == b'.');
    let (Some(header), Some(claims), signature) =
        (parts.next(), parts.next(), parts.next().unwrap_or_default())
    else {
        return Validation::NotSecret;
    };
    let Some(header) = json_object(header) else {
        return Validation::NotSecret;
    };
    let Some(algorithm) = header.get("alg").and_then(Value::as_str) else {
        return Validation::NotSecret;
    };
    if algorithm.eq_ignore_ascii_case("none") || signature.is_empty() {
        return Validation::NotSecret;
    }
    let Some(claims) = json_object(claims) else {
        return Validation::Invalid("its claims do not decode");
    };
    of_claims(&claims, now())
}

/// What a signed token is worth by its claims.
fn of_claims(claims: &Map<String, Value>, now: u64) -> Validation {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("sub") == "1234567890" && matches!(text("name"), "John Doe" | "Jane Doe") {
        return Validation::Example("the token that jwt.io shows");
    }
    if text("iss") == "joe" && claims.contains_key("http://example.com/is_root") {
        return Validation::Example("the example of RFC 7519");
    }
    if matches!(text("role"), "anon" | "anonymous") {
        return Validation::Example("made to be public: its role is `anon`");
    }
    if claims
        .get("exp")
        .and_then(Value::as_f64)
        .is_some_and(|end| end < seconds(now))
    {
        return Validation::Invalid("it has expired");
    }
    Validation::Valid("its header and claims decode")
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// Seconds since 1970 as `exp` may have them; exact until far beyond any token's end.
fn seconds(now: u64) -> f64 {
    u32::try_from(now).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

    use super::*;

    fn token(header: &str, claims: &str, signature: &str) -> Validation {
        let [header, claims] = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
        let token = format!("{header}.{claims}.{signature}");
        signed(&Candidate {
            secret: token.as_bytes(),
            matched: token.as_bytes(),
            window: token.as_bytes(),
        })
    }

    const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

    #[test]
    fn a_signed_token_is_certain_and_an_expired_one_less_so() {
        assert_eq!(
            token(HEADER, r#"{"sub":"42"}"#, "c2ln"),
            Validation::Valid("its header and claims decode")
        );
        assert_eq!(
            token(HEADER, r#"{"exp":4102444800}"#, "c2ln"),
            Validation::Valid("its header and claims decode")
        );
        assert_eq!(
            token(HEADER, r#"{"exp":1600000000}"#, "c2ln"),
            Validation::Invalid("it has expired")
        );
        assert_eq!(
            token(HEADER, r#"{"exp":1.6e9}"#, "c2ln"),
            Validation::Invalid("it has expired")
        );
    }

    #[test]
    fn what_nobody_signed_or_what_is_no_token_is_no_secret() {
        assert_eq!(
            token(r#"{"alg":"none"}"#, r#"{"sub":"42"}"#, "c2ln"),
            Validation::NotSecret
        );
        assert_eq!(token(HEADER, r#"{"sub":"42"}"#, ""), Validation::NotSecret);
        assert_eq!(
            token(r#"{"typ":"JWT"}"#, r#"{"sub":"42"}"#, "c2ln"),
            Validation::NotSecret
        );
        assert_eq!(
            token("no header", r#"{"sub":"42"}"#, "c2ln"),
            Validation::NotSecret
        );
    }

    #[test]
    fn a_token_that_was_cut_off_is_less_certain() {
        assert_eq!(
            token(HEADER, r#"{"sub":"4"#, "c2ln"),
            Validation::Invalid("its claims do not decode")
        );
    }

    #[test]
    fn the_examples_that_everybody_copies_and_public_roles_are_examples() {
        for claims in [
            r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#,
            r#"{"iss":"joe","exp":1300819380,"http://example.com/is_root":true}"#,
            r#"{"iss":"supabase","role":"anon","exp":4102444800}"#,
        ] {
            assert!(
                matches!(token(HEADER, claims, "c2ln"), Validation::Example(_)),
                "{claims}"
            );
        }
    }
}
