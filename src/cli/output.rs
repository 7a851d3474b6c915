//! Writing to the two streams: results to standard output, everything else to standard error.

use std::io::{self, Write};

use super::{Exit, Outcome};

/// Writes a result. A reader that has gone away ends the run quietly, as with any filter.
pub(super) fn result(bytes: &[u8]) -> Outcome {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Exit(128 + 13)),
        Err(error) => {
            error_line(&format!("error: cannot write to standard output: {error}"));
            Err(Exit(4))
        }
    }
}

/// Writes a line to standard error. Whether anybody can read it changes nothing: a supervisor goes on without its log.
pub(super) fn error_line(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes text that ends in its own line break to standard error.
pub(super) fn error_text(text: &str) {
    let _ = write!(io::stderr().lock(), "{text}");
}
