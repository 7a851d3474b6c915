//! nuages brings a Django deployment its secrets from wherever they live, in the shape Django wants them.
//!
//! This page is the architecture. The program is a thin shell around this library: [`cli`] parses arguments, reads the
//! environment and prints; nothing else does.
//!
//! ```text
//! nuages.toml ──► references ──► plan ──► fetch ──► resolved values ──► render   DATABASES JSON, env file, …
//!   manifest        (pure)       plan     resolve                   └─► exec     gunicorn, celery, migrate, …
//! ```
//!
//! # The rooms
//!
//! | room | is for |
//! |---|---|
//! | [`manifest`] | `nuages.toml` as data, every entry with its place; profiles; the JSON Schema |
//! | `reference`, `template`, `filter` | text to references, and text with references in it; pure |
//! | [`registry`] | the one list of providers |
//! | [`plan`](mod@plan) | manifest and profiles to what will be fetched; pure |
//! | [`resolve`](mod@resolve) | plan to values: the only caller of providers; deadline, retries, `#field`, defaults, the report |
//! | [`django`] | what Django takes: engines, keys and types, database URLs |
//! | [`render`] | values to bytes: one file a format; files that are whole or not there |
//! | [`ci`] | values to the following steps of a CI job: masks and variables, one file a system |
//! | [`templating`] | template files: Jinja over resolved values, written by the rules of the file's reader |
//! | [`cluster`] | plan to the objects of a cluster's own engine: references alone, nothing is fetched |
//! | [`exec`] | the child's environment and files, and becoming the command |
//! | `keep` | values that stay fresh under a supervised command: when they are looked at again, what a change reaches, how it is tried |
//! | [`redact`] | masks known values in a stream, in every encoding they travel in |
//! | [`scan`] | the leak scanner: sources, detection, rules as data, suppression; knows nothing of the rooms above |
//! | `audit` | who was handed which secret, and when: one line of JSON for each; never a value |
//! | `timestamp` | moments as text |
//! | `process` | a process that is asked something: bounded in what it says and in its time |
//! | `reading` | a file that is read whole: no pipe, no device, and no more than such a file can have |
//! | [`check`] | policy: rules on the manifest, on what references bring, on settings and servers; and the SQL of the grants that logins need |
//! | [`finding`] | what a scan or a check finds, and where |
//! | [`hook`] | git hooks that run the scan |
//! | [`init`] | a Django project's settings and env file to a manifest, and what changes in the settings |
//! | [`variables`] | the one list of environment variables |
//! | [`report`] | diagnostics and findings as people and machines read them |
//! | [`cli`] | the command line; one file a command |
//!
//! Dependencies run one way: `cli` may use everything; `keep` knows `exec`, `render` and `resolve`; `exec` and `render` know `resolve` and `django`; `resolve` knows
//! `plan`, which knows `manifest`. Providers live in crates of their own under `providers/` and know
//! [`nuages_provider`] alone, and the remote ones the HTTP client they share (`providers/http`): one TLS configuration, one
//! pool of connections, one list of hosts a token may travel to.
//!
//! # The words
//!
//! | word | means |
//! |---|---|
//! | manifest | `nuages.toml`, committed to git, holds no secret |
//! | profile | a named overlay on the manifest; several stack, the last wins |
//! | provider | code that fetches secrets from one kind of store, named by its scheme |
//! | instance | a provider with settings, named in the manifest |
//! | reference | `scheme://locator?options#field`, written `${…}` in the manifest |
//! | locator | a reference as its provider understands it |
//! | plan | what will be fetched, grouped by instance |
//! | resolve, resolved | fetch all; the values, with where they came from |
//! | render | resolved values to bytes in one format |
//! | exec | resolve, then become the command |
//! | expose | the one verb for reading a secret's bytes; only sinks do |
#![deny(missing_docs)]

mod audit;
pub mod check;
pub mod ci;
pub mod cli;
pub mod cluster;
pub mod diagnostic;
pub mod django;
pub mod exec;
mod filter;
pub mod finding;
pub mod hook;
pub mod import;
pub mod init;
mod keep;
pub mod manifest;
pub mod plan;
mod process;
mod reading;
pub mod redact;
mod reference;
pub mod registry;
pub mod render;
pub mod report;
pub mod resolve;
pub mod scan;
mod suggest;
mod template;
pub mod templating;
mod timestamp;
pub mod value;
pub mod variables;
