//! Settings that cannot be evaluated, or do more than say what they are.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use super::{SOUND, Site, secret};
use crate::support::process::processes_of;
use crate::support::python::{Django, venv_for};

#[test]
fn what_settings_print_is_nobodys() {
    let settings = format!(
        "{SOUND}\nimport subprocess, sys\nprint('{}')\nprint('{{\"values\": {{}}}}', flush=True)\nsys.stderr.write('{}')\nsubprocess.run(['echo', '{}'])\n",
        secret(3),
        secret(4),
        secret(5)
    );
    for site in Site::of_all(&settings) {
        let outcome = site.check(&["--fail-on", "warning"]).code(0);
        assert_eq!(outcome.stdout(), "");
    }
}

#[test]
fn settings_that_take_too_long_are_ended() {
    let settings = format!(
        "{SOUND}\nimport subprocess, time\nsubprocess.Popen(['sleep', '300'])\ntime.sleep(300)\n"
    );
    for site in Site::of_all(&settings) {
        let begin = Instant::now();
        let outcome = site.check(&["--deadline", "3"]).code(5);
        assert!(
            begin.elapsed() < Duration::from_secs(30),
            "{:?}",
            begin.elapsed()
        );
        let left = processes_of(site.project.root());
        assert!(left.is_empty(), "{left:?}");
        assert!(
            outcome
                .stderr()
                .contains("has not come to an end before the deadline"),
            "{}",
            outcome.stderr()
        );
    }
}

#[test]
fn an_exception_is_told_without_its_message() {
    for (line, code, told) in [
        (
            format!("raise ValueError('{}')", secret(3)),
            4,
            "cause: `ValueError`, at shop/settings.py:2",
        ),
        (
            "KEY = os.environ['MISSING_KEY']".to_owned(),
            4,
            "cause: `KeyError`: `MISSING_KEY`, at shop/settings.py:2",
        ),
        (
            format!("X = {{}}['{}']", secret(3)),
            4,
            "cause: `KeyError`, at shop/settings.py:2",
        ),
        (
            "import shop_of_nobody".to_owned(),
            4,
            "cause: `ModuleNotFoundError`: there is no module `shop_of_nobody`, at shop/settings.py:2",
        ),
        (
            "x = = 1".to_owned(),
            4,
            "cause: `SyntaxError`, at shop/settings.py:2",
        ),
        (
            format!("raise SystemExit('{}')", secret(3)),
            4,
            "cause: `SystemExit`, at shop/settings.py:2",
        ),
        ("os._exit(7)".to_owned(), 4, "has ended with exit code 7"),
        (
            "import environ; environ.Env()('MISSING_URL')".to_owned(),
            4,
            "cause: `ImproperlyConfigured`: `MISSING_URL`, at shop/settings.py:2",
        ),
        (
            format!(
                "import environ; os.environ['A'] = '${}'; environ.Env()('A')",
                secret(3)
            ),
            4,
            "cause: `ImproperlyConfigured`, at shop/settings.py:2",
        ),
        (
            "import decouple; decouple.config('MISSING_URL')".to_owned(),
            4,
            "cause: `UndefinedValueError`: `MISSING_URL`, at shop/settings.py:2",
        ),
    ] {
        let settings = format!("import os\n{line}\nEMAIL_HOST_PASSWORD = '{}'\n", secret(6));
        for site in Site::of_all(&settings) {
            let outcome = site.check(&[]).code(code);
            assert!(
                outcome.stderr().contains(told),
                "{line}: {}",
                outcome.stderr()
            );
            let begin = "error: cannot evaluate the settings `shop.settings`";
            assert!(outcome.stderr().contains(begin), "{}", outcome.stderr());
            // What can be read is read.
            assert!(
                outcome.stdout().contains("error[GN001]"),
                "{line}: {}",
                outcome.stdout()
            );
        }
    }
}

#[test]
fn where_an_application_is_missing_settings_are_looked_at() {
    let settings = SOUND
        .replace("INSTALLED_APPS = [", "INSTALLED_APPS = ['nobodys_app', ")
        .replace("SECURE_SSL_REDIRECT = True", "SECURE_SSL_REDIRECT = False");
    for site in Site::of_all(&settings) {
        let outcome = site.check(&[]).code(4);
        assert!(
            outcome.stdout().contains("warning[DJ008]"),
            "{}",
            outcome.stdout()
        );
        let told = "error: cannot run Django's own checks on `shop.settings`";
        assert!(outcome.stderr().contains(told), "{}", outcome.stderr());
        assert!(
            outcome
                .stderr()
                .contains("there is no module `nobodys_app`"),
            "{}",
            outcome.stderr()
        );
    }
}

#[test]
fn no_python_and_no_django() {
    let site = Site::new(Django::chosen()[0], SOUND);
    let outcome = site
        .run(&["check", "--settings", "--python", "/nowhere/python"])
        .output()
        .code(2);
    assert!(
        outcome
            .stderr()
            .contains("there is no interpreter `/nowhere/python`"),
        "{}",
        outcome.stderr()
    );
    let outcome = site
        .run(&["check", "--settings"])
        .env("PATH", "/nowhere")
        .output()
        .code(4);
    assert!(
        outcome.stderr().contains("there is no Python here"),
        "{}",
        outcome.stderr()
    );
    // An interpreter of its own, without libraries.
    let bare = site.project.path("bare");
    std::fs::write(
        &bare,
        format!(
            "#!/bin/sh\nexec {} -I -S \"$@\"\n",
            venv_for(site.django).display()
        ),
    )
    .unwrap();
    std::fs::set_permissions(&bare, std::fs::Permissions::from_mode(0o755)).unwrap();
    let outcome = site
        .run(&["check", "--settings", "--python", "./bare"])
        .output()
        .code(4);
    assert!(
        outcome.stderr().contains("has no Django"),
        "{}",
        outcome.stderr()
    );
}
