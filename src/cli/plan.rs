//! `nuages plan`: what would be fetched, and what has to be allowed for that. Nothing is fetched.

use super::{Outcome, arguments::Plan, context::Context, output, template};
use crate::{
    plan::{Plan as Planned, describe_json, permissions},
    report,
};

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
        lines(&plan)
    };
    output::result(text.as_bytes())
}

/// As people read it: names are what anybody writes, and a terminal obeys what it is sent.
fn lines(plan: &Planned) -> String {
    let text = plan.to_string();
    let lines = text.lines().map(report::visible);
    lines.fold(String::new(), |all, line| all + &line + "\n")
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
