//! The stores that engines of clusters know, too, and what a reference is called in them.
//!
//! Names are completed as the providers complete them: a prefix, unless the name is absolute.

use nuages_provider::{Locator, Versions};

use super::{Errors, content::Want};
use crate::plan::{Instance, Plan};

/// Which service a secret is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    ParameterStore,
    SecretsManager,
    KeyVault,
}

/// A secret in its store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remote {
    pub(super) instance: usize,
    pub(super) service: Service,
    /// The region, or the vault's URL.
    pub(super) place: String,
    /// The whole name.
    pub(super) name: String,
    pub(super) version: Option<Version>,
}

/// Which version is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Number(String),
    /// A label of Parameter Store, a stage of Secrets Manager.
    Label(String),
}

/// Where a reference leads; nothing where an error has been noted.
pub(super) fn remote(
    plan: &Plan,
    want: &Want,
    region: Option<&str>,
    errors: &mut Errors,
) -> Option<Remote> {
    let instance = &plan.instances[want.slot.instance];
    let locator = &instance.fetches[want.slot.fetch].locator;
    let scheme = instance.descriptor.scheme;
    let (service, place, name) = match scheme {
        "aws-ssm" => (
            Service::ParameterStore,
            aws_region(instance, locator, region),
            parameter(instance, locator),
        ),
        "aws-secrets" => (
            Service::SecretsManager,
            aws_region(instance, locator, region),
            secret(instance, locator),
        ),
        "azure-kv" => {
            let (vault, name) = vault(instance, locator);
            (Service::KeyVault, vault, name)
        }
        _ => {
            let reason = format!("no cluster's engine reads from `{scheme}`");
            let hint = "another profile may have these secrets in a store of AWS or Azure";
            errors.add(&want.key, want.span.clone(), &reason, Some(hint));
            return None;
        }
    };
    let Some(place) = place else {
        let (reason, hint) = match service {
            Service::KeyVault => (
                "the vault's URL cannot be told from the manifest",
                "give the instance a `vault`",
            ),
            _ => (
                "the region cannot be told from the manifest",
                "give the instance a `region`, or `--set region=`",
            ),
        };
        errors.add(&want.key, want.span.clone(), reason, Some(hint));
        return None;
    };
    if locator.option(Versions::NAME).is_some() {
        let reason = "no cluster's engine makes a list of a secret's versions";
        let hint = "leave the key out with `--only`, or let `nuages exec` read it in the pod";
        errors.add(&want.key, want.span.clone(), reason, Some(hint));
    }
    let number = locator.option("version_id").or(locator.option("version"));
    let selector = locator.option("selector").map(|text| {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let version = if is_number {
            Version::Number
        } else {
            Version::Label
        };
        version(text.to_owned())
    });
    let stage = locator.option("stage");
    if number.is_some() && stage.is_some() {
        errors.add(
            &want.key,
            want.span.clone(),
            "the engine takes a version or a stage, not both",
            None,
        );
    }
    let version = number
        .map(|number| Version::Number(number.to_owned()))
        .or(selector)
        .or_else(|| stage.map(|stage| Version::Label(stage.to_owned())));
    Some(Remote {
        instance: want.slot.instance,
        service,
        place,
        name,
        version,
    })
}

fn aws_region(instance: &Instance, locator: &Locator, given: Option<&str>) -> Option<String> {
    let first = instance
        .settings
        .list("regions")
        .and_then(<[String]>::first);
    locator
        .option("region")
        .or(instance.settings.text("region"))
        .or(first.map(String::as_str))
        .or(given)
        .map(str::to_owned)
}

/// `/shop/prod` and `db` are `/shop/prod/db`; `shop-` and `db` are `shop-db`.
fn parameter(instance: &Instance, locator: &Locator) -> String {
    let name = locator.name();
    let prefix = instance.settings.text("prefix").unwrap_or_default();
    if name.starts_with('/') || name.starts_with("arn:") {
        name.to_owned()
    } else if prefix.starts_with('/') && !prefix.ends_with('/') {
        format!("{prefix}/{name}")
    } else {
        format!("{prefix}{name}")
    }
}

fn secret(instance: &Instance, locator: &Locator) -> String {
    let name = locator.name();
    let prefix = instance.settings.text("prefix").unwrap_or_default();
    if name.starts_with("arn:") {
        name.to_owned()
    } else {
        format!("{prefix}{name}")
    }
}

/// The vault's URL and the secret's name.
fn vault(instance: &Instance, locator: &Locator) -> (Option<String>, String) {
    let prefix = instance.settings.text("prefix").unwrap_or_default();
    let (vault, name) = match locator.name().split_once('/') {
        Some((vault, name)) => (Some(vault), name),
        None => (instance.settings.text("vault"), locator.name()),
    };
    let url = vault.map(|vault| {
        if vault.contains("://") {
            vault.trim_end_matches('/').to_owned()
        } else if vault.contains('.') {
            format!("https://{vault}")
        } else {
            let domain = match instance.settings.text("cloud") {
                Some("usgov") => "vault.usgovcloudapi.net",
                Some("china") => "vault.azure.cn",
                Some("france") => "vault.sovcloud-api.fr",
                _ => "vault.azure.net",
            };
            format!("https://{vault}.{domain}")
        }
    });
    (url, format!("{prefix}{name}"))
}

/// The cloud of a vault, as both engines tell them apart: public, US government, China; no other is known to them.
pub(super) fn cloud(url: &str) -> Option<&'static str> {
    let host = url.trim_start_matches("https://").trim_end_matches('/');
    [
        (".vault.azure.net", "public"),
        (".vault.usgovcloudapi.net", "usgov"),
        (".vault.azure.cn", "china"),
    ]
    .into_iter()
    .find(|(domain, _)| host.ends_with(domain))
    .map(|(_, cloud)| cloud)
}

/// Notes every setting of an instance that is among `unknown`, each with the reason.
pub(super) fn refuse_settings(instance: &Instance, unknown: &[(&str, &str)], errors: &mut Errors) {
    for (name, reason) in unknown {
        let is_set =
            instance.settings.text(name).is_some() || instance.settings.list(name).is_some();
        if is_set {
            let key = format!("providers.{}.{name}", instance.name);
            errors.add(&key, instance.span.clone(), reason, None);
        }
    }
}

/// The tokens of `#field`: a top-level key, or a pointer by RFC 6901.
pub(super) fn tokens(field: &str) -> Vec<String> {
    match field.strip_prefix('/') {
        Some(pointer) => pointer
            .split('/')
            .map(|token| token.replace("~1", "/").replace("~0", "~"))
            .collect(),
        None => vec![field.to_owned()],
    }
}
