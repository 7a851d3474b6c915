//! `bitbucket`: `NAME=value` lines appended to `$BITBUCKET_PIPELINES_VARIABLES_PATH`, for the steps that follow.
//!
//! Bitbucket prints these values into the log of each later step, and says itself that they are not meant for secrets
//! ("Easily share data between steps in Bitbucket Pipelines", Atlassian's blog). How it reads the file is not said, so that
//! only signs which no reader takes for syntax are written.

use super::{Errors, Handover, Job, Place, Sink};
use crate::{
    diagnostic::Diagnostic,
    render::{self, Buffer, Settings},
};

const NAME: &str = "bitbucket";

/// Plain lines, each name of which the step lists under `output-variables`.
pub(super) struct Bitbucket;

impl Sink for Bitbucket {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Bitbucket Pipelines: variables for the next steps; the log shows them, so no secrets (--force)"
    }

    fn refuses_secrets(&self) -> bool {
        true
    }

    fn place(&self, _: &Settings) -> Place {
        Place::Named {
            variable: "BITBUCKET_PIPELINES_VARIABLES_PATH",
            step: "a Bitbucket Pipelines step",
            may_create: true,
        }
    }

    fn hand_over(&self, job: &Job<'_>) -> Result<Handover, Vec<Diagnostic>> {
        let mut errors = Errors::new(NAME, job.document);
        errors.refuse_secrets(job, "Bitbucket prints it into the log of each later step");
        let mut out = Buffer::new();
        for variable in &render::variables(job.document) {
            if variable.is_secret && !job.force {
                // Told already: what else is wrong with it does not matter.
                continue;
            }
            errors.check(variable);
            if super::has_prefix(&variable.name, &["BITBUCKET_"]).is_some() {
                let reason = "Bitbucket keeps the names that begin with `BITBUCKET_` for itself";
                errors.add(&variable.key, reason, None);
            }
            if !variable.text.chars().all(is_plain) {
                errors.add(
                    &variable.key,
                    "Bitbucket does not say how it reads anything but letters, digits and `_@%+=:,./-`",
                    Some("`| base64` makes any value plain; `--only KEY` leaves others out"),
                );
            }
            out.push_str(&variable.name);
            out.push('=');
            out.push_str(&variable.text);
            out.push('\n');
        }
        let handover = Handover {
            file: out.into_bytes(),
            ..Handover::default()
        };
        errors.done(handover)
    }
}

fn is_plain(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || "_@%+=:,./-".contains(sign)
}
