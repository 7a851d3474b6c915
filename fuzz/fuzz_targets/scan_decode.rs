//! What a value hides behind: UTF-16, byte-order marks, NUL bytes, the encodings of known values; and the validators over
//! any bytes. What was encoded must be found.
#![no_main]

use std::{fmt::Write as _, sync::Mutex};

use libfuzzer_sys::fuzz_target;
use nuages::scan::{
    known::{self, Known, Named, SHORTEST},
    rule,
    source::{self, Sink, Trouble, Unit, Verdict},
    validate::Candidate,
    words,
};
use nuages_fuzz::scan::expand;

fuzz_target!(|input: &[u8]| {
    let [mode, more, _, bytes @ ..] = input else {
        return;
    };
    match mode {
        b'u' => streams(*more, bytes),
        b'k' => values(*more, bytes),
        b'v' => validators(*more, &expand(bytes)),
        _ => judged(bytes),
    }
});

/// Keeps what a scan would look at.
#[derive(Default)]
struct Kept(Mutex<Vec<Vec<u8>>>);

impl Sink for Kept {
    fn unit(&self, unit: &Unit<'_>) -> Verdict {
        self.0.lock().expect("a lock").push(unit.bytes.to_owned());
        Verdict::Clean
    }

    fn trouble(&self, trouble: Trouble) {
        panic!("nothing of a stream is unreadable: {trouble:?}");
    }
}

fn seen(bytes: &[u8]) -> Option<Vec<u8>> {
    let kept = Kept::default();
    source::stdin(&mut &*bytes, "x.py".into(), &kept);
    let mut units = kept.0.into_inner().expect("a lock");
    assert!(units.len() <= 1, "a short text is one unit");
    units.pop()
}

fn streams(more: u8, bytes: &[u8]) {
    // Whatever comes out is no longer than three bytes for each of UTF-16's pairs.
    let out = seen(bytes);
    assert!(out.is_none_or(|out| out.len() <= bytes.len() * 2 + 3));
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let low: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let high: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = |mark: &[u8], bytes: &[u8]| seen(&[mark, bytes].concat());
    for encoded in [
        marked(b"\xef\xbb\xbf", bytes),
        marked(b"\xff\xfe", &low),
        marked(b"\xfe\xff", &high),
    ] {
        assert_eq!(encoded.as_deref(), Some(bytes), "a marked text comes back");
    }
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    if bytes.len() >= 3 && bytes.iter().all(is_plain) {
        assert_eq!(seen(&low).as_deref(), Some(bytes), "UTF-16 without a mark");
        assert_eq!(seen(&high).as_deref(), Some(bytes), "UTF-16 without a mark");
        // One NUL byte hides nothing.
        let at = usize::from(more) % bytes.len();
        let mut with = bytes.to_vec();
        with.insert(at, 0);
        if !bytes.starts_with(b"%PDF-")
            && !bytes.starts_with(b"RIFF")
            && !bytes.starts_with(b"OTTO")
            && !bytes.starts_with(b"PK")
            && !bytes.starts_with(b"GIF8")
            && !bytes.starts_with(b"BZh9")
            && !bytes.starts_with(b"8BPS")
            && !bytes.starts_with(b"DIRC")
            && !bytes.starts_with(b"OggS")
            && !bytes.starts_with(b"wOF")
            && !bytes.starts_with(b"ID3")
            && !bytes.starts_with(b"fLaC")
            && !with.starts_with(b"II*")
            && !with.starts_with(b"MM\0")
            && !with.starts_with(b"\0")
            && !bytes.starts_with(b"SQLite")
        {
            assert_eq!(seen(&with), Some(with), "a NUL byte hides a text");
        }
    }
}

