//! The index: what the next commit will hold, whatever the work tree, attributes and settings say.

use std::fs;
use std::os::unix::fs::symlink;

use nuages::scan::source::{StagedOptions, git, staged};

use super::Collected;
use super::repository::Repository;

fn scan(repository: &Repository) -> Collected {
    let sink = Collected::default();
    staged(&repository.place(), &StagedOptions::default(), &sink).unwrap();
    sink
}

/// A repository with one commit of one file.
fn committed(path: &str, content: impl AsRef<[u8]>) -> Repository {
    let repository = Repository::new();
    repository.write(path, content);
    repository.commit("first");
    repository
}

fn added(sink: &Collected) -> Vec<String> {
    sink.only().added.expect("a file that was there before")
}

#[test]
fn only_new_lines_are_asked_for() {
    let repository = committed("deep/er/a.py", "one = 1\ntwo = 2\n");
    repository.write("deep/er/a.py", "zero = 0\none = 1\ntwo = 3\n");
    repository.git(&["add", "."]);
    let unit = scan(&repository).only();
    assert_eq!(
        (unit.path.as_str(), unit.text.as_str()),
        ("deep/er/a.py", "zero = 0\none = 1\ntwo = 3\n")
    );
    assert_eq!(unit.added.unwrap(), ["zero = 0", "two = 3"]);
    let sink = Collected::default();
    staged(&repository.place(), &StagedOptions { whole: true }, &sink).unwrap();
    assert_eq!(sink.only().added, None);
}

#[test]
fn nothing_staged_is_nothing_to_scan() {
    let repository = committed("a.py", "one = 1\n");
    repository
        .write("a.py", "one = 2\n")
        .write("b.py", "two = 2\n");
    assert_eq!(scan(&repository).all(), []);
}

#[test]
fn removed_lines_are_not_new() {
    let repository = committed("a.py", "one = 1\ntwo = 2\n");
    repository.write("a.py", "two = 2\n");
    repository.git(&["add", "."]);
    assert_eq!(scan(&repository).all(), []);
}

#[test]
fn the_first_commit_is_read() {
    let repository = Repository::new();
    repository
        .write("a.py", "one = 1\n")
        .write("d/b.py", "two = 2\n");
    repository.git(&["add", "."]);
    let sink = scan(&repository);
    assert_eq!(sink.paths(), ["a.py", "d/b.py"]);
    assert!(sink.all().iter().all(|unit| unit.added.is_none()));
}

#[test]
fn colours_attributes_filters_and_textconv_have_no_say() {
    let repository = committed("a.py", "one = 1\n");
    for (key, value) in [
        ("color.ui", "always"),
        ("color.diff", "always"),
        ("diff.external", "false"),
        ("diff.hide.textconv", "true"),
        ("filter.hide.clean", "cat"),
        ("filter.hide.smudge", "echo hidden"),
        ("diff.noprefix", "true"),
        ("core.quotePath", "true"),
        ("diff.ignoreSubmodules", "all"),
        ("core.attributesFile", "/dev/null"),
    ] {
        repository.git(&["config", key, value]);
    }
    repository
        .write(
            ".gitattributes",
            "*.py -diff diff=hide filter=hide binary\n",
        )
        .write("a.py", "one = 1\ntwo = 2\n");
    repository.git(&["add", "."]);
    let sink = scan(&repository);
    assert_eq!(sink.paths(), [".gitattributes", "a.py"]);
    assert_eq!(sink.all()[1].added.clone().unwrap(), ["two = 2"]);
}

#[test]
fn a_nul_byte_does_not_hide_a_line() {
    let repository = committed("a.py", "one = 1\n");
    repository.write("a.py", "one = 1\nnul = '\0'\ntwo = 2\n");
    repository.git(&["add", "."]);
    assert_eq!(added(&scan(&repository)), ["nul = '\0'", "two = 2"]);
}

