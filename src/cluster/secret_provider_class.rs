//! `secret-provider-class`: Secrets Store CSI driver, `secrets-store.csi.x-k8s.io/v1`, for its providers of AWS and Azure:
//! an object for each instance, with the Secret that the driver keeps while a pod has the volume.
//!
//! <https://secrets-store-csi-driver.sigs.k8s.io/concepts#secretproviderclass>; the parameters of AWS:
//! <https://github.com/aws/secrets-store-csi-driver-provider-aws>, those of Azure:
//! <https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/getting-started/usage/>. The driver composes nothing:
//! a value that is not one secret, or one field of one, is an error.

use serde_json::{Map, Value, json};

use super::content::{self, Item, Want};
use super::store::{self, Remote, Service, Version};
use super::{Errors, LABELS, Metadata, NAME, NAMESPACE, REGION, Translation, yaml};
use crate::{
    diagnostic::Diagnostic,
    plan::{Instance, Plan},
    render::{Setting, Settings},
};

/// An object for each instance, and each region or vault.
pub(super) struct SecretProviderClass;

impl Translation for SecretProviderClass {
    fn name(&self) -> &'static str {
        "secret-provider-class"
    }

    fn summary(&self) -> &'static str {
        "Secrets Store CSI driver: SecretProviderClass for AWS and Azure, references alone"
    }

    fn settings(&self) -> &'static [Setting] {
        &[
            NAME,
            NAMESPACE,
            LABELS,
            REGION,
            Setting {
                name: "tenant",
                summary: "the tenant of Azure, where the instance does not say it",
            },
        ]
    }

    fn translate(&self, plan: &Plan, settings: &Settings) -> Result<String, Vec<Diagnostic>> {
        let mut errors = Errors::new(self.name());
        let metadata = Metadata::read(settings, &mut errors);
        let items = content::items(plan, &mut errors);
        let mut classes: Vec<Class> = Vec::new();
        for item in &items {
            let Some(want) = single(item, &mut errors) else {
                continue;
            };
            if let Some(remote) = store::remote(plan, want, settings.get("region"), &mut errors) {
                add(&mut classes, remote, want, item);
            }
        }
        if classes.is_empty() && errors.found.is_empty() {
            errors.add("env", None, "there is no reference in it", None);
        }
        let count = classes.len();
        let documents: Vec<Value> = classes
            .iter()
            .enumerate()
            .map(|(place, class)| {
                let name = match place {
                    _ if count == 1 => metadata.name.to_owned(),
                    place => format!("{}-{}", metadata.name, place + 1),
                };
                let instance = &plan.instances[class.instance];
                class.document(&name, &metadata, instance, settings, &mut errors)
            })
            .collect();
        if errors.found.is_empty() {
            Ok(yaml::documents(&documents))
        } else {
            Err(errors.found)
        }
    }
}

/// The one reference that a value is.
fn single<'a>(item: &'a Item, errors: &mut Errors) -> Option<&'a Want> {
    if let Some(want) = item.direct() {
        return Some(want);
    }
    let (reason, hint) = match content::wants(std::slice::from_ref(item)).as_slice() {
        [] => (
            "it is no secret, and the driver holds references alone",
            "`--only` leaves it out; a ConfigMap holds it",
        ),
        _ => (
            "the driver composes no values and knows no filters",
            "`external-secret` composes; `--only` leaves it out",
        ),
    };
    errors.add(&item.key, item.span.clone(), reason, Some(hint));
    None
}

/// One object: everything of an instance that is in one region or vault.
struct Class {
    instance: usize,
    service: Service,
    place: String,
    objects: Vec<Object>,
    /// The Secret's keys, each with the alias of what it holds.
    keys: Vec<(String, String)>,
}

/// One secret, under a name that the driver gives its file.
struct Object {
    remote: Remote,
    alias: String,
    /// Fields of it, each under a name of its own.
    fields: Vec<(String, String)>,
    want: Want,
}

