//! Directories as they are: which files are read, which are left out, what is said of what cannot be read.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::{fs, thread, time::Duration};

use nuages::scan::source::{PathOptions, paths};

use super::repository::Repository;
use super::{Collected, Seen};

fn walk(tree: &Repository, options: &PathOptions) -> Collected {
    walk_roots(tree, &[tree.root().to_owned()], options)
}

fn walk_roots(tree: &Repository, roots: &[PathBuf], options: &PathOptions) -> Collected {
    let sink = Collected::default();
    paths(roots, options, &sink);
    // Relative to the tree, for reading.
    let prefix = format!("{}/", tree.root().display());
    for unit in sink.units.lock().unwrap().iter_mut() {
        unit.path = unit
            .path
            .strip_prefix(&prefix)
            .unwrap_or(&unit.path)
            .to_owned();
    }
    sink
}

fn names(sink: &Collected) -> Vec<String> {
    sink.all();
    sink.paths()
}

#[test]
fn hidden_files_are_read_and_git_is_not() {
    let tree = Repository::new();
    tree.write(".github/workflows/ci.yml", "on: push\n")
        .write(".hidden", "h")
        .write("a/b/c.py", "c")
        .write("empty", "");
    assert_eq!(
        names(&walk(&tree, &PathOptions::default())),
        [".github/workflows/ci.yml", ".hidden", "a/b/c.py", "empty"]
    );
}

#[test]
fn ignored_files_are_left_out_unless_tracked_or_env() {
    let tree = Repository::new();
    tree.write(
        ".gitignore",
        "*.log\n.env*\n!keep.log\n/build/\nnode_modules\n*.pem\n",
    )
    .write("a.log", "ignored")
    .write("keep.log", "negated")
    .write("tracked.pem", "tracked although ignored")
    .write("other.pem", "ignored")
    .write(".env", "A=1")
    .write("sub/.env.local", "B=2")
    .write("sub/prod.env", "C=3")
    .write("build/out.txt", "ignored")
    .write("build/.env", "D=4")
    .write("build/deep/.env", "not looked for so deep")
    .write("build/tracked.txt", "tracked in an ignored directory")
    .write("build/deep/tracked.txt", "tracked in an ignored directory")
    .write("node_modules/x/index.js", "not walked")
    .write("sub/.gitignore", "*.tmp\n!a.log\n")
    .write("sub/a.log", "negated below")
    .write("sub/x.tmp", "ignored below")
    .write("x.tmp", "not ignored here");
    tree.git(&[
        "add",
        "--force",
        "tracked.pem",
        "build/tracked.txt",
        "build/deep/tracked.txt",
    ]);
    let expected = [
        ".env",
        ".gitignore",
        "build/.env",
        "build/deep/tracked.txt",
        "build/tracked.txt",
        "keep.log",
        "sub/.env.local",
        "sub/.gitignore",
        "sub/a.log",
        "sub/prod.env",
        "tracked.pem",
        "x.tmp",
    ];
    assert_eq!(names(&walk(&tree, &PathOptions::default())), expected);
    // From a directory below, the ignore files above it hold too.
    let below = walk_roots(&tree, &[tree.path("sub")], &PathOptions::default());
    assert_eq!(
        names(&below),
        [
            "sub/.env.local",
            "sub/.gitignore",
            "sub/a.log",
            "sub/prod.env"
        ]
    );
}

#[test]
fn an_index_that_cannot_be_read_is_told_of_where_a_file_may_be_left_out_for_it() {
    let tree = Repository::new();
    tree.write(".gitignore", "*.pem\n")
        .write("a.py", "one = 1\n")
        .write("b.pem", "tracked, or not")
        .write("c.pem", "tracked, or not")
        .write(".git/index", "nonsense");
    let sink = walk(&tree, &PathOptions::default());
    let mut read = sink.paths();
    read.sort();
    assert_eq!(read, [".gitignore", "a.py"]);
    let troubles = sink.troubles();
    assert_eq!(troubles.len(), 1, "{troubles:?}");
    assert!(troubles[0].0.ends_with(".git/index"), "{troubles:?}");
}

