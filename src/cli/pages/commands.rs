//! `commands.md`: every command, its arguments, options and examples, from what clap knows.

use std::fmt::Write as _;

use clap::{Arg, Command};

use super::{
    super::{guide, man},
    cell, heading,
};

/// The heading of the options that every command has.
const GLOBAL: &str = "Global options";

pub(super) fn page() -> String {
    let root = man::tree();
    let commands = man::every(&root);
    let mut text = heading("Commands");
    text.push_str(
        "\n`nuages COMMAND --help` and `nuages help COMMAND` show what is below, `nuages man COMMAND` shows it as a man page. Where a \
         command is mistyped, the nearest are named.\n\n",
    );
    for command in commands.iter().skip(1) {
        let typed = man::typed(command);
        let about = command.get_about().map(ToString::to_string);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "- [`{typed}`](#{}): {}",
            typed.replace(' ', "-"),
            about.unwrap_or_default()
        );
    }
    text.push_str(
        "\n## Options of every command\n\nThey stand before the command or behind it.\n\n",
    );
    arguments(&mut text, &root, is_global);
    for command in commands {
        section(&mut text, command);
    }
    text
}

fn is_global(argument: &Arg) -> bool {
    argument.get_help_heading() == Some(GLOBAL)
}

fn section(text: &mut String, command: &Command) {
    let typed = man::typed(command);
    let about = command.get_about().map(ToString::to_string);
    let _ = write!(text, "\n## {typed}\n\n{}.\n", about.unwrap_or_default());
    if command.get_all_aliases().next().is_some() {
        let aliases: Vec<&str> = command.get_all_aliases().collect();
        let _ = write!(text, "\nAlso: {}.\n", crate::suggest::list(&aliases));
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    let _ = write!(text, "\n```text\n{}\n```\n", usage.trim_end());
    let has_own = command
        .get_arguments()
        .any(|argument| !is_global(argument) && !is_of_clap(argument));
    if has_own {
        text.push('\n');
        arguments(text, command, |argument| !is_global(argument));
    }
    let words = guide::afterword(command);
    if !words.examples.is_empty() {
        let _ = write!(
            text,
            "\nExamples:\n\n```text\n{}\n```\n",
            words.examples.join("\n")
        );
    }
    if !words.notes.is_empty() {
        let _ = write!(text, "\n```text\n{}\n```\n", words.notes);
    }
}

/// `--help` and `--version`.
fn is_of_clap(argument: &Arg) -> bool {
    matches!(argument.get_id().as_str(), "help" | "version")
}

fn arguments(text: &mut String, command: &Command, is_wanted: impl Fn(&Arg) -> bool) {
    text.push_str("| argument | is |\n|---|---|\n");
    let all = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set() && !is_of_clap(argument) && is_wanted(argument));
    for argument in all {
        let _ = writeln!(text, "| {} | {} |", name(argument), cell(&help(argument)));
    }
}

/// `` `-o`, `--output FILE` ``.
fn name(argument: &Arg) -> String {
    let values: Vec<&str> = argument
        .get_value_names()
        .filter(|_| argument.get_action().takes_values())
        .unwrap_or_default()
        .iter()
        .map(AsRef::as_ref)
        .collect();
    let values = values.join(" ");
    let Some(long) = argument.get_long() else {
        return format!("`{}`", cell(&values));
    };
    let short = argument
        .get_short()
        .map(|short| format!("`-{short}`, "))
        .unwrap_or_default();
    let value = if values.is_empty() {
        String::new()
    } else {
        format!(" {values}")
    };
    format!("{short}`--{long}{}`", cell(&value))
}

/// What it is, and which words it takes.
fn help(argument: &Arg) -> String {
    if argument.get_id() == "format" && argument.get_long().is_none() {
        return "The format: [all of them](formats.md) [default: `databases-json`]".to_owned();
    }
    let mut help = argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let values = argument.get_possible_values();
    let words: Vec<&str> = values
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(clap::builder::PossibleValue::get_name)
        .collect();
    if argument.get_action().takes_values() && !words.is_empty() {
        let _ = write!(help, ": {}", crate::suggest::list(&words));
    }
    let default: Vec<String> = argument
        .get_default_values()
        .iter()
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    if argument.get_action().takes_values() && !default.is_empty() {
        let _ = write!(help, " [default: {}]", default.join(", "));
    }
    help
}
