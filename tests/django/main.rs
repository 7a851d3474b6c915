//! `nuages` with the real parts around it: Django 5.2 and 6.1, gunicorn, and a database server that speaks TLS alone.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a broken part is to fail the test at once"
)]

#[path = "../support/mod.rs"]
mod support;

mod exec;
mod failures;
mod serve;
mod shop;
mod url_cases;
