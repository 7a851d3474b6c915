//! Starting the command from buffers that are ours to wipe: `std::process::Command` makes copies of an environment, and
//! frees them as they are.

use std::{
    ffi::{CString, OsStr, OsString},
    io,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
};

use nix::{
    errno::Errno,
    spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn},
    sys::signal::{self, SigSet},
    unistd,
};
use rustix::{
    fs::{Access, access},
    process::Pid,
};
use zeroize::Zeroize as _;

/// Where programs are looked for without a `PATH`, as the C library does.
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// What runs a file that is executable and has no `#!`, as `execvp(3)` has it.
const SHELL: &str = "/bin/sh";

/// Name and value in one string, wiped when dropped.
struct Variable(CString);

impl AsRef<std::ffi::CStr> for Variable {
    fn as_ref(&self) -> &std::ffi::CStr {
        &self.0
    }
}

impl Drop for Variable {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Starts a program, found by the `PATH` that it gets, with no signal blocked and none caught or ignored that we were not
/// started to ignore; with `own_group`, in a process group of its own.
///
/// # Errors
/// Where it is not found or cannot be run, as `execvp(3)` would say.
pub(super) fn spawn(
    program: &OsStr,
    arguments: &[OsString],
    environment: &[(OsString, OsString)],
    own_group: bool,
) -> io::Result<Pid> {
    let variables = environment
        .iter()
        .map(|(name, value)| variable(name, value))
        .collect::<io::Result<Vec<_>>>()?;
    let mut words = vec![CString::new(program.as_bytes())?];
    for argument in arguments {
        words.push(CString::new(argument.as_bytes())?);
    }
    let attributes = attributes(own_group)?;
    let mut denied = None;
    for path in candidates(program, environment) {
        // What is not there costs no process.
        let found = access(&*path, Access::EXEC_OK)
            .map_err(|error| Errno::from_raw(error.raw_os_error()))
            .and_then(|()| start(&path, &words, &variables, &attributes));
        match found {
            // As `execvp(3)` goes on: another directory may have it.
            Err(Errno::ENOENT | Errno::ENOTDIR) => {}
            Err(Errno::EACCES) => denied = Some(Errno::EACCES),
            Err(error) => return Err(error.into()),
            Ok(child) => {
                let child = Pid::from_raw(child.as_raw());
                return child.ok_or_else(|| io::Error::other("a process without a number"));
            }
        }
    }
    Err(denied.unwrap_or(Errno::ENOENT).into())
}

fn start(
    path: &OsStr,
    words: &[CString],
    variables: &[Variable],
    attributes: &PosixSpawnAttr,
) -> nix::Result<unistd::Pid> {
    let actions = PosixSpawnFileActions::init()?;
    match posix_spawn(path, &actions, attributes, words, variables) {
        Err(Errno::ENOEXEC) => {
            let script = CString::new(path.as_bytes()).map_err(|_| Errno::EINVAL)?;
            let shell = CString::new(SHELL).map_err(|_| Errno::EINVAL)?;
            let mut shells = vec![shell, script];
            shells.extend(words.iter().skip(1).cloned());
            posix_spawn(SHELL, &actions, attributes, &shells, variables)
        }
        result => result,
    }
}

fn attributes(own_group: bool) -> nix::Result<PosixSpawnAttr> {
    let mut attributes = PosixSpawnAttr::init()?;
    let mut flags =
        PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK | PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF;
    attributes.set_sigmask(&SigSet::empty())?;
    // Rust's runtime ignores it for its own sake.
    let mut defaults = SigSet::empty();
    defaults.add(signal::Signal::SIGPIPE);
    attributes.set_sigdefault(&defaults)?;
    if own_group {
        flags |= PosixSpawnFlags::POSIX_SPAWN_SETPGROUP;
        attributes.set_pgroup(unistd::Pid::from_raw(0))?;
    }
    attributes.set_flags(flags)?;
    Ok(attributes)
}

/// Made at its full length, so that nothing is moved and left behind.
fn variable(name: &OsStr, value: &OsStr) -> io::Result<Variable> {
    let (name, value) = (name.as_bytes(), value.as_bytes());
    let mut text = Vec::with_capacity(name.len() + value.len() + 2);
    text.extend_from_slice(name);
    text.push(b'=');
    text.extend_from_slice(value);
    CString::new(text).map(Variable).map_err(|error| {
        error.into_vec().zeroize();
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "a variable holds a NUL byte, which ends a string in an environment",
        )
    })
}

/// The files that a program's name may mean.
fn candidates(program: &OsStr, environment: &[(OsString, OsString)]) -> Vec<OsString> {
    let name = program.as_bytes();
    if name.contains(&b'/') || name.is_empty() {
        return vec![program.to_owned()];
    }
    let path = environment.iter().find(|(name, _)| name == "PATH");
    let path = path.map_or(DEFAULT_PATH, |(_, path)| path.as_bytes());
    path.split(|byte| *byte == b':')
        .map(|directory| {
            let mut file = directory.to_vec();
            if !file.is_empty() {
                file.push(b'/');
            }
            file.extend_from_slice(name);
            OsString::from_vec(file)
        })
        .collect()
}
