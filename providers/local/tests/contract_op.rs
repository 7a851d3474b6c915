//! `op` with a program that stands in for 1Password's: its arguments are those of the documentation, its words those of
//! its error output.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests compare values, and a failed unwrap is a failed test"
)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use nuages_provider::{
    Environment, Error, ErrorKind, Provider, Reference, Settings,
    contract::{self, Fixture},
};
use nuages_provider_local::op::DESCRIPTOR;
use tempfile::TempDir;

const OP: &str = r#"#!/bin/sh
fail() { echo "[ERROR] 2026/01/01 12:00:00 $1" >&2; exit 1; }
echo run >> runs
if [ "$1" = "--account" ]; then [ "$2" = "team.1password.com" ] || exit 9; shift 2; fi
if [ "$1 $2 $3" = "whoami --format json" ]; then
    printf '%s' '{"url":"https://team.1password.com","user_uuid":"X","account_uuid":"Y","user_type":"SERVICE_ACCOUNT"}'
    exit 0
fi
[ "$1 $2 $3" = "read --no-newline --" ] || exit 9
ref=$4
case "$ref" in
    "op://shop/db/password") printf '%s' 'hunter2 of the shop' ;;
    "op://shop/mail server/login/password") printf '%s\n' 'hunter2 with a line end' ;;
    "op://shop/db/code?attribute=otp") printf '%s' 'hunter2 123456' ;;
    "op://shop/key/private?ssh-format=openssh") printf '%s' 'hunter2 key' ;;
    "op://shop/signed/out") fail "hunter2 You are not currently signed in. Please run \`op signin --help\` for instructions" ;;
    "op://shop/denied/x") fail "could not read secret '$ref': (403) Forbidden: hunter2" ;;
    "op://shop/busy/x") fail "could not read secret '$ref': (429) Too Many Requests: hunter2" ;;
    "op://shop/away/x") fail "could not read secret '$ref': dial tcp: lookup my.1password.com: no such host" ;;
    "op://shop/two/x") fail "could not read secret '$ref': More than one item matches \"two\"" ;;
    "op://shop/odd/x") fail "something else: hunter2" ;;
    "op://shop/network/x") fail "could not read secret '$ref': could not get item shop/network: \"network\" isn't an item in the \"forbidden\" vault" ;;
    "op://shop/daemon/x") (sleep 30 >/dev/null) & fail "\"x\" isn't a field in the \"daemon\" item" ;;
    "op://shop/loud/x") echo "[ERROR] (429) Too Many Requests" >&2; exec >&-; head -c 300000 /dev/zero >&2; exit 1 ;;
    *) fail "could not read secret '$ref': \"none\" isn't an item in the \"shop\" vault. Specify the item with its UUID, name, or domain." ;;
esac
"#;

struct Program {
    directory: TempDir,
}

/// Written once, before any test starts a program: a process that is being made holds what is open for writing, and
/// what is open for writing cannot be run.
static SCRIPT: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("op-of-tests");
    if fs::read(&path).is_ok_and(|there| there == OP.as_bytes()) {
        return path;
    }
    fs::write(&path, OP).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
});

impl Program {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        symlink(&*SCRIPT, directory.path().join("op")).unwrap();
        Self { directory }
    }

    fn environment(&self) -> Environment {
        let bin = self.directory.path().to_str().unwrap();
        let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
        Environment::new([("PATH".into(), path.into())], self.directory.path())
    }

    async fn open(&self, settings: Settings) -> Box<dyn Provider> {
        (DESCRIPTOR.open)(settings, self.environment())
            .await
            .unwrap()
    }

    async fn read(&self, settings: Settings, reference: &Reference) -> Result<Vec<u8>, Error> {
        let locator = (DESCRIPTOR.parse)(reference)?;
        let mut answers = self.open(settings).await.fetch(&[locator]).await;
        answers
            .remove(0)
            .map(|secret| secret.value.expose().to_vec())
    }
}

fn reference(path: &str) -> Reference {
    Reference::new("op", path)
}

