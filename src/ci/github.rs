//! `github`: masks as workflow commands, values into `$GITHUB_ENV` or `$GITHUB_OUTPUT`.
//!
//! The rules are the runner's own, of version 2.336: `ActionCommand.cs` (escapes), `ActionCommandManager.cs` (`add-mask`),
//! `FileCommandManager.cs` (`EnvFileKeyValuePairs`, the names that are blocked).

use std::fmt::Write as _;

use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use super::{Errors, Handover, Job, Place, Sink, find_twins, has_prefix, masks};
use crate::{
    diagnostic::Diagnostic,
    render::{self, Buffer, Setting, Settings, Variable},
};

const NAME: &str = "github";

const ENV: Place = Place::Named {
    variable: "GITHUB_ENV",
    step: "a GitHub Actions step",
    may_create: false,
};
const OUTPUT: Place = Place::Named {
    variable: "GITHUB_OUTPUT",
    step: "a GitHub Actions step",
    may_create: false,
};

/// Names that later steps do not get as they were set. `GITHUB_` and `RUNNER_`: "Default environment variables" of the
/// documentation. `ACTIONS_`: the runner's own switches, among them the one that lets any output set variables.
const KEPT: &[&str] = &["GITHUB_", "RUNNER_", "ACTIONS_"];

/// Blocked by the runner (`SetEnvFileCommand`).
const BLOCKED: &str = "NODE_OPTIONS";

/// The outputs of a job, counted in UTF-16: "Outputs can be a maximum of 1 MB per job".
const LARGEST_OUTPUT: usize = 1024 * 1024;

/// So many words are tried; none is expected to be in a value.
const ATTEMPTS: usize = 4;

/// `::add-mask::` for every secret, then `NAME<<word` blocks.
pub(super) struct Github;

impl Sink for Github {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "GitHub Actions: masks, then variables for the next steps of the job"
    }

    fn settings(&self) -> &'static [Setting] {
        &[Setting {
            name: "to",
            summary: "env, for all next steps, or output, for those that ask [default: env]",
        }]
    }

    fn has_masks(&self) -> bool {
        true
    }

    fn place(&self, settings: &Settings) -> Place {
        if settings.get("to") == Some("output") {
            OUTPUT
        } else {
            ENV
        }
    }

    fn hand_over(&self, job: &Job<'_>) -> Result<Handover, Vec<Diagnostic>> {
        let mut errors = Errors::new(NAME, job.document);
        let is_output = errors.choice(job.settings, "to", &["env", "output"]) == "output";
        let variables = render::variables(job.document);
        let mut handover = Handover::default();
        let masks = masks::all(job.secrets, &variables, &mut handover.notes);
        handover.masks = commands(&masks);
        if !job.mask_only {
            check(&variables, is_output, &mut errors);
            handover.file = block_file(&variables, job.delimiter, &mut errors);
        }
        errors.done(handover)
    }
}

fn check(variables: &[Variable], is_output: bool, errors: &mut Errors) {
    for variable in variables {
        errors.check(variable);
        if is_output {
            continue;
        }
        if let Some(prefix) = has_prefix(&variable.name, KEPT) {
            let reason = format!("GitHub keeps the names that begin with `{prefix}` for itself");
            errors.add(&variable.key, &reason, None);
        } else if variable.name.eq_ignore_ascii_case(BLOCKED) {
            errors.add(
                &variable.key,
                "the runner takes this name from no step",
                Some("set it in the workflow's `env:`"),
            );
        }
    }
    if is_output {
        find_twins(variables, errors);
        let texts = variables.iter().map(|variable| &*variable.text);
        let units: usize = texts.map(|text| text.encode_utf16().count()).sum();
        if units * 2 > LARGEST_OUTPUT {
            errors.usage(
                "the values are too long for outputs: GitHub takes 1 MB for a job",
                Some("`--set to=env`, or fewer of them: `--only KEY`"),
            );
        }
    }
}

fn commands(masks: &[Zeroizing<String>]) -> Zeroizing<Vec<u8>> {
    let mut out = Buffer::new();
    for mask in masks {
        out.push_str("::add-mask::");
        push_escaped(&mut out, mask);
        out.push('\n');
    }
    out.into_bytes()
}

/// A command's data: what `UnescapeData` turns back.
fn push_escaped(out: &mut Buffer, text: &str) {
    for sign in text.chars() {
        match sign {
            '%' => out.push_str("%25"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            other => out.push(other),
        }
    }
}

/// One block a variable, each with a word of its own; or the error that stands in the way.
fn block_file(
    variables: &[Variable],
    delimiter: &dyn Fn() -> Option<String>,
    errors: &mut Errors,
) -> Zeroizing<Vec<u8>> {
    let mut out = Buffer::new();
    for variable in variables {
        let is_end = |word: &String| !variable.text.contains(word.as_str());
        let Some(word) = (0..ATTEMPTS).filter_map(|_| delimiter()).find(is_end) else {
            errors.add(
                &variable.key,
                "there is no word that could end it: no random numbers, or all are in the value",
                None,
            );
            continue;
        };
        out.push_str(&variable.name);
        out.push_str("<<");
        out.push_str(&word);
        out.push('\n');
        out.push_str(&variable.text);
        out.push('\n');
        out.push_str(&word);
        out.push('\n');
    }
    out.into_bytes()
}

/// A word of 128 random bits, to end a value with: who writes a value cannot foresee it.
#[must_use]
pub fn delimiter() -> Option<String> {
    let mut bits = [0; 16];
    SystemRandom::new().fill(&mut bits).ok()?;
    let mut word = "ghadelimiter_".to_owned();
    for byte in bits {
        // Writing to a string cannot fail.
        let _ = write!(word, "{byte:02x}");
    }
    Some(word)
}
