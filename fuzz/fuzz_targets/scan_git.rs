//! A small repository with some of its objects, its index or the bytes of a file changed: whatever is in it, a scan ends,
//! and what it could not read it says.
#![no_main]

use std::{cell::RefCell, collections::BTreeSet, fs, sync::Mutex};

use libfuzzer_sys::fuzz_target;
use nuages::scan::source::{
    self, HistoryOptions, PathOptions, Push, RangeOptions, Sink, StagedOptions, Trouble, Unit,
    Verdict, git::Place,
};
use nuages_fuzz::{
    Bench,
    changed::{FILES, Input, SOUND, TEXTS, change, id, write},
    repository::{self, Repository},
    scan::in_time,
};

/// Keeps what it is shown.
#[derive(Default)]
struct Seen {
    texts: Mutex<BTreeSet<Vec<u8>>>,
    troubles: Mutex<usize>,
}

impl Sink for Seen {
    fn unit(&self, unit: &Unit<'_>) -> Verdict {
        assert!(
            unit.added
                .is_none_or(|added| added.is_sorted_by_key(|lines| lines.start))
        );
        let mut texts = self.texts.lock().expect("a lock");
        if texts.len() < 1000 && unit.bytes.len() < 1000 {
            texts.insert(unit.bytes.to_owned());
        }
        Verdict::Clean
    }

    fn trouble(&self, trouble: Trouble) {
        assert!(
            !trouble.reason.is_empty() && !trouble.reason.contains('\n'),
            "{trouble:?}"
        );
        *self.troubles.lock().expect("a lock") += 1;
    }
}

struct Fixture {
    bench: Bench,
}

impl Default for Fixture {
    fn default() -> Self {
        let bench = Bench::default();
        fs::create_dir_all(bench.path("shop")).expect("a directory");
        fs::write(bench.path("shop/a.py"), "text").expect("a file");
        Self { bench }
    }
}

thread_local! {
    static FIXTURE: RefCell<Fixture> = RefCell::default();
}

fuzz_target!(|input: Input<'_>| FIXTURE.with_borrow(|fixture| {
    let git = fixture.bench.path("shop/.git");
    let _ = fs::remove_dir_all(&git);
    let repository = Repository::new(&git);
    write(&repository, &input);
    let splices = &input.splices[..input.splices.len().min(8)];
    for splice in splices {
        change(&repository, &git, splice);
    }
    let is_sound = input.objects.is_empty()
        && splices
            .iter()
            .all(|splice| usize::from(splice.file) % FILES.len() < SOUND);
    look(fixture, &input, is_sound);
}));

fn look(fixture: &Fixture, input: &Input<'_>, is_sound: bool) {
    let place = Place::at(fixture.bench.path("shop"));
    let whole = input.how & 4 != 0;
    let seen = Seen::default();
    // What comes of it matters for a sound repository alone.
    let _ = in_time(10_000, "a scan", || match input.way % 5 {
        0 => {
            let options = HistoryOptions {
                threads: 1,
                reflogs: input.how & 1 != 0,
                unreachable: input.how & 2 != 0,
                cache: None,
            };
            let ended = source::history(&place, &options, &seen);
            check_history(&seen, is_sound && ended.is_ok());
            ended
        }
        1 => source::staged(&place, &StagedOptions { whole }, &seen),
        2 => {
            let ranges = ["HEAD", "main~1..main", "v1...main", "old..", "main^2..main"];
            let range = ranges[usize::from(input.how >> 3) % ranges.len()];
            source::range(&place, range, &RangeOptions { whole }, &seen)
        }
        3 => {
            let push = Push {
                local: repository::hex(&id(12)),
                remote: repository::hex(&id(input.how)),
                name: (input.how & 8 != 0).then(|| "origin".to_owned()),
            };
            source::pushed(&place, &push, &RangeOptions { whole }, &seen)
        }
        _ => {
            let options = PathOptions {
                threads: 1,
                ..PathOptions::default()
            };
            source::paths(&[fixture.bench.path("shop")], &options, &seen);
            Ok(())
        }
    });
}

/// What hangs on the branch was looked at, or something was said.
fn check_history(seen: &Seen, is_sound: bool) {
    if is_sound && *seen.troubles.lock().expect("a lock") == 0 {
        let texts = seen.texts.lock().expect("a lock");
        for text in TEXTS {
            assert!(
                texts.contains(text.as_bytes()),
                "`{text:?}` is left out without a word"
            );
        }
    }
}
