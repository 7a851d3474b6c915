//! What commands ask of a plan or a manifest besides the plan itself.

use nuages_provider::Environment;

use super::{Entry, Node, Plan, Selection, Variable, build::Builder};
use crate::{
    diagnostic::Diagnostic,
    manifest::{self, Cast, Manifest, entry},
    registry::Registry,
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

    /// Adds every variable whose whole value is a reference to a store that is not on this machine.
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
            let is_set = self.env.iter().any(|variable| variable.name == name);
            let Some((scheme, _)) = value
                .split_once("://")
                .filter(|(scheme, _)| !is_set && is_remote(scheme))
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
