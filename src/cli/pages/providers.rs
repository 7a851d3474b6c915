//! `providers.md`: what each provider reads, takes and can, from its descriptor.

use std::fmt::Write as _;

use nuages_provider::{Descriptor, ErrorKind};

use super::{super::providers::kind, cell, heading};
use crate::registry::{FEATURES, Registry};

/// Where the pages of the vendors' providers are.
const FOLDERS: &[(&str, &str)] = &[
    ("provider-local", "local"),
    ("provider-aws", "aws"),
    ("provider-azure", "azure"),
];

pub(super) fn page(registry: &Registry) -> String {
    let mut text = heading("Providers");
    text.push_str(
        "\nA provider is the `kind` of an instance and the scheme of a reference: `[providers.secrets]` with `kind = \"aws-ssm\"`, \
         then `${secrets://db-password}`; or `${aws-ssm:///shop/db-password}` without an instance. Every instance also takes \
         `refresh`, under [`exec --supervise`](../rotation.md), and every reference `?versions=`.\n\n\
         | kind | reads | leaves the machine | versions | tokens that expire | can be written |\n|---|---|---|---|---|---|\n",
    );
    for one in registry.iter() {
        let can = one.capabilities;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| [`{0}`](#{0}) | {1} | {2} | {3} | {4} | {5} |",
            one.scheme,
            cell(one.summary),
            tick(!can.offline),
            tick(can.versions),
            tick(can.expiring),
            tick(can.writable)
        );
    }
    for one in registry.iter() {
        section(&mut text, one);
    }
    errors(&mut text);
    text
}

fn tick(is: bool) -> &'static str {
    if is { "✓" } else { "–" }
}

fn section(text: &mut String, one: &Descriptor) {
    let _ = write!(text, "\n## {}\n\nReads {}.", one.scheme, one.summary);
    let feature = FEATURES
        .iter()
        .find(|(_, schemes)| schemes.contains(&one.scheme))
        .map_or("", |(feature, _)| *feature);
    let _ = write!(text, " A build has it with the feature `{feature}`.");
    if let Some((_, folder)) = FOLDERS.iter().find(|(name, _)| *name == feature) {
        let _ = write!(
            text,
            " [Its page](../../providers/{folder}/README.md) has examples and says what a name may be."
        );
    }
    text.push('\n');
    if !one.settings.is_empty() {
        text.push_str("\n| setting | takes | is |\n|---|---|---|\n");
        for spec in one.settings {
            let required = if spec.required { " (required)" } else { "" };
            let _ = writeln!(
                text,
                "| `{}` | {} | {}{required} |",
                spec.name,
                cell(&kind(spec.kind)),
                cell(spec.summary)
            );
        }
    }
    if !one.options.is_empty() {
        text.push_str("\n| option of a reference | is |\n|---|---|\n");
        for option in one.options {
            let _ = writeln!(text, "| `?{}=` | {} |", option.name, cell(option.summary));
        }
    }
    let _ = write!(text, "\n{}.", calls(one));
    if !one.bootstrap.is_empty() {
        let _ = write!(
            text,
            " What it logs in with is kept from the command: {}.",
            crate::suggest::list(one.bootstrap)
        );
    }
    text.push('\n');
}

/// How it is asked.
fn calls(one: &Descriptor) -> String {
    let can = one.capabilities;
    let batch = match can.max_batch {
        1 => "one secret to a call".to_owned(),
        usize::MAX => "all secrets at once".to_owned(),
        many => format!("up to {many} secrets to a call"),
    };
    let at_once = match can.concurrency {
        1 => "one call at a time".to_owned(),
        many => format!("up to {many} calls at once"),
    };
    let fields = if can.fields {
        "; it picks `#field` itself"
    } else {
        ""
    };
    format!("It is asked for {batch}, {at_once}{fields}")
}

fn errors(text: &mut String) {
    text.push_str(
        "\n## How a provider fails\n\nEach failure has a name that does not change, for `--json` and the audit log, and a phrase for \
         people. A default (`:-`) and `optional` cover `not-found` alone.\n\n| name | is said as |\n|---|---|\n",
    );
    for kind in ErrorKind::ALL {
        let _ = writeln!(text, "| `{}` | the store {} |", kind.name(), kind.phrase());
    }
    text.push_str("| `deadline` | no answer before `--deadline` |\n");
}
