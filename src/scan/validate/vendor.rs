//! Tokens of single vendors that carry a checksum or decode to something known.

use super::{
    Candidate, Validation,
    decode::{base62, base64, json_object, offset_of},
    token,
};

const HOLDS: Validation = Validation::Valid("its checksum holds");
const FAILS: Validation = Validation::Invalid("its checksum does not hold");

/// Grafana's service account: `glsa_`, a secret, and the CRC-32 of both, little-endian in hex.
pub(crate) fn grafana(candidate: &Candidate<'_>) -> Validation {
    let Some((body, sum)) = split_at_last(candidate.secret, b'_') else {
        return FAILS;
    };
    let expected = format!("{:08x}", crc32fast::hash(body).swap_bytes());
    if sum.eq_ignore_ascii_case(expected.as_bytes()) {
        HOLDS
    } else {
        FAILS
    }
}

/// Synapse: `syt_`, the user's name, randomness, and the CRC-32 of all that in base 62.
pub(crate) fn matrix(candidate: &Candidate<'_>) -> Validation {
    let Some((body, sum)) = split_at_last(candidate.secret, b'_') else {
        return FAILS;
    };
    if base62(crc32fast::hash(body), 6) == sum {
        HOLDS
    } else {
        FAILS
    }
}

/// Grafana's keys that are base64 of JSON, after a prefix or without.
pub(crate) fn grafana_json(candidate: &Candidate<'_>) -> Validation {
    let body = candidate
        .secret
        .strip_prefix(b"glc_")
        .unwrap_or(candidate.secret);
    match json_object(body) {
        Some(object) if object.contains_key("k") => Validation::Valid("it decodes to a key"),
        Some(_) => Validation::Invalid("it decodes, but holds no key"),
        None => Validation::Invalid("it does not decode"),
    }
}

/// Sentry's organization token: `sntrys_`, base64 of JSON, a secret.
pub(crate) fn sentry(candidate: &Candidate<'_>) -> Validation {
    let body = candidate
        .secret
        .strip_prefix(b"sntrys_")
        .unwrap_or(candidate.secret);
    let body = split_at_last(body, b'_').map_or(body, |(body, _)| body);
    match json_object(body) {
        Some(object) if object.contains_key("org") => {
            Validation::Valid("it decodes to an organization's token")
        }
        _ => Validation::Invalid("it does not decode"),
    }
}

/// Discord's bots: the first part is base64 of the bot's number.
pub(crate) fn discord(candidate: &Candidate<'_>) -> Validation {
    let first = candidate
        .secret
        .split(|&byte| byte == b'.')
        .next()
        .unwrap_or_default();
    match base64(first) {
        Some(number) if number.len() >= 17 && number.iter().all(u8::is_ascii_digit) => {
            Validation::Valid("its first part decodes to a number")
        }
        _ => Validation::NotSecret,
    }
}

/// Mapbox: the middle part is base64 of JSON with the account's name.
pub(crate) fn mapbox(candidate: &Candidate<'_>) -> Validation {
    let middle = candidate
        .secret
        .split(|&byte| byte == b'.')
        .nth(1)
        .unwrap_or_default();
    match json_object(middle) {
        Some(object) if object.contains_key("u") => Validation::Valid("it decodes to an account"),
        _ => Validation::Invalid("it does not decode"),
    }
}

/// Passwords that Amazon SES takes over SMTP: a version (4), and 32 bytes of a signature.
pub(crate) fn ses_smtp(candidate: &Candidate<'_>) -> Validation {
    match base64(candidate.secret) {
        Some(bytes) if bytes.len() == 33 && matches!(bytes[0], 2 | 4) => {
            Validation::Valid("it decodes to a version and a signature")
        }
        _ => Validation::NotSecret,
    }
}

/// Intercom: base64 of `tok:` and more.
pub(crate) fn intercom(candidate: &Candidate<'_>) -> Validation {
    match base64(candidate.secret) {
        Some(bytes) if bytes.starts_with(b"tok:") => Validation::Valid("it decodes to a token"),
        _ => Validation::Invalid("it does not decode"),
    }
}

/// Facebook writes its tokens in base 64; a blob of base64 in a file has the same first letters once in a while.
pub(crate) fn not_within_base64(candidate: &Candidate<'_>) -> Validation {
    let Some(start) = offset_of(candidate.secret, candidate.window) else {
        return Validation::Unknown;
    };
    let is_base64 = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'+' | b'/'));
    let before = start.checked_sub(1).and_then(|at| candidate.window.get(at));
    let after = candidate.window.get(start + candidate.secret.len());
    if is_base64(before) || is_base64(after) {
        Validation::NotSecret
    } else {
        Validation::Unknown
    }
}