#[test]
fn utf16_and_byte_order_marks_are_decoded_on_both_sides() {
    let utf16 = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    for mark in ["\u{feff}", ""] {
        let repository = committed("a.txt", utf16(&format!("{mark}first line of text\n")));
        repository.write(
            "a.txt",
            utf16(&format!("{mark}first line of text\nsecond = 'é'\n")),
        );
        repository.git(&["add", "."]);
        assert_eq!(added(&scan(&repository)), ["second = 'é'"]);
    }
    let repository = committed("a.txt", "one = 1\n");
    repository.write("a.txt", "\u{feff}one = 1\ntwo = 2\n");
    repository.git(&["add", "."]);
    assert_eq!(added(&scan(&repository)), ["two = 2"]);
}

#[test]
fn what_is_staged_counts_and_the_work_tree_does_not() {
    let repository = committed("a.py", "one = 1\n");
    repository
        .write("a.py", "one = 1\nstaged = 2\n")
        .write("new.py", "new = 3\n");
    repository.git(&["add", "."]);
    repository.write("a.py", "one = 1\nwork_tree = 4\n");
    fs::remove_file(repository.path("new.py")).unwrap();
    let units = scan(&repository).all();
    assert_eq!(units[0].added.clone().unwrap(), ["staged = 2"]);
    assert_eq!(
        (units[1].path.as_str(), units[1].text.as_str()),
        ("new.py", "new = 3\n")
    );
}

#[test]
fn a_moved_file_has_no_new_line() {
    let repository = Repository::new();
    repository
        .write("a.py", "one = 1\n")
        .write("d/b.py", "two = 2\n")
        .write("d/e/c.py", "three = 3\n")
        .write("stays.py", "stays = 1\n");
    repository.commit("first");
    repository.git(&["mv", "a.py", "moved.py"]);
    repository.git(&["mv", "d", "f"]);
    assert_eq!(scan(&repository).all(), []);
    // A copy is new: the line stands in the repository once more.
    repository.write("copy.py", "stays = 1\n");
    repository.git(&["add", "."]);
    assert_eq!(scan(&repository).only().path, "copy.py");
    // One that was edited on its way is read as a whole.
    repository.write("moved.py", "one = 1\nmore = 2\n");
    repository.git(&["add", "."]);
    assert_eq!(scan(&repository).paths(), ["copy.py", "moved.py"]);
}

#[test]
fn a_change_of_mode_alone_is_nothing_new() {
    let repository = committed("a.sh", "one=1\n");
    repository.git(&["update-index", "--chmod=+x", "a.sh"]);
    assert_eq!(scan(&repository).all(), []);
}

#[test]
fn a_submodule_is_noted_and_left_out() {
    let module = committed("m.py", "m = 1\n");
    let repository = committed("a.py", "one = 1\n");
    repository.git(&[
        "submodule",
        "--quiet",
        "add",
        module.root().to_str().unwrap(),
        "sub",
    ]);
    let sink = scan(&repository);
    assert_eq!(sink.only().path, ".gitmodules");
    assert_eq!(sink.notes()[0].0, "sub");
    // The index of the submodule itself, through its `.git` file.
    repository.write("sub/m.py", "m = 1\nn = 2\n");
    repository.git_in(&repository.path("sub"), &["add", "."]);
    let sink = Collected::default();
    staged(
        &git::Place::at(repository.path("sub")),
        &StagedOptions::default(),
        &sink,
    )
    .unwrap();
    assert_eq!(added(&sink), ["n = 2"]);
}

#[test]
fn what_is_only_intended_to_be_added_is_not_staged() {
    let repository = committed("a.py", "one = 1\n");
    repository.write("b.py", "two = 2\n");
    repository.git(&["add", "--intent-to-add", "b.py"]);
    assert_eq!(scan(&repository).all(), []);
}

#[test]
fn both_sides_of_a_conflict_are_read_and_it_is_said() {
    let repository = committed("a.py", "one = 1\n");
    repository.git(&["checkout", "--quiet", "-b", "other"]);
    repository.write("a.py", "one = 2\n");
    repository.commit("theirs");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("a.py", "one = 3\n");
    repository.commit("ours");
    repository.git_fails(&["merge", "--quiet", "other"]);
    let sink = scan(&repository);
    let troubles = sink.troubles();
    assert_eq!(troubles.len(), 1, "{troubles:?}");
    assert!(troubles[0].1.contains("conflict"));
    let units = sink.units();
    assert_eq!(units.len(), 1, "ours is what HEAD has");
    assert_eq!(units[0].added.clone().unwrap(), ["one = 2"]);
    // Resolved: the merge is compared with HEAD.
    repository.write("a.py", "one = 4\n");
    repository.git(&["add", "."]);
    assert_eq!(added(&scan(&repository)), ["one = 4"]);
}

