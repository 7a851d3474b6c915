//! `nuages scan --fix`: values to a store, references to the manifest, reads of the environment to the files. Everything is
//! worked out and shown before anything is changed.

mod files;
mod manifest;

use std::io;

use gix::bstr::BStr;
use nuages_provider::{PutOptions, SecretValue};

use super::{
    super::{
        Exit, Outcome,
        arguments::Scan,
        change::{self, replace},
        context::{Context, Loaded},
        output, put,
    },
    Found,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    plan,
    report::findings::{self, Summary},
    resolve,
    scan::{
        detect::Detector,
        fix::{self, Names, Taken},
    },
    suggest,
};
use files::Job;

/// What could not be read may hold anything.
const UNREAD: u8 = 4;

pub(super) fn run(
    context: &Context,
    command: &Scan,
    loaded: &Loaded,
    detector: &Detector,
    found: &Found,
) -> Outcome {
    let mut job = files::work_out(context, loaded, found, command.yes);
    job.rewrite(&loaded.manifest.source.name);
    if !job.files.is_empty() {
        let manifest = Manifest::with(context, command, loaded, &job.names, &job.secrets())?;
        go(context, loaded, detector, &job, &manifest)?;
    }
    for left in &job.left {
        output::error_line(&format!("left: {left}: do it by hand"));
    }
    tell_troubles(context, found);
    if !job.left.is_empty() {
        return Err(Exit(1));
    }
    if job.files.is_empty() {
        context.note("nothing to take out");
    }
    if found.troubles.is_empty() {
        Ok(())
    } else {
        Err(Exit(UNREAD))
    }
}

fn tell_troubles(context: &Context, found: &Found) {
    let mut summary = Summary::new("scan", std::time::SystemTime::now());
    summary.troubles.clone_from(&found.troubles);
    output::error_text(&findings::troubles(&summary, context.colour));
}

/// The manifest with the references in it, and where the values are to go.
struct Manifest {
    shown: String,
    /// The text with the new entries; none where they are all there.
    text: Option<String>,
    instance: String,
}

impl Manifest {
    fn with(
        context: &Context,
        command: &Scan,
        loaded: &Loaded,
        names: &Names,
        secrets: &[String],
    ) -> Result<Self, Exit> {
        if !loaded.path.exists() {
            let title = "there is no `nuages.toml` that could refer to the secrets";
            let hint = "begin with `[providers.secrets]` and `kind = \"age\"` in a `nuages.toml`, and with `nuages key new`";
            return Err(context.fail(Diagnostic::new(Class::Manifest, title).hint(hint)));
        }
        let instance = instance(context, command, loaded)?;
        let entries: Vec<(String, String)> = wanted(names, secrets)
            .map(|(secret, taken)| (taken.variable.clone(), format!("{instance}://{secret}")))
            .collect();
        let source = &loaded.manifest.source;
        let text = manifest::with_entries(context, loaded, &entries)?;
        Ok(Self {
            shown: source.name.clone(),
            text: (text != source.text).then_some(text),
            instance,
        })
    }
}

/// The secrets that a change needs, with their variables.
fn wanted<'a>(
    names: &'a Names,
    secrets: &'a [String],
) -> impl Iterator<Item = (&'a str, &'a Taken)> {
    names
        .taken()
        .filter(|(name, _)| secrets.iter().any(|secret| secret == name))
}

/// The instance that values go to.
fn instance(context: &Context, command: &Scan, loaded: &Loaded) -> Result<String, Exit> {
    let Some(named) = &command.instance else {
        return put::only_writable(context, "what is found", loaded);
    };
    let writable =
        plan::writable_instances(&loaded.manifest, &context.selection(), &context.registry)
            .map_err(|errors| context.fail_all(&errors, Some(&loaded.manifest.source)))?;
    if writable.contains(named) {
        return Ok(named.clone());
    }
    let title = format!("the manifest has no instance `{named}` that can be written");
    let hint = match &writable[..] {
        [] => "none of its instances can be".to_owned(),
        some => format!("those that can: {}", suggest::list(some)),
    };
    Err(context.fail(Diagnostic::new(Class::Usage, title).hint(hint)))
}

