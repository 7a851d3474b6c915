//! `nuages check`: policy on the manifest, and on what references bring.

mod fix;

use std::{
    path::PathBuf,
    time::{Instant, SystemTime},
};

use super::{
    Exit, Outcome,
    arguments::Check,
    context::{Context, Loaded},
    output,
    scan::format,
};
use crate::{
    check::{self, Allowed, Checked, Request, Surroundings, ids},
    diagnostic::{Class, Diagnostic},
    finding::Finding,
    plan,
    report::findings::{self, Summary},
    resolve::Resolved,
    suggest,
};

/// Where `~` leads.
const HOME: &str = "HOME";

pub(super) fn run(context: &Context, command: &Check) -> Outcome {
    if let Some(rule) = &command.explain {
        return explain(context, rule);
    }
    if command.grants {
        return grants(context, command);
    }
    let started = (SystemTime::now(), Instant::now());
    let mut loaded = context.load()?;
    if command.fix {
        fix::run(context, &mut loaded)?;
    }
    let looked = look(context, command, &loaded)?;
    say(context, command, &loaded, looked, started)
}

/// What was found, what was let pass, and what stands in the way of every other command.
struct Looked {
    allowed: Allowed,
    mistakes: Vec<Diagnostic>,
    notes: Vec<String>,
}

fn look(context: &Context, command: &Check, loaded: &Loaded) -> Result<Looked, Exit> {
    let unread = loaded.manifest.is_unread();
    if unread {
        // What is no TOML has nothing that could be looked at.
        return Err(context.fail_all(loaded.manifest.errors(), Some(&loaded.manifest.source)));
    }
    let resolved = if command.resolve {
        Some(resolve(context, loaded)?)
    } else {
        None
    };
    let outcome = inspect(context, loaded, resolved.as_ref(), SystemTime::now())?;
    let is_whole = context.global.profile.is_empty() && resolved.is_none();
    let allowed = check::allow(
        outcome.found,
        &loaded.manifest.check.allow,
        SystemTime::now(),
        is_whole,
    );
    Ok(Looked {
        allowed,
        mistakes: outcome.mistakes,
        notes: outcome.notes,
    })
}

/// Everything that the rules find.
fn inspect(
    context: &Context,
    loaded: &Loaded,
    resolved: Option<&Resolved>,
    now: SystemTime,
) -> Result<check::Outcome, Exit> {
    let base = loaded.environment.base();
    let home = home(context);
    let surroundings = Surroundings {
        base,
        home: home.as_deref(),
    };
    let request = Request {
        manifest: &loaded.manifest,
        registry: &context.registry,
        selection: &context.selection(),
        resolved: resolved.map(|resolved| &resolved.document),
        surroundings: Some(&surroundings),
        now,
    };
    check::check(&request)
        .map_err(|errors| context.fail_all(&errors, Some(&loaded.manifest.source)))
}

fn resolve(context: &Context, loaded: &Loaded) -> Result<Resolved, Exit> {
    let plan = plan::plan(&loaded.manifest, &context.selection(), &context.registry)
        .map_err(|errors| context.fail_all(&errors, Some(&loaded.manifest.source)))?;
    context.resolve(&plan, loaded, None)
}

fn home(context: &Context) -> Option<PathBuf> {
    let home = context.environment.var(HOME)?;
    (!home.is_empty()).then(|| PathBuf::from(home))
}

fn say(
    context: &Context,
    command: &Check,
    loaded: &Loaded,
    looked: Looked,
    started: (SystemTime, Instant),
) -> Outcome {
    let source = &loaded.manifest.source;
    let checked = Checked::new(&looked.allowed.found, source, &source.name);
    let mut summary = Summary::new("check", started.0);
    summary.files = 1;
    summary.bytes = source.text.len() as u64;
    summary.suppressed = looked.allowed.suppressed.len();
    summary.notes = looked.notes;
    summary.elapsed = started.1.elapsed();
    let excerpt = |finding: &Finding| checked.excerpt(finding);
    let text = findings::render(
        format(command.format),
        &checked.findings,
        &summary,
        &excerpt,
        context.colour,
    );
    output::result(text.as_bytes())?;
    if command.show_suppressed {
        for (one, reason) in &looked.allowed.suppressed {
            output::error_line(&format!(
                "let pass: {}: `{}`: {reason}",
                one.rule.id, one.key
            ));
        }
    }
    output::error_text(&findings::troubles(&summary, context.colour));
    context.note(&findings::summary_line(&checked.findings, &summary));
    if !looked.mistakes.is_empty() {
        return Err(context.fail_all(&looked.mistakes, Some(source)));
    }
    let least = command.fail_on.severity();
    if checked
        .findings
        .iter()
        .any(|finding| finding.severity >= least)
    {
        return Err(Exit(1));
    }
    Ok(())
}

fn grants(context: &Context, command: &Check) -> Outcome {
    let loaded = context.load()?;
    let sql = check::grants::sql(
        &loaded.manifest,
        &context.selection(),
        &context.registry,
        command.migrate_profile.as_deref(),
    )
    .map_err(|errors| context.fail_all(&errors, Some(&loaded.manifest.source)))?;
    output::result(sql.as_bytes())
}

fn explain(context: &Context, rule: &str) -> Outcome {
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
                .maybe_hint(suggest::hint(&rule.to_ascii_uppercase(), ids())),
        )),
    }
}
