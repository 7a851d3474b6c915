//! Settings: which programs are found, and which argument lists are refused.

use std::{ffi::OsString, fs, path::Path};

use nuages_provider::{Environment, Error, ErrorKind, Setting, Settings};
use nuages_provider_local::command::DESCRIPTOR;
use tempfile::TempDir;

use super::project::{Project, argv, environment};

async fn refused(settings: Settings, base: &Path) -> Error {
    (DESCRIPTOR.open)(settings, environment(base))
        .await
        .err()
        .expect("these settings cannot work")
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_once() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("plain"), "x").unwrap();
    let lines = |items: &[&str]| {
        Settings::new()
            .with("argv", argv(items))
            .with_text("protocol", "json-lines")
    };
    for (settings, message) in [
        (Settings::new(), "`argv` is missing"),
        (Settings::new().with("argv", argv(&[])), "`argv` is missing"),
        (
            Settings::new().with("argv", argv(&[""])),
            "the program, `argv[0]`, is empty",
        ),
        (
            Settings::new().with("argv", argv(&["no-such-program"])),
            "the program `no-such-program` is not in `PATH`",
        ),
        (
            Settings::new().with("argv", argv(&["./nothing"])),
            "the program `./nothing` does not exist",
        ),
        (
            Settings::new().with("argv", argv(&["./plain"])),
            "the program `./plain` is not executable",
        ),
        (
            Settings::new().with("argv", argv(&["/usr/bin"])),
            "the program `/usr/bin` is not a file",
        ),
        (
            Settings::new().with("argv", argv(&["{}"])),
            "the program itself, `argv[0]`, cannot depend on the name",
        ),
        (
            Settings::new().with("argv", argv(&["sh", "a\0b"])),
            "`argv` holds a NUL character",
        ),
        (
            Settings::new()
                .with("argv", argv(&["sh"]))
                .with("not_found_code", Setting::Integer(0)),
            "`not_found_code` is an exit status: 1 to 255",
        ),
        (
            lines(&["sh", "{}"]),
            "`{}` has no meaning with `protocol = \"json-lines\"`",
        ),
        (
            lines(&["sh"]).with("keep_newline", Setting::Flag(true)),
            "`keep_newline` has no meaning with `protocol = \"json-lines\"`",
        ),
    ] {
        let error = refused(settings, directory.path()).await;
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::InvalidSettings, message)
        );
    }
    for items in [
        &["sh", "-c", "vault {}"][..],
        &["/bin/bash", "--norc", "-ec", "x/{}"],
        &["env", "A=1", "sh", "-c", "{}"],
    ] {
        let error = refused(Settings::new().with("argv", argv(items)), directory.path()).await;
        assert_eq!(
            error.message(),
            "`{}` stands in a shell's script, which would run the name as code"
        );
    }
    let safe = Project::new("").with("argv", argv(&["sh", "-c", "printf %s \"$1\"", "sh", "{}"]));
    assert_eq!(safe.value("$(id)").await, b"$(id)");
}

#[tokio::test]
async fn a_program_with_a_slash_starts_at_the_manifests_directory() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new("").with("argv", argv(&["./bin/tool"]));
    fs::create_dir(project.directory.path().join("bin")).unwrap();
    // A link to a program: a file written here could still be open in a process that another test forks.
    std::os::unix::fs::symlink("/bin/echo", project.directory.path().join("bin/tool")).unwrap();
    assert!(fs::metadata("/bin/echo").unwrap().permissions().mode() & 0o111 != 0);
    assert_eq!(project.value("hunter2").await, b"hunter2");
    assert!(
        project
            .open()
            .await
            .check()
            .await
            .unwrap()
            .who
            .ends_with("/bin/tool")
    );
}

#[tokio::test]
async fn a_relative_directory_in_path_is_passed_over() {
    let directory = TempDir::new().unwrap();
    let settings = Settings::new().with("argv", argv(&["sh", "{}"]));
    // Enough to reach the root from anywhere: with it `sh` would be found.
    let relative = format!("{}bin", "../".repeat(50));
    assert!(Path::new(&relative).join("sh").exists());
    let variables = |path: &str| [(OsString::from("PATH"), OsString::from(path))];
    let lost = Environment::new(variables(&relative), directory.path());
    let error = (DESCRIPTOR.open)(settings.clone(), lost)
        .await
        .err()
        .expect("`sh` is not found");
    assert_eq!(error.message(), "the program `sh` is not in `PATH`");
    let found = Environment::new(variables(&format!("{relative}:/bin")), directory.path());
    let provider = (DESCRIPTOR.open)(settings, found)
        .await
        .expect("`sh` is found");
    assert_eq!(provider.check().await.unwrap().who, "/bin/sh");
}
