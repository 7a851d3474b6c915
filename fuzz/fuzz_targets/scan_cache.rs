//! The cache of a scan of history, any bytes and framed ones: no panic; one that is broken changes nothing; and what is
//! written is read to the same end.
#![no_main]

use std::{cell::RefCell, collections::BTreeSet, fs, sync::Mutex};

use libfuzzer_sys::fuzz_target;
use nuages::scan::source::{
    CacheOptions, HistoryOptions, Sink, Trouble, Unit, Verdict, git::Place, history,
};
use nuages_fuzz::{
    Bench,
    repository::{self, Repository},
};

const KEY: [u8; 32] = [7; 32];
const MARK: &[u8] = b"what is looked for";

/// Finds the mark.
#[derive(Default)]
struct Finder {
    found: Mutex<BTreeSet<(Vec<u8>, Option<Vec<u8>>)>>,
    troubles: Mutex<Vec<Trouble>>,
}

impl Sink for Finder {
    fn unit(&self, unit: &Unit<'_>) -> Verdict {
        if !unit.bytes.windows(MARK.len()).any(|part| part == MARK) {
            return Verdict::Clean;
        }
        let blob = unit.blob.map(|id| id.as_bytes().to_owned());
        let mut found = self.found.lock().expect("a lock");
        found.insert((unit.path.to_vec(), blob));
        Verdict::Found
    }

    fn trouble(&self, trouble: Trouble) {
        self.troubles.lock().expect("a lock").push(trouble);
    }
}

/// A repository of some commits, and what is found in it without a cache.
struct Fixture {
    bench: Bench,
    place: Place,
    ids: Vec<u8>,
    found: BTreeSet<(Vec<u8>, Option<Vec<u8>>)>,
}

impl Default for Fixture {
    fn default() -> Self {
        let bench = Bench::default();
        let mut repository = Repository::new(&bench.path("shop.git"));
        let clean = repository.loose("blob", b"nothing\n");
        let dirty = repository.loose("blob", MARK);
        let old = repository.loose("blob", &[MARK, b" once\n"].concat());
        let first = repository.loose(
            "tree",
            &repository::tree(&[("100644", b"a", &clean), ("100644", b"b", &old)]),
        );
        let second = repository.loose(
            "tree",
            &repository::tree(&[("100644", b"a", &clean), ("100644", b"b", &dirty)]),
        );
        let one = repository.loose("commit", &repository::commit(&first, &[], 1));
        let two = repository.loose("commit", &repository::commit(&second, &[one], 2));
        repository.reference("refs/heads/main", &two);
        let place = Place::at(bench.path("shop.git"));
        let (found, troubles) = scan(&place, None);
        assert!(found.len() == 2 && troubles.is_empty(), "{troubles:?}");
        let ids = [clean, dirty, old, one, two].concat();
        Self {
            bench,
            place,
            ids,
            found,
        }
    }
}

fn scan(
    place: &Place,
    cache: Option<CacheOptions>,
) -> (BTreeSet<(Vec<u8>, Option<Vec<u8>>)>, Vec<Trouble>) {
    let finder = Finder::default();
    let options = HistoryOptions {
        threads: 1,
        cache,
        ..HistoryOptions::default()
    };
    history(place, &options, &finder).expect("a repository");
    let found = finder.found.into_inner().expect("a lock");
    (found, finder.troubles.into_inner().expect("a lock"))
}

thread_local! {
    static FIXTURE: RefCell<Fixture> = RefCell::default();
}

fuzz_target!(|input: &[u8]| FIXTURE.with_borrow(|fixture| {
    let [mode, _, bytes @ ..] = input else {
        return;
    };
    let content = if *mode == b'f' {
        framed(fixture, bytes)
    } else {
        bytes.to_vec()
    };
    let file = fixture.bench.write("cache", &content);
    let cache = || {
        Some(CacheOptions {
            key: KEY,
            file: Some(file.clone()),
        })
    };
    let (found, troubles) = scan(&fixture.place, cache());
    if *mode != b'f' {
        assert_eq!(found, fixture.found, "a broken cache has a say");
        assert!(troubles.is_empty());
    }
    // What it has become is sound, and is written again as it is.
    let (again, more) = scan(&fixture.place, cache());
    if troubles.is_empty() {
        assert!(more.is_empty(), "{more:?}");
        assert_eq!(again, found, "another look finds something else");
    }
    let written = fs::read(&file).expect("a cache");
    scan(&fixture.place, cache());
    if troubles.is_empty() && more.is_empty() {
        assert_eq!(fs::read(&file).expect("a cache"), written);
    }
}));

/// Bytes as a cache for these rules, with a checksum that holds. `!0` to `!4` are the ids of objects that are there.
fn framed(fixture: &Fixture, bytes: &[u8]) -> Vec<u8> {
    let mut content = b"NUAGES\x01\n".to_vec();
    content.extend(KEY);
    content.push(20);
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let number = after
            .first()
            .map(|digit| usize::from(digit.wrapping_sub(b'0')));
        let id = number
            .filter(|_| byte == b'!')
            .and_then(|number| fixture.ids.chunks_exact(20).nth(number));
        match id {
            Some(id) => {
                content.extend(id);
                rest = &after[1..];
            }
            None => content.push(byte),
        }
    }
    content.extend(repository::crc32(&content).to_le_bytes());
    content
}
