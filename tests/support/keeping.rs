//! What a supervisor says of the values that it keeps, over its own socket.

use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

const PATIENCE: Duration = Duration::from_mins(1);

/// The private directories of the supervisors that run, below the directory of `[files]`.
pub(crate) fn places(files: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(files.join(".nuages"));
    all.map(|all| all.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}

/// The state of the one supervisor there.
pub(crate) fn state(files: &Path) -> Value {
    let [place] = &places(files)[..] else {
        panic!("one supervisor in {}", files.display());
    };
    let mut stream = connect(&place.join("status.sock"));
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    serde_json::from_str(&text).expect("JSON")
}

/// The command may be running for a moment before its supervisor listens.
fn connect(socket: &Path) -> UnixStream {
    let begin = Instant::now();
    loop {
        match UnixStream::connect(socket) {
            Ok(stream) => return stream,
            Err(error) => assert!(begin.elapsed() < PATIENCE, "{}: {error}", socket.display()),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The state of one key, once `is_wanted` takes it.
pub(crate) fn wait_for(files: &Path, key: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let begin = Instant::now();
    loop {
        let state = state(files);
        let values = state["values"].as_array().expect("values");
        let is_of_key = |value: &&Value| {
            let keys = value["keys"].as_array();
            keys.is_some_and(|keys| keys.iter().any(|have| have == key))
        };
        let value = values.iter().find(is_of_key);
        let value = value.unwrap_or_else(|| panic!("{key} in {state:#}"));
        if is_wanted(value) {
            return value.clone();
        }
        assert!(begin.elapsed() < PATIENCE, "{key}: {state:#}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
