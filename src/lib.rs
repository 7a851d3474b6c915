//! nuages: one small program that brings a Django deployment its secrets.
#![deny(missing_docs)]

pub mod cli;
pub mod diagnostic;
pub mod django;
pub mod exec;
mod filter;
pub mod manifest;
pub mod plan;
mod reference;
pub mod registry;
pub mod render;
pub mod report;
pub mod resolve;
mod suggest;
mod template;
pub mod value;
