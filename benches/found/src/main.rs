//! What each scanner finds in Django projects that are made up for the run: leaks planted at known lines, among
//! look-alikes that must stay silent. Prints, of each program, what it found and what it raised false alarms on, by kind,
//! and how long it took.

mod corpus;
mod keys;
mod random;
mod scanners;
mod table;
mod values;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use corpus::Corpus;

/// What is asked for.
struct Arguments {
    nuages: PathBuf,
    seed: u64,
    projects: usize,
    rounds: usize,
    /// Where the corpus stays, to be looked at.
    keep: Option<PathBuf>,
    /// The program whose misses and false alarms are listed line by line.
    list: Option<String>,
}

const USAGE: &str = "usage: found [--nuages PROGRAM] [--seed NUMBER] [--projects NUMBER] [--rounds NUMBER] \
                     [--keep DIRECTORY] [--list PROGRAM]";

fn main() -> ExitCode {
    match compare() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("found: {error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release/nuages");
    let mut asked = Arguments {
        nuages: built,
        seed: 1,
        projects: 5,
        rounds: 3,
        keep: None,
        list: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let Some(value) = arguments.next() else {
            return Err(USAGE.to_owned());
        };
        let number = || {
            let number: Result<usize, _> = value.parse();
            number.map_err(|_| format!("`{argument}` needs a number"))
        };
        match argument.as_str() {
            "--nuages" => asked.nuages = PathBuf::from(value),
            "--seed" => asked.seed = number()? as u64,
            "--projects" => asked.projects = number()?.max(1),
            "--rounds" => asked.rounds = number()?.max(1),
            "--keep" => asked.keep = Some(PathBuf::from(value)),
            "--list" => asked.list = Some(value),
            _ => return Err(USAGE.to_owned()),
        }
    }
    asked.nuages = asked
        .nuages
        .canonicalize()
        .map_err(|error| format!("{}: {error}", asked.nuages.display()))?;
    Ok(asked)
}

fn compare() -> Result<(), String> {
    let arguments = arguments()?;
    // Not hidden, as scanners pass over hidden folders.
    let directory = tempfile::Builder::new()
        .prefix("found-")
        .tempdir()
        .map_err(|error| error.to_string())?;
    let root = match &arguments.keep {
        Some(keep) => keep.clone(),
        None => directory.path().join("projects"),
    };
    let corpus = Corpus::write(&root, arguments.seed, arguments.projects)?;
    let work = directory.path().join("work");
    std::fs::create_dir_all(&work).map_err(|error| error.to_string())?;
    let scanners = scanners::on_path(&arguments.nuages, &corpus.root, &work)?;
    let mut results = Vec::new();
    for scanner in &scanners {
        // Once before anything counts: files are in memory then, and what keeps compiled rules has them.
        let hits = scanner.run()?.hits;
        let mut runs = Vec::new();
        for _ in 0..arguments.rounds {
            runs.push(scanner.run()?);
        }
        let result = table::Result::new(scanner, &corpus, &hits, &runs);
        if !result.has_looked(&corpus) {
            return Err(format!(
                "{}: found nothing of what was planted",
                scanner.name
            ));
        }
        results.push(result);
    }
    if let Some(name) = &arguments.list {
        let place = scanners.iter().position(|scanner| scanner.name == *name);
        let place = place.ok_or(format!("`{name}` was not run"))?;
        table::list(&corpus, &results[place]);
        return Ok(());
    }
    table::print(&corpus, &results, arguments.seed, arguments.projects);
    Ok(())
}
