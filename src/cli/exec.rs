//! `nuages exec`: resolve, then become the command; or stay as its parent and mask what it writes.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::PathBuf,
};

use super::{
    Exit, Outcome,
    arguments::Exec,
    context::{Context, Loaded},
    redact, supervise,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    exec::{self, child, files},
    keep,
    plan::Plan,
    variables::NUAGES_SCAN_KEY,
};

pub(super) fn run(context: &Context, command: &Exec) -> Outcome {
    if command.supervise {
        return supervise::run(context, command);
    }
    let (loaded, plan) = plan(context, command.from_env)?;
    if plan.is_live() {
        context
            .note("`live` is for `exec --supervise`: the command gets the password as it is now");
    }
    let directory = files_directory(context, command, &loaded, &plan)?;
    let (mut resolved, fetched) = if command.redact {
        context.resolve_with_secrets(&plan, &loaded, directory.clone())?
    } else {
        let resolved = context.resolve(&plan, &loaded, directory.clone())?;
        (resolved, Vec::new())
    };
    let rendered = keep::handover::rendered(&plan, &resolved.document)
        .map_err(|errors| context.fail_all(&errors, Some(&plan.source)))?;
    resolved.files.extend(rendered);
    let bootstrap = bootstrap(context);
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
    tell_environment(context, &child);
    let (program, arguments) = program(context, command)?;
    if command.redact {
        let secrets = redact::secrets(context, &resolved, &fetched)?;
        drop((resolved, fetched));
        let ended = exec::parent::run_masked(program, arguments, child.variables, secrets)
            .map_err(|error| not_started(context, program, &error))?;
        return end(context, &ended);
    }
    drop(resolved);
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
pub(super) fn files_directory(
    context: &Context,
    command: &Exec,
    loaded: &Loaded,
    plan: &Plan,
) -> Result<Option<PathBuf>, Exit> {
    if !plan.has_files() && !command.supervise {
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
    if !is_memory && (plan.has_files() || plan.is_live()) {
        context.note(&format!(
            "warning: no place in memory for files: they go to `{}`, which may be a disk",
            directory.display()
        ));
    }
    Ok(Some(directory))
}

/// Ends as the command has ended.
pub(super) fn end(context: &Context, ended: &exec::parent::Ended) -> Outcome {
    if let Some(error) = &ended.unwritten {
        redact::unwritten(context, error);
    }
    match ended.code {
        0 => Ok(()),
        code => Err(Exit(code)),
    }
}

/// The names of our own logins, which the command does not get.
pub(super) fn bootstrap(context: &Context) -> Vec<&'static str> {
    context
        .registry
        .iter()
        .flat_map(|descriptor| descriptor.bootstrap)
        .copied()
        .chain([NUAGES_SCAN_KEY])
        .collect()
}

/// What the command does not get, and for who asks what it does.
pub(super) fn tell_environment(context: &Context, child: &child::ChildEnvironment) {
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
}

pub(super) fn program<'a>(
    context: &Context,
    command: &'a Exec,
) -> Result<(&'a OsString, &'a [OsString]), Exit> {
    command
        .command
        .split_first()
        .ok_or_else(|| context.fail(Diagnostic::new(Class::Usage, "there is no command to run")))
}

/// Says why the command does not run.
pub(super) fn not_started(context: &Context, program: &OsStr, error: &io::Error) -> Exit {
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
