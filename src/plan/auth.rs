//! `auth` in a plan: the references that it stands for, and the rules of its engine held against what the manifest has
//! written out. What references bring is held against the same rules once it is there.

use nuages_provider::Reference;

use super::{
    Database, Entry, Node, Piece, Text, Variable, behind,
    build::{Builder, is_within},
    slots::absent,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    django::{
        engine::{self, Family},
        entra::{self, Brought, CLEARTEXT_VARIABLE, Login, Method},
        seen::{Fault, Seen},
    },
    manifest::{self, AuthEntry, Cast, DatabaseEntry, Item, Slot, Span, entry},
    registry::kind::ENTRA,
    suggest,
    template::{Hole, Part, Template},
};

impl Builder<'_> {
    /// Adds what a login brings, and reports what can never work, or would give a login away.
    pub(super) fn login(&mut self, path: &str, database: &DatabaseEntry, planned: &mut Database) {
        planned.family = family(database);
        planned.is_whole = self.keeps_all(path);
        if !self.touches(path) {
            return;
        }
        let mut faults = Vec::new();
        let seen = seen(database);
        let mut method = None;
        if let Some(auth) = &database.auth {
            match check_auth(auth, database) {
                Ok((chosen, family)) => {
                    method = Some(chosen);
                    faults.extend(entra::beside(chosen, family, &seen));
                    self.bring(path, auth, (chosen, family), database, planned);
                }
                Err(error) => {
                    // What stands beside was meant for a login that is not known: nothing is said of it.
                    self.errors.extend(error.map(|error| *error));
                    return;
                }
            }
        }
        // A URL or a secret may bring more: then the rules wait until it is there.
        let is_known = planned.is_whole && database.url.is_none() && database.from.is_none();
        if let Some(family) = planned.family.filter(|_| is_known) {
            faults.extend(entra::check(family, method, &seen));
        }
        if planned.is_whole && database.auth.is_none() {
            faults.extend(behind::faults(database));
        }
        let told = faults.iter().map(|fault| diagnose(database, fault));
        self.errors.extend(told);
    }

    /// Whether `--only` keeps a key and all below it.
    fn keeps_all(&self, key: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| is_within(key, only.key))
    }

    /// Whether `--only` keeps a key, or anything below it.
    fn touches(&self, key: &str) -> bool {
        self.keeps_all(key) || self.only.iter().any(|only| is_within(only.key, key))
    }

    /// The keys that a login brings, as references.
    fn bring(
        &mut self,
        path: &str,
        auth: &AuthEntry,
        (method, family): (Method, Family),
        database: &DatabaseEntry,
        planned: &mut Database,
    ) {
        planned.login = Some(Login {
            method,
            client_id: auth.client_id.as_ref().map(|id| id.text.clone()),
        });
        planned.auth = Some(auth.span.clone());
        if method == Method::DriverMsi {
            for (key, given) in [("instance", &auth.instance), ("tenant", &auth.tenant)] {
                if let Some(given) = given {
                    let title = format!("`{key}` does nothing with `{}`", method.name());
                    self.errors.push(
                        Diagnostic::manifest(title, given.span.clone())
                            .hint("the driver fetches the token itself: leave it out"),
                    );
                }
            }
            return;
        }
        let Some(resource) = entra::resource(family) else {
            return;
        };
        let Some(kind) = self.kind(auth) else {
            return;
        };
        let reference = self.token(auth, resource, family, database);
        for brought in method.brings(family) {
            if brought.yields && entry(&database.keys, brought.key).is_some() {
                continue;
            }
            let key = format!("{path}.{}", brought.key);
            if !(self.keeps(&key, None) || self.keeps(&format!("{path}.auth"), None)) {
                continue;
            }
            if brought.field.is_some() && kind != ENTRA {
                let title = format!("`auth` needs a `{}` here", brought.key);
                let hint = format!("an instance of kind `{kind}` does not know the login's name");
                self.errors
                    .push(Diagnostic::manifest(title, auth.span.clone()).hint(hint));
                continue;
            }
            if family == Family::Mysql {
                self.allow_cleartext(&auth.span);
            }
            let entry = self.brought(key, &reference, brought, &auth.span);
            planned
                .entries
                .extend(entry.map(|entry| (brought.key.to_owned(), entry)));
        }
    }

    /// The kind of the instance that tokens come from, or a report that there is none.
    fn kind(&mut self, auth: &AuthEntry) -> Option<&'static str> {
        // What no build has is reported with the reference.
        let Some(instance) = auth.instance.as_ref().filter(|name| name.text != ENTRA) else {
            return Some(ENTRA);
        };
        let Some(body) = entry(&self.layer.providers, &instance.text) else {
            let error = absent(&instance.text, self.layer, self.manifest, self.registry);
            self.errors.push(error.at(instance.span.clone()));
            return None;
        };
        let kind = body.kind.as_ref()?;
        self.registry
            .find(&kind.text)
            .map(|descriptor| descriptor.scheme)
    }

    /// The reference to the token. Which cloud it is for, the provider tells by the host.
    fn token(
        &self,
        auth: &AuthEntry,
        resource: &str,
        family: Family,
        database: &DatabaseEntry,
    ) -> Reference {
        let scheme = auth.instance.as_ref().map_or(ENTRA, |name| &name.text);
        let mut reference = Reference::new(scheme, resource);
        let host = match entry(&database.keys, "HOST").map(|slot| &slot.item.node) {
            Some(manifest::Node::Text(text)) => text.literal(),
            _ => None,
        };
        let kind = entry(&self.layer.providers, scheme).and_then(|body| body.kind.as_ref());
        let descriptor = self.registry.find(kind.map_or(scheme, |kind| &kind.text));
        let knows_hosts = descriptor.is_some_and(|descriptor| {
            let mut options = descriptor.options.iter();
            options.any(|option| option.name == "host")
        });
        if let Some(host) = host.and_then(|host| entra::host(family, host))
            && knows_hosts
        {
            reference = reference.with_option("host", host);
        }
        for (name, given) in [("client_id", &auth.client_id), ("tenant", &auth.tenant)] {
            if let Some(given) = given {
                reference = reference.with_option(name, &given.text);
            }
        }
        reference
    }

    fn brought(
        &mut self,
        key: String,
        reference: &Reference,
        brought: &Brought,
        span: &Span,
    ) -> Option<Entry> {
        let reference = match brought.field {
            Some(field) => reference.clone().with_field(field),
            None => reference.clone(),
        };
        let hole = Hole {
            reference,
            default: None,
            filters: Vec::new(),
            range: span.clone(),
        };
        let slot = Slot {
            item: Item {
                node: manifest::Node::Text(Template {
                    parts: vec![Part::Hole(hole)],
                }),
                span: span.clone(),
            },
            optional: false,
        };
        self.entry(key, &slot)
    }

    /// The variable without which one of MySQL's client libraries sends no token, unless the manifest sets it.
    fn allow_cleartext(&mut self, span: &Span) {
        let is_set = entry(&self.layer.env, CLEARTEXT_VARIABLE).is_some();
        let mut planned = self.plan.env.iter();
        if is_set || planned.any(|variable| variable.name == CLEARTEXT_VARIABLE) {
            return;
        }
        let text = Text {
            pieces: vec![Piece::Literal("1".to_owned())],
            span: Some(span.clone()),
        };
        self.add_variable(Variable {
            name: CLEARTEXT_VARIABLE.to_owned(),
            entry: Entry {
                key: format!("env.{CLEARTEXT_VARIABLE}"),
                node: Node::Text(text),
                optional: false,
                span: span.clone(),
            },
            cast: Cast::Text,
        });
    }
}

