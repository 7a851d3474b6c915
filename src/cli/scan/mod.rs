//! `nuages scan`: secrets in files, in what is staged, in history.

mod fix;
mod known;
mod rules;
mod said;

pub(super) use said::{format, tell_used};

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant, SystemTime},
};

use gix::bstr::BStr;
use indicatif::HumanCount;

use super::{
    Exit, Outcome,
    arguments::{Level, Scan, ScanCommand},
    context::{Context, Loaded},
    progress::Progress,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    finding::Confidence,
    scan::{
        detect::Detector,
        glob,
        session::{self, Options, Outcome as Found, Session},
        source::{
            self, CacheOptions, HistoryOptions, PathOptions, Push, RangeOptions, StagedOptions,
            git::Place,
        },
        suppress::Suppressions,
    },
    variables::{GIT_DIR, GIT_INDEX_FILE, HOME, XDG_CONFIG_HOME},
};

pub(super) fn run(context: &Context, command: &Scan) -> Outcome {
    match &command.command {
        Some(ScanCommand::Fingerprint { output }) => {
            return known::write_fingerprints(context, output);
        }
        Some(ScanCommand::Rules { json }) => return rules::list(*json),
        None => {}
    }
    let source = if command.staged {
        From::Staged {
            whole: command.whole,
        }
    } else if command.history {
        From::History {
            unreachable: command.unreachable,
            is_cached: !command.no_cache,
        }
    } else if let Some(range) = &command.range {
        From::Range(range.clone())
    } else if command.stdin {
        From::Stdin(command.stdin_path.clone())
    } else {
        From::Paths(command.paths.clone())
    };
    scan(context, command, &[source])
}

/// What a run goes by besides the manifest.
#[derive(Clone, Copy, Default)]
pub(super) struct Choices<'a> {
    /// Rules and allowlists of a .gitleaks.toml.
    config: Option<&'a Path>,
    /// Known findings.
    baseline: Option<&'a Path>,
    /// Whether the baseline is to be written anew.
    is_rewritten: bool,
}

impl<'a> Choices<'a> {
    fn of(command: &'a Scan) -> Self {
        Self {
            config: command.config.as_deref(),
            baseline: command.baseline.as_deref(),
            is_rewritten: command.write_baseline,
        }
    }
}

/// What decides what is found and what is said of it, where nothing but the manifest says so.
pub(super) struct Judgement {
    pub(super) detector: Detector,
    pub(super) suppressions: Suppressions,
    pub(super) floor: Confidence,
}

impl Judgement {
    /// None where it takes a secret of the store, and none is to be fetched.
    pub(super) fn load(
        context: &Context,
        loaded: &Loaded,
        may_fetch: bool,
    ) -> Result<Option<Self>, Exit> {
        let choices = Choices::default();
        if !may_fetch && said::needs_store(context, choices, loaded) {
            return Ok(None);
        }
        let rules = rules::Rules::load(context, choices, loaded)?;
        let detector = Detector::new(rules.all.clone());
        let floor = loaded.manifest.scan.confidence;
        Ok(Some(Self {
            detector,
            suppressions: said::suppressions(context, choices, loaded, rules)?,
            floor: floor.unwrap_or(Confidence::Medium),
        }))
    }

    /// Whether a file is left out.
    pub(super) fn excludes(&self, loaded: &Loaded, path: &BStr) -> bool {
        excludes(loaded, &self.suppressions, path)
    }
}

fn excludes(loaded: &Loaded, suppressions: &Suppressions, path: &BStr) -> bool {
    let mut globs = loaded.manifest.scan.exclude.iter();
    globs.any(|glob| glob::covers(&glob.text, path))
        || suppressions
            .config()
            .is_some_and(|config| config.skips(path))
}

/// Where the text comes from.
pub(super) enum From {
    /// Files and directories; none is the working directory.
    Paths(Vec<PathBuf>),
    /// The index.
    Staged { whole: bool },
    /// Everything that refs lead to.
    History { unreachable: bool, is_cached: bool },
    /// Commits, as git names them.
    Range(String),
    /// What a push brings to a remote.
    Push(Push),
    /// Standard input, under a name.
    Stdin(String),
}

