//! A plan for what a file beside the manifest names: references of its own, and keys of the manifest. Nothing else is in it.

use std::{ops::Range, sync::Arc};

use super::{
    Asked, Piece, Plan, Selection, Text,
    build::{Builder, is_within},
    in_order,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    manifest::{Manifest, Source},
    registry::Registry,
    template::Template,
};

/// So many mistakes are told.
const MOST_ERRORS: usize = 50;

/// What a file names.
#[derive(Clone, Debug)]
pub(crate) struct Wants {
    pub(crate) file: Arc<Source>,
    pub(crate) questions: Vec<Question>,
    /// Keys of the manifest that are there: `env`, `env.NAME`, `databases.default`, `databases.default.HOST`.
    pub(crate) keys: Vec<String>,
}

/// One reference.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// As the file has it.
    pub(crate) key: String,
    /// What would stand between `${` and `}`.
    pub(crate) reference: String,
    pub(crate) span: Range<usize>,
}

impl Wants {
    /// Plans all of it at once, so that it is fetched at once.
    ///
    /// # Errors
    /// Every mistake of the manifest, of the selection and of the references, the latter at their places in the file.
    pub(crate) fn plan(
        &self,
        manifest: &Manifest,
        selection: &Selection,
        registry: &Registry,
    ) -> Result<Plan, Vec<Diagnostic>> {
        if !manifest.errors().is_empty() {
            return Err(in_order(manifest.errors().to_vec()));
        }
        let layer = manifest.select(&selection.profiles)?;
        let selection = Selection {
            profiles: selection.profiles.clone(),
            only: self.keys.clone(),
        };
        let mut builder = Builder::new(manifest, &layer, registry, &selection);
        // No keys at all would mean every key.
        if !self.keys.is_empty() {
            builder.layer(&layer);
        }
        let mut asked = Vec::new();
        for question in &self.questions {
            // Each is shown with its line, which may be as long as the file.
            if builder.errors.len() >= MOST_ERRORS {
                break;
            }
            asked.extend(self.ask(question, &mut builder));
        }
        let (mut plan, errors) = builder.finish();
        plan.asked = asked;
        plan.asked_in = Some(Arc::clone(&self.file));
        if errors.is_empty() {
            Ok(plan)
        } else {
            Err(in_order(errors))
        }
    }

    fn ask(&self, question: &Question, builder: &mut Builder<'_>) -> Option<Asked> {
        let place = |error: Diagnostic| error.within(&self.file, question.span.clone());
        let template = match Template::parse_hole(&question.reference) {
            Ok(template) => template,
            Err(errors) => {
                builder.errors.extend(errors.into_iter().map(|error| {
                    place(Diagnostic::new(Class::Manifest, error.message).maybe_hint(error.hint))
                }));
                return None;
            }
        };
        let before = builder.errors.len();
        let mut text = builder.outside(&question.key, &template);
        for error in builder.errors.split_off(before) {
            // An instance whose settings are wrong has its place in the manifest.
            let is_placed = error.span.is_some();
            builder
                .errors
                .push(if is_placed { error } else { place(error) });
        }
        stands_at(&mut text, &question.span);
        Some(Asked {
            key: question.key.clone(),
            text,
        })
    }
}

/// Gives every reference in a text its place in the file.
fn stands_at(text: &mut Text, span: &Range<usize>) {
    text.span = Some(span.clone());
    for piece in &mut text.pieces {
        if let Piece::Secret(secret) = piece {
            secret.span = Some(span.clone());
            if let Some(default) = &mut secret.default {
                stands_at(default, span);
            }
        }
    }
}

impl Plan {
    /// Whether a reference stands in the value of a key, or may bring it: `env.NAME`, `databases.default.HOST`, or all
    /// below a key.
    pub(crate) fn may_be_secret(&self, key: &str) -> bool {
        let is_near = |have: &str| is_within(have, key) || is_within(key, have);
        let mut texts = Vec::new();
        for variable in &self.env {
            if is_near(&variable.entry.key) {
                variable.entry.node.texts(&mut texts);
            }
        }
        for database in &self.databases {
            let above = format!("databases.{}", database.alias);
            // What a URL or a whole login brings may be any of the database's keys.
            let whole = database.url.iter().map(|(entry, _)| entry);
            let whole = whole.chain(&database.from).filter(|_| is_near(&above));
            let own = database.entries.iter().map(|(_, entry)| entry);
            for entry in whole.chain(own.filter(|entry| is_near(&entry.key))) {
                entry.node.texts(&mut texts);
            }
        }
        let is_reference = |piece: &Piece| !matches!(piece, Piece::Literal(_));
        texts
            .iter()
            .any(|text| text.pieces.iter().any(is_reference))
    }
}
