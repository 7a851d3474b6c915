//! `nuages check --explain`: the page of a rule, or of all.

use super::super::{Outcome, context::Context, output};
use crate::{
    check::{self, ids},
    diagnostic::{Class, Diagnostic},
};

/// What may have been meant by the id of no rule: `pg1` is PG001, and PG is a family.
fn rule_hint(rule: &str) -> String {
    let rule = rule.to_ascii_uppercase();
    let digits = rule.find(|sign: char| sign.is_ascii_digit());
    let (family, number) = rule.split_at(digits.unwrap_or(rule.len()));
    let padded = number.parse::<u16>().ok();
    let padded = padded.map(|number| format!("{family}{number:03}"));
    if let Some(id) = ids().find(|id| Some(*id) == padded.as_deref()) {
        return format!("did you mean `{id}`?");
    }
    let mut of_family = ids().filter(|id| !family.is_empty() && is_of(id, family));
    if let Some(first) = of_family.next() {
        let last = of_family.last().unwrap_or(first);
        return format!(
            "the rules of `{family}` are `{first}` to `{last}`; `nuages check --explain all` shows every rule"
        );
    }
    "`nuages check --explain all` shows every rule, each with its id".to_owned()
}

fn is_of(id: &str, family: &str) -> bool {
    let number = id.strip_prefix(family);
    number.is_some_and(|number| number.chars().all(|sign| sign.is_ascii_digit()))
}

pub(super) fn run(context: &Context, rule: &str) -> Outcome {
    let text = if rule.eq_ignore_ascii_case("all") {
        let pages: Vec<String> = ids().filter_map(check::page).collect();
        Some(pages.join("\n"))
    } else {
        check::page(rule)
    };
    match text {
        Some(text) => output::result(text.as_bytes()),
        None => Err(context.fail(
            Diagnostic::new(Class::Usage, format!("there is no rule `{rule}`"))
                .hint(rule_hint(rule)),
        )),
    }
}
