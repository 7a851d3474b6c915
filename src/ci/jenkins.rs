//! `jenkins`: a properties file for the `readProperties` step, as `java.util.Properties.load` of Java 17 reads it.
//!
//! Not for the `EnvInject` plugin: it rewrites backslashes before it reads, and keeps what it read in the build's records.

use super::{Errors, Handover, Job, Place, Sink};
use crate::{
    diagnostic::Diagnostic,
    render::{self, Buffer, Settings},
};

const NAME: &str = "jenkins";

/// `NAME=value` in ASCII, with the escapes of the language.
pub(super) struct Jenkins;

impl Sink for Jenkins {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Jenkins: a properties file for readProperties; nothing masks its values"
    }

    fn place(&self, _: &Settings) -> Place {
        Place::Own
    }

    fn hand_over(&self, job: &Job<'_>) -> Result<Handover, Vec<Diagnostic>> {
        let mut errors = Errors::new(NAME, job.document);
        let mut out = Buffer::new();
        for variable in &render::variables(job.document) {
            errors.check(variable);
            out.push_str(&variable.name);
            out.push('=');
            push_escaped(&mut out, &variable.text);
            out.push('\n');
        }
        let handover = Handover {
            file: out.into_bytes(),
            ..Handover::default()
        };
        errors.done(handover)
    }
}

/// In ASCII alone: which encoding a reader assumes does not matter then.
fn push_escaped(out: &mut Buffer, text: &str) {
    for (place, sign) in text.chars().enumerate() {
        match sign {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            // Blanks before a value are not part of it.
            ' ' if place == 0 => out.push_str("\\ "),
            ' '..='~' => out.push(sign),
            _ => {
                for unit in sign.encode_utf16(&mut [0; 2]) {
                    out.push_formatted(format_args!("\\u{unit:04x}"));
                }
            }
        }
    }
}
