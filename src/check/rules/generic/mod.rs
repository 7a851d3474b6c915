//! Rules for every engine, and for the manifest as a whole.

mod files;
mod logins;
mod rotation;
mod secrets;
mod shape;
mod urls;
mod values;

use super::{Check, Rule};

pub(in crate::check) use secrets::is_placeholder;
pub(in crate::check) use urls::is_hidden;

pub(super) const RULES: &[Rule] = &[
    secrets::GN001,
    logins::GN002,
    secrets::GN003,
    values::GN004,
    values::GN005,
    values::GN006,
    logins::GN007,
    logins::GN008,
    logins::GN009,
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
    secrets::GN021,
];

#[cfg(test)]
mod tests;
