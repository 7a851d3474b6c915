//! What is said of a scan, what is not, and how it ends.

use std::{
    path::PathBuf,
    time::{Instant, SystemTime},
};

use gix::bstr::BStr;

use super::{
    super::{
        Exit, Outcome,
        arguments::{FindingFormat, Scan},
        context::{Context, Loaded, read_text},
        output,
    },
    Choices, Found, MOST, known, read_named,
    rules::Rules,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    finding::Finding,
    manifest::ScanAllow,
    render::file::write_atomically,
    report::findings::{self, Format, Summary},
    scan::suppress::{
        Allow, AllowEntry, Baseline, Date, DetectSecrets, GitleaksIgnore, Key, Suppressions,
        baseline::{Item, Stamp},
    },
};

/// The baseline where nobody names one.
const BASELINE: &str = ".nuages-baseline.json";
/// What other scanners' users have written.
const GITLEAKS_IGNORE: &str = ".gitleaksignore";
const DETECT_SECRETS: &str = ".secrets.baseline";

/// Everything that lets a finding pass.
pub(super) fn suppressions(
    context: &Context,
    choices: Choices<'_>,
    loaded: &Loaded,
    rules: Rules,
) -> Result<Suppressions, Exit> {
    let mut all = Suppressions::new(Date::of(SystemTime::now()));
    if let Some(custom) = rules.custom {
        all = all.custom(custom);
    }
    let entries = &loaded.manifest.scan.allow;
    if !entries.is_empty() {
        all = all.allow(allow(context, loaded, entries)?);
    }
    // What is to be written anew must not hide what it is made of.
    if !choices.is_rewritten
        && let Some(baseline) = read_baseline(context, choices, loaded)?
    {
        all = all.baseline(baseline);
    }
    if let Some(text) = beside(context, GITLEAKS_IGNORE)? {
        let (ignore, wrong) = GitleaksIgnore::read(text.as_bytes())
            .map_err(|error| unusable(context, GITLEAKS_IGNORE, &error))?;
        for line in wrong {
            context.note(&format!(
                "`{GITLEAKS_IGNORE}`, line {line}: this is no fingerprint"
            ));
        }
        all = all.gitleaks_ignore(ignore);
    }
    if let Some(text) = beside(context, DETECT_SECRETS)? {
        let baseline = DetectSecrets::read(text.as_bytes())
            .map_err(|error| unusable(context, DETECT_SECRETS, &error))?;
        all = all.detect_secrets(baseline);
    }
    Ok(all)
}

fn allow(context: &Context, loaded: &Loaded, entries: &[ScanAllow]) -> Result<Allow, Exit> {
    let has_values = entries.iter().any(|entry| entry.value.is_some());
    let key = if has_values {
        store_key(context, loaded)?
    } else {
        None
    };
    let plain: Vec<AllowEntry> = entries
        .iter()
        .map(|entry| AllowEntry {
            rule: entry.rule.clone(),
            path: entry.path.clone(),
            value: entry.value.as_ref().map(|name| name.text.clone()),
            pattern: entry.pattern.as_ref().map(|name| name.text.clone()),
            reason: entry.reason.clone(),
            until: entry.until.as_ref().map(|name| name.text.clone()),
        })
        .collect();
    Allow::new(&plain, key).map_err(|(place, error)| {
        let problem =
            Diagnostic::manifest("this entry cannot be used", entries[place].span.clone())
                .cause(error.to_string());
        context.fail_all(&[problem], Some(&loaded.manifest.source))
    })
}

/// The key that `[scan] key` leads to.
fn store_key(context: &Context, loaded: &Loaded) -> Result<Option<Key>, Exit> {
    let Some(bytes) = known::key_bytes(context, loaded)? else {
        return Ok(None);
    };
    let key = Key::derived(bytes.expose()).map_err(|error| {
        context.fail(
            Diagnostic::new(Class::Usage, "`[scan] key` cannot be used").cause(error.to_string()),
        )
    })?;
    Ok(Some(key))
}

