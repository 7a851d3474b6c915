//! A rule: what it says, why, and how it is found. Its texts are its page in the documentation, its examples its tests.

use super::{
    found::Out,
    settings::Settings,
    subject::{Database, Subject},
};
use crate::{django::engine::Family, finding::Severity};

/// One thing that should not be so.
pub(crate) struct Rule {
    /// Stable: two letters of its family, three digits.
    pub(crate) id: &'static str,
    /// How serious, where nothing makes it less or more so.
    pub(crate) severity: Severity,
    /// One line: what is wrong. A lower-case fragment.
    pub(crate) title: &'static str,
    /// What can happen, in a few sentences.
    pub(crate) why: &'static str,
    /// What to do.
    pub(crate) remedy: &'static str,
    /// The pages that the rule is from.
    pub(crate) sources: &'static [&'static str],
    /// A manifest that it is found in, and the same without the fault. Empty where no manifest shows it.
    pub(crate) wrong: &'static str,
    /// See [`Rule::wrong`].
    pub(crate) right: &'static str,
    /// What it looks at.
    pub(crate) check: Check,
}

/// What a rule looks at.
pub(crate) enum Check {
    /// Each database of a family.
    Family(Family, fn(&Database<'_>, &Subject<'_>, &mut Out<'_>)),
    /// Each database whose engine is known.
    Database(fn(&Database<'_>, &Subject<'_>, &mut Out<'_>)),
    /// The manifest with some profiles on it.
    Manifest(fn(&Subject<'_>, &mut Out<'_>)),
    /// All the ways in which the manifest is used, side by side.
    Across(fn(&[Subject<'_>], &mut Out<'_>)),
    /// The ways that were asked for, and besides them those for production that were not.
    Beside(fn(&[Subject<'_>], &[Subject<'_>], &mut Out<'_>)),
    /// The manifest with some profiles on it, and the files that it names, where files may be looked at.
    Files(fn(&Subject<'_>, Option<&super::Surroundings<'_>>, &mut Out<'_>)),
    /// Values as they are read: a mistake that stops every other command too.
    Reading,
    /// The settings that the project's own Python has evaluated.
    Settings(fn(&Settings<'_>, &mut Out<'_>)),
    /// What the other looks at, and the evaluated settings.
    AndSettings(&'static Check, fn(&Settings<'_>, &mut Out<'_>)),
    /// What a server says of itself.
    Server,
    /// What is suppressed.
    Suppression,
}

impl Check {
    /// What `nuages check` must be told for it, for the rule's page.
    pub(crate) const fn needs(&self) -> &'static str {
        match self {
            Self::Family(..)
            | Self::Database(_)
            | Self::Manifest(_)
            | Self::Across(_)
            | Self::Beside(_) => {
                "the manifest alone; with `--resolve`, what references bring is looked at too"
            }
            Self::Files(_) => "the manifest, and the files that it names",
            Self::Reading | Self::Suppression => "the manifest alone",
            Self::Settings(_) => "the project's settings: `--settings MODULE`",
            Self::AndSettings(..) => {
                "the manifest, with `--resolve` what references bring, and the project's settings: `--settings MODULE`"
            }
            Self::Server => "the server: `--connect`",
        }
    }

    /// What it looks at besides the settings.
    pub(crate) const fn base(&self) -> &Self {
        match self {
            Self::AndSettings(base, _) => base,
            other => other,
        }
    }
}
