//! `nuages providers`: what this build can read from, and how it is set up.

use std::fmt::Write;

use nuages_provider::{Descriptor, SettingKind};
use serde_json::{Value, json};

use super::{Outcome, arguments::Providers, context::Context, output};

pub(super) fn run(context: &Context, command: &Providers) -> Outcome {
    if command.json {
        let all: Vec<Value> = context.registry.iter().map(describe_json).collect();
        return output::result(format!("{:#}\n", Value::Array(all)).as_bytes());
    }
    let mut text = String::new();
    for descriptor in context.registry.iter() {
        describe(&mut text, descriptor);
    }
    output::result(text.as_bytes())
}

fn describe(text: &mut String, descriptor: &Descriptor) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{:<12} {}", descriptor.scheme, descriptor.summary);
    for spec in descriptor.settings {
        let required = if spec.required { ", required" } else { "" };
        let _ = writeln!(
            text,
            "  {:<14} {} ({}{required})",
            spec.name,
            spec.summary,
            kind(spec.kind)
        );
    }
    for option in descriptor.options {
        let _ = writeln!(text, "  ?{:<13} {}", option.name, option.summary);
    }
}

pub(super) fn kind(kind: SettingKind) -> String {
    match kind {
        SettingKind::Text => "text".to_owned(),
        SettingKind::Choice(choices) => choices.join(" | "),
        SettingKind::Flag => "true | false".to_owned(),
        SettingKind::Integer => "number".to_owned(),
        SettingKind::TextList => "list of texts".to_owned(),
    }
}

fn describe_json(descriptor: &Descriptor) -> Value {
    let settings: Vec<Value> = descriptor
        .settings
        .iter()
        .map(|spec| {
            json!({
                "name": spec.name,
                "type": kind(spec.kind),
                "required": spec.required,
                "summary": spec.summary,
            })
        })
        .collect();
    let options: Vec<Value> = descriptor
        .options
        .iter()
        .map(|option| json!({ "name": option.name, "summary": option.summary }))
        .collect();
    let can = descriptor.capabilities;
    json!({
        "scheme": descriptor.scheme,
        "summary": descriptor.summary,
        "settings": settings,
        "options": options,
        "capabilities": {
            "versions": can.versions,
            "expiring": can.expiring,
            "offline": can.offline,
            "writable": can.writable,
        },
    })
}
