//! Values that have a structure inside: checksums, DER, JSON in base64.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::random::{LETTERS_AND_DIGITS, Random};

/// As GitHub and npm make them: thirty signs, and their CRC-32 in base 62.
pub fn with_checksum(prefix: &str, random: &mut Random) -> String {
    let body = random.text(LETTERS_AND_DIGITS, 30);
    let mut rest = crc32fast::hash(body.as_bytes()) as usize;
    let mut checksum = [b'0'; 6];
    for place in checksum.iter_mut().rev() {
        *place = LETTERS_AND_DIGITS.as_bytes()[rest % 62];
        rest /= 62;
    }
    format!("{prefix}{body}{}", String::from_utf8_lossy(&checksum))
}

/// As the Python Package Index makes its tokens: a macaroon, version 2.
pub fn macaroon(random: &mut Random) -> String {
    let (id, signature) = (random.uuid(), random.bytes(32));
    let mut bytes = vec![2];
    let fields = [
        (1, b"pypi.org".as_slice()),
        (2, id.as_bytes()),
        (0, &[]),
        (2, br#"{"version": 1, "permissions": "user"}"#),
        (0, &[]),
        (0, &[]),
        (6, &signature),
    ];
    for (kind, content) in fields {
        bytes.push(kind);
        // 0 ends a section, and has no content.
        if kind != 0 {
            bytes.push(content.len() as u8);
            bytes.extend(content);
        }
    }
    ["py", "pi-", &URL_SAFE_NO_PAD.encode(bytes)].concat()
}

/// A token of a service for itself, signed with HS256.
pub fn jwt(random: &mut Random) -> String {
    let claims = format!(
        "{{\"sub\":\"{}\",\"role\":\"service\",\"iat\":17{}}}",
        random.uuid(),
        random.digits(8)
    );
    let parts = [
        r#"{"alg":"HS256","typ":"JWT"}"#.as_bytes(),
        claims.as_bytes(),
        &random.bytes(32),
    ];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

/// A private key of Ed25519: any 32 bytes are one.
pub fn private(random: &mut Random) -> String {
    let mut der = vec![
        0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    der.extend(random.bytes(32));
    armour("PRIVATE KEY", &der)
}

/// What is built like a private key of RSA with 2048 bits; its numbers are random, not prime.
pub fn rsa(random: &mut Random) -> String {
    let mut numbers = integer(&[0]);
    for length in [256, 3, 256, 128, 128, 128, 128, 128] {
        let mut number = if length == 3 {
            vec![1, 0, 1]
        } else {
            random.bytes(length)
        };
        number[0] = number[0] & 0x7F | (0x40 * u8::from(length > 3));
        numbers.extend(integer(&number));
    }
    armour("RSA PRIVATE KEY", &tagged(0x30, &numbers))
}

pub fn public(random: &mut Random) -> String {
    let mut der = vec![0x30, 0x2A, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 3, 0x21, 0];
    der.extend(random.bytes(32));
    armour("PUBLIC KEY", &der)
}

/// The outside of a certificate; nobody looks at what is in it here.
pub fn certificate(random: &mut Random) -> String {
    let content = random.bytes(700);
    armour("CERTIFICATE", &tagged(0x30, &content))
}

pub fn ssh_public(random: &mut Random) -> String {
    let mut bytes = Vec::new();
    for field in [b"ssh-ed25519".as_slice(), &random.bytes(32)] {
        bytes.extend((field.len() as u32).to_be_bytes());
        bytes.extend(field);
    }
    format!("ssh-ed25519 {}", STANDARD.encode(bytes))
}

fn integer(number: &[u8]) -> Vec<u8> {
    tagged(2, number)
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    match content.len() {
        length @ 0..0x80 => der.push(length as u8),
        length @ 0x80..0x100 => der.extend([0x81, length as u8]),
        length => der.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    der.extend(content);
    der
}

fn armour(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut lines = vec![["-----BEGIN ", label, "-----"].concat()];
    lines.extend(
        text.as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned()),
    );
    lines.push(["-----END ", label, "-----"].concat());
    lines.join("\n")
}
