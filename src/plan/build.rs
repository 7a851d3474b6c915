//! From a layer to a plan: templates become slots, equal locators become one fetch.

use std::collections::HashMap;

use nuages_provider::Locator;

use super::{
    Database, Entry, File, FileContent, Node, Plan, Selection, Text, Variable, upkeep::upkeep,
};
use crate::{
    diagnostic::Diagnostic,
    django::{engine, url::UrlStyle},
    manifest::{
        self, DatabaseEntry, EnvEntry, FileEntry, Item, Layer, Manifest, Name, Slot, entry,
    },
    registry::Registry,
    render, suggest,
    template::Template,
};

pub(super) struct Builder<'a> {
    pub(super) plan: Plan,
    pub(super) layer: &'a Layer,
    pub(super) manifest: &'a Manifest,
    pub(super) registry: &'a Registry,
    pub(super) only: Vec<Only<'a>>,
    pub(super) errors: Vec<Diagnostic>,
    /// Which fetch of an instance a locator is.
    pub(super) fetched: HashMap<(usize, Locator), usize>,
}

/// A key of `--only`, and whether it was found.
pub(super) struct Only<'a> {
    pub(super) key: &'a str,
    found: bool,
}

/// Where a template stands: whose value it is, and whether it is a default.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) key: &'a str,
    pub(super) fallback: bool,
    pub(super) in_manifest: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        manifest: &'a Manifest,
        layer: &'a Layer,
        registry: &'a Registry,
        selection: &'a Selection,
    ) -> Self {
        Self {
            plan: Plan {
                source: manifest.source.clone(),
                profiles: selection.profiles.clone(),
                instances: Vec::new(),
                databases: Vec::new(),
                env: Vec::new(),
                files: Vec::new(),
                single: None,
                asked: Vec::new(),
                asked_in: None,
                upkeep: upkeep(layer),
                audit: layer.audit.path.as_ref().map(|path| path.text.clone()),
            },
            layer,
            manifest,
            registry,
            only: selection
                .only
                .iter()
                .map(|key| Only { key, found: false })
                .collect(),
            errors: Vec::new(),
            fetched: HashMap::new(),
        }
    }

    /// Goes on with a plan that is there.
    pub(super) fn resume(
        plan: Plan,
        manifest: &'a Manifest,
        layer: &'a Layer,
        registry: &'a Registry,
    ) -> Self {
        let mut fetched = HashMap::new();
        for (place, instance) in plan.instances.iter().enumerate() {
            let locators = instance.fetches.iter().map(|fetch| fetch.locator.clone());
            fetched.extend(
                locators
                    .enumerate()
                    .map(|(fetch, locator)| ((place, locator), fetch)),
            );
        }
        Self {
            plan,
            layer,
            manifest,
            registry,
            only: Vec::new(),
            errors: Vec::new(),
            fetched,
        }
    }

    /// A template that stands in no manifest.
    pub(super) fn outside(&mut self, key: &str, template: &Template) -> Text {
        let place = Place {
            key,
            fallback: false,
            in_manifest: false,
        };
        self.text(template, None, place)
    }

    pub(super) fn add_variable(&mut self, variable: Variable) {
        self.plan.env.push(variable);
    }

    /// A variable that begins like a reference and is none.
    pub(super) fn unreadable(&mut self, name: &str, scheme: &str) {
        let title = format!(
            "variable `{name}` begins with `{scheme}://` and cannot be read as a reference"
        );
        self.errors
            .push(Diagnostic::new(crate::diagnostic::Class::Usage, title));
    }

    pub(super) fn layer(&mut self, layer: &Layer) {
        for (alias, database) in &layer.databases {
            self.database(alias, database);
        }
        for (name, variable) in &layer.env {
            self.variable(name, variable);
        }
        for (path, file) in &layer.files {
            self.file(path, file);
        }
        self.check_names(layer);
    }

    pub(super) fn single(&mut self, template: &Template) {
        let reference = template
            .holes()
            .first()
            .map_or_else(String::new, |hole| hole.reference.to_string());
        self.plan.single = Some(self.outside(&reference, template));
    }

    pub(super) fn finish(mut self) -> (Plan, Vec<Diagnostic>) {
        let missing: Vec<&str> = self
            .only
            .iter()
            .filter(|only| !only.found)
            .map(|only| only.key)
            .collect();
        for key in missing {
            let title = format!("the manifest has no key `{key}` to keep");
            self.errors.push(
                Diagnostic::new(crate::diagnostic::Class::Usage, title)
                    .hint("keys are written `env.NAME` or `NAME`, `databases.default`, `databases.default.PASSWORD`"),
            );
        }
        (self.plan, self.errors)
    }

    /// Whether `--only` keeps a key. A key above keeps all below it.
    pub(super) fn keeps(&mut self, key: &str, short: Option<&str>) -> bool {
        if self.only.is_empty() {
            return true;
        }
        let mut keeps = false;
        for only in &mut self.only {
            if is_within(key, only.key) || short == Some(only.key) {
                only.found = true;
                keeps = true;
            }
        }
        keeps
    }

    fn database(&mut self, alias: &Name, database: &DatabaseEntry) {
        let path = format!("databases.{}", alias.text);
        let mut planned = Database {
            alias: alias.text.clone(),
            url: None,
            from: None,
            left_out: Vec::new(),
            entries: Vec::new(),
            family: None,
            login: None,
            auth: None,
            is_whole: true,
            live: database
                .live
                .clone()
                .filter(|(live, _)| *live != manifest::Live::Not),
            verify: database.verify.as_ref().map(|(verify, _)| verify.clone()),
        };
        if let Some(url) = &database.url {
            let key = format!("{path}.url");
            if self.keeps(&key, None) {
                let style = database.url_style.unwrap_or_default();
                planned.url = self.required(key, url).map(|entry| (entry, style));
            }
        }
        if let Some(from) = &database.from {
            let key = format!("{path}.from");
            if self.keeps(&key, None) {
                planned.from = self.required(key, from);
            }
        }
        for (key, slot) in &database.keys {
            let path = format!("{path}.{}", key.text);
            if self.keeps(&path, None) {
                planned.entries.extend(
                    self.entry(path, slot)
                        .map(|entry| (key.text.clone(), entry)),
                );
            } else {
                planned.left_out.push(key.text.clone());
            }
        }
        self.login(&path, database, &mut planned);
        self.check_live(database);
        if self.only.is_empty() {
            self.check_database(alias, database);
        }
        let has_any =
            planned.url.is_some() || planned.from.is_some() || !planned.entries.is_empty();
        if has_any || self.only.is_empty() {
            self.plan.databases.push(planned);
        }
    }

    fn check_database(&mut self, alias: &Name, database: &DatabaseEntry) {
        let place = format!("`databases.{}`", alias.text);
        if database.url.is_none()
            && database.from.is_none()
            && entry(&database.keys, "ENGINE").is_none()
            && !database.keys.is_empty()
        {
            let known: Vec<&str> = engine::ENGINES.iter().map(|engine| engine.short).collect();
            self.errors.push(
                Diagnostic::manifest(
                    format!("{place} has no `ENGINE`, `url` or `from`"),
                    alias.span.clone(),
                )
                .hint(format!("engines: {}", suggest::list(&known))),
            );
        }
        if database.url.is_none()
            && database
                .url_style
                .is_some_and(|style| style != UrlStyle::default())
        {
            let title = format!("{place} has a `url_style` and no `url`");
            self.errors
                .push(Diagnostic::manifest(title, alias.span.clone()));
        }
    }

    fn variable(&mut self, name: &Name, variable: &EnvEntry) {
        let key = format!("env.{}", name.text);
        if !self.keeps(&key, Some(&name.text)) {
            return;
        }
        let planned = self.entry(key, &variable.slot).map(|entry| Variable {
            name: name.text.clone(),
            entry,
            cast: variable.cast,
        });
        self.plan.env.extend(planned);
    }

    fn file(&mut self, path: &Name, file: &FileEntry) {
        let key = format!("files.{}", path.text);
        if !self.keeps(&key, None) {
            return;
        }
        let env = file
            .env
            .as_ref()
            .map_or_else(|| file_variable(&path.text), |env| env.text.clone());
        let content = match &file.content {
            manifest::FileContent::Value(slot) => {
                self.entry(key.clone(), slot).map(FileContent::Value)
            }
            manifest::FileContent::Format(format) => {
                render::format(&format.text).map(FileContent::Format)
            }
        };
        self.plan.files.extend(content.map(|content| File {
            path: path.text.clone(),
            env,
            key,
            span: path.span.clone(),
            content,
            on_change: file.on_change,
        }));
    }

    /// Two entries that would set one variable or one file.
    fn check_names(&mut self, layer: &Layer) {
        let mut names: HashMap<String, String> = HashMap::new();
        if !layer.databases.is_empty() {
            names.insert("DATABASES".to_owned(), "databases".to_owned());
        }
        let variables = layer
            .env
            .iter()
            .map(|(name, _)| (name.text.clone(), format!("env.{}", name.text), name));
        let files = layer.files.iter().map(|(path, file)| {
            let variable = file
                .env
                .as_ref()
                .map_or_else(|| file_variable(&path.text), |env| env.text.clone());
            (variable, format!("files.\"{}\"", path.text), path)
        });
        for (variable, key, place) in variables.chain(files) {
            if let Some(other) = names.get(&variable) {
                let title = format!("`{key}` and `{other}` both set the variable `{variable}`");
                let hint = key
                    .starts_with("files")
                    .then(|| "give the file another variable: `env = \"NAME\"`".to_owned());
                self.errors
                    .push(Diagnostic::manifest(title, place.span.clone()).maybe_hint(hint));
            }
            names.insert(variable, key);
        }
        let paths: HashMap<&str, &Name> = layer
            .files
            .iter()
            .map(|(path, _)| (&*path.text, path))
            .collect();
        for (inner, _) in &layer.files {
            let above = inner
                .text
                .match_indices('/')
                .find_map(|(at, _)| paths.get(&inner.text[..at]));
            if let Some(outer) = above {
                let title = format!(
                    "`files.\"{}\"` is a file and also the directory of another",
                    outer.text
                );
                self.errors
                    .push(Diagnostic::manifest(title, outer.span.clone()));
            }
        }
    }

    pub(super) fn entry(&mut self, key: String, slot: &Slot) -> Option<Entry> {
        let node = self.node(&key, &slot.item)?;
        Some(Entry {
            key,
            node,
            optional: slot.optional,
            span: slot.item.span.clone(),
        })
    }

    fn required(&mut self, key: String, item: &Item) -> Option<Entry> {
        let slot = Slot {
            item: item.clone(),
            optional: false,
        };
        self.entry(key, &slot)
    }

    fn node(&mut self, key: &str, item: &Item) -> Option<Node> {
        Some(match &item.node {
            manifest::Node::Bool(flag) => Node::Bool(*flag),
            manifest::Node::Integer(number) => Node::Integer(*number),
            manifest::Node::Float(number) => Node::Float(*number),
            manifest::Node::Text(template) => {
                let place = Place {
                    key,
                    fallback: false,
                    in_manifest: true,
                };
                Node::Text(self.text(template, Some(&item.span), place))
            }
            manifest::Node::List(items) => Node::List(
                items
                    .iter()
                    .filter_map(|item| self.node(key, item))
                    .collect(),
            ),
            manifest::Node::Table(entries) => {
                let mut table = Vec::new();
                for (name, item) in entries {
                    let node = self.node(&format!("{key}.{}", name.text), item);
                    table.extend(node.map(|node| (name.text.clone(), node)));
                }
                Node::Table(table)
            }
            manifest::Node::Invalid => return None,
        })
    }
}

/// Whether a key is another or stands below it.
pub(crate) fn is_within(key: &str, other: &str) -> bool {
    let rest = key.strip_prefix(other);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The variable of a file that names none: `tls/client.key` becomes `TLS_CLIENT_KEY_FILE`.
pub(super) fn file_variable(path: &str) -> String {
    let upper: String = path
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    format!("{upper}_FILE")
}
