//! Providers for Azure: Key Vault secrets and Entra tokens.
//!
//! One login serves all instances that log in alike, over the HTTP client that all remote providers share. Which
//! credential it uses is read from the environment, never found out by trying. Retries and deadlines are the caller's.

mod access;
mod claims;
mod cloud;
pub mod entra;
mod error;
#[cfg(test)]
mod hostile;
mod identity;
pub mod kv;
mod settings;
mod transport;

use nuages_provider::Descriptor;

/// Every provider of this crate.
pub const DESCRIPTORS: &[Descriptor] = &[kv::DESCRIPTOR, entra::DESCRIPTOR];

/// The credentials that a process logs in to Azure with. What a managed identity or a workload identity needs is not among
/// them: the child may ask for tokens of its own there.
pub(crate) const BOOTSTRAP: &[&str] = &[
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_PASSWORD",
];
