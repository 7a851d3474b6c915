//! `nuages plan`: what would be fetched. Nothing is.

use super::{Outcome, arguments::Plan, context::Context, output, template};
use crate::plan::describe_json;

pub(super) fn run(context: &Context, command: &Plan) -> Outcome {
    let loaded = context.load()?;
    let plan = match &command.template {
        Some(path) => template::read(context, path)?.plan(context, &loaded)?,
        None => context.plan(&loaded)?,
    };
    let text = if command.json {
        format!("{:#}\n", describe_json(&plan))
    } else {
        plan.to_string()
    };
    output::result(text.as_bytes())
}
