//! Values to the following steps of a CI job: one file a system, all listed in [`SINKS`].
//!
//! A sink is pure: it says what is to be printed, which the system reads as commands, and what is to be written into the
//! file that the system names. What masks a value goes out before the value goes anywhere.

pub mod append;
mod azure_pipelines;
mod bitbucket;
mod circleci;
mod github;
mod gitlab;
mod jenkins;
mod masks;
#[cfg(test)]
mod tests;

use std::fmt;

use nuages_provider::Environment;
use zeroize::Zeroizing;

use crate::{
    diagnostic::{Class, Diagnostic},
    render::{self, Document, Setting, Settings, Variable},
};

pub use github::delimiter;
pub use masks::Secret;

/// One system: a file each, all listed in [`SINKS`].
pub trait Sink: Sync {
    /// Its name on the command line: `azure-pipelines`.
    fn name(&self) -> &'static str;

    /// One line that says what it does there.
    fn summary(&self) -> &'static str;

    /// What can be set for it.
    fn settings(&self) -> &'static [Setting] {
        &[]
    }

    /// Whether the system masks values that a step tells it.
    fn has_masks(&self) -> bool {
        false
    }

    /// Whether it takes secrets only where [`Job::force`] says so.
    fn refuses_secrets(&self) -> bool {
        false
    }

    /// Where the values go, unless they are printed.
    fn place(&self, settings: &Settings) -> Place;

    /// What is to be printed and written.
    ///
    /// # Errors
    ///
    /// Every value and name that the system would refuse, change or show, and every setting that is none.
    fn hand_over(&self, job: &Job<'_>) -> Result<Handover, Vec<Diagnostic>>;
}

impl fmt::Debug for dyn Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sink").field(&self.name()).finish()
    }
}

/// Every system there is.
pub const SINKS: &[&dyn Sink] = &[
    &github::Github,
    &azure_pipelines::AzurePipelines,
    &gitlab::Gitlab,
    &circleci::Circleci,
    &bitbucket::Bitbucket,
    &jenkins::Jenkins,
];

/// The sink called `name`.
#[must_use]
pub fn sink(name: &str) -> Option<&'static dyn Sink> {
    SINKS.iter().copied().find(|sink| sink.name() == name)
}

/// Where a sink's values go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// They are printed: the system reads them from there.
    Printed,
    /// They are appended to the file that a variable of the step names.
    Named {
        /// `GITHUB_ENV`.
        variable: &'static str,
        /// What such a step is called in a message: `a GitHub Actions step`.
        step: &'static str,
        /// Whether the system leaves it to the steps to make the file.
        may_create: bool,
    },
    /// They are a file of their own, which the pipeline names.
    Own,
}

/// What there is to hand over.
pub struct Job<'a> {
    /// The values.
    pub document: &'a Document,
    /// What is to be masked: the secrets the values were made of.
    pub secrets: &'a [Secret<'a>],
    /// What the sink was told.
    pub settings: &'a Settings,
    /// The step's environment, in which systems keep their switches.
    pub environment: &'a Environment,
    /// Only the masks are wanted.
    pub mask_only: bool,
    /// Secrets may go where others read them.
    pub force: bool,
    /// Makes a word that nobody can foresee ([`delimiter`]); `None` where the system has no random numbers.
    pub delimiter: &'a dyn Fn() -> Option<String>,
}

/// Shows no value.
impl fmt::Debug for Job<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("document", self.document)
            .field("settings", self.settings)
            .field("mask_only", &self.mask_only)
            .field("force", &self.force)
            .finish_non_exhaustive()
    }
}

/// What to do, in this order: print the masks and flush them, write the file, print the commands.
#[derive(Default)]
pub struct Handover {
    /// Commands that mask, each with its line break.
    pub masks: Zeroizing<Vec<u8>>,
    /// What goes into the file, if there is one.
    pub file: Zeroizing<Vec<u8>>,
    /// Commands that set variables, each with its line break.
    pub commands: Zeroizing<Vec<u8>>,
    /// What the user should know. No value is in it.
    pub notes: Vec<String>,
}

