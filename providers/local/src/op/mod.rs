//! `op`: 1Password, through its own program. `op://vault/item/field` is written as 1Password's apps copy it.
//!
//! <https://developer.1password.com/docs/cli/secret-reference-syntax/> has the references,
//! <https://developer.1password.com/docs/cli/reference/commands/read/> the command that reads one.

mod failure;

use nuages_provider::{
    Capabilities, Descriptor, Environment, Error, ErrorKind, Identity, Locator, OpenFuture,
    OptionSpec, Provider, Reference, Result, Secret, SecretValue, SettingKind, SettingSpec,
    Settings, Versions, async_trait,
};

use crate::command::{
    process::{self, Finished},
    settings::{self, Command, ErrorOutput, Protocol},
    together, value,
};

/// The provider of 1Password.
pub const DESCRIPTOR: Descriptor = Descriptor {
    scheme: "op",
    summary: "a field of an item in 1Password, through its program `op`",
    capabilities: Capabilities {
        offline: false,
        ..Capabilities::LOCAL
    },
    settings: &[
        SettingSpec {
            name: "vault",
            kind: SettingKind::Text,
            required: false,
            summary: "the vault of this instance: `secrets://item` is the field `password` of an item in it",
        },
        SettingSpec {
            name: "account",
            kind: SettingKind::Text,
            required: false,
            summary: "the account, as `op --account` takes it [default: op's own]",
        },
    ],
    options: &[
        OptionSpec {
            name: "attribute",
            summary: "an attribute of the field, such as `otp`",
        },
        OptionSpec {
            name: "ssh-format",
            summary: "the format of an SSH key, such as `openssh`",
        },
        Versions::OPTION,
    ],
    bootstrap: &["OP_SERVICE_ACCOUNT_TOKEN", "OP_CONNECT_TOKEN"],
    access: None,
    parse,
    open,
};

/// The field that a name without one means.
const FIELD: &str = "password";

/// `vault/item/field` or `vault/item/section/field`; through an instance, `item` and `item/field` as well.
fn parse(reference: &Reference) -> Result<Locator> {
    let path = reference.locator();
    let parts: Vec<&str> = path.split('/').collect();
    let fits = parts.iter().all(|part| !part.is_empty());
    let least = if reference.is_named() { 1 } else { 3 };
    if !fits || !(least..=4).contains(&parts.len()) {
        return Err(
            Error::invalid_reference(format!("`{}` is no path in 1Password", path.escape_debug()))
                .with_hint(
                    "write `op://vault/item/field` or `op://vault/item/section/field`; what has a `/` in its name goes by its ID",
                ),
        );
    }
    // What 1Password itself takes, and nothing that its program could read as something else.
    let is_allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '/');
    if let Some(bad) = path.chars().find(|c| !is_allowed(*c)) {
        return Err(Error::invalid_reference(format!(
            "a path in 1Password cannot hold `{}`",
            bad.escape_debug()
        ))
        .with_hint("what has other characters in its name goes by its ID"));
    }
    let mut locator = Versions::carry(reference, Locator::new(path))?;
    let others = reference
        .options()
        .filter(|(option, _)| *option != Versions::NAME);
    for (option, value) in others {
        if !["attribute", "ssh-format"].contains(&option) {
            return Err(Error::invalid_reference(format!(
                "`op` has no option `{option}`"
            )));
        }
        let is_word = !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_word {
            return Err(Error::invalid_reference(format!(
                "the option `{option}` is one word"
            )));
        }
        locator = locator.with_option(option, value);
    }
    Ok(locator)
}

fn open(settings: Settings, environment: Environment) -> OpenFuture {
    Box::pin(async move {
        let arguments = match settings.text("account") {
            Some(account) if account.starts_with('-') || account.is_empty() => {
                return Err(Error::invalid_settings("`account` names no account"));
            }
            Some(account) => vec!["--account".to_owned(), account.to_owned()],
            None => Vec::new(),
        };
        let path = settings::find("op", &environment).map_err(|error| {
            error.with_hint(
                "install 1Password CLI: https://developer.1password.com/docs/cli/get-started/",
            )
        })?;
        let command = Command {
            name: "op".to_owned(),
            path,
            arguments,
            protocol: Protocol::JsonLines,
            error_output: ErrorOutput::Read,
            environment,
        };
        Ok(Box::new(OnePassword {
            command,
            vault: settings.text("vault").map(str::to_owned),
        }) as Box<dyn Provider>)
    })
}

struct OnePassword {
    command: Command,
    vault: Option<String>,
}

#[async_trait]
impl Provider for OnePassword {
    /// The first by itself: 1Password asks its user once, and the others find it unlocked.
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        let Some((first, others)) = locators.split_first() else {
            return Vec::new();
        };
        let mut answers = vec![self.read(first).await];
        let others = others.iter().map(|locator| self.read(locator));
        answers.extend(together::all(others, value::PROCESSES).await);
        answers
    }

    async fn check(&self) -> Result<Identity> {
        let finished = self.run(&["whoami", "--format", "json"]).await?;
        if !finished.status.success() {
            return Err(failure::of(&finished, "`op whoami`"));
        }
        let answer: serde_json::Value = serde_json::from_slice(&finished.output)
            .map_err(|_| Error::new(ErrorKind::Malformed, "what `op whoami` printed is no JSON"))?;
        let text = |name: &str| answer.get(name).and_then(serde_json::Value::as_str);
        let mut identity = Identity::new(text("url").unwrap_or("1Password").to_owned());
        for (name, key) in [("user", "email"), ("kind", "user_type")] {
            if let Some(text) = text(key).filter(|text| !text.is_empty()) {
                identity = identity.with(name, text.to_owned());
            }
        }
        Ok(identity)
    }
}

impl OnePassword {
    async fn read(&self, locator: &Locator) -> Result<Secret> {
        let reference = self.reference(locator)?;
        let finished = self
            .run(&["read", "--no-newline", "--", &reference])
            .await?;
        if !finished.status.success() {
            return Err(failure::of(&finished, &format!("`{}`", locator.name())));
        }
        let value = SecretValue::new(finished.output.to_vec());
        // `op read` gives the current version alone.
        Versions::of_only(locator, value.into())
    }

    async fn run(&self, arguments: &[&str]) -> Result<Finished> {
        let arguments: Vec<String> = self
            .command
            .arguments
            .iter()
            .cloned()
            .chain(arguments.iter().map(|argument| (*argument).to_owned()))
            .collect();
        process::run(&self.command, &arguments, None).await
    }

    /// The reference as `op` takes it.
    fn reference(&self, locator: &Locator) -> Result<String> {
        let name = locator.name();
        let mut reference = match (name.split('/').count(), &self.vault) {
            (1, Some(vault)) => format!("op://{vault}/{name}/{FIELD}"),
            (2, Some(vault)) => format!("op://{vault}/{name}"),
            (3 | 4, _) => format!("op://{name}"),
            _ => {
                return Err(
                    Error::invalid_reference(format!("`{name}` does not say which vault"))
                        .with_hint("give the instance its `vault`, or write `vault/item/field`"),
                );
            }
        };
        let mut sign = '?';
        for option in ["attribute", "ssh-format"] {
            if let Some(value) = locator.option(option) {
                reference = format!("{reference}{sign}{option}={value}");
                sign = '&';
            }
        }
        Ok(reference)
    }
}
