//! One run of a program, and the medians of many.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use wait4::{ResUse, Wait4};

use crate::programs::Program;
use crate::store::{Asked, Store};

/// The longest that anything here may take before its first request, as a bound for what never asks.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a program's error output goes.
const MESSAGES: &str = ".stderr";

/// One run.
#[derive(Clone)]
pub struct Run {
    pub milliseconds: f64,
    /// Of the processor, user and system.
    pub processor: f64,
    /// The most memory it held, in MiB.
    pub peak: f64,
    pub asked: Asked,
}

/// From spawn to exit. Fails where the program does, or where it was not given every parameter.
pub fn whole(program: &Program, store: &Store) -> Result<Run, String> {
    store.asked();
    let start = Instant::now();
    let end = spawn(program)
        .and_then(|child| child.wait4())
        .map_err(|error| failed(program, &error))?;
    let elapsed = start.elapsed();
    if !end.status.success() {
        return Err(failed(program, &format!("ended with {}", end.status)));
    }
    let asked = store.asked();
    if asked.given != program.parameters {
        let told = format!("given {} of {}", asked.given, program.parameters);
        return Err(failed(program, &told));
    }
    Ok(run(elapsed, &end, asked))
}

/// From spawn to the moment its first request is there, when it is killed.
pub fn to_first_request(program: &Program, store: &Store) -> Result<Run, String> {
    store.asked();
    let first = store.hold();
    let start = Instant::now();
    let mut child = spawn(program).map_err(|error| failed(program, &error))?;
    let arrived = first.recv_timeout(PATIENCE);
    let killed = child.kill().and_then(|()| child.wait4());
    store.resume();
    let end = killed.map_err(|error| failed(program, &error))?;
    let arrived = arrived.map_err(|_| failed(program, &"asked for nothing"))?;
    let elapsed = arrived.saturating_duration_since(start);
    Ok(run(elapsed, &end, store.asked()))
}

fn spawn(program: &Program) -> std::io::Result<Child> {
    Command::new(&program.argv[0])
        .args(&program.argv[1..])
        .current_dir(&program.directory)
        .env_clear()
        .envs(program.variables.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(program.directory.join(MESSAGES))?)
        .spawn()
}

/// With what the program itself said.
fn failed(program: &Program, reason: &dyn std::fmt::Display) -> String {
    let said = fs::read_to_string(program.directory.join(MESSAGES)).unwrap_or_default();
    format!("{}: {reason}\n{said}", program.name)
}

fn run(elapsed: Duration, end: &ResUse, asked: Asked) -> Run {
    Run {
        milliseconds: elapsed.as_secs_f64() * 1000.0,
        processor: (end.rusage.utime + end.rusage.stime).as_secs_f64() * 1000.0,
        peak: end.rusage.maxrss as f64 / 1024.0 / 1024.0,
        asked,
    }
}

pub fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    match numbers.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => numbers[length / 2],
        length => f64::midpoint(numbers[length / 2 - 1], numbers[length / 2]),
    }
}