/// The baseline's file, and whether somebody named it.
fn baseline_path(context: &Context, choices: Choices<'_>, loaded: &Loaded) -> (PathBuf, bool) {
    if let Some(path) = choices.baseline {
        return (context.environment.base().join(path), true);
    }
    match &loaded.manifest.scan.baseline {
        // A file that the manifest names may be yet to be written.
        Some(path) => (loaded.environment.base().join(&path.text), true),
        None => (context.environment.base().join(BASELINE), false),
    }
}

fn read_baseline(
    context: &Context,
    choices: Choices<'_>,
    loaded: &Loaded,
) -> Result<Option<Baseline>, Exit> {
    let (path, is_named) = baseline_path(context, choices, loaded);
    if !path.exists() && (!is_named || choices.is_rewritten) {
        return Ok(None);
    }
    let text = read_named(context, &path, "the baseline")?;
    let mut baseline = Baseline::read(text.as_bytes(), None);
    if baseline.is_err() && loaded.manifest.scan.key.is_some() {
        baseline = Baseline::read(text.as_bytes(), store_key(context, loaded)?);
    }
    let name = path.display().to_string();
    baseline
        .map(Some)
        .map_err(|error| unusable(context, &name, &error))
}

/// Whether the key of a store is needed to tell what is let pass.
pub(super) fn needs_store(context: &Context, choices: Choices<'_>, loaded: &Loaded) -> bool {
    let scan = &loaded.manifest.scan;
    let is_keyed = || {
        let (path, _) = baseline_path(context, choices, loaded);
        let text = path.exists().then(|| read_text(&path, MOST));
        text.and_then(Result::ok)
            .is_some_and(|text| Baseline::read(text.as_bytes(), None).is_err())
    };
    let has_values = scan.allow.iter().any(|entry| entry.value.is_some());
    scan.key.is_some() && (has_values || is_keyed())
}

/// A file of this name in the working directory.
fn beside(context: &Context, name: &str) -> Result<Option<String>, Exit> {
    let path = context.environment.base().join(name);
    if !path.is_file() {
        return Ok(None);
    }
    read_named(context, &path, "the file").map(Some)
}

fn unusable(context: &Context, name: &str, error: &dyn std::error::Error) -> Exit {
    context.fail(
        Diagnostic::new(Class::Usage, format!("cannot use `{name}`")).cause(error.to_string()),
    )
}

/// Prints the findings and the summary; the exit code says whether there were any.
pub(super) fn say(
    context: &Context,
    command: &Scan,
    loaded: &Loaded,
    suppressions: &Suppressions,
    found: &Found,
    started: (SystemTime, Instant),
) -> Outcome {
    let mut summary = Summary::new("scan", started.0);
    summary.files = found.files;
    summary.bytes = found.bytes;
    summary.suppressed = found
        .caught
        .iter()
        .filter(|caught| caught.is_suppressed)
        .count();
    summary.troubles.clone_from(&found.troubles);
    summary.notes.clone_from(&found.notes);
    summary.elapsed = started.1.elapsed();
    if command.write_baseline {
        write_baseline(context, command, loaded, found)?;
        output::error_text(&findings::troubles(&summary, context.colour));
        return if summary.troubles.is_empty() {
            Ok(())
        } else {
            Err(Exit(UNREAD))
        };
    }
    let shown: Vec<_> = found
        .caught
        .iter()
        .filter(|caught| !caught.is_suppressed)
        .collect();
    let all: Vec<Finding> = shown.iter().map(|caught| caught.finding.clone()).collect();
    let excerpt = |finding: &Finding| {
        let place = all.iter().position(|other| std::ptr::eq(other, finding))?;
        shown[place].excerpt.clone()
    };
    let text = findings::render(
        format(command.format),
        &all,
        &summary,
        &excerpt,
        context.colour_of_results,
    );
    output::result(text.as_bytes())?;
    if command.show_suppressed {
        tell_suppressed(suppressions);
    }
    output::error_text(&findings::troubles(&summary, context.colour));
    context.note(&findings::summary_line(&all, &summary));
    if !all.is_empty() && !command.exit_zero {
        return Err(Exit(1));
    }
    if summary.troubles.is_empty() {
        Ok(())
    } else {
        Err(Exit(UNREAD))
    }
}

