//! Arguments of `nuages check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::scan::FindingFormat;
use crate::finding::Severity;

/// `nuages check`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  nuages check                               the manifest, with each of its profiles
  nuages --profile prod check --fail-on warning
  nuages --profile prod check --connect      also what the servers say: TLS, privileges, versions
  nuages --profile prod check --resolve      also what references bring: weak passwords, keys
  nuages check --settings shop.settings      also what Django gets, and `check --deploy`
  nuages check --fix                         makes the changes that fail closed
  nuages check --explain PG004               the page of a rule
  nuages --profile prod check --grants       SQL for the logins, for the database's administrator
  nuages check --format sarif > check.sarif

What is let pass stands in the manifest, each with its reason:
  [check]
  allow = [{ rule = \"PG004\", at = \"databases.reports\", reason = \"…\", until = \"2027-01-31\" }]

Exit codes: 0 nothing that counts, 1 findings, 3 a mistake of the manifest that
no rule tells of, 4 something could not be resolved or evaluated, 5 deadline.")]
pub(in crate::cli) struct Check {
    /// Print the page of a rule, such as `PG004`, or of `all`
    #[arg(long, value_name = "RULE", exclusive = true)]
    pub(in crate::cli) explain: Option<String>,
    /// Resolve the references of the chosen profiles, and look at the values too
    #[arg(long)]
    pub(in crate::cli) resolve: bool,
    /// Evaluate the project's settings in its own Python, and run Django's own checks on them; with --resolve they get what
    /// the manifest brings [default: what manage.py names]
    #[arg(long, value_name = "MODULE|PATH", num_args = 0..=1, default_missing_value = "")]
    pub(in crate::cli) settings: Option<String>,
    /// With --settings: the interpreter [default: of the environment in use, .venv or venv beside the project, python3]
    #[arg(long, value_name = "PATH", requires = "settings")]
    pub(in crate::cli) python: Option<PathBuf>,
    /// Open each database with the resolved values, and report what its server says: TLS, privileges, versions
    #[arg(long)]
    pub(in crate::cli) connect: bool,
    /// The least serious finding that the run fails for
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Error)]
    pub(in crate::cli) fail_on: FailOn,
    /// Change the manifest where a finding can be mended without doubt; what is left is told
    #[arg(long)]
    pub(in crate::cli) fix: bool,
    /// Print the SQL that gives the application's login and that of migrations what they need, and no more
    #[arg(long, conflicts_with_all = ["resolve", "connect", "fix", "format", "fail_on"])]
    pub(in crate::cli) grants: bool,
    /// With --grants: the profile that migrations run with [default: the one named `migrate`, `migration` or `migrations`]
    #[arg(long, value_name = "NAME", requires = "grants")]
    pub(in crate::cli) migrate_profile: Option<String>,
    /// How findings are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = FindingFormat::Human)]
    pub(in crate::cli) format: FindingFormat,
    /// Say what was let pass, and why
    #[arg(long)]
    pub(in crate::cli) show_suppressed: bool,
}

/// What a run fails for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailOn {
    /// Whatever is found
    Advice,
    /// Warnings and errors
    Warning,
    /// Errors alone
    Error,
}

impl FailOn {
    /// The least serious finding that counts.
    pub(in crate::cli) fn severity(self) -> Severity {
        match self {
            Self::Advice => Severity::Advice,
            Self::Warning => Severity::Warning,
            Self::Error => Severity::Error,
        }
    }
}
