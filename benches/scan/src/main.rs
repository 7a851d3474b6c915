//! Times whole processes that look for secrets: in a work tree, in what is staged, in all of a repository's history, each
//! against the plain program that only reads the same bytes. Prints medians, ratios and peak memory; nothing here decides
//! anything.

mod programs;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use programs::{Job, Program};
use wait4::Wait4;

/// One run.
#[derive(Clone, Copy)]
struct Run {
    /// User and system time of the process and of all that it waited for.
    processor: f64,
    /// From its start to its end.
    elapsed: f64,
    /// The most memory it held, in KiB.
    peak: u64,
}

/// What is asked for.
struct Arguments {
    nuages: PathBuf,
    repository: PathBuf,
    rounds: usize,
    jobs: Vec<String>,
}

const USAGE: &str =
    "usage: scan --repository CLONE [--nuages PROGRAM] [--rounds NUMBER] [tree|staged|history]...";

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scan: {error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/nuages");
    let (mut nuages, mut repository, mut rounds) = (built, None, 5_usize);
    let mut jobs = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or(format!("`{argument}` needs a value"))
        };
        match argument.as_str() {
            "--nuages" => nuages = PathBuf::from(value()?),
            "--repository" => repository = Some(PathBuf::from(value()?)),
            "--rounds" => rounds = value()?.parse().map_err(|_| "`--rounds` needs a number")?,
            "tree" | "staged" | "history" => jobs.push(argument),
            _ => return Err(USAGE.to_owned()),
        }
    }
    let absolute = |path: &Path| {
        path.canonicalize()
            .map_err(|error| format!("{}: {error}", path.display()))
    };
    if jobs.is_empty() {
        jobs = ["tree", "staged", "history"].map(str::to_owned).to_vec();
    }
    Ok(Arguments {
        nuages: absolute(&nuages)?,
        repository: absolute(&repository.ok_or(USAGE)?)?,
        rounds: rounds.max(1),
        jobs,
    })
}

fn measure() -> Result<(), String> {
    let arguments = arguments()?;
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    for name in &arguments.jobs {
        let job = match name.as_str() {
            "tree" => programs::tree(&arguments.nuages, &arguments.repository),
            "staged" => {
                programs::staged(&arguments.nuages, &arguments.repository, directory.path())?
            }
            _ => programs::history(&arguments.nuages, &arguments.repository),
        };
        // Once each before anything counts: files are in memory then, and what cannot be started is found.
        for program in &job.programs {
            run(program)?;
        }
        let mut runs: Vec<Vec<Run>> = vec![Vec::new(); job.programs.len()];
        for round in 0..arguments.rounds {
            // Every round has every program once, each time another one first.
            for place in 0..job.programs.len() {
                let place = (place + round) % job.programs.len();
                runs[place].push(run(&job.programs[place])?);
            }
        }
        print(&job, &runs);
    }
    Ok(())
}

/// With what programs end that did what they were asked for: scanners have a status of their own where they find something.
const DONE: &[i32] = &[0, 1, 200, 205];

fn run(program: &Program) -> Result<Run, String> {
    let start = std::time::Instant::now();
    let end = Command::new(&program.argv[0])
        .args(&program.argv[1..])
        .current_dir(&program.directory)
        .env("HOME", &program.directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .and_then(|child| child.wait4())
        .map_err(|error| format!("{}: {error}", program.name))?;
    if !end.status.code().is_some_and(|code| DONE.contains(&code)) {
        return Err(format!("{}: ended with {}", program.name, end.status));
    }
    Ok(Run {
        processor: (end.rusage.utime + end.rusage.stime).as_secs_f64(),
        elapsed: start.elapsed().as_secs_f64(),
        peak: end.rusage.maxrss / 1024,
    })
}

fn print(job: &Job, runs: &[Vec<Run>]) {
    println!("\n{}\n", job.title);
    println!(
        "| program | × {} | CPU ms | (min–max) | ms | peak MiB |",
        job.yardstick
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for (program, mine) in job.programs.iter().zip(runs) {
        // Of the same round: the machine was the same for both.
        let pairs = mine.iter().zip(&runs[0]);
        let times = median(pairs.map(|(mine, base)| mine.processor / base.processor));
        let processor = || mine.iter().map(|run| run.processor * 1000.0);
        println!(
            "| {} | {times:.2} | {:.1} | {:.1}–{:.1} | {:.1} | {:.1} |",
            program.name,
            median(processor()),
            processor().fold(f64::INFINITY, f64::min),
            processor().fold(0.0, f64::max),
            median(mine.iter().map(|run| run.elapsed * 1000.0)),
            median(mine.iter().map(|run| run.peak as f64 / 1024.0)),
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
