//! `external-secret`: External Secrets Operator, `external-secrets.io/v1`: a store for each instance, and the
//! `ExternalSecret` that makes the Secret.
//!
//! <https://external-secrets.io/latest/api/spec/>; how keys, properties and versions are read was taken from its
//! providers (`providers/v1/aws`, `providers/v1/azure`, August 2026).

use serde_json::{Value, json};

use super::content::{self, Item, Want};
use super::sources::{Sources, Store};
use super::store::{self, Service};
use super::{Errors, LABELS, Metadata, NAME, NAMESPACE, REGION, Translation, template, yaml};
use crate::{
    diagnostic::Diagnostic,
    plan::{Instance, Plan},
    render::{Setting, Settings, k8s_secret},
};

const API: &str = "external-secrets.io/v1";

/// The stores and the `ExternalSecret`.
pub(super) struct ExternalSecret;

impl Translation for ExternalSecret {
    fn name(&self) -> &'static str {
        "external-secret"
    }

    fn summary(&self) -> &'static str {
        "External Secrets Operator: SecretStore and ExternalSecret, references alone"
    }

    fn settings(&self) -> &'static [Setting] {
        &[
            NAME,
            NAMESPACE,
            LABELS,
            REGION,
            Setting {
                name: "refresh",
                summary: "how often the store is asked: 15m, 1h [default: 1h]",
            },
            Setting {
                name: "service-account",
                summary: "whose identity the stores log in with [default: the operator's own]",
            },
            Setting {
                name: "cluster-store",
                summary: "true: ClusterSecretStore in place of SecretStore",
            },
        ]
    }

    fn translate(&self, plan: &Plan, settings: &Settings) -> Result<String, Vec<Diagnostic>> {
        let mut errors = Errors::new(self.name());
        let options = Options::read(settings, &mut errors);
        let items = content::items(plan, &mut errors);
        let sources = Sources::of(plan, &items, settings.get("region"), &mut errors);
        let mut documents: Vec<Value> = sources
            .stores
            .iter()
            .map(|store| options.store(store, &plan.instances[store.instance], &mut errors))
            .collect();
        documents.push(options.external_secret(&items, &sources));
        if sources.data.is_empty() && errors.found.is_empty() {
            errors.add(
                "databases` and `env",
                None,
                "there is no reference in them",
                None,
            );
        }
        if errors.found.is_empty() {
            Ok(yaml::documents(&documents))
        } else {
            Err(errors.found)
        }
    }
}

struct Options<'a> {
    metadata: Metadata<'a>,
    refresh: &'a str,
    service_account: Option<&'a str>,
    in_cluster: bool,
}

