//! The state of what is kept, as JSON over a Unix socket that our own user alone can reach. No value is in it.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Write as _},
    os::{
        fd::AsRawFd as _,
        unix::net::{UnixListener, UnixStream},
    },
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};

use super::{
    Desk,
    desk::lock,
    ledger::Entry,
    parts::{Part, reached},
    place::{SOCKET, close_to_others},
};

/// Whoever asks and does not read is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Answers whoever connects, on a thread of its own.
pub(super) fn serve(desk: &Arc<Desk>) -> io::Result<()> {
    let Some(place) = &desk.place else {
        return Ok(());
    };
    // By a short path: an address holds little more than a hundred bytes.
    let directory = File::open(place.path())?;
    let path = format!("/proc/self/fd/{}/{SOCKET}", directory.as_raw_fd());
    let listener = match UnixListener::bind(&path) {
        Ok(listener) => listener,
        // Only Linux has that.
        Err(_) => UnixListener::bind(place.path().join(SOCKET))?,
    };
    close_to_others(&place.path().join(SOCKET))?;
    let desk = Arc::clone(desk);
    thread::Builder::new()
        .name("nuages-status".to_owned())
        .spawn(move || {
            for stream in listener.incoming() {
                match stream {
                    // Whoever has gone away needs no answer.
                    Ok(stream) => drop(answer(&desk, stream)),
                    Err(_) => thread::sleep(PATIENCE),
                }
            }
        })?;
    Ok(())
}

fn answer(desk: &Desk, mut stream: UnixStream) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut text = report(desk).to_string();
    text.push('\n');
    stream.write_all(text.as_bytes())
}

/// The whole state.
fn report(desk: &Desk) -> Value {
    let now = SystemTime::now();
    let running = lock(&desk.running).clone();
    let unwritten = lock(&desk.unwritten);
    let ledger = desk.ledger();
    let values: Vec<Value> = ledger
        .entries
        .iter()
        .map(|entry| {
            let parts = reached(&desk.plan, &[entry.slot]);
            let reason = parts.iter().find_map(|part| unwritten.reason(part));
            value(&parts, entry, reason, now)
        })
        .collect();
    let restart = ledger.restart();
    drop(ledger);
    let next = unwritten.next().map(|next| time(next.clock));
    let files: Vec<Value> = unwritten
        .reasons()
        .map(|(key, reason)| json!({ "key": key, "error": reason, "next": next }))
        .collect();
    drop(unwritten);
    json!({
        "nuages": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "manifest": desk.manifest.to_string_lossy(),
        "profiles": desk.profiles,
        "started": time(desk.started),
        "now": time(now),
        "command": {
            "program": running.program.to_string_lossy(),
            "pid": running.pid,
            "started": time(running.started),
            "restarts": running.restarts,
        },
        "restart": restart.map(time),
        "unwritten": files,
        "values": values,
    })
}

/// `unwritten` says why a file for it could not be written, where that is so.
fn value(parts: &BTreeSet<Part>, entry: &Entry, unwritten: Option<&str>, now: SystemTime) -> Value {
    let state = if entry.is_expired(now) {
        "expired"
    } else if entry.is_waiting {
        "waiting"
    } else if entry.error.is_some() || unwritten.is_some() {
        "failing"
    } else if entry.is_outdated {
        "outdated"
    } else {
        "fresh"
    };
    let error = entry.error.as_ref().map(|(_, phrase)| phrase.as_str());
    json!({
        "keys": entry.keys,
        "instance": entry.instance,
        "provider": entry.provider,
        "locator": entry.locator,
        "version": entry.version,
        "state": state,
        "read": time(entry.read),
        "changed": time(entry.changed),
        "expires": entry.expires.map(time),
        "next": entry.next().map(time),
        "delivery": delivery(parts),
        "failures": entry.failures,
        "error": error.or(unwritten),
    })
}

/// How the command has it: a secret that goes several ways is told by the one that takes longest to follow.
fn delivery(parts: &BTreeSet<Part>) -> &'static str {
    if parts.contains(&Part::Environment) {
        "environment"
    } else if parts.iter().any(|part| matches!(part, Part::File(_))) {
        "file"
    } else {
        "live"
    }
}

fn time(time: SystemTime) -> String {
    crate::timestamp::utc_milliseconds(time)
}
