//! `examples/image`: its Dockerfiles are built and their image runs as it is deployed, with a read-only root, without any right
//! and without root; it says why where a secret is missing, ends when it is told to, and leaves no zombie.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::containers::{self, Container, Started, podman};
use crate::support::project::Project;
use crate::support::{checkout, must_run};
use crate::{lint, shop_image};

const HERE: &str = "examples/image";
const PASSWORD: &str = "p$ss \"w'rd\" of the shop";
const SECRET_KEY: &str = "0123456789012345678901234567890123456789012345678901";

#[test]
fn the_dockerfiles_hold_to_the_rules() {
    for name in ["Dockerfile", "app.Dockerfile"] {
        lint::dockerfile(&checkout().join(HERE).join(name));
    }
}

/// The options of the README, with a directory of secrets.
fn shop(secrets: &Project) -> Container {
    let readable =
        |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    readable(secrets.root());
    for entry in fs::read_dir(secrets.root()).unwrap() {
        readable(&entry.unwrap().path());
    }
    let volume = format!("{}:/run/secrets:ro", secrets.root().display());
    Container::of(shop_image::shop())
        .options([
            "--read-only",
            "--tmpfs=/tmp",
            "--cap-drop=ALL",
            "--security-opt=no-new-privileges",
            "--network=none",
            "--volume",
            &volume,
        ])
        .env("DB_HOST", "db.internal")
}

#[test]
fn the_image_runs_as_it_is_deployed() {
    if !containers::chosen() {
        return;
    }
    let secrets = Project::empty()
        .file("db_password", PASSWORD)
        .file("django-secret-key", SECRET_KEY);
    the_image_holds_no_secret();
    nothing_starts_without_its_secrets();
    let shop = shop(&secrets);
    it_serves_and_ends(&shop.start());
    // Exit codes are the command's, and one that does not hear TERM is killed in time.
    assert_eq!(
        shop.clone().command(["sh", "-c", "exit 42"]).ends().0,
        Some(42)
    );
    let mut deaf = shop.command([
        "sh",
        "-c",
        "trap '' TERM; echo deaf; while :; do sleep 1; done",
    ]);
    deaf.entrypoint = Some(
        ["nuages", "exec", "--supervise", "--kill-after", "1", "--"]
            .map(str::to_owned)
            .into(),
    );
    let deaf = deaf.start();
    deaf.says("deaf");
    assert_eq!(deaf.stop("60"), 137);
}

fn the_image_holds_no_secret() {
    let image = must_run(&mut podman(["inspect", shop_image::shop()]));
    let image: Value = serde_json::from_str(&image).unwrap();
    let config = &image[0]["Config"];
    assert_eq!(config["User"], "10001:10001");
    let health = &image[0]["Healthcheck"]["Test"];
    assert_eq!(
        *health,
        serde_json::json!(["CMD", "nuages", "status", "--quiet"])
    );
    let names: Vec<&str> = config["Env"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap().split('=').next().unwrap())
        .collect();
    // Those of pip are of the stand-in.
    let names: Vec<&str> = names
        .into_iter()
        .filter(|name| !name.starts_with("PIP_"))
        .collect();
    assert_eq!(
        names,
        ["PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"]
    );
    let files = Container::of(shop_image::shop()).options(["--network=none", "--entrypoint=sh"]);
    let (code, files) = files
        .command(["-c", "ls -AR /app; touch /app/mine || id -u"])
        .ends();
    assert_eq!(code, Some(0));
    assert!(
        files.contains("staticfiles.json") && files.contains("nuages.toml"),
        "{files}"
    );
    assert!(
        !files.contains(".env") && !files.contains("Dockerfile") && !files.contains("__pycache__"),
        "{files}"
    );
    assert!(
        files.ends_with("Permission denied\n") || files.contains("10001\n"),
        "its own user writes nothing there: {files}"
    );
}

fn nothing_starts_without_its_secrets() {
    let secrets = Project::empty().file("db-password", PASSWORD);
    let (code, said) = shop(&secrets).ends();
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("env.SECRET_KEY") && !said.contains("gunicorn"),
        "{said}"
    );
}

fn it_serves_and_ends(shop: &Started) {
    shop.says("Booting worker");
    assert_eq!(
        shop.page("/static/shop/shop.css"),
        "body { font-family: serif; }\n"
    );
    assert_eq!(
        shop.runs(["nuages", "status", "--quiet"]),
        (Some(0), String::new()),
        "the health check"
    );

    // The first process is nuages, all are the same user without any right, and none has a secret among its arguments.
    let processes = shop.python(
        "import pathlib\n\
         for it in pathlib.Path('/proc').glob('[0-9]*'):\n\
         \x20 s = dict(line.split(':', 1) for line in (it / 'status').read_text().splitlines())\n\
         \x20 print(it.name, s['Uid'].split()[1], int(s['CapEff'], 16) + int(s['CapBnd'], 16), s['NoNewPrivs'].strip(), s['State'].split()[0], (it / 'cmdline').read_text().replace('\\0', ' ').replace('\\n', ' '))",
    );
    assert!(
        processes.lines().count() >= 5,
        "nuages, gunicorn, two workers, and who looks: {processes}"
    );
    for line in processes.lines() {
        let fields: Vec<&str> = line.splitn(6, ' ').collect();
        assert_eq!(fields[1..4], ["10001", "0", "1"], "{line}");
        assert!(
            fields[4] != "Z" && !line.contains(PASSWORD) && !line.contains(SECRET_KEY),
            "{line}"
        );
        assert_eq!(
            fields[0] == "1",
            fields[5].starts_with("nuages exec --supervise"),
            "{line}"
        );
    }
    let (code, _) = shop.runs([
        "sh",
        "-c",
        "touch /app/mine || touch /etc/mine || touch /mine",
    ]);
    assert_ne!(code, Some(0), "the root is read-only");

    // What others leave behind is waited for.
    assert_eq!(
        shop.runs(["sh", "-c", "for i in 1 2 3; do (sleep 0.1 &); done"])
            .0,
        Some(0)
    );
    let states = "import pathlib, time; time.sleep(0.5); print(*[it.read_text().rsplit(')')[-1].split()[0] for it in pathlib.Path('/proc').glob('[0-9]*/stat')])";
    let states = shop.python(states);
    assert!(states.contains('S') && !states.contains('Z'), "{states}");

    let first = shop.first_process();
    let start = Instant::now();
    assert_eq!(shop.stop("60"), 0);
    assert!(
        start.elapsed() < Duration::from_secs(50) && !first.exists(),
        "it ends when it is told to, not when it is killed"
    );
    let log = shop.log();
    assert!(
        log.contains("Shutting down: Master")
            && !log.contains(PASSWORD)
            && !log.contains(SECRET_KEY),
        "{log}"
    );
}
