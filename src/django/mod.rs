//! What Django and its database backends take: engines, the keys of `DATABASES` and their types, database URLs.

pub mod database;
pub mod engine;
pub mod keys;
pub mod url;
