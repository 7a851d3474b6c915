//! The `nuages` program.

use std::{alloc::System, process::ExitCode};

use zeroizing_alloc::ZeroAlloc;

/// Memory is wiped when it is freed: what a library has read a secret through, it leaves behind as it was.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    nuages::cli::main(nuages::registry::Registry::builtin())
}
