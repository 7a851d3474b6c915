//! `azure-pipelines`: masks and variables as logging commands.
//!
//! The rules are the agent's own, of its source in August 2026: `CommandStringConvertor.cs` (escapes), `Command.cs`,
//! `TaskCommandExtension.cs` (`setsecret`, `setvariable`), `Variables.cs` (macros are expanded before every step).

use nuages_provider::Environment;
use zeroize::Zeroizing;

use super::{Errors, Handover, Job, Place, Sink, find_twins, has_prefix, masks};
use crate::{
    diagnostic::Diagnostic,
    render::{self, Buffer, Setting, Settings, Variable},
};

const NAME: &str = "azure-pipelines";

/// "Variable naming restrictions" of the documentation: no task and no script sees such a variable. (The tasks' library
/// takes `SECRET_…` and `INPUT_…` out of the environment before a script starts.)
const HIDDEN: &[&str] = &["endpoint", "input", "path", "secret", "securefile"];

/// The environment spells the agent's own `Agent.Name` as `AGENT_NAME`, so these names would be two variables in one.
const KEPT: &[&str] = &["AGENT_", "BUILD_", "PIPELINE_", "RELEASE_", "SYSTEM_"];

/// Lets secrets have several lines, which the agent refuses otherwise.
const ALLOWS_LINES: &str = "SYSTEM_UNSAFEALLOWMULTILINESECRET";

/// Where it is set and false, `%AZP25` stays what it is.
const DECODES_PERCENT: &str = "DECODE_PERCENTS";

/// `##vso[task.setsecret]` for every secret, then `##vso[task.setvariable]`.
pub(super) struct AzurePipelines;

impl Sink for AzurePipelines {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Azure Pipelines: masks, then variables, of which the secret ones need an `env:`"
    }

    fn settings(&self) -> &'static [Setting] {
        &[Setting {
            name: "output",
            summary: "true: other jobs may ask for them, as STEP.NAME [default: false]",
        }]
    }

    fn has_masks(&self) -> bool {
        true
    }

    fn place(&self, _: &Settings) -> Place {
        Place::Printed
    }

    fn hand_over(&self, job: &Job<'_>) -> Result<Handover, Vec<Diagnostic>> {
        let mut errors = Errors::new(NAME, job.document);
        let is_output = errors.choice(job.settings, "output", &["false", "true"]) == "true";
        let variables = render::variables(job.document);
        let mut handover = Handover::default();
        let masks = masks::all(job.secrets, &variables, &mut handover.notes);
        handover.masks = set_secrets(&masks);
        if !job.mask_only {
            check(&variables, job.environment, &mut errors);
            handover.commands = set_variables(&variables, is_output);
        }
        errors.done(handover)
    }
}

fn check(variables: &[Variable], environment: &Environment, errors: &mut Errors) {
    let allows_lines = environment.text(ALLOWS_LINES).is_some_and(is_true);
    let decodes_percent = environment.text(DECODES_PERCENT).is_none_or(is_true);
    for variable in variables {
        errors.check(variable);
        check_name(variable, errors);
        if variable.is_secret && variable.text.contains('\n') && !allows_lines {
            errors.add(
                &variable.key,
                "the agent takes no secret of several lines",
                Some("`| base64` makes it one line; or set `SYSTEM_UNSAFEALLOWMULTILINESECRET` to true for the job"),
            );
        }
        if variable.text.contains('%') && !decodes_percent {
            errors.add(
                &variable.key,
                "`DECODE_PERCENTS` is off, so that the agent cannot be told a `%`",
                None,
            );
        }
        if has_macro(&variable.text) {
            errors.add(
                &variable.key,
                "the agent would put another variable for its `$(…)`",
                Some("`| base64` makes any value plain"),
            );
        }
    }
    find_twins(variables, errors);
}

fn check_name(variable: &Variable, errors: &mut Errors) {
    if let Some(prefix) = has_prefix(&variable.name, HIDDEN) {
        let reason =
            format!("Azure Pipelines hides names that begin with `{prefix}` from every script");
        errors.add(
            &variable.key,
            &reason,
            Some("give it another name, or hand it to one command: `nuages exec`"),
        );
    } else if let Some(prefix) = has_prefix(&variable.name, KEPT) {
        let reason = format!("the names that begin with `{prefix}` are the agent's own");
        errors.add(&variable.key, &reason, Some("give it another name"));
    }
}

/// Whether `RecalculateExpanded` of the agent finds a macro: `$(`, and `)` somewhere behind.
fn has_macro(text: &str) -> bool {
    text.find("$(").is_some_and(|at| text[at..].contains(')'))
}

/// As the agent reads its switches (`StringUtil.ConvertToBoolean`).
fn is_true(text: &str) -> bool {
    ["1", "true", "$true"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

fn set_secrets(masks: &[Zeroizing<String>]) -> Zeroizing<Vec<u8>> {
    let mut out = Buffer::new();
    for mask in masks {
        out.push_str("##vso[task.setsecret]");
        push_escaped(&mut out, mask);
        out.push('\n');
    }
    out.into_bytes()
}

fn set_variables(variables: &[Variable], is_output: bool) -> Zeroizing<Vec<u8>> {
    let mut out = Buffer::new();
    for variable in variables {
        out.push_str("##vso[task.setvariable variable=");
        out.push_str(&variable.name);
        out.push_str(if variable.is_secret {
            ";issecret=true"
        } else {
            ";issecret=false"
        });
        if is_output {
            out.push_str(";isOutput=true");
        }
        // Without it the environment has the name in capitals.
        if variable.name.bytes().any(|byte| byte.is_ascii_lowercase()) {
            out.push_str(";preserveCase=true");
        }
        out.push(']');
        push_escaped(&mut out, &variable.text);
        out.push('\n');
    }
    out.into_bytes()
}

/// What `CommandStringConvertor.Unescape` turns back.
fn push_escaped(out: &mut Buffer, text: &str) {
    for sign in text.chars() {
        match sign {
            '%' => out.push_str("%AZP25"),
            ';' => out.push_str("%3B"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            ']' => out.push_str("%5D"),
            other => out.push(other),
        }
    }
}
