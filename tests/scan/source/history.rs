//! All of history: every blob once, with the commit and path that had it first, in every kind of repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use nuages::scan::source::{HistoryOptions, git, history};

use super::Collected;
use super::repository::Repository;

fn scan(place: &git::Place, options: &HistoryOptions) -> Collected {
    let sink = Collected::default();
    history(place, options, &sink).unwrap();
    sink
}

fn scan_at(path: &Path) -> Collected {
    scan(&git::Place::at(path), &HistoryOptions::default())
}

/// Path, commit and text of each unit.
fn seen(sink: &Collected) -> Vec<(String, String, String)> {
    let units = sink.all();
    units
        .into_iter()
        .map(|unit| (unit.path, unit.commit.unwrap_or_default(), unit.text))
        .collect()
}

fn texts(sink: &Collected) -> Vec<String> {
    let mut texts: Vec<String> = sink.all().into_iter().map(|unit| unit.text).collect();
    texts.sort();
    texts
}

/// Three commits: a file that changes, is moved and removed, and one deeper down.
fn three_commits() -> (Repository, [String; 3]) {
    let repository = Repository::new();
    repository
        .write("a.py", "one = 1\n")
        .write("d/e/b.py", "b = 1\n");
    let first = repository.commit("first");
    repository
        .write("a.py", "one = 2\n")
        .write("copy.py", "b = 1\n");
    let second = repository.commit("second");
    fs::remove_file(repository.path("a.py")).unwrap();
    repository
        .write("moved.py", "one = 2\n")
        .write("c.py", "c = 1\n");
    let third = repository.commit("third");
    (repository, [first, second, third])
}

fn expected(commits: &[String; 3]) -> Vec<(String, String, String)> {
    let mut expected = vec![
        ("a.py", &commits[0], "one = 1\n"),
        ("a.py", &commits[1], "one = 2\n"),
        ("c.py", &commits[2], "c = 1\n"),
        ("d/e/b.py", &commits[0], "b = 1\n"),
    ];
    expected.sort();
    expected
        .into_iter()
        .map(|(path, commit, text)| (path.to_owned(), commit.clone(), text.to_owned()))
        .collect()
}

#[test]
fn each_blob_is_read_once_where_it_first_was() {
    let (repository, commits) = three_commits();
    assert_eq!(
        seen(&scan_at(repository.root())),
        expected(&commits),
        "loose"
    );
    repository.git(&["repack", "--quiet", "-a", "-d"]);
    assert_eq!(
        seen(&scan_at(repository.root())),
        expected(&commits),
        "one pack"
    );
    // The same objects in two packs, and loose ones beside them.
    repository.write("c.py", "c = 2\n");
    let fourth = repository.commit("fourth");
    repository.git(&["repack", "--quiet"]);
    repository.git(&["multi-pack-index", "write"]);
    let mut all = expected(&commits);
    all.push(("c.py".to_owned(), fourth, "c = 2\n".to_owned()));
    all.sort();
    assert_eq!(seen(&scan_at(repository.root())), all, "two packs");
}

#[test]
fn deltas_of_many_versions_are_all_made() {
    let repository = Repository::new();
    let mut lines: Vec<String> = (0..300)
        .map(|number| format!("line = {number}\n"))
        .collect();
    let mut expected = BTreeSet::new();
    for version in 0..60 {
        lines[version * 5] = format!("changed = {version}\n");
        repository
            .write("deep/er/a.py", lines.concat())
            .write(format!("d{}/b.py", version % 7), format!("b = {version}\n"));
        expected.extend([lines.concat(), format!("b = {version}\n")]);
        repository.commit("next");
    }
    for arguments in [
        &["--depth=50"][..],
        &["--depth=4095", "--window=500"],
        &["--depth=0"],
    ] {
        repository.git(&[&["repack", "--quiet", "-a", "-d", "-f"], arguments].concat());
        let sink = scan_at(repository.root());
        assert_eq!(
            texts(&sink),
            expected.iter().cloned().collect::<Vec<_>>(),
            "{arguments:?}"
        );
        assert!(
            sink.all()
                .iter()
                .all(|unit| unit.path == "deep/er/a.py" || unit.path.ends_with("/b.py"))
        );
    }
}

