//! gunicorn under `nuages exec --supervise`: every signal that it knows does what it does without a parent, and its workers
//! end with it.

use rustix::process::Signal;

use crate::shop::{GUNICORN, PATIENCE, SECRET_KEY, Shop, Site};
use crate::support::process::{processes_of, send};
use crate::support::python::Django;

/// What gunicorn's documentation has it do at each signal, by what it logs.
const SIGNALS: [(Signal, &str); 5] = [
    (Signal::TTIN, "Handling signal: ttin"),
    (Signal::TTOU, "Handling signal: ttou"),
    (Signal::HUP, "Hang up: Master"),
    (Signal::USR1, "Handling signal: usr1"),
    (Signal::WINCH, "Handling signal: winch"),
];

#[test]
fn gunicorn_hears_its_signals() {
    let shop = Shop::without_server(Django::chosen()[0]);
    let arguments = [&["exec", "--supervise", "--"], GUNICORN].concat();
    let ends = [
        (Signal::TERM, "Handling signal: term"),
        (Signal::INT, "Handling signal: int"),
        (Signal::QUIT, "Handling signal: quit"),
    ];
    for (ending, word) in ends {
        let mut server = Site::start(shop.nuages(&arguments)).server;
        server.wait_for(PATIENCE, |line| {
            line.contains("Booting worker").then_some(())
        });
        for (signal, word) in SIGNALS {
            server.send(signal);
            server.wait_for(PATIENCE, |line| line.contains(word).then_some(()));
            if signal == Signal::TTIN || signal == Signal::HUP {
                server.wait_for(PATIENCE, |line| {
                    line.contains("Booting worker").then_some(())
                });
            }
        }
        server.send(ending);
        server.wait_for(PATIENCE, |line| line.contains(word).then_some(()));
        let (status, said) = server.finish(PATIENCE);
        assert_eq!(status.code(), Some(0), "{said}");
        assert!(!said.contains(SECRET_KEY));
        let left = processes_of(shop.project.root());
        assert!(left.is_empty(), "{left:?}");
    }
}

/// USR2 starts a second gunicorn beside the first. It is a process like any other that outlives the command: left alone.
#[test]
fn a_gunicorn_that_replaces_itself() {
    let shop = Shop::without_server(Django::chosen()[0]);
    let arguments = [&["exec", "--supervise", "--"], GUNICORN].concat();
    let site = Site::start(shop.nuages(&arguments));
    let (mut server, first) = (site.server, site.gunicorn);
    assert_ne!(server.id(), first, "nuages is its parent");
    server.wait_for(PATIENCE, |line| {
        line.contains("Booting worker").then_some(())
    });
    server.send(Signal::USR2);
    let second: u32 = server.wait_for(PATIENCE, |line| {
        let (_, rest) = line.split_once("Listening at: http://")?;
        rest.split_once(" (")?.1.split_once(')')?.0.parse().ok()
    });
    assert_ne!(first, second);
    server.send(Signal::TERM);
    let (status, said) = server.finish(PATIENCE);
    assert_eq!(status.code(), Some(0), "{said}");
    let proc = format!("/proc/{second}");
    assert!(std::path::Path::new(&proc).exists(), "{said}");
    send(second, Signal::TERM);
}
