//! What the identities that read must be allowed, for exactly the references of a plan. Each provider knows what its store
//! asks for; here it is brought together.

use std::collections::BTreeMap;

use nuages_provider::{Access, AccessControl, ErrorKind, Locator, Reading};
use serde_json::{Value, json};

use super::{Instance, Plan};
use crate::{
    diagnostic::{Class, Diagnostic},
    report::visible,
    suggest,
};

/// What has to be allowed where.
#[derive(Clone, Debug)]
pub struct Permissions {
    /// By the name of the access control.
    parts: Vec<(AccessControl, Access)>,
    /// Instances of stores that are not on this machine, whose providers say nothing.
    untold: Vec<String>,
}

/// What the plan's identities must be allowed to read it. `keys` are keys of a store's key service that secrets are
/// encrypted with.
///
/// # Errors
/// Where a setting or reference is of a form that no permission can be written for, or a key is of no use.
pub fn permissions(plan: &Plan, keys: &[String]) -> Result<Permissions, Vec<Diagnostic>> {
    let mut controls: BTreeMap<&str, (AccessControl, Vec<&Instance>)> = BTreeMap::new();
    let mut untold = Vec::new();
    for instance in &plan.instances {
        match instance.descriptor.access {
            Some(control) => {
                let known = controls.entry(control.key);
                known.or_insert((control, Vec::new())).1.push(instance);
            }
            None if instance.descriptor.capabilities.offline => {}
            None => untold.push(instance.name.clone()),
        }
    }
    let takes_keys = controls.values().any(|(control, _)| control.takes_keys);
    if !keys.is_empty() && !takes_keys {
        let title = "`--kms-key` is for stores with a key service, and none is read from";
        return Err(vec![Diagnostic::new(Class::Usage, title)]);
    }
    let mut parts = Vec::new();
    let mut errors = Vec::new();
    for (control, instances) in controls.into_values() {
        let keys = if control.takes_keys { keys } else { &[] };
        match ask(control, &instances, keys) {
            Ok(access) => parts.push((control, access)),
            Err(error) => errors.push(*error),
        }
    }
    if errors.is_empty() {
        Ok(Permissions { parts, untold })
    } else {
        Err(errors)
    }
}

fn ask(
    control: AccessControl,
    instances: &[&Instance],
    keys: &[String],
) -> Result<Access, Box<Diagnostic>> {
    let locators: Vec<Vec<&Locator>> = instances
        .iter()
        .map(|instance| {
            let fetches = instance.fetches.iter();
            fetches.map(|fetch| &fetch.locator).collect()
        })
        .collect();
    let readings: Vec<Reading<'_>> = instances
        .iter()
        .zip(&locators)
        .map(|(instance, locators)| Reading {
            scheme: instance.descriptor.scheme,
            instance: &instance.name,
            settings: &instance.settings,
            locators,
        })
        .collect();
    (control.needs)(&readings, keys).map_err(|error| {
        let title = format!("what {} must allow cannot be said", control.name);
        // A key comes from the command line, all else from the manifest.
        let class = match error.kind() {
            ErrorKind::Unsupported => Class::Usage,
            _ => Class::Manifest,
        };
        let told = Diagnostic::new(class, title).cause(error.message());
        Box::new(told.maybe_hint(error.hint().map(str::to_owned)))
    })
}

impl Permissions {
    /// The documents as the stores' own tools take them. One stands alone; several have a heading each.
    #[must_use]
    pub fn text(&self) -> String {
        let all: Vec<_> = self
            .parts
            .iter()
            .flat_map(|(control, access)| {
                let documents = access.documents.iter();
                documents.map(|document| (control.name, document))
            })
            .collect();
        match &all[..] {
            [(_, document)] => document.text.clone(),
            all => {
                let headed = all.iter().map(|(name, document)| {
                    // A heading is one line, whatever is in a name.
                    let identity = visible(&document.identity);
                    format!("# {name}: {identity}\n{}", document.text)
                });
                headed.collect::<Vec<_>>().join("\n")
            }
        }
    }

