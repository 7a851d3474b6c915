//! One scan: what comes from a source goes through detection, known values and suppression, and becomes findings.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher as _,
    sync::{Mutex, MutexGuard, PoisonError},
};

use gix::{
    ObjectId,
    bstr::{BStr, BString},
};
use ring::digest;
use zeroize::Zeroizing;

use super::{
    committed,
    detect::{Detector, Match, New},
    known::Known,
    memo::Memo,
    source::{Sink, Trouble, Unit, Verdict},
    suppress::{self, Candidate, Suppressions, Verdict as Judgement},
    text::Text,
};
use crate::{
    finding::{Confidence, Finding, Location, Origin},
    report::findings::{Excerpt, Hidden, Secrets, mask},
};

/// What a scan is to do with the texts it is given.
pub struct Session<'a> {
    detector: &'a Detector,
    suppressions: &'a Suppressions,
    options: Options<'a>,
    memo: Option<Memo>,
    /// Keyed at random: tells secrets apart without keeping them.
    hasher: RandomState,
    state: Mutex<State>,
}

/// How a scan goes about it.
#[derive(Default)]
pub struct Options<'a> {
    /// The least certain finding that counts; what is less is not even looked for.
    pub floor: Option<Confidence>,
    /// Values to look for besides.
    pub known: Vec<&'a Known>,
    /// Leaves out whole files.
    pub excludes: Option<&'a (dyn Fn(&BStr) -> bool + Sync)>,
    /// History is read: the same line comes back, and the same secret in one file is one finding.
    pub is_history: bool,
    /// A commit is about to be made: files that should never be in one are findings themselves.
    pub is_commit: bool,
    /// Is told of every text that is done.
    pub progress: Option<&'a (dyn Fn() + Sync)>,
}

/// A finding, and what only this program may know of it.
pub struct Caught {
    /// What may be said.
    pub finding: Finding,
    /// Its line, with every secret masked.
    pub excerpt: Option<Excerpt>,
    /// Whether something keeps it quiet: [`Suppressions::used`] tells what.
    pub is_suppressed: bool,
    /// The commits that have it, as far as they were read.
    pub commits: Vec<ObjectId>,
    /// The secret itself: for a baseline, which keeps a keyed hash of it.
    secret: Zeroizing<Vec<u8>>,
}

#[derive(Default)]
struct State {
    caught: Vec<Caught>,
    /// History: where the finding of a path, a rule and a secret is in `caught`.
    places: HashMap<(BString, String, u64), usize>,
    troubles: Vec<Trouble>,
    notes: Vec<String>,
    files: u64,
    bytes: u64,
}

/// What a scan came to.
pub struct Outcome {
    /// Everything found, also what is suppressed; in the order of paths and places.
    pub caught: Vec<Caught>,
    /// What could not be read.
    pub troubles: Vec<Trouble>,
    /// What else is worth a word.
    pub notes: Vec<String>,
    /// How many texts were looked at.
    pub files: u64,
    /// How many bytes they had.
    pub bytes: u64,
}

/// Changes with everything that decides what is found in a text: for a memory of texts that held nothing.
#[must_use]
pub fn key(detector: &Detector, floor: Confidence, more: &[&str]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut add = |text: &str| {
        context.update(text.as_bytes());
        context.update(b"\0");
    };
    add(env!("CARGO_PKG_VERSION"));
    add(env!("NUAGES_SCAN_BUILD"));
    add(floor.name());
    for rule in detector.rules() {
        add(&rule.id);
        add(rule.pattern.as_deref().unwrap_or_default());
        add(&format!(
            "{} {} {}",
            rule.group, rule.entropy, rule.confidence
        ));
        add(&rule.keywords.join("\n"));
        add(&rule.paths.join("\n"));
    }
    for text in more {
        add(text);
    }
    let mut key = [0; 32];
    key.copy_from_slice(context.finish().as_ref());
    key
}

impl Caught {
    /// The secret's bytes.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.secret
    }
}

impl<'a> Session<'a> {
    /// A scan with these rules and suppressions.
    #[must_use]
    pub fn new(
        detector: &'a Detector,
        suppressions: &'a Suppressions,
        options: Options<'a>,
    ) -> Self {
        Self {
            detector,
            suppressions,
            memo: options.is_history.then(Memo::default),
            options,
            hasher: RandomState::new(),
            state: Mutex::default(),
        }
    }

