//! `nuages plan`: what would be fetched, and what has to be allowed for that. Nothing is fetched.

use super::{Outcome, arguments::Plan, context::Context, output, template};
use crate::plan::{Plan as Planned, describe_json, permissions};

pub(super) fn run(context: &Context, command: &Plan) -> Outcome {
    let loaded = context.load()?;
    let plan = match &command.template {
        Some(path) => template::read(context, path)?.plan(context, &loaded)?,
        None => context.plan(&loaded)?,
    };
    if command.iam {
        return iam(context, &plan, command);
    }
    let text = if command.json {
        format!("{:#}\n", describe_json(&plan))
    } else {
        plan.to_string()
    };
    output::result(text.as_bytes())
}

/// What the identities that read must be allowed.
fn iam(context: &Context, plan: &Planned, command: &Plan) -> Outcome {
    let permissions = permissions(plan, &command.kms_key)
        .map_err(|errors| context.fail_all(&errors, Some(&plan.source)))?;
    let text = if command.json {
        format!("{:#}\n", permissions.json(plan))
    } else {
        for note in permissions.notes() {
            context.note(&note);
        }
        permissions.text()
    };
    output::result(text.as_bytes())
}
