//! Any bytes as the answers of a `json-lines` program: no panic, one answer a name, no error shows the value of another
//! line. The parser is private, so the answers come as users' do: from a process, here `cat`.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use nuages_fuzz::{Bench, MARKER, check_error};
use nuages_provider::{Locator, Setting, Settings};
use nuages_provider_local::command::DESCRIPTOR;
use tokio::signal::unix::{SignalKind, signal};

/// A program may end without reading its requests. A Rust program's `main` ignores the signal that comes of it; here
/// `main` is libFuzzer's, and a handler does the same.
fn bench() -> Bench {
    let bench = Bench::default();
    let pipe = bench.run(async { signal(SignalKind::pipe()) });
    drop(pipe.expect("a handler"));
    bench
}

thread_local! {
    static BENCH: RefCell<Bench> = RefCell::new(bench());
}

fuzz_target!(|bytes: &[u8]| BENCH.with_borrow(|bench| {
    let mut answers = bytes.to_vec();
    answers.extend_from_slice(format!("\n{{\"id\": 2, \"value\": \"{MARKER}\"}}\n").as_bytes());
    let path = bench.write("answers", &answers);
    let argv = vec!["/bin/cat".to_owned(), path.display().to_string()];
    let settings = Settings::new()
        .with("argv", Setting::TextList(argv))
        .with_text("protocol", "json-lines");
    let provider = bench.open(&DESCRIPTOR, settings, bench.environment(Vec::new()));
    for answer in bench.fetch(&*provider, &["a", "b", "c"].map(Locator::new)) {
        if let Err(error) = answer {
            check_error(&error);
            assert!(
                !error.message().chars().any(char::is_control),
                "{:?}",
                error.message()
            );
        }
    }
}));
