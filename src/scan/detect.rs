//! Detection: a text to its secrets. Decides nothing about what is said of them.

use std::{borrow::Cow, ops::Range};

use super::{
    entropy, files, glob,
    memo::{self, Memo},
    pairs,
    pattern::Patterns,
    prefilter::{Hit, Prefilter},
    python,
    rule::Rule,
    text::{Kind, Role, Text, file_name},
    validate::{self, Candidate, Validation},
    words::{self, Look},
};
use crate::finding::Confidence;

/// One secret in one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The rule's id.
    pub rule: Cow<'static, str>,
    /// The secret's bytes in the text.
    pub span: Range<usize>,
    /// How sure.
    pub confidence: Confidence,
    /// Why, or why not quite: lower-case fragments.
    pub notes: Vec<Cow<'static, str>>,
}

/// What of a text is new.
#[derive(Clone, Copy, Default)]
pub struct New<'a> {
    /// The lines that are, counting from 0; `None` for all.
    pub lines: Option<&'a [Range<usize>]>,
    /// Knows places that hold nothing.
    pub memo: Option<&'a Memo>,
}

/// So many lines may lie between a name and the value that it is given.
const NEAR: usize = 8;

/// Whether a line is new, or one close by is.
fn is_near(lines: &[Range<usize>], line: usize) -> bool {
    lines
        .iter()
        .any(|new| new.start <= line + NEAR && line < new.end + NEAR)
}

/// What `python`, `pairs` and `files` are given beside the text.
pub(crate) struct Request<'a> {
    /// Where a secret-bearing word (`words::STEMS`) begins, in order: places without one need no look.
    pub(crate) hits: &'a [usize],
    /// Below this nothing is wanted: what cannot reach it need not be looked at.
    pub(crate) floor: Confidence,
    /// The lines that are new; `None` for all.
    pub(crate) lines: Option<&'a [Range<usize>]>,
}

impl Request<'_> {
    /// Whether a literal that begins here could be wanted: it is on a new line, or on the one before.
    pub(crate) fn is_new(&self, text: &Text<'_>, offset: usize) -> bool {
        self.lines.is_none_or(|lines| {
            let line = text.line_of(offset);
            lines
                .iter()
                .any(|new| new.start <= line + 1 && line < new.end)
        })
    }
}

/// Rules, and what a scan needs to run them. Shared by all threads.
pub struct Detector {
    rules: Cow<'static, [Rule]>,
    prefilter: Prefilter,
    patterns: Patterns,
    /// Rules without a keyword, which only users' own are.
    unfiltered: Vec<usize>,
}

impl Detector {
    /// Takes the rules. Patterns are compiled when they are first needed.
    #[must_use]
    pub fn new(rules: Cow<'static, [Rule]>) -> Self {
        Self {
            prefilter: Prefilter::new(&rules),
            patterns: Patterns::new(&rules),
            unfiltered: (0..rules.len())
                .filter(|&number| {
                    rules[number].pattern.is_some() && rules[number].keywords.is_empty()
                })
                .collect(),
            rules,
        }
    }

    /// The rules.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of an id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Everything in a text that is at least as sure as `floor`, in the order of the text; of what overlaps, the surest.
    pub fn scan(&self, text: &Text<'_>, floor: Confidence) -> Vec<Match> {
        self.scan_new(text, floor, &New::default())
    }

    /// The same, for what is new: what else there is may be left out.
    pub fn scan_new(&self, text: &Text<'_>, floor: Confidence, new: &New<'_>) -> Vec<Match> {
        let mut hits = Vec::new();
        self.prefilter.hits(text.bytes, &mut hits);
        if let Some(lines) = new.lines {
            hits.retain(|hit| self.is_long(*hit) || is_near(lines, text.line_of(hit.start)));
        }
        let memo = new.memo;
        if let Some(memo) = memo {
            memo.forget_known(text, &mut hits, |hit| self.is_judged_by_place(text, hit));
        }
        let mut found = Vec::new();
        self.match_patterns(text, &hits, &mut found);
        self.match_structure(text, &hits, floor, new.lines, &mut found);
        found.retain(|found| found.confidence >= floor);
        if let Some(memo) = memo {
            hits.retain(|hit| self.is_judged_by_place(text, *hit));
            memo.learn(text, &hits, &found);
        }
        surest(found)
    }

