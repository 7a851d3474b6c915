//! What Django and its database backends take: engines, the keys of `DATABASES` and their types, database URLs,
//! and the logins that stores manage.

pub mod database;
pub mod engine;
pub mod keys;
pub(crate) mod managed;
pub mod url;
