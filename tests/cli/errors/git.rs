//! A render into a path that git tracks, or would track, is refused: held against repositories that the real git made.

use std::path::Path;
use std::process::Command;

use super::fails;
use crate::shot::{run, shot};
use crate::support::must_run;
use crate::support::project::Project;

const MANIFEST: &str = "[env]\nKEY = \"${file://secret}\"\n";

/// git without the configuration of whoever runs the tests.
fn git(directory: &Path, arguments: &[&str]) {
    must_run(
        Command::new("git")
            .current_dir(directory)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", directory)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "a")
            .env("GIT_AUTHOR_EMAIL", "a@example.org")
            .env("GIT_COMMITTER_NAME", "a")
            .env("GIT_COMMITTER_EMAIL", "a@example.org")
            .args(arguments),
    );
}

/// A repository with one tracked file `tracked.env`, and `*.secret` ignored.
fn repository() -> Project {
    let project = Project::new(MANIFEST)
        .file("secret", "hunter2")
        .file("tracked.env", "old")
        .file("deploy/tracked.env", "old")
        .file(".gitignore", "*.secret\nsecret\n/private/\n!shown.secret\n");
    git(project.root(), &["init", "--quiet"]);
    git(project.root(), &["add", "--all"]);
    git(project.root(), &["commit", "--quiet", "--message", "one"]);
    project
}

/// Renders to `output` from `directory`, both below the project.
fn render_to(
    project: &Project,
    directory: &Path,
    output: &str,
) -> crate::support::project::Outcome {
    let manifest = project.path("nuages.toml");
    let mut command = project
        .nuages(["render", "json", "-o", output, "-f"])
        .arg(manifest)
        .into_command();
    command.current_dir(directory);
    run(command)
}

#[track_caller]
fn is_refused(project: &Project, directory: &Path, output: &str) {
    let outcome = render_to(project, directory, output)
        .code(2)
        .silent_about(&["hunter2"]);
    assert!(outcome.stderr().contains("git"), "{}", outcome.stderr());
    let is_old =
        |path: &Path| std::fs::read_to_string(path).is_ok_and(|text| text.contains("hunter2"));
    assert!(!is_old(&directory.join(output)), "{output} was written");
}

#[track_caller]
fn is_written(project: &Project, directory: &Path, output: &str) {
    render_to(project, directory, output).code(0);
    let text = std::fs::read_to_string(directory.join(output)).expect("the file");
    assert!(text.contains("hunter2"));
}

#[test]
fn the_words_of_a_refusal() {
    let project = repository();
    fails(
        "git_tracked",
        &project,
        &["render", "json", "-o", "tracked.env"],
        2,
    );
    fails(
        "git_not_ignored",
        &project,
        &["render", "json", "-o", "new.env"],
        2,
    );
    project.write(".git/index", "no index at all");
    fails(
        "git_unreadable",
        &project,
        &["render", "json", "-o", "new.secret"],
        2,
    );
}

#[test]
fn tracked_and_trackable_paths_are_refused_from_anywhere() {
    let project = repository();
    let root = project.root().to_owned();
    let deploy = root.join("deploy");
    std::fs::create_dir(root.join("private")).expect("a directory");
    for (directory, output) in [
        (&root, "tracked.env"),
        (&root, "deploy/tracked.env"),
        (&root, "./deploy/../tracked.env"),
        (&root, "new.env"),
        (&root, "shown.secret"),
        (&deploy, "tracked.env"),
        (&deploy, "../tracked.env"),
        (&deploy, "new.env"),
    ] {
        is_refused(&project, directory, output);
    }
    is_refused(
        &project,
        Path::new("/"),
        root.join("tracked.env").to_str().expect("UTF-8"),
    );
    for (directory, output) in [
        (&root, "new.secret"),
        (&deploy, "new.secret"),
        (&root, "private/new.env"),
        (&deploy, "../private/new.json"),
    ] {
        is_written(&project, directory, output);
    }
}

/// A rule of `.gitignore` does nothing for a file that is in the index already.
#[test]
fn a_tracked_file_that_is_ignored_is_tracked() {
    let project = repository();
    project.write("forced.secret", "old");
    git(project.root(), &["add", "--force", "forced.secret"]);
    is_refused(&project, project.root(), "forced.secret");
}

