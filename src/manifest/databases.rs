//! `[databases.ALIAS]`: Django's own keys, under Django's own names, and `url`, `from` or `auth`; and how it is
//! kept fresh.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    DatabaseEntry, Entries, Item, Name, Node, Slot,
    document::{Pair, Reader, name},
};
use crate::{
    django::{
        database::{coerce_literal, from_url},
        engine,
        keys::{self, Kind, MSSQL_ONLY, TEST_KEYS},
        url::UrlStyle,
    },
    suggest,
    template::Part,
    value::Text,
};

impl Reader<'_> {
    pub(super) fn databases(&mut self, value: &Spanned<DeValue<'_>>) -> Entries<DatabaseEntry> {
        let Some(table) = self.table("`databases`", value) else {
            return Vec::new();
        };
        table
            .iter()
            .filter_map(|pair| self.database(pair))
            .collect()
    }

    fn database(&mut self, (key, value): Pair<'_, '_>) -> Option<(Name, DatabaseEntry)> {
        let alias = name(key);
        let table = self.table(&format!("`databases.{}`", alias.text), value)?;
        let mut entry = DatabaseEntry {
            keys: Vec::new(),
            url: None,
            from: None,
            url_style: None,
            auth: None,
            live: None,
            verify: None,
        };
        let is_custom = literal_engine(table).is_some_and(|name| engine::find(name).is_none());
        for (key, value) in table {
            let key = name(key);
            match key.text.as_str() {
                "url" => entry.url = Some(self.url(value)),
                "from" => entry.from = Some(self.from(value)),
                "url_style" => entry.url_style = self.url_style(value),
                "auth" => entry.auth = Some(self.auth(value)),
                "live" => entry.live = self.live(value).map(|live| (live, value.span())),
                "verify" => entry.verify = self.verify(value).map(|verify| (verify, value.span())),
                _ => {
                    if let Some(slot) = self.database_key(&alias, &key, value, is_custom) {
                        entry.keys.push((key, slot));
                    }
                }
            }
        }
        self.check_mssql_only(table, &entry);
        self.check_url(&mut entry);
        self.check_sources(&entry);
        Some((alias, entry))
    }

    /// A URL that is written out can be read here and now.
    fn check_url(&mut self, entry: &mut DatabaseEntry) {
        let Some(url) = &mut entry.url else { return };
        let Node::Text(template) = &url.node else {
            return;
        };
        let style = entry.url_style.unwrap_or_default();
        let failure = template
            .literal()
            .and_then(|literal| from_url(&Text::plain(literal), style).err());
        if let Some(failure) = failure {
            let title = format!("`url` cannot be read as `{}` reads it", style.name());
            let error = self.error(title, url.span.clone());
            error.causes.push(failure.to_string());
            url.node = Node::Invalid;
        }
    }

    fn url(&mut self, value: &Spanned<DeValue<'_>>) -> Item {
        let mut item = self.item("`url`", value);
        if !matches!(item.node, Node::Text(_) | Node::Invalid) {
            self.error("`url` must be a string", item.span.clone());
            item.node = Node::Invalid;
        }
        item
    }

    /// A string that is one reference and nothing else: the value is JSON, and text around it would break it.
    fn from(&mut self, value: &Spanned<DeValue<'_>>) -> Item {
        let mut item = self.item("`from`", value);
        let title = match &item.node {
            Node::Text(template) if matches!(template.parts[..], [Part::Hole(_)]) => return item,
            Node::Invalid => return item,
            Node::Text(_) => "`from` must be one reference and nothing else",
            _ => "`from` must be a string",
        };
        self.error(title, item.span.clone()).hint = Some(
            "write `from = \"${…}\"`, a reference to a secret that holds the login as JSON"
                .to_owned(),
        );
        item.node = Node::Invalid;
        item
    }

    /// Both would give the same keys.
    fn check_sources(&mut self, entry: &DatabaseEntry) {
        if let (Some(_), Some(from)) = (&entry.url, &entry.from) {
            self.error("`url` and `from` cannot stand together", from.span.clone())
                .hint = Some(
                "keep the one that the secret is: a database URL, or a JSON object".to_owned(),
            );
        }
    }

    fn url_style(&mut self, value: &Spanned<DeValue<'_>>) -> Option<UrlStyle> {
        let style = self.plain("`url_style`", value)?;
        let parsed = UrlStyle::parse(&style.text);
        if parsed.is_none() {
            let known = UrlStyle::ALL.iter().map(|style| style.name());
            let hint = suggest::hint(&style.text, known);
            self.error(
                format!("there is no URL style `{}`", style.text),
                style.span,
            )
            .hint = hint;
        }
        parsed
    }

    fn database_key(
        &mut self,
        alias: &Name,
        key: &Name,
        value: &Spanned<DeValue<'_>>,
        is_custom: bool,
    ) -> Option<Slot> {
        let place = format!("`databases.{}`", alias.text);
        let Some(known) = keys::find(&key.text) else {
            let names: Vec<&str> = keys::KEYS
                .iter()
                .map(|key| key.name)
                .chain(["url", "from", "url_style", "auth", "live", "verify"])
                .collect();
            let is_slip = suggest::nearest(&key.text, names.iter().copied()).is_some();
            if is_custom && !is_slip && key.text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            {
                // A backend of another project may read settings that Django does not know.
                return Some(self.slot(&format!("`{}`", key.text), value));
            }
            self.unknown_key(&place, key, &names);
            self.ruled("GN013");
            return None;
        };
        let what = format!("`{}`", key.text);
        let mut slot = match known.kind {
            Kind::Options | Kind::Test => Slot {
                item: self.item(&what, value),
                optional: false,
            },
            _ => self.slot(&what, value),
        };
        self.check_kind(&what, known.kind, &mut slot.item);
        match known.kind {
            Kind::Options => self.check_options(&slot.item),
            Kind::Test if !is_custom => self.check_test(&slot.item),
            _ => {}
        }
        Some(slot)
    }

    /// A literal of the wrong type is a mistake of the manifest; what a reference brings is checked when it is there.
    fn check_kind(&mut self, what: &str, kind: Kind, item: &mut Item) {
        let fits = match &item.node {
            Node::Invalid => true,
            Node::Text(text) => match text.literal() {
                Some(text) => coerce_literal(kind, text),
                None => !matches!(kind, Kind::Options | Kind::Test),
            },
            Node::Bool(_) => kind == Kind::Flag,
            Node::Integer(number) => match kind {
                Kind::Port => (0..=65535).contains(number),
                Kind::SecondsOrNull => *number >= 0,
                _ => false,
            },
            Node::Table(_) => matches!(kind, Kind::Options | Kind::Test),
            Node::Float(_) | Node::List(_) => false,
        };
        if fits {
            return;
        }
        let hint = match (kind, &item.node) {
            (Kind::Text, Node::Integer(_) | Node::Float(_) | Node::Bool(_)) => {
                Some("put it in quotes".to_owned())
            }
            (Kind::Engine, Node::Text(text)) => {
                let known = engine::ENGINES.iter().map(|engine| engine.short);
                text.literal().and_then(|text| suggest::hint(text, known))
            }
            _ => None,
        };
        let engine = match &item.node {
            Node::Text(text) if kind == Kind::Engine => text.literal(),
            _ => None,
        };
        let (rule, hint) = match engine {
            Some(engine) if engine::has_ended(engine) => {
                let hint = "install mssql-django and write `ENGINE = \"mssql\"`";
                ("MS025", Some(hint.to_owned()))
            }
            Some("postgresql_psycopg2") => {
                let hint = "write `ENGINE = \"postgresql\"`, as Django calls it since 1.9";
                ("PG026", Some(hint.to_owned()))
            }
            _ => ("GN014", hint),
        };
        self.error(
            format!("{what} must be {}", kind.expects()),
            item.span.clone(),
        )
        .hint = hint;
        self.ruled(rule);
        item.node = Node::Invalid;
    }

    /// What Django reads beside `OPTIONS` does nothing inside it.
    fn check_options(&mut self, item: &Item) {
        let Node::Table(entries) = &item.node else {
            return;
        };
        for (key, _) in entries {
            if keys::find(&key.text).is_some() {
                self.error(
                    format!("`{}` inside `OPTIONS` is not read by Django", key.text),
                    key.span.clone(),
                )
                .hint = Some(format!("move `{}` up, beside `OPTIONS`", key.text));
                self.ruled("GN013");
            }
        }
    }

    fn check_test(&mut self, item: &Item) {
        let Node::Table(entries) = &item.node else {
            return;
        };
        for (key, item) in entries {
            if !TEST_KEYS.contains(&key.text.as_str()) {
                self.unknown_key("`TEST`", key, TEST_KEYS);
                self.ruled("GN013");
            }
            let is_list = match &item.node {
                Node::List(_) | Node::Invalid => true,
                Node::Text(text) => text.literal().is_none(),
                _ => false,
            };
            if key.text == "DEPENDENCIES" && !is_list {
                let place = item.span.clone();
                self.error("`TEST.DEPENDENCIES` must be a list of aliases", place)
                    .hint = Some("write it in brackets: `[\"default\"]`".to_owned());
                self.ruled("GN014");
            }
        }
    }

    fn check_mssql_only(&mut self, table: &DeTable<'_>, entry: &DatabaseEntry) {
        let Some(engine) = literal_engine(table).and_then(engine::find) else {
            return;
        };
        if engine.family == engine::Family::Mssql {
            return;
        }
        for (key, _) in &entry.keys {
            if MSSQL_ONLY.contains(&key.text.as_str()) {
                let title = format!(
                    "`{}` is read by mssql-django alone, not by `{}`",
                    key.text, engine.short
                );
                let hint =
                    (key.text == "TOKEN").then(|| "give a login token as `PASSWORD`".to_owned());
                self.error(title, key.span.clone()).hint = hint;
                self.ruled("GN013");
            }
        }
    }
}

/// `ENGINE`, where it is written out.
fn literal_engine<'t>(table: &'t DeTable<'_>) -> Option<&'t str> {
    match table.get("ENGINE")?.get_ref() {
        DeValue::String(text) => Some(text),
        _ => None,
    }
}
