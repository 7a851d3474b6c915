//! Keys of clouds and hosts whose structure says something: an account's number, a well-known example, what is encoded.

use super::{Candidate, Validation, decode, placeholder};

/// AWS: sixteen characters of base 32. Since 2019 their first bit is set and the forty after it are the account's number
/// (twelve decimal digits); older ids say nothing.
pub(crate) fn aws_key_id(candidate: &Candidate<'_>) -> Validation {
    let secret = candidate.secret;
    if let Some(note) = placeholder::made_up(secret) {
        return Validation::Example(note);
    }
    let Some(id) = secret.get(4..).and_then(aws_number) else {
        return Validation::Invalid("has characters that no key id has");
    };
    if id >> 49 == 0 {
        return Validation::Unknown;
    }
    // 50 bits: one that is set, forty of the account, nine of something else.
    let account = id >> 9 & 0xff_ffff_ffff;
    if account < 1_000_000_000_000 {
        Validation::Valid("holds the number of an account")
    } else {
        Validation::Invalid("holds no account's number")
    }
}

/// The first ten of sixteen characters of base 32, as fifty bits.
fn aws_number(id: &[u8]) -> Option<u64> {
    let mut number = 0;
    for (at, &byte) in id.iter().enumerate() {
        let digit = decode::base32_digit(byte)?;
        if at < 10 {
            number = number << 5 | u64::from(digit);
        }
    }
    (id.len() == 16).then_some(number)
}

/// AWS secret access keys have no structure; but forty random characters have capitals, small letters and (999 of 1,000)
/// digits, which paths and names have not.
pub(crate) fn aws_secret(candidate: &Candidate<'_>) -> Validation {
    let secret = candidate.secret;
    let has = |is: fn(&u8) -> bool| secret.iter().any(is);
    if !has(u8::is_ascii_uppercase) || !has(u8::is_ascii_lowercase) {
        return Validation::NotSecret;
    }
    if !has(u8::is_ascii_digit) {
        return Validation::Invalid("has no digit");
    }
    placeholder::made_up(secret).map_or(Validation::Unknown, Validation::Example)
}

/// Amazon Bedrock: after `ABSK` a text in base 64 that begins with its kind.
pub(crate) fn aws_bedrock(candidate: &Candidate<'_>) -> Validation {
    let text = candidate
        .secret
        .strip_prefix(b"ABSK")
        .and_then(decode::base64);
    match text {
        Some(text) if text.starts_with(b"BedrockAPIKey-") => {
            Validation::Valid("decodes to a key of Bedrock")
        }
        _ => Validation::Invalid("does not decode to a key of Bedrock"),
    }
}

/// Azure: the storage and Cosmos DB emulators have one public key each.
pub(crate) fn azure_key(candidate: &Candidate<'_>) -> Validation {
    const EMULATORS: [&[u8]; 2] = [b"Eby8vdM02xNOcqFl", b"C2y6yDjf5/R+ob0N"];
    if EMULATORS
        .iter()
        .any(|key| candidate.secret.starts_with(key))
    {
        return Validation::Example("the emulator's well-known key");
    }
    placeholder::made_up(candidate.secret).map_or(Validation::Unknown, Validation::Example)
}

/// Cloudflare tunnels: a JSON object in base 64 with the account (`a`), the tunnel (`t`) and its secret (`s`).
pub(crate) fn cloudflare_tunnel(candidate: &Candidate<'_>) -> Validation {
    let Some(json) = decode::base64(candidate.secret) else {
        return Validation::Invalid("does not decode");
    };
    let Ok(serde_json::Value::Object(object)) = serde_json::from_slice(&json) else {
        return Validation::Invalid("does not decode to a tunnel's credentials");
    };
    if ["a", "t", "s"]
        .iter()
        .all(|key| object.get(*key).is_some_and(serde_json::Value::is_string))
    {
        Validation::Valid("decodes to a tunnel's credentials")
    } else {
        Validation::NotSecret
    }
}

