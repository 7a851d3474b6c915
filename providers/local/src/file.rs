//! The `file` provider: one secret a file, such as those a container runtime mounts below `/run/secrets`.

use std::{
    io,
    path::{Component, Path, PathBuf},
};

use nuages_provider::{
    Capabilities, Descriptor, Environment, Error, ErrorKind, Identity, Locator, OpenFuture,
    OptionSpec, Provider, Reference, Result, Secret, SecretValue, SettingKind, SettingSpec,
    Settings, Versions, async_trait,
};

use crate::environment_name;

pub(crate) mod read;

use read::{Trouble, Wiped};

/// `file://PATH`: the file's bytes without one trailing line break; through an instance, a name below its directory.
pub const DESCRIPTOR: Descriptor = Descriptor {
    scheme: "file",
    summary: "one secret a file, such as a directory of mounted secrets",
    capabilities: Capabilities::LOCAL,
    settings: &[
        SettingSpec {
            name: "path",
            kind: SettingKind::Text,
            required: false,
            summary: "the directory of the secret files; without it, the manifest's directory",
        },
        SettingSpec {
            name: "keep_newline",
            kind: SettingKind::Flag,
            required: false,
            summary: "keep the line break at the end of a file",
        },
    ],
    options: &[
        OptionSpec {
            name: "keep_newline",
            summary: "`true` keeps the line break at the end of the file, `false` trims it",
        },
        Versions::OPTION,
    ],
    bootstrap: &[],
    access: None,
    parse,
    open,
};

fn parse(reference: &Reference) -> Result<Locator> {
    let name = reference.locator();
    if name.is_empty() {
        return Err(Error::invalid_reference("the path of a file is missing")
            .with_hint(format!("write `{}://PATH`", reference.scheme())));
    }
    if name.contains('\0') {
        return Err(Error::invalid_reference(
            "a path cannot hold a NUL character",
        ));
    }
    let mut locator = Versions::carry(reference, Locator::new(name))?;
    if reference.is_named() {
        stays_below(name)?;
        locator = locator.or(docker_name(name));
    }
    if let Some(keep) = reference.option("keep_newline") {
        if !matches!(keep, "true" | "false") {
            return Err(Error::invalid_reference(
                "`keep_newline` is `true` or `false`",
            ));
        }
        locator = locator.with_option("keep_newline", keep);
    }
    Ok(locator)
}

/// Refuses what would leave the directory of an instance.
fn stays_below(name: &str) -> Result<()> {
    let plain = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if plain && !name.starts_with("~/") {
        return Ok(());
    }
    Err(Error::invalid_reference(format!(
        "`{name}` would leave the directory of the instance"
    ))
    .with_hint("write a name below it, or `file://` and a path"))
}

/// A name as secrets of Docker are mostly spelled: `db-password` becomes `db_password`. Directories stay.
fn docker_name(name: &str) -> String {
    let (directory, file) = name.rsplit_once('/').map_or(("", name), |(directory, _)| {
        name.split_at(directory.len() + 1)
    });
    format!("{directory}{}", environment_name(file).to_ascii_lowercase())
}

fn open(settings: Settings, environment: Environment) -> OpenFuture {
    Box::pin(async move {
        let directory = match settings.text("path") {
            Some("") => return Err(Error::invalid_settings("`path` is empty")),
            Some(path) => Some(environment.path(path)),
            None => None,
        };
        if let Some(path) = directory.as_ref().filter(|path| path.is_file()) {
            return Err(Error::invalid_settings(format!(
                "`{}` is a file, not a directory",
                path.display()
            ))
            .with_hint("give the directory of the file, and the file's name in the reference"));
        }
        let keep_newline = settings.flag("keep_newline");
        Ok(Box::new(Files {
            directory,
            keep_newline,
            environment,
        }) as Box<dyn Provider>)
    })
}

struct Files {
    directory: Option<PathBuf>,
    keep_newline: bool,
    environment: Environment,
}

