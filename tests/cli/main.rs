//! The program as its user meets it: whole outputs, what a command is handed, what is kept secret, what files are left.
//! Every run has an environment that holds nothing but what the test says.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::format_push_string,
    reason = "what goes wrong here is to fail the test at once, tests do read `PATH`, and plain words beat speed here"
)]

mod audit;
mod check;
mod check_resolve;
mod check_settings;
mod ci;
mod colour;
mod commands;
mod completions;
mod doctor;
mod entra;
mod errors;
mod exec;
mod files;
mod first_run;
mod from;
#[cfg(feature = "provider-local")]
mod hints;
#[cfg(all(feature = "provider-aws", feature = "provider-azure"))]
mod iam;
mod import;
#[cfg(feature = "provider-local")]
mod init;
mod keep;
mod man;
mod memory;
mod names;
mod profiles;
mod progress;
mod redact;
mod render;
mod secrecy;
mod shot;
mod special;
mod status;
mod supervise;
mod template;
#[cfg(feature = "provider-local")]
mod versions;

#[path = "../support/mod.rs"]
mod support;
