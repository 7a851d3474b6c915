//! The protocol `json-lines`: one process answers all references, one JSON object a line each way.
//!
//! What the program may write is in the README. A line that is no answer at all fails the whole run, since then the
//! program does something else than we think; an answer that cannot be used fails its own reference.

use base64::{Engine, engine::general_purpose::STANDARD};
use nuages_provider::{Error, ErrorKind, Locator, Result, Retry, Secret, SecretValue, Versions};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{
    expiry,
    process::{self, Finished},
    settings::Command,
};

/// The version of the protocol, in every request.
const PROTOCOL: u64 = 1;

/// The most of a program's own message that is shown, in characters.
const MESSAGE_LIMIT: usize = 200;

/// Runs the program once, for all names.
pub(super) async fn fetch(command: &Command, locators: &[Locator]) -> Vec<Result<Secret>> {
    let answers = match process::run(command, &command.arguments, Some(requests(locators))).await {
        Ok(finished) => read_answers(command, locators, &finished),
        Err(error) => Err(error),
    };
    answers.unwrap_or_else(|error| locators.iter().map(|_| Err(error.repeat())).collect())
}

/// One line a locator; its place is its id.
fn requests(locators: &[Locator]) -> Vec<u8> {
    let mut lines = String::new();
    for (id, locator) in locators.iter().enumerate() {
        let mut options = Map::new();
        for name in ["version", Versions::NAME] {
            if let Some(value) = locator.option(name) {
                options.insert(name.to_owned(), value.into());
            }
        }
        let request =
            json!({"protocol": PROTOCOL, "id": id, "name": locator.name(), "options": options});
        lines.push_str(&request.to_string());
        lines.push('\n');
    }
    lines.into_bytes()
}

/// Sorts the program's lines to their locators.
fn read_answers(
    command: &Command,
    locators: &[Locator],
    finished: &Finished,
) -> Result<Vec<Result<Secret>>> {
    let mut answers: Vec<Option<Result<Secret>>> = locators.iter().map(|_| None).collect();
    let mut lines = finished
        .output
        .split_inclusive(|byte| *byte == b'\n')
        .zip(1_usize..)
        .peekable();
    while let Some((line, number)) = lines.next() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let Some(mut answer) = object(line) else {
            // A program that died may have died in the middle of a line.
            if lines.peek().is_none() && !line.ends_with(b"\n") && !finished.status.success() {
                break;
            }
            return Err(not_an_answer(command, number, "is not a JSON object"));
        };
        if answer
            .get("protocol")
            .is_some_and(|version| version.as_u64() != Some(PROTOCOL))
        {
            return Err(not_an_answer(
                command,
                number,
                "speaks another version of the protocol",
            ));
        }
        let id = answer
            .get("id")
            .and_then(Value::as_u64)
            .and_then(|id| usize::try_from(id).ok());
        let Some((locator, slot)) = id.and_then(|id| locators.get(id).zip(answers.get_mut(id)))
        else {
            return Err(not_an_answer(
                command,
                number,
                "has an `id` that was not asked for",
            ));
        };
        *slot = Some(if slot.is_some() {
            Err(unusable(command, locator, "it was answered twice"))
        } else {
            read_answer(command, locator, &mut answer)
        });
    }
    let answered = answers.into_iter().zip(locators);
    Ok(answered
        .map(|(answer, locator)| {
            answer.unwrap_or_else(|| Err(unanswered(command, locator, finished)))
        })
        .collect())
}

