//! `nuages check`: policy on the manifest, on what references bring, and on the project's settings.

mod connect;
mod explain;
mod failure;
mod fix;
mod handed;
mod project;

use std::{
    path::PathBuf,
    time::{Duration, Instant, SystemTime},
};

use zeroize::Zeroizing;

use super::{
    Exit, Outcome,
    arguments::{Check, FindingFormat},
    context::{Context, Loaded},
    first_run, output,
    scan::{Judgement, format, tell_used},
};
use crate::{
    check::{
        self, Allowed, Checked, Extent, Found, Request, Surroundings,
        settings::{self, Evaluated},
    },
    diagnostic::{Class, Diagnostic},
    finding::Finding,
    redact,
    report::{
        findings::{self, Summary},
        visible,
    },
    scan::{detect::Detector, rule, source::Trouble},
    variables::HOME,
};
use handed::{Handed, base_alone, hand};
use project::{Files, Learnt, Target, learn};

pub(super) fn run(context: &Context, command: &Check) -> Outcome {
    if let Some(rule) = &command.explain {
        return explain::run(context, rule);
    }
    if command.grants {
        return grants(context, command);
    }
    let started = (SystemTime::now(), Instant::now());
    let mut loaded = context.load_or_empty()?;
    let target = Target::find(context, command, &loaded)?;
    if command.fix {
        fix::run(context, &mut loaded)?;
    }
    let looked = look(context, command, &loaded, target.as_ref(), started.1)?;
    say(context, command, &loaded, &looked, started)
}

/// There is neither a manifest nor a project.
fn nothing(context: &Context) -> Exit {
    let title = "there is no `nuages.toml`, and no settings of Django";
    let here = context.environment.base();
    let mut diagnostic = Diagnostic::new(Class::Manifest, title).cause(first_run::looked(here));
    diagnostic.hint = Some(
        "`nuages init` in the directory of a Django project makes one; `--manifest FILE` and `--settings MODULE` name what is elsewhere".to_owned(),
    );
    context.fail(diagnostic)
}

/// What was found, what was let pass, and what stands in the way.
struct Looked {
    allowed: Allowed,
    mistakes: Vec<Diagnostic>,
    /// What servers say, for people and for machines.
    servers: Option<(String, Vec<serde_json::Value>)>,
    /// What could not be looked at.
    failures: Vec<Diagnostic>,
    notes: Vec<String>,
    files: Vec<settings::File>,
    /// What decides about secrets in the files, where there are any.
    judgement: Option<Judgement>,
    /// Secrets in the files that are let pass.
    let_pass: usize,
    /// Values that no line may show.
    known: Vec<Zeroizing<String>>,
}

