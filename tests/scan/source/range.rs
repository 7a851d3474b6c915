//! Ranges of commits: of each the lines that it brought.

use nuages::scan::source::{Error, Push, RangeOptions, git, pushed, range};

use super::repository::Repository;
use super::{Collected, Seen};

fn try_scan(place: &git::Place, text: &str) -> Result<Collected, Error> {
    let sink = Collected::default();
    range(place, text, &RangeOptions::default(), &sink)?;
    Ok(sink)
}

fn scan(repository: &Repository, text: &str) -> Vec<Seen> {
    try_scan(&repository.place(), text).unwrap().all()
}

/// The new lines of all units; all lines of new files.
fn lines(units: &[Seen]) -> Vec<String> {
    let mut lines: Vec<String> = units
        .iter()
        .flat_map(|unit| {
            unit.added
                .clone()
                .unwrap_or_else(|| unit.text.lines().map(str::to_owned).collect())
        })
        .collect();
    lines.sort();
    lines
}

/// Four commits on `main`, each with a line more in `a.py`; the third is taken back by the fourth.
fn line_by_line() -> (Repository, Vec<String>) {
    let repository = Repository::new();
    let texts = [
        "one\n",
        "one\ntwo\n",
        "one\ntwo\nthree\n",
        "one\ntwo\nfour\n",
    ];
    let commits = texts.map(|text| {
        repository.write("d/a.py", text);
        repository.commit("next")
    });
    (repository, commits.into())
}

#[test]
fn a_line_that_was_added_and_removed_within_the_range_is_found() {
    let (repository, commits) = line_by_line();
    let units = scan(&repository, &format!("{}..main", commits[0]));
    assert_eq!(lines(&units), ["four", "three", "two"]);
    let of_three = units
        .iter()
        .find(|unit| unit.added.as_deref() == Some(&["three".to_owned()]))
        .unwrap();
    assert_eq!(
        (of_three.commit.as_ref(), of_three.path.as_str()),
        (Some(&commits[2]), "d/a.py")
    );
}

#[test]
fn ends_may_be_any_revision_or_left_out() {
    let (repository, commits) = line_by_line();
    repository.git(&["tag", "--annotate", "--message", "v1", "v1", &commits[1]]);
    for text in [
        "v1..HEAD",
        "v1..",
        "v1",
        "HEAD~2..main",
        &format!("{}..{}", &commits[1][..9], &commits[3]),
    ] {
        assert_eq!(lines(&scan(&repository, text)), ["four", "three"], "{text}");
    }
    assert_eq!(lines(&scan(&repository, "HEAD..HEAD")), [""; 0]);
    assert_eq!(lines(&scan(&repository, "..v1")), [""; 0]);
    for text in [
        "nothing..HEAD",
        "HEAD..nothing",
        "nothing",
        "HEAD^{tree}..HEAD",
        "--all",
    ] {
        let error = try_scan(&repository.place(), text).err().unwrap();
        assert!(
            error.reason.starts_with("there is no commit"),
            "{text}: {error}"
        );
        assert_eq!(error.hint, None);
    }
}

#[test]
fn the_first_commit_is_all_new() {
    let repository = Repository::new();
    repository.write("a.py", "one\n");
    let first = repository.commit("first");
    repository.git(&["checkout", "--quiet", "--orphan", "other"]);
    repository.git(&["rm", "--quiet", "--force", "a.py"]);
    repository.write("b.py", "two\n");
    repository.commit("without parents");
    let units = scan(&repository, &format!("{first}..other"));
    assert_eq!(lines(&units), ["two"]);
}

#[test]
fn three_dots_are_what_only_one_side_has() {
    let (repository, commits) = line_by_line();
    repository.git(&["checkout", "--quiet", "-b", "side", &commits[1]]);
    repository.write("b.py", "side\n");
    repository.commit("side");
    assert_eq!(
        lines(&scan(&repository, "main...side")),
        ["four", "side", "three"]
    );
    assert_eq!(lines(&scan(&repository, "main..side")), ["side"]);
}

#[test]
fn of_a_merge_only_what_no_parent_had_is_new() {
    let repository = Repository::new();
    let base: String = (0..40).map(|number| format!("base {number}\n")).collect();
    repository.write("a.py", &base).write("both.py", "x\n");
    let first = repository.commit("base");
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository
        .write("a.py", format!("{base}side\n"))
        .write("side.py", "side file\n");
    repository.commit("side");
    repository.git(&["checkout", "--quiet", "main"]);
    repository
        .write("a.py", format!("main\n{base}"))
        .write("main.py", "main file\n");
    repository.commit("main");
    repository.git(&["merge", "--quiet", "--no-commit", "--no-ff", "side"]);
    repository
        .write("a.py", format!("main\n{base}side\nevil\n"))
        .write("evil.py", "evil file\n");
    let merge = repository.commit("merge");
    let units = scan(&repository, &format!("{first}..main"));
    let of_merge: Vec<Seen> = units
        .iter()
        .filter(|unit| unit.commit.as_ref() == Some(&merge))
        .cloned()
        .collect();
    assert_eq!(lines(&of_merge), ["evil", "evil file"]);
    assert_eq!(
        lines(&units),
        [
            "evil",
            "evil file",
            "main",
            "main file",
            "side",
            "side file"
        ]
    );
    // A side that is in the range's begin already is not walked again.
    assert_eq!(
        lines(&scan(&repository, "side..main")),
        ["evil", "evil file", "main", "main file"]
    );
}

