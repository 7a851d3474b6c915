//! `[files]`: private, in memory where there is such a place, found again at the next start, never in somebody else's
//! directory.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::project::{Project, Run};

const MANIFEST: &str = r#"[files."tls/client.key"]
content = "${file://key}"

[files."ca.pem"]
content = "${file://ca}"
env = "CA_BUNDLE"
"#;

fn project() -> Project {
    Project::new(MANIFEST)
        .file("key", b"hunter2\xff\0\n\n")
        .file("ca", "certificate")
}

/// Prints the variables that hold paths.
const PATHS: [&str; 4] = ["exec", "--", "sh", "-c"];
const SCRIPT: &str = "echo $TLS_CLIENT_KEY_FILE; echo $CA_BUNDLE";

/// The two paths that a run hands over.
fn paths(run: Run) -> [PathBuf; 2] {
    let outcome = run.output().code(0);
    let mut lines = outcome.stdout().lines().map(PathBuf::from);
    [lines.next().expect("a path"), lines.next().expect("a path")]
}

/// A private directory in memory, for `XDG_RUNTIME_DIR`: what is made there goes with it.
pub(crate) fn memory() -> TempDir {
    let memory = tempfile::tempdir_in("/dev/shm").expect("a directory in memory");
    fs::set_permissions(memory.path(), fs::Permissions::from_mode(0o700)).expect("permissions");
    memory
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).expect("metadata").mode() & 0o7777
}

