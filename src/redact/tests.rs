//! The masker against a naive one: every place of the stream compared with every form.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;

use super::{MASK, Redactor, SHORTEST, Secrets, TooMany, forms, is_too_short};
use crate::scan::known::{Known, Named};

fn secrets(values: &[&[u8]]) -> Arc<Secrets> {
    Arc::new(Secrets::new(values.iter().copied()).expect("not too many"))
}

/// The stream in one push, and byte by byte: both must come to the same.
fn masked(values: &[&[u8]], stream: &[u8]) -> String {
    let secrets = secrets(values);
    let whole = run(&secrets, [stream]);
    assert_eq!(run(&secrets, stream.chunks(1)), whole, "cut at every byte");
    String::from_utf8(whole).expect("UTF-8")
}

fn run<'a>(secrets: &Arc<Secrets>, parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut redactor = Redactor::new(secrets);
    let mut out = Vec::new();
    for part in parts {
        redactor.push(part, &mut out);
        assert!(redactor.held.len() <= secrets.longest);
    }
    redactor.finish(&mut out);
    out
}

/// What the stream should become: each byte compared with the begin of each form, overlapping places one mask.
fn naive(values: &[&[u8]], stream: &[u8]) -> Vec<u8> {
    let forms: Vec<_> = values.iter().flat_map(|value| forms::all(value)).collect();
    let mut out = Vec::new();
    let mut covered = 0;
    for place in 0..stream.len() {
        let longest = forms
            .iter()
            .filter(|form| stream[place..].starts_with(form))
            .map(|form| form.len())
            .max();
        if let Some(length) = longest {
            if place >= covered {
                out.extend_from_slice(MASK);
            }
            covered = covered.max(place + length);
        }
        if place >= covered {
            out.push(stream[place]);
        }
    }
    out
}

#[test]
fn a_value_is_masked_and_nothing_else_is_changed() {
    let stream = b"\xff\x00before hunter2secret\r\nafter\xfe hunter2secre";
    let secrets = secrets(&[b"hunter2secret"]);
    let expected = b"\xff\x00before ********\r\nafter\xfe hunter2secre";
    assert_eq!(run(&secrets, [&stream[..]]), expected);
    assert_eq!(run(&secrets, stream.chunks(1)), expected);
    assert_eq!(masked(&[], b"hunter2secret"), "hunter2secret");
    assert_eq!(masked(&[b"hunter2secret"], b""), "");
}

#[test]
fn overlapping_and_adjacent_values_leave_no_tail() {
    assert_eq!(
        masked(&[b"abcdef", b"efghij"], b"-abcdefghij-"),
        "-********-"
    );
    assert_eq!(masked(&[b"abcd", b"abcdefgh"], b"-abcdefgh-"), "-********-");
    assert_eq!(
        masked(&[b"abcd", b"abcdefgh"], b"-abcdefg-"),
        "-********efg-"
    );
    assert_eq!(
        masked(&[b"bcde", b"abcdefgh"], b"-abcdefg-"),
        "-a********fg-"
    );
    assert_eq!(
        masked(&[b"abcd", b"efgh"], b"-abcdefgh-"),
        "-****************-"
    );
    assert_eq!(masked(&[b"aaaa"], b"-aaaaaaaaaaa-"), "-********-");
    assert_eq!(masked(&[b"abcabcabd"], b"abcabcabcabd"), "abc********");
}

#[test]
fn every_form_is_masked() {
    let value = "s3cr\u{e4}t/\"<tap> 'x\\y&z".as_bytes();
    let text = std::str::from_utf8(value).expect("UTF-8");
    let hex = crate::scan::suppress::hex(value);
    let json = serde_json::to_string(text).expect("a string");
    let json = &json[1..json.len() - 1];
    let twice = serde_json::to_string(json).expect("a string");
    let percent = "s3cr%C3%A4t%2F%22%3Ctap%3E%20%27x%5Cy%26z";
    for form in [
        text.to_owned(),
        STANDARD.encode(value),
        STANDARD.encode([value, b"\n"].concat()),
        hex.to_uppercase(),
        hex,
        percent.to_owned(),
        percent.replace("%20", "+"),
        percent
            .replace("%C3%A4", "%c3%a4")
            .replace("%2F", "%2f")
            .replace("%3C", "%3c")
            .replace("%3E", "%3e")
            .replace("%5C", "%5c"),
        json.to_owned(),
        json.replace('/', "\\/"),
        json.replace('\u{e4}', "\\u00e4"),
        json.replace('\u{e4}', "\\u00E4")
            .replace('<', "\\u003C")
            .replace('>', "\\u003E")
            .replace('&', "\\u0026"),
        json.replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026"),
        twice[1..twice.len() - 1].to_owned(),
        text.replace('\'', "'\\''"),
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;"),
        text.replace('\\', "\\\\")
            .replace('\'', "\\'")
            .replace('\u{e4}', "\\xc3\\xa4"),
    ] {
        let stream = format!("[{form}]");
        assert_eq!(masked(&[value], stream.as_bytes()), "[********]", "{form}");
    }
}