impl<'a> Options<'a> {
    fn read(settings: &'a Settings, errors: &mut Errors) -> Self {
        let metadata = Metadata::read(settings, errors);
        let refresh = settings.get("refresh").unwrap_or("1h");
        let is_duration = refresh.ends_with(['s', 'm', 'h'])
            && refresh
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"smh".contains(&byte))
            && refresh.starts_with(|c: char| c.is_ascii_digit());
        if !is_duration {
            errors.setting("refresh", "a time is written 90s, 15m or 1h");
        }
        let service_account = settings.get("service-account");
        if service_account.is_some_and(|name| !k8s_secret::is_subdomain(name)) {
            errors.setting("service-account", "this cannot be the name of one");
        }
        let in_cluster = match settings.get("cluster-store") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                errors.setting("cluster-store", "it is `true` or `false`");
                false
            }
        };
        if in_cluster && service_account.is_some() && metadata.namespace.is_none() {
            errors.setting(
                "service-account",
                "a ClusterSecretStore needs its namespace: `--set namespace=`",
            );
        }
        Self {
            metadata,
            refresh,
            service_account,
            in_cluster,
        }
    }

    fn kind(&self) -> &'static str {
        if self.in_cluster {
            "ClusterSecretStore"
        } else {
            "SecretStore"
        }
    }

    fn store_name(&self, store: &Store) -> String {
        format!("{}-{}", self.metadata.name, store.name)
    }

    /// The reference of a store to the service account that it logs in with.
    fn account(&self) -> Option<Value> {
        self.service_account
            .map(|name| match self.metadata.namespace {
                Some(namespace) if self.in_cluster => {
                    json!({ "name": name, "namespace": namespace })
                }
                _ => json!({ "name": name }),
            })
    }

    fn store(&self, store: &Store, instance: &Instance, errors: &mut Errors) -> Value {
        let provider = match store.service {
            Service::KeyVault => json!({ "azurekv": self.azure(store, instance, errors) }),
            _ => json!({ "aws": self.aws(store, instance, errors) }),
        };
        json!({
            "apiVersion": API,
            "kind": self.kind(),
            "metadata": self.metadata.object(&self.store_name(store), !self.in_cluster),
            "spec": { "provider": provider },
        })
    }

    fn aws(&self, store: &Store, instance: &Instance, errors: &mut Errors) -> Value {
        store::refuse_settings(
            instance,
            &[
                (
                    "profile",
                    "a profile of ~/.aws/config is on no node of the cluster",
                ),
                (
                    "endpoint",
                    "a store of the operator has no endpoint of its own",
                ),
            ],
            errors,
        );
        if instance
            .settings
            .list("regions")
            .is_some_and(|regions| regions.len() > 1)
        {
            let key = format!("providers.{}.regions", instance.name);
            errors.add(
                &key,
                instance.span.clone(),
                "a store of the operator has one region",
                None,
            );
        }
        let service = match store.service {
            Service::ParameterStore => "ParameterStore",
            _ => "SecretsManager",
        };
        let mut aws = json!({ "service": service, "region": store.place });
        if let Some(role) = instance.settings.text("role_arn") {
            aws["role"] = role.into();
        }
        if let Some(id) = instance.settings.text("external_id") {
            aws["externalID"] = id.into();
        }
        if let Some(account) = self.account() {
            aws["auth"] = json!({ "jwt": { "serviceAccountRef": account } });
        }
        aws
    }

    fn azure(&self, store: &Store, instance: &Instance, errors: &mut Errors) -> Value {
        store::refuse_settings(
            instance,
            &[
                ("endpoint", "an emulator is on no node of the cluster"),
                ("authority", "the operator asks its cloud's own authority"),
            ],
            errors,
        );
        let mut refuse = |name: &str, reason: &str, hint: Option<&str>| {
            let key = format!("providers.{}.{name}", instance.name);
            errors.add(&key, instance.span.clone(), reason, hint);
        };
        let mut azure = json!({ "vaultUrl": store.place });
        match store::cloud(&store.place) {
            Some("usgov") => azure["environmentType"] = "USGovernmentCloud".into(),
            Some("china") => azure["environmentType"] = "ChinaCloud".into(),
            Some(_) => {}
            None => refuse(
                "vault",
                "the operator does not know this vault's cloud",
                None,
            ),
        }
        if let Some(tenant) = instance.settings.text("tenant") {
            azure["tenantId"] = tenant.into();
        }
        let client = instance.settings.text("client_id");
        match instance.settings.text("credential") {
            None | Some("workload-identity") => {
                azure["authType"] = "WorkloadIdentity".into();
                if let Some(account) = self.account() {
                    azure["serviceAccountRef"] = account;
                }
                if client.is_some() {
                    let hint = "annotate the account with `azure.workload.identity/client-id`, and leave `client_id` out";
                    refuse(
                        "client_id",
                        "with workload identity the service account says it",
                        Some(hint),
                    );
                }
            }
            Some("managed-identity") => {
                azure["authType"] = "ManagedIdentity".into();
                if let Some(client) = client {
                    azure["identityId"] = client.into();
                }
            }
            Some(_) => refuse(
                "credential",
                "no store logs in like this without a secret of its own",
                Some("`workload-identity` and `managed-identity` it can"),
            ),
        }
        azure
    }

    fn external_secret(&self, items: &[Item], sources: &Sources) -> Value {
        let mut target = json!({ "name": self.metadata.name, "creationPolicy": "Owner" });
        let is_direct = items.iter().all(|item| item.direct().is_some());
        let place = |want: &Want| sources.find(want).unwrap_or_default();
        let mut data: Vec<(String, usize)> = Vec::new();
        if is_direct {
            data.extend(
                items
                    .iter()
                    .filter_map(|item| Some((item.name.clone(), place(item.direct()?)))),
            );
        } else {
            data.extend((0..sources.data.len()).map(|place| (format!("s{}", place + 1), place)));
            let name = |want: &Want| format!("s{}", place(want) + 1);
            let texts = items
                .iter()
                .map(|item| (item.name.clone(), template::write(item, &name).into()));
            let texts: serde_json::Map<String, Value> = texts.collect();
            target["template"] = json!({ "engineVersion": "v2", "data": texts });
        }
        let reference =
            |store: &Store| json!({ "kind": self.kind(), "name": self.store_name(store) });
        let mut spec = json!({ "refreshInterval": self.refresh });
        if let [store] = sources.stores.as_slice() {
            spec["secretStoreRef"] = reference(store);
        }
        spec["target"] = target;
        let entries = data.into_iter().filter_map(|(name, place)| {
            let datum = sources.data.get(place)?;
            let mut entry = json!({ "secretKey": name, "remoteRef": datum.reference });
            if sources.stores.len() > 1 {
                entry["sourceRef"] = json!({ "storeRef": reference(&sources.stores[datum.store]) });
            }
            Some(entry)
        });
        spec["data"] = entries.collect();
        json!({
            "apiVersion": API,
            "kind": "ExternalSecret",
            "metadata": self.metadata.object(self.metadata.name, true),
            "spec": spec,
        })
    }
}
