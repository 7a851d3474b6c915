//! Values, a stream and places to cut it: no form of a value is left, nothing else changes, no more is held than a value
//! has, and the cuts change nothing.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::{arbitrary::Arbitrary, fuzz_target};
use nuages::redact::{MASK, Redactor, SHORTEST, Secrets};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    values: Vec<&'a [u8]>,
    parts: Vec<Part<'a>>,
    cuts: Vec<u8>,
}

#[derive(Arbitrary, Debug)]
enum Part<'a> {
    Bytes(&'a [u8]),
    /// One of the values, up to a place.
    Value(u8, u16),
    /// The same, in hex.
    Hex(u8),
}

fuzz_target!(|input: Input<'_>| {
    let values: Vec<&[u8]> = input
        .values
        .iter()
        .take(6)
        .map(|value| value[..value.len().min(300)].trim_ascii())
        .collect();
    let stream = stream(&values, &input.parts);
    let secrets = Arc::new(Secrets::new(values.iter().copied()).expect("few values"));
    let whole = run(&secrets, [stream.as_slice()].into_iter());
    let mut rest = stream.as_slice();
    let mut cut = Vec::new();
    for &length in &input.cuts {
        let (part, after) = rest.split_at(usize::from(length).min(rest.len()));
        cut.push(part);
        rest = after;
    }
    cut.push(rest);
    assert_eq!(
        run(&secrets, cut.into_iter()),
        whole,
        "a cut changes what is masked"
    );
    for value in values.iter().filter(|value| value.len() >= SHORTEST) {
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        for form in [*value, hex.as_bytes()] {
            // A value may hold the mask itself, or what stands beside one.
            let is_left = |form: &[u8]| whole.windows(form.len()).any(|window| window == form);
            assert!(form.contains(&b'*') || !is_left(form), "a value is left");
        }
    }
    // An asterisk of the stream beside a mask would look like a part of it.
    if !stream.contains(&b'*') {
        rebuild(&stream, &whole);
    }
});

fn stream(values: &[&[u8]], parts: &[Part<'_>]) -> Vec<u8> {
    let mut stream = Vec::new();
    for part in parts {
        let value = |place: &u8| values.get(usize::from(*place) % values.len().max(1));
        match part {
            Part::Bytes(bytes) => stream.extend_from_slice(bytes),
            Part::Value(place, end) => {
                if let Some(value) = value(place) {
                    stream.extend_from_slice(&value[..usize::from(*end).min(value.len())]);
                }
            }
            Part::Hex(place) => {
                let bytes = value(place).into_iter().flat_map(|value| value.iter());
                stream.extend(bytes.flat_map(|byte| format!("{byte:02x}").into_bytes()));
            }
        }
    }
    stream
}

fn run<'a>(secrets: &Arc<Secrets>, parts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut redactor = Redactor::new(secrets);
    let mut out = Vec::new();
    for part in parts {
        redactor.push(part, &mut out);
    }
    redactor.finish(&mut out);
    out
}

/// What stands between masks stands in the stream, in the same order, and the begin and the end are the stream's.
fn rebuild(stream: &[u8], masked: &[u8]) {
    let mut rest = stream;
    let mut kept = masked;
    while let Some(place) = kept.windows(MASK.len()).position(|window| window == MASK) {
        let (part, after) = kept.split_at(place);
        let found = (0..=rest.len())
            .find(|&found| rest[found..].starts_with(part))
            .unwrap_or_else(|| panic!("something else of the stream has changed"));
        rest = &rest[found + part.len()..];
        kept = &after[MASK.len()..];
    }
    assert!(rest.ends_with(kept), "the stream's end has changed");
}
