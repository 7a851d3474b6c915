//! `nuages redact`: a filter that masks the manifest's values; and which values those are, for `exec --redact` too.

use std::{io, os::fd::AsFd, path::PathBuf};

use rustix::termios::isatty;

use super::{Exit, Outcome, arguments::Redact, context::Context};
use crate::{
    ci::Secret,
    diagnostic::{Class, Diagnostic},
    exec::{files, pump::Pump},
    redact::{self, Redactor, SHORTEST, Secrets, common},
    resolve::{Fetched, Resolved},
    value::{Table, Value},
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
    Secrets::new(all.iter().map(|secret| secret.value)).map_err(|redact::TooMany| {
        context.fail(Diagnostic::new(
            Class::Provider,
            "the values are too many bytes to be masked",
        ))
    })
}

/// What is to be masked: every text in the outcome that came from a store, and what the stores gave, of which a text may
/// hold a part. What is too short is left out, and the user is told.
pub(super) fn known<'a>(
    context: &Context,
    resolved: &'a Resolved,
    fetched: &'a [Fetched],
) -> Vec<Secret<'a>> {
    let mut all = Vec::new();
    of_resolved(resolved, &mut all);
    of_fetched(fetched, &mut all);
    all.retain(|secret| {
        let is_everybodys = common::is_everybodys(secret.value);
        let is_short = !is_everybodys && redact::is_too_short(secret.value);
        if is_short && !secret.value.is_empty() {
            context.note(&format!(
                "warning: `{}` is not masked: it has fewer than {SHORTEST} bytes",
                secret.key
            ));
        } else if is_everybodys && context.global.verbose > 0 {
            context.note(&format!(
                "`{}` is not masked: its value stands in every text",
                secret.key
            ));
        }
        !is_everybodys && !is_short
    });
    all
}

fn of_resolved<'a>(resolved: &'a Resolved, all: &mut Vec<Secret<'a>>) {
    for (name, value) in resolved.document.env.iter() {
        of_value(format!("env.{name}"), value, all);
    }
    for (alias, value) in resolved.document.databases.iter() {
        let key = format!("databases.{alias}");
        let Value::Table(database) = value else {
            of_value(key, value, all);
            continue;
        };
        of_table(&key, database, true, all);
    }
    for file in &resolved.files {
        all.push(Secret {
            key: file.key.clone(),
            value: file.content.expose(),
        });
    }
}

fn of_table<'a>(key: &str, table: &'a Table, is_database: bool, all: &mut Vec<Secret<'a>>) {
    for (number, (name, value)) in table.iter().enumerate() {
        if is_database && common::is_public_key(name) {
            continue;
        }
        // A key that came from a store is not shown.
        let key = if table.hides_keys() {
            format!("{key}[{number}]")
        } else {
            format!("{key}.{name}")
        };
        of_value(key, value, all);
    }
}

fn of_value<'a>(key: String, value: &'a Value, all: &mut Vec<Secret<'a>>) {
    match value {
        Value::Text(text) | Value::Scalar(text) if text.is_secret() => all.push(Secret {
            key,
            value: text.expose().as_bytes(),
        }),
        Value::List(items) => {
            for (number, item) in items.iter().enumerate() {
                of_value(format!("{key}[{number}]"), item, all);
            }
        }
        Value::Table(table) => of_table(&key, table, false, all),
        _ => {}
    }
}

fn of_fetched<'a>(fetched: &'a [Fetched], all: &mut Vec<Secret<'a>>) {
    for secret in fetched {
        let field = secret.key.rsplit_once('#').map(|(_, field)| field);
        let is_public = field.is_some_and(common::is_public_key);
        // The same value under its own key has been told already.
        let value = secret.value.expose();
        if !is_public && all.iter().all(|known| known.value != value) {
            all.push(Secret {
                key: secret.key.clone(),
                value,
            });
        }
    }
}