#[test]
fn a_field_of_a_password_file_is_masked() {
    for (value, field) in [
        (&b"db:5432/?Action=x\\y"[..], r"db\:5432/?Action=x\\y"),
        (b"#hash*", r"\#hash*"),
        (b"*star", r"\*star"),
    ] {
        assert_eq!(masked(&[value], field.as_bytes()), "********", "{field}");
    }
}

/// Within other text, base64 leaves at most the bits that share a character with the neighbours.
#[test]
fn base64_is_masked_at_each_alignment() {
    let value = b"correct-horse?battery>staple~";
    for before in ["", "u", "us", "user:", "root:x"] {
        for after in ["", "\n", "@db"] {
            let whole = [before.as_bytes(), value, after.as_bytes()].concat();
            for encoded in [
                STANDARD.encode(&whole),
                STANDARD.encode(&whole).replace('+', "-").replace('/', "_"),
            ] {
                let out = masked(&[value], encoded.as_bytes());
                let left = out.replace("********", "");
                assert!(out.contains("********"), "{encoded}");
                let most = (before.len() * 8).div_ceil(6) + 1 + (after.len() * 8).div_ceil(6) + 2;
                assert!(left.len() <= most, "{encoded} left {left}");
            }
        }
    }
}

#[test]
fn each_line_of_a_value_is_masked() {
    let value = b"-----BEGIN KEY-----\nMIIBVQIBADANBgkq\nhkiG9w0BAQEFAASC\n}\nAT8wgg==\n-----END KEY-----\n";
    let text = std::str::from_utf8(value).expect("UTF-8");
    assert_eq!(
        masked(&[value], format!("<{text}>").as_bytes()),
        "<********\n>"
    );
    assert_eq!(
        masked(&[value], text.replace('\n', "\r\n").as_bytes()),
        "********\r\n"
    );
    assert_eq!(
        masked(&[value], text.replace('\n', "\\n").as_bytes()),
        "********\\n"
    );
    let logged = text.replace('\n', "\n12:00 ");
    let logged = format!("12:00 {}", logged.trim_end_matches("12:00 "));
    assert_eq!(
        masked(&[value], logged.as_bytes()),
        "12:00 -----BEGIN KEY-----\n12:00 ********\n12:00 ********\n12:00 }\n12:00 ********\n12:00 -----END KEY-----\n"
    );
    // Wrapped as `base64` and as PEM wrap.
    let encoded = STANDARD.encode(value);
    for wrap in [76, 64] {
        let lines: Vec<_> = encoded
            .as_bytes()
            .chunks(wrap)
            .map(|line| std::str::from_utf8(line).expect("ASCII"))
            .collect();
        assert_eq!(masked(&[value], lines.join("\n").as_bytes()), "********");
    }
}

#[test]
fn short_values_are_passed_over() {
    assert!(is_too_short(b"abc") && is_too_short(b" abc\n") && !is_too_short(b"abcd"));
    assert_eq!(
        masked(&[b"abc", b"\n", b"", b"  "], b"abc abcd \n  "),
        "abc abcd \n  "
    );
    assert_eq!(
        masked(&[b"abcd"], b"xabcdx 61626364 YWJjZA=="),
        "x********x ******** ********"
    );
    assert_eq!(SHORTEST, 4);
}

#[test]
fn what_cannot_be_the_begin_of_a_value_is_passed_on_at_once() {
    let secrets = secrets(&[b"hunter2secret"]);
    let mut redactor = Redactor::new(&secrets);
    let mut push = |bytes: &[u8]| {
        let mut out = Vec::new();
        redactor.push(bytes, &mut out);
        String::from_utf8(out).expect("UTF-8")
    };
    assert_eq!(push(b"Password: "), "Password: ");
    assert_eq!(push(b" 50%\r"), " 50%\r");
    assert_eq!(push(b"and hunt"), "and ");
    assert_eq!(push(b"ing"), "hunting");
    assert_eq!(push(b"hunter2"), "");
    assert_eq!(push(b"secret"), "********");
    assert_eq!(push(b"hhhh"), "hhh");
}