fn object(line: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(line) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

fn read_answer(
    command: &Command,
    locator: &Locator,
    answer: &mut Map<String, Value>,
) -> Result<Secret> {
    let unusable = |reason| unusable(command, locator, reason);
    let versions = versions(locator, answer).map_err(unusable)?;
    let value = match (
        answer.remove("value"),
        answer.remove("base64"),
        answer.remove("error"),
    ) {
        (None, None, None) if versions.is_some() => SecretValue::new(Vec::new()),
        _ if versions.is_some() => {
            return Err(unusable("it has `versions`, and something beside it"));
        }
        (Some(Value::String(text)), None, None) => SecretValue::from_text(text),
        (None, Some(Value::String(text)), None) => {
            let text = Zeroizing::new(text);
            // The decoder's error tells a byte of what it read, so it is not kept.
            let bytes = STANDARD
                .decode(text.as_bytes())
                .map_err(|_| unusable("`base64` is not padded base64"))?;
            SecretValue::new(bytes)
        }
        (None, None, Some(Value::String(class))) => {
            let message = answer.get("message").and_then(Value::as_str);
            return Err(refusal(command, locator, &class, message));
        }
        (Some(_), None, None) => return Err(unusable("`value` is not a string")),
        (None, Some(_), None) => return Err(unusable("`base64` is not a string")),
        (None, None, Some(_)) => return Err(unusable("`error` is not a string")),
        _ => {
            return Err(unusable(
                "it needs exactly one of `value`, `base64`, `versions` and `error`",
            ));
        }
    };
    let version = match answer.remove("version") {
        None | Some(Value::Null) => None,
        Some(Value::String(version)) => Some(version),
        Some(Value::Number(version)) => Some(version.to_string()),
        Some(_) => return Err(unusable("`version` is neither a string nor a number")),
    };
    let expires = match answer.get("expires") {
        None | Some(Value::Null) => None,
        Some(time) => Some(expiry::read(time).ok_or_else(|| {
            unusable("`expires` is neither an RFC 3339 time nor seconds since 1970")
        })?),
    };
    let Some(versions) = versions else {
        let secret = Secret {
            value,
            version,
            expires,
        };
        // A program that knows nothing of versions has told the only one it knows.
        return Versions::of_only(locator, secret);
    };
    Ok(Secret {
        value: Versions::write(&versions)?,
        version,
        expires,
    })
}

/// The texts of `versions`, newest first, where they were asked for and the program knows of them.
fn versions(
    locator: &Locator,
    answer: &mut Map<String, Value>,
) -> Result<Option<Vec<SecretValue>>, &'static str> {
    if locator.option(Versions::NAME).is_none() {
        return Ok(None);
    }
    let items = match answer.remove(Versions::NAME) {
        None => return Ok(None),
        Some(Value::Array(items)) => items,
        Some(_) => return Err("`versions` is not a list"),
    };
    let text = |item| match item {
        Value::String(text) => Ok(SecretValue::from_text(text)),
        _ => Err("`versions` holds something else than strings"),
    };
    items
        .into_iter()
        .map(text)
        .collect::<Result<_, _>>()
        .map(Some)
}

/// The program's own refusal, in our classes.
fn refusal(command: &Command, locator: &Locator, class: &str, message: Option<&str>) -> Error {
    let (kind, says, retry) = match class {
        "not-found" => (ErrorKind::NotFound, "does not exist", Retry::Never),
        "denied" => (ErrorKind::PermissionDenied, "is denied", Retry::Never),
        "unauthenticated" => (ErrorKind::Unauthenticated, "needs a login", Retry::Never),
        "unavailable" => (ErrorKind::Unavailable, "cannot be had now", Retry::Later),
        "rate-limited" => (
            ErrorKind::RateLimited,
            "was asked for too often",
            Retry::Later,
        ),
        "malformed" => (ErrorKind::Malformed, "cannot be used", Retry::Never),
        _ => {
            return unusable(
                command,
                locator,
                "its `error` is not a class of the protocol",
            );
        }
    };
    let mut text = format!("`{}` says that `{}` {says}", command.name, locator.name());
    if let Some(message) = message.map(shown).filter(|message| !message.is_empty()) {
        text.push_str(": ");
        text.push_str(&message);
    }
    Error::new(kind, text).with_retry(retry)
}

/// A program's message as it may stand in a terminal: one line, no control characters, not too long.
fn shown(message: &str) -> String {
    let line: String = message
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MESSAGE_LIMIT)
        .collect();
    line.trim_end().to_owned()
}

fn unanswered(command: &Command, locator: &Locator, finished: &Finished) -> Error {
    let (name, asked) = (&command.name, locator.name());
    if finished.status.success() {
        return Error::new(
            ErrorKind::Unavailable,
            format!("`{name}` did not answer for `{asked}`"),
        )
        .with_hint("the program writes one line for every `id` that it reads");
    }
    let ending = process::ending(finished.status);
    Error::new(
        ErrorKind::Unavailable,
        format!("`{name}` {ending} without an answer for `{asked}`"),
    )
    .with_hint(process::failure_hint(command))
}

fn unusable(command: &Command, locator: &Locator, reason: &str) -> Error {
    Error::new(
        ErrorKind::Malformed,
        format!(
            "the answer of `{}` for `{}` cannot be used: {reason}",
            command.name,
            locator.name()
        ),
    )
}

fn not_an_answer(command: &Command, line: usize, reason: &str) -> Error {
    Error::new(ErrorKind::Malformed, format!("line {line} of the output of `{}` {reason}", command.name))
        .with_hint("with `protocol = \"json-lines\"` standard output carries answers alone; logs go to standard error")
}