    /// What a person has to know besides. Without a heading, who a document is for is among it.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let documents = self.parts.iter().flat_map(|(control, access)| {
            let documents = access.documents.iter();
            documents.map(|document| (control.name, &document.identity))
        });
        let documents: Vec<_> = documents.collect();
        let mut notes = Vec::new();
        match &documents[..] {
            [] => notes.push("nothing has to be allowed for what is planned".to_owned()),
            [(name, identity)] => notes.push(format!("{name}: for {}", visible(identity))),
            _ => {}
        }
        let told = self.parts.iter().flat_map(|(_, access)| &access.notes);
        notes.extend(told.map(|note| visible(note).into_owned()));
        if !self.untold.is_empty() {
            notes.push(format!(
                "what these need is not known here: {}",
                suggest::list(&self.untold)
            ));
        }
        notes
    }

    /// All of it for machines. The shape is stable: keys are added, never changed.
    #[must_use]
    pub fn json(&self, plan: &Plan) -> Value {
        let part = |(control, access): &(AccessControl, Access)| {
            let document = |document: &nuages_provider::AccessDocument| {
                json!({
                    "identity": document.identity,
                    "document": serde_json::from_str::<Value>(&document.json).unwrap_or_default(),
                })
            };
            json!({
                "control": control.key,
                "name": control.name,
                "documents": access.documents.iter().map(document).collect::<Vec<_>>(),
                "notes": access.notes,
            })
        };
        json!({
            "manifest": plan.source.name,
            "profiles": plan.profiles,
            "access": self.parts.iter().map(part).collect::<Vec<_>>(),
            "unknown": self.untold,
        })
    }
}

#[cfg(test)]
mod tests {
    use nuages_provider::{
        AccessDocument, Capabilities, Descriptor, Environment, Error, OpenFuture, Reference,
        Settings,
    };

    use super::*;
    use crate::{
        manifest::Manifest,
        plan::{Selection, plan},
        registry::Registry,
    };

    const CONTROL: AccessControl = AccessControl {
        key: "vault",
        name: "Vault",
        takes_keys: false,
        needs,
    };

    const STORE: Descriptor = Descriptor {
        scheme: "vault",
        summary: "a store of somebody's own",
        capabilities: Capabilities::REMOTE,
        settings: &[],
        options: &[],
        bootstrap: &[],
        access: Some(CONTROL),
        parse: |reference: &Reference| Ok(Locator::new(reference.locator())),
        open: |_: Settings, _: Environment| -> OpenFuture { unreachable!("nothing is opened") },
    };

    fn needs(readings: &[Reading<'_>], keys: &[String]) -> Result<Access, Error> {
        assert!(keys.is_empty(), "they are for another");
        let locators = readings.iter().flat_map(|reading| reading.locators);
        let names: Vec<&str> = locators.map(|locator| locator.name()).collect();
        if names.contains(&"bad") {
            return Err(Error::invalid_reference("`bad` has no rule").with_hint("write another"));
        }
        Ok(Access {
            documents: vec![AccessDocument {
                identity: "us\nthem".to_owned(),
                text: format!("{}\n", names.join(" ")),
                json: "[]".to_owned(),
            }],
            notes: Vec::new(),
        })
    }

    fn of(manifest: &str) -> Result<Permissions, Vec<Diagnostic>> {
        let silent = Descriptor {
            scheme: "silent",
            access: None,
            ..STORE
        };
        let registry = Registry::builtin().with(STORE).with(silent);
        let manifest = Manifest::read("nuages.toml", manifest, &registry);
        let plan = plan(&manifest, &Selection::default(), &registry).unwrap();
        permissions(&plan, &[])
    }

    /// One document for all instances of one access control.
    #[test]
    fn a_provider_of_ones_own_says_what_it_needs() {
        let told = of(
            "[providers.a]\nkind = \"vault\"\n[env]\nA = \"${a://x}\"\nB = \"${vault://y}\"\nC = \"${silent://z}\"\n",
        );
        let told = told.unwrap();
        assert_eq!(told.text(), "x y\n");
        assert_eq!(
            told.notes(),
            [
                "Vault: for us\\nthem",
                "what these need is not known here: `silent`"
            ]
        );
    }

    #[test]
    fn what_cannot_be_allowed_is_an_error() {
        let errors = of("[env]\nA = \"${vault://bad}\"\n").unwrap_err();
        assert_eq!(errors[0].title, "what Vault must allow cannot be said");
        assert_eq!(errors[0].causes, ["`bad` has no rule"]);
        assert_eq!(errors[0].hint.as_deref(), Some("write another"));
    }
}