fn look(
    context: &Context,
    command: &Check,
    loaded: &Loaded,
    target: Option<&Target>,
    started: Instant,
) -> Result<Looked, Exit> {
    if loaded.manifest.is_unread() {
        // What is no TOML has nothing that could be looked at. A machine is told so in its own words too.
        if command.format != FindingFormat::Human {
            return Ok(Looked::nothing(loaded.manifest.errors().to_vec()));
        }
        return Err(context.fail_all(loaded.manifest.errors(), Some(&loaded.manifest.source)));
    }
    let files = target.is_none().then(|| Files::find(context, loaded));
    if files.as_ref().is_some_and(|files| files.all.is_empty()) && context.find().is_none() {
        return Err(nothing(context));
    }
    let now = SystemTime::now();
    let mut handed = hand(context, command, loaded, target)?;
    let is_handed = handed.failures.is_empty();
    let outcome = inspect(context, loaded, &mut handed, now)?;
    let (mut found, mut notes) = (outcome.found, outcome.notes);
    let mut failures = std::mem::take(&mut handed.failures);
    notes.extend(base_alone(context, loaded, &handed));
    let mut servers = None;
    if command.connect && !is_handed {
        failures.push(stopped("cannot ask the servers"));
    } else if command.connect {
        let within = context.deadline()?.saturating_sub(started.elapsed());
        let connected = connected(context, command, loaded, (target, &handed), (now, within))?;
        found.extend(connected.found);
        notes.extend(connected.notes);
        servers = Some((connected.text, connected.documents));
    }
    let learnt = match target {
        Some(target) if !is_handed => Learnt::stopped(context, target),
        Some(target) => learn(context, command, loaded, target, &handed, started)?,
        None => Learnt::read(files),
    };
    let mut silenced = Vec::new();
    if let Some(evaluated) = &learnt.evaluated {
        silenced = settled(context, loaded, evaluated, now, &mut found)?;
    }
    notes.extend(learnt.files.notes);
    let (files, mains) = (learnt.files.all, learnt.files.mains);
    let judgement = judgement(context, command, loaded, &files, &mut notes)?;
    let mut let_pass = 0;
    if let Some(judgement) = &judgement {
        let session = settings::Session {
            detector: &judgement.detector,
            suppressions: &judgement.suppressions,
            excludes: &|path| judgement.excludes(loaded, path),
            floor: judgement.floor,
        };
        let (literals, suppressed) = settings::literals(&files, &mains, &session);
        found.extend(literals);
        let_pass = suppressed;
    }
    failures.extend(learnt.failures);
    let is_whole =
        context.selection().profiles.is_empty() && handed.resolved.is_none() && is_handed;
    let extent = extent(is_whole, learnt.evaluated.is_some());
    let mut allowed = check::allow(found, &loaded.manifest.check.allow, now, extent);
    allowed.suppressed.extend(silenced);
    let known = learnt.evaluated.as_ref().map(Evaluated::secrets);
    Ok(Looked {
        known: known.map_or_else(|| handed.secrets(), <[_]>::to_vec),
        allowed,
        mistakes: outcome.mistakes,
        servers,
        failures,
        notes,
        files,
        judgement,
        let_pass,
    })
}

impl Looked {
    /// Where there is nothing that could be looked at.
    fn nothing(mistakes: Vec<Diagnostic>) -> Self {
        Self {
            allowed: Allowed {
                found: Vec::new(),
                suppressed: Vec::new(),
            },
            mistakes,
            servers: None,
            failures: Vec::new(),
            notes: Vec::new(),
            files: Vec::new(),
            judgement: None,
            let_pass: 0,
            known: Vec::new(),
        }
    }
}

/// What waits for values that are missing.
fn stopped(title: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Class::Provider, title).cause("not all of its values can be used")
}

fn extent(is_whole: bool, has_settings: bool) -> Extent {
    match (is_whole, has_settings) {
        (false, _) => Extent::Part,
        (true, true) => Extent::Settings,
        (true, false) => Extent::Manifest,
    }
}

/// Adds what is found in evaluated settings, and gives what these let pass themselves.
fn settled(
    context: &Context,
    loaded: &Loaded,
    evaluated: &Evaluated,
    now: SystemTime,
    found: &mut Vec<Found>,
) -> Result<Vec<(Found, String)>, Exit> {
    let manifest = &loaded.manifest;
    let looked = settings::look(evaluated, &context.registry, now)
        .map_err(|redact::TooMany| super::redact::too_many(context))?;
    let layer = manifest
        .select(&context.selection().profiles)
        .map_err(|errors| context.fail_all(&errors, Some(&manifest.source)))?;
    settings::merge(evaluated, &layer, found, looked.found);
    Ok(looked.suppressed)
}

/// What decides about secrets in the files; none where there are no files, or where a secret of the store would decide.
fn judgement(
    context: &Context,
    command: &Check,
    loaded: &Loaded,
    files: &[settings::File],
    notes: &mut Vec<String>,
) -> Result<Option<Judgement>, Exit> {
    if files.is_empty() {
        return Ok(None);
    }
    let judgement = Judgement::load(context, loaded, command.resolve)?;
    if judgement.is_none() {
        notes.push(
            "the settings are not searched for secrets: what is let pass takes `[scan] key`, which `--resolve` fetches"
                .to_owned(),
        );
    }
    Ok(judgement)
}

