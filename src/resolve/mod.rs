//! Plan to values: the only caller of providers. Deadline, retries, `#field`, defaults and the report live here, once.
//!
//! References are fetched in rounds: first all that are wanted for sure, all instances at once; then the defaults'
//! references whose turn has come, because something did not exist.

mod doctor;
mod evaluate;
mod failures;
mod fetch;
mod field;
mod records;
mod secrets;
mod session;
mod url;
mod waiting;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use nuages_provider::{Environment, Secret};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::{
    diagnostic::Diagnostic,
    plan::{Plan, SlotId},
    render::Document,
};

pub(crate) use doctor::doctor_watched;
pub use doctor::{Checkup, Setback, doctor};
pub(crate) use fetch::Fetcher;
pub(crate) use records::{Part, Secrets, partly_on_record, resolve_on_record};
pub use secrets::Fetched;
pub(crate) use session::{Kept, Noted, Print, Prints, Session, resolve_noted};
pub(crate) use waiting::Waiting;

/// What bounds a run and where it puts files.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bounds the whole run, opening of instances included.
    pub deadline: Duration,
    /// The directory that `[files]` go to; `None` where nothing makes them.
    pub files: Option<PathBuf>,
}

/// The values, and where they came from.
#[derive(Debug)]
pub struct Resolved {
    /// `DATABASES` and `[env]`.
    pub document: Document,
    /// `[files]`.
    pub files: Vec<ResolvedFile>,
    /// The value of a reference on its own.
    pub single: Option<Bytes>,
    /// What a template file asks for by itself, in the plan's order.
    pub asked: Vec<Bytes>,
    /// Where each value came from, in the plan's order.
    pub origins: Vec<Origin>,
}

/// A secret that must be a file.
#[derive(Clone, Debug)]
pub struct ResolvedFile {
    /// The key in the manifest.
    pub key: String,
    /// Relative to the directory of files.
    pub path: String,
    /// The variable that holds the path.
    pub env: String,
    /// What goes into it.
    pub content: Bytes,
}

/// Where a value came from. Holds no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The key: `env.SECRET_KEY`.
    pub key: String,
    /// The instance.
    pub instance: String,
    /// What was fetched.
    pub locator: String,
    /// The store's name for the version.
    pub version: Option<String>,
    /// When it stops working.
    pub expires: Option<SystemTime>,
}

/// Bytes on their way to a sink: wiped when dropped, shown by no formatter.
#[derive(Clone, Default)]
pub struct Bytes(Zeroizing<Vec<u8>>);

impl Bytes {
    pub(crate) fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The bytes, for sinks.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bytes(REDACTED)")
    }
}

/// What is known of a slot.
pub(crate) type Answers = BTreeMap<SlotId, Result<Secret, Failure>>;

/// Why a slot has no value.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The provider's answer.
    Provider(std::sync::Arc<nuages_provider::Error>),
    /// Why its instance could not be opened. Of whatever class that is, it says nothing of the secret: no default applies.
    Unopened(std::sync::Arc<nuages_provider::Error>),
    /// Time ran out first.
    Deadline(Duration),
}

/// Fetches everything the plan wants and puts it together.
///
/// # Errors
/// Every failure, once, with its places. Nothing has been written or started then.
pub async fn resolve(
    plan: &Plan,
    environment: &Environment,
    options: &Options,
) -> Result<Resolved, Vec<Diagnostic>> {
    let answers = fetch_all(plan, environment, options, &Waiting::default()).await;
    evaluate::evaluate(plan, &answers, options)
}

/// Every answer that the plan needs, round by round.
async fn fetch_all(
    plan: &Plan,
    environment: &Environment,
    options: &Options,
    waiting: &Waiting,
) -> Answers {
    let until = Instant::now() + options.deadline;
    let mut fetcher = Fetcher::new(plan, environment, options.deadline, until, waiting);
    let mut answers = Answers::new();
    loop {
        let wanted = evaluate::wanted(plan, &answers);
        if wanted.is_empty() {
            break;
        }
        answers.extend(fetcher.fetch(&wanted).await);
    }
    answers
}