#[test]
fn the_walk_agrees_with_git_about_what_is_ignored() {
    let tree = Repository::new();
    let patterns = [
        "*.a", "/b", "c/", "d/e", "**/f", "g/**", "h/*/i", "!x.a", "\\#j", "k[0-9]", "l\\ ",
        "m/**/n",
    ];
    tree.write(
        ".gitignore",
        format!("{}\n# comment\n\n", patterns.join("\n")),
    );
    let paths = [
        "x.a", "y.a", "b", "z/b", "c", "z/c/d", "d/e", "z/d/e", "z/f", "g/h/i", "h/1/i", "h/1/2/i",
        "#j", "k1", "kk", "l ", "m/n", "m/1/2/n", "z/x.a", "z/k2/q",
    ];
    for path in paths {
        tree.write(path, path);
    }
    let listed = tree.git(&[
        "-c",
        "core.quotePath=false",
        "ls-files",
        "--others",
        "--exclude-standard",
    ]);
    let mut listed: Vec<String> = listed.lines().map(str::to_owned).collect();
    listed.sort();
    assert_eq!(names(&walk(&tree, &PathOptions::default())), listed);
}

#[test]
fn info_exclude_and_the_users_own_ignores_hold() {
    let tree = Repository::new();
    tree.write(".git/info/exclude", "*.x\n")
        .write("a.x", "")
        .write("a.y", "")
        .write("a.z", "")
        .write("user", "*.y\n")
        .write("set", "*.z\n");
    let options = PathOptions {
        user_ignores: Some(tree.path("user")),
        ..PathOptions::default()
    };
    assert_eq!(names(&walk(&tree, &options)), ["a.z", "set", "user"]);
    tree.git(&[
        "config",
        "core.excludesFile",
        tree.path("set").to_str().unwrap(),
    ]);
    assert_eq!(names(&walk(&tree, &options)), ["a.y", "set", "user"]);
}

#[test]
fn a_named_file_is_read_although_it_is_ignored() {
    let tree = Repository::new();
    tree.write(".gitignore", "*\n")
        .write("deep/a.log", "x")
        .write("b", "y");
    symlink(tree.path("b"), tree.path("link")).unwrap();
    let sink = walk_roots(
        &tree,
        &[tree.path("deep/a.log"), tree.path("link")],
        &PathOptions::default(),
    );
    assert_eq!(names(&sink), ["deep/a.log", "link"]);
}

#[test]
fn nested_repositories_and_submodules_are_walked_with_their_own_ignores() {
    let tree = Repository::new();
    let module = Repository::new();
    module.write(".gitignore", "*.own\n").write("m.txt", "m");
    module.commit("module");
    tree.write(".gitignore", "*.txt\n")
        .write("nested/.gitignore", "*.own\n");
    tree.git(&["init", "--quiet", "nested"]);
    tree.git(&[
        "submodule",
        "--quiet",
        "add",
        module.root().to_str().unwrap(),
        "sub",
    ]);
    tree.write("nested/a.txt", "a")
        .write("nested/a.own", "o")
        .write("sub/b.own", "o")
        .write("c.txt", "c");
    let expected = [
        ".gitignore",
        ".gitmodules",
        "nested/.gitignore",
        "nested/a.txt",
        "sub/.gitignore",
        "sub/m.txt",
    ];
    assert_eq!(names(&walk(&tree, &PathOptions::default())), expected);
}

#[test]
fn links_are_not_followed_and_loops_end() {
    let tree = Repository::nothing();
    tree.write("real/a.txt", "a");
    symlink(tree.root(), tree.path("real/up")).unwrap();
    symlink("a.txt", tree.path("real/b.txt")).unwrap();
    symlink("loop", tree.path("loop")).unwrap();
    let sink = walk(&tree, &PathOptions::default());
    assert_eq!(names(&sink), ["real/a.txt"]);
    let notes = sink.notes();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].0.ends_with("loop"), "{notes:?}");
    assert_eq!(notes[0].1, "is a link that leads back to itself");
}

/// Fails rather than hangs.
fn within_a_minute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || sender.send(work()));
    receiver
        .recv_timeout(Duration::from_mins(1))
        .expect("an end within a minute")
}

