//! Everything the fake knows: tenants and their applications, managed identities, vaults, pipelines, scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::app::App;
use crate::books::Books;
use crate::clock::Clock;
use crate::jwt::{Jwt, Signer};
use crate::lock;
use crate::random;
use crate::script::Scripts;
use crate::token::{Issued, Kind, Mint, Principal};
use crate::vault::Store;

/// The tenant that is there from the start.
pub const TENANT: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
/// The application that is there from the start, with a secret, a certificate and federated credentials.
pub const CLIENT_ID: &str = "5b7a2c1e-83f4-4f6d-9c58-2d60a1b0e7c4";
/// The client id of the system-assigned managed identity that is there from the start.
pub const SYSTEM_IDENTITY: &str = "c1d3a6f0-52ab-4c07-b0e9-7e4dd2a9f813";
/// The client id of the user-assigned managed identity that is there from the start, whose name is `shop-identity`.
pub const USER_IDENTITY: &str = "e94f0b37-6d21-4a58-8c1b-90f3d57c26ae";
/// The audience of tokens that are exchanged for one of Entra.
pub const EXCHANGE: &str = "api://AzureADTokenExchange";

const GROUP: &str =
    "/subscriptions/2f6c1a90-7d3e-4b85-a4f1-c8e05b9d7263/resourcegroups/shop/providers";

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) signer: Signer,
    pub(crate) clock: Clock,
    pub(crate) books: Books,
    pub(crate) world: Mutex<World>,
    /// Milliseconds before every answer.
    pub(crate) latency: AtomicU64,
    /// Seconds by which services let a token be early or late.
    pub(crate) leeway: AtomicI64,
}

impl Shared {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            signer: Signer::new()?,
            clock: Clock::default(),
            books: Books::default(),
            world: Mutex::new(World::new()),
            latency: AtomicU64::new(0),
            leeway: AtomicI64::new(300),
        })
    }

    pub(crate) fn issue(&self, principal: &Principal, audience: &str) -> Issued {
        lock(&self.world)
            .mint
            .issue(&self.signer, &self.clock, principal, audience)
    }

    /// Whether it is time for a token; both claims may be off by the leeway, and `nbf` may be missing.
    pub(crate) fn is_current(&self, token: &Jwt<'_>) -> bool {
        let (now, leeway) = (self.clock.now(), self.leeway.load(Ordering::Relaxed));
        let begun = token.time("nbf").is_none_or(|begin| begin <= now + leeway);
        begun && token.time("exp").is_some_and(|end| now - leeway < end)
    }
}

/// The part of it that requests and tests change.
pub(crate) struct World {
    pub(crate) tenants: BTreeMap<String, BTreeMap<String, App>>,
    pub(crate) identities: Identities,
    pub(crate) vaults: BTreeMap<String, Store>,
    pub(crate) mint: Mint,
    pub(crate) scripts: Scripts,
    pub(crate) jobs: Jobs,
    /// Audiences that some application registered, beside those of Azure itself.
    pub(crate) resources: Vec<String>,
    /// Every `jti` of a certificate's assertion.
    pub(crate) assertions: BTreeSet<String>,
}

impl World {
    fn new() -> Self {
        let system = Principal {
            tenant: TENANT.into(),
            client_id: SYSTEM_IDENTITY.into(),
            object_id: random::guid(),
            kind: Kind::ManagedIdentity(format!("{GROUP}/Microsoft.Web/sites/shop")),
        };
        Self {
            tenants: BTreeMap::from([(TENANT.into(), BTreeMap::new())]),
            identities: Identities {
                header: random::hex::<16>(),
                system: Some(system),
                user: vec![user_assigned(TENANT, USER_IDENTITY, "shop-identity")],
            },
            vaults: BTreeMap::new(),
            mint: Mint::default(),
            scripts: Scripts::default(),
            jobs: Jobs::new(),
            resources: Vec::new(),
            assertions: BTreeSet::new(),
        }
    }

    /// Whoever has this client id in a tenant.
    pub(crate) fn principal(&self, tenant: &str, client_id: &str) -> Option<Principal> {
        let managed = self.identities.system.iter().chain(&self.identities.user);
        managed
            .filter(|identity| identity.tenant == tenant)
            .find(|identity| identity.client_id == client_id)
            .cloned()
            .or_else(|| self.application(tenant, client_id))
    }

    /// The principal of an application, if the tenant has it.
    pub(crate) fn application(&self, tenant: &str, client_id: &str) -> Option<Principal> {
        let app = self.tenants.get(tenant)?.get(client_id)?;
        Some(Principal {
            tenant: tenant.into(),
            client_id: client_id.into(),
            object_id: app.object_id.clone(),
            kind: Kind::App,
        })
    }
}

/// The managed identities of the machine the client runs on.
pub(crate) struct Identities {
    /// What App Service wants to see in `X-IDENTITY-HEADER`.
    pub(crate) header: String,
    pub(crate) system: Option<Principal>,
    pub(crate) user: Vec<Principal>,
}

pub(crate) fn user_assigned(tenant: &str, client_id: &str, name: &str) -> Principal {
    Principal {
        tenant: tenant.into(),
        client_id: client_id.into(),
        object_id: random::guid(),
        kind: Kind::ManagedIdentity(format!(
            "{GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
        )),
    }
}

/// What runs in Azure Pipelines and in GitHub Actions.
pub(crate) struct Jobs {
    /// `System.AccessToken`
    pub(crate) pipelines_token: String,
    /// The id of the service connection, and the subject its tokens have.
    pub(crate) connections: BTreeMap<String, String>,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`
    pub(crate) github_token: String,
    /// The subject of GitHub's tokens: `repo:shop/shop:ref:refs/heads/main`.
    pub(crate) github_subject: String,
}

impl Jobs {
    fn new() -> Self {
        Self {
            pipelines_token: random::hex::<24>(),
            connections: BTreeMap::new(),
            github_token: random::hex::<24>(),
            github_subject: crate::oidc::GITHUB_SUBJECT.into(),
        }
    }
}
