//! The `file` provider against a real file system: links, pipes, directories, sizes.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test compares values"
)]

use std::{fs, os::unix::fs::symlink, path::Path, process::Command, time::Duration};

use nuages_provider::{Environment, Error, ErrorKind, Reference, Secret, Settings};
use nuages_provider_local::file::DESCRIPTOR;

async fn read(settings: Settings, base: &Path, reference: Reference) -> Result<Secret, Error> {
    let locator = (DESCRIPTOR.parse)(&reference)?;
    let provider = (DESCRIPTOR.open)(settings, Environment::new([], base)).await?;
    provider.fetch(&[locator]).await.remove(0)
}

/// Reads `name` below the directory `secrets` of `base`.
async fn below(base: &Path, name: &str) -> Result<Secret, Error> {
    let reference = Reference::new("secrets", name).through_instance();
    read(
        Settings::new().with_text("path", "secrets"),
        base,
        reference,
    )
    .await
}

fn secrets() -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let secrets = directory.path().join("secrets");
    fs::create_dir(&secrets).unwrap();
    (directory, secrets)
}

#[tokio::test]
async fn a_kubernetes_volume_is_read_through_its_links() {
    let (base, secrets) = secrets();
    fs::create_dir(secrets.join("..2026_01_02")).unwrap();
    fs::write(secrets.join("..2026_01_02/db-password"), "correct horse").unwrap();
    symlink("..2026_01_02", secrets.join("..data")).unwrap();
    symlink("..data/db-password", secrets.join("db-password")).unwrap();
    let secret = below(base.path(), "db-password").await.unwrap();
    assert_eq!(secret.value.expose(), b"correct horse");
}

#[tokio::test]
async fn a_kubernetes_volume_may_be_updated_while_it_is_read() {
    let (base, secrets) = secrets();
    let version = |number: u32| format!("..{number}");
    let volume = secrets.clone();
    let put = move |number: u32| {
        fs::create_dir(volume.join(version(number))).unwrap();
        fs::write(volume.join(version(number)).join("key"), "correct horse").unwrap();
        symlink(version(number), volume.join("..next")).unwrap();
        fs::rename(volume.join("..next"), volume.join("..data")).unwrap();
    };
    put(0);
    symlink("..data/key", secrets.join("key")).unwrap();
    let updates = std::thread::spawn(move || {
        for number in 1..60 {
            std::thread::sleep(Duration::from_millis(5));
            put(number);
            fs::remove_dir_all(secrets.join(version(number - 1))).unwrap();
        }
    });
    while !updates.is_finished() {
        let secret = below(base.path(), "key").await.unwrap();
        assert_eq!(secret.value.expose(), b"correct horse");
    }
    updates.join().unwrap();
}

#[tokio::test]
async fn a_link_out_of_the_directory_is_refused() {
    let (base, secrets) = secrets();
    fs::write(base.path().join("elsewhere"), "correct horse").unwrap();
    symlink("../elsewhere", secrets.join("key")).unwrap();
    symlink("..", secrets.join("up")).unwrap();
    for name in ["key", "up/elsewhere"] {
        let error = below(base.path(), name).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{name}");
    }
    // The directory itself may be a link.
    fs::write(secrets.join("own"), "battery staple").unwrap();
    symlink("secrets", base.path().join("alias")).unwrap();
    let reference = Reference::new("secrets", "own").through_instance();
    let secret = read(
        Settings::new().with_text("path", "alias"),
        base.path(),
        reference,
    )
    .await
    .unwrap();
    assert_eq!(secret.value.expose(), b"battery staple");
}

#[tokio::test]
async fn what_is_no_readable_file_says_what_it_is() {
    let (base, secrets) = secrets();
    fs::create_dir(secrets.join("directory")).unwrap();
    fs::File::create(secrets.join("huge"))
        .unwrap()
        .set_len((16 << 20) + 1)
        .unwrap();
    symlink("loop", secrets.join("loop")).unwrap();
    symlink("gone", secrets.join("dangling")).unwrap();
    fs::write(secrets.join("file"), "x").unwrap();
    for (name, kind) in [
        ("directory", ErrorKind::Malformed),
        ("huge", ErrorKind::Malformed),
        ("loop", ErrorKind::Unavailable),
        ("dangling", ErrorKind::NotFound),
        ("file/below", ErrorKind::NotFound),
        (&*"x".repeat(300), ErrorKind::Unavailable),
    ] {
        let error = below(base.path(), name).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
    }
    let zero = read(
        Settings::new(),
        base.path(),
        Reference::new("file", "/dev/zero"),
    )
    .await
    .unwrap_err();
    assert_eq!(zero.kind(), ErrorKind::Malformed);
}

