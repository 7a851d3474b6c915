//! What `nuages status` takes.

use std::path::PathBuf;

use clap::Args;

use super::ReportFormat;

/// `nuages status`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  nuages status                            every `nuages exec --supervise` of this manifest
  nuages --profile prod status             as production has it
  nuages status --format json              for machines
  HEALTHCHECK CMD [\"nuages\", \"status\", \"-q\"]

Run it as the user, with the manifest and the profiles of `nuages exec`.
Exit code 1: nothing runs, gives no answer in two seconds, or has a value
whose last refresh failed or that has expired.")]
pub(in crate::cli) struct Status {
    /// The supervisor with this process ID alone
    #[arg(long, value_name = "PID")]
    pub(in crate::cli) pid: Option<u32>,
    /// Where `nuages exec --files-dir` had its files
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) files_dir: Option<PathBuf>,
    /// How the state is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ReportFormat::Human)]
    pub(in crate::cli) format: ReportFormat,
}
