//! What Django and its database backends take: engines, the keys of `DATABASES` and their types, database URLs, the
//! logins that stores manage, and those of Microsoft Entra ID.

pub mod database;
pub mod engine;
pub(crate) mod entra;
pub mod keys;
pub(crate) mod live;
pub(crate) mod managed;
pub(crate) mod mssql;
pub(crate) mod seen;
pub mod url;