/// Elasticsearch: base 64 of an id (20 characters), a colon and a key (22).
pub(crate) fn elastic_api_key(candidate: &Candidate<'_>) -> Validation {
    let decoded = decode::base64(candidate.secret);
    let text = decoded.as_deref().unwrap_or(candidate.secret);
    let is_name = |part: &[u8]| {
        part.iter()
            .all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    match (text.get(..20), text.get(20), text.get(21..)) {
        (Some(id), Some(b':'), Some(key)) if is_name(id) && is_name(key) && key.len() == 22 => {
            Validation::Valid("decodes to an id and a key")
        }
        _ => Validation::Invalid("does not decode to an id and a key"),
    }
}

/// Docker's `config.json`: base 64 of a name, a colon and a password.
pub(crate) fn docker_auth(candidate: &Candidate<'_>) -> Validation {
    let Some(text) = decode::base64(candidate.secret) else {
        return Validation::NotSecret;
    };
    let is_text = text
        .iter()
        .all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    match text.iter().position(|&byte| byte == b':') {
        Some(colon) if is_text && colon > 0 && text.len() > colon + 1 => {
            Validation::Valid("decodes to a name and a password")
        }
        _ => Validation::NotSecret,
    }
}

/// Artifactory: base 64 of `reftkn:`, a version, a time and random characters, parted by colons.
pub(crate) fn artifactory_reference(candidate: &Candidate<'_>) -> Validation {
    let text = decode::base64(candidate.secret).unwrap_or_default();
    let mut parts = text.split(|&byte| byte == b':');
    let is = |part: Option<&[u8]>, what: fn(&u8) -> bool| {
        part.is_some_and(|part| !part.is_empty() && part.iter().all(what))
    };
    if parts.next() == Some(b"reftkn")
        && is(parts.next(), u8::is_ascii_digit)
        && is(parts.next(), u8::is_ascii_digit)
        && is(parts.next(), u8::is_ascii_alphanumeric)
    {
        Validation::Valid("decodes to a reference token")
    } else {
        Validation::Invalid("does not decode to a reference token")
    }
}

#[cfg(test)]
mod tests {
    use super::{super::candidate, *};

    /// A key id for an account's number, as AWS makes them.
    fn key_id(account: u64) -> String {
        const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let number = 1 << 49 | account << 9 | 0x0b5;
        let digits = (0..10).rev().map(|place| number >> (5 * place) & 31);
        let id: String = digits
            .map(|digit| char::from(BASE32[usize::try_from(digit).unwrap()]))
            .collect();
        format!("AKIA{id}K4X2QZ")
    }

    #[test]
    fn a_key_id_holds_its_account() {
        assert!(matches!(
            aws_key_id(&candidate(&key_id(123_456_789_012))),
            Validation::Valid(_)
        ));
        assert!(matches!(
            aws_key_id(&candidate(&key_id(999_999_999_999))),
            Validation::Valid(_)
        ));
        assert!(matches!(
            aws_key_id(&candidate(&key_id(1_000_000_000_000))),
            Validation::Invalid(_)
        ));
        let older = ["AKIA", "IZ4XQK2WPLM7RTVN"].concat();
        assert_eq!(aws_key_id(&candidate(&older)), Validation::Unknown);
        let wrong = ["AKIA", "Q810XQK2WPLM7RTV"].concat();
        assert!(matches!(
            aws_key_id(&candidate(&wrong)),
            Validation::Invalid(_)
        ));
        let example = ["AKIA", "IOSFODNN7", "EXAMPLE"].concat();
        assert!(matches!(
            aws_key_id(&candidate(&example)),
            Validation::Example(_)
        ));
    }

    #[test]
    fn a_secret_key_has_all_kinds_of_characters() {
        let random = ["q3Vt8LmZr1XyWb5NcKd7", "Hf2Gj9PsTu+4xY/6aBoE"].concat();
        assert_eq!(aws_secret(&candidate(&random)), Validation::Unknown);
        let path = "shop/static/js/vendor/checkout/index/min";
        assert_eq!(aws_secret(&candidate(path)), Validation::NotSecret);
        let name = "com/example/ShopCheckoutControllerFactory";
        assert!(matches!(
            aws_secret(&candidate(name)),
            Validation::Invalid(_)
        ));
        let example = ["wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY"].concat();
        assert!(matches!(
            aws_secret(&candidate(&example)),
            Validation::Example(_)
        ));
    }

    #[test]
    fn the_emulators_keys_are_examples() {
        let random = "q3Vt8LmZr1XyWb5NcKd7Hf2Gj9PsTu==";
        let key = ["Eby8vdM02xNO", "cqFl", random].concat();
        assert!(matches!(
            azure_key(&candidate(&key)),
            Validation::Example(_)
        ));
        assert_eq!(azure_key(&candidate(random)), Validation::Unknown);
    }

    #[test]
    fn what_is_encoded_is_looked_at() {
        let encoded = |text: &str| decode::test_encode(text.as_bytes());
        let bedrock = "ABSK".to_owned() + &encoded("BedrockAPIKey-shop:q3Vt8LmZr1XyWb5N");
        assert!(matches!(
            aws_bedrock(&candidate(&bedrock)),
            Validation::Valid(_)
        ));
        assert!(matches!(
            aws_bedrock(&candidate("ABSKq3Vt8L")),
            Validation::Invalid(_)
        ));

        let tunnel = encoded(r#"{"a":"account","t":"tunnel","s":"secret"}"#);
        assert!(matches!(
            cloudflare_tunnel(&candidate(&tunnel)),
            Validation::Valid(_)
        ));
        let other = encoded(r#"{"a":"account","b":1}"#);
        assert_eq!(cloudflare_tunnel(&candidate(&other)), Validation::NotSecret);
        assert!(matches!(
            cloudflare_tunnel(&candidate(&tunnel[..20])),
            Validation::Invalid(_)
        ));

        let elastic = encoded("q3Vt8LmZr1XyWb5NcKd7:Hf2Gj9PsTu_4xY-6aBoE0p");
        assert!(matches!(
            elastic_api_key(&candidate(&elastic)),
            Validation::Valid(_)
        ));
        assert!(matches!(
            elastic_api_key(&candidate(&encoded("no colon in here"))),
            Validation::Invalid(_)
        ));

        let auth = encoded("shop:a password");
        assert!(matches!(
            docker_auth(&candidate(&auth)),
            Validation::Valid(_)
        ));
        for empty in ["shop:", ":word", "shop", "a:\u{1}"] {
            assert_eq!(
                docker_auth(&candidate(&encoded(empty))),
                Validation::NotSecret,
                "{empty}"
            );
        }

        let reference = encoded("reftkn:01:1700000000:q3Vt8LmZr1XyWb5NcKd7");
        assert!(matches!(
            artifactory_reference(&candidate(&reference)),
            Validation::Valid(_)
        ));
        assert!(matches!(
            artifactory_reference(&candidate(&encoded("reftkn:"))),
            Validation::Invalid(_)
        ));
    }
}