#[test]
fn moved_files_have_no_new_line() {
    let (repository, _) = line_by_line();
    repository.git(&["mv", "d", "moved"]);
    repository.commit("moved");
    assert_eq!(scan(&repository, "HEAD~1"), []);
    repository.git(&["mv", "moved/a.py", "b.py"]);
    repository.write("b.py", "one\ntwo\nfour\nfive\n");
    repository.commit("moved and changed");
    assert_eq!(
        lines(&scan(&repository, "HEAD~1")),
        ["five", "four", "one", "two"]
    );
}

#[test]
fn whole_files_are_read_on_request() {
    let (repository, _) = line_by_line();
    let sink = Collected::default();
    range(
        &repository.place(),
        "HEAD~1..",
        &RangeOptions { whole: true },
        &sink,
    )
    .unwrap();
    assert_eq!(sink.only().added, None);
}

#[test]
fn very_many_commits_are_all_read() {
    let repository = Repository::new();
    repository.write("a.py", "base\n");
    let first = repository.commit("base");
    let mut text = "base\n".to_owned();
    let mut expected = Vec::new();
    for number in 100..180 {
        text.push_str(&format!("line {number}\n"));
        expected.push(format!("line {number}"));
        repository.write("a.py", &text);
        repository.commit("next");
    }
    repository.git(&["repack", "--quiet", "-a", "-d"]);
    repository.git(&["commit-graph", "write"]);
    assert_eq!(lines(&scan(&repository, &format!("{first}.."))), expected);
}

#[test]
fn a_shallow_checkout_that_does_not_reach_the_base_fails_and_says_what_to_do() {
    let (repository, commits) = line_by_line();
    let source = format!("file://{}", repository.root().display());
    repository.git(&["clone", "--quiet", "--depth=2", &source, "shallow"]);
    let place = git::Place::at(repository.path("shallow"));
    assert_eq!(
        lines(&try_scan(&place, "HEAD~1..HEAD").unwrap().all()),
        ["four"]
    );
    let error = try_scan(&place, &format!("{}..HEAD", commits[0]))
        .err()
        .unwrap();
    assert!(error.hint.unwrap().contains("fetch-depth: 0"));
    // The base is here, and what is between is not.
    repository.git_in(
        &repository.path("shallow"),
        &[
            "fetch",
            "--quiet",
            "--depth=1",
            "origin",
            &format!("{}:refs/heads/base", commits[0]),
        ],
    );
    let result = try_scan(&place, "base..HEAD");
    let error = result.err().expect("the clone is cut off within the range");
    assert!(error.reason.contains("cut off") && error.hint.unwrap().contains("fetch-depth: 0"));
}

#[test]
fn a_push_brings_what_the_remote_has_not() {
    let (origin, commits) = line_by_line();
    origin.git(&["clone", "--quiet", ".", "clone"]);
    let clone = origin.path("clone");
    let commit = |name: &str, text: &str| {
        std::fs::write(clone.join(name), text).unwrap();
        origin.git_in(&clone, &["add", "."]);
        origin.git_in(&clone, &["commit", "--quiet", "--message", name]);
        origin.git_in(&clone, &["rev-parse", "HEAD"])
    };
    let first = commit("new.py", "new\n");
    let second = commit("newer.py", "newer\n");
    let zero = "0".repeat(40);
    let push = |local: &str, remote: &str, name: Option<&str>| {
        let sink = Collected::default();
        let push = Push {
            local: local.to_owned(),
            remote: remote.to_owned(),
            name: name.map(str::to_owned),
        };
        pushed(
            &git::Place::at(&clone),
            &push,
            &RangeOptions::default(),
            &sink,
        )
        .unwrap();
        lines(&sink.all())
    };
    assert_eq!(push(&second, &commits[3], Some("origin")), ["new", "newer"]);
    assert_eq!(push(&second, &first, Some("origin")), ["newer"]);
    assert_eq!(
        push(&second, &zero, Some("origin")),
        ["new", "newer"],
        "a new branch"
    );
    assert_eq!(push(&second, &zero, None), ["new", "newer"]);
    assert_eq!(
        push(&second, &"1".repeat(40), Some("origin")),
        ["new", "newer"],
        "what the remote has is not here yet"
    );
    assert_eq!(
        push(&zero, &second, Some("origin")),
        [""; 0],
        "the branch is deleted"
    );
    // Another remote has its own idea of what is new.
    origin.git_in(
        &clone,
        &["update-ref", "refs/remotes/public/main", &commits[1]],
    );
    assert_eq!(
        push(&second, &zero, Some("public")),
        ["four", "new", "newer", "three"]
    );
}

#[test]
fn missing_objects_are_said() {
    let (repository, _) = line_by_line();
    let id = repository.git(&["rev-parse", "HEAD:d/a.py"]);
    std::fs::remove_file(repository.path(format!(".git/objects/{}/{}", &id[..2], &id[2..])))
        .unwrap();
    let sink = try_scan(&repository.place(), "HEAD~2..").unwrap();
    assert_eq!(lines(&sink.units()), ["three"]);
    assert_eq!(sink.troubles().len(), 1, "{:?}", sink.troubles());
}
