//! Why something could not be fetched: a class, whether trying again may help, and words for a person.

use std::{error, fmt, time::Duration};

/// The result of a provider's work.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of one locator, one instance or one reference.
///
/// `message` and `hint` are lower-case fragments with names in backticks. They never hold a value or a response body.
pub struct Error {
    kind: ErrorKind,
    retry: Retry,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// The class of a failure: decides the exit code, whether a default applies and what the reader is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The instance's settings cannot work.
    InvalidSettings,
    /// The reference cannot mean anything to this provider.
    InvalidReference,
    /// The store answered: there is no such secret. The only class that a default or `optional` covers.
    NotFound,
    /// The store does not know who we are.
    Unauthenticated,
    /// The store knows who we are and says no.
    PermissionDenied,
    /// The store asks for fewer requests.
    RateLimited,
    /// The store cannot be reached or does not work.
    Unavailable,
    /// The store answered something that cannot be understood, or a value that cannot be used.
    Malformed,
    /// This provider or this build cannot do that.
    Unsupported,
    /// There is such a secret, and it was not to be replaced. Only of writing.
    AlreadyExists,
}

/// Whether the same request may succeed later. Kept apart from the class: not every `Unavailable` passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// Trying again gives the same answer.
    Never,
    /// Trying again, later, may work.
    Later,
    /// The store says when.
    After(Duration),
}

impl Error {
    /// An error of this class that is not worth a second try.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            retry: Retry::Never,
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    /// The settings of the instance cannot work.
    pub fn invalid_settings(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidSettings, message)
    }

    /// The reference cannot mean anything here.
    pub fn invalid_reference(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidReference, message)
    }

    /// There is no such secret.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// What to do about it, in one sentence fragment.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether trying again may help.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The underlying error. Kept for code that looks at types; its text is never shown.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same failure once more, for a provider that fails many locators by one cause. The source stays here.
    #[must_use]
    pub fn repeat(&self) -> Self {
        Self {
            kind: self.kind,
            retry: self.retry,
            message: self.message.clone(),
            hint: self.hint.clone(),
            source: None,
        }
    }

    /// The class.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether trying again may help.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.retry
    }

    /// What happened.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// Leaves the source out: an error of a library may quote what it was working on.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("retry", &self.retry)
            .field("message", &self.message)
            .field("hint", &self.hint)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn error::Error + 'static))
    }
}

impl ErrorKind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::InvalidSettings,
        Self::InvalidReference,
        Self::NotFound,
        Self::Unauthenticated,
        Self::PermissionDenied,
        Self::RateLimited,
        Self::Unavailable,
        Self::Malformed,
        Self::Unsupported,
        Self::AlreadyExists,
    ];

    /// The class in words that follow an instance's name: "`secrets` denied access".
    #[must_use]
    pub fn phrase(self) -> &'static str {
        match self {
            Self::InvalidSettings => "has settings that cannot work",
            Self::InvalidReference => "cannot read this reference",
            Self::NotFound => "has no such secret",
            Self::Unauthenticated => "does not accept our identity",
            Self::PermissionDenied => "denied access",
            Self::RateLimited => "is throttling",
            Self::Unavailable => "is unavailable",
            Self::Malformed => "gave an answer that cannot be used",
            Self::Unsupported => "cannot do this",
            Self::AlreadyExists => "has such a secret already",
        }
    }

    /// A stable name for machines: `not-found`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidSettings => "invalid-settings",
            Self::InvalidReference => "invalid-reference",
            Self::NotFound => "not-found",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission-denied",
            Self::RateLimited => "rate-limited",
            Self::Unavailable => "unavailable",
            Self::Malformed => "malformed",
            Self::Unsupported => "unsupported",
            Self::AlreadyExists => "already-exists",
        }
    }
}
