//! `circleci`: `export` lines appended to `$BASH_ENV`, which bash reads before each following `run` step.
//!
//! It masks what its settings and contexts hold, and nothing that a step makes ("Secrets masking" of its
//! documentation).

use super::{Errors, Handover, Job, Place, Sink};
use crate::{
    diagnostic::Diagnostic,
    render::{self, Settings},
};

const NAME: &str = "circleci";

/// The format `sh`, into the file that bash reads.
pub(super) struct Circleci;

impl Sink for Circleci {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "CircleCI: export lines in $BASH_ENV for the next steps; nothing masks them"
    }

    fn place(&self, _: &Settings) -> Place {
        Place::Named {
            variable: "BASH_ENV",
            step: "a CircleCI step",
            may_create: true,
        }
    }

    fn hand_over(&self, job: &Job<'_>) -> Result<Handover, Vec<Diagnostic>> {
        // The format finds what no variable can hold itself.
        let mut errors = Errors {
            sink: NAME,
            found: Vec::new(),
        };
        let mut handover = Handover::default();
        match render::format("sh").map(|sh| sh.render(job.document)) {
            Some(Ok(file)) => {
                for variable in &render::variables(job.document) {
                    errors.check(variable);
                }
                handover.file = file;
            }
            Some(Err(faults)) => {
                for fault in faults {
                    errors.add(&fault.key, fault.reason, None);
                }
            }
            None => errors.usage("this build has no format `sh`", None),
        }
        errors.done(handover)
    }
}