#[test]
fn any_path_is_handed_on_as_git_has_it() {
    let repository = committed("a.py", "one = 1\n");
    let names: [&[u8]; 3] = [
        "caf\u{e9} \"q\".py".as_bytes(),
        b"new\nline\t.py",
        b"\xff\xfe.py",
    ];
    for name in names {
        repository.write(name, "x = 1\n");
    }
    repository.git(&["add", "."]);
    let mut expected: Vec<String> = names
        .iter()
        .map(|name| name.escape_ascii().to_string())
        .collect();
    expected.sort();
    assert_eq!(scan(&repository).paths(), expected);
}

#[test]
fn a_links_target_is_read() {
    let repository = committed("a.py", "one = 1\n");
    symlink("https://name:word@example.org", repository.path("link")).unwrap();
    fs::remove_file(repository.path("a.py")).unwrap();
    symlink("elsewhere", repository.path("a.py")).unwrap();
    repository.git(&["add", "."]);
    let units = scan(&repository).all();
    assert_eq!(units[0].added.clone().unwrap(), ["elsewhere"]);
    assert_eq!(units[1].text, "https://name:word@example.org");
}

#[test]
fn a_file_in_place_of_a_directory_and_the_other_way_round() {
    let repository = Repository::new();
    repository
        .write("a/x.py", "one = 1\n")
        .write("b", "two = 2\n")
        .write("a.b", "between\n");
    repository.commit("first");
    fs::remove_dir_all(repository.path("a")).unwrap();
    fs::remove_file(repository.path("b")).unwrap();
    repository
        .write("a", "three = 3\n")
        .write("b/x.py", "four = 4\n");
    repository.git(&["add", "--all"]);
    assert_eq!(scan(&repository).paths(), ["a", "b/x.py"]);
}

#[test]
fn every_kind_of_index_is_read() {
    let kinds: [&[&str]; 5] = [
        &["update-index", "--index-version", "4"],
        &["update-index", "--split-index"],
        &["update-index", "--force-untracked-cache"],
        &["config", "index.skipHash", "true"],
        &["config", "feature.manyFiles", "true"],
    ];
    for kind in kinds {
        let repository = Repository::new();
        for number in 0..20 {
            repository.write(
                format!("d{}/f{number}.py", number % 5),
                format!("number = {number}\n"),
            );
        }
        repository.commit("first");
        repository.git(kind);
        repository
            .write("d1/f1.py", "number = 1\nmore = 2\n")
            .write("d9/new.py", "new = 3\n");
        repository.git(&["add", "."]);
        let sink = scan(&repository);
        assert_eq!(sink.paths(), ["d1/f1.py", "d9/new.py"], "{kind:?}");
        assert_eq!(
            sink.all()[0].added.clone().unwrap(),
            ["more = 2"],
            "{kind:?}"
        );
    }
}

#[test]
fn a_sparse_index_is_read() {
    let repository = Repository::new();
    repository
        .write("in/a.py", "a = 1\n")
        .write("out/deep/b.py", "b = 1\n")
        .write("out/c.py", "c = 1\n")
        .write("top.py", "t = 1\n");
    let first = repository.commit("first");
    repository.write("out/deep/b.py", "b = 1\nlater = 2\n");
    repository.commit("second");
    repository.git(&["sparse-checkout", "init", "--cone", "--sparse-index"]);
    repository.git(&["sparse-checkout", "set", "in"]);
    assert!(
        repository.git(&["ls-files", "--sparse"]).contains("out/\n"),
        "git made a sparse index"
    );
    assert_eq!(scan(&repository).all(), []);
    repository.write("in/a.py", "a = 1\nmore = 2\n");
    repository.git(&["add", "in/a.py"]);
    assert_eq!(added(&scan(&repository)), ["more = 2"]);
    // HEAD moves, the index stays: the directory that is one entry differs.
    repository.git(&["reset", "--quiet", "--soft", &first]);
    let units = scan(&repository).all();
    assert_eq!(units.len(), 2, "{units:#?}");
    assert_eq!(units[1].added.clone().unwrap(), ["later = 2"]);
}

