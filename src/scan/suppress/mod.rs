//! What is not said again: allow comments, baselines, ignore files, entries of a configuration. Everything that keeps a
//! finding quiet is written down with its reason, and so is what keeps nothing quiet any more.

pub mod allow;
pub mod baseline;
mod date;
mod detect_secrets;
mod entry;
mod fingerprint;
mod ignore;
mod inline;
mod key;
mod marks;

use std::{
    fmt::{self, Write as _},
    ops::Range,
    sync::{Mutex, PoisonError},
};

use gix::bstr::BString;

pub use allow::{Allow, AllowEntry};
pub use baseline::Baseline;
pub use date::Date;
pub use detect_secrets::DetectSecrets;
pub use fingerprint::fingerprints;
pub use ignore::GitleaksIgnore;
pub use inline::{Allowed, allowed};
pub use key::Key;

use super::{config::Custom, text::Text};

/// A file or an entry that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The line it is on, counting from 1, where that is known.
    pub line: Option<usize>,
    /// What is wrong: a lower-case fragment.
    pub message: String,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            line: None,
            message: message.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "line {line}: {}", self.message),
            None => formatter.write_str(&self.message),
        }
    }
}

impl std::error::Error for Error {}

/// A finding before it is said.
pub struct Candidate<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// Whether the rule has a pattern, and so knows the secret by its own form.
    pub shaped: bool,
    /// The text it is in.
    pub text: &'a Text<'a>,
    /// The secret's bytes in the text.
    pub span: &'a Range<usize>,
    /// Its line in the file, counting from 1.
    pub line: usize,
    /// The commit it came with, as hex, where history is looked at.
    pub commit: Option<&'a str>,
}

impl Candidate<'_> {
    /// The secret. Out of this module it goes as a keyed hash only.
    pub(crate) fn secret(&self) -> &[u8] {
        let bytes = self.text.bytes;
        let end = self.span.end.min(bytes.len());
        &bytes[self.span.start.min(end)..end]
    }
}

/// What is to be done with a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is said, with these notes beside its own.
    Said(Vec<String>),
    /// It is not.
    Suppressed,
}

/// What kept a finding quiet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// A mark in the text.
    Mark(&'static str),
    /// An entry of the baseline.
    Baseline,
    /// An `allow` entry of the configuration.
    Allow,
    /// `.gitleaksignore`.
    GitleaksIgnore,
    /// A baseline of detect-secrets.
    DetectSecrets,
    /// An allowlist of a gitleaks configuration.
    Allowlist,
}

impl fmt::Display for By {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Mark(mark) => mark,
            Self::Baseline => "baseline",
            Self::Allow => "allow entry",
            Self::GitleaksIgnore => ".gitleaksignore",
            Self::DetectSecrets => "detect-secrets baseline",
            Self::Allowlist => "allowlist",
        })
    }
}

/// A finding that was kept quiet, and by what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suppressed {
    /// Where it is.
    pub path: BString,
    /// Its line, counting from 1.
    pub line: usize,
    /// Its rule's id.
    pub rule: String,
    /// What kept it quiet.
    pub by: By,
    /// Why, where somebody said so.
    pub reason: Option<String>,
    /// Whether a reason is asked for and missing.
    pub wants_reason: bool,
}

/// An entry that kept nothing quiet in this run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unused {
    /// What it is an entry of.
    pub by: By,
    /// What it speaks of: a path, a rule, a line of a file. No value.
    pub entry: String,
    /// Why it is there, where somebody said so.
    pub reason: Option<String>,
    /// Whether it would count, had its last day not passed.
    pub expired: bool,
}

/// Everything that can keep a finding quiet, and what it did. Shared by all threads.
#[derive(Default)]
pub struct Suppressions {
    baseline: Option<Baseline>,
    ignore: Option<GitleaksIgnore>,
    detect_secrets: Option<DetectSecrets>,
    allow: Option<Allow>,
    custom: Option<Custom>,
    today: Date,
    log: Mutex<Vec<Suppressed>>,
}

impl Suppressions {
    /// With nothing but the marks in the texts. What expires is held against `today`.
    #[must_use]
    pub fn new(today: Date) -> Self {
        Self {
            today,
            ..Self::default()
        }
    }

