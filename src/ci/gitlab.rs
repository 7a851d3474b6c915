//! `gitlab`: a dotenv report (`artifacts:reports:dotenv`). Whoever may see the pipeline can download it, so that secrets are
//! refused.
//!
//! The rules are those of GitLab's `Ci::ParseDotenvArtifactService` and of its `ExpandVariables`, as of version 18.

use super::{Errors, Handover, Job, Place, Sink};
use crate::{
    diagnostic::Diagnostic,
    render::{self, Buffer, Settings},
};

const NAME: &str = "gitlab";

/// The report must have fewer bytes, unless an administrator says otherwise.
const LARGEST: usize = 5 * 1024;

/// The default of an instance; gitlab.com takes 50 or more.
const MOST: usize = 20;

/// The longest name of a variable.
const LONGEST_NAME: usize = 255;

/// `NAME=value` lines without quotes.
pub(super) struct Gitlab;

impl Sink for Gitlab {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "GitLab: a dotenv report for the next jobs; others can read it, so no secrets (--force)"
    }

    fn refuses_secrets(&self) -> bool {
        true
    }

    fn place(&self, _: &Settings) -> Place {
        Place::Own
    }

    fn hand_over(&self, job: &Job<'_>) -> Result<Handover, Vec<Diagnostic>> {
        let mut errors = Errors::new(NAME, job.document);
        errors.refuse_secrets(
            job,
            "whoever may see the pipeline can download a dotenv report",
        );
        let variables = render::variables(job.document);
        let mut out = Buffer::new();
        for variable in &variables {
            if variable.is_secret && !job.force {
                // Told already: what else is wrong with it does not matter.
                continue;
            }
            errors.check(variable);
            if let Some(reason) = changed(&variable.text) {
                errors.add(
                    &variable.key,
                    reason,
                    Some("`| base64` makes any value plain"),
                );
            }
            if variable.name.len() > LONGEST_NAME {
                errors.add(&variable.key, "GitLab takes names of 255 characters", None);
            }
            out.push_str(&variable.name);
            out.push('=');
            out.push_str(&variable.text);
            out.push('\n');
        }
        if out.len() >= LARGEST {
            errors.usage(
                "the values are too long for a dotenv report: GitLab takes less than 5 KiB",
                Some("fewer of them: `--only KEY`"),
            );
        }
        let mut handover = Handover::default();
        if variables.len() > MOST {
            handover.notes.push(format!(
                "warning: {} variables: an instance takes {MOST} unless its limits say otherwise",
                variables.len()
            ));
        }
        handover.file = out.into_bytes();
        errors.done(handover)
    }
}

/// What GitLab would make something else of.
fn changed(text: &str) -> Option<&'static str> {
    let is_stripped = |sign: char| matches!(sign, '\t'..='\r' | ' ');
    if text.contains('\n') {
        Some("a dotenv report holds no line break")
    } else if text.starts_with(is_stripped) || text.ends_with(is_stripped) {
        Some("GitLab strips the blanks around a value")
    } else if text.contains('$') || has_percent_name(text) {
        Some("GitLab would put another variable for its `$…` or `%…%`")
    } else {
        None
    }
}

/// `%NAME%`
fn has_percent_name(text: &str) -> bool {
    let parts: Vec<&str> = text.split('%').collect();
    // The first and the last part have a sign on one side only.
    parts
        .get(1..parts.len().saturating_sub(1))
        .unwrap_or_default()
        .iter()
        .any(|part| render::check_variable(part, "").is_ok())
}