#[test]
fn branches_tags_stashes_and_detached_heads_are_history() {
    let repository = Repository::new();
    repository.write("a.py", "main = 1\n");
    repository.commit("main");
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.write("a.py", "side = 1\n");
    repository.commit("side");
    repository.git(&["checkout", "--quiet", "--detach", "main"]);
    repository.write("a.py", "tagged = 1\n");
    repository.commit("tagged");
    repository.git(&["tag", "--annotate", "--message", "t", "t1"]);
    repository.git(&["tag", "--annotate", "--message", "tt", "t2", "t1"]);
    repository.git(&["checkout", "--quiet", "main"]);
    for stash in ["stash = 1\n", "stash = 2\n"] {
        repository.write("a.py", stash);
        repository.git(&["stash", "--quiet"]);
    }
    repository.write("blob", "tag of a blob\n");
    let blob = repository.git(&["hash-object", "-w", "blob"]);
    repository.git(&["tag", "blob", &blob]);
    repository.git(&["checkout", "--quiet", "--detach"]);
    repository.write("a.py", "detached = 1\n");
    repository.git(&["commit", "--quiet", "--all", "--message", "detached"]);
    fs::remove_file(repository.path("blob")).unwrap();
    let expected = [
        "detached = 1\n",
        "main = 1\n",
        "side = 1\n",
        "stash = 1\n",
        "stash = 2\n",
        "tag of a blob\n",
        "tagged = 1\n",
    ];
    assert_eq!(texts(&scan_at(repository.root())), expected);
    repository.git(&["pack-refs", "--all"]);
    assert_eq!(texts(&scan_at(repository.root())), expected);
}

#[test]
fn reflogs_and_what_nothing_leads_to_are_read_on_request() {
    let (repository, _) = three_commits();
    repository.write("lost.py", "reflog = 1\n");
    repository.commit("lost");
    repository.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let blob = repository.git(&["hash-object", "-w", "--stdin-paths", "--no-filters"]);
    assert_eq!(blob, "");
    repository.write("loose", "unreachable = 1\n");
    repository.git(&["hash-object", "-w", "loose"]);
    fs::remove_file(repository.path("loose")).unwrap();
    let of = |reflogs, unreachable| {
        let options = HistoryOptions {
            reflogs,
            unreachable,
            ..HistoryOptions::default()
        };
        let sink = scan(&repository.place(), &options);
        texts(&sink)
            .into_iter()
            .filter(|text| text.starts_with("reflog") || text.starts_with("unreach"))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(false, false), [""; 0]);
    assert_eq!(of(true, false), ["reflog = 1\n"]);
    assert_eq!(of(false, true), ["reflog = 1\n", "unreachable = 1\n"]);
    repository.git(&["repack", "--quiet", "-a", "-d", "--keep-unreachable"]);
    assert_eq!(of(false, false), [""; 0]);
    assert_eq!(of(false, true), ["reflog = 1\n", "unreachable = 1\n"]);
}

#[test]
fn bare_linked_and_sha256_repositories_are_read() {
    let (repository, commits) = three_commits();
    let bare = repository.path("bare.git");
    repository.git(&["clone", "--quiet", "--bare", ".", "bare.git"]);
    assert_eq!(seen(&scan_at(&bare)), expected(&commits));
    let linked = repository.path("linked");
    repository.git(&["worktree", "add", "--quiet", "--detach", "linked"]);
    assert_eq!(seen(&scan_at(&linked)), expected(&commits));
    fs::write(linked.join("new.py"), "linked = 1\n").unwrap();
    repository.git_in(&linked, &["add", "."]);
    repository.git_in(
        &linked,
        &[
            "commit",
            "--quiet",
            "--message",
            "detached in a linked work tree",
        ],
    );
    assert!(texts(&scan_at(repository.root())).contains(&"linked = 1\n".to_owned()));

    let sha256 = Repository::with(&["--object-format=sha256"]);
    sha256.write("d/a.py", "one = 1\n");
    let commit = sha256.commit("first");
    assert_eq!(commit.len(), 64);
    for _ in 0..2 {
        assert_eq!(
            seen(&scan_at(sha256.root())),
            [("d/a.py".to_owned(), commit.clone(), "one = 1\n".to_owned())]
        );
        sha256.git(&["repack", "--quiet", "-a", "-d"]);
    }
}

