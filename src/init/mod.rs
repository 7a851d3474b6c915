//! A manifest out of what is there: a Django project's settings and its env file become a proposal, with the edits of the
//! settings and the values that are to go to a store. Pure: files are read, and written, by somebody else.

mod attempt;
mod classify;
mod databases;
mod decouple;
mod drafts;
mod manifest;
mod reads;
mod settings;
mod work;

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fmt, ops::Range};

use gix::bstr::BStr;
use zeroize::Zeroizing;

use crate::{
    diagnostic::Diagnostic,
    finding::Confidence,
    manifest::Source,
    registry::Registry,
    scan::{detect::Detector, fix, text::Text},
};

pub use decouple::read_decouple;
pub use settings::{Library, Parent};

/// Longer files are no settings.
const LONGEST: usize = 1 << 20;

/// So many variables, and so many literals, are looked at; more are no settings.
const MOST: usize = 500;

/// The name that a file of settings is judged by, wherever it stands: it is settings because somebody said so.
const SETTINGS: &str = "settings.py";

/// What a project has.
pub struct Project<'a> {
    /// The files of its settings, what they are built on first.
    pub settings: Vec<Settings>,
    /// Its env file.
    pub env: Option<EnvFile>,
    /// Where its secrets are to be.
    pub store: Store,
    /// Whether it depends on the Python package `nuages`: its settings can ask that for values then.
    pub has_package: bool,
    /// What another program's spelling of a reference (`op://…`, an ARN) is as ours; `None` where a text is no such
    /// spelling, and an error that says why where it cannot be written as ours.
    pub import: &'a dyn Fn(&str) -> Option<Result<String, String>>,
}

/// A file of settings.
pub struct Settings {
    /// Its path, as people are told.
    pub path: String,
    /// Its text, without a byte-order mark.
    pub text: Zeroizing<String>,
}

/// An env file.
pub struct EnvFile {
    /// Its path, as people are told.
    pub path: String,
    /// Its variables, in order.
    pub variables: Vec<Variable>,
}

/// A variable of an env file.
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; `None` where the reader of the file would refuse it.
    pub value: Option<Zeroizing<String>>,
}

/// An instance, as the manifest is to name it.
#[derive(Clone, Debug)]
pub struct Store {
    /// Its name: `secrets`.
    pub instance: String,
    /// Its provider.
    pub kind: String,
    /// Its settings, as they are typed.
    pub settings: Vec<(String, String)>,
    /// The settings of the `dotenv` instance that takes its place in the profile `dev`, where there is to be one.
    pub dev: Option<Vec<(String, String)>>,
}

impl Store {
    /// A manifest whose variables `V0`, `V1`, … are these secrets of the store; one that is not there is empty.
    #[must_use]
    pub fn manifest_of(&self, secrets: &[&str]) -> String {
        manifest::of_secrets(self, secrets)
    }
}

/// What is to be done.
pub struct Proposal {
    /// The text of `nuages.toml`.
    pub manifest: String,
    /// The files of settings that change.
    pub edits: Vec<Edit>,
    /// The values that are to be in the store.
    pub moves: Vec<Move>,
    /// Secrets that the manifest refers to and nobody has a value of, by their names in the store.
    pub unknown: Vec<String>,
    /// What stays as it is and wants somebody's eyes: where, and why.
    pub left: Vec<String>,
}

/// The new text of a file of settings.
pub struct Edit {
    /// Which of [`Project::settings`].
    pub file: usize,
    /// Its new text.
    pub new: Zeroizing<String>,
    /// Where values stand in the old one.
    hidden: Vec<Range<usize>>,
    /// What of the old one is gone.
    gone: Vec<Range<usize>>,
}

/// A value and where it goes.
pub struct Move {
    /// The variable, or what a database's value is called.
    pub variable: String,
    /// The secret's name in the store.
    pub secret: String,
    /// Whether it stood in the settings themselves.
    pub is_of_settings: bool,
    value: Zeroizing<String>,
}

