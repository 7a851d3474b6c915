//! `nuages render` for a CI system: masks to standard output first, then values to where the system reads them.

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

use super::{
    Exit, Outcome,
    arguments::Render,
    context::{Context, Loaded},
    output, redact, render,
};
use crate::{
    ci::{self, Handover, Job, Place, Sink, append},
    diagnostic::{Class, Diagnostic},
    plan::Plan,
    render::Settings,
};

/// Where the values go.
enum Destination {
    Printed,
    /// Appended: the system's own file.
    Theirs {
        path: PathBuf,
        variable: &'static str,
        may_create: bool,
    },
    /// Replaced: the file of `--output`.
    Ours(PathBuf),
}

pub(super) fn run(context: &Context, command: &Render, sink: &dyn Sink) -> Outcome {
    let settings = render::settings(context, sink.name(), sink.settings(), &command.set)?;
    refuse_masks(context, command, sink)?;
    if command.force && !sink.refuses_secrets() {
        let title = format!(
            "`--force` means nothing to `{}`: it takes secrets as it is",
            sink.name()
        );
        return Err(context.fail(Diagnostic::new(Class::Usage, title).hint("leave it out")));
    }
    // Before any secret is fetched.
    let destination = destination(context, command, sink, &settings)?;
    let loaded = context.load()?;
    let plan = context.plan(&loaded)?.without_files(true);
    let handover = hand_over(context, command, sink, &settings, &loaded, &plan)?;
    for note in &handover.notes {
        context.note(note);
    }
    // Written and flushed: what the system knows to mask may travel from here on.
    output::result(&handover.masks)?;
    if command.mask_only {
        return Ok(());
    }
    match destination {
        Destination::Printed => output::result(&handover.commands),
        Destination::Ours(path) => render::put(context, &path, &handover.file, command.mode),
        Destination::Theirs {
            path,
            variable,
            may_create,
        } => append::append(&path, &handover.file, may_create)
            .map_err(|failure| unwritten(context, variable, &path, &failure)),
    }
}

fn hand_over(
    context: &Context,
    command: &Render,
    sink: &dyn Sink,
    settings: &Settings,
    loaded: &Loaded,
    plan: &Plan,
) -> Result<Handover, Exit> {
    let (resolved, fetched) = context.resolve_with_secrets(plan, loaded, None)?;
    let secrets = if sink.has_masks() {
        redact::known(context, &resolved, &fetched)
    } else {
        Vec::new()
    };
    let job = Job {
        document: &resolved.document,
        secrets: &secrets,
        settings,
        environment: &loaded.environment,
        mask_only: command.mask_only,
        force: command.force,
        delimiter: &ci::delimiter,
    };
    sink.hand_over(&job)
        .map_err(|errors| context.fail_all(&errors, Some(&plan.source)))
}

fn refuse_masks(context: &Context, command: &Render, sink: &dyn Sink) -> Outcome {
    let name = sink.name();
    if !sink.has_masks() {
        return if command.mask_only {
            let title = format!("`{name}` has no masks for values that a step tells it");
            let hint = "`nuages exec --redact -- COMMAND` masks what one command writes";
            Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)))
        } else {
            Ok(())
        };
    }
    // The commands hold the values.
    if io::stdout().is_terminal() && !command.reveal {
        let title = format!("what `{name}` reads holds the values: it is not for a terminal");
        let hint = "`--reveal` shows it all the same";
        return Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)));
    }
    Ok(())
}

fn destination(
    context: &Context,
    command: &Render,
    sink: &dyn Sink,
    settings: &Settings,
) -> Result<Destination, Exit> {
    let usage = |title: String, hint: &str| {
        context.fail(Diagnostic::new(Class::Usage, title).hint(hint.to_owned()))
    };
    let name = sink.name();
    match (sink.place(settings), &command.output) {
        (_, None) if command.mask_only => Ok(Destination::Printed),
        (_, Some(_)) if command.mask_only => Err(usage(
            "`--mask-only` writes no file".to_owned(),
            "without `--output`, the masks go to standard output",
        )),
        (Place::Printed, None) => Ok(Destination::Printed),
        (Place::Printed, Some(_)) => Err(usage(
            format!("`{name}` reads standard output, not a file"),
            "leave `--output` out",
        )),
        (Place::Own | Place::Named { .. }, Some(path)) => {
            render::refuse_tracked(context, path)?;
            Ok(Destination::Ours(path.clone()))
        }
        (Place::Own, None) => Err(usage(
            format!("`{name}` needs a file: standard output is the job's log"),
            "`--output FILE`",
        )),
        (
            Place::Named {
                variable,
                step,
                may_create,
            },
            None,
        ) => theirs(context, variable, step, may_create),
    }
}

/// The file that the system named, as far as it can be one.
fn theirs(
    context: &Context,
    variable: &'static str,
    step: &str,
    may_create: bool,
) -> Result<Destination, Exit> {
    let named = context
        .environment
        .var(variable)
        .filter(|path| !path.is_empty());
    let Some(path) = named.map(|path| context.environment.base().join(path)) else {
        let title = format!("this is not {step}: `{variable}` is not set");
        let hint = "`--output FILE` writes to a file of your own";
        return Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)));
    };
    match append::check(&path, may_create) {
        Ok(()) => Ok(Destination::Theirs {
            path,
            variable,
            may_create,
        }),
        Err(failure) => Err(unwritten(context, variable, &path, &failure)),
    }
}

fn unwritten(context: &Context, variable: &str, path: &Path, failure: &append::Failure) -> Exit {
    let title = format!("cannot write to `{}` (`{variable}`)", path.display());
    context.fail(Diagnostic::new(Class::Usage, title).cause(failure.to_string()))
}
