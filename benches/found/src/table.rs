//! Findings held against what was planted, and the tables that say so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::corpus::{Case, Corpus, Is};
use crate::scanners::{Hit, Run, Scanner};
use crate::values::Class;

/// What one program did.
pub struct Result {
    name: &'static str,
    version: String,
    /// Of the corpus's cases, in their order, which it reported.
    reported: Vec<bool>,
    /// Lines of no case that it reported.
    elsewhere: BTreeSet<(String, usize)>,
    processor: f64,
    elapsed: f64,
}

impl Result {
    pub fn new(scanner: &Scanner, corpus: &Corpus, hits: &[Hit], runs: &[Run]) -> Self {
        let mut cases: BTreeMap<&str, Vec<(usize, &Case)>> = BTreeMap::new();
        for (place, case) in corpus.cases.iter().enumerate() {
            cases.entry(&case.path).or_default().push((place, case));
        }
        let mut reported = vec![false; corpus.cases.len()];
        let mut elsewhere = BTreeSet::new();
        for hit in hits {
            let of_file = cases.get(hit.path.as_str()).map_or(&[][..], Vec::as_slice);
            let met: Vec<usize> = of_file
                .iter()
                .filter(|(_, case)| hit.first <= case.last && case.first <= hit.last)
                .map(|(place, _)| *place)
                .collect();
            if met.is_empty() {
                elsewhere.insert((hit.path.clone(), hit.first));
            }
            // A finding of several lines is of the leak among them, and no alarm about its neighbours.
            let leaks = met
                .iter()
                .any(|&place| matches!(corpus.cases[place].is, Is::Leak(_)));
            for place in met {
                reported[place] |= !leaks || matches!(corpus.cases[place].is, Is::Leak(_));
            }
        }
        Self {
            name: scanner.name,
            version: scanner.version.clone(),
            reported,
            elsewhere,
            processor: median(runs.iter().map(|run| run.processor)),
            elapsed: median(runs.iter().map(|run| run.elapsed)),
        }
    }

    /// Whether it found any leak: a program that did not has not looked.
    pub fn has_looked(&self, corpus: &Corpus) -> bool {
        self.count(corpus, is_leak).0 > 0
    }

    /// Of the cases that are meant: how many it reported, and how many there are.
    fn count(&self, corpus: &Corpus, meant: impl Fn(&Case) -> bool) -> (usize, usize) {
        let of = corpus
            .cases
            .iter()
            .zip(&self.reported)
            .filter(|(case, _)| meant(case));
        of.fold((0, 0), |(found, all), (_, &reported)| {
            (found + usize::from(reported), all + 1)
        })
    }
}

pub fn print(corpus: &Corpus, results: &[Result], seed: u64, projects: usize) {
    let leaks = corpus.cases.iter().filter(|case| is_leak(case)).count();
    let alikes = corpus
        .cases
        .iter()
        .filter(|case| case.is == Is::Alike)
        .count();
    println!(
        "{projects} projects of seed {seed}: {} files, {} lines, {:.1} MB; {leaks} leaks, {alikes} look-alikes\n",
        corpus.files,
        corpus.lines,
        corpus.bytes as f64 / 1e6
    );
    totals(corpus, results);
    by_kind(corpus, results, "leaks found", is_leak);
    by_kind(corpus, results, "look-alikes reported", |case| {
        case.is == Is::Alike
    });
}

fn is_leak(case: &Case) -> bool {
    matches!(case.is, Is::Leak(_))
}

fn totals(corpus: &Corpus, results: &[Result]) {
    println!(
        "| program | version | leaks found | a vendor's shape | random | chosen by people | look-alikes reported | other lines reported | CPU ms | ms |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for result in results {
        let mut row = format!("| {} | {} |", result.name, result.version);
        let (found, all) = result.count(corpus, is_leak);
        let _ = write!(row, " {found} of {all}, {} |", percent(found, all));
        for class in [Class::Shaped, Class::Random, Class::Chosen] {
            let (found, all) = result.count(corpus, |case| case.is == Is::Leak(class));
            let _ = write!(row, " {} |", percent(found, all));
        }
        let (alarms, all) = result.count(corpus, |case| case.is == Is::Alike);
        println!(
            "{row} {alarms} of {all} | {} | {:.0} | {:.0} |",
            result.elsewhere.len(),
            result.processor,
            result.elapsed
        );
    }
}

fn by_kind(corpus: &Corpus, results: &[Result], what: &str, meant: fn(&Case) -> bool) {
    let kinds: BTreeSet<&str> = corpus
        .cases
        .iter()
        .filter(|case| meant(case))
        .map(|case| case.kind.as_str())
        .collect();
    print!("\n| {what} | of |");
    for result in results {
        print!(" {} |", result.name);
    }
    println!("\n|---|---:|{}", "---:|".repeat(results.len()));
    for kind in kinds {
        let counts: Vec<(usize, usize)> = results
            .iter()
            .map(|result| result.count(corpus, |case| meant(case) && case.kind == kind))
            .collect();
        let all = counts.first().map_or(0, |(_, all)| *all);
        let found: String = counts
            .iter()
            .map(|(found, _)| format!(" {found} |"))
            .collect();
        println!("| {kind} | {all} |{found}");
    }
}

/// The leaks that a program did not find, and what else it reported, line by line.
pub fn list(corpus: &Corpus, result: &Result) {
    for (case, &reported) in corpus.cases.iter().zip(&result.reported) {
        let what = match (case.is, reported) {
            (Is::Leak(_), false) => "missed",
            (Is::Alike, true) => "false alarm",
            _ => continue,
        };
        println!(
            "{what}\t{}\t{}:{}\t{}",
            case.kind,
            case.path,
            case.first,
            corpus.text(case)
        );
    }
    for (path, line) in &result.elsewhere {
        println!("elsewhere\t\t{path}:{line}");
    }
}

fn percent(part: usize, all: usize) -> String {
    format!("{:.0} %", 100.0 * part as f64 / all.max(1) as f64)
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