#[test]
fn files_are_private_and_in_memory() {
    let (project, memory) = (project(), memory());
    let run = || {
        project
            .nuages(PATHS)
            .arg(SCRIPT)
            .env("XDG_RUNTIME_DIR", memory.path())
    };
    let [key, ca] = paths(run());
    assert_eq!(
        fs::read(&key).expect("the key"),
        b"hunter2\xff\0\n",
        "bytes as they are, one line break less"
    );
    assert_eq!(fs::read(&ca).expect("the certificate"), b"certificate");
    let directory = ca.parent().expect("a directory");
    assert!(
        directory.starts_with(memory.path()),
        "{}",
        directory.display()
    );
    for file in [&key, &ca] {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    for directory in [directory, key.parent().expect("a directory")] {
        assert_eq!(mode(directory), 0o700, "{}", directory.display());
    }
    assert_eq!(key, directory.join("tls/client.key"));

    project.write("ca", "renewed");
    assert_eq!(
        paths(run()),
        [key, ca.clone()],
        "a restart finds its own files"
    );
    assert_eq!(fs::read(&ca).expect("the certificate"), b"renewed");
    assert_eq!(
        fs::read_dir(memory.path()).expect("a directory").count(),
        1,
        "nothing piles up"
    );
    assert_eq!(
        fs::read_dir(directory).expect("a directory").count(),
        2,
        "no temporary file is left"
    );
}

#[test]
fn each_manifest_and_profile_has_a_directory_of_its_own() {
    let memory = memory();
    let (one, two) = (
        project(),
        Project::new(&format!("{MANIFEST}\n[profiles.x]\n"))
            .file("key", "k")
            .file("ca", "c"),
    );
    let run = |project: &Project| {
        project
            .nuages(PATHS)
            .arg(SCRIPT)
            .env("XDG_RUNTIME_DIR", memory.path())
    };
    let [_, first] = paths(run(&one));
    let [_, second] = paths(run(&two));
    let [_, third] = paths(run(&two).env("NUAGES_PROFILE", "x"));
    assert!(first != second && second != third && first != third);
}

/// Without a runtime directory: shared memory. The directory that is made there is taken away again.
#[test]
fn shared_memory_is_the_next_place() {
    let project = project();
    let [_, ca] = paths(
        project
            .nuages(PATHS)
            .arg(SCRIPT)
            .env("XDG_RUNTIME_DIR", "relative"),
    );
    let directory = ca.parent().expect("a directory").to_owned();
    let kind = project
        .program("stat".as_ref(), ["-f", "-c", "%T"])
        .arg(&directory)
        .output()
        .code(0);
    let is_memory = kind.stdout() == "tmpfs\n";
    let name = directory
        .file_name()
        .expect("a name")
        .to_str()
        .expect("UTF-8")
        .to_owned();
    let mode = mode(&directory);
    fs::remove_dir_all(&directory).expect("the directory can be removed");
    assert!(is_memory, "{} is on {}", directory.display(), kind.stdout());
    assert!(name.starts_with("nuages-"), "{name}");
    assert_eq!(mode, 0o700);
}

/// A runtime directory that others can enter is no private place.
#[test]
fn a_runtime_directory_open_to_others_is_passed_over() {
    let (project, memory) = (project(), memory());
    fs::set_permissions(memory.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
    let [_, ca] = paths(
        project
            .nuages(PATHS)
            .arg(SCRIPT)
            .env("XDG_RUNTIME_DIR", memory.path()),
    );
    fs::remove_dir_all(ca.parent().expect("a directory")).expect("the directory can be removed");
    assert!(!ca.starts_with(memory.path()), "{}", ca.display());
}

#[test]
fn files_dir_chooses_the_place() {
    let project = project();
    let arguments = ["exec", "--files-dir", "made", "--", "sh", "-c", SCRIPT];
    let [key, ca] = paths(project.nuages(arguments));
    assert_eq!(
        ca,
        fs::canonicalize(project.root())
            .expect("a path")
            .join("made/ca.pem")
    );
    assert_eq!(
        (project.mode("made"), project.mode("made/tls"), mode(&key)),
        (0o700, 0o700, 0o600)
    );
    // The path holds wherever the command goes.
    assert!(key.is_absolute());
}

/// Runs with `--files-dir DIR` and insists that nothing is written and nothing is started.
#[track_caller]
fn is_refused(project: &Project, directory: &Path) {
    let run = project
        .nuages(["exec", "--files-dir"])
        .arg(directory)
        .arg("--")
        .arg("touch")
        .arg("started");
    let outcome = run.output().code(4).silent_about(&["hunter2"]);
    assert!(
        outcome.stderr().contains("belongs to this user alone"),
        "{}",
        outcome.stderr()
    );
    assert!(!project.path("started").exists(), "the command was started");
}

#[test]
fn somebody_elses_directory_is_refused() {
    let project = project();
    let private = |name: &str| {
        let path = project.path(name);
        fs::create_dir(&path).expect("a directory");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("permissions");
        path
    };
    let target = private("target");
    std::os::unix::fs::symlink(&target, project.path("link")).expect("a link");
    is_refused(&project, &project.path("link"));
    assert_eq!(
        fs::read_dir(&target).expect("a directory").count(),
        0,
        "nothing went through the link"
    );

    fs::write(project.path("plain"), "").expect("a file");
    is_refused(&project, &project.path("plain"));

    for bits in [0o701, 0o710, 0o750, 0o755, 0o777] {
        fs::set_permissions(&target, fs::Permissions::from_mode(bits)).expect("permissions");
        is_refused(&project, &target);
    }

    // Root can give a directory away; whoever is not root finds one that root owns.
    let foreign = private("foreign");
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&foreign, Some(65_534), Some(65_534)).expect("a new owner");
        is_refused(&project, &foreign);
        assert_eq!(fs::read_dir(&foreign).expect("a directory").count(), 0);
    } else {
        is_refused(&project, Path::new("/"));
    }
}

/// A link inside, left by whoever was here before, leads nothing out.
#[test]
fn a_directory_below_that_is_a_link_is_refused() {
    let project = project();
    let target = project.path("target");
    for path in [&target, &project.path("made")] {
        fs::create_dir(path).expect("a directory");
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).expect("permissions");
    }
    std::os::unix::fs::symlink(&target, project.path("made/tls")).expect("a link");
    is_refused(&project, &project.path("made"));
    assert_eq!(fs::read_dir(&target).expect("a directory").count(), 0);
}

#[test]
fn files_that_are_absent_and_optional_are_left_out() {
    let project = Project::new("[files.key]\ncontent = \"${file://none}\"\noptional = true\n");
    let outcome = project
        .nuages([
            "exec",
            "--files-dir",
            "made",
            "--",
            "sh",
            "-c",
            "echo ${KEY_FILE-unset}",
        ])
        .output()
        .code(0);
    assert_eq!(outcome.stdout(), "unset\n");
    assert!(!project.path("made").exists());
}
