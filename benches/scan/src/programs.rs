//! What is timed: nuages, the yardsticks, and other scanners where they are on the `PATH`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs that all look at the same bytes; the first is the yardstick.
pub struct Job {
    pub title: String,
    pub yardstick: &'static str,
    pub programs: Vec<Program>,
}

/// One program with its arguments.
pub struct Program {
    pub name: String,
    pub argv: Vec<String>,
    pub directory: PathBuf,
}

/// The files of a work tree.
pub fn tree(nuages: &Path, repository: &Path) -> Job {
    let here = repository.display().to_string();
    let mut job = Job {
        title: format!("A work tree of {}:", size(repository)),
        yardstick: "`rg -c x`",
        programs: Vec::new(),
    };
    job.add(
        repository,
        &["rg", "-c", "x", "--hidden", "-g", "!.git", &here],
    );
    job.nuages(nuages, repository, &["scan"]);
    job.add(
        repository,
        &[
            "kingfisher",
            "scan",
            "--turbo",
            "--no-validate",
            "--no-update-check",
            "--git-history",
            "none",
            &here,
        ],
    );
    job.add(repository, &["nosecrets", "scan", &here]);
    job.add(repository, &["betterleaks", "filesystem", "--no-banner", &here]);
    job.add(repository, &["ripsecrets", &here]);
    job
}

/// Ten changed files of a clone, thirty new lines each.
pub fn staged(nuages: &Path, repository: &Path, directory: &Path) -> Result<Job, String> {
    let clone = directory.join("clone");
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output();
        let output = output.map_err(|error| format!("git: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    };
    let (from, to) = (
        repository.display().to_string(),
        clone.display().to_string(),
    );
    git(&["clone", "--quiet", "--shared", &from, &to])?;
    let listed = git(&["-C", &to, "ls-files", "*.py"])?;
    let files: Vec<&str> = listed.lines().collect();
    // From all over the tree, the same ones in every run.
    for file in files.iter().step_by((files.len() / 10).max(1)).take(10) {
        let path = clone.join(file);
        let mut text = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
        for number in 1..=30 {
            let _ = writeln!(
                text,
                "value_{number} = os.environ.get(\"VALUE_{number}\", settings.DEFAULTS[{number}])"
            );
        }
        fs::write(&path, text).map_err(|error| format!("{file}: {error}"))?;
    }
    git(&["-C", &to, "add", "--all"])?;
    let mut job = Job {
        title: "Ten files with thirty new lines each, staged in a clone of it:".to_owned(),
        yardstick: "`git diff --cached`",
        programs: Vec::new(),
    };
    job.add(&clone, &["git", "diff", "--cached"]);
    job.nuages(nuages, &clone, &["scan", "--staged"]);
    job.add(
        &clone,
        &[
            "kingfisher",
            "scan",
            "--turbo",
            "--no-validate",
            "--no-update-check",
            "--staged",
            &to,
        ],
    );
    job.add(&clone, &["nosecrets", "scan", "--staged"]);
    job.add(
        &clone,
        &["betterleaks", "git", "--staged", "--no-banner", &to],
    );
    Ok(job)
}

/// Every version of every file.
pub fn history(nuages: &Path, repository: &Path) -> Job {
    let here = repository.display().to_string();
    let mut job = Job {
        title: "All of its history:".to_owned(),
        yardstick: "`git cat-file`",
        programs: Vec::new(),
    };
    job.add(
        repository,
        &["git", "cat-file", "--batch", "--batch-all-objects"],
    );
    job.nuages(nuages, repository, &["scan", "--history", "--no-cache"]);
    job.nuages(nuages, repository, &["scan", "--history"]);
    job.add(
        repository,
        &[
            "kingfisher",
            "scan",
            "--turbo",
            "--no-validate",
            "--no-update-check",
            &here,
        ],
    );
    job.add(repository, &["betterleaks", "git", "--no-banner", &here]);
    job
}

impl Job {
    fn nuages(&mut self, nuages: &Path, directory: &Path, arguments: &[&str]) {
        let mut argv = vec![nuages.display().to_string()];
        argv.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self.programs.push(Program {
            name: format!("`nuages {}`", arguments.join(" ")),
            argv,
            directory: directory.to_owned(),
        });
    }

    /// Adds a program that is on the `PATH`; one that is not is left out, and said.
    #[expect(clippy::disallowed_methods, reason = "where programs are found")]
    fn add(&mut self, directory: &Path, argv: &[&str]) {
        let is_there = std::env::var_os("PATH").is_some_and(|path| {
            std::env::split_paths(&path).any(|folder| folder.join(argv[0]).is_file())
        });
        if !is_there {
            eprintln!("scan: `{}` is not on the PATH: left out", argv[0]);
            return;
        }
        let shown: Vec<&str> = argv[1..]
            .iter()
            .filter(|argument| !Path::new(argument).is_absolute())
            .copied()
            .collect();
        let shown = std::iter::once(argv[0]).chain(shown);
        self.programs.push(Program {
            name: format!("`{}`", shown.collect::<Vec<_>>().join(" ")),
            argv: argv.iter().map(|&argument| argument.to_owned()).collect(),
            directory: directory.to_owned(),
        });
    }
}

/// How many files git knows there, and how large they are.
fn size(repository: &Path) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["ls-files", "-z"])
        .output();
    let Ok(output) = output else {
        return "unknown size".to_owned();
    };
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let files = listed.split_terminator('\0');
    let lengths = files.filter_map(|file| fs::metadata(repository.join(file)).ok());
    let (count, bytes) = lengths.fold((0_u64, 0_u64), |(count, bytes), file| {
        (count + 1, bytes + file.len())
    });
    format!("{count} files, {:.0} MB", bytes as f64 / 1e6)
}
