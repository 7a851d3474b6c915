//! Values that somebody typed to fill a token's shape: they count up, or say the same again and again.

use super::{Candidate, Validation};

/// As many bytes are looked at: what is typed shows early, and no token costs more than its beginning.
const LOOKED_AT: usize = 256;
/// So many equal, or counting, characters in a row do not happen by chance in a token.
const RUN: usize = 9;
/// A repeated piece is at most that long.
const PERIOD: usize = 10;

/// Why a token looks as if no generator made it; `None` where it may be real.
pub(crate) fn made_up(secret: &[u8]) -> Option<&'static str> {
    let secret = &secret[..secret.len().min(LOOKED_AT)];
    // `EXAMPLE` in capitals marks the keys of vendors' documentation.
    if secret.windows(6).any(|window| window == b"EXAMPL") {
        return Some("an example of the vendor's documentation");
    }
    let (mut same, mut up) = (1, 1);
    for pair in secret.windows(2) {
        same = if pair[0] == pair[1] { same + 1 } else { 1 };
        up = if is_next(pair[0], pair[1]) { up + 1 } else { 1 };
        if same >= RUN {
            return Some("one character over and over");
        }
        if up >= RUN {
            return Some("its characters count up");
        }
    }
    (2..=PERIOD)
        .any(|period| repeats(secret, period))
        .then_some("one piece over and over")
}

/// Letters and digits in their order, `z` to `a` and `9` to `0` included.
fn is_next(one: u8, other: u8) -> bool {
    match one.to_ascii_lowercase() {
        b'9' => matches!(other, b'0' | b'a' | b'A'),
        b'z' => matches!(other, b'a' | b'A' | b'0'),
        byte => byte.is_ascii_alphanumeric() && other.to_ascii_lowercase() == byte + 1,
    }
}

/// Whether a piece of that length stands there three times in a row and fills half of the token.
fn repeats(secret: &[u8], period: usize) -> bool {
    let (mut run, mut longest) = (0, 0);
    for at in period..secret.len() {
        run = if secret[at] == secret[at - period] {
            run + 1
        } else {
            0
        };
        longest = longest.max(run);
    }
    longest >= period * 2 && longest >= RUN && (longest + period) * 2 >= secret.len()
}

/// reCAPTCHA: Google's page on automated tests gives one pair that accepts everything.
pub(crate) fn recaptcha(candidate: &Candidate<'_>) -> Validation {
    if candidate.secret.starts_with(b"6LeIxAcTAAAAA") {
        return Validation::Example("the vendor's key for tests");
    }
    made_up(candidate.secret).map_or(Validation::Unknown, Validation::Example)
}

#[cfg(test)]
mod tests {
    use super::{super::candidate, *};

    #[test]
    fn what_is_typed_is_told_from_what_is_made() {
        for typed in [
            "ghp_xxxxxxxxxxxxxxxxxxxx",
            "ghp_0123456789abcdefghij",
            "AKIAQWERTYEXAMPLE",
            "key_1234567890123456",
            "key_abcdefghijklmnop",
            "ABC123abc123abc123abc123abc123",
            "deadbeefdeadbeefdeadbeefdeadbeef",
            "a1b2a1b2a1b2a1b2",
        ] {
            assert!(made_up(typed.as_bytes()).is_some(), "{typed}");
        }
        for random in [
            "q3Vt8LmZr1XyWb5NcKd7Hf2Gj9PsTu",
            "7c9e66794253a0b14eb8f1d2c3a0957e",
            "AAAAB3NzaC1yc2E",
            "short",
            "",
        ] {
            assert_eq!(made_up(random.as_bytes()), None, "{random}");
        }
    }

    #[test]
    fn googles_test_key_is_an_example() {
        let key = ["6LeIxAcTAAAAA", "q3Vt8LmZr1XyWb5NcKd7Hf2Gj9P"].concat();
        assert!(matches!(
            recaptcha(&candidate(&key)),
            Validation::Example(_)
        ));
        assert_eq!(
            recaptcha(&candidate("6Lq3Vt8LmZr1XyWb5NcKd7Hf2Gj9P")),
            Validation::Unknown
        );
    }
}
