//! Times whole processes: `nuages exec -- true` with each local provider, and other loaders where they are installed,
//! each against `env true`. Prints medians, ratios and peak memory; nothing here decides anything.

mod programs;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use programs::Program;
use wait4::Wait4;

/// One run.
#[derive(Clone, Copy)]
struct Run {
    milliseconds: f64,
    /// The most memory it held, in KiB.
    peak: u64,
}

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("startup: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let (mut nuages, mut rounds) = (None, 20_usize);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or(format!("`{argument}` needs a value"))
        };
        match argument.as_str() {
            "--nuages" => nuages = Some(PathBuf::from(value()?)),
            "--rounds" => {
                rounds = value()?.parse().map_err(|_| "`--rounds` needs a number")?;
            }
            _ => return Err("usage: startup [--nuages PROGRAM] [--rounds NUMBER]".to_owned()),
        }
    }
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/nuages");
    let nuages = nuages.unwrap_or(built);
    let nuages = nuages.canonicalize().map_err(|error| {
        format!(
            "{}: {error}: build it with `cargo build --release`",
            nuages.display()
        )
    })?;
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let programs = programs::all(&nuages, directory.path())?;

    // Once each before anything counts: files are in memory then, and what does not run is found.
    for program in &programs {
        run(program)?;
    }
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); programs.len()];
    for round in 0..rounds.max(1) {
        // Every round has every program once, each time another one first.
        for place in 0..programs.len() {
            let place = (place + round) % programs.len();
            runs[place].push(run(&programs[place])?);
        }
    }
    print(&programs, &runs);
    Ok(())
}

fn run(program: &Program) -> Result<Run, String> {
    let mut command = Command::new(&program.argv[0]);
    command
        .args(&program.argv[1..])
        .current_dir(&program.directory)
        .env_clear()
        .envs(program.variables.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let start = Instant::now();
    let end = command
        .spawn()
        .and_then(|child| child.wait4())
        .map_err(|error| format!("{}: {error}", program.name))?;
    let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
    if !end.status.success() {
        return Err(format!("{}: ended with {}", program.name, end.status));
    }
    Ok(Run {
        milliseconds,
        peak: end.rusage.maxrss / 1024,
    })
}

fn print(programs: &[Program], runs: &[Vec<Run>]) {
    println!("| program | median ms | over `env true`, ms | × `env true` | peak MiB |");
    println!("|---|---:|---:|---:|---:|");
    for (program, mine) in programs.iter().zip(runs) {
        // Of the same round: the machine was the same for both.
        let pairs = || mine.iter().zip(&runs[0]);
        let over = median(pairs().map(|(mine, base)| mine.milliseconds - base.milliseconds));
        let times = median(pairs().map(|(mine, base)| mine.milliseconds / base.milliseconds));
        let peak = median(mine.iter().map(|run| run.peak as f64 / 1024.0));
        println!(
            "| {} | {:.1} | {over:.1} | {times:.1} | {peak:.1} |",
            program.name,
            median(mine.iter().map(|run| run.milliseconds)),
        );
    }
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 {
        numbers[middle]
    } else {
        f64::midpoint(numbers[middle - 1], numbers[middle])
    }
}
