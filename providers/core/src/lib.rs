//! The contract between nuages and the code that fetches secrets from one kind of store.
//!
//! A provider is a [`Descriptor`] (plain data, true before anything is opened) and a type that implements
//! [`Provider`]. It fetches and nothing else: retries, deadlines, deduplication, `#field` and defaults belong to the
//! caller, once, for all providers. It reads no process environment: it is handed an [`Environment`].
//!
//! ```
//! use nuages_provider::{Error, Locator, Reference};
//!
//! /// The pure half of a provider: what a reference means here.
//! fn parse(reference: &Reference) -> Result<Locator, Error> {
//!     if reference.locator().is_empty() {
//!         return Err(Error::invalid_reference("a name is missing").with_hint("write `vault://name`"));
//!     }
//!     Ok(Locator::new(reference.locator()))
//! }
//!
//! let reference = Reference::new("vault", "db-password");
//! assert_eq!(parse(&reference).unwrap().name(), "db-password");
//! ```
#![deny(missing_docs)]

mod access;
#[cfg(feature = "testkit")]
pub mod contract;
mod descriptor;
mod environment;
mod error;
mod locator;
mod provider;
mod reference;
mod secret;
mod settings;
mod versions;

pub use async_trait::async_trait;

pub use access::{Access, AccessControl, AccessDocument, Reading};
pub use descriptor::{Capabilities, Descriptor, OpenFuture, OptionSpec, SettingKind, SettingSpec};
pub use environment::Environment;
pub use error::{Error, ErrorKind, Result, Retry};
pub use locator::Locator;
pub use provider::{Identity, Provider, PutOptions, PutOutcome, Writer};
pub use reference::Reference;
pub use secret::{Secret, SecretValue};
pub use settings::{Setting, Settings};
pub use versions::Versions;
