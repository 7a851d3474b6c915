//! `nuages get`: one value to a pipe, its bytes and nothing else.

use std::io::{self, IsTerminal};

use super::{Outcome, arguments::Get, context::Context, output};

pub(super) fn run(context: &Context, command: &Get) -> Outcome {
    let loaded = context.load_or_empty()?;
    let plan = context.plan_reference(&loaded, &command.reference)?;
    let resolved = context.resolve(&plan, &loaded, None)?;
    if io::stdout().is_terminal() && !command.reveal {
        context.note("the value is there; at a terminal `--reveal` shows it");
        return Ok(());
    }
    output::result(
        resolved
            .single
            .as_ref()
            .map(crate::resolve::Bytes::expose)
            .unwrap_or_default(),
    )
}
