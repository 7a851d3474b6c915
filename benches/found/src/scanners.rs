//! The programs that are compared, each as its own help says a directory is scanned, without asking anything of a network;
//! and how their reports are read.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use wait4::Wait4 as _;

/// Lines that a program reports.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    pub path: String,
    pub first: usize,
    pub last: usize,
}

/// One run: what was reported, and how long it took, in milliseconds.
pub struct Run {
    pub hits: Vec<Hit>,
    pub processor: f64,
    pub elapsed: f64,
}

/// What is known of a program before it runs.
struct Known {
    name: &'static str,
    program: &'static str,
    /// Its arguments: `{corpus}` and `{report}` are the places.
    arguments: &'static [&'static str],
    /// With what it ends when it did what it was asked for: some say with it that they found something.
    done: &'static [i32],
    read: fn(&str) -> Option<Vec<Hit>>,
    version: &'static str,
    /// How its version must begin, where other programs go by its name too.
    genuine: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        name: "nuages",
        program: "nuages",
        arguments: &["scan", "--format", "json", "{corpus}"],
        done: &[0, 1],
        read: |report| json(report, "/findings", ["/path", "/line", "/end_line"]),
        version: "--version",
        genuine: "",
    },
    Known {
        name: "kingfisher",
        program: "kingfisher",
        arguments: &[
            "scan",
            "--no-validate",
            "--no-update-check",
            "--git-history",
            "none",
            "--format",
            "json",
            "--output",
            "{report}",
            "{corpus}",
        ],
        done: &[0, 200, 205],
        read: kingfisher,
        version: "--version",
        genuine: "",
    },
    Known {
        name: "kingfisher, low",
        program: "kingfisher",
        arguments: &[
            "scan",
            "--no-validate",
            "--no-update-check",
            "--git-history",
            "none",
            "--confidence",
            "low",
            "--format",
            "json",
            "--output",
            "{report}",
            "{corpus}",
        ],
        done: &[0, 200, 205],
        read: kingfisher,
        version: "--version",
        genuine: "",
    },
    Known {
        name: "betterleaks",
        program: "betterleaks",
        arguments: &[
            "filesystem",
            "--no-banner",
            "--output",
            "{report}",
            "{corpus}",
        ],
        done: &[0, 1],
        read: |report| {
            json(
                report,
                "/findings",
                [
                    "/location/path",
                    "/location/start_line",
                    "/location/end_line",
                ],
            )
        },
        version: "version",
        genuine: "",
    },
    Known {
        name: "gitleaks",
        program: "gitleaks",
        arguments: &[
            "dir",
            "--no-banner",
            "--report-format",
            "json",
            "--report-path",
            "{report}",
            "{corpus}",
        ],
        done: &[0, 1],
        read: |report| json(report, "", ["/File", "/StartLine", "/EndLine"]),
        version: "version",
        // betterleaks comes with a `gitleaks` that is betterleaks.
        genuine: "8.",
    },
    Known {
        name: "nosecrets",
        program: "nosecrets",
        arguments: &["scan", "--format", "json", "{corpus}"],
        done: &[0, 1],
        read: |report| json(report, "", ["/path", "/line", "/line"]),
        version: "--version",
        genuine: "",
    },
    Known {
        name: "ripsecrets",
        program: "ripsecrets",
        arguments: &["{corpus}"],
        done: &[0, 1],
        read: lines,
        version: "--version",
        genuine: "",
    },
    Known {
        name: "detect-secrets",
        program: "detect-secrets",
        arguments: &["-C", "{corpus}", "scan", "--all-files", "--no-verify"],
        done: &[0],
        read: detect_secrets,
        version: "--version",
        genuine: "",
    },
];

/// A program that is there.
pub struct Scanner {
    pub name: &'static str,
    /// As it says itself.
    pub version: String,
    known: &'static Known,
    program: PathBuf,
    corpus: PathBuf,
    work: PathBuf,
}

/// nuages as it is named, and the others where they are on the `PATH`; which are not is said.
pub fn on_path(nuages: &Path, corpus: &Path, work: &Path) -> Result<Vec<Scanner>, String> {
    let mut scanners = Vec::new();
    for known in KNOWN {
        let program = match known.program {
            "nuages" => Some(nuages.to_owned()),
            program => find(program),
        };
        let Some(program) = program else {
            eprintln!("found: `{}` is not on the PATH: left out", known.program);
            continue;
        };
        let output = Command::new(&program)
            .arg(known.version)
            .current_dir(work)
            .env("HOME", work)
            .output();
        let output = output.map_err(|error| format!("{}: {error}", known.name))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = said
            .split_whitespace()
            .last()
            .unwrap_or_default()
            .to_owned();
        if !version.starts_with(known.genuine) {
            eprintln!(
                "found: `{}` says that it is {version}, which is another program: left out",
                program.display()
            );
            continue;
        }
        scanners.push(Scanner {
            name: known.name,
            version,
            known,
            program,
            corpus: corpus.to_owned(),
            work: work.to_owned(),
        });
    }
    Ok(scanners)
}

