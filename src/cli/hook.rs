//! `nuages hook`: the scan in git's hooks.

use std::{
    ffi::OsString,
    io::{self, Read as _},
};

use clap::Parser as _;

use super::{
    Exit, Outcome,
    arguments::{Arguments, Command, Hook, HookChoice, HookCommand, Scan},
    context::Context,
    scan::{self, From},
};
use crate::{
    diagnostic::{Class, Diagnostic},
    hook::{self, Change, HookError},
    scan::source::Push,
};

/// What git tells a pre-push hook is a line for each ref.
const MOST: u64 = 16 * 1024 * 1024;

pub(super) fn run(context: &Context, command: &Hook) -> Outcome {
    match &command.command {
        HookCommand::Install(choice) => change(context, choice, hook::install),
        HookCommand::Uninstall(choice) => change(context, choice, hook::uninstall),
        HookCommand::Run { hook, arguments } => match hook::Hook::named(hook) {
            Some(hook::Hook::PreCommit) => pre_commit(context),
            Some(hook::Hook::PrePush) | None => pre_push(context, arguments),
        },
    }
}

type Action = fn(&std::path::Path, hook::Hook) -> Result<Change, HookError>;

fn change(context: &Context, choice: &HookChoice, action: Action) -> Outcome {
    let refuse = |error: HookError| context.fail(describe(error));
    let directory = hook::directory(context.environment.base(), choice.shared).map_err(refuse)?;
    for hook in hook::Hook::ALL {
        if choice.hooks.is_empty() || choice.hooks.iter().any(|name| name == hook.name()) {
            let change = action(&directory, hook).map_err(refuse)?;
            context.note(&tell(&change));
        }
    }
    Ok(())
}

fn tell(change: &Change) -> String {
    match change {
        Change::Installed(path) => format!("installed `{}`", path.display()),
        Change::Chained(path, next) => {
            format!(
                "installed `{}`; what was there runs after it, from `{}`",
                path.display(),
                next.display()
            )
        }
        Change::Unchanged(path) => format!("`{}` is in place already", path.display()),
        Change::Updated(path) => format!("brought `{}` up to date", path.display()),
        Change::Removed(path) => format!("took out `{}`", path.display()),
        Change::Absent(path) => format!("`{}` is not ours, or not there", path.display()),
    }
}

fn describe(error: HookError) -> Diagnostic {
    match error {
        HookError::NoRepository(place) => Diagnostic::new(
            Class::Usage,
            format!(
                "`{}` is in no git repository, and hooks are git's",
                place.display()
            ),
        )
        .hint("go to the project's repository, or make one: `git init`"),
        HookError::Unopened(place, cause) => Diagnostic::new(
            Class::Usage,
            format!("the repository of `{}` cannot be opened", place.display()),
        )
        .cause(cause),
        HookError::Shared(path) => Diagnostic::new(
            Class::Usage,
            format!(
                "`core.hooksPath` leads to `{}`, outside of this repository",
                path.display()
            ),
        )
        .hint("`--shared` puts the hook there, for every repository that uses it"),
        HookError::Occupied(path) => Diagnostic::new(
            Class::Usage,
            format!("`{}` is there from before", path.display()),
        )
        .hint("look at it, and move one of the two hooks away"),
        HookError::Io(path, error) => Diagnostic::new(
            Class::Provider,
            format!("cannot change `{}`", path.display()),
        )
        .cause(error.to_string()),
    }
}

fn pre_commit(context: &Context) -> Outcome {
    scan::scan(
        context,
        &plain_scan(context)?,
        &[From::Staged { whole: false }],
    )
}

/// One line for each ref that is pushed: `<local ref> <local id> <remote ref> <remote id>`.
fn pre_push(context: &Context, arguments: &[OsString]) -> Outcome {
    // Git adds the remote's name, or its URL where it has none.
    let remote_name = arguments
        .first()
        .and_then(|name| name.to_str())
        .map(str::to_owned);
    let mut text = String::new();
    let read = io::stdin().lock().take(MOST).read_to_string(&mut text);
    read.map_err(|error| {
        let title = "cannot read what is to be pushed";
        context.fail(Diagnostic::new(Class::Usage, title).cause(error.to_string()))
    })?;
    let mut pushed = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let parts: Vec<&str> = line.split(' ').collect();
        let &[_, local, _, remote] = parts.as_slice() else {
            return Err(context.fail(Diagnostic::new(
                Class::Usage,
                "git tells a pre-push hook four words a line, and this is something else",
            )));
        };
        // A branch that is deleted brings nothing.
        if local.bytes().any(|digit| digit != b'0') {
            pushed.push(From::Push(Push {
                local: local.to_owned(),
                remote: remote.to_owned(),
                name: remote_name.clone(),
            }));
        }
    }
    if pushed.is_empty() {
        return Ok(());
    }
    scan::scan(context, &plain_scan(context)?, &pushed)
}

/// `nuages scan` without options: what the manifest says holds.
fn plain_scan(context: &Context) -> Result<Scan, Exit> {
    match Arguments::try_parse_from(["nuages", "scan"]).map(|arguments| arguments.command) {
        Ok(Command::Scan(scan)) => Ok(*scan),
        _ => Err(context.fail(Diagnostic::new(Class::Usage, "the scan has no defaults"))),
    }
}