#[test]
fn a_shallow_clone_is_read_as_far_as_it_goes_and_it_is_noted() {
    let (repository, commits) = three_commits();
    let source = format!("file://{}", repository.root().display());
    repository.git(&["clone", "--quiet", "--depth=1", &source, "shallow"]);
    let sink = scan_at(&repository.path("shallow"));
    assert!(
        seen(&sink)
            .iter()
            .all(|(_, commit, _)| *commit == commits[2])
    );
    assert_eq!(sink.all().len(), 4 - 1, "without the first version of a.py");
    assert!(sink.notes()[0].1.contains("shallow"), "{:?}", sink.notes());
}

#[test]
fn a_partial_clone_says_that_objects_are_not_here() {
    let (repository, _) = three_commits();
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    let source = format!("file://{}", repository.root().display());
    repository.git(&[
        "clone",
        "--quiet",
        "--no-checkout",
        "--filter=blob:none",
        &source,
        "partial",
    ]);
    let sink = scan_at(&repository.path("partial"));
    let troubles = sink.troubles();
    assert_eq!(troubles.len(), 1, "{troubles:?}");
    assert!(
        troubles[0].1.contains("partial clone") && troubles[0].1.contains("and 3 more"),
        "{troubles:?}"
    );
}

#[test]
fn borrowed_objects_are_read_and_a_circle_ends() {
    let (repository, commits) = three_commits();
    repository.git(&["clone", "--quiet", "--shared", ".", "shared"]);
    assert_eq!(
        seen(&scan_at(&repository.path("shared"))),
        expected(&commits)
    );
    fs::write(
        repository.path(".git/objects/info/alternates"),
        repository.path("shared/.git/objects").to_str().unwrap(),
    )
    .unwrap();
    let result = history(
        &git::Place::at(repository.path("shared")),
        &HistoryOptions::default(),
        &Collected::default(),
    );
    assert!(result.unwrap_err().reason.contains("cycle"));
}

#[test]
fn a_submodule_is_a_repository_of_its_own() {
    let (module, commits) = three_commits();
    let repository = Repository::new();
    repository.git(&[
        "submodule",
        "--quiet",
        "add",
        module.root().to_str().unwrap(),
        "sub",
    ]);
    repository.commit("with a submodule");
    assert_eq!(scan_at(repository.root()).paths(), [".gitmodules"]);
    assert_eq!(seen(&scan_at(&repository.path("sub"))), expected(&commits));
}

#[test]
fn what_was_replaced_is_still_there() {
    let (repository, commits) = three_commits();
    repository.write("clean", "clean\n");
    let clean = repository.git(&["hash-object", "-w", "clean"]);
    fs::remove_file(repository.path("clean")).unwrap();
    let dirty = repository.git(&["rev-parse", "HEAD:c.py"]);
    repository.git(&["replace", &dirty, &clean]);
    repository.git(&["replace", "--graft", &commits[2]]);
    let texts = texts(&scan_at(repository.root()));
    assert!(
        ["c = 1\n", "one = 1\n", "clean\n"]
            .iter()
            .all(|text| texts.contains(&(*text).to_owned())),
        "{texts:?}"
    );
}

