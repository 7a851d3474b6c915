//! Templates to values, once the answers are there.

use std::collections::HashSet;

use nuages_provider::{ErrorKind, Secret as Fetched};
use zeroize::Zeroizing;

use super::{
    Answers, Bytes, Failure, Options, Origin, Resolved, ResolvedFile, failures::Failures, field,
    url,
};
use crate::{
    diagnostic::Diagnostic,
    django::{
        database::{self, UrlFailure},
        engine, entra,
        keys::Kind,
        managed,
        url::UrlStyle,
    },
    manifest::Cast,
    plan::{Database, Entry, FileContent, Node, Piece, Plan, Secret, SlotId, Text},
    redact::common::lets_in,
    render::Document,
    value::{self, Table, Value},
};

/// The slots that are needed and not yet answered, each once.
pub(super) fn wanted(plan: &Plan, answers: &Answers) -> Vec<SlotId> {
    let mut wanted = Vec::new();
    for text in plan.texts() {
        want(text, answers, &mut wanted);
    }
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}

fn want(text: &Text, answers: &Answers, wanted: &mut Vec<SlotId>) {
    for piece in &text.pieces {
        let Piece::Secret(secret) = piece else {
            continue;
        };
        match answers.get(&secret.slot) {
            None => wanted.push(secret.slot),
            Some(answer) => {
                if let (Some(default), Picked::Absent) = (&secret.default, picked(secret, answer)) {
                    want(default, answers, wanted);
                }
            }
        }
    }
}

/// A slot's answer as one reference sees it.
enum Picked {
    Value(Zeroizing<Vec<u8>>),
    /// The store answered: it does not exist.
    Absent,
    NotStructured,
    Failed,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the value is put into its template here"
)]
fn picked(secret: &Secret, answer: &Result<Fetched, Failure>) -> Picked {
    match answer {
        Ok(fetched) => match &secret.field {
            None => Picked::Value(Zeroizing::new(fetched.value.expose().to_vec())),
            Some(name) => {
                let pick = if secret.is_list {
                    field::pick_of_each
                } else {
                    field::pick
                };
                match pick(fetched.value.expose(), name) {
                    Ok(value) => Picked::Value(value),
                    Err(field::FieldError::Missing) => Picked::Absent,
                    Err(field::FieldError::NotStructured) => Picked::NotStructured,
                }
            }
        },
        Err(Failure::Provider(error)) if error.kind() == ErrorKind::NotFound => Picked::Absent,
        Err(_) => Picked::Failed,
    }
}

/// Puts everything together, or says all that stands in the way.
pub(super) fn evaluate(
    plan: &Plan,
    answers: &Answers,
    options: &Options,
) -> Result<Resolved, Vec<Diagnostic>> {
    let (resolved, failures) = partly(plan, answers, options);
    if failures.is_empty() {
        Ok(resolved)
    } else {
        Err(failures)
    }
}

/// Puts together what can be, and says what stands in the way of the rest: for who looks at values, and hands none over.
/// A database whose `url` or `from` failed is left out.
pub(super) fn partly(
    plan: &Plan,
    answers: &Answers,
    options: &Options,
) -> (Resolved, Vec<Diagnostic>) {
    let mut evaluation = Evaluation {
        plan,
        answers,
        options,
        failures: Failures::new(plan),
    };
    let mut databases = Table::new();
    let mut broken = HashSet::new();
    for planned in &plan.databases {
        let before = evaluation.failures.count();
        let database = evaluation.database(planned);
        if evaluation.failures.count() > before {
            broken.insert(planned.alias.as_str());
        }
        if let Some(database) = database {
            databases.insert(planned.alias.clone(), Value::Table(database));
        }
    }
    let mut env = Table::new();
    for variable in &plan.env {
        if let Some(value) = evaluation.entry(&variable.entry, |evaluation, value| {
            evaluation.cast(&variable.entry, variable.cast, value)
        }) {
            env.insert(variable.name.clone(), value);
        }
    }
    let files = evaluation.files();
    let single = plan
        .single
        .as_ref()
        .and_then(|text| evaluation.bytes(text, &plan.single_key(), false));
    evaluation.failures.go_on_in(plan.asked_in.clone());
    let asked: Vec<Bytes> = plan
        .asked
        .iter()
        .filter_map(|asked| evaluation.bytes(&asked.text, &asked.key, false))
        .map(|(bytes, _)| Bytes::new(bytes))
        .collect();
    let mut failures = evaluation.failures.into_all();
    failures.extend(finish(plan, &mut databases, &broken));
    let resolved = Resolved {
        document: Document { databases, env },
        files,
        single: single.map(|(bytes, _)| Bytes::new(bytes)),
        asked,
        origins: origins(plan, answers),
    };
    (resolved, failures)
}