/// Shows, asks, and does it.
fn go(
    context: &Context,
    loaded: &Loaded,
    detector: &Detector,
    job: &Job,
    manifest: &Manifest,
) -> Outcome {
    let secrets = job.secrets();
    let mut missing = Vec::new();
    for (secret, taken) in wanted(&job.names, &secrets) {
        if !is_stored(context, loaded, manifest, secret, taken)? {
            missing.push((secret, taken));
        }
    }
    show(loaded, detector, job, manifest);
    ask(context, job, manifest)?;
    let mut done = Vec::new();
    let outcome = change(context, loaded, job, manifest, &missing, &mut done);
    if outcome.is_err() && !done.is_empty() {
        output::error_line(&format!("done before that: {}", done.join(", ")));
    }
    outcome?;
    context.note(&done.join(", "));
    let variables: Vec<&str> = wanted(&job.names, &secrets)
        .map(|(_, taken)| taken.variable.as_str())
        .collect();
    context.note(&format!(
        "rotate {}: what was in a file is in git's history and in copies of it",
        suggest::list(&variables)
    ));
    Ok(())
}

/// Whether the store has the very value already; another one is an error.
fn is_stored(
    context: &Context,
    loaded: &Loaded,
    manifest: &Manifest,
    secret: &str,
    taken: &Taken,
) -> Result<bool, Exit> {
    // No secret is empty: what does not exist is.
    let reference = format!("{}://{secret}:-", manifest.instance);
    let plan = context.plan_reference(loaded, &reference)?;
    let resolved = context.resolve(&plan, loaded, None)?;
    let there = resolved.single.as_ref().map(resolve::Bytes::expose);
    match there {
        None | Some(b"") => Ok(false),
        Some(there) if there == taken.expose().as_bytes() => Ok(true),
        Some(_) => {
            let title = format!(
                "`{}` has another value for `{secret}`; nothing was changed",
                manifest.instance
            );
            let hint = format!(
                "see which one `{}` is to have, and change the other by hand",
                taken.variable
            );
            Err(context.fail(Diagnostic::new(Class::Provider, title).hint(hint)))
        }
    }
}

/// The diff of every file, without a value.
fn show(loaded: &Loaded, detector: &Detector, job: &Job, manifest: &Manifest) {
    if let Some(text) = &manifest.text {
        let hidden = |text: &str| job.hidden(detector, manifest.shown.as_str().into(), text);
        let old = &loaded.manifest.source.text;
        output::error_text(&fix::unified(&manifest.shown, old, text, &hidden));
    }
    for file in &job.files {
        let path: &BStr = file.path.as_ref();
        let hidden = |text: &str| job.hidden(detector, path, text);
        let diff = fix::unified(&path.to_string(), &file.old, &file.new, &hidden);
        output::error_text(&diff);
    }
}

/// Lets the person at the terminal decide.
fn ask(context: &Context, job: &Job, manifest: &Manifest) -> Outcome {
    if job.is_agreed {
        return Ok(());
    }
    let count = job.files.len() + usize::from(manifest.text.is_some());
    let files = if count == 1 { "file" } else { "files" };
    let instance = &manifest.instance;
    change::ask(
        context,
        &format!("write the values to `{instance}` and change {count} {files}?"),
    )
}

/// The store first: a value that is in no file any more must be somewhere. Then what refers to it, then the files.
fn change(
    context: &Context,
    loaded: &Loaded,
    job: &Job,
    manifest: &Manifest,
    missing: &[(&str, &Taken)],
    done: &mut Vec<String>,
) -> Outcome {
    for (secret, taken) in missing {
        let reference = format!("{}://{secret}", manifest.instance);
        let plan = context.plan_reference(loaded, &reference)?;
        let value = SecretValue::new(taken.expose().as_bytes().to_vec());
        put::write(context, secret, loaded, &plan, &value, &PutOptions::new())?;
        done.push(format!("stored `{reference}`"));
    }
    let failed = |name: &str, error: &io::Error| {
        let title = format!("cannot change `{name}`");
        context.fail(Diagnostic::new(Class::Provider, title).cause(error.to_string()))
    };
    if let Some(text) = &manifest.text {
        let old = loaded.manifest.source.text.as_bytes();
        replace(&loaded.path, old, text.as_bytes())
            .map_err(|error| failed(&manifest.shown, &error))?;
        done.push(format!("changed `{}`", manifest.shown));
    }
    for file in &job.files {
        let name = file.path.to_string();
        let (old, new) = file.bytes();
        replace(&file.place, &old, &new).map_err(|error| failed(&name, &error))?;
        done.push(format!("changed `{name}`"));
    }
    Ok(())
}
