//! The contract between the program and its providers: the suite for a provider from outside, and what `resolve`
//! promises on top of any provider.
#![allow(
    clippy::unwrap_used,
    clippy::unnecessary_wraps,
    reason = "a part that is broken is to fail the test at once, and the contract's signatures are what they are"
)]

mod custom;
#[path = "../../examples/custom_provider.rs"]
mod custom_provider;
mod doctor;
mod fake;
mod resolve;