impl Object {
    /// The alias of a field, made at its first use.
    fn field(&mut self, field: &str) -> String {
        let known = self.fields.iter().find(|(have, _)| have == field);
        if let Some((_, alias)) = known {
            return alias.clone();
        }
        let alias = format!("{}-field-{}", self.alias, self.fields.len() + 1);
        self.fields.push((field.to_owned(), alias.clone()));
        alias
    }
}

fn add(classes: &mut Vec<Class>, remote: Remote, want: &Want, item: &Item) {
    let is_same = |class: &Class| class.instance == remote.instance && class.place == remote.place;
    let place = classes.iter().position(is_same).unwrap_or_else(|| {
        classes.push(Class {
            instance: remote.instance,
            service: remote.service,
            place: remote.place.clone(),
            objects: Vec::new(),
            keys: Vec::new(),
        });
        classes.len() - 1
    });
    let class = &mut classes[place];
    let place = class
        .objects
        .iter()
        .position(|object| object.remote == remote)
        .unwrap_or_else(|| {
            let alias = format!("secret-{}", class.objects.len() + 1);
            class.objects.push(Object {
                remote,
                alias,
                fields: Vec::new(),
                want: want.clone(),
            });
            class.objects.len() - 1
        });
    let object = &mut class.objects[place];
    let alias = match &want.field {
        None => object.alias.clone(),
        Some(field) => object.field(field),
    };
    class.keys.push((item.name.clone(), alias));
}

impl Class {
    fn document(
        &self,
        name: &str,
        metadata: &Metadata<'_>,
        instance: &Instance,
        settings: &Settings,
        errors: &mut Errors,
    ) -> Value {
        let (provider, parameters) = match self.service {
            Service::KeyVault => ("azure", self.azure(instance, settings, errors)),
            _ => ("aws", self.aws(instance, errors)),
        };
        let keys = self
            .keys
            .iter()
            .map(|(key, alias)| json!({ "objectName": alias, "key": key }));
        let mut secret = json!({ "secretName": name, "type": "Opaque" });
        if !metadata.labels.is_empty() {
            let labels = metadata.labels.iter();
            let labels = labels.map(|(name, value)| (name.clone(), value.clone().into()));
            secret["labels"] = labels.collect::<Map<_, _>>().into();
        }
        secret["data"] = keys.collect();
        json!({
            "apiVersion": "secrets-store.csi.x-k8s.io/v1",
            "kind": "SecretProviderClass",
            "metadata": metadata.object(name, true),
            "spec": { "provider": provider, "parameters": parameters, "secretObjects": [secret] },
        })
    }

    fn aws(&self, instance: &Instance, errors: &mut Errors) -> Value {
        store::refuse_settings(
            instance,
            &[
                (
                    "profile",
                    "a profile of ~/.aws/config is on no node of the cluster",
                ),
                ("endpoint", "the driver asks AWS's own endpoints"),
                (
                    "role_arn",
                    "the driver logs in as the pod's service account, and assumes no other role",
                ),
            ],
            errors,
        );
        let mut parameters = json!({ "region": self.place });
        let regions = instance.settings.list("regions").unwrap_or_default();
        match regions {
            [first, second] if *first == self.place => {
                parameters["failoverRegion"] = second.as_str().into();
            }
            [_, _, _, ..] => {
                let key = format!("providers.{}.regions", instance.name);
                errors.add(
                    &key,
                    instance.span.clone(),
                    "the driver asks two regions at most",
                    None,
                );
            }
            _ => {}
        }
        let objects = self.objects.iter().map(|object| aws_object(object, errors));
        parameters["objects"] = yaml::text(&objects.collect()).into();
        parameters
    }

