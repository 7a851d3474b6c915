//! The examples run as they stand: the very files, in a copy of the checkout's layout, so that each test is a first run.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a broken part is to fail the test at once, and tests do read the environment"
)]

#[path = "../support/mod.rs"]
mod support;

#[cfg(feature = "provider-azure")]
mod azure_example;
#[cfg(feature = "provider-azure")]
mod azure_postgres;
#[cfg(feature = "provider-azure")]
mod azure_sql;
mod ci;
mod compose;
mod docs;
mod image;
#[cfg(feature = "provider-aws")]
mod kubernetes;
mod links;
mod lint;
mod looks;
mod migrate_role;
mod multi_database;
#[cfg(feature = "provider-aws")]
mod mysql_rds_token;
#[cfg(feature = "provider-aws")]
mod postgres_ssm;
mod pre_commit;
mod quickstart;
#[cfg(all(
    feature = "provider-local",
    feature = "provider-aws",
    feature = "provider-azure"
))]
mod reference;
mod shop_image;
#[cfg_attr(
    not(feature = "provider-aws"),
    allow(dead_code, reason = "only the examples for AWS need all of it")
)]
mod stand_ins;
mod templates;

// The readers of CI systems, which the formats are held to as well.
#[allow(dead_code, reason = "not every reader is needed for a pipeline")]
#[path = "../formats/runners.rs"]
mod runners;
