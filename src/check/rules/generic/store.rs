//! Keys to the stores themselves.

use super::{Check, Rule, references};
use crate::{
    check::{fix::Fix, found::Out, subject::Subject},
    finding::Severity,
    manifest::entry,
    registry::kind::ENTRA,
};

pub(super) const GN021: Rule = Rule {
    id: "GN021",
    severity: Severity::Warning,
    title: "the key to the store is handed on to the application",
    why: "With this variable nuages itself logs in to the store, and keeps it from the command it starts. Passed on by `[env]`, \
          every fault of the application that shows its environment opens the whole store, not just the values that it was \
          given.",
    remedy: "take it out of `[env]`; give the application an identity of its own where it needs a cloud itself",
    sources: &[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        "https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/overview",
    ],
    wrong: r#"[env]
SECRET_KEY = "${aws-secrets://shop/secret-key}"
AWS_SECRET_ACCESS_KEY = "${env://AWS_SECRET_ACCESS_KEY}"
"#,
    right: r#"[env]
SECRET_KEY = "${aws-secrets://shop/secret-key}"
AWS_REGION = "eu-west-1"
"#,
    check: Check::Manifest(bootstrap),
};

/// Variables of providers that open nothing by themselves.
const NAMES: &[&str] = &["AWS_ACCESS_KEY_ID"];

fn bootstrap(subject: &Subject<'_>, out: &mut Out<'_>) {
    // What nuages does not log in with is the application's own affair: a key of its storage, a token of its own.
    let used: Vec<&str> = kinds(subject);
    let names: Vec<&str> = subject
        .registry
        .iter()
        .filter(|descriptor| used.contains(&descriptor.scheme))
        .flat_map(|descriptor| descriptor.bootstrap.iter().copied())
        .filter(|name| !NAMES.contains(name))
        .collect();
    for field in &subject.env {
        if names.contains(&field.name.as_str()) && !field.is_empty() {
            let fix = Fix::remove_key(&["env", &field.name]).shown();
            out.variable(field).fix(fix);
        }
    }
}

/// The kinds of provider that something is fetched from.
fn kinds<'a>(subject: &'a Subject<'_>) -> Vec<&'a str> {
    let providers = &subject.layer.providers;
    let named = providers
        .iter()
        .filter_map(|(_, instance)| instance.kind.as_ref());
    let mut kinds: Vec<&str> = named.map(|kind| kind.text.as_str()).collect();
    for hole in references::holes(subject.layer) {
        let scheme = hole.reference.scheme();
        if entry(providers, scheme).is_none() {
            kinds.push(scheme);
        }
    }
    let has_tokens = |database: &crate::check::subject::Database<'_>| database.method.is_some();
    if subject.databases.iter().any(has_tokens) {
        kinds.push(ENTRA);
    }
    kinds
}
