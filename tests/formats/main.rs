//! The formats against their real readers, in bulk: what comes out of them is what went in, and what cannot is refused.
//! `documents` makes the values; `judge` and `values` have them read by the libraries, shells and programs people use, which
//! `readers.py` calls; `matrix` writes what each format holds into the documentation; `properties` is the part that needs
//! no Python; `ci` and `runners` are the same for CI systems; `templates` puts values into files of every type that template
//! files can be; `kill` ends a writer at any moment.
#![allow(
    clippy::unwrap_used,
    reason = "what goes wrong here is to fail the test at once"
)]

mod ci;
mod documents;
mod judge;
mod kill;
mod matrix;
mod properties;
mod runners;
mod templates;
mod values;

#[path = "../support/mod.rs"]
mod support;
