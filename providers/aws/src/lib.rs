//! Providers for AWS: Systems Manager Parameter Store, Secrets Manager and RDS login tokens.
//!
//! One login serves all instances that log in alike, over the HTTP client that all remote providers share. Retries,
//! deadlines and batches are the caller's; regions are tried in turn here.

mod access;
mod answers;
mod error;
mod identity;
mod login;
pub mod rds_token;
pub mod secrets;
mod session;
mod settings;
mod sources;
pub mod ssm;
mod transport;

use nuages_provider::Descriptor;

/// Every provider of this crate.
pub const DESCRIPTORS: &[Descriptor] =
    &[ssm::DESCRIPTOR, secrets::DESCRIPTOR, rds_token::DESCRIPTOR];

/// The credentials that a process logs in to AWS with.
pub(crate) const BOOTSTRAP: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];
