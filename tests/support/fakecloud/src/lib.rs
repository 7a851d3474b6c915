//! A cloud on this machine for the tests of nuages: Microsoft Entra ID, managed identities, the tokens of Azure Pipelines
//! and GitHub Actions, and Azure Key Vault, on free ports of 127.0.0.1. Microsoft's own SDKs for Python work against it
//! unchanged; the tests of the main package prove it.
//!
//! ```no_run
//! let cloud = nuages_fakecloud::FakeCloud::start();
//! cloud.vault("shop").set("db-password", "hunter2");
//! let variables = cloud.environment_app_service();
//! // … run something with these variables …
//! assert_eq!(cloud.count("vault.get"), 1);
//! ```
//!
//! Operations, by which requests are counted and answers laid down: `vault.get`, `vault.set`, `vault.update`,
//! `vault.delete`, `vault.list`, `vault.versions`, `vault.deleted`, `vault.recover`, `vault.purge`, `vault.challenge` (no
//! token, or none that is good), `entra.token`, `discovery.instance`, `discovery.configuration`, `discovery.keys`,
//! `msi.token`, `imds.token`, `pipelines.oidc`, `github.oidc`, `unknown`.

mod app;
mod books;
mod builder;
mod certificates;
mod clock;
mod cloud;
mod der;
mod entra;
mod environment;
mod exchange;
mod identity;
mod jwt;
mod oidc;
mod random;
mod routes;
mod script;
mod seed;
mod server;
mod token;
mod vault;
mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use app::App;
pub use books::Seen;
pub use builder::Builder;
pub use cloud::{FakeCloud, PIPELINES_SUBJECT, SERVICE_CONNECTION};
pub use environment::Variables;
pub use oidc::{CLUSTER_ISSUER, CLUSTER_SUBJECT, GITHUB_ISSUER, GITHUB_SUBJECT, PIPELINES_ISSUER};
pub use script::Reply;
pub use token::Issued;
pub use vault::{Denied, SecretSetup, Vault};
pub use world::{CLIENT_ID, EXCHANGE, SYSTEM_IDENTITY, TENANT, USER_IDENTITY};

/// What a lock guards is whole at every moment, so a thread that panicked has left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