/// An index entry may be in conflict: then it has several stages and none of them is the usual one.
#[test]
fn a_file_in_conflict_is_tracked() {
    let project = repository();
    let root = project.root();
    project.write("both.secret", "base\n");
    git(root, &["add", "--force", "both.secret"]);
    git(root, &["commit", "--quiet", "--message", "base"]);
    git(root, &["checkout", "--quiet", "-b", "other"]);
    project.write("both.secret", "theirs\n");
    git(root, &["commit", "--quiet", "--all", "--message", "theirs"]);
    git(root, &["checkout", "--quiet", "-"]);
    project.write("both.secret", "ours\n");
    git(root, &["commit", "--quiet", "--all", "--message", "ours"]);
    let merge = Command::new("git")
        .current_dir(root)
        .env("HOME", root)
        .args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.org",
            "merge",
            "--quiet",
            "other",
        ])
        .output()
        .expect("git");
    assert!(!merge.status.success(), "the merge was to conflict");
    is_refused(&project, root, "both.secret");
}

#[test]
fn excludes_outside_of_the_tree_count() {
    let project = repository();
    is_refused(&project, project.root(), "new.env");
    project.write(".git/info/exclude", "new.env\n");
    is_written(&project, project.root(), "new.env");
}

#[test]
fn a_link_to_the_directory_changes_nothing() {
    let project = repository();
    let outside = Project::empty();
    std::os::unix::fs::symlink(project.path("deploy"), outside.path("link")).expect("a link");
    is_refused(&project, outside.root(), "link/tracked.env");
    is_refused(&project, outside.root(), "link/new.env");
    is_written(&project, outside.root(), "link/new.secret");
}

/// The bytes go where a link leads, so that is the place that counts.
#[test]
fn a_link_to_the_file_changes_nothing() {
    let project = repository();
    let outside = Project::empty();
    for target in ["tracked.env", "new.env", "deploy/tracked.env"] {
        let link = outside.path(target.replace('/', "-"));
        std::os::unix::fs::symlink(project.path(target), &link).expect("a link");
        is_refused(&project, outside.root(), link.to_str().expect("UTF-8"));
    }
    // An ignored name that leads to a tracked one.
    std::os::unix::fs::symlink("tracked.env", project.path("link.secret")).expect("a link");
    is_refused(&project, project.root(), "link.secret");
    std::os::unix::fs::symlink(project.path("new.secret"), outside.path("fine")).expect("a link");
    is_written(&project, outside.root(), "fine");
}

#[test]
fn a_linked_worktree_is_a_work_tree() {
    let project = repository();
    let other = Project::empty();
    let tree = other.path("tree");
    git(
        project.root(),
        &[
            "worktree",
            "add",
            "--quiet",
            tree.to_str().expect("UTF-8"),
            "-b",
            "tree",
        ],
    );
    is_refused(&project, &tree, "tracked.env");
    is_refused(&project, &tree, "new.env");
    is_written(&project, &tree, "new.secret");
}

#[test]
fn a_submodule_is_a_work_tree_of_its_own() {
    let project = repository();
    let parent = repository();
    let url = project.root().to_str().expect("UTF-8");
    git(
        parent.root(),
        &[
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "add",
            url,
            "sub",
        ],
    );
    is_refused(&parent, parent.root(), "sub/tracked.env");
    is_refused(&parent, parent.root(), "sub/new.env");
    is_written(&parent, parent.root(), "sub/new.secret");
}

/// Nothing in a bare repository is tracked by its path; nothing beside one is either.
#[test]
fn a_bare_repository_has_no_work_tree() {
    let project = Project::new(MANIFEST).file("secret", "hunter2");
    git(project.root(), &["init", "--quiet", "--bare", "bare.git"]);
    is_written(&project, project.root(), "bare.git/x.env");
    is_written(&project, project.root(), "x.env");
}

#[test]
fn what_cannot_be_read_is_refused() {
    for (file, content) in [(".git/index", "DIRC????"), (".git/config", "[core\n")] {
        let project = repository();
        project.write(file, content);
        let outcome = render_to(&project, project.root(), "new.secret");
        let git = Command::new("git")
            .current_dir(project.root())
            .env("HOME", project.root())
            .args(["check-ignore", "new.secret"])
            .output()
            .expect("git");
        assert!(!git.status.success(), "git itself cannot read {file}");
        assert_eq!(
            outcome.status.code(),
            Some(2),
            "{file}: {}",
            outcome.stderr()
        );
        assert!(!project.path("new.secret").exists(), "{file}");
    }
    let project = repository();
    project.write(".git/index", "DIRC????");
    let outcome = render_to(&project, project.root(), "tracked.env").code(2);
    shot("git_corrupt_index", &project, &outcome);
}

/// `key new` makes a file that is worse to commit than any other.
#[test]
fn a_key_is_not_written_where_git_would_track_it() {
    let project = repository();
    fails("git_key", &project, &["key", "new", "-o", "age.key"], 2);
    assert!(!project.path("age.key").exists());
    project
        .nuages(["key", "new", "-o", "age.secret"])
        .output()
        .code(0);
    assert_eq!(project.mode("age.secret"), 0o600);
}
