//! `nuages exec`: resolve, then become the command; or stay as its parent and mask what it writes, or as its init.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::PathBuf,
    sync::Arc,
};

use super::{
    Exit, Outcome,
    arguments::Exec,
    context::{Context, Loaded, NUAGES_SCAN_KEY},
    redact,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    exec::{self, child, files, supervise},
    plan::Plan,
    redact::Secrets,
};

pub(super) fn run(context: &Context, command: &Exec) -> Outcome {
    let early = supervise::Early::new().map_err(|error| cannot_catch(context, &error))?;
    let (loaded, plan) = plan(context, command.from_env)?;
    let directory = files_directory(context, command, &loaded, &plan)?;
    let (resolved, fetched) = if command.redact {
        context.resolve_with_secrets(&plan, &loaded, directory.clone())?
    } else {
        let resolved = context.resolve(&plan, &loaded, directory.clone())?;
        (resolved, Vec::new())
    };
    let bootstrap: Vec<&str> = context
        .registry
        .iter()
        .flat_map(|descriptor| descriptor.bootstrap)
        .copied()
        .chain([NUAGES_SCAN_KEY])
        .collect();
    let child = child::child_environment(
        context.environment.variables(),
        &bootstrap,
        command.pristine,
        &resolved,
        directory.as_deref(),
    )
    .map_err(|errors| context.fail_all(&errors, None))?;
    if let Some(directory) = directory.filter(|_| !resolved.files.is_empty()) {
        files::write(&directory, &resolved.files).map_err(|error| context.fail(*error))?;
    }
    // A command may have wanted a cloud's login; nobody but us wants our own variables.
    let missed: Vec<&String> = child
        .stripped
        .iter()
        .filter(|name| !name.starts_with("NUAGES_"))
        .collect();
    if !missed.is_empty() {
        context.note(&format!(
            "kept from the command: {} (pass one on with `[env] NAME = \"${{env://NAME}}\"`)",
            crate::suggest::list(&missed)
        ));
    }
    if context.global.verbose >= 3 {
        let names: Vec<String> = child
            .variables
            .iter()
            .map(|(name, _)| name.to_string_lossy().into_owned())
            .collect();
        context.note(&format!(
            "the command gets {}",
            crate::suggest::list(&names)
        ));
    }
    if command.redact || command.supervise {
        let secrets = command
            .redact
            .then(|| redact::secrets(context, &resolved, &fetched))
            .transpose()?;
        drop((resolved, fetched));
        return stay(context, command, child, secrets, early);
    }
    drop(resolved);
    let (program, arguments) = program(context, command)?;
    let error = exec::replace(program, arguments, &child.variables);
    Err(not_started(context, program, &error))
}

/// The manifest and what it wants fetched; with `from_env`, what the environment's references want as well.
pub(super) fn plan(context: &Context, from_env: bool) -> Result<(Loaded, Plan), Exit> {
    let loaded = if from_env {
        context.load_or_empty()?
    } else {
        context.load()?
    };
    let mut plan = context.plan(&loaded)?;
    if from_env {
        plan.add_environment(
            &loaded.manifest,
            &context.selection(),
            &context.registry,
            &loaded.environment,
        )
        .map_err(|errors| context.fail_all(&errors, None))?;
    }
    Ok((loaded, plan))
}

/// Where `[files]` go, where there are any.
fn files_directory(
    context: &Context,
    command: &Exec,
    loaded: &Loaded,
    plan: &Plan,
) -> Result<Option<PathBuf>, Exit> {
    if !plan.has_files() {
        return Ok(None);
    }
    if let Some(directory) = &command.files_dir {
        return std::path::absolute(directory).map(Some).map_err(|error| {
            let title = format!("cannot use `{}` for files", directory.display());
            context.fail(Diagnostic::new(Class::Usage, title).cause(error.to_string()))
        });
    }
    let (directory, is_memory) =
        files::directory(&loaded.environment, &loaded.path, &plan.profiles);
    if !is_memory {
        context.note(&format!(
            "warning: no place in memory for `[files]`: they go to `{}`, which may be a disk",
            directory.display()
        ));
    }
    Ok(Some(directory))
}

/// Runs the command as a child, and ends as it ends.
fn stay(
    context: &Context,
    command: &Exec,
    child: child::ChildEnvironment,
    secrets: Option<Secrets>,
    early: supervise::Early,
) -> Outcome {
    let (program, arguments) = program(context, command)?;
    let ended = match secrets {
        Some(secrets) if !command.supervise => {
            drop(early);
            exec::parent::run_masked(program, arguments, child.variables, secrets)
        }
        secrets => {
            let supervisor = supervise::Supervisor::new(command.kill_after)
                .map_err(|error| cannot_catch(context, &error))?;
            // Only now: what asks us to end in between is either obeyed or handed on.
            drop(early);
            let launch = supervise::Launch {
                program,
                arguments,
                environment: child.variables,
                secrets: secrets.map(Arc::new),
            };
            supervise::run(supervisor, launch)
        }
    };
    let ended = ended.map_err(|error| not_started(context, program, &error))?;
    if let Some(error) = &ended.unwritten {
        redact::unwritten(context, error);
    }
    match ended.code {
        0 => Ok(()),
        code => Err(Exit(code)),
    }
}

fn cannot_catch(context: &Context, error: &io::Error) -> Exit {
    let title = "cannot catch signals";
    context.fail(Diagnostic::new(Class::Usage, title).cause(error.to_string()))
}

fn program<'a>(
    context: &Context,
    command: &'a Exec,
) -> Result<(&'a OsString, &'a [OsString]), Exit> {
    command
        .command
        .split_first()
        .ok_or_else(|| context.fail(Diagnostic::new(Class::Usage, "there is no command to run")))
}

/// Says why the command does not run.
fn not_started(context: &Context, program: &OsStr, error: &io::Error) -> Exit {
    let mut diagnostic = Diagnostic::new(
        Class::Usage,
        format!("cannot run `{}`", program.to_string_lossy()),
    )
    .cause(error.to_string());
    diagnostic.hint = match error.kind() {
        std::io::ErrorKind::NotFound => {
            Some("is it installed, and on the `PATH` that the command gets?".to_owned())
        }
        std::io::ErrorKind::ArgumentListTooLong => Some(
            "the environment as a whole is too long for the kernel: give long values as `[files]`"
                .to_owned(),
        ),
        _ => None,
    };
    context.fail(diagnostic);
    Exit(exec::exit_code(error))
}
