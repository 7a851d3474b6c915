//! The supervisor as the library has it, driven by hand: programs of our own keep their ends while orphans are waited for,
//! and a command can be started again. In a program of its own, since the whole process is what reaps.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a broken part is to fail the test at once, and tests do read `PATH`"
)]

use std::{
    ffi::OsString,
    io::Write as _,
    os::fd::AsFd as _,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use nuages::exec::supervise::{Event, Launch, Supervisor};
use rustix::process::Signal;

fn start(supervisor: &mut Supervisor, script: &str) {
    let arguments = [OsString::from("-c"), OsString::from(script)];
    let path = std::env::var_os("PATH").unwrap_or_default();
    supervisor
        .start(Launch {
            program: &OsString::from("sh"),
            arguments: &arguments,
            environment: vec![("PATH".into(), path), ("WORD".into(), "seven".into())],
            secrets: None,
        })
        .expect("a shell");
}

#[test]
fn one_supervisor_drives_commands_and_guests() {
    let mut supervisor = Supervisor::new(Some(Duration::from_millis(300))).expect("signals");
    guests_keep_their_ends(&mut supervisor);

    // A time, a descriptor, an end: whichever comes first.
    start(&mut supervisor, "test $WORD = seven && sleep 60");
    let soon = Instant::now() + Duration::from_millis(50);
    assert_eq!(supervisor.wait(Some(soon), None).unwrap(), Event::Due);
    assert!(Instant::now() >= soon);
    let (read, mut write) = std::io::pipe().unwrap();
    write.write_all(b"x").unwrap();
    assert_eq!(
        supervisor.wait(None, Some(read.as_fd())).unwrap(),
        Event::Readable
    );
    supervisor.send(Signal::TERM);
    assert!(supervisor.is_ending());
    assert_eq!(supervisor.wait(None, None).unwrap(), Event::Ended(143));

    // Started again, it has its full time again; and one that does not end is killed at the end of it.
    start(&mut supervisor, "trap '' TERM; while :; do sleep 1; done");
    assert!(!supervisor.is_ending());
    let soon = Instant::now() + Duration::from_millis(200);
    assert_eq!(supervisor.wait(Some(soon), None).unwrap(), Event::Due);
    supervisor.send(Signal::TERM);
    assert_eq!(supervisor.wait(None, None).unwrap(), Event::Ended(137));
    assert!(supervisor.finish().is_none());
}

/// While a command makes orphans, another thread runs programs: each of their ends is told to whoever waits for it.
fn guests_keep_their_ends(supervisor: &mut Supervisor) {
    start(
        supervisor,
        "i=0; while [ $i -lt 500 ]; do (: &); i=$((i+1)); done; sleep 60",
    );
    let guests = supervisor.guests();
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for code in 0..200 {
                let _guest = guests.enter();
                let status = Command::new("sh")
                    .args(["-c", &format!("exit {code}")])
                    .status()
                    .expect("an end that nobody has taken");
                assert_eq!(status.code(), Some(code));
            }
            is_done.store(true, Ordering::SeqCst);
        });
        let limit = Instant::now() + Duration::from_mins(1);
        while !is_done.load(Ordering::SeqCst) && Instant::now() < limit {
            let soon = Instant::now() + Duration::from_millis(20);
            assert_eq!(supervisor.wait(Some(soon), None).unwrap(), Event::Due);
        }
    });
    assert!(is_done.load(Ordering::SeqCst));
    // The orphans that had to wait have been waited for.
    let soon = Instant::now() + Duration::from_millis(200);
    assert_eq!(supervisor.wait(Some(soon), None).unwrap(), Event::Due);
    assert_eq!(zombies(), 0);
    supervisor.send(Signal::KILL);
    assert_eq!(supervisor.wait(None, None).unwrap(), Event::Ended(137));
    supervisor.sweep();
}

/// Our own children that have ended.
fn zombies() -> usize {
    let own = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").unwrap();
    let stats = processes
        .flatten()
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    stats
        .filter(|stat| {
            let mut fields = stat.rsplit(')').next().unwrap_or("").split_whitespace();
            fields.next() == Some("Z") && fields.next() == Some(own.as_str())
        })
        .count()
}