    /// Takes a baseline.
    #[must_use]
    pub fn baseline(mut self, baseline: Baseline) -> Self {
        self.baseline = Some(baseline);
        self
    }

    /// Takes a `.gitleaksignore`.
    #[must_use]
    pub fn gitleaks_ignore(mut self, ignore: GitleaksIgnore) -> Self {
        self.ignore = Some(ignore);
        self
    }

    /// Takes a baseline of detect-secrets.
    #[must_use]
    pub fn detect_secrets(mut self, baseline: DetectSecrets) -> Self {
        self.detect_secrets = Some(baseline);
        self
    }

    /// Takes the `allow` entries of the configuration.
    #[must_use]
    pub fn allow(mut self, allow: Allow) -> Self {
        self.allow = Some(allow);
        self
    }

    /// Takes the allowlists of a gitleaks configuration.
    #[must_use]
    pub fn custom(mut self, custom: Custom) -> Self {
        self.custom = Some(custom);
        self
    }

    /// The gitleaks configuration, where there is one.
    #[must_use]
    pub fn config(&self) -> Option<&Custom> {
        self.custom.as_ref()
    }

    /// Decides about a finding, and writes the decision down. The first that keeps it quiet is named: a mark, then an
    /// allow entry, an allowlist, the baselines, the ignore file.
    pub fn judge(&self, candidate: &Candidate<'_>) -> Verdict {
        let mut notes = Vec::new();
        let Some(suppressed) = self.find(candidate, &mut notes) else {
            return Verdict::Said(notes);
        };
        self.log().push(suppressed);
        Verdict::Suppressed
    }

    fn find(&self, candidate: &Candidate<'_>, notes: &mut Vec<String>) -> Option<Suppressed> {
        let by = |by, reason| Suppressed {
            path: candidate.text.path.to_owned(),
            line: candidate.line,
            rule: candidate.rule.to_owned(),
            by,
            reason,
            wants_reason: false,
        };
        let mark = allowed(
            candidate.text,
            candidate.rule,
            candidate.span,
            candidate.shaped,
        );
        if let Some(Allowed {
            mark,
            reason,
            wants_reason,
        }) = mark
        {
            let suppressed = by(By::Mark(mark), reason);
            return Some(Suppressed {
                wants_reason,
                ..suppressed
            });
        }
        if let Some(allow) = &self.allow
            && let Some(reason) = allow.find(candidate, &self.today, notes)
        {
            return Some(by(By::Allow, Some(reason)));
        }
        if let Some(custom) = &self.custom
            && let Some(description) = custom.allowed(candidate)
        {
            let reason = Some(description.to_owned()).filter(|reason| !reason.is_empty());
            return Some(by(By::Allowlist, reason));
        }
        if let Some(baseline) = &self.baseline
            && let Some(reason) = baseline.find(candidate, &self.today, notes)
        {
            return Some(by(By::Baseline, Some(reason)));
        }
        if self
            .detect_secrets
            .as_ref()
            .is_some_and(|baseline| baseline.holds(candidate))
        {
            return Some(by(By::DetectSecrets, None));
        }
        if self
            .ignore
            .as_ref()
            .is_some_and(|ignore| ignore.holds(candidate))
        {
            return Some(by(By::GitleaksIgnore, None));
        }
        None
    }

    /// What was kept quiet so far, in order of place.
    pub fn used(&self) -> Vec<Suppressed> {
        let mut used = self.log().clone();
        used.sort();
        used
    }

    /// The entries that have kept nothing quiet so far. Meaningful once everything they speak of was looked at.
    pub fn unused(&self) -> Vec<Unused> {
        let mut unused = Vec::new();
        if let Some(allow) = &self.allow {
            allow.unused(&self.today, &mut unused);
        }
        if let Some(baseline) = &self.baseline {
            baseline.unused(&self.today, &mut unused);
        }
        if let Some(ignore) = &self.ignore {
            ignore.unused(&mut unused);
        }
        if let Some(baseline) = &self.detect_secrets {
            baseline.unused(&mut unused);
        }
        unused.sort();
        unused
    }

    fn log(&self) -> std::sync::MutexGuard<'_, Vec<Suppressed>> {
        // A list that is only added to is whole after any panic.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Lower-case hex of exactly so many bytes.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    let mut bytes = [0; N];
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(bytes)
}
