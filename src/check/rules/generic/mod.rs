//! Rules for every engine, and for the manifest as a whole.

mod circles;
mod files;
mod guess;
mod hosts;
mod logins;
mod references;
mod rotation;
mod secrets;
mod shape;
mod shared_login;
mod store;
mod urls;
mod values;
mod weak;
mod written;

use super::{Check, Rule};

pub(in crate::check) use urls::is_hidden;
pub(in crate::check) use weak::is_placeholder;

pub(super) const RULES: &[Rule] = &[
    secrets::GN001,
    logins::GN002,
    weak::GN003,
    values::GN004,
    values::GN005,
    values::GN006,
    shared_login::GN007,
    shared_login::GN008,
    hosts::GN009,
    rotation::GN010,
    rotation::GN011,
    shape::GN012,
    shape::GN013,
    shape::GN014,
    shape::GN015,
    values::GN016,
    files::GN017,
    urls::GN018,
    urls::GN019,
    files::GN020,
    store::GN021,
];

#[cfg(test)]
mod tests;
