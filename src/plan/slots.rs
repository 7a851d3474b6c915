//! References to slots: the instance of each, its provider's reading of it, equal locators as one fetch.

use nuages_provider::{Reference, Versions};

use super::{
    Fetch, Instance, Piece, Secret, SlotId, Text, Use,
    build::{Builder, Place},
};
use crate::{
    diagnostic::{Class, Diagnostic},
    manifest::{self, Layer, Manifest, check_settings, entry},
    registry::{FILES_SCHEME, Registry},
    suggest,
    template::{Hole, Part, Template},
};

impl Builder<'_> {
    pub(super) fn text(
        &mut self,
        template: &Template,
        span: Option<&manifest::Span>,
        place: Place<'_>,
    ) -> Text {
        if place.in_manifest
            && let Some(instance) = self.bare(template)
        {
            let title = format!("a reference to `{instance}` without its `${{…}}` is only text");
            let hint = format!("write `${{{instance}://…}}`");
            let mut error = Diagnostic::new(Class::Manifest, title).hint(hint);
            error.span = span.cloned();
            self.errors.push(error);
        }
        let mut pieces = Vec::new();
        for part in &template.parts {
            match part {
                Part::Literal(text) => pieces.push(Piece::Literal(text.clone())),
                Part::Hole(hole) => pieces.extend(self.hole(hole, place)),
            }
        }
        Text {
            pieces,
            span: span.cloned(),
        }
    }

    /// The instance whose reference a text would be if it stood in `${…}`: no scheme that is called as an instance of this
    /// manifest is anybody else's.
    fn bare(&self, template: &Template) -> Option<&str> {
        let [Part::Literal(text)] = &template.parts[..] else {
            return None;
        };
        let text = text.trim_start_matches(['$', '{']);
        let (name, _) = text.split_once("://")?;
        let (name, _) = self
            .layer
            .providers
            .iter()
            .find(|(have, _)| have.text == name)?;
        Some(&name.text)
    }

    fn hole(&mut self, hole: &Hole, place: Place<'_>) -> Option<Piece> {
        let span = place.in_manifest.then(|| hole.range.clone());
        let found = if hole.reference.scheme() == FILES_SCHEME {
            self.file_path(hole).map(Piece::FilePath)
        } else {
            self.secret(hole, place, span.clone())
                .map(|secret| Piece::Secret(Box::new(secret)))
        };
        match found {
            Ok(piece) => Some(piece),
            Err(mut error) => {
                error.span = error.span.take().or(span);
                self.errors.push(*error);
                None
            }
        }
    }

    /// `files://PATH`: the path of a file this manifest makes.
    fn file_path(&self, hole: &Hole) -> Result<String, Box<Diagnostic>> {
        let path = hole.reference.locator();
        if entry(&self.layer.files, path).is_some() {
            return Ok(path.to_owned());
        }
        let known = self.layer.files.iter().map(|(path, _)| path.text.as_str());
        let title = format!("there is no `[files.\"{path}\"]`");
        Err(Box::new(
            Diagnostic::new(Class::Manifest, title).maybe_hint(suggest::hint(path, known)),
        ))
    }

    fn secret(
        &mut self,
        hole: &Hole,
        place: Place<'_>,
        span: Option<manifest::Span>,
    ) -> Result<Secret, Box<Diagnostic>> {
        let instance = self.instance(&hole.reference)?;
        let descriptor = self.plan.instances[instance].descriptor;
        let is_named = entry(&self.layer.providers, hole.reference.scheme()).is_some();
        let (reference, field) = prepare(&hole.reference, is_named, descriptor.capabilities.fields);
        check_options(&reference, descriptor.scheme, descriptor.options)?;
        let locator = (descriptor.parse)(&reference).map_err(|error| {
            let title = format!(
                "`{}` cannot be a reference: {}",
                hole.reference,
                error.message()
            );
            Box::new(
                Diagnostic::new(Class::Manifest, title).maybe_hint(error.hint().map(str::to_owned)),
            )
        })?;
        let is_list = locator.option(Versions::NAME).is_some();
        let usage = Use {
            key: place.key.to_owned(),
            reference: hole.reference.to_string(),
            span: span.clone(),
            fallback: place.fallback,
        };
        let fetches = &mut self.plan.instances[instance].fetches;
        let known = self.fetched.entry((instance, locator.clone()));
        let fetch = *known.or_insert_with(|| {
            fetches.push(Fetch {
                locator,
                uses: Vec::new(),
            });
            fetches.len() - 1
        });
        fetches[fetch].uses.push(usage);
        let inner = Place {
            fallback: true,
            ..place
        };
        let default = hole
            .default
            .as_ref()
            .map(|default| self.text(default, None, inner));
        Ok(Secret {
            slot: SlotId { instance, fetch },
            field,
            is_list,
            default,
            filters: hole.filters.clone(),
            span,
        })
    }

    /// The instance of a reference, made known to the plan at its first use.
    fn instance(&mut self, reference: &Reference) -> Result<usize, Box<Diagnostic>> {
        let name = reference.scheme();
        if let Some(place) = self
            .plan
            .instances
            .iter()
            .position(|instance| instance.name == name)
        {
            return Ok(place);
        }
        let named = self
            .layer
            .providers
            .iter()
            .find(|(have, _)| have.text == name);
        let instance = match named {
            Some((have, body)) => {
                let descriptor = body
                    .kind
                    .as_ref()
                    .and_then(|kind| self.registry.find(&kind.text))
                    .ok_or_else(|| Box::new(self.registry.no_kind(have)))?;
                let settings = check_settings(have, descriptor, &body.settings, true)
                    .unwrap_or_else(|errors| {
                        self.errors.extend(errors);
                        nuages_provider::Settings::new()
                    });
                Instance {
                    name: name.to_owned(),
                    descriptor: *descriptor,
                    settings,
                    fetches: Vec::new(),
                    span: Some(have.span.clone()),
                    refresh: body.refresh,
                }
            }
            None => Instance {
                name: name.to_owned(),
                descriptor: *self.registry.find(name).ok_or_else(|| {
                    Box::new(absent(name, self.layer, self.manifest, self.registry))
                })?,
                settings: nuages_provider::Settings::new(),
                fetches: Vec::new(),
                span: None,
                refresh: None,
            },
        };
        self.plan.instances.push(instance);
        Ok(self.plan.instances.len() - 1)
    }
}