/// What the servers say.
fn connected(
    context: &Context,
    command: &Check,
    loaded: &Loaded,
    (target, handed): (Option<&Target>, &Handed),
    (now, within): (SystemTime, Duration),
) -> Result<connect::Connected, Exit> {
    // What the command would have, without what nuages itself logs in with.
    let environment = handed.environment(context);
    let python = project::python(context, command, loaded, target, &environment)?;
    let request = Request {
        manifest: &loaded.manifest,
        registry: &context.registry,
        selection: &context.selection(),
        resolved: handed.brought(),
        surroundings: None,
        now,
    };
    connect::run(context, &request, (python, &environment), within)
}

/// Everything that the rules find. Of what kept references from being resolved, `handed` keeps what no rule tells of.
fn inspect(
    context: &Context,
    loaded: &Loaded,
    handed: &mut Handed,
    now: SystemTime,
) -> Result<check::Outcome, Exit> {
    let failures = std::mem::take(&mut handed.failures);
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
        resolved: handed.brought(),
        surroundings: Some(&surroundings),
        now,
    };
    let mut outcome = check::check(&request)
        .map_err(|errors| context.fail_all(&errors, Some(&loaded.manifest.source)))?;
    let failures = check::add_unusable(&request, failures, &mut outcome.found);
    handed.failures = failures;
    Ok(outcome)
}

fn home(context: &Context) -> Option<PathBuf> {
    let home = context.environment.var(HOME)?;
    (!home.is_empty()).then(|| PathBuf::from(home))
}

fn say(
    context: &Context,
    command: &Check,
    loaded: &Loaded,
    looked: &Looked,
    started: (SystemTime, Instant),
) -> Outcome {
    let source = &loaded.manifest.source;
    let built_in = || Detector::new(rule::built_in().into());
    let shown = match &looked.judgement {
        Some(judgement) => settings::shown(&looked.files, &judgement.detector, &looked.known),
        None if looked.files.is_empty() => Vec::new(),
        None => settings::shown(&looked.files, &built_in(), &looked.known),
    };
    let let_pass = looked.allowed.suppressed.iter().map(|(one, _)| one);
    let checked = Checked::new(&looked.allowed.found, let_pass, source, &shown);
    let mut summary = Summary::new("check", started.0);
    let sizes = looked.files.iter().map(|file| file.text.len());
    let sizes = sizes.chain(Some(source.text.len()).filter(|size| *size > 0));
    let sizes: Vec<u64> = sizes.map(|size| size as u64).collect();
    summary.files = sizes.len() as u64;
    summary.bytes = sizes.iter().sum();
    summary.suppressed = looked.allowed.suppressed.len() + looked.let_pass;
    summary.notes.clone_from(&looked.notes);
    if let Some((text, documents)) = &looked.servers {
        summary.servers.clone_from(documents);
        if command.format == FindingFormat::Human {
            output::result(format!("{text}\n").as_bytes())?;
        }
    }
    // For people they are drawn below; a machine's document must not say that all is well.
    if command.format != FindingFormat::Human {
        let obstacles = looked.mistakes.iter().chain(&looked.failures);
        summary.troubles.extend(obstacles.map(|obstacle| Trouble {
            place: source.name.as_str().into(),
            reason: obstacle.title.clone(),
        }));
    }
    summary.elapsed = started.1.elapsed();
    let excerpt = |finding: &Finding| checked.excerpt(finding);
    let text = findings::render(
        format(command.format),
        &checked.findings,
        &summary,
        &excerpt,
        context.colour_of_results,
    );
    output::result(text.as_bytes())?;
    if command.show_suppressed {
        tell_suppressed(looked);
    }
    output::error_text(&findings::troubles(&summary, context.colour));
    context.note(&findings::summary_line(&checked.findings, &summary));
    let obstacles = [&looked.mistakes[..], &looked.failures].concat();
    if !obstacles.is_empty() {
        return Err(context.fail_all(&obstacles, Some(source)));
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

fn tell_suppressed(looked: &Looked) {
    for (one, reason) in &looked.allowed.suppressed {
        let (id, key) = (one.id(), visible(&one.key));
        output::error_line(&format!("let pass: {id}: `{key}`: {}", visible(reason)));
    }
    if let Some(judgement) = &looked.judgement {
        tell_used(&judgement.suppressions);
    }
}
