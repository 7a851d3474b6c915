//! Values that change under streams: against a naive masker that knows from where on each value counts.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::{Duration, SystemTime},
};

use proptest::prelude::*;

use super::{Current, REMEMBERED};
use crate::redact::{MASK, Redactor, forms};

const HOUR: Duration = Duration::from_hours(1);

fn bring(current: &Current, source: &str, values: &[&[u8]]) {
    let values = values.iter().map(|value| (*value, None));
    current.bring(source, values).expect("not too many");
}

/// The stream as it comes out of a redactor of its own.
fn masked(current: &Arc<Current>, stream: &[u8]) -> String {
    let mut redactor = Redactor::following(current);
    let mut out = Vec::new();
    redactor.push(stream, &mut out);
    redactor.finish(&mut out);
    String::from_utf8(out).expect("UTF-8")
}

fn push(redactor: &mut Redactor, bytes: &[u8]) -> String {
    let mut out = Vec::new();
    redactor.push(bytes, &mut out);
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn a_stream_follows_and_what_it_held_is_looked_through_again() {
    let current = Arc::new(Current::default());
    let mut redactor = Redactor::following(&current);
    assert_eq!(push(&mut redactor, b"hunter2 "), "hunter2 ", "nothing yet");
    bring(&current, "a", &[b"hunter2"]);
    assert_eq!(push(&mut redactor, b"hunter2 x hunt"), "******** x ");
    // Held for the old value, and the begin of the new one.
    bring(&current, "a", &[b"hunted-down"]);
    assert_eq!(push(&mut redactor, b"ed-d"), "");
    assert_eq!(push(&mut redactor, b"own hunter2 "), "******** ******** ");
    // Held for the old value, which goes on.
    assert_eq!(push(&mut redactor, b"hun"), "");
    bring(&current, "a", &[b"something-else"]);
    assert_eq!(push(&mut redactor, b"ter2 some"), "******** ");
    assert_eq!(push(&mut redactor, b"thing-else"), "********");
    // A longer value than any before: what is held has room.
    let long = b"hunted-down-the-whole-of-a-long-road".repeat(4);
    bring(&current, "a", &[&long]);
    assert_eq!(push(&mut redactor, &long[..100]), "");
    bring(&current, "a", &[b"short"]);
    assert_eq!(push(&mut redactor, &long[100..]), "********");
}

/// What was found within what is held is masked, though the change makes it the begin of nothing.
#[test]
fn what_was_found_stays_found() {
    let current = Arc::new(Current::default());
    bring(&current, "a", &[b"abcd-efgh", b"bcd-"]);
    let mut redactor = Redactor::following(&current);
    assert_eq!(push(&mut redactor, b"abcd-e"), "");
    for number in 0..REMEMBERED + 2 {
        bring(&current, "a", &[format!("other-{number}").as_bytes()]);
    }
    assert_eq!(push(&mut redactor, b"x"), "a********ex");
    assert_eq!(push(&mut redactor, b"abcd-efgh"), "abcd-efgh");
}

/// The first byte was shown in a pause, before the values changed.
#[test]
fn a_byte_that_was_shown_is_still_the_first_of_a_value() {
    let current = Arc::new(Current::default());
    bring(&current, "a", &[b"hunter2secret"]);
    for rest in [&b""[..], b"un"] {
        let mut redactor = Redactor::following(&current);
        let mut out = Vec::new();
        redactor.push(b"-h", &mut out);
        redactor.pause(&mut out);
        assert_eq!(out, b"-h");
        redactor.push(rest, &mut out);
        bring(
            &current,
            "b",
            &[format!("hungry-{}", rest.len()).as_bytes()],
        );
        redactor.push(&b"unter2secret|"[rest.len()..], &mut out);
        assert_eq!(out, b"-h********|");
    }
}

#[test]
fn former_values_are_remembered_for_a_while() {
    let current = Arc::new(Current::default());
    bring(&current, "start", &[b"always-there"]);
    for number in 0..40 {
        bring(&current, "a", &[format!("value-{number:02}").as_bytes()]);
        bring(&current, "a", &[format!("value-{number:02}").as_bytes()]);
    }
    let all = |from: usize| -> Vec<String> {
        (from..40)
            .map(|number| masked(&current, format!("value-{number:02}").as_bytes()))
            .collect()
    };
    // And the one that was forgotten by the last change.
    let first = 40 - 2 - REMEMBERED;
    assert!(all(first).iter().all(|text| text.as_bytes() == MASK));
    assert_eq!(all(first - 1)[0], format!("value-{:02}", first - 1));
    assert_eq!(masked(&current, b"always-there"), "********");
    // Two that take turns drive nothing out.
    for _ in 0..40 {
        bring(&current, "a", &[b"one-of-two"]);
        bring(&current, "a", &[b"other-of-two"]);
    }
    assert_eq!(
        masked(&current, b"value-39 one-of-two"),
        "******** ********"
    );
}

/// A thousand files that change at once are made known at once.
#[test]
fn several_sources_cost_one_set() {
    let current = Arc::new(Current::default());
    bring(&current, "b", &[b"former-of-b"]);
    let (before, _) = current.now();
    let values: Vec<(String, String)> = ["a", "b", "c"]
        .map(|name| (name.to_owned(), format!("present-of-{name}")))
        .into();
    let all = values
        .iter()
        .map(|(name, value)| (name.clone(), [(value.as_bytes(), None)]));
    let undo = current.bring_all(all).expect("not too many");
    assert_eq!(current.now().0, before + 1);
    let said = b"present-of-a present-of-b present-of-c former-of-b";
    assert_eq!(
        masked(&current, said),
        "******** ******** ******** ********"
    );
    // Each can be taken back by itself, in their order.
    let [first, second, _] = <[_; 3]>::try_from(undo).expect("one for each");
    current.take_back(second);
    current.take_back(first);
    bring(&current, "d", &[b"another"]);
    assert_eq!(
        masked(&current, said),
        "present-of-a present-of-b ******** ********"
    );
}

/// A command may take its time to end, while one start after another is prepared in its place.
#[test]
fn what_is_held_on_to_is_masked_until_it_is_let_go() {
    let current = Arc::new(Current::default());
    bring(&current, "start", &[b"first-of-all", b"stays-the-same"]);
    bring(&current, "file", &[b"first-in-a-file"]);
    let first = current.hold();
    let clone = first.clone();
    for number in 0..4 * REMEMBERED {
        let value = format!("value-{number:02}");
        bring(&current, "start", &[value.as_bytes(), b"stays-the-same"]);
        bring(&current, "file", &[value.as_bytes()]);
        // What was never held fills no memory.
        drop(current.hold());
        assert_eq!(
            masked(&current, b"first-of-all first-in-a-file stays-the-same"),
            "******** ******** ********"
        );
    }
    assert_eq!(masked(&current, b"value-00"), "value-00");
    drop(first);
    bring(&current, "start", &[b"another-one"]);
    assert_eq!(masked(&current, b"first-of-all"), "********");
    drop(clone);
    bring(&current, "start", &[b"and-another"]);
    assert_eq!(
        masked(&current, b"first-of-all first-in-a-file"),
        "first-of-all first-in-a-file"
    );
    assert!(current.all_held().is_empty());
}

/// As often as it is tried in vain, what is there stays, and so does what was there before it.
#[test]
fn what_has_not_arrived_drives_nothing_out() {
    let current = Arc::new(Current::default());
    let try_one = |text: String| current.bring("a", [(text.as_bytes(), None)]);
    let before = try_one("never-arrived".to_owned()).expect("not too many");
    current.take_back(before);
    bring(&current, "a", &[b"former-value"]);
    for number in 1..REMEMBERED {
        bring(&current, "a", &[format!("later-{number}").as_bytes()]);
    }
    bring(&current, "a", &[b"present-value"]);
    for number in 0..3 * REMEMBERED {
        let value = format!("value-{number:02}");
        let before = try_one(value.clone()).expect("not too many");
        assert_eq!(masked(&current, value.as_bytes()), "********");
        current.take_back(before);
        assert_eq!(
            masked(&current, b"present-value former-value never-arrived"),
            "******** ******** never-arrived"
        );
    }
    bring(&current, "a", &[b"arrived"]);
    assert_eq!(masked(&current, b"value-00 arrived"), "value-00 ********");
}

#[test]
fn what_has_expired_is_forgotten_first() {
    let current = Arc::new(Current::default());
    let past = SystemTime::now() - HOUR;
    let bring = |password: &str, token: &str, expires| {
        let values = [
            (password.as_bytes(), None),
            (token.as_bytes(), Some(expires)),
        ];
        current.bring("a", values).expect("not too many");
    };
    bring("first-password", "token-first", past);
    bring("second-password", "token-first", past);
    for number in 0..40 {
        bring("second-password", &format!("token-{number:02}"), past);
    }
    assert_eq!(
        masked(&current, b"first-password token-39"),
        "******** ********"
    );
    assert_eq!(
        masked(&current, b"token-38 token-first"),
        "******** token-first"
    );
    // As long as it has not expired, a token counts as a password does: the oldest goes.
    let future = SystemTime::now() + HOUR;
    bring("second-password", "token-of-now", future);
    for number in 0..2 * REMEMBERED {
        bring("second-password", &format!("token-{number:02}"), future);
    }
    assert_eq!(masked(&current, b"first-password"), "first-password");
}

#[test]
fn nothing_is_shown_by_debug() {
    let current = Arc::new(Current::default());
    bring(&current, "hunter", &[b"hunter2secret"]);
    let redactor = Redactor::following(&current);
    let held = current.hold();
    for shown in [format!("{current:?}"), format!("{redactor:?} {held:?}")] {
        assert!(
            !shown.contains("hunt") && !shown.contains("104, 117"),
            "{shown}"
        );
    }
}

/// Whoever has a value can have it only after it was brought in: none gets through, however the threads run.
#[test]
fn values_on_their_way_between_threads_are_masked() {
    let current = Arc::new(Current::default());
    let (sender, receiver) = mpsc::sync_channel::<Vec<u8>>(3);
    let writer = {
        let current = Arc::clone(&current);
        thread::spawn(move || {
            for number in 0..300 {
                let value = format!("value-{number:04}-of-many");
                bring(&current, "a", &[value.as_bytes()]);
                let (begin, end) = value.as_bytes().split_at(number % value.len());
                sender.send([b" ", begin].concat()).expect("a reader");
                sender.send([end, b" "].concat()).expect("a reader");
            }
        })
    };
    let mut redactor = Redactor::following(&current);
    let mut out = Vec::new();
    for bytes in receiver {
        redactor.push(&bytes, &mut out);
    }
    redactor.finish(&mut out);
    writer.join().expect("an end");
    assert_eq!(String::from_utf8_lossy(&out), " ******** ".repeat(300));
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[ab]{4,9}".prop_map(String::into_bytes),
        "[a-c/+<\"'\\\\ :\u{e4}]{4,24}".prop_map(String::into_bytes),
        "[ -~]{4,40}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 4..40),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    /// The next of the values counts from here on.
    Bring,
    Filler(Vec<u8>),
    /// A form of a value, up to a place; those of values that do not count yet as well.
    Form(
        prop::sample::Index,
        prop::sample::Index,
        prop::sample::Index,
    ),
    /// As above, whole.
    Whole(prop::sample::Index, prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    use prop::sample::Index;
    prop_oneof![
        2 => Just(Step::Bring),
        1 => "[ab]{0,6}".prop_map(|text| Step::Filler(text.into_bytes())),
        1 => prop::collection::vec(any::<u8>(), 0..12).prop_map(Step::Filler),
        3 => (any::<Index>(), any::<Index>(), any::<Index>())
            .prop_map(|(value, form, cut)| Step::Form(value, form, cut)),
        3 => (any::<Index>(), any::<Index>()).prop_map(|(value, form)| Step::Whole(value, form)),
    ]
}

/// As the stream should become: a value counts where it begins at its own place or later.
fn naive(values: &[(Vec<forms::Form>, usize)], stream: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut covered = 0;
    for place in 0..stream.len() {
        let forms = values
            .iter()
            .filter(|(_, from)| *from <= place)
            .flat_map(|(forms, _)| forms);
        let longest = forms
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// However writes, cuts and new values come after each other: a value counts from the first byte that is not passed on
    /// when it is brought in, stays when another takes its place, and nothing else changes.
    #[test]
    fn any_interleaving(
        values in prop::collection::vec(value(), 1..=REMEMBERED),
        has_own_source in any::<bool>(),
        steps in prop::collection::vec(step(), 0..24),
        cuts in prop::collection::vec(1_usize..24, 1..12),
    ) {
        let forms: Vec<_> = values.iter().map(|value| forms::all(value)).collect();
        let of = |value: &prop::sample::Index| forms[value.index(forms.len())].as_slice();
        let current = Arc::new(Current::default());
        let mut redactor = Redactor::following(&current);
        let mut live: Vec<(Vec<forms::Form>, usize)> = Vec::new();
        let (mut stream, mut out) = (Vec::new(), Vec::new());
        let mut cuts = cuts.iter().cycle();
        for step in &steps {
            let bytes = match step {
                Step::Bring => {
                    let Some(value) = values.get(live.len()) else { continue };
                    let source = if has_own_source { live.len().to_string() } else { String::new() };
                    current.bring(&source, [(value.as_slice(), None)]).expect("not too many");
                    let from = usize::try_from(redactor.passed).expect("a place");
                    live.push((forms[live.len()].clone(), from));
                    continue;
                }
                Step::Filler(bytes) => bytes.clone(),
                Step::Whole(value, _) | Step::Form(value, ..) if of(value).is_empty() => continue,
                Step::Whole(value, form) => form.get(of(value)).to_vec(),
                Step::Form(value, form, cut) => {
                    let form = form.get(of(value));
                    form[..cut.index(form.len() + 1)].to_vec()
                }
            };
            stream.extend_from_slice(&bytes);
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let (write, after) = rest.split_at((*cuts.next().expect("a circle")).min(rest.len()));
                redactor.push(write, &mut out);
                prop_assert!(redactor.held.len() <= redactor.secrets.longest);
                rest = after;
            }
        }
        redactor.finish(&mut out);
        let expected = naive(&live, &stream);
        prop_assert_eq!(out, expected);
    }
}
