//! What commands ask of a plan or a manifest besides the plan itself.

use nuages_provider::{Environment, Settings};

use super::{
    Entry, Instance, Node, Plan, Selection, Variable, build::Builder, in_order, plan, slots::absent,
};
use crate::{
    diagnostic::{Class, Diagnostic},
    import::{self, ImportError},
    manifest::{self, Cast, InstanceEntry, Layer, Manifest, Name, check_settings, entry},
    registry::Registry,
    suggest,
    template::Template,
};

impl Plan {
    /// What a value on its own is called: its reference.
    pub(crate) fn single_key(&self) -> String {
        let usage = self
            .instances
            .iter()
            .flat_map(|instance| &instance.fetches)
            .flat_map(|fetch| &fetch.uses)
            .next();
        usage.map_or_else(String::new, |usage| usage.key.clone())
    }

    /// Whether there is a database whose driver is to read its password afresh.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.databases
            .iter()
            .any(|database| database.live.is_some())
    }

    /// Whether there are `[files]`.
    #[must_use]
    pub fn has_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// The plan without what a format does not write: nothing is fetched that nobody gets.
    #[must_use]
    pub fn without_files(mut self, keeps_env: bool) -> Self {
        self.files.clear();
        if !keeps_env {
            self.env.clear();
        }
        let keeps_use =
            |key: &str| !key.starts_with("files.") && (keeps_env || !key.starts_with("env."));
        for instance in &mut self.instances {
            for fetch in &mut instance.fetches {
                fetch.uses.retain(|usage| keeps_use(&usage.key));
            }
        }
        self
    }

    /// Adds every variable whose whole value is a reference to a store that is not on this machine, in our own words or
    /// in those of [`import`].
    ///
    /// # Errors
    /// Every such value that its provider cannot read.
    pub fn add_environment(
        &mut self,
        manifest: &Manifest,
        selection: &Selection,
        registry: &Registry,
        environment: &Environment,
    ) -> Result<(), Vec<Diagnostic>> {
        let layer = manifest.select(&selection.profiles)?;
        let is_remote = |scheme: &str| {
            let kind = entry(&layer.providers, scheme).and_then(|instance| instance.kind.as_ref());
            let descriptor = registry.find(kind.map_or(scheme, |kind| &kind.text));
            descriptor.is_some_and(|descriptor| !descriptor.capabilities.offline)
        };
        let mut builder = Builder::resume(self.clone(), manifest, &layer, registry);
        for (name, value) in environment.variables() {
            let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else {
                continue;
            };
            if self.env.iter().any(|variable| variable.name == name) {
                continue;
            }
            match import::reference(value, environment.text(import::VAULT_URL)) {
                Some(Ok(reference)) => builder.inherited(name, &Template::of(reference)),
                Some(Err(error)) => builder.untranslated(name, &error),
                None => {}
            }
            let Some((scheme, _)) = value
                .split_once("://")
                .filter(|(scheme, _)| is_remote(scheme))
            else {
                continue;
            };
            match Template::parse_hole(value) {
                Ok(template) => builder.inherited(name, &template),
                Err(_) => builder.unreadable(name, scheme),
            }
        }
        let (plan, errors) = builder.finish();
        *self = plan;
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }
}

impl Builder<'_> {
    /// A variable in another tool's words that have no equal here.
    fn untranslated(&mut self, name: &str, error: &ImportError) {
        let title = format!(
            "variable `{name}` holds {} that cannot be read: {}",
            error.spelling, error.message
        );
        self.errors
            .push(Diagnostic::new(Class::Usage, title).maybe_hint(error.hint.clone()));
    }

    /// A variable that was inherited as a reference.
    fn inherited(&mut self, name: &str, template: &Template) {
        let key = format!("env.{name}");
        let text = self.outside(&key, template);
        self.add_variable(Variable {
            name: name.to_owned(),
            entry: Entry {
                key,
                node: Node::Text(text),
                optional: false,
                span: 0..0,
            },
            cast: Cast::Text,
        });
    }
}

/// The names of the instances, in the manifest's order.
///
/// # Errors
/// Where the manifest or the selection is wrong.
pub fn instances(
    manifest: &Manifest,
    selection: &Selection,
) -> Result<Vec<String>, Vec<Diagnostic>> {
    if !manifest.errors().is_empty() {
        return Err(manifest.errors().to_vec());
    }
    let layer = manifest.select(&selection.profiles)?;
    let names = layer.providers.iter().map(|(name, _)| name.text.clone());
    Ok(names.collect())
}

/// The names of the instances that can be written.
///
/// # Errors
/// Where the manifest or the selection is wrong.
pub fn writable_instances(
    manifest: &Manifest,
    selection: &Selection,
    registry: &Registry,
) -> Result<Vec<String>, Vec<Diagnostic>> {
    if !manifest.errors().is_empty() {
        return Err(manifest.errors().to_vec());
    }
    let layer = manifest.select(&selection.profiles)?;
    let is_writable = |instance: &manifest::InstanceEntry| {
        let kind = instance
            .kind
            .as_ref()
            .and_then(|kind| registry.find(&kind.text));
        kind.is_some_and(|descriptor| descriptor.capabilities.writable)
    };
    let named = layer
        .providers
        .iter()
        .filter(|(_, instance)| is_writable(instance));
    Ok(named.map(|(name, _)| name.text.clone()).collect())
}

