//! What Django and its database backends take: engines, the keys of `DATABASES` and their types, database URLs, the
//! logins that stores manage, those of Microsoft Entra ID, and those that are kept fresh.

pub mod database;
pub mod engine;
pub(crate) mod entra;
pub mod keys;
#[doc(hidden)]
pub mod live;
pub(crate) mod managed;
pub(crate) mod mssql;
pub(crate) mod seen;
pub mod url;