#[expect(clippy::disallowed_methods, reason = "where programs are found")]
fn find(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|program| program.is_file())
}

impl Scanner {
    pub fn run(&self) -> Result<Run, String> {
        let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", self.name);
        let (report, errors) = (self.work.join("report.json"), self.work.join("errors"));
        let _ = fs::remove_file(&report);
        let to_file = self.known.arguments.contains(&"{report}");
        let output = if to_file {
            self.work.join("output")
        } else {
            report.clone()
        };
        let output = File::create(output).map_err(|error| failed(&error))?;
        let messages = File::create(&errors).map_err(|error| failed(&error))?;
        let place = |argument: &&str| {
            let corpus = self.corpus.display().to_string();
            argument
                .replace("{corpus}", &corpus)
                .replace("{report}", &report.display().to_string())
        };
        let start = std::time::Instant::now();
        let end = Command::new(&self.program)
            .args(self.known.arguments.iter().map(place))
            .current_dir(&self.work)
            .env("HOME", &self.work)
            .stdin(Stdio::null())
            .stdout(Stdio::from(output))
            .stderr(Stdio::from(messages))
            .spawn()
            .and_then(|child| child.wait4())
            .map_err(|error| failed(&error))?;
        let elapsed = start.elapsed().as_secs_f64() * 1000.0;
        if !end
            .status
            .code()
            .is_some_and(|code| self.known.done.contains(&code))
        {
            let said = fs::read_to_string(&errors).unwrap_or_default();
            return Err(failed(&format!(
                "ended with {}: {}",
                end.status,
                said.trim()
            )));
        }
        let text = fs::read_to_string(&report).map_err(|error| failed(&error))?;
        let mut hits =
            (self.known.read)(&text).ok_or_else(|| failed(&"its report is not what it was"))?;
        let root = format!("{}/", self.corpus.display());
        for hit in &mut hits {
            // Below the corpus, or already told from there.
            if let Some(path) = hit.path.strip_prefix(&root) {
                hit.path = path.to_owned();
            }
            if hit.path.starts_with('/') {
                return Err(failed(&format!("`{}` is not of the corpus", hit.path)));
            }
        }
        hits.sort();
        hits.dedup();
        Ok(Run {
            hits,
            processor: (end.rusage.utime + end.rusage.stime).as_secs_f64() * 1000.0,
            elapsed,
        })
    }
}

/// A list of findings at a pointer, each with pointers to its path, its first and its last line.
fn json(report: &str, list: &str, [path, first, last]: [&str; 3]) -> Option<Vec<Hit>> {
    let report: Value = serde_json::from_str(report).ok()?;
    let number = |finding: &Value, pointer| finding.pointer(pointer)?.as_u64()?.try_into().ok();
    let hit = |finding: &Value| {
        Some(Hit {
            path: finding.pointer(path)?.as_str()?.to_owned(),
            first: number(finding, first)?,
            last: number(finding, last)?,
        })
    };
    report.pointer(list)?.as_array()?.iter().map(hit).collect()
}

fn kingfisher(report: &str) -> Option<Vec<Hit>> {
    json(
        report,
        "/findings",
        ["/finding/path", "/finding/line", "/finding/line"],
    )
}

/// `PATH:LINE:TEXT`.
fn lines(report: &str) -> Option<Vec<Hit>> {
    let hit = |line: &str| {
        let mut parts = line.splitn(3, ':');
        let (path, line) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
        Some(Hit {
            path,
            first: line,
            last: line,
        })
    };
    report.lines().map(hit).collect()
}

/// Lists by file.
fn detect_secrets(report: &str) -> Option<Vec<Hit>> {
    let report: Value = serde_json::from_str(report).ok()?;
    let mut hits = Vec::new();
    for (path, findings) in report.get("results")?.as_object()? {
        for finding in findings.as_array()? {
            let line = finding.get("line_number")?.as_u64()?.try_into().ok()?;
            hits.push(Hit {
                path: path.clone(),
                first: line,
                last: line,
            });
        }
    }
    Some(hits)
}