/// What is left to do for the databases once all their values are here. Of one where a value is missing, nobody can say
/// whether the others fit.
fn finish(plan: &Plan, databases: &mut Table, broken: &HashSet<&str>) -> Vec<Diagnostic> {
    let mut failures = Failures::new(plan);
    for planned in &plan.databases {
        let Some(Value::Table(database)) = databases.get_mut(&planned.alias) else {
            continue;
        };
        let engine = match database.get("ENGINE") {
            Some(Value::Text(engine)) => engine::find(engine.expose()),
            _ => None,
        };
        let family = planned.family.or(engine.map(|engine| engine.family));
        let Some(family) = family else { continue };
        let login = planned.login.as_ref();
        if broken.contains(planned.alias.as_str()) {
            entra::add_options(database, family, login);
            continue;
        }
        let faults = entra::finish(database, family, login, planned.is_whole);
        if !faults.is_empty() {
            entra::add_options(database, family, login);
        }
        for fault in faults {
            let (key, span) = planned.place(&fault.path);
            failures.unfit(&key, span, &fault);
        }
    }
    failures.into_all()
}

struct Evaluation<'a> {
    plan: &'a Plan,
    answers: &'a Answers,
    options: &'a Options,
    failures: Failures<'a>,
}

impl Evaluation<'_> {
    /// Its keys; none where what brings most of them has failed.
    fn database(&mut self, planned: &Database) -> Option<Table> {
        let mut table = Table::new();
        let before = self.failures.count();
        if let Some((entry, style)) = &planned.url {
            let url = self.entry(entry, |_, value| Some(value));
            if let Some(Value::Text(url)) = url {
                match database::from_url(&url, *style) {
                    Ok(keys) if self.leads_elsewhere(entry, *style, &keys) => {
                        self.failures.url(entry, *style, &UrlFailure::Elsewhere);
                    }
                    Ok(keys) => table = keys,
                    Err(failure) => self.failures.url(entry, *style, &failure),
                }
            }
        }
        let mut is_whole = self.failures.count() == before;
        let beside: Vec<(&str, &Entry, Option<Value>)> = planned
            .entries
            .iter()
            .map(|(key, entry)| {
                let kind = database::kind(key);
                let value = self.entry(entry, |evaluation, value| {
                    evaluation.coerce(entry, kind, value)
                });
                (key.as_str(), entry, value)
            })
            .collect();
        if let Some(from) = &planned.from {
            // What is written and went wrong has been told; only an optional key leaves room for the secret's.
            let is_given = |key: &str| {
                let is_beside = |(have, entry, value): &(&str, &Entry, Option<Value>)| {
                    *have == key && (value.is_some() || !entry.optional)
                };
                beside.iter().any(is_beside) || planned.left_out.iter().any(|left| left == key)
            };
            let before = self.failures.count();
            table = self.managed(from, is_given);
            is_whole &= self.failures.count() == before;
        }
        for (key, _, value) in beside {
            if let Some(value) = value {
                database::put_on(&mut table, key, value);
            }
        }
        is_whole.then_some(table)
    }

    /// The keys that a secret gives which holds a whole login.
    fn managed(&mut self, from: &Entry, is_given: impl Fn(&str) -> bool) -> Table {
        let Node::Text(text) = &from.node else {
            return Table::new();
        };
        let Some((json, _)) = self.bytes(text, &from.key, from.optional) else {
            return Table::new();
        };
        managed::from_secret(&json, is_given).unwrap_or_else(|failure| {
            self.failures.managed(from, &failure);
            Table::new()
        })
    }

    fn files(&mut self) -> Vec<ResolvedFile> {
        let mut files = Vec::new();
        for file in &self.plan.files {
            // What is rendered is made once all values are here.
            let FileContent::Value(entry) = &file.content else {
                continue;
            };
            let Node::Text(text) = &entry.node else {
                continue;
            };
            if let Some((content, _)) = self.bytes(text, &entry.key, entry.optional) {
                files.push(ResolvedFile {
                    key: entry.key.clone(),
                    path: file.path.clone(),
                    env: file.env.clone(),
                    content: Bytes::new(content),
                });
            }
        }
        files
    }

    /// A key's value, shaped; `None` where it is optional and absent, or where a failure has been noted.
    fn entry(
        &mut self,
        entry: &Entry,
        shape: impl FnOnce(&mut Self, Value) -> Option<Value>,
    ) -> Option<Value> {
        let value = self.node(&entry.node, &entry.key, entry.optional)?;
        shape(self, value)
    }

    fn node(&mut self, node: &Node, key: &str, optional: bool) -> Option<Value> {
        Some(match node {
            Node::Bool(flag) => Value::Bool(*flag),
            Node::Integer(number) => Value::Integer((*number).into()),
            Node::Float(number) => Value::Float(*number),
            Node::Text(text) => Value::Text(self.text(text, key, optional)?),
            Node::List(items) => {
                let values: Vec<_> = items
                    .iter()
                    .map(|item| self.node(item, key, optional))
                    .collect();
                Value::List(values.into_iter().collect::<Option<_>>()?)
            }
            Node::Table(entries) => {
                let mut table = Table::new();
                for (name, node) in entries {
                    if let Some(value) = self.node(node, &format!("{key}.{name}"), optional) {
                        table.insert(name.clone(), value);
                    }
                }
                Value::Table(table)
            }
        })
    }

    fn text(&mut self, text: &Text, key: &str, optional: bool) -> Option<value::Text> {
        let (bytes, is_secret) = self.bytes(text, key, optional)?;
        match std::str::from_utf8(&bytes) {
            Ok(text) if is_secret => Some(value::Text::secret(text)),
            Ok(text) => Some(value::Text::plain(text)),
            Err(_) => {
                self.failures.unusable(
                    key,
                    text.span.clone(),
                    "the value is not UTF-8 text",
                    Some("`| base64` makes text of any bytes"),
                );
                None
            }
        }
    }

    /// The bytes of a template, and whether they are a secret: a reference has brought some of them, or a default stands in
    /// for one under a key that is a secret's. Another default is for all to read, as literals are.
    fn bytes(
        &mut self,
        text: &Text,
        key: &str,
        optional: bool,
    ) -> Option<(Zeroizing<Vec<u8>>, bool)> {
        let (parts, is_secret) = self.parts(text, key, optional)?;
        // Sized first: a buffer that grows would leave copies behind.
        let mut whole = Zeroizing::new(Vec::with_capacity(
            parts.iter().map(|part| part.len()).sum(),
        ));
        for part in &parts {
            whole.extend_from_slice(part);
        }
        Some((whole, is_secret))
    }

    /// The same, what each piece brings by itself.
    fn parts(
        &mut self,
        text: &Text,
        key: &str,
        optional: bool,
    ) -> Option<(Vec<Zeroizing<Vec<u8>>>, bool)> {
        let mut parts: Vec<Zeroizing<Vec<u8>>> = Vec::with_capacity(text.pieces.len());
        let mut is_whole = true;
        let mut is_secret = false;
        for piece in &text.pieces {
            let part = match piece {
                Piece::Literal(text) => Some(Zeroizing::new(text.as_bytes().to_vec())),
                Piece::FilePath(path) => self.file_path(path, key, text),
                Piece::Secret(secret) => {
                    self.secret(secret, key, optional).map(|(bytes, is_one)| {
                        is_secret |= is_one;
                        bytes
                    })
                }
            };
            is_whole &= part.is_some();
            parts.extend(part);
        }
        is_whole.then_some((parts, is_secret))
    }

    /// Whether a reference in a URL that can be read has made another of it.
    fn leads_elsewhere(&mut self, entry: &Entry, style: UrlStyle, keys: &Table) -> bool {
        let Node::Text(text) = &entry.node else {
            return false;
        };
        self.parts(text, &entry.key, entry.optional)
            .is_some_and(|(parts, _)| url::leads_elsewhere(text, &parts, style, keys))
    }

    /// What a reference stands for, and whether that is a secret.
    fn secret(
        &mut self,
        secret: &Secret,
        key: &str,
        optional: bool,
    ) -> Option<(Zeroizing<Vec<u8>>, bool)> {
        let answer = self.answers.get(&secret.slot)?;
        let (mut value, is_secret) = match (picked(secret, answer), &secret.default, answer) {
            (Picked::Value(value), _, _) => (value, true),
            (Picked::Absent, Some(default), _) => {
                let (value, is_brought) = self.bytes(default, key, optional)?;
                (value, is_brought || lets_in(key))
            }
            (Picked::Absent, None, _) if optional => return None,
            (Picked::Absent, None, Ok(_)) => {
                self.failures.no_field(key, secret);
                return None;
            }
            (Picked::NotStructured, _, _) => {
                self.failures.not_structured(key, secret);
                return None;
            }
            (Picked::Absent | Picked::Failed, _, Err(failure)) => {
                self.failures.fetch(secret, key, failure);
                return None;
            }
            (Picked::Failed, _, Ok(_)) => return None,
        };
        for filter in &secret.filters {
            match filter.apply(&value) {
                Ok(filtered) => value = filtered,
                Err(reason) => {
                    let cause = format!("filter `{}`: {reason}", filter.name());
                    self.failures
                        .unusable(key, secret.span.clone(), &cause, None);
                    return None;
                }
            }
        }
        Some((value, is_secret))
    }

    fn file_path(&mut self, path: &str, key: &str, text: &Text) -> Option<Zeroizing<Vec<u8>>> {
        use std::os::unix::ffi::OsStrExt;
        let Some(directory) = &self.options.files else {
            self.failures.unusable(
                key,
                text.span.clone(),
                &format!("`files://{path}` is a path that only `nuages exec` makes"),
                Some("leave this key out with `--only`, or name a file that is there anyway"),
            );
            return None;
        };
        Some(Zeroizing::new(
            directory.join(path).as_os_str().as_bytes().to_vec(),
        ))
    }

    fn coerce(&mut self, entry: &Entry, kind: Kind, value: Value) -> Option<Value> {
        let Value::Text(text) = value else {
            return Some(value);
        };
        let coerced = database::coerce(kind, &text).map(|value| {
            let is_listed = kind == Kind::Engine && engine::find(text.expose()).is_some();
            if is_listed {
                value
            } else {
                value.as_secret_as(&text)
            }
        });
        if coerced.is_none() {
            let cause = format!("the value is not {}", kind.expects());
            self.failures
                .unusable(&entry.key, Some(entry.span.clone()), &cause, None);
            self.failures.ruled("GN014");
        }
        coerced
    }

    fn cast(&mut self, entry: &Entry, cast: Cast, value: Value) -> Option<Value> {
        let Value::Text(text) = &value else {
            return Some(value);
        };
        let cast_value = cast.apply(text);
        if cast_value.is_none() {
            let cause = format!("the value is not {}", cast.expects());
            self.failures
                .unusable(&entry.key, Some(entry.span.clone()), &cause, None);
        }
        cast_value
    }
}

fn origins(plan: &Plan, answers: &Answers) -> Vec<Origin> {
    let mut origins = Vec::new();
    for (slot, answer) in answers {
        let Ok(secret) = answer else { continue };
        let instance = &plan.instances[slot.instance];
        let fetch = &instance.fetches[slot.fetch];
        origins.extend(fetch.uses.iter().map(|usage| Origin {
            key: usage.key.clone(),
            instance: instance.name.clone(),
            locator: fetch.locator.to_string(),
            version: secret.version.clone(),
            expires: secret.expires,
        }));
    }
    origins
}