/// What could not be read may hold anything.
const UNREAD: u8 = 4;

/// The audit: what was let pass, by what and why; what lets nothing pass any more.
fn tell_suppressed(suppressions: &Suppressions) {
    tell_used(suppressions);
    for entry in suppressions.unused() {
        let state = if entry.expired {
            "has expired"
        } else {
            "lets nothing pass"
        };
        output::error_line(&format!("{}: {} {state}", entry.by, entry.entry));
    }
}

/// What was let pass, by what and why.
pub(in crate::cli) fn tell_used(suppressions: &Suppressions) {
    for one in suppressions.used() {
        let reason = one.reason.as_deref().unwrap_or(if one.wants_reason {
            "no reason given"
        } else {
            ""
        });
        let reason = if reason.is_empty() {
            String::new()
        } else {
            format!(": {reason}")
        };
        output::error_line(&format!(
            "let pass: {}:{}: `{}` by {}{reason}",
            one.path, one.line, one.rule, one.by
        ));
    }
}

/// Takes everything found as known.
fn write_baseline(context: &Context, command: &Scan, loaded: &Loaded, found: &Found) -> Outcome {
    let refuse = |error: crate::scan::suppress::Error| {
        context.fail(
            Diagnostic::new(Class::Provider, "cannot make a baseline").cause(error.to_string()),
        )
    };
    let choices = Choices::of(command);
    let (path, _) = baseline_path(context, choices, loaded);
    let mut baseline = match read_baseline(context, choices, loaded)? {
        Some(baseline) => baseline,
        None => match store_key(context, loaded)? {
            Some(key) => Baseline::new(key, true),
            None => Baseline::new(Key::random().map_err(refuse)?, false),
        },
    };
    let items: Vec<Item> = found
        .caught
        .iter()
        // A file that is the finding itself has no value to know it by.
        .filter(|caught| !caught.is_suppressed && !caught.expose().is_empty())
        .map(|caught| Item {
            rule: caught.finding.rule.clone(),
            path: caught.finding.location.path.clone(),
            value: baseline.key().value(&caught.finding.rule, caught.expose()),
        })
        .collect();
    let today = Date::of(SystemTime::now());
    let stamp = Stamp {
        reason: "known when the baseline was written",
        added: &today,
        by: None,
        expires: None,
    };
    // A scan of some paths says nothing of the others.
    let covered = |path: &BStr| {
        command.paths.is_empty()
            || command
                .paths
                .iter()
                .any(|root| crate::scan::glob::covers(&root.to_string_lossy(), path))
    };
    let (new, gone) = baseline.update(&items, &stamp, &covered);
    write_atomically(&path, baseline.write().as_bytes(), 0o644).map_err(|error| {
        let title = format!("cannot write `{}`", path.display());
        context.fail(Diagnostic::new(Class::Provider, title).cause(error.to_string()))
    })?;
    context.note(&format!(
        "wrote `{}`: {} known, {new} of them new, {gone} gone",
        path.display(),
        baseline.len()
    ));
    Ok(())
}

/// The format of a report.
pub(in crate::cli) fn format(format: FindingFormat) -> Format {
    match format {
        FindingFormat::Human => Format::Human,
        FindingFormat::Json => Format::Json,
        FindingFormat::Sarif => Format::Sarif,
        FindingFormat::Github => Format::GitHub,
        FindingFormat::Gitlab => Format::GitLab,
    }
}
