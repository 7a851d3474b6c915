//! The `nuages` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    nuages::cli::main(nuages::registry::Registry::builtin())
}
