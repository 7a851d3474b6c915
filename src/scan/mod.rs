//! The leak scanner: sources of text, detection, rules as data, suppression. It knows nothing of the manifest, of
//! providers or of the command line.
//!
//! ```text
//! source/  paths · index · history · range · stdin ──► Text (path, bytes)
//!                                                        │
//!   prefilter  one pass over the bytes: which keyword stands where (laid out when the program is built)
//!      ├── pattern   rules/*.toml whose keyword was met: a regular expression over the text around it
//!      ├── python/   literals that reach a secret-bearing name, by the syntax tree
//!      ├── pairs/    the same for YAML, TOML, JSON, INI, env files, shell, HCL: key, separator, value
//!      └── files/    formats whose every line is a credential: .netrc, .pgpass, htpasswd, Kubernetes Secrets
//!                                                        │
//!   suppress/  allow comments, baselines, ignore files ──► Finding
//! ```

mod committed;
pub mod config;
pub mod detect;
pub mod entropy;
mod files;
pub mod fix;
pub mod glob;
pub mod known;
pub mod memo;
mod pairs;
mod pattern;
mod prefilter;
pub(crate) mod python;
pub mod rule;
pub mod session;
pub mod source;
pub mod suppress;
pub mod text;
pub mod validate;
pub mod words;
