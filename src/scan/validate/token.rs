//! Placeholders in the shape of a token: what documentation and tests write where a vendor's token goes.

use super::{Candidate, Validation};
use crate::scan::words::{self, Look};

/// A token that its vendor's prefix tells: only what is plainly made up is held back.
pub(crate) fn prefixed(candidate: &Candidate<'_>) -> Validation {
    if is_made_up(candidate.secret) {
        Validation::Example("a placeholder")
    } else {
        Validation::Unknown
    }
}

/// A key that nothing but its place tells: names of variables and words with dashes have its shape too. They have no
/// digits, or only at the end, and go on for some letters before they change case.
pub(crate) fn bare(candidate: &Candidate<'_>) -> Validation {
    let secret = candidate.secret;
    if is_made_up(secret) {
        return Validation::Example("a placeholder");
    }
    let words = secret
        .trim_ascii_end()
        .iter()
        .rposition(|byte| !byte.is_ascii_digit())
        .map_or(0, |last| last + 1);
    let has_digit = secret[..words].iter().any(u8::is_ascii_digit);
    let has_letter = secret.iter().any(u8::is_ascii_alphabetic);
    let is_turn = |pair: &&[u8]| {
        pair[0].is_ascii_alphabetic()
            && pair[1].is_ascii_alphabetic()
            && class(pair[0]) != class(pair[1])
    };
    let turns = secret.windows(2).filter(is_turn).count();
    if has_letter && (has_digit || turns * 3 >= secret.len()) {
        Validation::Unknown
    } else {
        Validation::NotSecret
    }
}

/// Words in the name of a key that everybody may see, or of what is no key.
const NAMED_OTHERWISE: &[&[u8]] = &[
    b"public",
    b"publish",
    b"csrf",
    b"hash",
    b"digest",
    b"checksum",
    b"fingerprint",
    b"commit",
    b"sha256",
    b"site_key",
    b"sitekey",
    b"revision",
    b"integrity",
];

/// Words one of which the name of a key has. `FirebaseAuth: <SHA-1>` is a line of a lock file, so `auth` and `api` are not
/// enough for what looks like a hash.
const NAMED: &[&[u8]] = &[
    b"key",
    b"token",
    b"secret",
    b"pass",
    b"pwd",
    b"credential",
    b"bearer",
    b"licen",
    b"jwt",
];

/// A key of any shape that the name of a service tells: what a generator makes counts, and where the service's name is all
/// there is, what is no hash of a commit or a file.
pub(crate) fn named(candidate: &Candidate<'_>) -> Validation {
    let secret = candidate.secret;
    let name = candidate
        .matched
        .split_at(candidate.matched.len().saturating_sub(secret.len() + 1))
        .0
        .to_ascii_lowercase();
    let says = |words: &[&[u8]]| {
        words
            .iter()
            .any(|word| name.windows(word.len()).any(|window| window == *word))
    };
    let Ok(text) = std::str::from_utf8(secret) else {
        return Validation::NotSecret;
    };
    // `uses: acme/app-token@<commit>` pins a version.
    if name.ends_with(b"@") && !name.ends_with(b" @")
        || says(NAMED_OTHERWISE)
        || is_made_up(secret)
        || secret.starts_with(b"sha") && secret.contains(&b'-')
    {
        return Validation::NotSecret;
    }
    // What the public key of a cluster's Sealed Secrets has encrypted.
    if secret.starts_with(b"Ag") && secret.len() > 300 {
        return Validation::NotSecret;
    }
    let is_hex = secret.iter().all(u8::is_ascii_hexdigit);
    let is_uuid = secret.len() == 36
        && secret
            .iter()
            .all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    if !says(NAMED) && (is_uuid || is_hex && matches!(secret.len(), 40 | 64)) {
        return Validation::NotSecret;
    }
    match words::look(text) {
        Look::Plain if is_uuid => Validation::Unknown,
        Look::Random => bare(candidate),
        // What a name beside it says of such a value is enough.
        Look::Plain | Look::Placeholder | Look::NotSecret => Validation::NotSecret,
    }
}

/// The kind of a character: digit, lower case, upper case, other.
pub(super) fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    }
}

/// Words that no random token holds, in lower case.
const WORDS: &[&[u8]] = &[
    b"example",
    b"placeholder",
    b"redacted",
    b"dummy",
    b"changeme",
    b"yourtoken",
    b"yourkey",
    b"your_",
    b"your-",
    b"yoursecret",
    b"abcdefgh",
    b"12345678",
    b"01234567",
    b"deadbeef",
];

/// The same character four times, a run through the alphabet or the digits, a word such as `example`.
fn is_made_up(secret: &[u8]) -> bool {
    let lower = secret.to_ascii_lowercase();
    let is_run = |window: &[u8]| window.iter().all(|byte| *byte == window[0]);
    let runs = lower.windows(6).any(is_run) || lower.windows(4).any(|window| window == b"xxxx");
    runs || WORDS
        .iter()
        .any(|word| lower.windows(word.len()).any(|window| window == *word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(validator: super::super::Validator, secret: &str) -> Validation {
        validator(&Candidate {
            secret: secret.as_bytes(),
            matched: b"",
            window: b"",
        })
    }

    #[test]
    fn what_is_made_up_is_an_example() {
        for secret in [
            "tok_xxxxxxxxxxxx",
            "tok_abcdefghijkl",
            "tok_1234567890",
            "tok_EXAMPLEq8w7",
            "tok_0000000k8",
        ] {
            assert!(
                matches!(judge(prefixed, secret), Validation::Example(_)),
                "{secret}"
            );
        }
        assert_eq!(judge(prefixed, "tok_q8w7e6r5t4z3"), Validation::Unknown);
    }

    #[test]
    fn a_key_of_a_named_service_looks_random_and_is_for_nobody_to_see() {
        let judge = |name: &str, secret: &str| {
            let matched = format!("{name}{secret}\"");
            named(&Candidate {
                secret: secret.as_bytes(),
                matched: matched.as_bytes(),
                window: matched.as_bytes(),
            })
        };
        let random = "q8w7e6r5t4z3u2i1o0pa";
        let uuid = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
        let commit = "7c9e66794253a0b14eb8f1d2c3a0957e1b2c3d4f";
        for (name, secret) in [
            ("acme_key = \"", random),
            ("acme_key = \"", uuid),
            ("acme = \"", random),
        ] {
            assert_eq!(judge(name, secret), Validation::Unknown, "{name}{secret}");
        }
        for (name, secret) in [
            ("acme_public_key = \"", random),
            ("acme = \"", uuid),
            ("acme = \"", commit),
            ("acme_token = \"", "acmeTokenFromConfiguration"),
            ("acme_token = \"", "settings.acme_token"),
            ("acme_key = \"", "your-api-key-goes-here"),
            ("uses: acme/app-token@", commit),
        ] {
            assert_eq!(judge(name, secret), Validation::NotSecret, "{name}{secret}");
        }
    }

    #[test]
    fn names_are_no_keys() {
        for secret in [
            "authenticationTokenProviderName",
            "some-long-identifier-with-dashes",
            "django_rest_framework_token2",
        ] {
            assert_eq!(judge(bare, secret), Validation::NotSecret, "{secret}");
        }
        assert_eq!(judge(bare, "q8w7e6r5t4z3u2i1o0pa"), Validation::Unknown);
        assert_eq!(
            judge(bare, "KsLdPqWmZtNvBxGhJrYc"),
            Validation::Unknown,
            "random without a digit"
        );
    }
}
