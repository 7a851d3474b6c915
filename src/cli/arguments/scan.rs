//! Arguments of the commands that look for leaks: `nuages scan` and `nuages hook`.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};

/// `nuages scan`
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  nuages scan                                this directory
  nuages scan --staged                       what the commit will contain, as a hook does
  nuages scan --history                      every version of every file, once
  nuages scan --range origin/main..HEAD      what a branch brings, for CI
  nuages scan --known                        the manifest's own values, in every encoding
  nuages scan --format sarif > scan.sarif
  nuages scan --write-baseline               take what is there as known

A line with `nuages:allow REASON` is let pass. Exit codes: 0 nothing found,
1 findings, 4 something could not be read."
)]
pub(in crate::cli) struct Scan {
    #[command(subcommand)]
    pub(in crate::cli) command: Option<ScanCommand>,
    /// Files and directories [default: this directory]
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// What the next commit will contain: the new lines of the index
    #[arg(long, group = "source", conflicts_with = "paths")]
    pub(in crate::cli) staged: bool,
    /// With --staged: every line of a changed file, not just the new ones
    #[arg(long, requires = "staged")]
    pub(in crate::cli) whole: bool,
    /// Every version of every file that a branch, a tag or the stash leads to
    #[arg(long, group = "source", conflicts_with = "paths")]
    pub(in crate::cli) history: bool,
    /// With --history: what nothing leads to any more as well
    #[arg(long, requires = "history")]
    pub(in crate::cli) unreachable: bool,
    /// With --history: read everything again, and remember nothing
    #[arg(long, requires = "history")]
    pub(in crate::cli) no_cache: bool,
    /// The lines that these commits bring: `A..B`, `A...B`, or `A` for `A..HEAD`
    #[arg(long, group = "source", conflicts_with = "paths", value_name = "RANGE")]
    pub(in crate::cli) range: Option<String>,
    /// Standard input
    #[arg(long, group = "source", conflicts_with = "paths")]
    pub(in crate::cli) stdin: bool,
    /// With --stdin: the name that decides how it is read
    #[arg(long, requires = "stdin", value_name = "NAME", default_value = "stdin")]
    pub(in crate::cli) stdin_path: String,
    /// Resolve the manifest and look for its very values, in every encoding
    #[arg(long)]
    pub(in crate::cli) known: bool,
    /// Look for values by their keyed fingerprints; the key is `[scan] key` or `NUAGES_SCAN_KEY`
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) fingerprints: Option<PathBuf>,
    /// The least certain finding that counts [default: medium]
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub(in crate::cli) confidence: Option<Level>,
    /// Known findings, which are not said again [default: `[scan] baseline`, or .nuages-baseline.json where it is]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) baseline: Option<PathBuf>,
    /// Take what is found as known: write the baseline, and keep the reasons in it
    #[arg(long)]
    pub(in crate::cli) write_baseline: bool,
    /// Rules and allowlists of a .gitleaks.toml
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// How findings are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = FindingFormat::Human)]
    pub(in crate::cli) format: FindingFormat,
    /// Also show what an allow comment, a baseline or `[scan]` lets pass, and why
    #[arg(long)]
    pub(in crate::cli) show_suppressed: bool,
    /// End with 0 although there are findings
    #[arg(long)]
    pub(in crate::cli) exit_zero: bool,
    /// Replace literals by references: shows the change and asks; values go to a store, never to the terminal
    #[arg(long, conflicts_with_all = ["source", "write_baseline"])]
    pub(in crate::cli) fix: bool,
    /// With --fix: do not ask
    #[arg(long, requires = "fix")]
    pub(in crate::cli) yes: bool,
    /// With --fix: the instance to write values to, where the manifest has several that can be written
    #[arg(long, requires = "fix", value_name = "NAME")]
    pub(in crate::cli) instance: Option<String>,
}

/// What to do instead of scanning.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ScanCommand {
    /// Write keyed fingerprints of the manifest's values, for scans without access to the store
    #[command(after_help = "Examples:
  nuages scan fingerprint                            to .nuages-fingerprints.json, to be committed
  nuages --profile prod scan fingerprint --output prod.fingerprints.json
  nuages scan --fingerprints prod.fingerprints.json  what a scan does with it")]
    Fingerprint {
        /// The file
        #[arg(
            short,
            long,
            value_name = "FILE",
            default_value = ".nuages-fingerprints.json"
        )]
        output: PathBuf,
    },
    /// List the rules of this build
    #[command(after_help = "Examples:
  nuages scan rules                        each rule, and what it looks for
  nuages scan rules --json                 for machines")]
    Rules {
        /// For machines
        #[arg(long)]
        json: bool,
    },
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Level {
    /// Tests' values, placeholders, checksums that do not hold
    Low,
    /// What looks like a secret where one would stand
    Medium,
    /// A vendor's own shape, a checksum that holds, a literal in a setting that holds the secret
    High,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FindingFormat {
    /// For people
    Human,
    /// For machines
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands, for annotations on GitHub
    Github,
    /// GitLab's report: secret detection of a scan, static analysis of a check
    Gitlab,
}

/// `nuages hook`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  nuages hook install                      scan before each commit and each push
  nuages hook uninstall                    put back what was there")]
pub(in crate::cli) struct Hook {
    #[command(subcommand)]
    pub(in crate::cli) command: HookCommand,
}

/// What to do with hooks.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum HookCommand {
    /// Put hooks into this repository; one that is there keeps running after ours
    #[command(after_help = "Examples:
  nuages hook install                      both hooks
  nuages hook install pre-commit           the scan before a commit alone")]
    Install(HookChoice),
    /// Take them out, and put back what was there
    #[command(after_help = "Examples:
  nuages hook uninstall                    both hooks
  nuages hook uninstall pre-push           the scan before a push alone")]
    Uninstall(HookChoice),
    /// What the hooks run
    #[command(after_help = "Examples:
  nuages hook run pre-commit               the scan of what is staged, as the hook does it")]
    Run {
        /// `pre-commit` or `pre-push`
        #[arg(value_name = "HOOK", value_parser = ["pre-commit", "pre-push"])]
        hook: String,
        /// What git adds
        #[arg(
            value_name = "ARGUMENT",
            trailing_var_arg = true,
            allow_hyphen_values = true
        )]
        arguments: Vec<OsString>,
    },
}

/// Which hooks, and where.
#[derive(Args, Debug)]
pub(in crate::cli) struct HookChoice {
    /// These alone [default: both]
    #[arg(value_name = "HOOK", value_parser = ["pre-commit", "pre-push"])]
    pub(in crate::cli) hooks: Vec<String>,
    /// Also where `core.hooksPath` leads out of the repository, to hooks that others share
    #[arg(long)]
    pub(in crate::cli) shared: bool,
}