#[test]
fn a_pause_shows_one_byte_and_no_more() {
    let secrets = secrets(&[b"hunter2secret"]);
    let mut redactor = Redactor::new(&secrets);
    let mut out = Vec::new();
    redactor.push(b"-h", &mut out);
    redactor.pause(&mut out);
    assert_eq!(out, b"-h");
    redactor.push(b"u", &mut out);
    redactor.pause(&mut out);
    redactor.pause(&mut out);
    assert_eq!(out, b"-h");
    redactor.push(b"x h", &mut out);
    redactor.pause(&mut out);
    assert_eq!(out, b"-hux h");
    redactor.push(b"unter2secret|", &mut out);
    redactor.pause(&mut out);
    redactor.finish(&mut out);
    assert_eq!(out, b"-hux h********|");

    // A short value is never begun.
    let mut redactor = Redactor::new(&self::secrets(&[b"hunt"]));
    let mut out = Vec::new();
    redactor.push(b"h", &mut out);
    redactor.pause(&mut out);
    assert_eq!(out, b"");
    redactor.finish(&mut out);
    assert_eq!(out, b"h");
}

#[test]
fn nothing_is_shown_by_debug() {
    let secrets = secrets(&[b"hunter2secret"]);
    let mut redactor = Redactor::new(&secrets);
    redactor.push(b"hunter2", &mut Vec::new());
    assert_eq!(format!("{TooMany:?}"), "TooMany");
    for shown in [format!("{secrets:?}"), format!("{redactor:?}")] {
        assert!(
            !shown.contains("hunt") && !shown.contains("104, 117"),
            "{shown}"
        );
    }
}

/// A stream that begins the same value again and again takes its time once a byte.
#[test]
fn time_grows_with_the_stream_alone() {
    let mut value = vec![b'a'; 4000];
    value.push(b'b');
    let others: Vec<Vec<u8>> = (0..200)
        .map(|number| format!("postgres://app:{number:08}@db").into_bytes())
        .collect();
    let mut values: Vec<&[u8]> = others.iter().map(Vec::as_slice).collect();
    values.push(&value);
    let secrets = secrets(&values);
    let start = std::time::Instant::now();
    let stream = vec![b'a'; 2_000_000];
    assert_eq!(run(&secrets, [&stream[..]]), stream);
    let stream = b"postgres://app:".repeat(100_000);
    assert_eq!(run(&secrets, [&stream[..]]), stream);
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}

/// One part of a stream: filler, or a form of a value, or a piece of one.
#[derive(Clone, Debug)]
enum Part {
    Filler(Vec<u8>),
    Form(prop::sample::Index, prop::sample::Index),
    Piece(
        prop::sample::Index,
        prop::sample::Index,
        prop::sample::Index,
    ),
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[ab]{1,9}".prop_map(String::into_bytes),
        "[a-c/+<\"'\\\\ \n\u{e4}]{3,24}".prop_map(String::into_bytes),
        "[ -~]{4,40}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 4..40),
        prop::collection::vec("[A-Za-z0-9+/]{2,20}", 2..6)
            .prop_map(|lines| lines.join("\n").into_bytes()),
    ]
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        "[ab]{0,6}".prop_map(|text| Part::Filler(text.into_bytes())),
        prop::collection::vec(any::<u8>(), 0..12).prop_map(Part::Filler),
        (any::<prop::sample::Index>(), any::<prop::sample::Index>())
            .prop_map(|(value, form)| Part::Form(value, form)),
        (
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>()
        )
            .prop_map(|(value, form, cut)| Part::Piece(value, form, cut)),
    ]
}

