//! Mistakes of the manifest as findings: what stops every other command is told among the rest, by its rule.

use super::{
    found::{Found, Out},
    rules,
};
use crate::diagnostic::{Class, Diagnostic};

/// Those that a rule tells of, as found, and the others.
pub(super) fn told(errors: Vec<Diagnostic>) -> (Vec<Found>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut others = Vec::new();
    for error in errors {
        let rule = error.rule.and_then(rules::find);
        match (rule, &error.span) {
            (Some(rule), Some(span)) if error.class == Class::Manifest => {
                let mut out = Out::new(rule, &mut found);
                let one = out.at("", span);
                one.is_mistake = true;
                one.note(error.title.clone());
                for cause in &error.causes {
                    one.note(cause.clone());
                }
                if let Some(hint) = &error.hint {
                    one.remedy(hint.clone());
                }
            }
            _ => others.push(error),
        }
    }
    (found, others)
}

/// Of values that references brought and that no command can be given, those that a rule tells of, as found, and the
/// others.
pub(super) fn unusable(failures: Vec<Diagnostic>) -> (Vec<Found>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut others = Vec::new();
    for failure in failures {
        let rule = failure.rule.and_then(rules::find);
        let (Some(rule), Some(span)) = (rule, &failure.span) else {
            others.push(failure);
            continue;
        };
        let mut out = Out::new(rule, &mut found);
        let one = out.at("", span);
        one.is_mistake = true;
        one.note(failure.title);
        one.notes.extend(failure.causes);
        one.remedy = failure.hint;
    }
    (found, others)
}
