//! Files that are none: pipes, devices and directories where a file is to be read. None is waited for.

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::project::Project;

/// A pipe that nobody writes to: whoever opens it waits.
fn with_pipe(project: Project, name: &str) -> Project {
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, project.path(name), FileType::Fifo, mode, 0).unwrap();
    project
}

#[test]
fn a_manifest_that_is_no_file() {
    let project = with_pipe(Project::empty(), "nuages.toml");
    for (words, shown, what) in [
        (&["plan"][..], "nuages.toml", "a pipe"),
        (&["exec", "--", "true"], "nuages.toml", "a pipe"),
        (&["scan"], "nuages.toml", "a pipe"),
        (
            &["--manifest", "nuages.toml", "check"],
            "nuages.toml",
            "a pipe",
        ),
        (&["--manifest", ".", "plan"], ".", "a directory"),
        (
            &["--manifest", "/dev/zero", "plan"],
            "/dev/zero",
            "a device",
        ),
    ] {
        let outcome = project.nuages(words).output().code(3);
        let expected =
            format!("error: cannot read the manifest `{shown}`\ncause: it is {what}, not a file\n");
        assert_eq!(outcome.stderr(), expected, "{words:?}");
    }
    let named = project.nuages(["plan"]).env("NUAGES_MANIFEST", "/dev/zero");
    assert!(named.output().code(3).stderr().contains("it is a device"));
    let large = Project::empty();
    let file = std::fs::File::create(large.path("nuages.toml")).unwrap();
    file.set_len(1 << 40).unwrap();
    let outcome = large.nuages(["plan"]).output().code(3);
    assert!(outcome.stderr().contains("it is larger than 1 MiB"));
}

/// A shell's `<(…)` is a pipe too, and so may be the input.
#[test]
fn a_manifest_out_of_a_pipe_of_the_shell() {
    let project = Project::empty().file("there.toml", "[env]\nA = \"${env://B}\"\n");
    let program = env!("CARGO_BIN_EXE_nuages");
    for line in [
        format!("{program} -f <(cat there.toml) plan"),
        format!("cat there.toml | {program} -f /dev/stdin plan"),
        format!("NUAGES_MANIFEST=/dev/stdin {program} plan < there.toml"),
    ] {
        let run = project.program("bash".as_ref(), ["-c", &line]).output();
        assert!(run.code(0).stdout().contains("env.A"), "{line}");
    }
}

#[test]
fn what_else_is_read_whole() {
    let manifest = "[env]\nA = \"a\"\n\n[databases.default]\nENGINE = \"postgresql\"\nNAME = \"shop\"\nUSER = \"shop\"\n\
                    HOST = \"127.0.0.1\"\nPORT = 1\n\
                    OPTIONS = { sslmode = \"verify-full\", sslrootcert = \"pipe\", sslcert = \"pipe\", sslkey = \"pipe\", passfile = \"pipe\" }\n";
    let project = with_pipe(Project::new(manifest), "pipe");
    let outcome = project
        .nuages(["render", "--template", "pipe", "--set", "type=json"])
        .output()
        .code(2);
    let expected = "error: cannot read the template `pipe`\ncause: it is a pipe, not a file\n";
    assert_eq!(outcome.stderr(), expected);
    project.nuages(["check"]).output().code(1);

    let hooked = Project::empty();
    let made = hooked.program("git".as_ref(), ["init", "--quiet", "."]);
    made.output().code(0);
    let hooked = with_pipe(hooked, ".git/hooks/pre-commit");
    let outcome = hooked.nuages(["hook", "install"]).output();
    assert!(
        outcome.stderr().contains("it is a pipe, not a file"),
        "{}",
        outcome.stderr()
    );
    assert_ne!(outcome.status.code(), Some(0));

    let django = with_pipe(
        with_pipe(Project::empty().file("manage.py", ""), "settings.py"),
        ".gitignore",
    );
    django.nuages(["init"]).output().code(2);
}