#[test]
fn a_pipe_or_a_socket_never_blocks() {
    let sink = within_a_minute(|| {
        let tree = Repository::new();
        tree.write("a.txt", "a").write("tracked", "t");
        tree.git(&["add", "tracked"]);
        fs::remove_file(tree.path("tracked")).unwrap();
        for name in ["pipe", "tracked", ".env.pipe"] {
            rustix::fs::mknodat(
                rustix::fs::CWD,
                tree.path(name),
                rustix::fs::FileType::Fifo,
                0o600.into(),
                0,
            )
            .unwrap();
        }
        let _socket = UnixListener::bind(tree.path("socket")).unwrap();
        walk_roots(
            &tree,
            &[tree.root().to_owned(), tree.path("pipe")],
            &PathOptions::default(),
        )
    });
    assert_eq!(sink.paths(), ["a.txt"]);
    let troubles = sink.troubles();
    let ends: Vec<&str> = troubles
        .iter()
        .map(|(place, _)| place.rsplit_once('/').unwrap().1)
        .collect();
    assert_eq!(ends, ["pipe", "tracked"], "{troubles:?}");
    let mut noted: Vec<String> = sink
        .notes()
        .into_iter()
        .map(|(place, what)| format!("{} {what}", place.rsplit_once('/').unwrap().1))
        .collect();
    let expected = [
        ".env.pipe is a pipe, and was not looked at",
        "pipe is a pipe, and was not looked at",
        "socket is a socket, and was not looked at",
        "tracked is a pipe, and was not looked at",
    ];
    noted.sort();
    assert_eq!(noted, expected);
}

#[test]
fn what_cannot_be_read_is_one_trouble_each() {
    let tree = Repository::nothing();
    tree.write("a.txt", "a")
        .write("closed.txt", "c")
        .write("closed/b.txt", "b");
    let close = |path: &str, mode| {
        fs::set_permissions(tree.path(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    close("closed.txt", 0);
    close("closed", 0);
    let missing = tree.path("missing");
    let sink = walk_roots(
        &tree,
        &[tree.root().to_owned(), missing],
        &PathOptions::default(),
    );
    close("closed", 0o700);
    let troubles = sink.troubles();
    if rustix::process::geteuid().is_root() {
        assert_eq!(troubles.len(), 1, "{troubles:?}");
    } else {
        assert_eq!(sink.paths(), ["a.txt"]);
        assert_eq!(troubles.len(), 3, "{troubles:?}");
    }
    let missing = troubles
        .iter()
        .find(|(place, _)| place.ends_with("/missing"))
        .unwrap();
    assert_eq!(missing.1, "no such file or directory");
}

#[test]
fn binary_files_are_left_out_and_texts_are_decoded() {
    let tree = Repository::nothing();
    let utf16: Vec<u8> = "\u{feff}A = 'é'\n"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    tree.write("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
        .write("nul.txt", b"one \0 nul in a text\n")
        .write("utf16.txt", utf16)
        .write("bom.txt", "\u{feff}B = 1\n");
    let units: Vec<(String, String)> = walk(&tree, &PathOptions::default())
        .all()
        .into_iter()
        .map(|unit| (unit.path, unit.text))
        .collect();
    let expected = [
        ("bom.txt", "B = 1\n"),
        ("nul.txt", "one \0 nul in a text\n"),
        ("utf16.txt", "A = 'é'\n"),
    ];
    assert_eq!(
        units,
        expected.map(|(path, text)| (path.to_owned(), text.to_owned()))
    );
}

#[test]
fn large_and_very_many_files_are_all_read() {
    let tree = Repository::nothing();
    let large: String = (0..2_000_000)
        .map(|number| format!("line {number}\n"))
        .collect();
    tree.write("large.txt", &large)
        .write("middle.txt", &large[..5 << 20]);
    for number in 0..500 {
        tree.write(format!("many/{number:03}.txt"), number.to_string());
    }
    let units = walk(&tree, &PathOptions::default()).all();
    let of = |path: &str| {
        units
            .iter()
            .filter(|unit| unit.path == path)
            .map(|unit| unit.text.len())
            .collect::<Vec<_>>()
    };
    assert!(of("large.txt").len() > 2);
    assert!(of("large.txt").iter().sum::<usize>() > large.len());
    assert_eq!(of("middle.txt"), [5 << 20]);
    assert_eq!(
        units
            .iter()
            .filter(|unit: &&Seen| unit.path.starts_with("many/"))
            .count(),
        500
    );
}

#[test]
fn any_name_is_handed_on_as_it_is() {
    let tree = Repository::new();
    let name = b"a\nb\x1b[31m\xff.txt";
    tree.write(name, "x");
    let sink = walk(&tree, &PathOptions::default());
    assert_eq!(names(&sink), [name.escape_ascii().to_string()]);
}

#[test]
fn directories_deeper_than_a_stack_are_walked() {
    let tree = Repository::nothing();
    let mut path = "d/".repeat(1_500);
    path.push_str("a.txt");
    tree.write(&path, "deep");
    assert_eq!(names(&walk(&tree, &PathOptions::default())), [path]);
}
