//! A vault as a test holds it.

use super::{Denied, SecretSetup, Store};
use crate::cloud::FakeCloud;
use crate::lock;
use crate::world::TENANT;

/// One vault of a cloud.
pub struct Vault<'a> {
    cloud: &'a FakeCloud,
    host: String,
}

impl<'a> Vault<'a> {
    pub(crate) fn new(cloud: &'a FakeCloud, host: String) -> Self {
        Self { cloud, host }
    }

    /// `https://shop.vault.azure.net`.
    pub fn url(&self) -> String {
        format!("https://{}", self.host)
    }

    /// Adds a version of a secret, made when it is not there yet, and returns the version's id.
    pub fn set(&self, name: &str, value: &str) -> String {
        self.set_with(name, value, SecretSetup::default())
    }

    /// The same, for one that is not like others.
    pub fn set_with(&self, name: &str, value: &str, setup: SecretSetup) -> String {
        let now = self.cloud.shared.clock.now();
        self.with(|store| store.set(name, value, setup, now))
    }

    /// The value of the newest version.
    pub fn value(&self, name: &str) -> Option<String> {
        self.with(|store| store.value(name))
    }

    /// Deletes a secret in such a way that it can be recovered. Whether there was one.
    pub fn delete(&self, name: &str) -> bool {
        let now = self.cloud.shared.clock.now();
        self.with(|store| store.delete(name, now))
    }

    /// Says 403 to everybody.
    pub fn deny(&self, reason: Denied) {
        self.with(|store| store.denied = Some(reason));
    }

    /// Says 403 to everybody for one secret, whether it exists or not.
    pub fn deny_secret(&self, name: &str, reason: Denied) {
        self.with(|store| store.deny(name, reason));
    }

    /// Lets in only those who are named so, by the object id, and says 403 (`ForbiddenByRbac`) to others.
    pub fn admit(&self, object_id: &str) {
        self.with(|store| store.admitted.push(object_id.to_owned()));
    }

    /// Moves the vault to another tenant: it takes tokens of that one, and says so in its challenge.
    pub fn tenant(&self, tenant: &str) {
        self.with(|store| tenant.clone_into(&mut store.tenant));
    }

    /// Sends clients without a token to another tenant than the vault's own.
    pub fn challenge_tenant(&self, tenant: &str) {
        self.with(|store| store.challenge.tenant = Some(tenant.to_owned()));
    }

    /// Sends clients without a token to another login host: `https://login.elsewhere.example`.
    pub fn challenge_authority(&self, authority: &str) {
        self.with(|store| store.challenge.authority = Some(authority.to_owned()));
    }

    /// Names another resource in the challenge: `https://elsewhere.example`.
    pub fn challenge_resource(&self, resource: &str) {
        self.with(|store| store.challenge.resource = Some(resource.to_owned()));
    }

    /// Leaves the header `WWW-Authenticate` out of a 401.
    pub fn without_challenge(&self) {
        self.with(|store| store.challenge.missing = true);
    }

    fn with<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        let mut world = lock(&self.cloud.shared.world);
        let store = world.vaults.entry(self.host.clone());
        change(store.or_insert_with(|| Store::new(TENANT)))
    }
}