    /// Whether what a hit leads to is decided by the lines around it: a match may be longer, a file's format begin far away,
    /// a name get another name's literal.
    fn is_judged_by_place(&self, text: &Text<'_>, hit: Hit) -> bool {
        let wanted = self.prefilter.wanted(hit);
        let is_far = |&number: &u32| {
            let rule = &self.rules[number as usize];
            rule.before.max(rule.after) > memo::FARTHEST
                && (rule.multiline || !memo::has_whole_line(text.bytes, hit.start))
        };
        let is_by_name = || {
            wanted.is_word && text.kind == Kind::Python && python::is_by_name(text.bytes, hit.end)
        };
        !wanted.is_file && !wanted.rules.iter().any(is_far) && !is_by_name()
    }

    /// Whether a match for this keyword may go over many lines.
    fn is_long(&self, hit: Hit) -> bool {
        let rules = self.prefilter.wanted(hit).rules;
        rules
            .iter()
            .any(|&number| self.rules[number as usize].multiline)
    }

    /// Whether the pattern of one rule finds anything in a text, whatever other rules say of the same place.
    pub fn scan_one(&self, id: &str, text: &Text<'_>, floor: Confidence) -> bool {
        let mut hits = Vec::new();
        self.prefilter.hits(text.bytes, &mut hits);
        let mut found = Vec::new();
        self.match_patterns(text, &hits, &mut found);
        found
            .iter()
            .any(|found| found.rule == id && found.confidence >= floor)
    }

    fn match_patterns(&self, text: &Text<'_>, hits: &[Hit], found: &mut Vec<Match>) {
        if hits.is_empty() {
            return self.match_unfiltered(text, found);
        }
        for (number, window) in self.windows(text, hits) {
            self.match_rule(number, text, window, found);
        }
        self.match_unfiltered(text, found);
    }

    /// Which rule looks where. What overlaps is one window: a text made of keywords is still read once.
    fn windows(&self, text: &Text<'_>, hits: &[Hit]) -> Vec<(usize, Range<usize>)> {
        let mut windows: Vec<(usize, Range<usize>)> = Vec::new();
        if hits
            .iter()
            .all(|hit| self.prefilter.wanted(*hit).rules.is_empty())
        {
            return windows;
        }
        let mut last = vec![Last::None; self.rules.len()];
        for hit in hits {
            for &number in self.prefilter.wanted(*hit).rules {
                let number = number as usize;
                let rule = &self.rules[number];
                if last[number] == Last::None && !applies(rule, text) {
                    last[number] = Last::Never;
                }
                if last[number] == Last::Never {
                    continue;
                }
                let window = window(text.bytes, rule, *hit);
                if let Last::At(place) = last[number]
                    && window.start <= windows[place].1.end
                {
                    windows[place].1.end = window.end.max(windows[place].1.end);
                } else {
                    last[number] = Last::At(windows.len());
                    windows.push((number, window));
                }
            }
        }
        windows
    }

    fn match_unfiltered(&self, text: &Text<'_>, found: &mut Vec<Match>) {
        for &number in &self.unfiltered {
            if applies(&self.rules[number], text) {
                self.match_rule(number, text, 0..text.bytes.len(), found);
            }
        }
    }

    fn match_rule(
        &self,
        number: usize,
        text: &Text<'_>,
        window: Range<usize>,
        found: &mut Vec<Match>,
    ) {
        let rule = &self.rules[number];
        self.patterns
            .find(number, rule, text.bytes, window, |whole, secret| {
                found.extend(weigh(rule, text, &whole, secret));
            });
    }

    fn match_structure(
        &self,
        text: &Text<'_>,
        hits: &[Hit],
        floor: Confidence,
        lines: Option<&[Range<usize>]>,
        found: &mut Vec<Match>,
    ) {
        let mut starts = Vec::new();
        let mut is_file = files::wants(text);
        for hit in hits {
            let wanted = self.prefilter.wanted(*hit);
            is_file |= wanted.is_file;
            if wanted.is_word && starts.last() != Some(&hit.start) {
                starts.push(hit.start);
            }
        }
        let request = Request {
            hits: &starts,
            floor,
            lines,
        };
        if is_file {
            files::scan(text, &request, found);
        }
        if starts.is_empty() {
            return;
        }
        let is_judged = text.kind == Kind::Python && python::scan(text, &request, found);
        if !is_judged {
            pairs::scan(text, &request, found);
        }
    }
}