/// Shows numbers of bytes only.
impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover")
            .field("masks", &self.masks.len())
            .field("file", &self.file.len())
            .field("commands", &self.commands.len())
            .field("notes", &self.notes)
            .finish()
    }
}

/// The longest `NAME=value` with its NUL that Linux starts a process with: `MAX_ARG_STRLEN` of its `binfmts.h`, for pages
/// of 4 KiB.
const LONGEST_VARIABLE: usize = 128 * 1024;

/// What cannot be handed over, gathered while the sink goes on looking.
struct Errors {
    sink: &'static str,
    found: Vec<Diagnostic>,
}

impl Errors {
    /// Of a document: what no variable can hold is found at once.
    fn new(sink: &'static str, document: &Document) -> Self {
        let mut errors = Self {
            sink,
            found: Vec::new(),
        };
        for fault in render::faults(document, true) {
            errors.add(&fault.key, fault.reason, None);
        }
        errors
    }

    fn add(&mut self, key: &str, reason: &str, hint: Option<&str>) {
        let title = format!("cannot hand over `{key}` to `{}`: {reason}", self.sink);
        let error = Diagnostic::new(Class::Provider, title);
        self.found.push(error.maybe_hint(hint.map(str::to_owned)));
    }

    fn usage(&mut self, title: &str, hint: Option<&str>) {
        let error = Diagnostic::new(Class::Usage, title);
        self.found.push(error.maybe_hint(hint.map(str::to_owned)));
    }

    /// A setting that is one of a few words; the first is the default.
    fn choice(
        &mut self,
        settings: &Settings,
        name: &str,
        choices: &[&'static str],
    ) -> &'static str {
        let default = choices.first().copied().unwrap_or_default();
        let Some(given) = settings.get(name) else {
            return default;
        };
        choices
            .iter()
            .copied()
            .find(|choice| *choice == given)
            .unwrap_or_else(|| {
                let choices = choices.join("` or `");
                self.usage(
                    &format!("`--set {name}` takes `{choices}`, not `{given}`"),
                    None,
                );
                default
            })
    }

    /// What holds for a variable everywhere: its name is one, and a process can be started with it.
    fn check(&mut self, variable: &Variable) {
        if let Err(reason) = render::check_variable(&variable.name, &variable.text) {
            self.add(&variable.key, reason, None);
        } else if variable.name.len() + variable.text.len() + 2 > LONGEST_VARIABLE {
            self.add(
                &variable.key,
                "no process can be started with it: Linux takes 128 KiB for a variable",
                Some("give long values as `[files]` to `nuages exec`"),
            );
        }
    }

    /// Secrets do not go where others read them, unless forced.
    fn refuse_secrets(&mut self, job: &Job<'_>, reason: &str) {
        if job.force {
            return;
        }
        for variable in render::variables(job.document) {
            if variable.is_secret {
                self.add(
                    &variable.key,
                    reason,
                    Some("`nuages exec --redact -- COMMAND` hands it to one command; `--force` writes it all the same"),
                );
            }
        }
    }

    fn done(self, handover: Handover) -> Result<Handover, Vec<Diagnostic>> {
        if self.found.is_empty() {
            Ok(handover)
        } else {
            Err(self.found)
        }
    }
}

/// The names that are one name to a system that does not tell small letters from capitals.
fn find_twins(variables: &[Variable], errors: &mut Errors) {
    let mut seen = std::collections::BTreeSet::new();
    for variable in variables {
        if !seen.insert(variable.name.to_ascii_uppercase()) {
            errors.add(
                &variable.key,
                "another name differs in small letters and capitals alone, which are one there",
                None,
            );
        }
    }
}

/// Whether a name begins with one of these words, small letters and capitals alike.
fn has_prefix<'a>(name: &str, prefixes: &[&'a str]) -> Option<&'a str> {
    prefixes.iter().copied().find(|prefix| {
        name.get(..prefix.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(prefix))
    })
}
