//! Times whole processes that read secrets of a Key Vault, and log in to Entra for it, where every answer takes 30 ms:
//! `nuages exec -- true`, and the Python of the guides. Prints medians and ratios; nothing here decides anything.

mod programs;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nuages_fakecloud::FakeCloud;
use wait4::Wait4;

use programs::Program;

const USAGE: &str =
    "usage: vault [--nuages PROGRAM] [--rounds NUMBER] [--milliseconds NUMBER] [--only-nuages]";

/// Where a program's error output goes.
const MESSAGES: &str = ".stderr";

struct Arguments {
    nuages: PathBuf,
    rounds: usize,
    delay: Duration,
    only_nuages: bool,
}

/// One run.
#[derive(Clone)]
struct Run {
    milliseconds: f64,
    /// Of the processor, user and system.
    processor: f64,
    /// The most memory it held, in MiB.
    peak: f64,
    requests: usize,
    refused: usize,
    connections: u64,
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| measure(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vault: {error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let mut given = std::env::args().skip(1);
    let mut nuages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/nuages");
    let (mut rounds, mut milliseconds, mut only_nuages) = (10, 30, false);
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or(format!("`{argument}` needs a value"));
        let number = |text: String| text.parse().map_err(|_| format!("`{text}` is no number"));
        match argument.as_str() {
            "--nuages" => nuages = PathBuf::from(value()?),
            "--rounds" => rounds = number(value()?)?,
            "--milliseconds" => milliseconds = number(value()?)?,
            "--only-nuages" => only_nuages = true,
            _ => return Err(USAGE.to_owned()),
        }
    }
    let nuages = nuages.canonicalize().map_err(|error| {
        format!(
            "{}: {error}: build it with `cargo build --release`",
            nuages.display()
        )
    })?;
    Ok(Arguments {
        nuages,
        rounds: rounds.max(1),
        delay: Duration::from_millis(u64::try_from(milliseconds).map_err(|_| USAGE)?),
        only_nuages,
    })
}

fn measure(arguments: &Arguments) -> Result<(), String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let cloud = FakeCloud::start();
    let vault = cloud.vault("shop");
    for number in 0..programs::MOST {
        vault.set(&format!("s{number}"), &programs::value(number));
    }
    let python = !arguments.only_nuages && programs::has_python();
    let all = programs::all(&arguments.nuages, python, &cloud, directory.path())?;
    for program in all.iter().filter(|program| program.is_nuages) {
        programs::check(program)?;
    }
    cloud.latency(arguments.delay);
    let runs = rounds(arguments.rounds, &all, &cloud)?;
    println!(
        "Each answer {} ms after its request. Medians of {} rounds.\n",
        arguments.delay.as_millis(),
        arguments.rounds,
    );
    println!(
        "| what | program | × nuages | median ms | (min–max) | requests | of them refused | connections | processor ms | peak MiB |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut base = 0;
    for (place, (program, mine)) in all.iter().zip(&runs).enumerate() {
        if program.is_nuages {
            base = place;
        }
        let pairs = mine.iter().zip(&runs[base]);
        let times = median(pairs.map(|(mine, base)| mine.milliseconds / base.milliseconds));
        let of = |figure: fn(&Run) -> f64| median(mine.iter().map(figure));
        let least = mine
            .iter()
            .map(|run| run.milliseconds)
            .fold(f64::MAX, f64::min);
        let most = mine.iter().map(|run| run.milliseconds).fold(0.0, f64::max);
        println!(
            "| {} | {} | {times:.1} | {:.1} | {least:.1}–{most:.1} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} |",
            program.what,
            if program.is_nuages {
                "nuages"
            } else {
                "Python of the guides"
            },
            of(|run| run.milliseconds),
            of(|run| run.requests as f64),
            of(|run| run.refused as f64),
            of(|run| run.connections as f64),
            of(|run| run.processor),
            of(|run| run.peak),
        );
    }
    Ok(())
}

/// Every round runs every program once, each time another one first; one round before them does not count: files are in
/// memory then, and what does not run is found.
fn rounds(number: usize, programs: &[Program], cloud: &FakeCloud) -> Result<Vec<Vec<Run>>, String> {
    for program in programs {
        run(program, cloud)?;
    }
    let mut runs = vec![Vec::new(); programs.len()];
    for round in 0..number {
        for place in 0..programs.len() {
            let place = (place + round) % programs.len();
            runs[place].push(run(&programs[place], cloud)?);
        }
    }
    Ok(runs)
}

/// From spawn to exit.
fn run(program: &Program, cloud: &FakeCloud) -> Result<Run, String> {
    let failed = |reason: &dyn std::fmt::Display| {
        let said = fs::read_to_string(program.directory.join(MESSAGES)).unwrap_or_default();
        format!("{}: {reason}\n{said}", program.what)
    };
    cloud.forget();
    let start = Instant::now();
    let end = Command::new(&program.argv[0])
        .args(&program.argv[1..])
        .current_dir(&program.directory)
        .env_clear()
        .envs(program.variables.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(program.directory.join(MESSAGES)).map_err(|error| failed(&error))?)
        .spawn()
        .and_then(|child| child.wait4())
        .map_err(|error| failed(&error))?;
    let elapsed = start.elapsed();
    if !end.status.success() {
        return Err(failed(&format!("ended with {}", end.status)));
    }
    let seen = cloud.requests();
    let given = seen
        .iter()
        .filter(|one| one.operation == "vault.get" && one.status == 200);
    if given.count() != program.secrets {
        return Err(failed(&"did not read every secret"));
    }
    Ok(Run {
        milliseconds: elapsed.as_secs_f64() * 1000.0,
        processor: (end.rusage.utime + end.rusage.stime).as_secs_f64() * 1000.0,
        peak: end.rusage.maxrss as f64 / 1024.0 / 1024.0,
        requests: seen.len(),
        refused: seen.iter().filter(|one| one.status == 401).count(),
        connections: cloud.connections(),
    })
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    match numbers.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => numbers[length / 2],
        length => f64::midpoint(numbers[length / 2 - 1], numbers[length / 2]),
    }
}
