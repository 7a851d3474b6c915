//! The leak scanner, from its rules to the command line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken part fails the test at once"
)]

#[path = "../support/mod.rs"]
mod support;

mod cli;
mod fix;
mod notation;
mod pairs;
mod python;
mod reports;
mod rules;
mod snippets;
mod source;
mod suppress;
