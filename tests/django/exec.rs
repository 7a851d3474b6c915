//! `nuages exec` is transparent: the process becomes the command, and what the command does next is its own.

use std::fs;

use rustix::process::Signal;

use crate::shop::{GUNICORN, PATIENCE, SECRET_KEY, Shop, Site};
use crate::support::http;
use crate::support::postgres::{APP, Postgres};
use crate::support::project::Run;
use crate::support::python::Django;

/// The arguments a process was started with.
fn command_line(id: u32) -> Vec<String> {
    let bytes = fs::read(format!("/proc/{id}/cmdline")).expect("a process that runs");
    let text = String::from_utf8(bytes).expect("arguments in UTF-8");
    text.trim_end_matches('\0')
        .split('\0')
        .map(str::to_owned)
        .collect()
}

/// gunicorn as it is without `nuages`: what a wrapped one is compared with.
fn bare(shop: &Shop, arguments: &[&str]) -> Run {
    shop.program("gunicorn", arguments)
        .env("DATABASES", r#"{"default": {}}"#)
        .env("SECRET_KEY", SECRET_KEY)
}

#[test]
fn the_process_becomes_gunicorn_and_ends_as_gunicorn_does() {
    for django in Django::chosen() {
        let server = Postgres::start();
        let shop = Shop::new(django, &server);
        let site = Site::start(shop.nuages(&[&["exec", "--"], GUNICORN].concat()));

        assert_eq!(site.gunicorn, site.server.id(), "no parent is left between");
        let arguments = command_line(site.server.id());
        assert!(
            arguments.ends_with(
                &GUNICORN[1..]
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
            ),
            "{arguments:?}"
        );
        assert!(
            !arguments
                .iter()
                .any(|argument| argument.contains(APP.password)),
            "no secret is an argument"
        );
        assert!(
            !arguments.iter().any(|argument| argument.contains("nuages")),
            "{arguments:?}"
        );

        for signal in [Signal::TERM, Signal::INT] {
            // A worker that is still starting may be taken for one that cannot: it answers first, whatever it says.
            let told = |site: Site| {
                http::get(&site.address, "/");
                site.server.send(signal);
                site.server
            };
            let wrapped = told(Site::start(
                shop.nuages(&[&["exec", "--"], GUNICORN].concat()),
            ));
            let unwrapped = told(Site::start(bare(&shop, &GUNICORN[1..])));
            let (status, said) = wrapped.finish(PATIENCE);
            assert_eq!(status, unwrapped.finish(PATIENCE).0, "{said}");
            assert!(
                said.contains("Shutting down"),
                "gunicorn heard the signal: {said}"
            );
        }
    }
}

#[test]
fn a_gunicorn_that_cannot_boot_keeps_its_own_exit_status() {
    let django = Django::chosen()[0];
    let shop = Shop::without_server(django);
    let arguments = ["--bind", "127.0.0.1:0", "--workers", "1", "shop.nothing"];
    let wrapped = shop
        .nuages(&[&["exec", "--", "gunicorn"], &arguments[..]].concat())
        .output();
    let unwrapped = bare(&shop, &arguments).output();
    assert_eq!(wrapped.status, unwrapped.status);
    assert_eq!(
        wrapped.status.code(),
        Some(3),
        "gunicorn's word for a worker that did not boot"
    );
}
