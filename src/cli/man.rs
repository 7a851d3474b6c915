//! `nuages man`: man pages of what clap knows, with the sections that it does not.

use std::{
    io::{self, IsTerminal, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Command, Stdio},
};

use clap::CommandFactory as _;
use clap_mangen::{
    Man as Page,
    roff::{Roff, bold, roman},
};

use super::{
    Exit, Outcome,
    arguments::{Arguments, Man},
    context::Context,
    guide::{self, ExitCode},
    output,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    exec::interrupt,
    registry::Registry,
    suggest,
    variables::{self, Group},
};

pub(super) fn run(context: &Context, command: &Man) -> Outcome {
    let root = tree();
    if let Some(directory) = &command.out {
        return write_all(context, &root, directory);
    }
    let found = find(context, &root, &command.command)?;
    let page = page(&root, found, &context.registry).map_err(|error| unwritten(context, &error))?;
    if io::stdout().is_terminal() {
        if is_shown(&page) {
            return Ok(());
        }
        context.note("there is no `man` that could show the page: this is the command's help");
        let mut help = found.clone();
        let help = help.render_long_help();
        return output::result(&if context.colour_of_results {
            help.ansi().to_string().into_bytes()
        } else {
            help.to_string().into_bytes()
        });
    }
    output::result(&page)
}

/// Every command, each with the options it has from those above it.
pub(super) fn tree() -> clap::Command {
    let mut root = Arguments::command().disable_help_subcommand(true);
    root.build();
    root
}

fn find<'a>(
    context: &Context,
    root: &'a clap::Command,
    words: &[String],
) -> Result<&'a clap::Command, Exit> {
    let mut command = root;
    for word in words {
        command = command.find_subcommand(word).ok_or_else(|| {
            let known = command.get_subcommands().map(clap::Command::get_name);
            let title = format!("there is no command `{} {word}`", typed(command));
            context
                .fail(Diagnostic::new(Class::Usage, title).maybe_hint(suggest::hint(word, known)))
        })?;
    }
    Ok(command)
}

/// A command as it is typed: `nuages scan rules`.
pub(super) fn typed(command: &clap::Command) -> &str {
    command.get_bin_name().unwrap_or_else(|| command.get_name())
}

/// A page's name: `nuages-scan-rules`.
fn title(command: &clap::Command) -> String {
    typed(command).replace(' ', "-")
}

/// Writes the page of each command into a directory.
fn write_all(context: &Context, root: &clap::Command, directory: &Path) -> Outcome {
    let directory = context.environment.base().join(directory);
    let unwritten_to = |path: &Path, error: &io::Error| {
        let title = format!("cannot write `{}`", path.display());
        context.fail(Diagnostic::new(Class::Usage, title).cause(error.to_string()))
    };
    std::fs::create_dir_all(&directory).map_err(|error| unwritten_to(&directory, &error))?;
    let all = every(root);
    for command in &all {
        let page =
            page(root, command, &context.registry).map_err(|error| unwritten(context, &error))?;
        let path = directory.join(format!("{}.1", title(command)));
        std::fs::write(&path, page).map_err(|error| unwritten_to(&path, &error))?;
    }
    let count = all.len();
    context.note(&format!("wrote {count} pages to `{}`", directory.display()));
    Ok(())
}

/// A command and all below it.
pub(super) fn every(command: &clap::Command) -> Vec<&clap::Command> {
    let below = command.get_subcommands().filter(|one| !one.is_hide_set());
    std::iter::once(command)
        .chain(below.flat_map(every))
        .collect()
}

fn unwritten(context: &Context, error: &io::Error) -> Exit {
    let title = "cannot write the man pages";
    context.fail(Diagnostic::new(Class::Usage, title).cause(error.to_string()))
}

/// Has `man` show a page; whether it did.
fn is_shown(page: &[u8]) -> bool {
    let started = Command::new("man")
        .args(["-l", "-"])
        .stdin(Stdio::piped())
        // What a `man` without `-l` says of it is nothing to the reader.
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = started else {
        return false;
    };
    // We have to be there as long as its pager is, or the shell reads from the terminal at the same time.
    interrupt::leave_to_child();
    let is_written = child
        .stdin
        .take()
        .is_some_and(|mut input| input.write_all(page).is_ok());
    child.wait().is_ok_and(|status| {
        // Whoever interrupts it wants no more of it.
        status.signal().is_some() || (status.success() && is_written)
    })
}

