//! Secrets that stand in no file: `ghp_{alnum:36}` becomes one when a test runs.

/// A small generator of its own: the same seed, the same secret.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).expect("64 bits") % limit
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length)
            .map(|_| char::from(alphabet[self.below(alphabet.len())]))
            .collect()
    }
}

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

/// Puts a secret in the place of every `{name:length}`; `{{` is a brace.
pub(crate) fn expand(text: &str, seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        expanded.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            expanded.push('{');
            rest = after;
            continue;
        }
        let end = rest
            .find('}')
            .unwrap_or_else(|| panic!("`{text}` opens a brace and does not close it"));
        expanded.push_str(&generate(&rest[..end], &mut random));
        rest = &rest[end + 1..];
    }
    expanded.push_str(rest);
    expanded
}

fn generate(what: &str, random: &mut Random) -> String {
    if what == "uuid" {
        let parts = [8, 4, 4, 4, 12].map(|length| random.text(b"0123456789abcdef", length));
        return parts.join("-");
    }
    let (alphabet, length) = what
        .split_once(':')
        .unwrap_or_else(|| panic!("`{{{what}}}` has no length"));
    let length = match length.split_once('-') {
        None => length.parse().expect("a length"),
        Some((least, most)) => {
            let least: usize = least.parse().expect("a length");
            let most: usize = most.parse().expect("a length");
            least + random.below(most - least + 1)
        }
    };
    let alphabet = match alphabet {
        "alnum" => [LOWER, UPPER, DIGITS].concat(),
        "lower" => LOWER.to_owned(),
        "upper" => UPPER.to_owned(),
        "upnum" => [UPPER, DIGITS].concat(),
        "lownum" => [LOWER, DIGITS].concat(),
        "digits" => DIGITS.to_owned(),
        "hex" => "0123456789abcdef".to_owned(),
        "HEX" => "0123456789ABCDEF".to_owned(),
        "base32" => [UPPER, "234567"].concat(),
        "base64" => [LOWER, UPPER, DIGITS, "+/"].concat(),
        "base64url" => [LOWER, UPPER, DIGITS, "-_"].concat(),
        other => panic!("`{other}` is no alphabet"),
    };
    random.text(alphabet.as_bytes(), length)
}