impl Database {
    /// The key at a place below this database, and where it stands.
    pub(crate) fn place(&self, path: &[String]) -> (String, Option<Span>) {
        let database = format!("databases.{}", self.alias);
        let found = path
            .first()
            .and_then(|key| self.entries.iter().find(|(have, _)| have == key));
        let Some((_, entry)) = found else {
            let key = path.first().map_or("auth", String::as_str);
            return (format!("{database}.{key}"), self.auth.clone());
        };
        let mut span = entry.span.clone();
        let mut node = &entry.node;
        for key in &path[1..] {
            let Node::Table(entries) = node else { break };
            let Some((_, below)) = entries.iter().find(|(have, _)| have == key) else {
                break;
            };
            node = below;
            if let Node::Text(text) = node {
                span = text.span.clone().unwrap_or(span);
            }
        }
        (format!("{database}.{}", path.join(".")), Some(span))
    }
}

/// The family of an engine that is written out.
fn family(database: &DatabaseEntry) -> Option<Family> {
    let engine = database.engine().and_then(engine::find)?;
    Some(engine.family)
}

/// The method and the engine's family, or why they do not go together: nothing, where it has been told.
fn check_auth(
    auth: &AuthEntry,
    database: &DatabaseEntry,
) -> Result<(Method, Family), Option<Box<Diagnostic>>> {
    let refuse = |title: &str, span: &Span, hint: &str| {
        let error = Diagnostic::manifest(title, span.clone()).hint(hint);
        Err(Some(Box::new(error)))
    };
    if auth.is_wrong {
        return Err(None);
    }
    let Some(method) = auth.method else {
        let known: Vec<&str> = Method::ALL.iter().map(|method| method.name()).collect();
        let hint = format!("methods: {}", suggest::list(&known));
        return refuse("`auth` has no `method`", &auth.span, &hint);
    };
    for (key, item) in [("url", &database.url), ("from", &database.from)] {
        if let Some(item) = item {
            let title = format!("`{key}` and `auth` cannot stand together");
            let hint = "both bring a login: with `auth`, write `ENGINE`, `HOST` and `NAME`";
            return refuse(&title, &item.span, hint);
        }
    }
    let known = suggest::list(method.engines());
    let Some(engine) = entry(&database.keys, "ENGINE").filter(|_| database.engine().is_some())
    else {
        let hint = format!("engines: {known}");
        return refuse(
            "`auth` needs an `ENGINE` that is written out",
            &auth.span,
            &hint,
        );
    };
    let Some(family) = family(database).filter(|family| method.suits(*family)) else {
        let title = format!("`auth = \"{}\"` is for {known}", method.name());
        let hint = "leave `auth` out, and write `USER` and `PASSWORD`";
        return refuse(&title, &engine.item.span, hint);
    };
    Ok((method, family))
}

