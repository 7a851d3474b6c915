//! `age`: the embedded store, one file that can be committed. Names are readable in it; each value is encrypted by
//! itself with [age](https://age-encryption.org), so adding one needs no private key and a diff shows what changed.

mod keys;
mod seal;
mod store;
mod write;

use std::{path::PathBuf, sync::Arc};

use nuages_provider::{
    Capabilities, Descriptor, Environment, Error, ErrorKind, Identity, Locator, OpenFuture,
    Provider, PutOptions, PutOutcome, Reference, Result, Secret, SecretValue, SettingKind,
    SettingSpec, Settings, Versions, Writer, async_trait,
};

pub use keys::{default_key_file, new_identity, recipients_of};

use keys::Keys;
use store::{Store, StoreFile};

/// The embedded store's provider.
pub const DESCRIPTOR: Descriptor = Descriptor {
    scheme: "age",
    summary: "an encrypted file that can be committed",
    capabilities: Capabilities {
        writable: true,
        ..Capabilities::LOCAL
    },
    settings: &[
        SettingSpec {
            name: "path",
            kind: SettingKind::Text,
            required: false,
            summary: "the store, from the manifest's directory; `secrets.age` by default",
        },
        SettingSpec {
            name: "key_file",
            kind: SettingKind::Text,
            required: false,
            summary: "the private key, where neither `NUAGES_AGE_KEY` nor `NUAGES_AGE_KEY_FILE` is set",
        },
    ],
    options: &[Versions::OPTION],
    bootstrap: &[keys::KEY_VARIABLE],
    access: None,
    parse,
    open,
};

const DEFAULT_STORE: &str = "secrets.age";

/// The longest name, in bytes.
const NAME_LIMIT: usize = 256;

fn parse(reference: &Reference) -> Result<Locator> {
    let name = reference.locator();
    if !is_name(name) {
        let what = if name.is_empty() {
            "a name is missing".to_owned()
        } else {
            format!("`{name}` is not a name")
        };
        return Err(Error::invalid_reference(what).with_hint(format!(
            "a name is 1 to {NAME_LIMIT} of the characters `A-Z a-z 0-9 . _ / -`"
        )));
    }
    let mut options = reference.options();
    if let Some((option, _)) = options.find(|(option, _)| *option != Versions::NAME) {
        return Err(Error::invalid_reference(format!(
            "`age` has no option `{option}`"
        )));
    }
    let locator = Versions::carry(reference, Locator::new(name))?;
    Ok(if reference.is_named() {
        locator.or(crate::environment_name(name))
    } else {
        locator
    })
}

/// Whether the store can hold a secret of this name.
fn is_name(name: &str) -> bool {
    (1..=NAME_LIMIT).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte))
}

fn open(settings: Settings, environment: Environment) -> OpenFuture {
    Box::pin(async move {
        let path = settings.text("path").unwrap_or(DEFAULT_STORE);
        if path.is_empty() {
            return Err(Error::invalid_settings("`path` is empty"));
        }
        let vault = Vault {
            file: StoreFile {
                path: environment.path(path),
                shown: path.to_owned(),
            },
            key_file: settings
                .text("key_file")
                .map(|path| (environment.path(path), path.to_owned())),
            environment,
        };
        Ok(Box::new(Embedded(Arc::new(vault))) as Box<dyn Provider>)
    })
}

/// Where the store and its key are.
struct Vault {
    file: StoreFile,
    /// The setting `key_file`: where it is, and as it is written.
    key_file: Option<(PathBuf, String)>,
    environment: Environment,
}

impl Vault {
    fn keys(&self) -> Result<Keys> {
        keys::find(&self.environment, self.key_file.as_ref())
    }

    /// One answer a locator. No key is needed to know that a name is not there.
    fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        let store = match self.store() {
            Ok(store) => store,
            Err(error) => return locators.iter().map(|_| Err(error.repeat())).collect(),
        };
        let mut keys = None;
        let mut answer = |locator: &Locator| {
            let (name, sealed) = self.entry(&store, locator)?;
            let keys = keys
                .get_or_insert_with(|| self.keys())
                .as_ref()
                .map_err(Error::repeat)?;
            let value = seal::open(name, sealed, keys, &store)?;
            Versions::of_only(locator, value.into())
        };
        locators.iter().map(&mut answer).collect()
    }

    fn store(&self) -> Result<Store> {
        self.file.read()?.ok_or_else(|| {
            Error::not_found(format!("there is no store `{}`", self.file.shown))
                .with_hint("`nuages put` makes the store with its first secret")
        })
    }

    fn entry<'a>(&self, store: &'a Store, locator: &'a Locator) -> Result<(&'a str, &'a str)> {
        locator
            .names()
            .find_map(|name| {
                store
                    .secrets
                    .get(name)
                    .map(|sealed| (name, sealed.as_str()))
            })
            .ok_or_else(|| {
                Error::not_found(format!(
                    "`{}` is not in `{}`",
                    locator.name(),
                    self.file.shown
                ))
                .with_hint("`nuages put` adds it")
            })
    }

    /// Whose key is here, and whether the store is encrypted to it. Nothing is decrypted.
    fn check(&self) -> Result<Identity> {
        let shown = &self.file.shown;
        let store = self.store()?;
        let keys = self.keys()?;
        let ours = keys::recipients(&keys.identities);
        let Some(mine) = ours
            .iter()
            .find(|recipient| store.recipients.contains(recipient))
        else {
            return Err(seal::no_key(
                &format!("`{shown}`"),
                &store.recipients,
                &ours,
                &keys.place,
            ));
        };
        Ok(Identity::new(mine.clone())
            .with("store", shown.clone())
            .with("secrets", store.secrets.len().to_string())
            .with("recipients", store.recipients.len().to_string()))
    }
}

struct Embedded(Arc<Vault>);

impl Embedded {
    /// Reads, decrypts and waits for locks where that does not hold up the caller's deadline.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Vault) -> T + Send + 'static,
    ) -> Result<T> {
        let vault = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&vault))
            .await
            .map_err(|error| {
                Error::new(
                    ErrorKind::Unavailable,
                    "the work on the store was cut short",
                )
                .with_source(error)
            })
    }
}

#[async_trait]
impl Provider for Embedded {
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        if locators.is_empty() {
            return Vec::new();
        }
        let asked = locators.to_vec();
        match self.apart(move |vault| vault.fetch(&asked)).await {
            Ok(answers) => answers,
            Err(error) => locators.iter().map(|_| Err(error.repeat())).collect(),
        }
    }

    async fn check(&self) -> Result<Identity> {
        self.apart(Vault::check).await?
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }
}

#[async_trait]
impl Writer for Embedded {
    /// Encrypts to the recipients of the store, or, where there is no store yet, to the key that is here.
    async fn put(
        &self,
        locator: &Locator,
        value: &SecretValue,
        options: &PutOptions,
    ) -> Result<PutOutcome> {
        Versions::refuse_writing(locator)?;
        let (name, value) = (locator.name().to_owned(), value.clone());
        let overwrite = options.without_kms_key()?.overwrite;
        self.apart(move |vault| write::put(vault, &name, &value, overwrite))
            .await?
    }
}
