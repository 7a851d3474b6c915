//! Times whole processes that fetch from a Parameter Store whose every answer takes 30 ms: `nuages exec -- true`, and
//! what a Django project does without it. Prints medians and ratios; nothing here decides anything.

mod programs;
mod runs;
mod store;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use programs::{Program, Python};
use runs::{Run, median};
use store::Store;

const USAGE: &str = "usage: fetch [--nuages PROGRAM] [--rounds NUMBER] [--milliseconds NUMBER] \
                     [--without-aws PROGRAM] [--only-nuages]";

/// How many parameters a deployment has.
const COUNTS: [usize; 3] = [4, 10, 100];

/// A start is so short that it takes more pairs to see a difference.
const STARTS_PER_ROUND: usize = 10;

struct Arguments {
    nuages: PathBuf,
    rounds: usize,
    delay: Duration,
    /// The same program built without the AWS providers.
    without_aws: Option<PathBuf>,
    only_nuages: bool,
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| measure(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fetch: {error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let mut given = std::env::args().skip(1);
    let mut nuages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/nuages");
    let (mut rounds, mut milliseconds) = (10, 30);
    let (mut without_aws, mut only_nuages) = (None, false);
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or(format!("`{argument}` needs a value"));
        let number = |text: String| text.parse().map_err(|_| format!("`{text}` is no number"));
        match argument.as_str() {
            "--nuages" => nuages = PathBuf::from(value()?),
            "--without-aws" => without_aws = Some(built(Path::new(&value()?))?),
            "--rounds" => rounds = number(value()?)?,
            "--milliseconds" => milliseconds = number(value()?)?,
            "--only-nuages" => only_nuages = true,
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(Arguments {
        nuages: built(&nuages)?,
        rounds: rounds.max(1),
        delay: Duration::from_millis(u64::try_from(milliseconds).map_err(|_| USAGE)?),
        without_aws,
        only_nuages,
    })
}

fn built(program: &Path) -> Result<PathBuf, String> {
    program.canonicalize().map_err(|error| {
        format!(
            "{}: {error}: build it with `cargo build --release`",
            program.display()
        )
    })
}

fn measure(arguments: &Arguments) -> Result<(), String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let most = COUNTS.into_iter().max().unwrap_or_default();
    let store = Store::start(programs::parameters(most), arguments.delay)
        .map_err(|error| error.to_string())?;
    let python = if arguments.only_nuages {
        Python::none()
    } else {
        Python::find()
    };
    let mut counts = Vec::new();
    for count in COUNTS {
        let nuages = &arguments.nuages;
        let programs = programs::all(nuages, &python, store.address, directory.path(), count)?;
        programs::check(nuages, &programs[0])?;
        counts.push(programs);
    }
    whole_processes(arguments, &store, &counts)?;
    first_requests(arguments, &store, &counts)?;
    if let Some(without) = &arguments.without_aws {
        starts(arguments, &store, without, directory.path())?;
    }
    Ok(())
}

/// From spawn to exit with every value, all programs and counts in one run.
fn whole_processes(
    arguments: &Arguments,
    store: &Store,
    counts: &[Vec<Program>],
) -> Result<(), String> {
    let all: Vec<&Program> = counts.iter().flatten().collect();
    let runs = rounds(arguments.rounds, &all, |program| {
        runs::whole(program, store)
    })?;
    let late = runs.iter().flatten().flat_map(|run| &run.asked.late);
    let late: Vec<f64> = late.map(|late| late.as_secs_f64() * 1000.0).collect();
    println!(
        "Each answer after {} ms; {} answers, late by {:.2} ms (median), {:.2} ms (the worst). Medians of {} rounds.\n",
        arguments.delay.as_millis(),
        late.len(),
        median(late.iter().copied()),
        late.iter().copied().fold(0.0, f64::max),
        arguments.rounds,
    );
    println!(
        "| parameters | program | × nuages | median ms | (min–max) | calls | connections | processor ms | peak MiB |"
    );
    println!("|---:|---|---:|---:|---:|---:|---:|---:|---:|");
    let mut base = 0;
    for (place, (program, mine)) in all.iter().zip(&runs).enumerate() {
        // The first of each count is nuages.
        if place == 0 || all[place - 1].parameters != program.parameters {
            base = place;
        }
        let pairs = mine.iter().zip(&runs[base]);
        let times = median(pairs.map(|(mine, base)| mine.milliseconds / base.milliseconds));
        let of = |figure: fn(&Run) -> f64| median(mine.iter().map(figure));
        let (least, most) = bounds(mine);
        println!(
            "| {} | {} | {times:.1} | {:.1} | {least:.1}–{most:.1} | {:.0} | {:.0} | {:.1} | {:.1} |",
            program.parameters,
            program.name,
            of(|run| run.milliseconds),
            of(|run| run.asked.calls as f64),
            of(|run| run.asked.connections as f64),
            of(|run| run.processor),
            of(|run| run.peak),
        );
    }
    Ok(())
}

/// What nuages does before it first asks: it is killed there.
fn first_requests(
    arguments: &Arguments,
    store: &Store,
    counts: &[Vec<Program>],
) -> Result<(), String> {
    let nuages: Vec<&Program> = counts
        .iter()
        .filter_map(|programs| programs.first())
        .collect();
    let runs = rounds(arguments.rounds, &nuages, |program| {
        runs::to_first_request(program, store)
    })?;
    println!("\nnuages until its first request is there:\n");
    println!("| parameters | processor ms | median ms | (min–max) |");
    println!("|---:|---:|---:|---:|");
    for (program, mine) in nuages.iter().zip(&runs) {
        let (least, most) = bounds(mine);
        println!(
            "| {} | {:.1} | {:.1} | {least:.1}–{most:.1} |",
            program.parameters,
            median(mine.iter().map(|run| run.processor)),
            median(mine.iter().map(|run| run.milliseconds)),
        );
    }
    Ok(())
}

/// What it costs to have AWS built in and not to use it.
fn starts(
    arguments: &Arguments,
    store: &Store,
    without: &Path,
    directory: &Path,
) -> Result<(), String> {
    let pair = [
        programs::local(&arguments.nuages, "with AWS", directory)?,
        programs::local(without, "without AWS", directory)?,
    ];
    let pair: Vec<&Program> = pair.iter().collect();
    let number = arguments.rounds * STARTS_PER_ROUND;
    let runs = rounds(number, &pair, |program| runs::whole(program, store))?;
    println!("\n`nuages exec -- true` with twenty variables from `env`, {number} pairs:\n");
    println!("| build | median ms | (min–max) | processor ms | peak MiB |");
    println!("|---|---:|---:|---:|---:|");
    for (program, mine) in pair.iter().zip(&runs) {
        let (least, most) = bounds(mine);
        println!(
            "| {} | {:.2} | {least:.2}–{most:.2} | {:.2} | {:.1} |",
            program.name,
            median(mine.iter().map(|run| run.milliseconds)),
            median(mine.iter().map(|run| run.processor)),
            median(mine.iter().map(|run| run.peak)),
        );
    }
    let pairs = || runs[0].iter().zip(&runs[1]);
    println!(
        "\nDifference within a pair: {:+.2} ms (median), ratio {:.2}.",
        median(pairs().map(|(with, without)| with.milliseconds - without.milliseconds)),
        median(pairs().map(|(with, without)| with.milliseconds / without.milliseconds)),
    );
    Ok(())
}

/// Every round runs every program once, each time another one first; one round before them does not count: files are in
/// memory then, and what does not run is found.
fn rounds(
    number: usize,
    programs: &[&Program],
    run: impl Fn(&Program) -> Result<Run, String>,
) -> Result<Vec<Vec<Run>>, String> {
    for program in programs {
        run(program)?;
    }
    let mut runs = vec![Vec::new(); programs.len()];
    for round in 0..number {
        for place in 0..programs.len() {
            let place = (place + round) % programs.len();
            runs[place].push(run(programs[place])?);
        }
    }
    Ok(runs)
}

fn bounds(runs: &[Run]) -> (f64, f64) {
    runs.iter().fold((f64::MAX, 0.0), |(least, most), run| {
        (run.milliseconds.min(least), run.milliseconds.max(most))
    })
}