/// A database as far as the manifest has written it out.
pub(super) fn seen(database: &DatabaseEntry) -> Seen<'_> {
    let entries = database.keys.iter();
    Seen::Table(
        entries
            .map(|(name, slot)| (name.text.as_str(), seen_item(&slot.item)))
            .collect(),
    )
}

fn seen_item(item: &Item) -> Seen<'_> {
    match &item.node {
        manifest::Node::Bool(flag) => Seen::Flag(*flag),
        manifest::Node::Integer(number) => Seen::Number(number.to_string()),
        manifest::Node::Float(number) => Seen::Number(number.to_string()),
        manifest::Node::Text(text) => text.literal().map_or(Seen::Unknown, Seen::Text),
        manifest::Node::List(_) => Seen::Other,
        manifest::Node::Table(entries) => {
            let entries = entries.iter();
            Seen::Table(
                entries
                    .map(|(name, item)| (name.text.as_str(), seen_item(item)))
                    .collect(),
            )
        }
        manifest::Node::Invalid => Seen::Unknown,
    }
}

/// A fault at its place in the manifest.
fn diagnose(database: &DatabaseEntry, fault: &Fault) -> Diagnostic {
    let auth = database.auth.as_ref().map(|auth| auth.span.clone());
    let url = database.url.as_ref().map(|url| url.span.clone());
    let span = place(database, fault).or_else(|| auth.clone()).or(url);
    let mut diagnostic =
        Diagnostic::new(Class::Manifest, &fault.what).maybe_hint(fault.hint.clone());
    diagnostic.rule = fault.rule;
    match span {
        Some(span) => diagnostic.at(span),
        None => diagnostic,
    }
}

/// Where a fault stands, as deep as the manifest has keys for it.
fn place(database: &DatabaseEntry, fault: &Fault) -> Option<Span> {
    let (first, rest) = fault.path.split_first()?;
    let (name, slot) = database.keys.iter().find(|(name, _)| name.text == *first)?;
    let (mut name, mut item) = (name, &slot.item);
    for key in rest {
        let manifest::Node::Table(entries) = &item.node else {
            return Some(item.span.clone());
        };
        let Some((below, value)) = entries.iter().find(|(name, _)| name.text == *key) else {
            return Some(item.span.clone());
        };
        (name, item) = (below, value);
    }
    Some(if fault.is_key {
        name.span.clone()
    } else {
        item.span.clone()
    })
}
