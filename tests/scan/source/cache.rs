//! What is remembered of a repository's history: clean blobs are not read twice, others always are, and nothing is missed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use nuages::scan::source::{CacheOptions, HistoryOptions, history};

use super::Collected;
use super::repository::Repository;

const MARK: &str = "found";

fn options(key: u8) -> HistoryOptions {
    HistoryOptions {
        cache: Some(CacheOptions {
            key: [key; 32],
            file: None,
        }),
        ..HistoryOptions::default()
    }
}

fn scan_with(repository: &Repository, options: &HistoryOptions) -> Collected {
    let sink = Collected::marking(MARK);
    history(&repository.place(), options, &sink).unwrap();
    sink
}

fn texts(repository: &Repository) -> Vec<String> {
    let mut texts: Vec<String> = scan_with(repository, &options(1))
        .all()
        .into_iter()
        .map(|unit| unit.text)
        .collect();
    texts.sort();
    texts
}

fn file(repository: &Repository) -> PathBuf {
    let mut files = fs::read_dir(repository.path(".git/nuages"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let file = files.next().unwrap();
    assert_eq!(files.next(), None);
    file
}

fn repository() -> Repository {
    let repository = Repository::new();
    repository
        .write("a.py", "clean 1\n")
        .write("b.py", "found 1\n");
    repository.commit("first");
    repository
}

#[test]
fn only_what_was_not_clean_is_read_again() {
    let repository = repository();
    let first = scan_with(&repository, &options(1));
    assert_eq!(first.paths(), ["a.py", "b.py"]);
    let again = scan_with(&repository, &options(1));
    assert_eq!(again.paths(), ["b.py"]);
    assert_eq!(again.units()[0], first.units()[1], "with the same commit");
    assert_eq!(texts(&repository), ["found 1\n"]);
    let mode = fs::metadata(file(&repository))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_came_since_is_read() {
    let repository = repository();
    texts(&repository);
    repository
        .write("d/c.py", "clean 2\n")
        .write("a.py", "found 2\n");
    repository.commit("second");
    repository.git(&["checkout", "--quiet", "-b", "side", "HEAD~1"]);
    repository.write("side.py", "clean 3\n");
    repository.commit("side");
    repository.git(&["merge", "--quiet", "--no-ff", "--message", "merge", "main"]);
    assert_eq!(
        texts(&repository),
        ["clean 2\n", "clean 3\n", "found 1\n", "found 2\n"]
    );
    assert_eq!(texts(&repository), ["found 1\n", "found 2\n"]);
    // A branch that is merged and gone is still history.
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("e.py", "clean 4\n");
    repository.commit("on");
    repository.git(&["tag", "t"]);
    assert_eq!(texts(&repository), ["clean 4\n", "found 1\n", "found 2\n"]);
}

#[test]
fn what_is_history_no_more_is_not_found_any_more() {
    let repository = repository();
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.write("side.py", "found on the side\n");
    repository.commit("side");
    assert_eq!(texts(&repository).len(), 3);
    repository.git(&["checkout", "--quiet", "main"]);
    repository.git(&["branch", "--quiet", "-D", "side"]);
    assert_eq!(texts(&repository), ["found 1\n"]);
    repository.write("a.py", "clean 5\n");
    repository.git(&[
        "commit",
        "--quiet",
        "--all",
        "--amend",
        "--message",
        "another first",
    ]);
    assert_eq!(texts(&repository), ["clean 5\n", "found 1\n"]);
}

#[test]
fn another_rule_set_reads_all() {
    let repository = repository();
    texts(&repository);
    assert_eq!(scan_with(&repository, &options(2)).all().len(), 2);
}

#[test]
fn a_broken_cache_counts_as_none() {
    let repository = repository();
    texts(&repository);
    let file = file(&repository);
    let bytes = fs::read(&file).unwrap();
    let mut broken = bytes.clone();
    broken[60] ^= 1;
    for content in [&broken[..], &bytes[..bytes.len() - 1], b"", b"nonsense"] {
        fs::write(&file, content).unwrap();
        assert_eq!(texts(&repository).len(), 2);
        assert_eq!(texts(&repository).len(), 1);
    }
}

#[test]
fn what_could_not_be_read_is_said_each_time() {
    let repository = repository();
    repository.write("c.py", "clean 6\n");
    repository.commit("second");
    let id = repository.git(&["rev-parse", "HEAD:c.py"]);
    fs::remove_file(repository.path(format!(".git/objects/{}/{}", &id[..2], &id[2..]))).unwrap();
    for _ in 0..2 {
        assert_eq!(scan_with(&repository, &options(1)).troubles().len(), 1);
    }
    repository.write("c.py", "clean 6\n");
    repository.git(&["hash-object", "-w", "c.py"]);
    assert_eq!(texts(&repository), ["clean 6\n", "found 1\n"]);
    assert_eq!(texts(&repository), ["found 1\n"]);
}

#[test]
fn a_cache_that_cannot_be_written_is_noted() {
    let repository = repository();
    fs::write(repository.path(".git/nuages"), "in the way").unwrap();
    let sink = scan_with(&repository, &options(1));
    assert_eq!(sink.all().len(), 2);
    assert!(sink.notes()[0].1.contains("cache"), "{:?}", sink.notes());
}
