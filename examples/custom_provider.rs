//! A provider of your own: `nuages` with one more scheme, in one file.
//!
//! `pgpass` looks logins up in a PostgreSQL password file (`hostname:port:database:username:password` a line, see
//! "The Password File" in the PostgreSQL documentation):
//!
//! ```toml
//! PASSWORD = "${pgpass://db.internal:5432/shop/shop_app}"
//! ```
//!
//! Try it: `cargo run --example custom_provider -- get pgpass://db.internal:5432/shop/shop_app`.

use std::{io::ErrorKind as Io, path::PathBuf, process::ExitCode};

use nuages::registry::Registry;
use nuages_provider::{
    Capabilities, Descriptor, Environment, Error, ErrorKind, Identity, Locator, OpenFuture,
    Provider, Reference, Result, Secret, SecretValue, SettingKind, SettingSpec, Settings,
    async_trait,
};

/// All that is true of the provider before it is opened.
pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    scheme: "pgpass",
    summary: "passwords of a PostgreSQL password file",
    capabilities: Capabilities::LOCAL,
    settings: &[SettingSpec {
        name: "path",
        kind: SettingKind::Text,
        required: false,
        summary: "the password file; ~/.pgpass where it is left out",
    }],
    options: &[],
    bootstrap: &["PGPASSWORD"],
    access: None,
    parse,
    open,
};

/// `host:port/database/user`. Pure: the file is not looked at.
fn parse(reference: &Reference) -> Result<Locator> {
    let parts: Vec<&str> = reference.locator().split('/').collect();
    match parts[..] {
        [server, database, user]
            if !database.is_empty() && !user.is_empty() && server.contains(':') =>
        {
            Ok(Locator::new(reference.locator()))
        }
        _ => Err(
            Error::invalid_reference("a login is written `host:port/database/user`")
                .with_hint("such as `pgpass://db.internal:5432/shop/shop_app`"),
        ),
    }
}

fn open(settings: Settings, environment: Environment) -> OpenFuture {
    Box::pin(async move {
        let path = environment.path(settings.text("path").unwrap_or("~/.pgpass"));
        Ok(Box::new(PasswordFile { path }) as Box<dyn Provider>)
    })
}

struct PasswordFile {
    path: PathBuf,
}

#[async_trait]
impl Provider for PasswordFile {
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) => {
                return locators
                    .iter()
                    .map(|_| Err(self.unreadable(&error)))
                    .collect();
            }
        };
        locators
            .iter()
            .map(|locator| self.find(&text, locator))
            .collect()
    }

    async fn check(&self) -> Result<Identity> {
        match self.path.metadata() {
            Ok(_) => Ok(Identity::new(self.path.display().to_string())),
            Err(error) => Err(self.unreadable(&error)),
        }
    }
}

impl PasswordFile {
    /// The first line that fits; `*` fits anything.
    fn find(&self, text: &str, locator: &Locator) -> Result<Secret> {
        let wanted = locator.name().replacen(':', "/", 1);
        let line = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(fields)
            .find(|fields| {
                fields.len() == 5
                    && wanted
                        .split('/')
                        .zip(fields)
                        .all(|(part, field)| field == "*" || field == part)
            });
        let password = line.and_then(|mut fields| fields.pop()).ok_or_else(|| {
            Error::not_found(format!(
                "no line of `{}` fits `{}`",
                self.path.display(),
                locator.name()
            ))
        })?;
        Ok(SecretValue::from_text(password).into())
    }

    fn unreadable(&self, error: &std::io::Error) -> Error {
        let kind = match error.kind() {
            Io::NotFound => ErrorKind::NotFound,
            Io::PermissionDenied => ErrorKind::PermissionDenied,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, format!("cannot read `{}`", self.path.display()))
    }
}

/// The fields of a line: separated by colons; a backslash takes the next character as it is.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (c, fields.last_mut()) {
            ('\\', Some(field)) => field.extend(characters.next()),
            (':', _) => fields.push(String::new()),
            (c, Some(field)) => field.push(c),
            (_, None) => {}
        }
    }
    fields
}

// The library's tests include this file; there, `main` is not the program's.
#[allow(dead_code, reason = "called where this file is a program of its own")]
fn main() -> ExitCode {
    nuages::cli::main(Registry::builtin().with(DESCRIPTOR))
}