#[tokio::test]
async fn a_file_of_the_largest_size_is_read() {
    let (base, secrets) = secrets();
    fs::File::create(secrets.join("large"))
        .unwrap()
        .set_len(16 << 20)
        .unwrap();
    assert_eq!(
        below(base.path(), "large").await.unwrap().value.len(),
        16 << 20
    );
}

#[tokio::test]
async fn a_file_without_permission_is_denied() {
    use std::os::unix::fs::PermissionsExt;

    let (base, secrets) = secrets();
    fs::write(secrets.join("closed"), "correct horse").unwrap();
    fs::set_permissions(secrets.join("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(secrets.join("closed")).is_ok() {
        // The superuser reads everything.
        return;
    }
    let error = below(base.path(), "closed").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn a_pipe_is_read_and_does_not_outlast_a_deadline() {
    let (base, secrets) = secrets();
    let pipe = secrets.join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let writer = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::write(pipe, "correct horse\n").unwrap())
    };
    assert_eq!(
        below(base.path(), "pipe").await.unwrap().value.expose(),
        b"correct horse"
    );
    writer.join().unwrap();

    // Nobody writes: the runtime goes on, and the caller's deadline holds.
    let waiting = tokio::time::timeout(Duration::from_millis(50), below(base.path(), "pipe")).await;
    assert!(waiting.is_err(), "there was nothing to read");
    // Lets the reader end, as the test's runtime waits for it.
    drop(fs::OpenOptions::new().write(true).open(&pipe).unwrap());
}

#[tokio::test]
async fn only_one_line_break_is_trimmed() {
    let (base, secrets) = secrets();
    for (text, value) in [
        ("a\n\n", "a\n"),
        ("a\r\n", "a"),
        ("a\r", "a\r"),
        ("\n", ""),
        ("", ""),
        ("a ", "a "),
        ("\r\n\r\n", "\r\n"),
    ] {
        fs::write(secrets.join("key"), text).unwrap();
        assert_eq!(
            below(base.path(), "key").await.unwrap().value.expose(),
            value.as_bytes(),
            "{text:?}"
        );
        let keep = Reference::new("file", "secrets/key").with_option("keep_newline", "true");
        let kept = read(Settings::new(), base.path(), keep).await.unwrap();
        assert_eq!(kept.value.expose(), text.as_bytes(), "{text:?}");
    }
}

#[tokio::test]
async fn a_miss_hints_at_the_file_that_is_there() {
    let (base, secrets) = secrets();
    for (there, asked) in [
        ("DB_PASSWORD", "db-password"),
        ("api_key.txt", "api-key"),
        ("django-key", "DJANGO_KEY"),
    ] {
        fs::write(secrets.join(there), "x").unwrap();
        let error = below(base.path(), asked).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(
            error.hint(),
            Some(&*format!("`{there}` is there")),
            "{asked}"
        );
    }
    assert_eq!(
        below(base.path(), "nothing").await.unwrap_err().hint(),
        None
    );
}

#[tokio::test]
async fn an_instance_needs_a_directory() {
    let (base, secrets) = secrets();
    fs::write(secrets.join("key"), "x").unwrap();
    let reference = || Reference::new("secrets", "key").through_instance();
    for path in ["", "secrets/key"] {
        let error = read(
            Settings::new().with_text("path", path),
            base.path(),
            reference(),
        )
        .await
        .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidSettings, "{path:?}");
    }
    // One that is not mounted has no secrets, so that defaults apply.
    let error = read(
        Settings::new().with_text("path", "gone"),
        base.path(),
        reference(),
    )
    .await
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().starts_with("the directory `"), "{error}");
    let provider = (DESCRIPTOR.open)(
        Settings::new().with_text("path", "gone"),
        Environment::new([], base.path()),
    );
    assert_eq!(
        provider.await.unwrap().check().await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}