/// Stripe's test keys; two of them stand in its documentation for everybody to use.
pub(crate) fn stripe_test(candidate: &Candidate<'_>) -> Validation {
    const SHOWN: [&[u8]; 2] = [b"_4eC39HqLyjWDarjtT1zdp7dc", b"_BQokikJOvBiI2HlWgH4olfQ2"];
    if SHOWN.iter().any(|shown| candidate.secret.ends_with(shown)) {
        return Validation::Example("the key that Stripe's documentation shows");
    }
    token::prefixed(candidate)
}

/// reCAPTCHA's secret keys; one is Google's own, for everybody's tests.
pub(crate) fn recaptcha(candidate: &Candidate<'_>) -> Validation {
    if candidate
        .secret
        .ends_with(b"TAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe")
    {
        return Validation::Example("the key that Google gives for tests");
    }
    token::bare(candidate)
}

fn split_at_last(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().rposition(|&byte| byte == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_STANDARD};

    use super::*;

    fn judge(validator: super::super::Validator, secret: &str) -> Validation {
        validator(&Candidate {
            secret: secret.as_bytes(),
            matched: b"",
            window: secret.as_bytes(),
        })
    }

    #[test]
    fn checksums_hold_or_do_not() {
        let body = format!("glsa_{}", "q7".repeat(16));
        let sum = crc32fast::hash(body.as_bytes()).swap_bytes();
        assert_eq!(judge(grafana, &format!("{body}_{sum:08x}")), HOLDS);
        assert_eq!(judge(grafana, &format!("{body}_{:08x}", !sum)), FAILS);
        let body = format!("syt_{}_{}", "c2hvcA", "q7".repeat(10));
        let sum = String::from_utf8(base62(crc32fast::hash(body.as_bytes()), 6)).expect("ASCII");
        assert_eq!(judge(matrix, &format!("{body}_{sum}")), HOLDS);
        assert_eq!(judge(matrix, &format!("{body}_{}", "A".repeat(6))), FAILS);
    }

    #[test]
    fn structure_is_decoded() {
        let encode = |json: &str| BASE64_STANDARD.encode(json);
        assert!(matches!(
            judge(
                grafana_json,
                &format!("glc_{}", encode(r#"{"o":"1","n":"x","k":"y"}"#))
            ),
            Validation::Valid(_)
        ));
        assert!(matches!(
            judge(grafana_json, &encode(r#"{"o":"1"}"#)),
            Validation::Invalid(_)
        ));
        assert!(matches!(
            judge(
                sentry,
                &format!("sntrys_{}_abc", encode(r#"{"iat":1,"org":"shop"}"#))
            ),
            Validation::Valid(_)
        ));
        assert!(matches!(
            judge(sentry, "sntrys_abc_abc"),
            Validation::Invalid(_)
        ));
        assert!(matches!(
            judge(
                mapbox,
                &format!("sk.{}.abc", encode(r#"{"u":"shop","a":"x"}"#))
            ),
            Validation::Valid(_)
        ));
        assert!(matches!(
            judge(
                discord,
                &format!("{}.abcdef.abc", encode("123456789012345678"))
            ),
            Validation::Valid(_)
        ));
        assert_eq!(judge(discord, "Module.abcdef.abc"), Validation::NotSecret);
        assert!(matches!(
            judge(intercom, &encode("tok:1a2b_3c")),
            Validation::Valid(_)
        ));
        let mut password = [7; 33];
        password[0] = 4;
        assert!(matches!(
            judge(ses_smtp, &BASE64_STANDARD.encode(password)),
            Validation::Valid(_)
        ));
        password[0] = 5;
        assert_eq!(
            judge(ses_smtp, &BASE64_STANDARD.encode(password)),
            Validation::NotSecret
        );
    }

    #[test]
    fn a_piece_of_a_blob_is_no_token() {
        let judge = |window: &str| {
            let start = window.find("EAAG").expect("within");
            let secret = &window.as_bytes()[start..start + 7];
            not_within_base64(&Candidate {
                secret,
                matched: secret,
                window: window.as_bytes(),
            })
        };
        assert_eq!(judge("xx+EAAGabc"), Validation::NotSecret);
        assert_eq!(judge("'EAAGabc'"), Validation::Unknown);
    }
}
