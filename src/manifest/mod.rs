//! `nuages.toml` as data: every entry with its place in the file, every mistake found in one reading.

mod auth;
mod cast;
mod check;
mod databases;
mod document;
mod entries;
mod merge;
mod profiles;
mod providers;
mod scan;
pub mod schema;
mod supervise;

use std::ops::Range;

use crate::{
    diagnostic::Diagnostic, django::url::UrlStyle, registry::Registry, template::Template,
};

pub(crate) use auth::AuthEntry;
pub use cast::Cast;
pub(crate) use check::{CheckAllow, CheckEntry};
pub(crate) use providers::check_settings;
pub(crate) use scan::{ScanAllow, ScanEntry, ScanRule};
pub(crate) use supervise::{AuditEntry, Live, OnChange, SuperviseEntry, Verify, signal_name};

/// Below the directory of `[files]`, what supervisors keep there for themselves.
pub(crate) const SUPERVISORS: &str = ".nuages";

/// A place in the manifest, in bytes.
pub type Span = Range<usize>;

/// A file and its text, for messages that show the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as the reader of a message knows it.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A manifest that has been read. It may hold mistakes: they come out of [`crate::plan::plan`], all at once.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Where it came from.
    pub source: Source,
    pub(crate) base: Layer,
    pub(crate) profiles: Vec<(Name, Profile)>,
    pub(crate) scan: ScanEntry,
    pub(crate) check: CheckEntry,
    pub(crate) errors: Vec<Diagnostic>,
    pub(crate) is_unread: bool,
}

/// A key of the manifest and its place.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// Named entries in the order they were written.
pub(crate) type Entries<T> = Vec<(Name, T)>;

/// What the manifest's top level holds, and what each profile may hold again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    pub(crate) providers: Entries<InstanceEntry>,
    pub(crate) databases: Entries<DatabaseEntry>,
    pub(crate) env: Entries<EnvEntry>,
    pub(crate) files: Entries<FileEntry>,
    pub(crate) supervise: SuperviseEntry,
    pub(crate) audit: AuditEntry,
}

/// `[profiles.NAME]`.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) extends: Vec<Name>,
    pub(crate) layer: Layer,
}

/// `[providers.NAME]`: a kind and settings. In a profile the kind may be left to the layer below.
#[derive(Clone, Debug)]
pub(crate) struct InstanceEntry {
    pub(crate) kind: Option<Name>,
    pub(crate) settings: Entries<Item>,
    /// How often what comes from it is looked at again, under `--supervise`.
    pub(crate) refresh: Option<std::time::Duration>,
}

/// `[databases.ALIAS]`.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseEntry {
    pub(crate) keys: Entries<Slot>,
    pub(crate) url: Option<Item>,
    /// One reference to a secret that holds a whole login.
    pub(crate) from: Option<Item>,
    pub(crate) url_style: Option<UrlStyle>,
    /// A login that is no user and password.
    pub(crate) auth: Option<AuthEntry>,
    /// Whether its driver is to read the password afresh, and which does.
    pub(crate) live: Option<(Live, Span)>,
    /// How new values are tried before they take the place of the old.
    pub(crate) verify: Option<(Verify, Span)>,
}

/// A value that may be absent.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) item: Item,
    pub(crate) optional: bool,
}

/// `NAME = …` of `[env]`.
#[derive(Clone, Debug)]
pub(crate) struct EnvEntry {
    pub(crate) slot: Slot,
    pub(crate) cast: Cast,
}

/// `[files."PATH"]`.
#[derive(Clone, Debug)]
pub(crate) struct FileEntry {
    pub(crate) content: FileContent,
    pub(crate) env: Option<Name>,
    /// What the command is told when it has changed.
    pub(crate) on_change: Option<OnChange>,
}

/// What is in a file.
#[derive(Clone, Debug)]
pub(crate) enum FileContent {
    /// A value.
    Value(Slot),
    /// All values, in a format of `nuages render`.
    Format(Name),
}

/// A value as written, and its place.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) node: Node,
    pub(crate) span: Span,
}

/// A value as written.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(Template),
    List(Vec<Item>),
    Table(Entries<Item>),
    /// Was wrong and has been reported; stands so that nothing else is reported because of it.
    Invalid,
}

impl Manifest {
    /// Reads a manifest. Pure. Mistakes are kept: see [`Manifest::errors`].
    #[must_use]
    pub fn read(name: impl Into<String>, text: impl Into<String>, registry: &Registry) -> Self {
        let source = Source {
            name: name.into(),
            text: text.into(),
        };
        profiles::read(source, registry)
    }

    /// An empty manifest, for references that come from elsewhere.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            source: Source {
                name: "nuages.toml".to_owned(),
                text: String::new(),
            },
            base: Layer::default(),
            profiles: Vec::new(),
            scan: ScanEntry::default(),
            check: CheckEntry::default(),
            errors: Vec::new(),
            is_unread: false,
        }
    }

    /// The mistakes that were found, in the order of their places.
    #[must_use]
    pub fn errors(&self) -> &[Diagnostic] {
        &self.errors
    }

    /// Whether nothing could be read of it: it is no TOML.
    pub(crate) fn is_unread(&self) -> bool {
        self.is_unread
    }

    /// The names of the profiles.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.iter().map(|(name, _)| name.text.as_str())
    }
}

/// The entry of this name.
pub(crate) fn entry<'a, T>(entries: &'a Entries<T>, name: &str) -> Option<&'a T> {
    entries
        .iter()
        .find(|(have, _)| have.text == name)
        .map(|(_, value)| value)
}
