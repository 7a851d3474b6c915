//! Trying new values before they take the place of the old: by a command of the manifest, or by Django itself, which opens
//! a connection in a process of its own.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read as _},
    os::unix::ffi::OsStrExt as _,
    path::Path,
    process::Command,
    time::Duration,
};

use crate::{
    process,
    render::env_text,
    value::{Table, Value},
};

/// What connects: Django with one database and nothing of the project. It reads the database from its input and tells in
/// one word of ours what went wrong, since a driver's message may quote what it was given.
const CONNECT: &str = include_str!("connect.py");

/// How much of a script is read to find its interpreter.
const LONGEST_HEAD: u64 = 8192;

/// The longest answer that is read of a process.
const LONGEST_ANSWER: usize = 256;

/// Why new values were not accepted. Holds none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// They do not work.
    Refused(String),
    /// It could not be tried.
    Untried(String),
}

impl Refusal {
    /// A name for machines.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Untried(_) => "untried",
        }
    }
}

/// Lets Django connect. `database` is a database as Django is to have it.
pub(super) fn connect(
    python: &OsStr,
    alias: &str,
    database: &Table,
    environment: &[(OsString, OsString)],
    within: Duration,
) -> Result<(), Refusal> {
    let mut command = Command::new(python);
    command.args(["-c", CONNECT]);
    let mut databases = Table::new();
    databases.insert(alias.to_owned(), Value::Table(database.clone()));
    let input = env_text(&Value::Table(databases));
    let ended = process::run(
        command,
        environment,
        input.as_bytes(),
        within,
        LONGEST_ANSWER,
    )
    .map_err(|error| untried(python, &error))?;
    match ended.code {
        Some(0) => Ok(()),
        Some(3) => Err(Refusal::Refused(format!(
            "Django cannot connect with it: {}",
            words(&ended.said)
        ))),
        Some(4) => Err(Refusal::Untried(format!(
            "`{}` has no Django or no driver for it: `verify = {{ command = […] }}` names a command of your own",
            python.to_string_lossy()
        ))),
        None => Err(Refusal::Refused(format!(
            "Django has not connected within {} s",
            within.as_secs()
        ))),
        Some(code) => Err(Refusal::Untried(format!(
            "`{}` has ended with exit code {code}",
            python.to_string_lossy()
        ))),
    }
}

/// Lets a command try.
pub(super) fn by_command(
    words: &[String],
    environment: &[(OsString, OsString)],
    within: Duration,
) -> Result<(), Refusal> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Refusal::Untried("it names no program".to_owned()));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    let ended = process::run(command, environment, b"", within, LONGEST_ANSWER)
        .map_err(|error| untried(OsStr::new(program), &error))?;
    match ended.code {
        Some(0) => Ok(()),
        Some(code) => Err(Refusal::Refused(format!(
            "`{program}` has ended with exit code {code}"
        ))),
        None => Err(Refusal::Refused(format!(
            "`{program}` has not ended within {} s",
            within.as_secs()
        ))),
    }
}

fn untried(program: &OsStr, error: &io::Error) -> Refusal {
    Refusal::Untried(format!(
        "cannot run `{}`: {error}",
        program.to_string_lossy()
    ))
}

/// A word of ours, and an error code of a driver: nothing else passes.
fn words(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let line = text.lines().next().unwrap_or_default().trim();
    let is_sound = |c: char| c.is_ascii_alphanumeric() || " ,.-_()".contains(c);
    if line.is_empty() || !line.chars().all(is_sound) {
        return "it does not say why".to_owned();
    }
    line.to_owned()
}

