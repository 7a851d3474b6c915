//! The contract between the program and its providers: the suite for a provider from outside, and what `resolve`
//! promises on top of any provider.

mod custom;
#[path = "../../examples/custom_provider.rs"]
mod custom_provider;
mod fake;
mod resolve;