/// An instance that is not there: of another profile, or of none.
pub(super) fn absent(
    name: &str,
    layer: &Layer,
    manifest: &Manifest,
    registry: &Registry,
) -> Diagnostic {
    let profiles: Vec<&str> = manifest
        .profiles
        .iter()
        .filter(|(_, profile)| entry(&profile.layer.providers, name).is_some())
        .map(|(profile, _)| profile.text.as_str())
        .collect();
    if let Some(first) = profiles.first() {
        let title = format!(
            "instance `{name}` is only there with profile {}",
            suggest::list(&profiles)
        );
        return Diagnostic::new(Class::Manifest, title)
            .hint(format!("choose one: `--profile {first}`"));
    }
    let instances: Vec<String> = layer
        .providers
        .iter()
        .map(|(name, _)| name.text.clone())
        .collect();
    registry.unknown_scheme(name, &instances)
}

/// The reference as its provider is to see it, and the field that is picked here.
fn prepare(
    reference: &Reference,
    is_named: bool,
    answers_fields: bool,
) -> (Reference, Option<String>) {
    let mut prepared = Reference::new(reference.scheme(), reference.locator());
    for (name, value) in reference.options() {
        prepared = prepared.with_option(name, value);
    }
    if is_named {
        prepared = prepared.through_instance();
    }
    match reference.field() {
        Some(field) if answers_fields => (prepared.with_field(field), None),
        field => (prepared, field.map(str::to_owned)),
    }
}

fn check_options(
    reference: &Reference,
    scheme: &str,
    known: &[nuages_provider::OptionSpec],
) -> Result<(), Box<Diagnostic>> {
    for (name, _) in reference.options() {
        if !known.iter().any(|option| option.name == name) {
            let title = format!("`{scheme}` has no option `{name}`");
            let hint = suggest::hint(name, known.iter().map(|option| option.name))
                .or_else(|| Some("a literal `?` in a name is written `%3F`".to_owned()));
            return Err(Box::new(
                Diagnostic::new(Class::Manifest, title).maybe_hint(hint),
            ));
        }
    }
    Ok(())
}