impl Files {
    async fn secret(&self, locator: &Locator) -> Result<Secret> {
        let mut bytes = self.find(locator).await?;
        let keep = locator
            .option("keep_newline")
            .map_or(self.keep_newline, |keep| keep == "true");
        if !keep {
            let end = bytes
                .strip_suffix(b"\r\n")
                .or_else(|| bytes.strip_suffix(b"\n"))
                .unwrap_or(&bytes)
                .len();
            bytes.truncate(end);
        }
        let value = SecretValue::new(std::mem::take(&mut *bytes));
        Versions::of_only(locator, value.into())
    }

    async fn find(&self, locator: &Locator) -> Result<Wiped> {
        for name in locator.names() {
            let path = self.path(name);
            let bytes = match &self.directory {
                Some(directory) => {
                    stays_below(name)?;
                    read_below(directory, &path).await?
                }
                None => read::read(path.clone()).await,
            };
            match bytes {
                Ok(bytes) => return Ok(bytes),
                Err(Trouble::Missing) => {}
                Err(trouble) => return Err(trouble.error(&path)),
            }
        }
        Err(self.missing(locator))
    }

    fn path(&self, name: &str) -> PathBuf {
        match &self.directory {
            Some(directory) => directory.join(name),
            None => self.environment.path(name),
        }
    }

    /// "There is no such file", with a hint at one that is nearly of that name. The directory is not listed: the
    /// right to search it is enough.
    fn missing(&self, locator: &Locator) -> Error {
        if let Some(directory) = self
            .directory
            .as_ref()
            .filter(|directory| !directory.exists())
        {
            return Error::not_found(format!(
                "the directory `{}` does not exist",
                directory.display()
            ))
            .with_hint("is it mounted here?");
        }
        let error = Trouble::Missing.error(&self.path(locator.name()));
        let (name, file) = (
            locator.name(),
            locator.name().rsplit('/').next().unwrap_or_default(),
        );
        let directory = &name[..name.len() - file.len()];
        let near = [
            environment_name(file),
            docker_name(file),
            docker_name(file).replace('_', "-"),
            format!("{file}.txt"),
            format!("{}.txt", docker_name(file)),
        ]
        .map(|file| format!("{directory}{file}"));
        let near = near
            .iter()
            .find(|near| locator.names().all(|name| name != *near) && self.path(near).is_file());
        match near {
            Some(near) => error.with_hint(format!("`{near}` is there")),
            None => error,
        }
    }
}

/// Reads `path` where its links end inside `directory`, so that a link cannot lend out files from elsewhere.
///
/// A Kubernetes volume is made of such links, and the directory they lead to is replaced on every update: a file that
/// is not there, or no longer there once it is opened, is looked for again.
async fn read_below(directory: &Path, path: &Path) -> Result<Result<Wiped, Trouble>> {
    for _ in 0..2 {
        let outcome = read_linked(directory, path).await?;
        if outcome.as_ref().err() != Some(&Trouble::Missing) {
            return Ok(outcome);
        }
    }
    read_linked(directory, path).await
}

async fn read_linked(directory: &Path, path: &Path) -> Result<Result<Wiped, Trouble>> {
    let ends =
        std::fs::canonicalize(directory).and_then(|top| Ok((top, std::fs::canonicalize(path)?)));
    match ends {
        Ok((top, file)) if file.starts_with(&top) => Ok(read::read(file).await),
        Ok(_) => Err(Error::new(
            ErrorKind::PermissionDenied,
            format!(
                "`{}` is a link out of the directory of the instance",
                path.display()
            ),
        )
        .with_hint("name the file it leads to with `file://` and its path")),
        Err(error) => Ok(Err(error.into())),
    }
}

#[async_trait]
impl Provider for Files {
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        let mut answers = Vec::with_capacity(locators.len());
        for locator in locators {
            answers.push(self.secret(locator).await);
        }
        answers
    }

    async fn check(&self) -> Result<Identity> {
        let directory = self
            .directory
            .as_deref()
            .unwrap_or_else(|| self.environment.base());
        let metadata =
            std::fs::metadata(directory).map_err(|error| Trouble::from(error).error(directory))?;
        if !metadata.is_dir() {
            return Err(Trouble::Io(io::ErrorKind::NotADirectory).error(directory));
        }
        Ok(Identity::new(directory.display().to_string()))
    }
}
