//! What Azure's roles must allow for exactly the secrets of a plan: one role on each secret, not on its vault.
//!
//! <https://learn.microsoft.com/azure/key-vault/general/rbac-guide> has the role and how it is given on one secret,
//! <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security#key-vault-secrets-user> what it allows.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use nuages_provider::{
    Access, AccessControl, AccessDocument, Environment, Error, Reading, Versions,
};
use serde_json::{Value, json};

use crate::{cloud, kv, settings::Who};

/// Azure's roles, for all of this crate.
pub(crate) const CONTROL: AccessControl = AccessControl {
    key: "azure",
    name: "Azure RBAC",
    takes_keys: false,
    needs,
};

const ROLE: &str = "Key Vault Secrets User";
/// Names may change, this does not.
const ROLE_ID: &str = "4633458b-17de-408a-b874-0445c86b69e6";

const GET: &str = "Microsoft.KeyVault/vaults/secrets/getSecret/action";
const READ_METADATA: &str = "Microsoft.KeyVault/vaults/secrets/readMetadata/action";

/// Identities by their clouds, since a client ID is one cloud's and `az` speaks to one at a time, and by their client IDs;
/// none where the environment says which it is.
type Assignments = BTreeMap<(&'static str, Option<String>), BTreeMap<Place, bool>>;

/// A secret, where it is. Its value in [`Assignments`] says whether its versions are listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    vault: String,
    secret: String,
}

fn needs(readings: &[Reading<'_>], _keys: &[String]) -> Result<Access, Error> {
    let mut assignments = Assignments::new();
    let mut notes = BTreeSet::new();
    for reading in readings {
        if reading.scheme == kv::DESCRIPTOR.scheme {
            vault(reading, &mut assignments, &mut notes)?;
        } else {
            for locator in reading.locators {
                notes.insert(format!(
                    "a token for `{}` takes no role of Azure: what it may do is decided where it is used",
                    locator.name()
                ));
            }
        }
    }
    if !assignments.is_empty() {
        notes.insert("a vault with access policies knows no roles: the identity takes Get on its secrets there, on all of them, and List where `?versions=` is used".to_owned());
    }
    let clouds: BTreeSet<_> = assignments.keys().map(|(cloud, _)| cloud).collect();
    let are_several = clouds.len() > 1;
    let documents = assignments
        .iter()
        .map(|((cloud, client_id), places)| AccessDocument {
            identity: {
                let who = client_id.as_ref().map_or_else(
                    || "the identity that the environment logs in as".to_owned(),
                    |id| format!("the identity with the client ID `{id}`"),
                );
                if are_several {
                    format!("{who}, in the cloud `{cloud}`")
                } else {
                    who
                }
            },
            text: commands(client_id.as_deref(), places),
            json: assigned(client_id.as_deref(), places).to_string(),
        });
    Ok(Access {
        documents: documents.collect(),
        notes: notes.into_iter().collect(),
    })
}

fn vault(
    reading: &Reading<'_>,
    assignments: &mut Assignments,
    notes: &mut BTreeSet<String>,
) -> Result<(), Error> {
    // What the environment says of clouds is not asked: a policy is the same wherever it is written.
    let who = Who::read(reading.settings, &Environment::default())?;
    for locator in reading.locators {
        let (host, secret) = kv::place(reading.settings, who.cloud(), locator)?;
        let Some(host) = host else {
            notes.insert(format!(
                "`{}` is an emulator on this machine: it takes no role",
                reading.instance
            ));
            continue;
        };
        let Some(cloud) = cloud::of_vault(&host).filter(|cloud| !cloud.is_hsm(&host)) else {
            notes.insert(format!(
                "`{host}` is a managed HSM, which has roles of its own: they are not written here"
            ));
            continue;
        };
        if cloud != &cloud::CLOUDS[0] {
            notes.insert(format!(
                "`{host}` is in the cloud `{}`: `az cloud set` chooses it",
                cloud.name
            ));
        }
        let vault = host.split('.').next().unwrap_or_default().to_owned();
        // A vault's name and a secret's are the same in any letters, and a scope is not.
        let place = Place {
            vault: vault.to_ascii_lowercase(),
            secret: secret.to_ascii_lowercase(),
        };
        let identity = (cloud.name, who.client_id.clone());
        let places = assignments.entry(identity).or_default();
        let is_listed = places.entry(place).or_default();
        *is_listed |= locator.option(Versions::NAME).is_some();
    }
    Ok(())
}

/// Commands of Azure's own program. All names have been checked: none holds what a shell reads.
fn commands(client_id: Option<&str>, places: &BTreeMap<Place, bool>) -> String {
    let mut text = "set -eu\n".to_owned();
    let assignee = client_id.map_or_else(
        || {
            text.push_str(
                ": \"${ASSIGNEE:?the client or object ID of the identity that nuages logs in as}\"\n",
            );
            "\"$ASSIGNEE\"".to_owned()
        },
        str::to_owned,
    );
    let mut last = None;
    for place in places.keys() {
        // Writing to a string cannot fail.
        if last != Some(&place.vault) {
            let _ = writeln!(
                text,
                "vault=$(az keyvault show --name {} --query id --output tsv)",
                place.vault
            );
            last = Some(&place.vault);
        }
        let _ = writeln!(
            text,
            "az role assignment create --role {ROLE_ID} --assignee {assignee} --scope \"$vault/secrets/{}\"",
            place.secret
        );
    }
    text
}

/// The same as data. What only Azure knows stands in capitals, which it refuses.
fn assigned(client_id: Option<&str>, places: &BTreeMap<Place, bool>) -> Value {
    let one = |(place, is_listed): (&Place, &bool)| {
        let actions: &[&str] = if *is_listed {
            &[GET, READ_METADATA]
        } else {
            &[GET]
        };
        json!({
            "role": ROLE,
            "roleDefinitionId": ROLE_ID,
            "assignee": client_id,
            "scope": format!(
                "/subscriptions/SUBSCRIPTION/resourceGroups/RESOURCE-GROUP/providers/Microsoft.KeyVault/vaults/{}/secrets/{}",
                place.vault, place.secret
            ),
            "dataActions": actions,
        })
    };
    Value::Array(places.iter().map(one).collect())
}

#[cfg(test)]
mod tests;
