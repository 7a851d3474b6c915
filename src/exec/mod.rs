//! Handing over to the command: its environment, its files, and the process itself. As a rule we become the command; where
//! its output is to be masked we stay, as its parent; and where it is to be supervised, as its init.

pub mod child;
pub mod files;
pub mod harden;
pub(crate) mod interrupt;
pub mod parent;
pub(crate) mod pump;
mod signals;
pub mod supervise;
mod terminal;

use std::{
    ffi::{OsStr, OsString},
    io,
    os::unix::process::CommandExt,
    process::Command,
};

/// Becomes the command: the same process, the same arguments byte for byte, exactly this environment. Comes back only
/// where that failed.
#[must_use]
pub fn replace(
    program: &OsStr,
    arguments: &[OsString],
    environment: &[(OsString, OsString)],
) -> io::Error {
    Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .exec()
}

/// The exit code of a command that could not be run, as shells have it: 127 not found, 126 anything else.
#[must_use]
pub fn exit_code(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::NotFound {
        127
    } else {
        126
    }
}
