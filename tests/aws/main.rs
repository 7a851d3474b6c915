//! The providers for AWS against moto, and against everything that can go wrong on the way there.
#![allow(
    clippy::unwrap_used,
    reason = "a part that is broken is to fail the test at once"
)]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod contract;
mod credentials;
mod doctor;
mod fake;
mod faults;
mod network;
mod put;
mod rds_token;
mod secrets;
mod shot;
mod ssm;
mod store;
mod support_tests;
mod versions;
