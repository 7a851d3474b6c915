//! Providers that need no network of ours: the process environment, `.env` files, secret files, programs of the user's own and
//! the embedded encrypted store. Besides them 1Password, whose own program talks to the network.

pub mod age;
pub mod command;
pub mod dotenv;
pub mod env;
pub mod file;
pub mod op;

use nuages_provider::Descriptor;

/// Every provider of this crate.
pub const DESCRIPTORS: &[Descriptor] = &[
    env::DESCRIPTOR,
    dotenv::DESCRIPTOR,
    file::DESCRIPTOR,
    command::DESCRIPTOR,
    age::DESCRIPTOR,
    op::DESCRIPTOR,
];

/// A name as an environment spells it: `db-password` and `db/password` become `DB_PASSWORD`.
pub(crate) fn environment_name(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect()
}