#[tokio::test]
async fn keeps_the_contract() {
    let program = Program::new();
    contract::run(&Fixture {
        descriptor: &DESCRIPTOR,
        settings: Settings::new().with_text("account", "team.1password.com"),
        environment: program.environment(),
        present: [
            (reference("shop/db/password"), "hunter2 of the shop"),
            (
                reference("shop/mail server/login/password"),
                "hunter2 with a line end\n",
            ),
            (
                reference("shop/db/code").with_option("attribute", "otp"),
                "hunter2 123456",
            ),
            (
                reference("shop/key/private").with_option("ssh-format", "openssh"),
                "hunter2 key",
            ),
        ]
        .map(|(reference, value)| (reference, value.as_bytes().to_vec()))
        .to_vec(),
        missing: vec![
            reference("shop/none/password"),
            reference("none/db/a/password"),
        ],
        refused: vec![
            reference("db"),
            reference("shop/db"),
            reference("shop//db/x"),
            reference("a/b/c/d/e"),
            reference("shop/db/$(x)"),
            reference("shop/db/two\nlines"),
            reference("shop/db/x").with_option("atribute", "otp"),
            reference("shop/db/x").with_option("attribute", "otp&x=y"),
        ],
    })
    .await;
}

#[tokio::test]
async fn an_instance_may_leave_out_vault_and_field() {
    let program = Program::new();
    let settings = || Settings::new().with_text("vault", "shop");
    for name in ["db", "db/password", "shop/db/password"] {
        let reference = Reference::new("secrets", name).through_instance();
        let value = program.read(settings(), &reference).await.unwrap();
        assert_eq!(value, b"hunter2 of the shop", "{name}");
    }
    let reference = Reference::new("secrets", "db").through_instance();
    let error = program.read(Settings::new(), &reference).await.unwrap_err();
    assert_eq!(error.message(), "`db` does not say which vault");
}

#[tokio::test]
async fn failures_are_told_apart_without_its_words() {
    let program = Program::new();
    for (path, kind) in [
        ("shop/signed/out", ErrorKind::Unauthenticated),
        ("shop/denied/x", ErrorKind::PermissionDenied),
        ("shop/busy/x", ErrorKind::RateLimited),
        ("shop/away/x", ErrorKind::Unavailable),
        ("shop/two/x", ErrorKind::InvalidReference),
        ("shop/odd/x", ErrorKind::Unavailable),
        ("shop/network/x", ErrorKind::NotFound),
    ] {
        let error = program
            .read(Settings::new(), &reference(path))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{path}: {error}");
        assert!(
            !format!("{error} {error:?} {:?}", error.hint()).contains("hunter2"),
            "{path}"
        );
    }
}

/// It may leave a daemon behind that keeps the error output open.
#[tokio::test]
async fn a_daemon_left_behind_is_not_waited_for() {
    let program = Program::new();
    let begun = std::time::Instant::now();
    let error = program
        .read(Settings::new(), &reference("shop/daemon/x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn more_errors_than_a_pipe_holds_are_read_to_their_end() {
    let program = Program::new();
    let reference = reference("shop/loud/x");
    let read = program.read(Settings::new(), &reference);
    let error = tokio::time::timeout(std::time::Duration::from_secs(20), read)
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
}

#[tokio::test]
async fn who_we_are_is_asked_without_a_secret() {
    let program = Program::new();
    let identity = program.open(Settings::new()).await.check().await.unwrap();
    assert_eq!(
        format!("{identity:?}").matches("SERVICE_ACCOUNT").count(),
        1,
        "{identity:?}"
    );
    let runs = fs::read_to_string(program.directory.path().join("runs")).unwrap();
    assert_eq!(runs, "run\n");
}

#[tokio::test]
async fn without_the_program_it_says_what_to_install() {
    let empty = TempDir::new().unwrap();
    let environment = Environment::new(
        [("PATH".into(), empty.path().as_os_str().to_owned())],
        empty.path(),
    );
    let Err(error) = (DESCRIPTOR.open)(Settings::new(), environment).await else {
        panic!("there is no program");
    };
    assert_eq!(error.message(), "the program `op` is not in `PATH`");
    assert!(error.hint().unwrap().contains("1Password CLI"));
}