/// One page, as roff.
fn page(root: &clap::Command, command: &clap::Command, registry: &Registry) -> io::Result<Vec<u8>> {
    let version = concat!("nuages ", env!("CARGO_PKG_VERSION"));
    let man = Page::new(command.clone())
        .title(title(command))
        .source(version)
        .manual("nuages");
    let mut bytes = Vec::new();
    man.render_title(&mut bytes)?;
    man.render_name_section(&mut bytes)?;
    synopsis(command, &mut bytes)?;
    man.render_description_section(&mut bytes)?;
    man.render_options_section(&mut bytes)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut bytes)?;
    }
    let mut roff = Roff::new();
    let is_root = command.get_name() == root.get_name();
    let words = guide::afterword(command);
    if !words.notes.is_empty() && !is_root {
        roff.control("SH", ["NOTES"]);
        verbatim(&mut roff, words.notes.lines());
    }
    roff.control("SH", ["EXIT STATUS"]);
    exit_codes(&mut roff, guide::EXIT_CODES);
    if is_root || command.get_name() == "exec" {
        exit_codes(&mut roff, guide::COMMAND_CODES);
    }
    environment(&mut roff, is_root, registry);
    roff.control("SH", ["FILES"]);
    for (path, meaning) in guide::FILES {
        entry(&mut roff, path, meaning);
    }
    if !words.examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        verbatim(&mut roff, words.examples.iter().map(String::as_str));
    }
    see_also(&mut roff, root, command);
    roff.to_writer(&mut bytes)?;
    Ok(bytes)
}

/// As clap has it in help: the two hyphens before a command that is to be run matter.
fn synopsis(command: &clap::Command, bytes: &mut Vec<u8>) -> io::Result<()> {
    let usage = command.clone().render_usage().to_string();
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    for line in usage.lines() {
        let line = line.trim_start_matches("Usage:").trim();
        let rest = line.strip_prefix(typed(command)).unwrap_or(line);
        roff.text([bold(typed(command)), roman(rest)]);
        roff.control("br", []);
    }
    roff.to_writer(bytes)
}

fn exit_codes(roff: &mut Roff, codes: &[ExitCode]) {
    for code in codes {
        entry(roff, code.code, code.meaning);
    }
}

/// All variables in the page of nuages itself; in the others those that belong to nuages.
fn environment(roff: &mut Roff, is_root: bool, registry: &Registry) {
    roff.control("SH", ["ENVIRONMENT"]);
    let groups: &[Group] = if is_root {
        variables::GROUPS
    } else {
        &variables::GROUPS[..1]
    };
    for group in groups {
        if is_root {
            roff.control("SS", [group.title]);
            roff.text([roman(group.about)]);
        }
        for variable in group.variables {
            entry(roff, variable.name, &variables::meaning(variable, registry));
        }
    }
    if !is_root {
        roff.control("PP", []);
        roff.text([roman("All others are in the page nuages(1).")]);
    }
}

fn see_also(roff: &mut Roff, root: &clap::Command, command: &clap::Command) {
    let above = typed(command).rsplit_once(' ').map(|(above, _)| above);
    let mut pages: Vec<String> = std::iter::once(typed(root))
        .chain(above)
        .filter(|name| *name != typed(command))
        .chain(command.get_subcommands().map(typed))
        .map(|name| format!("{}(1)", name.replace(' ', "-")))
        .collect();
    pages.dedup();
    roff.control("SH", ["SEE ALSO"]);
    if !pages.is_empty() {
        roff.text([roman(pages.join(", "))]);
        roff.control("PP", []);
    }
    roff.text([roman(guide::DOCUMENTATION)]);
}

/// A word and what it means.
fn entry(roff: &mut Roff, word: &str, meaning: &str) {
    roff.control("TP", []);
    roff.text([bold(word)]);
    roff.text([roman(meaning)]);
}

/// Lines as they are laid out.
fn verbatim<'a>(roff: &mut Roff, lines: impl Iterator<Item = &'a str>) {
    roff.control("nf", []);
    for line in lines {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}
