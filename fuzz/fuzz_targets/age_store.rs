//! The embedded store, any text or a sound store with changes: no panic, an answer is the value that was put or an
//! error that does not show it.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::{arbitrary::Arbitrary, fuzz_target};
use nuages_fuzz::{Bench, MARKER, check_error};
use nuages_provider::{Environment, Locator, PutOptions, SecretValue, Settings};
use nuages_provider_local::age::{DESCRIPTOR, new_identity};

const STORE: &str = "secrets.age";
const NAMES: [&str; 3] = ["first", "second", "third"];

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Any(&'a [u8]),
    /// Bytes to put in the place of others.
    Changed(Vec<(u16, u8)>),
    /// Text to put at a place, and how much to take away there.
    Spliced {
        at: u16,
        without: u8,
        text: &'a str,
    },
}

/// A sound store, and the environment that holds its key. The key is another in every run.
struct Fixture {
    bench: Bench,
    environment: Environment,
    sound: String,
}

impl Default for Fixture {
    fn default() -> Self {
        let bench = Bench::default();
        let (identity, _) = new_identity();
        let key = identity.expose_text().expect("a key is text").to_owned();
        let environment = bench.environment(vec![("NUAGES_AGE_KEY".into(), key.into())]);
        let provider = bench.open(&DESCRIPTOR, Settings::new(), environment.clone());
        let writer = provider.writer().expect("the store can be written");
        for name in &NAMES[..2] {
            let value = SecretValue::from_text(format!("{name} {MARKER}"));
            bench
                .run(writer.put(&Locator::new(*name), &value, &PutOptions::new()))
                .expect("a value is put");
        }
        let sound = bench.read(STORE);
        Self {
            bench,
            environment,
            sound,
        }
    }
}

thread_local! {
    static FIXTURE: RefCell<Fixture> = RefCell::default();
}

fn store(sound: &str, input: Input<'_>) -> Vec<u8> {
    let mut bytes = sound.as_bytes().to_vec();
    match input {
        Input::Any(any) => any.to_vec(),
        Input::Changed(changes) => {
            for (at, byte) in changes {
                let at = usize::from(at) % bytes.len();
                bytes[at] = byte;
            }
            bytes
        }
        Input::Spliced { at, without, text } => {
            let at = usize::from(at) % bytes.len();
            let end = (at + usize::from(without)).min(bytes.len());
            bytes.splice(at..end, text.bytes());
            bytes
        }
    }
}

fuzz_target!(|input: Input<'_>| FIXTURE.with_borrow(|fixture| {
    let Fixture {
        bench,
        environment,
        sound,
    } = fixture;
    bench.write(STORE, &store(sound, input));
    let provider = bench.open(&DESCRIPTOR, Settings::new(), environment.clone());
    if let Err(error) = bench.run(provider.check()) {
        check_error(&error);
    }
    let answers = bench.fetch(&*provider, &NAMES.map(Locator::new));
    for (name, answer) in NAMES.iter().zip(answers) {
        match answer {
            Ok(secret) => {
                let expected = format!("{name} {MARKER}");
                assert_eq!(
                    secret.value.expose(),
                    expected.as_bytes(),
                    "a value was forged"
                );
            }
            Err(error) => check_error(&error),
        }
    }
}));
