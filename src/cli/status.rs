//! `nuages status`: what the supervisors of this manifest keep fresh, and whether it is. They answer on a socket each.

mod ask;
mod report;

use std::{path::PathBuf, time::SystemTime};

use serde_json::Value;

use super::{
    Exit, Outcome,
    arguments::{ReportFormat, Status},
    context::Context,
    output,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    exec::files,
};

/// Something is not as it should be.
const UNHEALTHY: Exit = Exit(1);

pub(super) fn run(context: &Context, command: &Status) -> Outcome {
    let directory = directory(context, command)?;
    let mut is_healthy = true;
    let mut states = Vec::new();
    for (pid, answer) in ask::all(&directory, command.pid) {
        match answer {
            Ok(Some(state)) => states.push(state),
            // Nobody listens: it has ended without a chance to tidy up.
            Ok(None) => {}
            Err(reason) => {
                is_healthy = false;
                let title = format!("the supervisor with pid {pid} cannot be asked");
                context.fail(Diagnostic::new(Class::Provider, title).cause(reason));
            }
        }
    }
    if states.is_empty() {
        if is_healthy {
            nothing_runs(context, command);
        }
        return Err(UNHEALTHY);
    }
    is_healthy &= states.iter().all(report::is_healthy);
    match command.format {
        ReportFormat::Human if context.global.quiet => {}
        ReportFormat::Human => {
            output::result(report::human(&states, SystemTime::now()).as_bytes())?;
        }
        ReportFormat::Json => {
            output::result(format!("{:#}\n", Value::Array(states)).as_bytes())?;
        }
    }
    if is_healthy { Ok(()) } else { Err(UNHEALTHY) }
}

/// Where the supervisors of this manifest and these profiles have their files.
fn directory(context: &Context, command: &Status) -> Result<PathBuf, Exit> {
    if let Some(directory) = &command.files_dir {
        return Ok(context.environment.base().join(directory));
    }
    let loaded = context.load()?;
    let profiles = context.selection().profiles;
    Ok(files::directory(&loaded.environment, &loaded.path, &profiles).0)
}

fn nothing_runs(context: &Context, command: &Status) {
    let title = match command.pid {
        None => "no supervisor runs for this manifest and these profiles".to_owned(),
        Some(pid) => {
            format!("no supervisor with pid {pid} runs for this manifest and these profiles")
        }
    };
    context.fail(Diagnostic::new(Class::Provider, title).hint(
        "`nuages exec --supervise` is one; look for it as its user, with its `--manifest`, `--profile` and `--files-dir`",
    ));
}
