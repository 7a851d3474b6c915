//! The formats of database clients and of Kubernetes against their real readers: what is read is what was meant, and what
//! cannot be held is refused. `values` makes the values, `judge.py` has the readers, `mariadb` finds MariaDB's.
#![allow(
    clippy::unwrap_used,
    reason = "what goes wrong here is to fail the test at once"
)]

#[cfg(all(feature = "provider-aws", feature = "provider-azure"))]
mod cluster;
mod formats;
mod judge;
mod live;
mod mariadb;
mod rules;
mod server;
mod values;

#[path = "../support/mod.rs"]
mod support;
