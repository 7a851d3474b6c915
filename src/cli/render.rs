//! `nuages render`: write one format.

use std::{
    io::{self, IsTerminal},
    path::Path,
};

use super::{Exit, Outcome, arguments::Render, context::Context, output, template};
use crate::{
    ci::{self, SINKS},
    cluster::{self, TRANSLATIONS, Translation},
    diagnostic::{Class, Diagnostic},
    render::{
        self, FORMATS, Setting, Settings, Unrepresentable, file::write_atomically,
        tracked::Tracking,
    },
    suggest,
};

pub(super) fn run(context: &Context, command: &Render) -> Outcome {
    if let Some(sink) = ci::sink(&command.format) {
        return super::ci::run(context, command, sink);
    }
    refuse_flags_of_sinks(context, command)?;
    if let Some(path) = &command.template {
        return template::run(context, command, path);
    }
    if let Some(translation) = cluster::translation(&command.format) {
        return translate(context, command, translation);
    }
    let Some(format) = render::format(&command.format) else {
        let title = format!("there is no format `{}`", command.format);
        let formats = FORMATS.iter().map(|format| format.name());
        let translations = TRANSLATIONS.iter().map(|translation| translation.name());
        let sinks = SINKS.iter().map(|sink| sink.name());
        let hint = suggest::hint(&command.format, formats.chain(translations).chain(sinks))
            .or_else(|| Some("`nuages render --help` lists the formats".to_owned()));
        return Err(context.fail(Diagnostic::new(Class::Usage, title).maybe_hint(hint)));
    };
    let settings = settings(context, format.name(), format.settings(), &command.set)?;
    if let Some(path) = &command.output {
        refuse_tracked(context, path)?;
    }
    let loaded = context.load()?;
    let plan = context.plan(&loaded)?.without_files(format.holds_env());
    let resolved = context.resolve(&plan, &loaded, None)?;
    let masks = command.output.is_none() && !command.reveal && io::stdout().is_terminal();
    let bytes_of = |document| {
        format
            .render_with(document, &settings)
            .map_err(|faults| refuse(context, format.name(), &faults))
    };
    // The real values first: a masked one may fit a format that they do not.
    let mut bytes = bytes_of(&resolved.document)?;
    if masks {
        bytes = bytes_of(&render::masked(&resolved.document))?;
    }
    match &command.output {
        None => {
            if masks {
                context.note("values are masked at a terminal; `--reveal` shows them");
            }
            output::result(&bytes)
        }
        Some(path) => put(context, path, &bytes, command.mode),
    }
}

/// What is said to a CI system means nothing to a format.
fn refuse_flags_of_sinks(context: &Context, command: &Render) -> Outcome {
    for (is_given, flag) in [
        (command.mask_only, "--mask-only"),
        (command.force, "--force"),
    ] {
        if is_given {
            let title = format!(
                "`{flag}` is for CI systems, and `{}` is none",
                command.format
            );
            return Err(context.fail(Diagnostic::new(Class::Usage, title)));
        }
    }
    Ok(())
}

/// The manifest for a cluster's own engine: planned and translated, never resolved. There is no value in it, so that git
/// may track it, and a terminal may show it.
fn translate(context: &Context, command: &Render, translation: &dyn Translation) -> Outcome {
    let settings = settings(
        context,
        translation.name(),
        translation.settings(),
        &command.set,
    )?;
    let loaded = context.load()?;
    let plan = context.plan(&loaded)?;
    let text = translation
        .translate(&plan, &settings)
        .map_err(|errors| context.fail_all(&errors, Some(&plan.source)))?;
    match &command.output {
        None => output::result(text.as_bytes()),
        Some(path) => put(context, path, text.as_bytes(), command.mode),
    }
}

pub(super) fn put(context: &Context, path: &Path, bytes: &[u8], mode: u32) -> Outcome {
    write_atomically(path, bytes, mode).map_err(|error| {
        let title = format!("cannot write `{}`", path.display());
        context.fail(Diagnostic::new(Class::Usage, title).cause(error.to_string()))
    })
}

/// What the format is told: only what it knows, each once.
pub(super) fn settings(
    context: &Context,
    format: &str,
    settings: &[Setting],
    given: &[(String, String)],
) -> Result<Settings, Exit> {
    for (place, (name, _)) in given.iter().enumerate() {
        let known = settings.iter().map(|setting| setting.name);
        if !known.clone().any(|known| known == name) {
            let title = format!("`{format}` has no setting `{name}`");
            let hint = suggest::hint(name, known);
            return Err(context.fail(Diagnostic::new(Class::Usage, title).maybe_hint(hint)));
        }
        if given[..place].iter().any(|(other, _)| other == name) {
            let title = format!("`--set {name}` is there twice");
            return Err(context.fail(Diagnostic::new(Class::Usage, title)));
        }
    }
    Ok(given.iter().cloned().collect())
}

fn refuse(context: &Context, format: &str, faults: &[Unrepresentable]) -> Exit {
    let diagnose = |fault: &Unrepresentable| {
        Diagnostic::new(
            Class::Provider,
            format!(
                "cannot render `{}` as `{format}`: {}",
                fault.key, fault.reason
            ),
        )
        .hint("`json` and `databases-json` hold every text; `| base64` makes any value plain")
    };
    let diagnostics: Vec<Diagnostic> = faults.iter().map(diagnose).collect();
    context.fail_all(&diagnostics, None)
}

/// A file of secrets must not be where git tracks it, or would with the next `git add`.
pub(super) fn refuse_tracked(context: &Context, path: &Path) -> Outcome {
    let shown = path.display();
    let diagnostic = match render::tracked::tracking(path) {
        None => return Ok(()),
        Some(Tracking::Tracked) => Diagnostic::new(
            Class::Usage,
            format!("git tracks `{shown}`: secrets are not written there"),
        )
        .hint(format!(
            "`git rm --cached {shown}`, and a line in `.gitignore`"
        )),
        Some(Tracking::NotIgnored) => Diagnostic::new(
            Class::Usage,
            format!("git would track `{shown}`: secrets are not written there"),
        )
        .hint("a line in `.gitignore` makes this a safe place"),
        Some(Tracking::Unreadable) => Diagnostic::new(
            Class::Usage,
            format!("cannot tell whether git tracks `{shown}`"),
        )
        .cause("there is a git repository, and it cannot be read")
        .hint("write outside of it"),
    };
    Err(context.fail(diagnostic))
}
