//! The protocol `value`: one process a reference, and what it prints is the value.

use nuages_provider::{Error, ErrorKind, Locator, Result, Secret, SecretValue, Versions};

use super::{
    process,
    settings::{Command, PLACEHOLDER, ValueRules},
};

/// How many processes may run at once.
pub(crate) const PROCESSES: usize = 8;

/// Runs the program for one name.
pub(super) async fn fetch(
    command: &Command,
    rules: ValueRules,
    locator: &Locator,
) -> Result<Secret> {
    let name = locator.name();
    if locator.option("version").is_some() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the protocol `value` cannot ask for a version",
        )
        .with_hint("a program that speaks `protocol = \"json-lines\"` can"));
    }
    let finished = process::run(command, &arguments(&command.arguments, name), None).await?;
    if finished.status.code() == Some(rules.not_found_code) {
        return Err(Error::not_found(format!(
            "`{}` says that `{name}` does not exist: it {}",
            command.name,
            process::ending(finished.status)
        )));
    }
    if !finished.status.success() {
        return Err(Error::new(
            ErrorKind::Unavailable,
            format!(
                "`{}` {} for `{name}`",
                command.name,
                process::ending(finished.status)
            ),
        )
        .with_hint(process::failure_hint(command)));
    }
    if finished.output.is_empty() {
        return Err(Error::new(
            ErrorKind::Malformed,
            format!("`{}` printed nothing for `{name}`", command.name),
        )
        .with_hint("a value that is truly empty is printed as an empty line"));
    }
    let value = if rules.keep_newline {
        &finished.output[..]
    } else {
        trim_newline(&finished.output)
    };
    Versions::of_only(locator, SecretValue::new(value.to_vec()).into())
}

/// `argv` for this name: in place of every `{}`, or at the end where there is none.
fn arguments(template: &[String], name: &str) -> Vec<String> {
    let mut arguments: Vec<_> = template
        .iter()
        .map(|argument| argument.replace(PLACEHOLDER, name))
        .collect();
    if !template
        .iter()
        .any(|argument| argument.contains(PLACEHOLDER))
    {
        arguments.push(name.to_owned());
    }
    arguments
}

/// Without the one newline, `\n` or `\r\n`, that ends it.
fn trim_newline(output: &[u8]) -> &[u8] {
    match output.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => output,
    }
}
