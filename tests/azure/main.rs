//! The providers for Azure against a fake cloud, which is judged by Microsoft's own SDKs for Python first.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a part that is broken is to fail the test at once, and one test tells a figure"
)]

#[path = "../support/mod.rs"]
mod support;

mod cloud;
mod contract;
mod credentials;
mod doctor;
mod entra;
mod faults;
mod judge;
mod keep;
mod kv;
mod network;
mod put;
mod secrecy;
mod shot;