    fn azure(&self, instance: &Instance, settings: &Settings, errors: &mut Errors) -> Value {
        store::refuse_settings(
            instance,
            &[
                ("endpoint", "an emulator is on no node of the cluster"),
                ("authority", "the driver asks its cloud's own authority"),
            ],
            errors,
        );
        let mut refuse = |name: &str, reason: &str, hint: Option<&str>| {
            let key = format!("providers.{}.{name}", instance.name);
            errors.add(&key, instance.span.clone(), reason, hint);
        };
        let host = self.place.trim_start_matches("https://");
        let vault = host.split('.').next().unwrap_or_default();
        let cloud = match store::cloud(&self.place) {
            Some("usgov") => "AzureUSGovernmentCloud",
            Some("china") => "AzureChinaCloud",
            Some(_) => "AzurePublicCloud",
            None => {
                refuse("vault", "the driver does not know this vault's cloud", None);
                ""
            }
        };
        let is_machine = instance.settings.text("credential") == Some("managed-identity");
        let client = instance.settings.text("client_id");
        let mut parameters = json!({
            "usePodIdentity": "false",
            "useVMManagedIdentity": if is_machine { "true" } else { "false" },
        });
        match (instance.settings.text("credential"), client) {
            (Some("managed-identity"), client) => {
                parameters["userAssignedIdentityID"] = client.unwrap_or_default().into();
            }
            (None | Some("workload-identity"), Some(client)) => {
                parameters["clientID"] = client.into();
            }
            (None | Some("workload-identity"), None) => refuse(
                "client_id",
                "the driver has to be told the identity",
                Some("give the instance a `client_id`, or `credential = \"managed-identity\"`"),
            ),
            (Some(_), _) => refuse(
                "credential",
                "the driver does not log in like this without a secret of its own",
                None,
            ),
        }
        parameters["keyvaultName"] = vault.into();
        parameters["cloudName"] = cloud.into();
        match instance.settings.text("tenant").or(settings.get("tenant")) {
            Some(tenant) => parameters["tenantId"] = tenant.into(),
            None => refuse(
                "tenant",
                "the driver has to be told the tenant",
                Some("give the instance a `tenant`, or `--set tenant=`"),
            ),
        }
        let objects = self
            .objects
            .iter()
            .map(|object| yaml::text(&azure_object(object, errors)));
        let objects: Vec<String> = objects.collect();
        parameters["objects"] = yaml::text(&json!({ "array": objects })).into();
        parameters
    }
}

fn aws_object(object: &Object, errors: &mut Errors) -> Value {
    let mut value = json!({
        "objectName": object.remote.name,
        "objectType": match object.remote.service {
            Service::ParameterStore => "ssmparameter",
            _ => "secretsmanager",
        },
        "objectAlias": object.alias,
    });
    match &object.remote.version {
        None => {}
        Some(Version::Number(version)) => value["objectVersion"] = version.as_str().into(),
        Some(Version::Label(label)) => value["objectVersionLabel"] = label.as_str().into(),
    }
    let mut paths = Vec::new();
    for (field, alias) in &object.fields {
        if let Some(path) = jmes_path(field) {
            paths.push(json!({ "path": path, "objectAlias": alias }));
        } else {
            let reason = "a step that is a number is a key to JMESPath and may be a place here";
            errors.add(&object.want.key, object.want.span.clone(), reason, None);
        }
    }
    if !paths.is_empty() {
        value["jmesPath"] = paths.into();
    }
    value
}

/// Quoted identifiers of `JMESPath`, which are JSON strings.
fn jmes_path(field: &str) -> Option<String> {
    let tokens = store::tokens(field);
    let is_pointer = field.starts_with('/');
    let is_place = |token: &String| token.bytes().all(|byte| byte.is_ascii_digit());
    if is_pointer && tokens.iter().any(is_place) {
        return None;
    }
    let quoted = tokens
        .into_iter()
        .map(|token| Value::from(token).to_string());
    Some(quoted.collect::<Vec<_>>().join("."))
}

fn azure_object(object: &Object, errors: &mut Errors) -> Value {
    if !object.fields.is_empty() {
        let reason = "Azure's provider of the driver takes no fields out of a secret";
        errors.add(&object.want.key, object.want.span.clone(), reason, None);
    }
    let mut value = json!({
        "objectName": object.remote.name,
        "objectType": "secret",
        "objectAlias": object.alias,
    });
    if let Some(Version::Number(version) | Version::Label(version)) = &object.remote.version {
        value["objectVersion"] = version.as_str().into();
    }
    value
}