#[test]
fn a_broken_pack_is_one_trouble_and_the_rest_is_read() {
    let repository = Repository::new();
    let noise: String = (0..4000_u32)
        .map(|number| format!("{:x}", number.wrapping_mul(2_654_435_761)))
        .collect();
    repository
        .write("a.txt", &noise)
        .write("b.txt", format!("{noise}{noise}x"))
        .write("c.txt", "c\n");
    repository.commit("first");
    repository.git(&["repack", "--quiet", "-a", "-d", "--depth=0"]);
    let pack = fs::read_dir(repository.path(".git/objects/pack"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "pack"))
        .unwrap();
    let bytes = fs::read(&pack).unwrap();
    let write = |bytes: &[u8]| {
        fs::remove_file(&pack).unwrap();
        fs::write(&pack, bytes).unwrap();
    };
    let mut broken = bytes.clone();
    let middle = bytes.len() / 2;
    broken[middle..middle + 16].fill(0x55);
    write(&broken);
    let sink = scan_at(repository.root());
    assert_eq!(sink.troubles().len(), 1, "{:?}", sink.troubles());
    assert_eq!(sink.units().len(), 2);
    // Wherever it is cut, the scan ends and says so.
    for length in [0, 4, 12, 13, 40, middle, bytes.len() - 30] {
        write(&bytes[..length]);
        let sink = scan_at(repository.root());
        assert!(!sink.troubles().is_empty(), "cut at {length}");
    }
}

#[test]
fn broken_loose_objects_are_one_trouble_each() {
    let (repository, _) = three_commits();
    let object = |revision: &str| {
        let id = repository.git(&["rev-parse", revision]);
        repository.path(format!(".git/objects/{}/{}", &id[..2], &id[2..]))
    };
    for revision in ["HEAD:c.py", "HEAD:d/e/b.py"] {
        let path = object(revision);
        fs::remove_file(&path).unwrap();
        fs::write(&path, b"x\x9c broken").unwrap();
    }
    let sink = scan_at(repository.root());
    assert_eq!(sink.units().len(), 2);
    assert_eq!(sink.troubles().len(), 2, "{:?}", sink.troubles());
    fs::remove_file(object("HEAD:c.py")).unwrap();
    let sink = scan_at(repository.root());
    assert!(
        sink.troubles()
            .iter()
            .any(|(place, reason)| place == "c.py" && reason.contains("missing")),
        "{:?}",
        sink.troubles()
    );
}

#[test]
fn an_empty_repository_has_no_history() {
    assert_eq!(scan_at(Repository::new().root()).all(), []);
}

#[test]
fn the_order_is_that_of_commits_whatever_their_dates() {
    let repository = Repository::new();
    repository.write("a.py", "a = 1\n");
    repository.git(&["add", "."]);
    let tree = repository.git(&["write-tree"]);
    let first = repository.git(&["commit-tree", "-m", "first", &tree]);
    // A later commit with an earlier date.
    let earlier = repository.git(&[
        "-c",
        "user.name=x",
        "commit-tree",
        "-m",
        "second",
        "-p",
        &first,
        &tree,
    ]);
    repository.git(&["update-ref", "refs/heads/main", &earlier]);
    assert_eq!(seen(&scan_at(repository.root()))[0].1, first);
}

#[test]
fn a_commit_says_who_brought_it() {
    let (repository, commits) = three_commits();
    let origin = git::origin(
        &repository.place(),
        gix::ObjectId::from_hex(commits[1].as_bytes()).unwrap(),
    )
    .unwrap();
    assert_eq!(origin.commit, commits[1]);
    assert_eq!(
        (origin.author.as_str(), origin.email.as_str()),
        ("Élodie Auteur", "elodie@example.org")
    );
    assert_eq!(
        (origin.summary.as_str(), origin.time),
        ("second", 1_700_000_120)
    );
    let missing = gix::ObjectId::null(gix::hash::Kind::Sha1);
    assert!(git::origin(&repository.place(), missing).is_err());
}

#[test]
fn a_large_blob_comes_in_parts() {
    let repository = Repository::new();
    let large: String = (0..2_000_000)
        .map(|number| format!("line {number}\n"))
        .collect();
    repository.write("large.txt", &large);
    repository.commit("large");
    for _ in 0..2 {
        let units = scan_at(repository.root()).all();
        assert!(units.len() > 2);
        assert!(units.iter().all(|unit| unit.path == "large.txt"));
        assert!(
            units.last().unwrap().text.ends_with("line 1999999\n")
                || units
                    .iter()
                    .any(|unit| unit.text.ends_with("line 1999999\n"))
        );
        repository.git(&["repack", "--quiet", "-a", "-d"]);
    }
}