fn pick(
    forms: &[Vec<forms::Form>],
    value: prop::sample::Index,
    form: prop::sample::Index,
) -> &[u8] {
    let of_value = &forms[value.index(forms.len())];
    &of_value[form.index(of_value.len())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Exactly what the naive masker makes of it, wherever it is cut; and no form of a value is left.
    #[test]
    fn any_stream_cut_anywhere(
        values in prop::collection::vec(value(), 1..5),
        parts in prop::collection::vec(part(), 0..14),
        cuts in prop::collection::vec(0_usize..24, 1..12),
    ) {
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let forms: Vec<Vec<forms::Form>> = values.iter().map(|value| forms::all(value)).filter(|forms| !forms.is_empty()).collect();
        let mut stream = Vec::new();
        for part in &parts {
            match part {
                Part::Filler(bytes) => stream.extend_from_slice(bytes),
                Part::Form(..) | Part::Piece(..) if forms.is_empty() => {}
                Part::Form(value, form) => stream.extend_from_slice(pick(&forms, *value, *form)),
                Part::Piece(value, form, cut) => {
                    let form = pick(&forms, *value, *form);
                    stream.extend_from_slice(&form[..cut.index(form.len())]);
                }
            }
        }
        let expected = naive(&values, &stream);
        let secrets = secrets(&values);
        prop_assert_eq!(&run(&secrets, [&stream[..]]), &expected);
        let mut rest = &stream[..];
        let pieces = cuts.iter().cycle().map_while(|&cut| {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            let is_over = rest.is_empty();
            rest = after;
            (!is_over).then_some(piece)
        });
        // A cut of nothing alone would never come to the end.
        if cuts.iter().any(|&cut| cut > 0) {
            prop_assert_eq!(&run(&secrets, pieces.collect::<Vec<_>>()), &expected);
        }
        let is_left = |form: &[u8]| !form.contains(&b'*') && expected.windows(form.len()).any(|window| window == form);
        prop_assert!(!forms.iter().flatten().any(|form| is_left(form)), "a form of a value is left");
    }
}

/// Numbers that look random and come the same in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("less than the bound")
    }

    fn text(&mut self, length: usize, alphabet: &[u8]) -> Vec<u8> {
        (0..length)
            .map(|_| alphabet[self.below(alphabet.len())])
            .collect()
    }
}

const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'()+,-./:;<=>?@[]^_`{|}~\"\\";

/// Random writes of `megabytes` in all, with a thousand values in all their forms: the output is compared with what it has to
/// be, and looked through by the scanner, which knows nothing of the masker.
fn random_writes(megabytes: usize) {
    let mut numbers = Numbers(42);
    let values: Vec<Vec<u8>> = (0..1000)
        .map(|_| {
            let length = 12 + numbers.below(52);
            numbers.text(length, SIGNS)
        })
        .collect();
    let slices: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    let forms: Vec<Vec<forms::Form>> = slices.iter().map(|value| forms::all(value)).collect();
    let named: Vec<Named<'_>> = slices
        .iter()
        .map(|value| Named {
            name: "env.KEY",
            value,
        })
        .collect();
    let (known, _) = Known::values(&named);
    let secrets = secrets(&slices);
    let filler = numbers.text(
        1 << 20,
        b"abcdefghijklmnopqrstuvwxyz0123456789 \n\xff\x00{}\":,/",
    );
    let mut redactor = Redactor::new(&secrets);
    let (mut stream, mut expected, mut out) = (Vec::new(), Vec::new(), Vec::new());
    let (mut written, mut met) = (0, 0);
    while written < megabytes << 20 {
        stream.clear();
        while stream.len() < 1 << 20 {
            let length = numbers.below(4000);
            let start = numbers.below(filler.len() - length);
            // Blanks around a form: what follows would make another, longer one of it.
            let text = [b" ", &filler[start..start + length], b" "].concat();
            stream.extend_from_slice(&text);
            expected.extend_from_slice(&text);
            let of_value = &forms[numbers.below(forms.len())];
            stream.extend_from_slice(&of_value[numbers.below(of_value.len())]);
            expected.extend_from_slice(MASK);
            met += 1;
        }
        let mut rest = &stream[..];
        while !rest.is_empty() {
            let most = [1, 3, 30, 5000, 65536][numbers.below(5)];
            let (write, after) = rest.split_at((1 + numbers.below(most)).min(rest.len()));
            redactor.push(write, &mut out);
            rest = after;
        }
        written += stream.len();
        assert!(
            expected.starts_with(&out),
            "something else of the stream has changed"
        );
        assert!(known.find(&out).is_empty(), "a value is left");
        expected.drain(..out.len());
        out.clear();
    }
    redactor.finish(&mut out);
    assert!(out == expected, "the stream's end has changed");
    assert!(met > megabytes * 300, "{met} values are too few to tell");
}

#[test]
fn random_writes_with_a_thousand_values() {
    random_writes(32);
}

#[test]
#[ignore = "minutes in a debug build: run it with --release"]
fn a_gigabyte_of_random_writes_with_a_thousand_values() {
    random_writes(1024);
}
