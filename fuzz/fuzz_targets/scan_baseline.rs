//! What says that a finding is known: our baseline, `.gitleaksignore`, a baseline of detect-secrets, fingerprints, marks in
//! the text. The first byte says which; a NUL byte parts the file from the text that it is used on.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nuages::{
    finding::Confidence,
    scan::{
        known::{self, Known},
        session::{Options, Session},
        source,
        suppress::{
            Baseline, Date, DetectSecrets, GitleaksIgnore, Key, Suppressions, allowed,
            baseline::{Item, Stamp},
            fingerprints,
        },
        text::Text,
    },
};
use nuages_fuzz::scan::{DETECTOR, check_outcome, expand, in_time, name, scan_stream, today};

fuzz_target!(|input: &[u8]| {
    let [mode, file, _, bytes @ ..] = input else {
        return;
    };
    let mut parts = bytes.splitn(2, |&byte| byte == 0);
    let (known, text) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let (path, text) = (name(*file), &expand(text)[..]);
    let nothing = Suppressions::new(today());
    match mode {
        b'b' => baseline(known, path, text),
        b'i' => {
            if let Ok((ignore, wrong)) = GitleaksIgnore::read(known) {
                assert!(wrong.is_sorted() && wrong.iter().all(|&line| line >= 1));
                used(nothing.gitleaks_ignore(ignore), path, text);
            }
        }
        b'd' => {
            if let Ok(baseline) = DetectSecrets::read(known) {
                used(nothing.detect_secrets(baseline), path, text);
            }
        }
        b'f' => prints(known, text),
        b't' => {
            if let Ok(day) = std::str::from_utf8(known)
                .map_err(drop)
                .and_then(|text| Date::parse(text).map_err(drop))
            {
                assert_eq!(day.to_string().as_bytes(), known, "a day comes back");
            }
        }
        _ => marks(path, text),
    }
});

fn used(suppressions: Suppressions, path: &str, text: &[u8]) {
    scan_stream(&DETECTOR, path, text, Confidence::Low, &suppressions);
    let unused = suppressions.unused().len();
    assert!(suppressions.unused().len() == unused && suppressions.used().is_sorted());
}

/// What is read is written and read again; what is found and written down is found no more.
fn baseline(known: &[u8], path: &str, text: &[u8]) {
    let key = || Key::derived(b"a key that comes from a store ...").expect("a key");
    let read = Baseline::read(known, None).or_else(|_| Baseline::read(known, Some(key())));
    let mut baseline = match read {
        Ok(baseline) => {
            let written = baseline.write();
            let again = Baseline::read(written.as_bytes(), Some(key())).expect("what was written");
            assert_eq!(again.write(), written, "a baseline comes back");
            baseline
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Baseline::new(key(), true)
        }
    };
    let text_of = Text::new(path.into(), text);
    let items: Vec<Item> = DETECTOR
        .scan(&text_of, Confidence::Low)
        .iter()
        .map(|found| Item {
            rule: found.rule.to_string(),
            path: path.into(),
            value: baseline.key().value(&found.rule, &text[found.span.clone()]),
        })
        .collect();
    let day = today();
    let stamp = Stamp {
        reason: "known when the baseline was written",
        added: &day,
        by: Some("ann@shop.example"),
        expires: None,
    };
    baseline.update(&items, &stamp, &|_| true);
    let written = baseline.write();
    let mut again = Baseline::read(written.as_bytes(), Some(key())).expect("what was written");
    assert_eq!(again.write(), written, "a baseline comes back");
    let (new, gone) = again.update(&items, &stamp, &|_| true);
    assert_eq!((new, gone), (0, 0), "nothing is new at once");
    // An entry that was there before may have expired.
    let is_lasting = !known.windows(7).any(|word| word == b"expires") && !known.contains(&b'\\');
    let suppressions = Suppressions::new(day).baseline(again);
    let options = Options {
        floor: Some(Confidence::Low),
        ..Options::default()
    };
    let session = Session::new(&DETECTOR, &suppressions, options);
    source::stdin(&mut &*text, path.into(), &session);
    let outcome = session.finish(|_| None);
    check_outcome(&outcome);
    // Another encoding is another text.
    if is_lasting
        && !text.contains(&0)
        && std::str::from_utf8(text).is_ok_and(|text| !text.starts_with('\u{feff}'))
    {
        let is_known = outcome.caught.iter().all(|caught| caught.is_suppressed);
        assert!(is_known, "what was written down is found again");
    }
    let _ = (suppressions.used(), suppressions.unused());
}

fn prints(known: &[u8], text: &[u8]) {
    let (Ok(file), Ok(key)) = (std::str::from_utf8(known), known::Key::new(&[7; 32])) else {
        return;
    };
    let value = b"kept-9Kv\"Zq7xW";
    let named = known::Named {
        name: "env.X",
        value,
    };
    let sound = Known::write(&[named], &key);
    // A file that passes for one of this key's.
    let check = sound
        .split("\"key\": ")
        .nth(1)
        .and_then(|rest| rest.split(',').next());
    let file = file.replace("KEY", check.unwrap_or_default());
    match Known::read(&file, key) {
        Ok(known) => {
            let found = in_time(text.len() * 8, "a search", || known.find(text));
            assert!(found.iter().all(|seen| seen.span.end <= text.len()));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A mark may stand anywhere, and any place be asked for.
fn marks(path: &str, text: &[u8]) {
    let text_of = Text::new(path.into(), text);
    let found = DETECTOR.scan(&text_of, Confidence::Low);
    assert_eq!(fingerprints(&text_of, &found).len(), found.len());
    for start in (0..=text.len()).step_by(text.len() / 16 + 1) {
        for length in [0, 1, 9, 5000] {
            for shaped in [false, true] {
                let _ = allowed(
                    &text_of,
                    "django-secret-key",
                    &(start..start + length),
                    shaped,
                );
            }
        }
    }
    for one in &found {
        let _ = allowed(&text_of, &one.rule, &one.span, true);
    }
    used(Suppressions::new(today()), path, text);
}