#[test]
fn a_sha256_repository_is_read() {
    let repository = Repository::with(&["--object-format=sha256"]);
    repository
        .write("d/a.py", "one = 1\n")
        .write("e/b.py", "b = 1\n");
    repository.commit("first");
    repository.write("d/a.py", "one = 1\ntwo = 2\n");
    repository.git(&["add", "."]);
    assert_eq!(added(&scan(&repository)), ["two = 2"]);
}

#[test]
fn a_linked_work_tree_has_its_own_index() {
    let repository = committed("a.py", "one = 1\n");
    let linked = repository.path("linked");
    repository.git(&[
        "worktree",
        "add",
        "--quiet",
        "-b",
        "side",
        linked.to_str().unwrap(),
    ]);
    fs::write(linked.join("a.py"), "one = 1\nlinked = 2\n").unwrap();
    repository.git_in(&linked, &["add", "."]);
    assert_eq!(scan(&repository).all(), []);
    let sink = Collected::default();
    staged(&git::Place::at(&linked), &StagedOptions::default(), &sink).unwrap();
    assert_eq!(added(&sink), ["linked = 2"]);
}

#[test]
fn a_hook_may_name_another_index_and_directory() {
    let repository = committed("a.py", "one = 1\n");
    repository.write("a.py", "one = 1\ntwo = 2\n");
    fs::copy(repository.path(".git/index"), repository.path(".git/next")).unwrap();
    repository.git(&["add", "."]);
    fs::rename(repository.path(".git/index"), repository.path(".git/other")).unwrap();
    fs::rename(repository.path(".git/next"), repository.path(".git/index")).unwrap();
    assert_eq!(scan(&repository).all(), []);
    let place = git::Place {
        git_dir: Some(".git".into()),
        index: Some(".git/other".into()),
        ..repository.place()
    };
    let sink = Collected::default();
    staged(&place, &StagedOptions::default(), &sink).unwrap();
    assert_eq!(added(&sink), ["two = 2"]);
}

#[test]
fn a_missing_object_is_said_and_the_rest_is_read() {
    let repository = committed("a.py", "one = 1\n");
    repository
        .write("b.py", "two = 2\n")
        .write("c.py", "three = 3\n");
    repository.git(&["add", "."]);
    let id = repository.git(&["rev-parse", ":b.py"]);
    fs::remove_file(repository.path(format!(".git/objects/{}/{}", &id[..2], &id[2..]))).unwrap();
    let sink = scan(&repository);
    assert_eq!(sink.paths(), ["c.py"]);
    let troubles = sink.troubles();
    assert_eq!(troubles.len(), 1, "{troubles:?}");
    assert_eq!(troubles[0].0, "b.py");
    assert!(troubles[0].1.contains("missing"), "{troubles:?}");
}

#[test]
fn a_broken_index_or_head_is_an_error() {
    let repository = committed("a.py", "one = 1\n");
    let index = fs::read(repository.path(".git/index")).unwrap();
    fs::write(repository.path(".git/index"), &index[..index.len() / 2]).unwrap();
    let scan = |repository: &Repository| {
        staged(
            &repository.place(),
            &StagedOptions::default(),
            &Collected::default(),
        )
    };
    assert!(scan(&repository).unwrap_err().reason.contains("index"));
    fs::write(repository.path(".git/index"), index).unwrap();
    fs::write(repository.path(".git/refs/heads/main"), "nonsense").unwrap();
    assert!(scan(&repository).unwrap_err().reason.contains("HEAD"));
    let nothing = Repository::nothing();
    assert!(
        scan(&nothing)
            .unwrap_err()
            .reason
            .contains("no git repository")
    );
}

#[test]
fn very_many_staged_files_are_all_read() {
    let repository = committed("a.py", "one = 1\n");
    for number in 0..300 {
        repository.write(
            format!("d{}/{number}.py", number % 7),
            format!("number = {number}\n"),
        );
    }
    repository.git(&["add", "."]);
    assert_eq!(scan(&repository).all().len(), 300);
}
