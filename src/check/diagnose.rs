//! Mistakes of the manifest as findings: what stops every other command is told among the rest, by its rule.

use super::{
    fix::Fix,
    found::{Found, Out},
    rules,
    subject::{Field, Subject},
};
use crate::diagnostic::{Class, Diagnostic};

/// Those that a rule tells of, as found, and the others.
pub(super) fn told(
    errors: Vec<Diagnostic>,
    subject: &Subject<'_>,
) -> (Vec<Found>, Vec<Diagnostic>) {
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
                let is_here = |field: &Field| field.span == *span;
                let renamed = subject
                    .databases
                    .iter()
                    .find(|database| database.field("ENGINE").is_some_and(is_here))
                    .filter(|_| rule.id == "PG026");
                one.fix = renamed.map(|database| Fix::set(database, &["ENGINE"], "\"postgresql\""));
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
