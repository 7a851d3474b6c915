//! Rules and allowlists that users bring along: those of a gitleaks configuration, and in the same form our own.

mod allowlist;
mod gitleaks;
mod go;
mod reader;

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::OnceLock,
};

use gix::bstr::{BStr, ByteSlice as _};
use regex_automata::{Input, meta::Regex};

pub use gitleaks::gitleaks;

use super::{pattern, rule::Rule, suppress::Candidate};
use allowlist::Allowlist;

/// How far to both sides of a secret an allowlist may look, in bytes.
const REACH: usize = 4096;

/// What a configuration says, read and checked.
#[derive(Default)]
pub struct Custom {
    /// The rules with a pattern, for the detector beside or in place of the built-in ones.
    pub rules: Vec<Rule>,
    /// Whether the built-in rules are asked for (`[extend] useDefault`).
    pub use_default: bool,
    /// Another configuration that this one builds on (`[extend] path`): read it, and hand it to [`Custom::over`].
    pub extends: Option<String>,
    /// The ids of rules that are switched off.
    pub disabled: HashSet<String>,
    limits: HashMap<String, Limits>,
    files: Vec<Rule>,
    allowlists: Vec<Allowlist>,
}

/// What a rule's pattern does not say.
#[derive(Default)]
struct Limits {
    /// The paths it holds for.
    path: Option<Regex>,
    allowlists: Vec<Allowlist>,
    /// Where the rule is our reader's own: its pattern, compiled when an allowlist asks for the whole match.
    pattern: Option<String>,
    compiled: OnceLock<Option<Regex>>,
}

impl Custom {
    /// Whether a rule is wanted, and holds for a path. Rules that nothing is said of do.
    #[must_use]
    pub fn applies(&self, rule: &str, path: &BStr) -> bool {
        let limits = self.limits.get(rule);
        let is_for = |regex: &Regex| regex.is_match(path.as_bytes());
        let holds = limits
            .and_then(|limits| limits.path.as_ref())
            .is_none_or(is_for);
        holds && !self.disabled.contains(rule)
    }

    /// Whether a file need not be looked at: an allowlist for every rule names its path.
    #[must_use]
    pub fn skips(&self, path: &BStr) -> bool {
        self.allowlists
            .iter()
            .any(|allowlist| allowlist.skips(path))
    }

    /// The rules that are met by a path alone: the file itself is the finding, whatever is in it.
    pub fn file_rules(&self, path: &BStr) -> impl Iterator<Item = &Rule> {
        let is_met =
            move |rule: &&Rule| self.limits.contains_key(&*rule.id) && self.applies(&rule.id, path);
        self.files.iter().filter(is_met)
    }

    /// The description of the allowlist that a finding is on; empty where it has none.
    pub(crate) fn allowed(&self, candidate: &Candidate<'_>) -> Option<&str> {
        let limits = self.limits.get(candidate.rule);
        let own = limits.into_iter().flat_map(|limits| &limits.allowlists);
        let found = own
            .chain(&self.allowlists)
            .find(|allowlist| allowlist.holds(candidate, &|| matched(limits, candidate)));
        found.map(|allowlist| allowlist.description.as_str())
    }

    /// Lays this configuration over the one that it builds on, as gitleaks does: what both have is this one's, and
    /// allowlists add up.
    #[must_use]
    pub fn over(mut self, base: Self) -> Self {
        let ids: HashSet<String> = self
            .rules
            .iter()
            .chain(&self.files)
            .map(|rule| rule.id.to_string())
            .collect();
        let is_kept = |rule: &Rule| !ids.contains(&*rule.id) && !self.disabled.contains(&*rule.id);
        self.rules
            .extend(base.rules.into_iter().filter(|rule| is_kept(rule)));
        self.files
            .extend(base.files.into_iter().filter(|rule| is_kept(rule)));
        for (id, limits) in base.limits {
            let own = self.limits.entry(id).or_default();
            own.allowlists.extend(limits.allowlists);
            if own.path.is_none() {
                own.path = limits.path;
            }
            if own.pattern.is_none() {
                own.pattern = limits.pattern;
            }
        }
        self.disabled.extend(base.disabled);
        self.allowlists.extend(base.allowlists);
        self.use_default |= base.use_default;
        self.extends = base.extends;
        self
    }
}

/// The whole match around a secret: by the rule's own pattern where we have it, else the line.
fn matched(limits: Option<&Limits>, candidate: &Candidate<'_>) -> Range<usize> {
    let line = line(candidate);
    let Some(limits) = limits else {
        return line;
    };
    let compiled = limits
        .compiled
        .get_or_init(|| pattern::compile(limits.pattern.as_deref()?).ok());
    let Some(regex) = compiled else {
        return line;
    };
    let bytes = candidate.text.bytes;
    let first = candidate.span.start.saturating_sub(REACH);
    let last = candidate.span.end.saturating_add(REACH).min(bytes.len());
    let around = Input::new(bytes).range(first.min(last)..last);
    let holds = |range: &Range<usize>| {
        range.start <= candidate.span.start && candidate.span.end <= range.end
    };
    let mut matches = regex.find_iter(around).map(|found| found.range());
    matches.find(holds).unwrap_or(line)
}

/// The line, or the lines, that a secret stands on, as far as they are looked at.
fn line(candidate: &Candidate<'_>) -> Range<usize> {
    let bytes = candidate.text.bytes;
    let end = candidate.span.end.min(bytes.len());
    let start = candidate.span.start.min(end);
    let first = start.saturating_sub(REACH);
    let last = end.saturating_add(REACH).min(bytes.len());
    let begin = bytes[first..start]
        .rfind_byte(b'\n')
        .map_or(first, |at| first + at + 1);
    let behind = bytes[end..last]
        .find_byte(b'\n')
        .map_or(last, |at| end + at);
    begin..behind
}
