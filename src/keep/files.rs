//! Bringing `[files]` to the command, many at a time: what they have in common is done once.

use std::collections::{BTreeMap, BTreeSet};

use rustix::process::Signal;

use super::{
    Request,
    bring::{Outcome, refused},
    handover::Handover,
    keeper::Keeper,
    parts::{self, Part},
};
use crate::{
    diagnostic::Diagnostic,
    plan::{FileContent, SlotId},
    redact::Before,
    render::Document,
    resolve::{Fetched, Origin, Resolved, ResolvedFile, Session},
};

impl Keeper {
    /// Replaces these files: what has become of each.
    pub(super) async fn files(
        &mut self,
        session: &mut Session<'_>,
        paths: Vec<String>,
        signals: &mut Vec<Signal>,
    ) -> Vec<(Part, Outcome)> {
        let (rendered, others): (Vec<String>, Vec<String>) =
            paths.into_iter().partition(|path| self.is_rendered(path));
        // One with all values may want what stands in the way of the others.
        let mut open: Vec<Vec<String>> = rendered.into_iter().map(|path| vec![path]).collect();
        if !others.is_empty() {
            open.push(others);
        }
        let mut outcomes = Vec::new();
        while let Some(mut paths) = open.pop() {
            match self.files_at_once(session, &paths, signals).await {
                Ok(more) => outcomes.extend(more),
                // One of them stands in the way of the others: halves tell which.
                Err(_) if paths.len() > 1 => {
                    open.push(paths.split_off(paths.len() / 2));
                    open.push(paths);
                }
                Err(outcome) => {
                    outcomes.extend(paths.pop().map(|path| (Part::File(path), outcome)));
                }
            }
        }
        outcomes
    }

    fn is_rendered(&self, path: &str) -> bool {
        let mut files = self.plan.files.iter();
        files.any(|file| file.path == path && matches!(file.content, FileContent::Format(_)))
    }

    async fn files_at_once(
        &mut self,
        session: &mut Session<'_>,
        paths: &[String],
        signals: &mut Vec<Signal>,
    ) -> Result<Vec<(Part, Outcome)>, Outcome> {
        let all: BTreeSet<Part> = paths.iter().cloned().map(Part::File).collect();
        let part = parts::plan_for(&self.plan, &all);
        let resolved = session.resolve(&part, &self.options).await;
        let resolved = resolved.map_err(|errors| refused(&errors))?;
        self.verify(session, &resolved).await?;
        let handover = Handover::new(&part, &resolved, &self.surroundings, &self.prints)
            .map_err(|errors| refused(&errors))?;
        let (same, changed): (Vec<Part>, Vec<Part>) = all.into_iter().partition(|part| {
            let Part::File(path) = part else { return true };
            self.marks.files.get(path) == handover.marks.files.get(path)
        });
        let before = self
            .mask_files(&changed, session, resolved)
            .map_err(|errors| refused(&errors))?;
        let mut before = before.into_iter();
        let contents = handover.files.iter();
        let contents: BTreeMap<&str, &ResolvedFile> =
            contents.map(|file| (file.path.as_str(), file)).collect();
        let same = same.into_iter().map(|part| (self.as_before(&part), part));
        let mut outcomes: Vec<(Part, Outcome)> =
            same.map(|(outcome, part)| (part, outcome)).collect();
        for part in changed {
            let before = before.next();
            let Part::File(path) = &part else { continue };
            let content = contents.get(path.as_str()).copied();
            let outcome = match self.write_file(content) {
                Ok(()) => {
                    if let Some(mark) = handover.marks.files.get(path) {
                        self.marks.files.insert(path.clone(), *mark);
                    }
                    self.react_to_file(path, signals)
                }
                Err(outcome) => {
                    self.take_back(before);
                    outcome
                }
            };
            outcomes.push((part, outcome));
        }
        Ok(outcomes)
    }

    /// Writes a file; one that is optional may have no content.
    fn write_file(&self, content: Option<&ResolvedFile>) -> Result<(), Outcome> {
        let directory = self.surroundings.files.as_ref();
        let Some((directory, file)) = directory.zip(content) else {
            return Ok(());
        };
        let written = self
            .desk
            .replace_files(directory, std::slice::from_ref(file));
        written.map_err(|error| Outcome::Refused {
            name: "unwritten",
            phrase: error.causes.first().unwrap_or(&error.title).clone(),
            is_waiting: false,
        })
    }

    /// A file has changed: the command is told, or started again.
    fn react_to_file(&mut self, path: &str, signals: &mut Vec<Signal>) -> Outcome {
        let mut files = self.plan.files.iter();
        let on_change = files
            .find(|file| file.path == path)
            .and_then(|file| file.on_change)
            .unwrap_or(self.plan.upkeep.on_change);
        if self.react(on_change, signals) {
            self.must_restart = true;
            return Outcome::Outdated;
        }
        Outcome::Done
    }

    /// Has what these files are about to hold masked, each by itself: what to take back is in their order.
    fn mask_files(
        &mut self,
        parts: &[Part],
        session: &Session<'_>,
        resolved: Resolved,
    ) -> Result<Vec<Before>, Vec<Diagnostic>> {
        let masking = match (&mut self.masking, parts) {
            (None, _) | (_, []) => return Ok(Vec::new()),
            (_, [part]) => return self.mask(Some(part), session, &resolved),
            (Some(masking), _) => masking,
        };
        let plan = &self.plan;
        let mut slots: BTreeMap<Part, Vec<SlotId>> = BTreeMap::new();
        for slot in session.slots() {
            for part in parts::reached(plan, &[slot]) {
                slots.entry(part).or_default().push(slot);
            }
        }
        // Only what is rendered holds more than its own value, and comes alone.
        let mut origins: BTreeMap<String, Vec<Origin>> = BTreeMap::new();
        for origin in resolved.origins {
            origins.entry(origin.key.clone()).or_default().push(origin);
        }
        let mut contents: BTreeMap<String, ResolvedFile> = resolved
            .files
            .into_iter()
            .map(|file| (file.path.clone(), file))
            .collect();
        let each: Vec<(&Part, Resolved, Vec<Fetched>)> = parts
            .iter()
            .map(|part| {
                let file = match part {
                    Part::File(path) => contents.remove(path),
                    Part::Live(_) | Part::Environment => None,
                };
                let key = file.as_ref().map(|file| file.key.as_str());
                let alone = Resolved {
                    origins: key.and_then(|key| origins.remove(key)).unwrap_or_default(),
                    document: Document::default(),
                    files: file.into_iter().collect(),
                    single: None,
                    asked: Vec::new(),
                };
                let slots = slots.get(part).map(Vec::as_slice).unwrap_or_default();
                (part, alone, session.fetched_of(plan, slots))
            })
            .collect();
        let all: Vec<_> = each
            .iter()
            .map(|(part, alone, fetched)| (Some(*part), alone, fetched.as_slice()))
            .collect();
        let (lines, before) = masking.bring_all(&all)?;
        for line in lines {
            self.desk.tell(&line);
        }
        Ok(before)
    }

    /// Tries to write what the last start could not, and tells the command of it as of any change.
    pub(super) fn write_again(&mut self) {
        let mut signals = Vec::new();
        for part in self.desk.write_again(self.surroundings.files.as_deref()) {
            // Drivers read theirs with the next connection.
            if let Part::File(path) = part {
                self.react_to_file(&path, &mut signals);
            }
        }
        for signal in signals {
            self.desk.ask(Request::Signal(signal));
        }
    }
}
