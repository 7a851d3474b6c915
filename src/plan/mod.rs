//! What will be fetched, from where, for which key: made from the manifest without any I/O.

mod asked;
mod auth;
mod behind;
mod build;
mod describe;
mod iam;
mod more;
mod slots;
mod upkeep;

use std::{sync::Arc, time::Duration};

use nuages_provider::{Descriptor, Locator, Settings};

use crate::{
    diagnostic::{Class, Diagnostic},
    django::{engine::Family, entra::Login, url::UrlStyle},
    filter::Filter,
    manifest::{Cast, Live, Manifest, OnChange, Source, Span, Verify},
    registry::Registry,
    render::Format,
    template::Template,
};

pub(crate) use asked::{Question, Wants};
pub(crate) use build::is_within;
pub use describe::describe_json;
pub use iam::{Permissions, permissions};
pub use more::{instances, instances_to_check, setting, writable_instances};

/// What a run will do. Holds no secret.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The manifest's name and text, for messages.
    pub source: Source,
    /// The profiles, in the order they were put on.
    pub profiles: Vec<String>,
    /// Every instance that something is fetched from.
    pub instances: Vec<Instance>,
    pub(crate) databases: Vec<Database>,
    pub(crate) env: Vec<Variable>,
    pub(crate) files: Vec<File>,
    /// A value on its own: `nuages get`.
    pub(crate) single: Option<Text>,
    /// What a template file asks for by itself.
    pub(crate) asked: Vec<Asked>,
    /// That file, which the places of `asked` lie in.
    pub(crate) asked_in: Option<Arc<Source>>,
    /// What holds while the command is supervised.
    pub(crate) upkeep: Upkeep,
    /// The file that tells what was read and when, as the manifest writes it.
    pub(crate) audit: Option<String>,
}

/// An instance and what is fetched from it.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its name in the manifest, or its scheme where the manifest does not name it.
    pub name: String,
    /// The provider.
    pub descriptor: Descriptor,
    /// Its settings.
    pub settings: Settings,
    /// Every secret once.
    pub fetches: Vec<Fetch>,
    /// Where the manifest names it.
    pub span: Option<Span>,
    /// How often what comes from it is looked at again while a command is supervised.
    pub refresh: Option<Duration>,
}

/// One secret, and everything that wants it.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// What to fetch.
    pub locator: Locator,
    /// Who wants it, in the manifest's order.
    pub uses: Vec<Use>,
}

/// A reference in its place.
#[derive(Clone, Debug)]
pub struct Use {
    /// The key that wants it: `databases.default.PASSWORD`.
    pub key: String,
    /// The reference as text.
    pub reference: String,
    /// Where it stands; `None` where it did not come from a manifest.
    pub span: Option<Span>,
    /// Whether it is only wanted where something else does not exist.
    pub fallback: bool,
}

/// Which secret of which instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SlotId {
    pub(crate) instance: usize,
    pub(crate) fetch: usize,
}

/// A template whose references have become slots.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) span: Option<Span>,
}

#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Literal(String),
    Secret(Box<Secret>),
    /// The path of a file of `[files]`.
    FilePath(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Secret {
    pub(crate) slot: SlotId,
    pub(crate) field: Option<String>,
    /// The answer is a list of versions: the field is one of each.
    pub(crate) is_list: bool,
    pub(crate) default: Option<Text>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) span: Option<Span>,
}

/// A value whose texts are planned.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(Text),
    List(Vec<Self>),
    Table(Vec<(String, Self)>),
}

/// A value of a key.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// `databases.default.PASSWORD`.
    pub(crate) key: String,
    pub(crate) node: Node,
    pub(crate) optional: bool,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) alias: String,
    pub(crate) url: Option<(Entry, UrlStyle)>,
    /// The secret that holds a whole login.
    pub(crate) from: Option<Entry>,
    /// Keys that are written and that `--only` leaves out: they are not taken from `from` either.
    pub(crate) left_out: Vec<String>,
    /// Django's key and its value.
    pub(crate) entries: Vec<(String, Entry)>,
    /// The engine's family, where the manifest has it written out.
    pub(crate) family: Option<Family>,
    /// The login that `auth` brings, and where it stands.
    pub(crate) login: Option<Login>,
    pub(crate) auth: Option<Span>,
    /// Whether all of it is kept.
    pub(crate) is_whole: bool,
    /// Whether its driver is to read the password afresh.
    pub(crate) live: Option<(Live, Span)>,
    /// How new values are tried.
    pub(crate) verify: Option<Verify>,
}

#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) entry: Entry,
    pub(crate) cast: Cast,
}

#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Relative to the private directory.
    pub(crate) path: String,
    /// The variable that holds the path.
    pub(crate) env: String,
    pub(crate) key: String,
    pub(crate) span: Span,
    pub(crate) content: FileContent,
    /// What the command is told when it has changed; what holds for all where there is none.
    pub(crate) on_change: Option<OnChange>,
}

