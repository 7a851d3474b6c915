//! The secrets that are really yours: the manifest's own values, looked for in every encoding they travel in. With the
//! values at hand ([`Known::values`]), or without them, by keyed fingerprints ([`Known::read`]).

pub(crate) mod encodings;
mod prints;

use std::{collections::BTreeMap, ops::Range};

use zeroize::Zeroizing;

pub use prints::{Key, PrintsError};

use encodings::Encoding;

/// Values to look for.
pub struct Known {
    targets: Vec<Target>,
    /// By the hash of their first bytes: which targets begin so.
    starts: BTreeMap<u16, Vec<usize>>,
    /// The same as one bit a hash: most places of a text are thrown out by one look.
    bits: Box<[u64; 1024]>,
    multiplier: u64,
}

/// One value in one encoding.
struct Target {
    name: String,
    encoding: Encoding,
    is: Is,
}

/// How a place of a text is held against a target.
enum Is {
    /// By its bytes.
    Bytes(Zeroizing<Vec<u8>>),
    /// By a keyed hash of so many bytes.
    Print {
        length: usize,
        print: [u8; 32],
        key: std::sync::Arc<Key>,
    },
}

/// A known value, met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The value's key in the manifest: `databases.default.PASSWORD`.
    pub name: String,
    /// What was done to the value: "as it is", "in base64".
    pub encoding: &'static str,
    /// Where.
    pub span: Range<usize>,
}

/// A value to look for, and its key in the manifest.
pub struct Named<'a> {
    /// `databases.default.PASSWORD`.
    pub name: &'a str,
    /// Its bytes.
    pub value: &'a [u8],
}

/// Bytes that the first look takes in. What is shorter stands in every text by chance.
pub const SHORTEST: usize = 6;

impl Known {
    /// Looks for these values. The second list names the values too short to be looked for.
    #[must_use]
    pub fn values(values: &[Named<'_>]) -> (Self, Vec<String>) {
        let mut targets = Vec::new();
        let mut short = Vec::new();
        for named in values {
            if named.value.len() < SHORTEST {
                short.push(named.name.to_owned());
                continue;
            }
            for (encoding, bytes) in encodings::all(named.value) {
                let name = named.name.to_owned();
                targets.push((
                    window(&bytes),
                    Target {
                        name,
                        encoding,
                        is: Is::Bytes(bytes),
                    },
                ));
            }
        }
        (Self::new(targets, random_multiplier()), short)
    }

    fn new(targets: Vec<(Option<u64>, Target)>, multiplier: u64) -> Self {
        let starts = targets.into_iter().filter_map(|(window, target)| {
            let window = window?;
            Some((hash(window, multiplier), target))
        });
        Self::indexed(starts.collect(), multiplier)
    }

    fn indexed(hashed: Vec<(u16, Target)>, multiplier: u64) -> Self {
        let mut known = Self {
            targets: Vec::with_capacity(hashed.len()),
            starts: BTreeMap::new(),
            bits: Box::new([0; 1024]),
            multiplier,
        };
        for (hash, target) in hashed {
            known
                .starts
                .entry(hash)
                .or_default()
                .push(known.targets.len());
            known.bits[usize::from(hash) / 64] |= 1 << (hash % 64);
            known.targets.push(target);
        }
        known
    }

    /// Every place of a text that holds a known value; of what overlaps, the longest.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Vec<Sighting> {
        let mut found: Vec<Sighting> = Vec::new();
        for (start, taken) in bytes.windows(SHORTEST).enumerate() {
            let hash = hash(load(taken), self.multiplier);
            if self.bits[usize::from(hash) / 64] >> (hash % 64) & 1 == 0 {
                continue;
            }
            let targets = self.starts.get(&hash).into_iter().flatten();
            let longest = targets
                .filter_map(|&target| self.targets[target].at(&bytes[start..]))
                .max_by_key(|(length, _)| *length);
            let Some((length, target)) = longest else {
                continue;
            };
            if found
                .last()
                .is_some_and(|last| last.span.end >= start + length)
            {
                continue;
            }
            found.push(Sighting {
                name: target.name.clone(),
                encoding: target.encoding.name(),
                span: start..start + length,
            });
        }
        found
    }
}

impl Target {
    /// How many bytes of the text are this target.
    fn at(&self, bytes: &[u8]) -> Option<(usize, &Self)> {
        match &self.is {
            Is::Bytes(target) => bytes.starts_with(target).then_some((target.len(), self)),
            Is::Print { length, print, key } => {
                let is_it = key.is_print_of(print, bytes.get(..*length)?);
                is_it.then_some((*length, self))
            }
        }
    }
}

/// The first bytes of a target as a number; `None` where it has too few.
fn window(bytes: &[u8]) -> Option<u64> {
    bytes.get(..SHORTEST).map(load)
}