/// Where a rule's last window is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// It has none.
    None,
    /// It does not hold for this file.
    Never,
    /// Its place in the list.
    At(usize),
}

/// Whether a rule holds for a file of that name.
fn applies(rule: &Rule, text: &Text<'_>) -> bool {
    use gix::glob::wildmatch::Mode;
    rule.paths.is_empty()
        || rule.paths.iter().any(|pattern| {
            let subject = if pattern.contains('/') {
                text.path
            } else {
                file_name(text.path).into()
            };
            glob::matches(pattern.as_bytes(), subject, Mode::IGNORE_CASE)
        })
}

/// The part of a text that a rule may look at for one hit.
fn window(bytes: &[u8], rule: &Rule, hit: Hit) -> Range<usize> {
    let mut start = hit.start.saturating_sub(rule.before);
    let mut end = hit.end.saturating_add(rule.after).min(bytes.len());
    if !rule.multiline {
        let is_end = |byte: &u8| *byte == b'\n';
        start = bytes[start..hit.start]
            .iter()
            .rposition(is_end)
            .map_or(start, |at| start + at + 1);
        end = bytes[hit.end..end]
            .iter()
            .position(is_end)
            .map_or(end, |at| hit.end + at);
    }
    start..end
}

/// What a match of a pattern is worth.
fn weigh(rule: &Rule, text: &Text<'_>, whole: &Range<usize>, span: Range<usize>) -> Option<Match> {
    let secret = &text.bytes[span.clone()];
    if secret.is_empty() || entropy::bits(secret) < rule.entropy {
        return None;
    }
    let mut confidence = rule.confidence;
    let mut notes: Vec<Cow<'static, str>> = Vec::new();
    let mut is_certain = false;
    if let Some(validator) = rule.validator {
        // Windows may have been joined to the length of the text; a validator looks around its own match.
        let window =
            whole.start.saturating_sub(rule.before)..(whole.end + rule.after).min(text.bytes.len());
        let candidate = Candidate {
            secret,
            matched: &text.bytes[whole.clone()],
            window: &text.bytes[window],
        };
        match validator(&candidate) {
            Validation::Valid(note) => {
                is_certain = true;
                confidence = Confidence::High;
                notes.push(note.into());
            }
            Validation::Invalid(note) => {
                confidence = confidence.lowered();
                notes.push(note.into());
            }
            Validation::Example(note) => {
                confidence = Confidence::Low;
                notes.push(note.into());
            }
            Validation::NotSecret => return None,
            Validation::Unknown => {}
        }
    }
    if !is_certain {
        let look = std::str::from_utf8(secret).map(words::look);
        let made_up = validate::placeholder::made_up(secret);
        if let Some(note) =
            made_up.or((look == Ok(Look::Placeholder)).then_some("looks like a placeholder"))
        {
            confidence = Confidence::Low;
            notes.push(note.into());
        }
        if confidence == Confidence::Medium && text.role != Role::Main {
            confidence = Confidence::Low;
            notes.push(text.role.note().into());
        }
    }
    Some(Match {
        rule: rule.id.clone(),
        span,
        confidence,
        notes,
    })
}

/// Of matches that overlap, the surest; among equals the one that was found by its own shape (the first).
fn surest(mut found: Vec<Match>) -> Vec<Match> {
    // Stable: patterns come before structure.
    found.sort_by_key(|found| std::cmp::Reverse(found.confidence));
    let mut kept: Vec<Match> = Vec::with_capacity(found.len());
    // By where they begin, with the place in `kept`: no two kept ones overlap, so neighbours are enough.
    let mut spans: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
    for candidate in found {
        let before = spans
            .range(..candidate.span.end.max(candidate.span.start + 1))
            .next_back();
        let is_taken = before.is_some_and(|(_, end)| *end > candidate.span.start);
        if !is_taken {
            spans.insert(
                candidate.span.start,
                candidate.span.end.max(candidate.span.start + 1),
            );
            kept.push(candidate);
        }
    }
    kept.sort_by_key(|found| found.span.start);
    kept
}