/// A value in the midst of other text, in one encoding after the other.
fn values(more: u8, bytes: &[u8]) {
    let mut parts = bytes.splitn(3, |&byte| byte == b'\x1f');
    let value = parts.next().unwrap_or_default();
    let (before, after) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    if value.len() > 2000 {
        return;
    }
    let named = Named {
        name: "env.SECRET_KEY",
        value,
    };
    let (known, short) = Known::values(std::slice::from_ref(&named));
    assert_eq!(short.is_empty(), value.len() >= SHORTEST);
    if !short.is_empty() {
        return;
    }
    let key = known::Key::new(&[more; 32]).expect("a key");
    let file = Known::write(&[named], &key);
    assert!(
        value.len() < 8
            || !file
                .as_bytes()
                .windows(value.len())
                .any(|part| part == value)
            || is_common(&file, value),
        "a file of fingerprints shows a value"
    );
    let prints = Known::read(&file, key).expect("what was written");
    let look = |encoded: &[u8], what: &str, inner: bool| {
        let whole = [before, encoded, after].concat();
        let place = before.len()..before.len() + encoded.len();
        for known in [&known, &prints] {
            let found = known.find(&whole);
            assert!(
                found.iter().any(|seen| {
                    if inner {
                        seen.span.start < place.end && place.start < seen.span.end
                    } else {
                        seen.span.start <= place.start && place.end <= seen.span.end
                            || seen.span.start < place.end && place.start < seen.span.end
                    }
                }),
                "a value is not found {what}"
            );
            for seen in found {
                assert!(seen.span.start < seen.span.end && seen.span.end <= whole.len());
            }
        }
    };
    look(value, "as it is", false);
    let hex = value.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    look(hex.as_bytes(), "in hex", false);
    look(hex.to_uppercase().as_bytes(), "in hex", false);
    if value.len() >= 10 {
        for skip in 0..3 {
            let with = [&b"uv"[..skip], value, &b"tail"[..usize::from(more) % 5]].concat();
            look(base64(&with, b"+/").as_bytes(), "in base64", true);
            look(base64(&with, b"-_").as_bytes(), "in base64", true);
        }
    }
    let percent = |kept: &str| {
        value.iter().fold(String::new(), |mut text, byte| {
            if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(byte) {
                text.push(char::from(*byte));
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
            text
        })
    };
    for kept in ["_.-~", "_.-~/", "-_.!~*'()"] {
        look(percent(kept).as_bytes(), "percent-encoded", false);
        look(
            percent(kept).replace("%20", "+").as_bytes(),
            "percent-encoded",
            false,
        );
    }
    if let Ok(text) = std::str::from_utf8(value) {
        let json = serde_json::to_string(text).expect("a string");
        look(
            &json.as_bytes()[1..json.len() - 1],
            "as JSON escapes it",
            false,
        );
        look(
            text.replace('\'', "'\\''").as_bytes(),
            "as a shell quotes it",
            false,
        );
        let xml = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        look(xml.as_bytes(), "as XML escapes it", false);
    }
}

/// Whether the file would have these bytes whatever the value is: digits, names of fields.
fn is_common(file: &str, value: &[u8]) -> bool {
    let fields = [
        "\"encoding\"",
        "\"first\"",
        "\"length\"",
        "\"name\"",
        "\"print\"",
        "fingerprints",
    ];
    let encodings = "as it is one of its lines in base64 in hex percent-encoded as JSON escapes it as a shell quotes it as Python escapes it as XML escapes it env.SECRET_KEY";
    let head = file.split("fingerprints").next().unwrap_or_default();
    let in_head = head
        .as_bytes()
        .windows(value.len().max(1))
        .any(|part| part == value);
    value.len() < 12
        || in_head
        || encodings
            .as_bytes()
            .windows(value.len())
            .any(|part| part == value)
        || fields
            .iter()
            .any(|field| String::from_utf8_lossy(value).contains(field) && file.contains(field))
}

fn base64(bytes: &[u8], last: &[u8; 2]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .chain(&[0, 0])
            .take(3)
            .fold(0_usize, |bits, &byte| bits << 8 | usize::from(byte));
        for digit in 0..=chunk.len() {
            let number = bits >> (18 - 6 * digit) & 63;
            text.push(char::from(
                DIGITS
                    .get(number)
                    .copied()
                    .unwrap_or_else(|| last[number - 62]),
            ));
        }
    }
    while text.len() % 4 != 0 {
        text.push('=');
    }
    text
}

/// Every validator on one secret in its surroundings.
fn validators(more: u8, bytes: &[u8]) {
    let third = bytes.len() / 3;
    let cuts = match more % 4 {
        0 => (0..bytes.len(), 0..bytes.len()),
        1 => (third..bytes.len(), third..bytes.len() - third),
        2 => (0..bytes.len() - third, third / 2..third),
        _ => (
            1.min(bytes.len())..bytes.len(),
            third.max(1.min(bytes.len()))..bytes.len(),
        ),
    };
    let candidate = Candidate {
        secret: &bytes[cuts.1],
        matched: &bytes[cuts.0],
        window: bytes,
    };
    for validator in rule::built_in().iter().filter_map(|rule| rule.validator) {
        validator(&candidate);
    }
}

/// Names and values of any kind.
fn judged(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (name, value) = text.split_once('=').unwrap_or((&text, ""));
    let _ = words::look(value);
    let _ = (
        words::bearing(name),
        words::is_weak(value),
        words::repeats(name, value),
    );
}
