//! `nuages get`: one value to a pipe, its bytes and nothing else.

use std::io::{self, IsTerminal};

use super::{
    Exit, Outcome,
    arguments::Get,
    context::{Context, Loaded},
    output,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    plan, suggest,
};

/// So many instances are named where it is not clear which one is meant.
const MOST_NAMED: usize = 8;

pub(super) fn run(context: &Context, command: &Get) -> Outcome {
    let loaded = context.load_or_empty()?;
    if !command.reference.contains("://") {
        return Err(without_scheme(context, &loaded, &command.reference));
    }
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

/// A name says not where it is from: the manifest's instances are where it may be.
fn without_scheme(context: &Context, loaded: &Loaded, typed: &str) -> Exit {
    let instances = match plan::instances(&loaded.manifest, &context.selection()) {
        Ok(instances) => instances,
        Err(errors) => return context.fail_all(&errors, Some(&loaded.manifest.source)),
    };
    let hint = match &instances[..] {
        [] => "a reference is `SCHEME://NAME`; `nuages providers` lists the schemes of this build"
            .to_owned(),
        _ if typed.is_empty() => format!("a reference is `{}://NAME`", instances[0]),
        [one] => format!("did you mean `{one}://{}`?", rest(typed, one)),
        many => match many.iter().find(|one| rest(typed, one) != typed) {
            Some(one) => format!("did you mean `{one}://{}`?", rest(typed, one)),
            None => format!(
                "write the instance before it, `{}://{typed}`; the manifest has {}",
                many[0],
                suggest::list(&many[..many.len().min(MOST_NAMED)])
            ),
        },
    };
    let title = format!("`{typed}` is not a reference: it does not say which store it is in");
    context.fail(Diagnostic::new(Class::Usage, title).hint(hint))
}

/// What was typed without the instance, where it stands there with another sign between: `secrets:name`.
fn rest<'a>(typed: &'a str, instance: &str) -> &'a str {
    let rest = typed.strip_prefix(instance);
    let rest = rest.and_then(|rest| rest.strip_prefix([':', '/', '.']));
    rest.map_or(typed, |rest| rest.trim_start_matches('/'))
}
