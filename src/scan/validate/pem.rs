//! Private keys between `-----BEGIN …-----` and `-----END …-----` (RFC 7468, RFC 4716), in files and inside of strings,
//! and `PuTTY`'s. What stands between the lines is decoded as far as telling a key from a placeholder needs.

use super::{Candidate, Validation, decode::base64, pgp};

const ENCRYPTED: Validation = Validation::Invalid("a passphrase protects it");

/// A private key with its first line.
pub(crate) fn private_key(candidate: &Candidate<'_>) -> Validation {
    let text = candidate.secret;
    let Some((label, body)) = split_label(text) else {
        return Validation::NotSecret;
    };
    let content = Body::read(body);
    if content.base64.len() < 16 {
        return if content.is_elided || content.base64.len() > 3 {
            Validation::Example("a placeholder")
        } else {
            Validation::NotSecret
        };
    }
    if content.is_elided && content.base64.len() < 160 {
        return Validation::Example("its middle is left out");
    }
    if content.is_encrypted || label.windows(9).any(|word| word == b"ENCRYPTED") {
        return ENCRYPTED;
    }
    if label.starts_with(b"PGP") {
        return pgp::secret_key(&content.base64, content.checksum.as_deref());
    }
    match base64(&content.base64) {
        Some(bytes) => of_bytes(&bytes),
        None => Validation::Invalid("it does not decode"),
    }
}

/// A key of `PuTTY`'s, from `PuTTY-User-Key-File-…` to its private lines.
pub(crate) fn putty(candidate: &Candidate<'_>) -> Validation {
    let has_cipher = candidate
        .matched
        .split(|&byte| byte == b'\n')
        .filter_map(|line| line.trim_ascii().strip_prefix(b"Encryption:"))
        .any(|cipher| cipher.trim_ascii() != b"none");
    let lines: Vec<u8> = candidate
        .secret
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    if has_cipher {
        ENCRYPTED
    } else if base64(&lines).is_some_and(|bytes| bytes.len() >= 16) {
        Validation::Valid("its private lines decode, and no passphrase protects them")
    } else {
        Validation::Invalid("its private lines do not decode")
    }
}

/// The label of the first line, and what follows the line.
fn split_label(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let begin = b"BEGIN ";
    let start = text
        .windows(begin.len())
        .position(|window| window == begin)?
        + begin.len();
    let end = start + text[start..].iter().position(|&byte| byte == b'-')?;
    let dashes = text[end..].iter().take_while(|&&byte| byte == b'-').count();
    Some((text[start..end].trim_ascii(), &text[end + dashes..]))
}

/// What stands between the first and the last line.
#[derive(Default)]
struct Body {
    base64: Vec<u8>,
    /// The armour's own checksum (`=abcd`).
    checksum: Option<Vec<u8>>,
    /// `Proc-Type: 4,ENCRYPTED`, or ssh.com's counterpart.
    is_encrypted: bool,
    /// `...`, `…`, `<key>`, `[redacted]` where lines should be.
    is_elided: bool,
}

impl Body {
    fn read(text: &[u8]) -> Self {
        let mut body = Self::default();
        let end = text
            .windows(5)
            .position(|window| window == b"-----")
            .unwrap_or(text.len());
        for line in lines(&text[..end]) {
            body.take(line);
        }
        body
    }

    /// A line of base64 with whatever a string, a comment or YAML puts around it, or a header, or nothing.
    fn take(&mut self, line: &[u8]) {
        let has = |part: &[u8]| line.windows(part.len()).any(|window| window == part);
        if has(b": ") {
            self.is_encrypted |= has(b"ENCRYPTED");
            return;
        }
        self.is_elided |= has(b"...")
            || has("…".as_bytes())
            || has(b"<")
            || has(b"{")
            || has(b"xxxx")
            || has(b"XXXX")
            || has(b"redacted")
            || has(b"REDACTED");
        for word in line.split(u8::is_ascii_whitespace) {
            let run = longest_run(word);
            if run.len() == 5 && run[0] == b'=' {
                self.checksum = Some(run[1..].to_vec());
            } else if run.iter().any(u8::is_ascii_alphanumeric) {
                self.base64.extend_from_slice(run);
            }
        }
    }
}

/// Lines as they are, and as strings write them: `\n` and `\r`.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut at = 0;
        while at < text.len() {
            match text[at] {
                b'\n' | b'\r' => {
                    rest = Some(&text[at + 1..]);
                    return Some(&text[..at]);
                }
                b'\\' if matches!(text.get(at + 1), Some(b'n' | b'r')) => {
                    rest = Some(&text[at + 2..]);
                    return Some(&text[..at]);
                }
                _ => at += 1,
            }
        }
        rest = None;
        Some(text)
    })
}

/// The longest run of base64's characters: `"MIIE…",` without the quotes.
fn longest_run(word: &[u8]) -> &[u8] {
    word.split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')))
        .max_by_key(|run| run.len())
        .unwrap_or_default()
}

/// What the bytes say: OpenSSH's own container, or DER.
fn of_bytes(bytes: &[u8]) -> Validation {
    if let Some(rest) = bytes.strip_prefix(b"openssh-key-v1\0") {
        // The cipher's name follows, with its length in four bytes.
        return if rest.starts_with(b"\0\0\0\x04none") {
            Validation::Valid("it decodes, and no passphrase protects it")
        } else {
            ENCRYPTED
        };
    }
    match der_sequence(bytes) {
        Some([0x02, 0x01, ..]) => Validation::Valid("it decodes, and no passphrase protects it"),
        Some(_) => ENCRYPTED,
        None => Validation::Invalid("it is cut off, or no key"),
    }
}