/// What is in a file.
#[derive(Clone, Debug)]
pub(crate) enum FileContent {
    Value(Entry),
    /// All values, in a format.
    Format(&'static dyn Format),
}

/// How values are kept fresh under a command that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Upkeep {
    /// What the command is told of a change that has not reached it.
    pub(crate) on_change: OnChange,
    /// How long a change waits for others, so that they make one restart.
    pub(crate) settle: Duration,
    /// A restart waits up to this long besides, so that a fleet does not restart at once.
    pub(crate) jitter: Duration,
}

impl Default for Upkeep {
    fn default() -> Self {
        Self {
            on_change: OnChange::None,
            settle: Duration::from_secs(2),
            jitter: Duration::from_secs(30),
        }
    }
}

/// A reference of a template file.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// As the file has it: `secrets("db-password")`.
    pub(crate) key: String,
    pub(crate) text: Text,
}

/// What to plan.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Profiles to put on, the last wins.
    pub profiles: Vec<String>,
    /// Keys to keep, all where there are none: `env.NAME` or `NAME`, `databases.default`, `databases.default.PASSWORD`.
    pub only: Vec<String>,
}

/// Plans the manifest's keys.
///
/// # Errors
/// Every mistake of the manifest and of the selection, all at once, in the order of their places.
pub fn plan(
    manifest: &Manifest,
    selection: &Selection,
    registry: &Registry,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut errors = manifest.errors().to_vec();
    let layer = match manifest.select(&selection.profiles) {
        Ok(layer) => layer,
        Err(more) => {
            errors.extend(more);
            return Err(in_order(errors));
        }
    };
    let mut builder = build::Builder::new(manifest, &layer, registry, selection);
    builder.layer(&layer);
    let (plan, more) = builder.finish();
    errors.extend(more);
    if errors.is_empty() {
        Ok(plan)
    } else {
        Err(in_order(errors))
    }
}

/// Plans one reference, written as between `${` and `}`, against the manifest's instances.
///
/// # Errors
/// Where it is no reference, its instance does not exist, or the manifest is wrong.
pub fn plan_reference(
    manifest: &Manifest,
    selection: &Selection,
    registry: &Registry,
    reference: &str,
) -> Result<Plan, Vec<Diagnostic>> {
    if !manifest.errors().is_empty() {
        return Err(in_order(manifest.errors().to_vec()));
    }
    let layer = manifest.select(&selection.profiles)?;
    let template = Template::parse_hole(reference).map_err(|errors| {
        let usage = |error: crate::template::TemplateError| {
            Diagnostic::new(Class::Usage, error.message).maybe_hint(error.hint)
        };
        errors.into_iter().map(usage).collect::<Vec<_>>()
    })?;
    let mut builder = build::Builder::new(manifest, &layer, registry, selection);
    builder.single(&template);
    let (plan, errors) = builder.finish();
    if errors.is_empty() {
        Ok(plan)
    } else {
        Err(in_order(errors))
    }
}

/// By place, each once.
fn in_order(mut errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    errors.sort_by_key(|error| {
        error
            .span
            .as_ref()
            .map_or((0, 0), |span| (span.start, span.end))
    });
    errors.dedup_by(|a, b| a.title == b.title && a.span == b.span);
    errors
}

impl Plan {
    /// Whether the reference of [`plan_reference`] means a secret just as the store keeps it: no field of it, nothing made
    /// of it, nothing in its place.
    pub fn is_whole_secret(&self) -> bool {
        let pieces = self.single.as_ref().map(|text| &text.pieces[..]);
        matches!(pieces, Some([Piece::Secret(secret)])
            if secret.field.is_none() && secret.default.is_none() && secret.filters.is_empty())
    }

    /// Every text that a value is made of, defaults not included.
    pub(crate) fn texts(&self) -> Vec<&Text> {
        let asked = self.asked.iter().map(|asked| &asked.text);
        let mut texts: Vec<&Text> = self.single.iter().chain(asked).collect();
        for database in &self.databases {
            let url = database.url.iter().map(|(entry, _)| entry);
            let sources = url.chain(&database.from);
            for entry in sources.chain(database.entries.iter().map(|(_, entry)| entry)) {
                entry.node.texts(&mut texts);
            }
        }
        for variable in &self.env {
            variable.entry.node.texts(&mut texts);
        }
        for file in &self.files {
            if let FileContent::Value(entry) = &file.content {
                entry.node.texts(&mut texts);
            }
        }
        texts
    }
}

impl Node {
    /// Whether no store is asked for any of it.
    pub(crate) fn is_literal(&self) -> bool {
        let mut texts = Vec::new();
        self.texts(&mut texts);
        let mut pieces = texts.iter().flat_map(|text| &text.pieces);
        pieces.all(|piece| matches!(piece, Piece::Literal(_)))
    }

    fn texts<'a>(&'a self, texts: &mut Vec<&'a Text>) {
        match self {
            Self::Text(text) => texts.push(text),
            Self::List(items) => items.iter().for_each(|item| item.texts(texts)),
            Self::Table(entries) => entries.iter().for_each(|(_, node)| node.texts(texts)),
            Self::Bool(_) | Self::Integer(_) | Self::Float(_) => {}
        }
    }
}
