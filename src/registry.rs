//! The one list of providers.

use nuages_provider::Descriptor;

use crate::{
    diagnostic::{Class, Diagnostic},
    manifest::Name,
    suggest,
};

/// Which providers a program has. [`Registry::builtin`] has those of this build; a program of its own may add more.
#[derive(Clone, Debug)]
pub struct Registry {
    descriptors: Vec<Descriptor>,
}

/// One line per folder of `providers/`.
const BUILTIN: &[&[Descriptor]] = &[
    #[cfg(feature = "provider-local")]
    nuages_provider_local::DESCRIPTORS,
    #[cfg(feature = "provider-aws")]
    nuages_provider_aws::DESCRIPTORS,
    #[cfg(feature = "provider-azure")]
    nuages_provider_azure::DESCRIPTORS,
];

/// Which feature of the build brings which schemes, for a build that lacks it.
pub const FEATURES: &[(&str, &[&str])] = &[
    (
        "provider-local",
        &["env", "dotenv", "file", "command", "age", "op"],
    ),
    ("provider-aws", &["aws-ssm", "aws-secrets", "aws-rds-token"]),
    ("provider-azure", &["azure-kv", "entra"]),
];

/// The kinds that the program itself treats by their names.
pub(crate) mod kind {
    pub(crate) const AGE: &str = "age";
    pub(crate) const DOTENV: &str = "dotenv";
    /// Its secrets are files of a directory.
    pub(crate) const FILE: &str = "file";
    /// Tokens for logins of RDS.
    pub(crate) const RDS_TOKEN: &str = "aws-rds-token";
    /// What `auth` asks for tokens, and for the names of logins.
    pub(crate) const ENTRA: &str = "entra";
    /// Those whose secrets are tokens: good for minutes, and sent to a database's server as they are.
    pub(crate) const TOKENS: &[&str] = &[RDS_TOKEN, ENTRA];
}

/// The scheme that names a file of `[files]`: no provider's.
pub(crate) const FILES_SCHEME: &str = "files";

impl Registry {
    /// The providers of this build.
    #[must_use]
    pub fn builtin() -> Self {
        Self {
            descriptors: BUILTIN.concat(),
        }
    }

    /// Adds a provider. One of the same scheme is replaced.
    #[must_use]
    pub fn with(mut self, descriptor: Descriptor) -> Self {
        self.descriptors
            .retain(|have| have.scheme != descriptor.scheme);
        self.descriptors.push(descriptor);
        self
    }

    /// All providers.
    pub fn iter(&self) -> impl Iterator<Item = &Descriptor> {
        self.descriptors.iter()
    }

    /// The provider of this scheme.
    #[must_use]
    pub fn find(&self, scheme: &str) -> Option<&Descriptor> {
        self.descriptors
            .iter()
            .find(|descriptor| descriptor.scheme == scheme)
    }

    pub(crate) fn knows(&self, scheme: &str) -> bool {
        scheme == FILES_SCHEME || self.find(scheme).is_some()
    }

    /// What to say of a scheme that is neither a provider nor one of the manifest's `instances`.
    pub(crate) fn unknown_scheme(&self, scheme: &str, instances: &[String]) -> Diagnostic {
        let title = format!("no provider or instance is named `{scheme}`");
        if let Some(hint) = missing_feature(scheme) {
            return Diagnostic::new(Class::Manifest, title).hint(hint);
        }
        let schemes = self.descriptors.iter().map(|descriptor| descriptor.scheme);
        let known: Vec<&str> = instances
            .iter()
            .map(String::as_str)
            .chain(schemes)
            .collect();
        Diagnostic::new(Class::Manifest, title).maybe_hint(suggest::hint(scheme, known))
    }

    /// What to say of an instance without a `kind`.
    pub(crate) fn no_kind(&self, instance: &Name) -> Diagnostic {
        let schemes: Vec<&str> = self
            .descriptors
            .iter()
            .map(|descriptor| descriptor.scheme)
            .collect();
        Diagnostic::manifest(
            format!("`providers.{}` has no `kind`", instance.text),
            instance.span.clone(),
        )
        .hint(format!("kinds: {}", suggest::list(&schemes)))
    }

    /// What to say of a `kind` that no provider has.
    pub(crate) fn unknown_kind(&self, kind: &str) -> Diagnostic {
        let schemes = self.descriptors.iter().map(|descriptor| descriptor.scheme);
        Diagnostic::new(Class::Manifest, format!("there is no provider `{kind}`"))
            .maybe_hint(missing_feature(kind).or_else(|| suggest::hint(kind, schemes)))
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::builtin()
    }
}

/// The hint for a scheme that some build has and this one does not.
fn missing_feature(scheme: &str) -> Option<String> {
    let (feature, _) = FEATURES
        .iter()
        .find(|(_, schemes)| schemes.contains(&scheme))?;
    Some(format!(
        "this build lacks it: build with `--features {feature}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_of_another_build_names_its_feature() {
        let bare = Registry {
            descriptors: Vec::new(),
        };
        let hint = bare.unknown_scheme("age", &[]).hint.unwrap();
        assert_eq!(
            hint,
            "this build lacks it: build with `--features provider-local`"
        );
    }

    #[test]
    fn every_scheme_is_listed_with_its_feature() {
        for descriptor in Registry::builtin().iter() {
            let listed = FEATURES
                .iter()
                .any(|(_, schemes)| schemes.contains(&descriptor.scheme));
            assert!(
                listed,
                "add `{}` to `FEATURES` in src/registry.rs",
                descriptor.scheme
            );
        }
    }
}