/// Scans, says what was found, and decides the exit code.
pub(super) fn scan(context: &Context, command: &Scan, sources: &[From]) -> Outcome {
    let started = (SystemTime::now(), Instant::now());
    // Without a manifest there are no values of its own, and finding none of them would say nothing.
    let loaded = if command.known {
        context.load()?
    } else {
        context.load_or_empty()?
    };
    if !loaded.manifest.errors().is_empty() {
        return Err(context.fail_all(loaded.manifest.errors(), Some(&loaded.manifest.source)));
    }
    let choices = Choices::of(command);
    let rules = rules::Rules::load(context, choices, &loaded)?;
    let detector = Detector::new(rules.all.clone());
    let configuration = rules.configuration.clone();
    let suppressions = said::suppressions(context, choices, &loaded, rules)?;
    let known = known::load(context, command, &loaded)?;
    let looked_at = Arc::new(AtomicU64::new(0));
    let progress = progress(context, sources, &looked_at);
    let excludes = |path: &BStr| excludes(&loaded, &suppressions, path);
    let tick = || {
        looked_at.fetch_add(1, Ordering::Relaxed);
    };
    let is_history = sources.iter().any(|source| {
        matches!(
            source,
            From::History { .. } | From::Range(_) | From::Push(_)
        )
    });
    let options = Options {
        floor: Some(floor(command, &loaded)),
        known: known.iter().collect(),
        excludes: Some(&excludes),
        is_history,
        is_commit: sources
            .iter()
            .any(|source| matches!(source, From::Staged { .. })),
        progress: Some(&tick),
    };
    // What is looked for by value changes from run to run.
    let has_cache = known.is_empty()
        && sources
            .iter()
            .any(|source| matches!(source, From::History { .. }));
    let cache = has_cache.then(|| {
        let excludes: Vec<&str> = loaded
            .manifest
            .scan
            .exclude
            .iter()
            .map(|glob| glob.text.as_str())
            .collect();
        session::key(
            &detector,
            floor(command, &loaded),
            &[&excludes.join("\n"), &configuration],
        )
    });
    let session = Session::new(&detector, &suppressions, options);
    let place = place(context);
    for source in sources {
        read(context, source, &place, cache, &session).map_err(|error| {
            context.fail(
                Diagnostic::new(Class::Provider, format!("cannot scan: {error}"))
                    .maybe_hint(error.hint.clone()),
            )
        })?;
    }
    let found = finish(session, &place);
    drop(progress);
    if command.fix {
        return fix::run(context, command, &loaded, &detector, &found);
    }
    said::say(context, command, &loaded, &suppressions, &found, started)
}

/// The line that counts files. What is typed at a terminal is not written over.
fn progress(context: &Context, sources: &[From], looked_at: &Arc<AtomicU64>) -> Progress {
    let is_typed = sources
        .iter()
        .any(|source| matches!(source, From::Stdin(_)));
    if is_typed && io::stdin().is_terminal() {
        return Progress::none();
    }
    let looked_at = Arc::clone(looked_at);
    context.progress(move |took| {
        let count = HumanCount(looked_at.load(Ordering::Relaxed));
        format!("looked at {count} files, {} s", took.as_secs())
    })
}

/// The commits of what was found are looked up at the end: they are few.
fn finish(session: Session<'_>, place: &Place) -> Found {
    let mut repository = None;
    session.finish(|commit| {
        if repository.is_none() {
            repository = source::git::open(place).ok();
        }
        source::git::origin_in(repository.as_ref()?, commit).ok()
    })
}

fn read(
    context: &Context,
    source: &From,
    place: &Place,
    cache: Option<[u8; 32]>,
    session: &Session<'_>,
) -> Result<(), source::Error> {
    match source {
        From::Paths(paths) => {
            let here = [PathBuf::from(".")];
            let paths = if paths.is_empty() { &here[..] } else { paths };
            let options = PathOptions {
                user_ignores: user_ignores(context),
                ..PathOptions::default()
            };
            source::paths(paths, &options, session);
            Ok(())
        }
        From::Staged { whole } => source::staged(place, &StagedOptions { whole: *whole }, session),
        From::Stdin(name) => {
            source::stdin(&mut io::stdin().lock(), name.as_str().into(), session);
            Ok(())
        }
        From::History {
            unreachable,
            is_cached,
        } => {
            let cache = cache
                .filter(|_| *is_cached)
                .map(|key| CacheOptions { key, file: None });
            let options = HistoryOptions {
                reflogs: *unreachable,
                unreachable: *unreachable,
                cache,
                ..HistoryOptions::default()
            };
            source::history(place, &options, session)
        }
        From::Range(range) => source::range(place, range, &RangeOptions::default(), session),
        From::Push(push) => source::pushed(place, push, &RangeOptions::default(), session),
    }
}

fn floor(command: &Scan, loaded: &Loaded) -> Confidence {
    let typed = command.confidence.map(|level| match level {
        Level::Low => Confidence::Low,
        Level::Medium => Confidence::Medium,
        Level::High => Confidence::High,
    });
    typed
        .or(loaded.manifest.scan.confidence)
        .unwrap_or(Confidence::Medium)
}

/// The repository around the working directory, or the one that git names to its hooks.
pub(super) fn place(context: &Context) -> Place {
    let path = |name| {
        context
            .environment
            .var(name)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    Place {
        directory: context.environment.base().to_owned(),
        git_dir: path(GIT_DIR),
        index: path(GIT_INDEX_FILE),
    }
}

/// Git's default for `core.excludesFile`.
fn user_ignores(context: &Context) -> Option<PathBuf> {
    let path = |name| {
        context
            .environment
            .var(name)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    let configuration =
        path(XDG_CONFIG_HOME).or_else(|| path(HOME).map(|home| home.join(".config")))?;
    Some(configuration.join("git/ignore"))
}

/// A small file of text that an option names, or why not.
fn read_named(context: &Context, path: &Path, what: &str) -> Result<String, Exit> {
    super::context::read_text(&context.environment.base().join(path), MOST).map_err(|cause| {
        context.fail(
            Diagnostic::new(
                Class::Usage,
                format!("cannot read {what} `{}`", path.display()),
            )
            .cause(cause),
        )
    })
}

/// A baseline of a large project has some thousand entries.
const MOST: u64 = 64 * 1024 * 1024;