/// The content of DER's sequence, if it is as long as it says (X.690).
fn der_sequence(bytes: &[u8]) -> Option<&[u8]> {
    let (&tag, rest) = bytes.split_first()?;
    let (&length, rest) = rest.split_first()?;
    if tag != 0x30 {
        return None;
    }
    let (length, content) = if length < 0x80 {
        (usize::from(length), rest)
    } else {
        let count = usize::from(length & 0x7f);
        if count > 4 || count > rest.len() {
            return None;
        }
        let (digits, content) = rest.split_at(count);
        (
            digits
                .iter()
                .fold(0, |sum, &digit| sum << 8 | usize::from(digit)),
            content,
        )
    };
    (content.len() == length).then_some(content)
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_STANDARD};

    use super::*;

    fn judge(label: &str, body: &str) -> Validation {
        let text = format!("-----BEGIN {label}-----{body}-----END {label}-----");
        private_key(&Candidate {
            secret: text.as_bytes(),
            matched: text.as_bytes(),
            window: text.as_bytes(),
        })
    }

    const VALID: Validation = Validation::Valid("it decodes, and no passphrase protects it");

    /// A key made here, as base64 in lines of 64.
    fn lines_of(key: &[u8]) -> Vec<String> {
        let text = BASE64_STANDARD.encode(key);
        text.as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect()
    }

    fn pkcs8() -> Vec<String> {
        lines_of(&rcgen::KeyPair::generate().expect("a key").serialize_der())
    }

    #[test]
    fn a_key_in_any_wrapping_is_certain() {
        let key = pkcs8();
        let label = "PRIVATE KEY";
        assert_eq!(judge(label, &format!("\n{}\n", key.join("\n"))), VALID);
        assert_eq!(
            judge(label, &format!("\r\n{}\r\n", key.join("\r\n"))),
            VALID
        );
        assert_eq!(
            judge(label, &format!("\\n{}\\n", key.join("\\n"))),
            VALID,
            "a string's escapes"
        );
        assert_eq!(
            judge(label, &format!("\\\\n{}\\\\n", key.join("\\\\n"))),
            VALID,
            "a string in a string"
        );
        assert_eq!(
            judge(
                label,
                &format!("\\n\" +\n  \"{}\\n\" +\n  \"", key.join("\\n\" +\n  \""))
            ),
            VALID,
            "a concatenation"
        );
        assert_eq!(
            judge(label, &format!(" {} ", key.join(" "))),
            VALID,
            "one line"
        );
        assert_eq!(
            judge(label, &format!("\n    # {}\n", key.join("\n    # "))),
            VALID,
            "a comment"
        );
    }

    #[test]
    fn a_passphrase_makes_it_less_sure() {
        let key = pkcs8().join("\n");
        assert_eq!(
            judge("ENCRYPTED PRIVATE KEY", &format!("\n{key}\n")),
            ENCRYPTED
        );
        assert_eq!(
            judge(
                "RSA PRIVATE KEY",
                &format!("\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{key}\n")
            ),
            ENCRYPTED
        );
        for (cipher, verdict) in [("none", VALID), ("aes256-ctr", ENCRYPTED)] {
            let length = u8::try_from(cipher.len()).expect("short");
            let mut bytes = b"openssh-key-v1\0\0\0\0".to_vec();
            bytes.push(length);
            bytes.extend_from_slice(cipher.as_bytes());
            bytes.extend_from_slice(&[7; 64]);
            assert_eq!(
                judge(
                    "OPENSSH PRIVATE KEY",
                    &format!("\n{}\n", lines_of(&bytes).join("\n"))
                ),
                verdict,
                "{cipher}"
            );
        }
    }

    #[test]
    fn a_key_that_was_cut_off_is_still_one() {
        let key = pkcs8();
        assert_eq!(
            judge("PRIVATE KEY", &format!("\n{}\n", key[0])),
            Validation::Invalid("it is cut off, or no key")
        );
        assert_eq!(
            judge("PRIVATE KEY", &format!("\n{}x\n", &key[0][..60])),
            Validation::Invalid("it does not decode")
        );
    }

    #[test]
    fn placeholders_and_mentions_are_none() {
        for body in [
            "\n...\n",
            "\n<your key>\n",
            "\nMIIE...\n",
            "\\nMIIEvQIBADANBgkqhki...\\n",
            "\nxxxxxxxxxxxxx\n",
        ] {
            assert!(
                matches!(judge("PRIVATE KEY", body), Validation::Example(_)),
                "{body}"
            );
        }
        for body in ["", "\n", "\\n\\n", "\" in text or \""] {
            assert!(
                !matches!(
                    judge("PRIVATE KEY", body),
                    Validation::Valid(_) | Validation::Invalid(_) | Validation::Unknown
                ),
                "{body}"
            );
        }
    }

    #[test]
    fn puttys_keys_say_what_protects_them() {
        let judge = |cipher: &str, lines: &str| {
            let text = format!(
                "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: {cipher}\nComment: shop\nPrivate-Lines: 1\n{lines}"
            );
            putty(&Candidate {
                secret: lines.as_bytes(),
                matched: text.as_bytes(),
                window: text.as_bytes(),
            })
        };
        let lines = BASE64_STANDARD.encode([9; 36]);
        assert!(matches!(judge("none", &lines), Validation::Valid(_)));
        assert_eq!(judge("aes256-cbc", &lines), ENCRYPTED);
        assert!(matches!(judge("none", "AAAA"), Validation::Invalid(_)));
    }
}