/// The Python that the command runs with: the command itself, the one that its script names, or the one on the `PATH`.
pub(super) fn python(program: &OsStr, environment: &[(OsString, OsString)]) -> OsString {
    let is_python = |path: &Path| {
        let name = path.file_name().unwrap_or_default().as_bytes();
        name.starts_with(b"python") || name.starts_with(b"pypy")
    };
    let path = environment.iter().find(|(name, _)| name == "PATH");
    let path = path.map_or(OsStr::new("/usr/local/bin:/usr/bin:/bin"), |(_, path)| path);
    let find = |name: &OsStr| {
        if name.as_bytes().contains(&b'/') {
            return Some(Path::new(name).to_owned()).filter(|file| file.is_file());
        }
        std::env::split_paths(path)
            .map(|directory| directory.join(name))
            .find(|file| file.is_file())
    };
    let Some(found) = find(program) else {
        return OsString::from("python3");
    };
    if is_python(&found) {
        return found.into_os_string();
    }
    if let Some(python) = interpreter(&found).filter(|python| is_python(Path::new(python))) {
        return python;
    }
    ["python", "python3"]
        .iter()
        .find_map(|name| find(OsStr::new(name)))
        .map_or_else(
            || OsString::from("python3"),
            std::path::PathBuf::into_os_string,
        )
}

/// What a script's first line names.
fn interpreter(file: &Path) -> Option<OsString> {
    let mut head = Vec::new();
    File::open(file)
        .ok()?
        .take(LONGEST_HEAD)
        .read_to_end(&mut head)
        .ok()?;
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut words = lines
        .next()?
        .strip_prefix(b"#!")?
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let first = words.next()?;
    let word = if first.ends_with(b"/env") {
        // Options and variables come before the program.
        words.find(|word| !word.starts_with(b"-") && !word.contains(&b'='))?
    } else if let Some(rest) = lines.next().and_then(|line| line.strip_prefix(EXEC)) {
        return behind_shell(rest, file);
    } else {
        first
    };
    Some(OsStr::from_bytes(word).to_owned())
}

/// Where the path of the interpreter is too long for a first line, or has a blank in it, installers write a script that is
/// both shell and Python (pip's `distlib/scripts.py`, uv's `install-wheel-rs`).
const EXEC: &[u8] = b"'''exec' ";

/// The interpreter in the second line of such a script, after [`EXEC`].
fn behind_shell(rest: &[u8], script: &Path) -> Option<OsString> {
    // uv's, in an environment that may be moved: beside the script.
    if rest.starts_with(b"\"$(") {
        return Some(script.parent()?.join("python").into_os_string());
    }
    let (rest, end) = match rest.split_first()? {
        (quote @ (b'"' | b'\''), rest) => (rest, *quote),
        _ => (rest, b' '),
    };
    let path = rest.split(|byte| *byte == end).next()?;
    Some(OsStr::from_bytes(path).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpreter_of_a_script() {
        let directory = tempfile::tempdir().unwrap();
        let script = directory.path().join("gunicorn");
        let beside = directory.path().join("python");
        for (head, found) in [
            ("#!/venv/bin/python\nimport re\n", Some("/venv/bin/python")),
            ("#! /usr/bin/python3 -sP\n", Some("/usr/bin/python3")),
            ("#!/usr/bin/env python3\n", Some("python3")),
            ("#!/usr/bin/env -S A=1  python3 -u\n", Some("python3")),
            (
                "#!/bin/sh\n'''exec' /long/python \"$0\" \"$@\"\n' '''\n",
                Some("/long/python"),
            ),
            (
                "#!/bin/sh\n'''exec' \"/a b/python\" \"$0\" \"$@\"\n' '''\n",
                Some("/a b/python"),
            ),
            (
                "#!/bin/sh\n'''exec' '/a b/python' \"$0\" \"$@\"\n' '''\n",
                Some("/a b/python"),
            ),
            (
                "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n",
                beside.to_str(),
            ),
            ("#!/bin/sh\nexec gunicorn\n", Some("/bin/sh")),
            ("\u{7f}ELF", None),
            ("#!", None),
            ("#!/usr/bin/env", None),
            ("", None),
        ] {
            std::fs::write(&script, head).unwrap();
            let name = interpreter(&script);
            assert_eq!(name.as_deref(), found.map(OsStr::new), "{head}");
        }
        assert_eq!(interpreter(directory.path()), None);
    }
}
