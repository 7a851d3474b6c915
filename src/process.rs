//! A process that is asked something: what it says is bounded, its time is too, and when it is over nothing of it is left.

use std::{
    ffi::OsString,
    io::{self, Read as _, Write as _},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};
use zeroize::Zeroizing;

/// How often a process that runs is looked at.
const GLANCE: Duration = Duration::from_millis(10);

/// How a process has ended. What it said may hold secrets, so there is no `Debug`.
pub(crate) struct Ended {
    /// The exit code, 128 after a signal; `None` where its time was over.
    pub(crate) code: Option<i32>,
    /// The begin of what it said.
    pub(crate) said: Zeroizing<Vec<u8>>,
    /// Whether it said more.
    pub(crate) is_cut: bool,
}

/// What was read of a process.
type Said = (Zeroizing<Vec<u8>>, bool);

/// Runs a process with this environment alone, gives it `input` and reads at most `most` bytes of what it says. It and all
/// that it has started is ended when it ends, or when its time is over. What it says on standard error is nobody's.
pub(crate) fn run(
    mut command: Command,
    environment: &[(OsString, OsString)],
    input: &[u8],
    within: Duration,
    most: usize,
) -> io::Result<Ended> {
    let end = Instant::now() + within;
    // A group of its own, which is ended as a whole.
    let mut child = command
        .process_group(0)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let said = child
        .stdout
        .take()
        .map(|output| thread::spawn(move || read(output, most)));
    if let Some(mut pipe) = child.stdin.take() {
        let input = Zeroizing::new(input.to_vec());
        // One that does not read it may still say something, and is not waited for.
        thread::spawn(move || drop(pipe.write_all(&input)));
    }
    let code = wait(&mut child, end);
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // Whatever it has started: that has what it was given.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let code = code?;
    let (said, is_cut) = match said {
        // What has left the group may keep the pipe open for as long as it likes.
        Some(said) if has_finished(&said) => said.join().unwrap_or_default(),
        _ => Said::default(),
    };
    Ok(Ended { code, said, is_cut })
}

/// The begin of what comes, and whether there was more.
fn read(output: impl io::Read, most: usize) -> Said {
    let mut said = Zeroizing::new(Vec::new());
    let mut begin = output.take(most as u64);
    let _ = begin.read_to_end(&mut said);
    // It is to be able to say more.
    let more = io::copy(&mut begin.into_inner(), &mut io::sink());
    (said, more.is_ok_and(|more| more > 0))
}

/// All that could say more has been ended: what is still on its way is read at once.
fn has_finished<T>(thread: &thread::JoinHandle<T>) -> bool {
    let end = Instant::now() + Duration::from_secs(1);
    while !thread.is_finished() && Instant::now() < end {
        thread::sleep(GLANCE);
    }
    thread.is_finished()
}

fn wait(child: &mut Child, end: Instant) -> io::Result<Option<i32>> {
    loop {
        if let Some(status) = child.try_wait()? {
            // Ended by a signal: as a shell has it.
            return Ok(Some(status.code().unwrap_or(128)));
        }
        if Instant::now() >= end {
            if let Ok(group) = i32::try_from(child.id())
                && let Some(group) = Pid::from_raw(group)
            {
                // Where it has ended meanwhile, its group may have too.
                let _ = kill_process_group(group, Signal::KILL);
            }
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(GLANCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, within: Duration, most: usize) -> Ended {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        run(command, &[], b"in\n", within, most).unwrap()
    }

    #[test]
    fn what_it_says_and_how_it_ends() {
        let long = Duration::from_secs(30);
        let ended = sh("read a; echo $a; exit 3", long, 100);
        assert!(ended.code == Some(3) && *ended.said == *b"in\n" && !ended.is_cut);
        let ended = sh("echo 12345", long, 3);
        assert!(*ended.said == *b"123" && ended.is_cut);
        let ended = sh("echo begun; kill -9 $$", long, 100);
        assert!(ended.code == Some(128) && *ended.said == *b"begun\n");
    }

    #[test]
    fn at_its_deadline_it_and_what_it_started_is_ended() {
        let begin = Instant::now();
        let ended = sh(
            "echo begun; sleep 60 & sleep 60",
            Duration::from_millis(300),
            100,
        );
        assert!(ended.code.is_none() && *ended.said == *b"begun\n");
        assert!(begin.elapsed() < Duration::from_secs(10));
    }
}