    /// What was found. `origin` tells who brought a commit.
    pub fn finish(self, mut origin: impl FnMut(ObjectId) -> Option<Origin>) -> Outcome {
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let mut caught = state.caught;
        let mut origins: HashMap<ObjectId, Option<Origin>> = HashMap::new();
        for caught in &mut caught {
            let known = caught.commits.iter().filter_map(|commit| {
                origins
                    .entry(*commit)
                    .or_insert_with(|| origin(*commit))
                    .clone()
            });
            // The commit that brought it is the first that has it.
            caught.finding.origin = known.min_by_key(|origin| origin.time);
        }
        caught.sort_by(|one, other| {
            let key =
                |caught: &'_ Caught| (caught.finding.location.clone(), caught.finding.rule.clone());
            key(one).cmp(&key(other))
        });
        // The parts of a large text overlap: the same place is found twice.
        caught.dedup_by(|one, other| {
            one.finding.location == other.finding.location
                && one.finding.rule == other.finding.rule
                && one.finding.origin == other.finding.origin
        });
        Outcome {
            caught,
            troubles: state.troubles,
            notes: state.notes,
            files: state.files,
            bytes: state.bytes,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panicked has left whole entries behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn matches(&self, text: &Text<'_>, unit: &Unit<'_>) -> Vec<Match> {
        let floor = self.options.floor.unwrap_or(Confidence::Medium);
        let mut found = self.detector.scan_new(
            text,
            floor,
            &New {
                lines: unit.added,
                memo: self.memo.as_ref(),
            },
        );
        for known in &self.options.known {
            for seen in known.find(text.bytes) {
                // The surest there is: what detection says of the same place adds nothing.
                found.retain(|found| {
                    found.span.end <= seen.span.start || found.span.start >= seen.span.end
                });
                found.push(Match {
                    rule: Cow::Borrowed("known-value"),
                    span: seen.span,
                    confidence: Confidence::High,
                    notes: vec![
                        format!("`{}` of the manifest, {}", seen.name, seen.encoding).into(),
                    ],
                });
            }
        }
        if let Some(config) = self.suppressions.config() {
            found.retain(|found| config.applies(&found.rule, unit.path));
        }
        if let Some(added) = unit.added {
            found.retain(|found| {
                let first = text.line_of(found.span.start);
                let last = text.line_of(found.span.end.saturating_sub(1).max(found.span.start));
                added
                    .iter()
                    .any(|lines| lines.start <= last && first < lines.end)
            });
        }
        if self.options.is_commit && unit.first_line == 0 {
            found.extend(committed::check(text));
        }
        // The file itself is the finding, and has no place in it.
        if let Some(config) = self.suppressions.config().filter(|_| unit.first_line == 0) {
            found.extend(config.file_rules(unit.path).map(|rule| Match {
                rule: rule.id.clone(),
                span: 0..0,
                confidence: rule.confidence,
                notes: vec!["a file of this name".into()],
            }));
        }
        found
    }

    fn catch(&self, text: &Text<'_>, unit: &Unit<'_>, found: &[Match]) {
        // A line is shown with all of it masked, also what is not said; and a finding's name counts all like it.
        let mut all = self.detector.scan(text, Confidence::Low);
        all.retain(|other| !found.iter().any(|found| overlap(&found.span, &other.span)));
        all.extend_from_slice(found);
        all.sort_by_key(|found| found.span.start);
        let hidden = all.iter().map(|found| Hidden {
            span: found.span.clone(),
            shown: self.shown(&found.rule),
        });
        let secrets = Secrets::new(hidden.collect());
        let fingerprints = suppress::fingerprints(text, &all);
        for (one, fingerprint) in all.iter().zip(fingerprints) {
            if found.contains(one) {
                let caught = self.one(text, unit, one, &secrets, fingerprint);
                self.keep(caught);
            }
        }
    }

    fn shown(&self, rule: &str) -> usize {
        self.detector.rule(rule).map_or(0, |rule| rule.shown)
    }

    fn one(
        &self,
        text: &Text<'_>,
        unit: &Unit<'_>,
        found: &Match,
        secrets: &Secrets,
        fingerprint: String,
    ) -> Caught {
        let rule = self.detector.rule(&found.rule);
        let secret = &text.bytes[found.span.clone()];
        let location = location(text, unit, &found.span);
        let commit = unit.commit.map(|commit| commit.to_string());
        let judgement = self.suppressions.judge(&Candidate {
            rule: &found.rule,
            shaped: rule.is_some_and(|rule| rule.pattern.is_some()),
            text,
            span: &found.span,
            line: location.line,
            commit: commit.as_deref(),
        });
        let (is_suppressed, more) = match judgement {
            Judgement::Suppressed => (true, Vec::new()),
            Judgement::Said(notes) => (false, notes),
        };
        let notes = found.notes.iter().map(ToString::to_string);
        let finding = Finding {
            rule: found.rule.to_string(),
            title: rule.map_or_else(|| found.rule.to_string(), |rule| rule.title.to_string()),
            severity: found.confidence.severity(),
            confidence: found.confidence,
            location,
            masked: (!secret.is_empty()).then(|| mask(secret, rule.map_or(0, |rule| rule.shown))),
            notes: notes.chain(more).collect(),
            edit: None,
            is_edit_automatic: false,
            key: None,
            remedy: rule
                .map(|rule| rule.remedy.to_string())
                .filter(|remedy| !remedy.is_empty()),
            source: rule
                .map(|rule| rule.source.to_string())
                .filter(|source| !source.is_empty()),
            fingerprint,
            origin: None,
        };
        Caught {
            is_suppressed,
            excerpt: Some(Excerpt::new(text.bytes, &found.span, secrets)),
            commits: unit.commit.into_iter().collect(),
            secret: Zeroizing::new(secret.to_vec()),
            finding,
        }
    }

    fn keep(&self, caught: Caught) {
        let mut state = self.state();
        let state = &mut *state;
        if !self.options.is_history {
            state.caught.push(caught);
            return;
        }
        let key = (
            caught.finding.location.path.clone(),
            caught.finding.rule.clone(),
            self.hasher.hash_one(&*caught.secret),
        );
        let place = *state.places.entry(key).or_insert(state.caught.len());
        match state.caught.get_mut(place) {
            Some(known) => {
                known.commits.extend(caught.commits);
                // What is let pass in one version and not in another is not let pass.
                known.is_suppressed &= caught.is_suppressed;
            }
            None => state.caught.push(caught),
        }
    }
}

impl Sink for Session<'_> {
    fn unit(&self, unit: &Unit<'_>) -> Verdict {
        if self
            .options
            .excludes
            .is_some_and(|is_excluded| is_excluded(unit.path))
        {
            return Verdict::Clean;
        }
        let text = Text::new(unit.path, unit.bytes);
        let found = self.matches(&text, unit);
        if !found.is_empty() {
            self.catch(&text, unit, &found);
        }
        let mut state = self.state();
        // The parts of a large text are one file.
        state.files += u64::from(unit.first_line == 0 && unit.first_column == 0);
        state.bytes += unit.bytes.len() as u64;
        drop(state);
        if let Some(progress) = self.options.progress {
            progress();
        }
        if found.is_empty() {
            Verdict::Clean
        } else {
            Verdict::Found
        }
    }

    fn trouble(&self, trouble: Trouble) {
        self.state().troubles.push(trouble);
    }

    fn note(&self, place: &BStr, what: &str) {
        self.state().notes.push(format!("`{place}`: {what}"));
    }
}

fn overlap(one: &std::ops::Range<usize>, other: &std::ops::Range<usize>) -> bool {
    one.start < other.end && other.start < one.end || one == other
}

fn location(text: &Text<'_>, unit: &Unit<'_>, span: &std::ops::Range<usize>) -> Location {
    let place = |offset: usize| {
        let (line, column) = text.position(offset);
        let before = if line == 1 { unit.first_column } else { 0 };
        (line + unit.first_line, column + before)
    };
    let (line, column) = place(span.start);
    let (end_line, end_column) = place(span.end);
    Location {
        path: unit.path.to_owned(),
        line,
        column,
        end_line,
        end_column,
    }
}
