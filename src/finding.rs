//! What `scan` and `check` have to say: one finding, its place, how sure and how serious. Shared by both, drawn by
//! [`report`](crate::report).

use std::fmt;

use gix::bstr::BString;

/// One problem in one place. No text in it holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id: stable; in kebab-case of a scan (`github-pat`), two letters and a number of a check (`PG001`).
    pub rule: String,
    /// The key of the manifest or the setting that it is about, of a check: `databases.default.OPTIONS.sslmode`.
    pub key: Option<String>,
    /// One line for people: what it is.
    pub title: String,
    /// How serious.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Where.
    pub location: Location,
    /// The secret as it may be shown: at most the vendor's public prefix, then `…`.
    pub masked: Option<String>,
    /// Why it is thought so, or not quite: lower-case fragments.
    pub notes: Vec<String>,
    /// What to do next.
    pub remedy: Option<String>,
    /// The change of the manifest that mends it: `databases.default.OPTIONS.sslmode = "verify-full"`.
    pub edit: Option<String>,
    /// Whether `--fix` makes that change; else it is left to people.
    pub is_edit_automatic: bool,
    /// The page that the rule is from.
    pub source: Option<String>,
    /// The same for the same problem wherever it moves to: keyed by rule and content, not by line. Lower-case hex.
    pub fingerprint: String,
    /// The commit that brought it, where history was looked at.
    pub origin: Option<Origin>,
}

/// A place in a file. Lines and columns count from 1; a column counts characters, not bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// Relative to where the scan began, with `/`; bytes, since git's paths are.
    pub path: BString,
    /// The line of the first byte.
    pub line: usize,
    /// The column of the first byte.
    pub column: usize,
    /// The line of the last byte.
    pub end_line: usize,
    /// The column after the last byte.
    pub end_column: usize,
}

/// The commit that a finding came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its id, in full, as hex.
    pub commit: String,
    /// The author's name, as the commit has it.
    pub author: String,
    /// The author's mail address, as the commit has it.
    pub email: String,
    /// When it was written: seconds since 1970, UTC.
    pub time: i64,
    /// The first line of its message.
    pub summary: String,
}

/// How sure a finding is. The order is that of certainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A test's value, a placeholder, a checksum that does not hold. Not shown unless asked for.
    Low,
    /// Looks like a secret where a secret would stand.
    Medium,
    /// A vendor's own shape, a checksum that holds, a literal in the setting that holds the secret.
    High,
}

/// How serious a finding is. The order is that of gravity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a thought.
    Advice,
    /// Should be mended.
    Warning,
    /// Must be mended.
    Error,
}

impl Confidence {
    /// All of them, least certain first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The word for it, as reports and the command line have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// How serious a leak of this certainty is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Low => Severity::Advice,
            Self::Medium => Severity::Warning,
            Self::High => Severity::Error,
        }
    }

    /// One step less certain.
    #[must_use]
    pub const fn lowered(self) -> Self {
        match self {
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
        }
    }

    /// One step more certain.
    #[must_use]
    pub const fn raised(self) -> Self {
        match self {
            Self::Low => Self::Medium,
            Self::Medium | Self::High => Self::High,
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Severity {
    /// All of them, least serious first.
    pub const ALL: [Self; 3] = [Self::Advice, Self::Warning, Self::Error];

    /// The word for it, as reports have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Advice => "advice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