/// The instances to be checked: those of `names`, or every one that the manifest names, whether anything refers to it
/// or not, and every provider that a reference uses without one. `--only` leaves those that its keys read from.
///
/// The order is the manifest's; providers used directly come after it, in the order of their first use.
///
/// # Errors
/// Every mistake of the manifest and of the selection, and every name that is neither an instance nor a provider that
/// can be opened as it is.
pub fn instances_to_check(
    manifest: &Manifest,
    selection: &Selection,
    registry: &Registry,
    names: &[String],
) -> Result<Vec<Instance>, Vec<Diagnostic>> {
    let planned = if names.is_empty() {
        plan(manifest, selection, registry)?.instances
    } else if manifest.errors().is_empty() {
        Vec::new()
    } else {
        return Err(in_order(manifest.errors().to_vec()));
    };
    let layer = manifest.select(&selection.profiles)?;
    let is_wanted = |name: &str| {
        if names.is_empty() {
            selection.only.is_empty() || planned.iter().any(|instance| instance.name == name)
        } else {
            names.iter().any(|wanted| wanted == name)
        }
    };
    let mut instances = Vec::new();
    let mut errors = Vec::new();
    for (name, body) in &layer.providers {
        if is_wanted(&name.text) {
            match named(name, body, registry) {
                Ok(instance) => instances.push(instance),
                Err(more) => errors.extend(more),
            }
        }
    }
    let direct = planned
        .into_iter()
        .filter(|instance| instance.span.is_none());
    instances.extend(direct);
    for name in names {
        let is_known = entry(&layer.providers, name).is_some()
            || instances.iter().any(|instance| instance.name == *name);
        if !is_known {
            match unnamed(name, &layer, manifest, registry) {
                Ok(instance) => instances.push(instance),
                Err(error) => errors.push(*error),
            }
        }
    }
    if errors.is_empty() {
        Ok(instances)
    } else {
        Err(in_order(errors))
    }
}

/// An instance as the manifest has it.
fn named(
    name: &Name,
    body: &InstanceEntry,
    registry: &Registry,
) -> Result<Instance, Vec<Diagnostic>> {
    let kind = body.kind.as_ref();
    let descriptor = kind
        .and_then(|kind| registry.find(&kind.text))
        .ok_or_else(|| vec![registry.no_kind(name)])?;
    Ok(Instance {
        name: name.text.clone(),
        descriptor: *descriptor,
        settings: check_settings(name, descriptor, &body.settings, true)?,
        fetches: Vec::new(),
        span: Some(name.span.clone()),
        refresh: body.refresh,
    })
}

/// A provider as a reference without an instance would use it.
fn unnamed(
    scheme: &str,
    layer: &Layer,
    manifest: &Manifest,
    registry: &Registry,
) -> Result<Instance, Box<Diagnostic>> {
    let Some(descriptor) = registry.find(scheme) else {
        return Err(Box::new(unknown(scheme, layer, manifest, registry)));
    };
    if let Some(spec) = descriptor.settings.iter().find(|spec| spec.required) {
        let title = format!("`{scheme}` cannot be opened without `{}`", spec.name);
        let is_of_kind =
            |body: &InstanceEntry| body.kind.as_ref().is_some_and(|kind| kind.text == scheme);
        let of_kind: Vec<&str> = layer
            .providers
            .iter()
            .filter(|(_, body)| is_of_kind(body))
            .map(|(name, _)| name.text.as_str())
            .collect();
        let hint = if of_kind.is_empty() {
            "an instance of the manifest, `[providers.NAME]`, gives it settings".to_owned()
        } else {
            format!("instances of this kind: {}", suggest::list(&of_kind))
        };
        return Err(Box::new(Diagnostic::new(Class::Usage, title).hint(hint)));
    }
    Ok(Instance {
        name: scheme.to_owned(),
        descriptor: *descriptor,
        settings: Settings::new(),
        fetches: Vec::new(),
        span: None,
        refresh: None,
    })
}

/// A name on the command line that is an instance of another profile, or of none.
fn unknown(name: &str, layer: &Layer, manifest: &Manifest, registry: &Registry) -> Diagnostic {
    Diagnostic {
        class: Class::Usage,
        ..absent(name, layer, manifest, registry)
    }
}

/// The text of a setting of the first instance of this kind.
#[must_use]
pub fn setting(
    manifest: &Manifest,
    selection: &Selection,
    kind: &str,
    name: &str,
) -> Option<String> {
    let layer = manifest.select(&selection.profiles).ok()?;
    let instance = layer
        .providers
        .iter()
        .map(|(_, instance)| instance)
        .find(|instance| instance.kind.as_ref().is_some_and(|have| have.text == kind))?;
    match &entry(&instance.settings, name)?.node {
        manifest::Node::Text(text) => text.literal().map(str::to_owned),
        _ => None,
    }
}
