//! Settings that ask the package, read by what reads settings: gunicorn with and without `--preload`, uvicorn and a Celery
//! worker, each under `nuages exec` and each started without it.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::pack::{self, tools};
use crate::package::site;
use crate::support::http;
use crate::support::process::Running;
use crate::support::project::Project;

/// How long a server may take to come up on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

const GUNICORN: &[&str] = &[
    "-m",
    "gunicorn",
    "--bind",
    "127.0.0.1:0",
    "--workers",
    "2",
    "desk.wsgi",
];
const PRELOAD: &[&str] = &[
    "-m",
    "gunicorn",
    "--preload",
    "--bind",
    "127.0.0.1:0",
    "--workers",
    "2",
    "desk.wsgi",
];
const UVICORN: &[&str] = &["-m", "uvicorn", "--port", "0", "desk.asgi:application"];

/// Starts it with and without `nuages exec` before it.
fn both_ways(site: &Project, arguments: &[&str]) -> [Running; 2] {
    [
        pack::exec(site, &[], tools(), arguments).start(),
        pack::run(site, tools(), arguments).start(),
    ]
}

/// How often nuages has read the secret key.
fn readings(site: &Project) -> usize {
    let log = fs::read_to_string(site.path("audit.jsonl")).unwrap_or_default();
    let records = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_key = records.filter(|record| record["keys"] == json!(["env.SECRET_KEY"]));
    of_key.count()
}

/// `… http://127.0.0.1:33127 (4711)`, and as uvicorn says it.
fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("http://")?;
    let end = rest.find(' ')?;
    let is_address = line.contains("Listening at") || line.contains("running on");
    is_address.then(|| rest[..end].to_owned())
}

#[track_caller]
fn answers(server: &mut Running) -> Value {
    let address = server.wait_for(PATIENCE, address);
    let (status, body) = http::get(&address, "/");
    assert_eq!(status, 200, "{body}\n{}", server.said());
    let page: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&page["answer"], &page["name"]),
        (&json!(42), &json!("desk.sqlite3"))
    );
    page
}

#[test]
fn servers_answer() {
    for (arguments, name) in [(GUNICORN, "gunicorn"), (UVICORN, "uvicorn")] {
        let site = site();
        for mut server in both_ways(&site, arguments) {
            let page = answers(&mut server);
            let own = u64::from(server.id());
            let is_child = page["parent"] == json!(own);
            assert_eq!(
                is_child,
                name == "gunicorn",
                "{name}: no other process is between"
            );
        }
    }
}

#[test]
fn a_preloading_server_asks_once_for_all_its_workers() {
    let site = site();
    let mut server = pack::run(&site, tools(), PRELOAD).start();
    let page = answers(&mut server);
    assert_eq!(page["parent"], json!(u64::from(server.id())));
    assert_eq!(readings(&site), 1);
    drop(server);
    let mut server = pack::exec(&site, &[], tools(), PRELOAD).start();
    answers(&mut server);
    assert_eq!(readings(&site), 2, "and under exec nobody asks again");
}

#[test]
fn a_celery_worker_works() {
    let site = site();
    for worker in both_ways(&site, &["-m", "desk.worker"]) {
        let (status, said) = worker.finish(PATIENCE);
        assert!(status.success(), "{said}");
        assert!(said.contains("42 False"), "{said}");
    }
}
