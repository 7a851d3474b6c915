//! Changing files that people have written: asking first, and replacing what is still as it was read.

use std::{
    io::{self, BufRead as _, IsTerminal, Write as _},
    path::Path,
};

use super::{Exit, Outcome, context::Context, output};
use crate::{
    diagnostic::{Class, Diagnostic},
    render::file::write_atomically,
};

/// Lets the person at the terminal decide.
pub(super) fn ask(context: &Context, question: &str) -> Outcome {
    if !io::stdin().is_terminal() {
        let title = "there is nobody to ask; nothing was changed";
        return Err(context.fail(Diagnostic::new(Class::Usage, title).hint("`--yes` goes ahead")));
    }
    output::error_text(&format!("{question} [y/N] "));
    let _: io::Result<()> = io::stderr().flush();
    let mut answer = String::new();
    let is_read = io::stdin().lock().read_line(&mut answer).is_ok();
    if is_read && matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    context.note("nothing was changed");
    Err(Exit(1))
}

/// Puts the new content in the place of the old, with the permissions that the file has.
pub(super) fn replace(path: &Path, old: &[u8], new: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if std::fs::read(path)? != old {
        return Err(io::Error::other("it was changed in the meantime"));
    }
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o7777;
    write_atomically(path, new, mode)
}
