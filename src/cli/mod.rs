//! The command line: the only code that parses arguments, reads the environment and prints. One file a command.

mod arguments;
mod change;
mod check;
mod ci;
mod colour;
mod completions;
mod context;
mod doctor;
mod exec;
mod first_run;
mod get;
mod guide;
mod hook;
#[cfg(feature = "provider-local")]
mod init;
#[cfg(feature = "provider-local")]
mod key;
mod man;
mod output;
pub mod pages;
mod plan;
mod progress;
mod project;
mod providers;
mod put;
mod redact;
mod render;
mod scan;
mod schema;
mod status;
mod supervise;
mod template;

use std::{
    ffi::OsString,
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use clap::{
    Parser as _,
    error::{ContextKind, ContextValue, ErrorKind},
};
use nuages_provider::Environment;

use crate::registry::Registry;
use arguments::{Arguments, Colour, Command};
use context::Context;

/// The outcome of a command: done, or an exit code after the reason has been printed.
type Outcome = Result<(), Exit>;

/// An exit code whose reason has been printed.
#[derive(Clone, Copy, Debug)]
struct Exit(u8);

/// Runs the program with these providers: [`Registry::builtin`], or more with [`Registry::with`].
#[must_use]
pub fn main(registry: Registry) -> ExitCode {
    run(std::env::args_os().collect(), registry)
}

/// Runs the program with these arguments, the program's name first.
#[must_use]
pub fn run(arguments: Vec<OsString>, registry: Registry) -> ExitCode {
    quiet_panics();
    crate::exec::harden::harden();
    let environment = context::environment();
    let choice = colour::typed(&arguments);
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return said_by_clap(&with_tip(error), choice, &environment),
    };
    let name = arguments.command.name();
    let context = Context::new(arguments.global, registry, name, environment);
    let outcome = match arguments.command {
        Command::Exec(command) => exec::run(&context, &command),
        Command::Render(command) => render::run(&context, &command),
        Command::Get(command) => get::run(&context, &command),
        Command::Plan(command) => plan::run(&context, &command),
        Command::Doctor(command) => doctor::run(&context, &command),
        Command::Status(command) => status::run(&context, &command),
        #[cfg(feature = "provider-local")]
        Command::Init(command) => init::run(&context, &command),
        Command::Put(command) => put::run(&context, &command),
        #[cfg(feature = "provider-local")]
        Command::Key(command) => key::run(&context, &command),
        Command::Check(command) => check::run(&context, &command),
        Command::Scan(command) => scan::run(&context, &command),
        Command::Hook(command) => hook::run(&context, &command),
        Command::Redact(command) => redact::run(&context, &command),
        Command::Providers(command) => providers::run(&context, &command),
        Command::Schema => schema::run(&context),
        Command::Man(command) => man::run(&context, &command),
        Command::Completions(command) => completions::run(&context, &command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Exit(code)) => ExitCode::from(code),
    }
}

/// What `exec` misses that got its command without `--`, or none: an example says more than the usage.
fn with_tip(mut error: clap::Error) -> clap::Error {
    let is_word = match error.kind() {
        ErrorKind::MissingRequiredArgument => true,
        ErrorKind::UnknownArgument => {
            matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(word)) if !word.starts_with('-'))
        }
        _ => false,
    };
    let usage = error.get(ContextKind::Usage).map(ToString::to_string);
    if is_word && usage.is_some_and(|usage| usage.contains("nuages exec ")) {
        let tip = "the command stands behind `--`, as in `nuages exec -- gunicorn shop.wsgi`";
        let tip = ContextValue::StyledStrs(vec![tip.into()]);
        error.insert(ContextKind::Suggested, tip);
    }
    error
}

/// Help, the version, or what is wrong with the command line. By the same rules for colour as all else.
fn said_by_clap(error: &clap::Error, choice: Colour, environment: &Environment) -> ExitCode {
    let text = error.render();
    let in_colour = |is_terminal| {
        if colour::is_wanted(choice, environment, is_terminal) {
            text.ansi().to_string()
        } else {
            text.to_string()
        }
    };
    // Help and version are no errors: clap says which.
    if error.use_stderr() {
        output::error_text(&in_colour(io::stderr().is_terminal()));
        return ExitCode::from(2);
    }
    match output::result(in_colour(io::stdout().is_terminal()).as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Exit(code)) => ExitCode::from(code),
    }
}

/// A panic's message may quote what it was working on, and that may be a secret: only the place is printed.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        output::error_line(&format!(
            "error: nuages failed at {place}\nhint: this is a defect of nuages; nothing was started or written after it"
        ));
    }));
}
