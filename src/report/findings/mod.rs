//! Findings to text, for people and for the machines that collect them: one file a format. Nothing here sees a secret;
//! an [`Excerpt`] is masked when it is made.

pub(crate) mod escape;
mod excerpt;
mod github;
mod gitlab;
mod human;
mod json;
mod moment;
mod sarif;
mod summary;

use std::time::{Duration, SystemTime};

pub use excerpt::{Excerpt, Hidden, Secrets, mask};
pub use json::SCHEMA;
pub use summary::{summary_line, troubles};

use crate::{finding::Finding, scan::source::Trouble};

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For a terminal: each finding beside its line.
    Human,
    /// The project's own, described by [`SCHEMA`].
    Json,
    /// SARIF 2.1.0, which code hosts and editors read.
    Sarif,
    /// Workflow commands, which GitHub's runner turns into annotations.
    GitHub,
    /// GitLab's report of secret detection.
    GitLab,
}

impl Format {
    /// All of them, the one for people first.
    pub const ALL: [Self; 5] = [
        Self::Human,
        Self::Json,
        Self::Sarif,
        Self::GitHub,
        Self::GitLab,
    ];

    /// The word for it on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
        }
    }
}

/// What a run did, beside its findings.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The command that ran: `scan` or `check`.
    pub command: &'static str,
    /// How many texts were looked at.
    pub files: u64,
    /// How many bytes they had.
    pub bytes: u64,
    /// When it began.
    pub started: SystemTime,
    /// How long it took.
    pub elapsed: Duration,
    /// How many findings were not said, by a baseline or an allow comment.
    pub suppressed: usize,
    /// What could not be read. With any, the run was not complete.
    pub troubles: Vec<Trouble>,
    /// What servers have said of themselves, one document each.
    pub servers: Vec<serde_json::Value>,
    /// What else is to be known: an entry that has expired, a history that is cut off. Fragments.
    pub notes: Vec<String>,
}

impl Summary {
    /// Whether it is of a check, which is sure of what it says and tells how serious it is.
    fn is_check(&self) -> bool {
        self.command == "check"
    }

    /// Of a run that has done nothing yet.
    #[must_use]
    pub fn new(command: &'static str, started: SystemTime) -> Self {
        Self {
            command,
            files: 0,
            bytes: 0,
            started,
            elapsed: Duration::ZERO,
            suppressed: 0,
            troubles: Vec::new(),
            servers: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// Brings findings into the order of every format: by path, place, rule and commit.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let time = |finding: &Finding| finding.origin.as_ref().map(|origin| origin.time);
        let commit = |finding: &'_ Finding| finding.origin.clone().map(|origin| origin.commit);
        a.location
            .cmp(&b.location)
            .then_with(|| a.rule.cmp(&b.rule))
            .then_with(|| time(a).cmp(&time(b)))
            .then_with(|| commit(a).cmp(&commit(b)))
    });
}

/// Writes findings in a format, in the order they are given, with a line break at the end unless there is nothing to
/// say. `excerpt` gives the line that a finding stands in, where it is at hand; it and `colour` are for people alone.
#[must_use]
pub fn render(
    format: Format,
    findings: &[Finding],
    summary: &Summary,
    excerpt: &dyn Fn(&Finding) -> Option<Excerpt>,
    colour: bool,
) -> String {
    match format {
        Format::Human => human::render(findings, summary, excerpt, colour),
        Format::Json => json::render(findings, summary),
        Format::Sarif => sarif::render(findings, summary),
        Format::GitHub => github::render(findings, summary),
        Format::GitLab => gitlab::render(findings, summary),
    }
}

/// What a finding is and why, in a sentence without its place: `GitHub token (ghp_…): its checksum holds`.
fn sentence(finding: &Finding) -> String {
    let mut text = finding.title.clone();
    if let Some(masked) = &finding.masked {
        text.push_str(" (");
        text.push_str(masked);
        text.push(')');
    }
    if !finding.notes.is_empty() {
        text.push_str(": ");
        text.push_str(&finding.notes.join("; "));
    }
    text
}

/// What to do, with the change of the manifest where there is one.
fn advice(finding: &Finding) -> Option<String> {
    let edit = finding.edit.as_ref().map(|edit| format!("`{edit}`"));
    match (&finding.remedy, edit) {
        (Some(remedy), Some(edit)) => Some(format!("{remedy}: {edit}")),
        (remedy, edit) => remedy.clone().or(edit),
    }
}

/// A finding's page, where it is one that a browser opens.
fn page(finding: &Finding) -> Option<&str> {
    let is_page = |source: &&str| source.starts_with("https://") || source.starts_with("http://");
    finding.source.as_deref().filter(is_page)
}

/// At most so many characters, the last one `…` where something was cut off.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept = text.chars().take(most.saturating_sub(1));
    kept.chain(std::iter::once('…')).collect()
}
