//! One run of a program: started, fed, read to its end within a limit. Dropping the run kills the program and what it has
//! started.

use std::{
    future::poll_fn,
    io,
    pin::pin,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use nuages_provider::{Error, ErrorKind, Result, Retry};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::Child,
};
use zeroize::Zeroizing;

use super::{
    settings::{Command, ErrorOutput},
    tree::Tree,
};

/// The most that a program may print, in bytes.
const OUTPUT_LIMIT: usize = 16 * 1024 * 1024;

/// The room for output at first, in bytes: most secrets are smaller.
const FIRST_ROOM: usize = 4096;

/// How long an error output may stay open once its program has ended.
const GRACE: Duration = Duration::from_millis(200);

/// What a run came to.
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    /// All of the standard output.
    pub(crate) output: Zeroizing<Vec<u8>>,
    /// The first of the error output, where it is read.
    pub(crate) error_output: Zeroizing<Vec<u8>>,
}

/// Runs the program with these arguments. `input` is written to its standard input, which is empty without.
///
/// The program stays in our process group, so that one that asks for a passphrase may use the terminal and Ctrl-C
/// reaches it.
pub(crate) async fn run(
    command: &Command,
    arguments: &[String],
    input: Option<Vec<u8>>,
) -> Result<Finished> {
    let mut tree = Tree::new(spawn(command, arguments, input.is_some())?);
    let stdin = tree.child.stdin.take();
    let Some(mut stdout) = tree.child.stdout.take() else {
        return Err(Error::new(
            ErrorKind::Unavailable,
            format!("`{}` has no output to read", command.name),
        ));
    };
    let mut feed = pin!(async move {
        if let (Some(mut stdin), Some(input)) = (stdin, input) {
            // A program that does not want all of its input closes it, and answers for that below.
            let _ = stdin.write_all(&input).await;
        }
    });
    let stderr = tree.child.stderr.take();
    let mut error_output = Zeroizing::new(Vec::with_capacity(FIRST_ROOM));
    let mut errors = Box::pin(drain(stderr, &mut error_output));
    let (mut done_feeding, mut done_reading) = (false, false);
    let output = {
        let mut read = pin!(read_all(&mut stdout));
        poll_fn(|context| {
            done_feeding = done_feeding || feed.as_mut().poll(context).is_ready();
            done_reading = done_reading || errors.as_mut().poll(context).is_ready();
            read.as_mut().poll(context)
        })
        .await
    };
    let too_much = || {
        Error::new(
            ErrorKind::Malformed,
            format!(
                "`{}` printed more than {} MiB",
                command.name,
                OUTPUT_LIMIT / (1024 * 1024)
            ),
        )
    };
    let output = output
        .map_err(|error| lost(command, &error))?
        .ok_or_else(too_much)?;
    // A program that has closed its output may still be writing errors, or reading.
    let status = {
        let mut wait = pin!(tree.child.wait());
        poll_fn(|context| {
            done_feeding = done_feeding || feed.as_mut().poll(context).is_ready();
            done_reading = done_reading || errors.as_mut().poll(context).is_ready();
            wait.as_mut().poll(context)
        })
        .await
    };
    let status = status.map_err(|error| lost(command, &error))?;
    tree.ended();
    if done_reading {
        drop(errors);
    } else {
        // A daemon that it has left behind may keep the pipe open.
        let _ = tokio::time::timeout(GRACE, errors).await;
    }
    Ok(Finished {
        status,
        output,
        error_output,
    })
}

fn spawn(command: &Command, arguments: &[String], piped: bool) -> Result<Child> {
    let mut process = tokio::process::Command::new(&command.path);
    process
        .args(arguments)
        .env_clear()
        .envs(command.environment.variables())
        .stdin(if piped { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(match command.error_output {
            ErrorOutput::Discarded => Stdio::null(),
            ErrorOutput::Inherited => Stdio::inherit(),
            ErrorOutput::Read => Stdio::piped(),
        })
        .kill_on_drop(true);
    if !command.environment.base().as_os_str().is_empty() {
        process.current_dir(command.environment.base());
    }
    process.spawn().map_err(|error| {
        let name = &command.name;
        match error.kind() {
            io::ErrorKind::NotFound => {
                Error::invalid_settings(format!("`{name}` cannot be started: it does not exist"))
                    .with_hint("a script's interpreter, in its first line, must exist too")
            }
            io::ErrorKind::PermissionDenied => {
                Error::invalid_settings(format!("`{name}` cannot be started: permission denied"))
            }
            kind @ (io::ErrorKind::WouldBlock
            | io::ErrorKind::OutOfMemory
            | io::ErrorKind::ExecutableFileBusy) => Error::new(
                ErrorKind::Unavailable,
                format!("`{name}` cannot be started: {kind}"),
            )
            .with_retry(Retry::Later),
            kind => Error::new(
                ErrorKind::Unavailable,
                format!("`{name}` cannot be started: {kind}"),
            ),
        }
        .with_source(error)
    })
}

/// Reads to the end; nothing where there is more than the limit. Every buffer that is outgrown is wiped.
async fn read_all(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(FIRST_ROOM));
    loop {
        if buffer.len() == buffer.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(
                (buffer.capacity() * 4).min(OUTPUT_LIMIT + 1),
            ));
            larger.extend_from_slice(&buffer);
            buffer = larger;
        }
        // There is room, so this never makes the vector grow by itself.
        if from.read_buf(&mut *buffer).await? == 0 {
            return Ok(Some(buffer));
        }
        if buffer.len() > OUTPUT_LIMIT {
            return Ok(None);
        }
    }
}

/// Reads an error output into a buffer that never grows; what does not fit is read and dropped.
async fn drain(from: Option<impl AsyncRead + Unpin>, to: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut part = Zeroizing::new([0; 1024]);
    while let Ok(length) = from.read(&mut part[..]).await
        && length > 0
    {
        let room = to.capacity() - to.len();
        to.extend_from_slice(&part[..length.min(room)]);
    }
}

fn lost(command: &Command, error: &io::Error) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!(
            "the output of `{}` cannot be read: {}",
            command.name,
            error.kind()
        ),
    )
}

/// How a process ended, in words that follow its name.
pub(crate) fn ending(status: ExitStatus) -> String {
    // On Unix the standard library names the signal: "signal: 9 (SIGKILL)".
    match (status.code(), status.to_string().strip_prefix("signal: ")) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended without a status".to_owned(),
    }
}

/// What to do about a program that failed.
pub(super) fn failure_hint(command: &Command) -> &'static str {
    if command.error_output == ErrorOutput::Inherited {
        "its own error output says why"
    } else {
        "its error output is not shown, as it may hold a secret: run it by hand, or set `stderr = \"inherit\"`"
    }
}
