//! `nuages redact`: a filter that masks the manifest's values; and what is told of those that are not masked, for
//! `exec --redact` too.

use std::{io, os::fd::AsFd, path::PathBuf};

use rustix::termios::isatty;

use super::{Exit, Outcome, arguments::Redact, context::Context};
use crate::{
    ci::Secret,
    diagnostic::{Class, Diagnostic},
    exec::{files, pump::Pump},
    keep::mask::TOO_MANY,
    redact::{
        self, Redactor, SHORTEST, Secrets,
        values::{self, PassedOver, Reason},
    },
    resolve::{Fetched, Resolved},
};

pub(super) fn run(context: &Context, command: &Redact) -> Outcome {
    let (loaded, plan) = super::exec::plan(context, command.from_env)?;
    // Nothing is made there; values may hold the path.
    let directory: Option<PathBuf> = plan
        .has_files()
        .then(|| files::directory(&loaded.environment, &loaded.path, &plan.profiles).0);
    let (resolved, fetched) = context.resolve_with_secrets(&plan, &loaded, directory)?;
    let secrets = secrets(context, &resolved, &fetched)?;
    drop((resolved, fetched));
    let pump = || -> io::Result<Pump> {
        let (input, output) = (rustix::stdio::stdin(), rustix::stdio::stdout());
        Ok(Pump {
            from: input.as_fd().try_clone_to_owned()?.into(),
            to: output.as_fd().try_clone_to_owned()?.into(),
            until: None,
            is_watched: isatty(output),
            is_terminal: false,
        })
    };
    let redactor = Redactor::new(&std::sync::Arc::new(secrets));
    match pump().and_then(|pump| pump.run(redactor)) {
        Ok(()) => Ok(()),
        // As any filter ends whose reader has gone away.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Exit(128 + 13)),
        Err(error) => Err(unwritten(context, &error)),
    }
}

pub(super) fn unwritten(context: &Context, error: &io::Error) -> Exit {
    let title = "cannot write what was masked";
    context.fail(Diagnostic::new(Class::Provider, title).cause(error.to_string()))
}

/// The values of a run, made ready: see [`known`].
pub(super) fn secrets(
    context: &Context,
    resolved: &Resolved,
    fetched: &[Fetched],
) -> Result<Secrets, Exit> {
    let all = known(context, resolved, fetched);
    Secrets::new(all.iter().map(|secret| secret.value)).map_err(|redact::TooMany| too_many(context))
}

pub(super) fn too_many(context: &Context) -> Exit {
    context.fail(Diagnostic::new(Class::Provider, TOO_MANY))
}

/// What is to be masked ([`values::of`]). What is too short is left out, and the user is told.
pub(super) fn known<'a>(
    context: &Context,
    resolved: &'a Resolved,
    fetched: &'a [Fetched],
) -> Vec<Secret<'a>> {
    let (chosen, passed_over) = values::of(resolved, fetched);
    tell(context, &passed_over);
    let secrets = chosen.into_iter().map(|chosen| Secret {
        key: chosen.key,
        value: chosen.value,
    });
    secrets.collect()
}

/// What is not masked, and why.
pub(super) fn tell(context: &Context, passed_over: &[PassedOver]) {
    for PassedOver { key, reason } in passed_over {
        match reason {
            Reason::Short => context.note(&format!(
                "warning: `{key}` is not masked: it has fewer than {SHORTEST} bytes"
            )),
            Reason::Everybodys if context.global.verbose > 0 => context.note(&format!(
                "`{key}` is not masked: its value stands in every text"
            )),
            Reason::Everybodys => {}
        }
    }
}
