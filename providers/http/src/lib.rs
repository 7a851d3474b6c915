//! The one HTTP client that all remote providers share: one set of trusted certificates, one pool of connections, one
//! way to go through a proxy, one vocabulary for what can go wrong on the way.
//!
//! A provider asks for [`HttpClient::shared`], says with a [`HostPolicy`] which hosts its credentials may travel to, and
//! lends the client to its vendor's SDK.
#![deny(missing_docs)]

mod client;
mod dns;
mod fault;
mod hosts;
mod proxy;
mod trust;

pub use client::{CONNECT_LIMIT, HttpClient, LARGEST_BODY, host_and_port};
pub use fault::{Fault, TransportError};
pub use hosts::{HostPolicy, METADATA_HOSTS, is_loopback, is_private};
