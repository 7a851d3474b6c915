//! `formats.md`: what `nuages render` writes, and what each format can be told, from the lists that it goes by.

use std::fmt::Write as _;

use super::{cell, heading};
use crate::{ci, cluster, render, render::Setting, templating};

pub(super) fn page() -> String {
    let mut text = heading("Formats");
    text.push_str(
        "\n`nuages render FORMAT`, and `render = \"FORMAT\"` of a [file](manifest.md#filespath) where the format is one of the first \
         table. [What each can hold](../formats.md), and what it refuses, is a page of its own. `--set NAME=VALUE` tells a format \
         what stands below it.\n",
    );
    table(
        &mut text,
        "Values",
        render::FORMATS
            .iter()
            .map(|one| (one.name(), one.summary(), one.settings())),
    );
    table(
        &mut text,
        "Translations for a cluster",
        cluster::TRANSLATIONS
            .iter()
            .map(|one| (one.name(), one.summary(), one.settings())),
    );
    table(
        &mut text,
        "CI jobs",
        ci::SINKS
            .iter()
            .map(|one| (one.name(), one.summary(), one.settings())),
    );
    text.push_str(
        "\n## Types of templates\n\n`nuages render --template FILE` goes by the [template](../templates.md)'s name, without `.j2` \
         where it ends so, or by `--set type=NAME`.\n\n| type | names | for |\n|---|---|---|\n",
    );
    for one in templating::TYPES {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            one.name,
            crate::suggest::list(&one.patterns()),
            cell(one.summary)
        );
    }
    text
}

type Row = (&'static str, &'static str, &'static [Setting]);

fn table(text: &mut String, title: &str, rows: impl Iterator<Item = Row>) {
    let _ = write!(text, "\n## {title}\n\n| format | is |\n|---|---|\n");
    let mut with_settings = Vec::new();
    for (name, summary, settings) in rows {
        let _ = writeln!(text, "| `{name}` | {} |", cell(summary));
        if !settings.is_empty() {
            with_settings.push((name, settings));
        }
    }
    for (name, settings) in with_settings {
        let _ = write!(text, "\n### {name}\n\n| `--set` | is |\n|---|---|\n");
        for setting in settings {
            let _ = writeln!(text, "| `{}` | {} |", setting.name, cell(setting.summary));
        }
    }
}