impl Move {
    /// The value, for a store.
    pub(crate) fn expose(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Move")
            .field("variable", &self.variable)
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}

/// Why nothing is proposed.
#[derive(Debug)]
pub enum NoProposal {
    /// A file of settings that is no Python that can be read.
    NotPython(String),
    /// More than anybody's settings have.
    TooMuch,
    /// The value of this variable, which is to be secret, stands in a name, or in another value that is none.
    Exposed(String),
    /// A value that no manifest can hold.
    Unwritable,
    /// The manifest would be none.
    Manifest(Vec<Diagnostic>, Source),
}

/// Works out what to do.
///
/// # Errors
/// Where the settings cannot be read, or a manifest of them would be none.
pub fn propose(
    project: &Project<'_>,
    detector: &Detector,
    registry: &Registry,
) -> Result<Proposal, NoProposal> {
    let mut facts = Vec::new();
    for file in &project.settings {
        if file.text.len() > LONGEST {
            return Err(NoProposal::TooMuch);
        }
        let of_file = settings::facts(&file.text);
        facts.push(of_file.ok_or_else(|| NoProposal::NotPython(file.path.clone()))?);
    }
    let variables = project.env.iter().flat_map(|env| &env.variables);
    if variables.count() > MOST || facts.iter().any(|facts| facts.reads.len() > MOST) {
        return Err(NoProposal::TooMuch);
    }
    let work = work::Work::new(project, &facts, detector, registry)?;
    // Databases that are not understood in every part stay in the settings, and so do those that no manifest can hold.
    let why = match work.databases().map(|_| work.attempt(true)) {
        Some(Ok(proposal)) => return Ok(proposal),
        Some(Err(why)) => Some(why),
        None => None,
    };
    let mut proposal = work.attempt(false)?;
    let stays = work.databases_stay(why.as_ref());
    proposal.left.splice(0..0, stays);
    Ok(proposal)
}

/// The libraries that read env files in these settings; the first that is imported comes first.
#[must_use]
pub fn libraries(text: &str) -> Vec<Library> {
    settings::facts(text).map_or_else(Vec::new, |facts| facts.libraries)
}

/// What a file of settings is built on.
#[must_use]
pub fn parents(text: &str) -> Vec<Parent> {
    settings::facts(text).map_or_else(Vec::new, |facts| facts.parents)
}

impl Proposal {
    /// The change of a file as a diff in which no value stands.
    #[must_use]
    pub fn diff(&self, edit: &Edit, project: &Project<'_>, detector: &Detector) -> String {
        let Some(file) = project.settings.get(edit.file) else {
            return String::new();
        };
        let hidden = |text: &str| {
            let mut hidden = self.hidden(text, detector);
            if text == file.text.as_str() {
                hidden.extend(edit.hidden.iter().cloned());
            }
            hidden
        };
        fix::unified(&file.path, &file.text, &edit.new, &hidden)
    }

    /// What a scan finds in a text, however unsure, and every value that is to be in the store.
    fn hidden(&self, text: &str, detector: &Detector) -> Vec<Range<usize>> {
        let path: &BStr = SETTINGS.into();
        let found = detector.scan(&Text::new(path, text.as_bytes()), Confidence::Low);
        let mut hidden: Vec<Range<usize>> = found.into_iter().map(|found| found.span).collect();
        let values: BTreeSet<&str> = self.moves.iter().map(Move::expose).collect();
        // A shorter one may be any word.
        for value in values.into_iter().filter(|value| value.len() > 2) {
            let again = text.match_indices(value);
            hidden.extend(again.map(|(start, _)| start..start + value.len()));
        }
        hidden
    }
}

/// Of variables that stand twice, the last counts, in its place.
fn keep_last(variables: &mut Vec<Variable>) {
    let mut seen = BTreeSet::new();
    variables.reverse();
    variables.retain(|variable| seen.insert(variable.name.clone()));
    variables.reverse();
}