fn load(bytes: &[u8]) -> u64 {
    let mut whole = [0; 8];
    whole[..SHORTEST].copy_from_slice(bytes);
    u64::from_le_bytes(whole)
}

/// Sixteen bits of a window.
fn hash(window: u64, multiplier: u64) -> u16 {
    let high = window.wrapping_mul(multiplier) >> 48;
    u16::try_from(high).unwrap_or_default()
}

fn random_multiplier() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) | 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    const SECRET: &[u8] = b"correct-h\"rse $tap'le &<b\xc3\xa4ttery>\\";

    fn sightings(text: &str) -> Vec<Sighting> {
        let value = Named {
            name: "env.SECRET_KEY",
            value: SECRET,
        };
        Known::values(&[value]).0.find(text.as_bytes())
    }

    fn assert_seen(text: &str, encoding: &str) {
        let seen = sightings(text);
        assert_eq!(seen.len(), 1, "{text}");
        assert_eq!(seen[0].encoding, encoding, "{text}");
        assert_eq!(seen[0].name, "env.SECRET_KEY");
    }

    #[test]
    fn sees_a_value_in_every_encoding_it_travels_in() {
        let secret = std::str::from_utf8(SECRET).expect("UTF-8");
        assert_seen(&format!("KEY={secret}"), "as it is");
        assert_seen(
            &format!(
                "{{\"key\": {}}}",
                serde_json::to_string(secret).expect("a string")
            ),
            "as JSON escapes it",
        );
        assert_seen(
            "key='correct-h\"rse $tap'\\''le &<bättery>\\'",
            "as a shell quotes it",
        );
        assert_seen(
            "\"correct-h\\\"rse \\$tap'le &<bättery>\\\\\"",
            "as a shell quotes it",
        );
        assert_seen(
            "'correct-h\"rse $tap\\'le &<bättery>\\\\'",
            "as Python escapes it",
        );
        assert_seen(
            "correct-h&quot;rse $tap'le &amp;&lt;bättery&gt;\\",
            "as XML escapes it",
        );
        let percent = "u:correct-h%22rse%20%24tap%27le%20%26%3Cb%C3%A4ttery%3E%5C@db";
        assert_seen(percent, "percent-encoded");
        assert_seen(
            &percent
                .replace("%3C", "%3c")
                .replace("%C3", "%c3")
                .replace("%3E", "%3e")
                .replace("%5C", "%5c")
                .replace("%A4", "%a4"),
            "percent-encoded",
        );
        let hex = crate::scan::suppress::hex(SECRET);
        assert_seen(&hex, "in hex");
        assert_seen(&hex.to_uppercase(), "in hex");
    }

    #[test]
    fn sees_a_value_within_base64_at_each_alignment() {
        for before in ["", "u", "us", "user:", "root:x"] {
            let whole = [before.as_bytes(), SECRET, b" and more"].concat();
            for engine in [
                base64::engine::general_purpose::STANDARD,
                base64::engine::general_purpose::URL_SAFE,
            ] {
                assert_seen(&format!("Basic {}", engine.encode(&whole)), "in base64");
            }
        }
    }

    #[test]
    fn says_which_values_are_too_short_and_finds_two_on_a_line() {
        let short = Named {
            name: "env.PIN",
            value: b"1234",
        };
        let long = Named {
            name: "env.KEY",
            value: b"lengthy",
        };
        let (known, left) = Known::values(&[short, long]);
        assert_eq!(left, ["env.PIN"]);
        let spans: Vec<_> = known
            .find(b"lengthy 1234 lengthy")
            .into_iter()
            .map(|seen| seen.span)
            .collect();
        assert_eq!(spans, [0..7, 13..20]);
    }

    #[test]
    fn finds_by_fingerprints_what_it_finds_by_values() {
        let key = Key::new(b"a key that a store holds, 32 bytes!").expect("long enough");
        let other = Key::new(b"another key that a store may hold..").expect("long enough");
        let file = Known::write(
            &[Named {
                name: "env.SECRET_KEY",
                value: SECRET,
            }],
            &key,
        );
        assert!(!file.contains("correct"));
        let known = Known::read(&file, key).expect("what was written");
        let whole = [b"user:".as_slice(), SECRET].concat();
        let text = format!(
            "{}\n{}",
            String::from_utf8_lossy(SECRET),
            base64::engine::general_purpose::STANDARD.encode(whole)
        );
        let by_value = sightings(&text);
        assert_eq!(by_value.len(), 2);
        assert_eq!(known.find(text.as_bytes()), by_value);
        assert!(matches!(
            Known::read(&file, other),
            Err(PrintsError::OtherKey)
        ));
    }
}
