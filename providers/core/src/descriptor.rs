//! What is known of a provider before it is opened: read by the planner, the manifest's checks, the schema and the docs.

use std::{fmt, future::Future, pin::Pin};

use crate::{AccessControl, Environment, Error, Locator, Provider, Reference, Settings};

/// The future that opens a provider.
pub type OpenFuture = Pin<Box<dyn Future<Output = Result<Box<dyn Provider>, Error>> + Send>>;

/// A provider, as plain data. All of it is true before anything is opened.
#[derive(Clone, Copy)]
pub struct Descriptor {
    /// The scheme of its references and the `kind` of its instances, such as `aws-ssm`.
    pub scheme: &'static str,
    /// One line, lower case, for `nuages providers`.
    pub summary: &'static str,
    /// What it can do, and how much of it at once.
    pub capabilities: Capabilities,
    /// The settings an instance may have in the manifest, besides `kind`.
    pub settings: &'static [SettingSpec],
    /// The `?options` its references may have.
    pub options: &'static [OptionSpec],
    /// Environment variables that hold the credentials this provider logs in with. They are kept from the child.
    pub bootstrap: &'static [&'static str],
    /// Where it is decided who may read it; none for what needs no more than this machine, or has no such place.
    pub access: Option<AccessControl>,
    /// Text to meaning. Pure: no I/O, the same answer every time.
    pub parse: fn(&Reference) -> Result<Locator, Error>,
    /// Opens an instance. May log in; reads no secret.
    pub open: fn(Settings, Environment) -> OpenFuture,
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Descriptor")
            .field("scheme", &self.scheme)
            .field("capabilities", &self.capabilities)
            .finish_non_exhaustive()
    }
}

/// What a provider can do. Start from [`Capabilities::LOCAL`] or [`Capabilities::REMOTE`] and change what differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How many locators one `fetch` may carry; at least 1.
    pub max_batch: usize,
    /// How many `fetch` calls may be under way at once; at least 1.
    pub concurrency: usize,
    /// References may ask for an earlier version.
    pub versions: bool,
    /// The provider answers `#field` itself; elsewhere the field is picked from the value as JSON.
    pub fields: bool,
    /// Secrets may carry the time at which they expire.
    pub expiring: bool,
    /// Nothing leaves the machine.
    pub offline: bool,
    /// `Provider::writer` answers.
    pub writable: bool,
}

impl Capabilities {
    /// Reads files or memory: any number at once, no network.
    pub const LOCAL: Self = Self {
        max_batch: usize::MAX,
        concurrency: 1,
        versions: false,
        fields: false,
        expiring: false,
        offline: true,
        writable: false,
    };

    /// One request a secret over a network, 16 at once.
    pub const REMOTE: Self = Self {
        max_batch: 1,
        concurrency: 16,
        offline: false,
        ..Self::LOCAL
    };
}

/// One setting of an instance, as the manifest may write it.
#[derive(Clone, Copy, Debug)]
pub struct SettingSpec {
    /// The key in the manifest.
    pub name: &'static str,
    /// What it takes.
    pub kind: SettingKind,
    /// An instance without it is an error.
    pub required: bool,
    /// One line, lower case.
    pub summary: &'static str,
}

/// What a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// A string.
    Text,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A whole number, zero or more.
    Integer,
    /// A list of strings.
    TextList,
}

/// One `?option` of a reference.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// The option's name.
    pub name: &'static str,
    /// One line, lower case.
    pub summary: &'static str,
}
