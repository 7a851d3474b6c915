//! The `env` provider: variables of the environment the program was started in.

use std::ffi::OsStr;

use nuages_provider::{
    Capabilities, Descriptor, Environment, Error, Identity, Locator, OpenFuture, Provider,
    Reference, Result, Secret, SecretValue, Settings, Versions, async_trait,
};

use crate::environment_name;

/// `env://NAME`: the variable `NAME`, in bytes of any encoding. A variable that is set and empty exists.
pub const DESCRIPTOR: Descriptor = Descriptor {
    scheme: "env",
    summary: "variables of the process environment",
    capabilities: Capabilities::LOCAL,
    settings: &[],
    options: &[Versions::OPTION],
    bootstrap: &[],
    access: None,
    parse,
    open,
};

fn parse(reference: &Reference) -> Result<Locator> {
    variable(reference, "variable")
}

/// The locator of a named variable; through an instance also as an environment would spell it.
///
/// # Errors
/// Where no variable can have that name: it is empty or holds `=` or NUL.
pub(crate) fn variable(reference: &Reference, noun: &str) -> Result<Locator> {
    let name = reference.locator();
    if name.is_empty() {
        return Err(
            Error::invalid_reference(format!("the name of a {noun} is missing"))
                .with_hint(format!("write `{}://NAME`", reference.scheme())),
        );
    }
    if let Some(c) = name.chars().find(|c| matches!(c, '=' | '\0')) {
        let c = if c == '=' { "`=`" } else { "a NUL character" };
        return Err(Error::invalid_reference(format!(
            "the name of a {noun} cannot hold {c}"
        )));
    }
    let locator = Versions::carry(reference, Locator::new(name))?;
    Ok(if reference.is_named() {
        locator.or(environment_name(name))
    } else {
        locator
    })
}

fn open(_settings: Settings, environment: Environment) -> OpenFuture {
    Box::pin(async move { Ok(Box::new(Variables { environment }) as Box<dyn Provider>) })
}

struct Variables {
    environment: Environment,
}

impl Variables {
    fn read(&self, locator: &Locator) -> Result<Secret> {
        if let Some(value) = locator.names().find_map(|name| self.environment.var(name)) {
            let value = SecretValue::new(value.as_encoded_bytes().to_vec());
            return Versions::of_only(locator, value.into());
        }
        let names = self
            .environment
            .variables()
            .filter_map(|(name, _)| OsStr::to_str(name));
        Err(missing(locator, "the environment", names))
    }
}

#[async_trait]
impl Provider for Variables {
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        locators.iter().map(|locator| self.read(locator)).collect()
    }

    async fn check(&self) -> Result<Identity> {
        let count = self.environment.variables().count();
        Ok(Identity::new("process environment").with("variables", count.to_string()))
    }
}

/// "There is no such variable", with a hint at one whose name differs in case or in `-`, `_` and `.` alone.
///
/// Other names are not shown: a stray line of a broken env file may look like one.
pub(crate) fn missing<'a>(
    locator: &Locator,
    place: &str,
    names: impl Iterator<Item = &'a str>,
) -> Error {
    let message = match &locator.names().collect::<Vec<_>>()[..] {
        [written, spelled] => format!("neither `{written}` nor `{spelled}` is set in {place}"),
        _ => format!("`{}` is not set in {place}", locator.name()),
    };
    let error = Error::not_found(message);
    let wanted = environment_name(locator.name());
    let near = names
        .filter(|name| environment_name(name) == wanted)
        .find(|name| locator.names().all(|n| n != *name));
    match near {
        Some(name) => error.with_hint(format!(
            "`{name}` exists: names are compared letter by letter"
        )),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nuages_provider::ErrorKind;

    async fn read(reference: Reference) -> Result<Secret> {
        let variables = [
            ("DB_PASSWORD", "correct horse"),
            ("Api.Key", "battery staple"),
            ("EMPTY", ""),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let provider = open(Settings::new(), Environment::new(variables, "/")).await?;
        provider.fetch(&[parse(&reference)?]).await.remove(0)
    }

    #[tokio::test]
    async fn an_instance_also_finds_a_name_as_environments_spell_it() {
        assert_eq!(
            read(Reference::new("secrets", "db-password").through_instance())
                .await
                .unwrap()
                .value
                .len(),
            13
        );
        let error = read(Reference::new("env", "db-password"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(
            error.message(),
            "`db-password` is not set in the environment"
        );
        assert_eq!(
            error.hint(),
            Some("`DB_PASSWORD` exists: names are compared letter by letter")
        );
    }

    #[tokio::test]
    async fn a_miss_names_every_spelling_it_tried() {
        let error = read(Reference::new("secrets", "api-key").through_instance())
            .await
            .unwrap_err();
        assert_eq!(
            error.message(),
            "neither `api-key` nor `API_KEY` is set in the environment"
        );
        assert_eq!(
            error.hint(),
            Some("`Api.Key` exists: names are compared letter by letter")
        );
    }

    #[tokio::test]
    async fn an_empty_variable_exists() {
        assert!(
            read(Reference::new("env", "EMPTY"))
                .await
                .unwrap()
                .value
                .is_empty()
        );
    }

    /// The references of a production with earlier versions work on a laptop.
    #[tokio::test]
    async fn a_variable_has_one_version() {
        let read = async |name, range| {
            read(Reference::new("env", name).with_option("versions", range)).await
        };
        let list = read("DB_PASSWORD", "1..3").await.unwrap();
        assert_eq!(list.value.len(), "[\"correct horse\"]".len());
        assert_eq!(read("DB_PASSWORD", "2..3").await.unwrap().value.len(), 2);
        let missing = read("DB", "2..3").await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        let endless = read("DB_PASSWORD", "2..").await.unwrap_err();
        assert_eq!(endless.kind(), ErrorKind::InvalidReference);
    }

    #[test]
    fn impossible_names_are_refused() {
        for name in ["", "A=B", "A\0B"] {
            assert_eq!(
                parse(&Reference::new("env", name)).unwrap_err().kind(),
                ErrorKind::InvalidReference
            );
        }
    }
}
