//! `nuages` with the real parts around it: Django 5.2 and 6.1, gunicorn, a database server that speaks TLS alone, and
//! databases that take tokens of Entra.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a broken part is to fail the test at once, and some tests tell a figure"
)]

#[path = "../support/mod.rs"]
mod support;

mod check;
#[cfg(feature = "provider-azure")]
mod entra_postgres;
mod exec;
#[cfg(feature = "provider-azure")]
mod expiry;
mod failures;
#[cfg(feature = "provider-local")]
mod fallbacks;
mod grants;
#[cfg(feature = "provider-local")]
mod init;
#[cfg(feature = "provider-azure")]
mod mssql;
mod rotation;
mod serve;
mod shop;
mod supervise;
mod url_cases;
mod verify;
