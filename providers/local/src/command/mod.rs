//! `command`: a program of the user's own. Its argument list goes in, the value comes out; or one process answers many
//! references by the JSON-lines protocol of the README. No shell stands between.

mod expiry;
mod json_lines;
pub(crate) mod process;
pub(crate) mod settings;
pub(crate) mod together;
mod tree;
pub(crate) mod value;

use nuages_provider::{
    Capabilities, Descriptor, Environment, Error, Identity, Locator, OpenFuture, OptionSpec,
    Provider, Reference, Result, Secret, SettingKind, SettingSpec, Settings, Versions, async_trait,
};

use settings::{Command, PROTOCOLS, Protocol, STDERR};

/// The provider of programs.
pub const DESCRIPTOR: Descriptor = Descriptor {
    scheme: "command",
    summary: "the output of a program of your own",
    capabilities: Capabilities {
        versions: true,
        expiring: true,
        ..Capabilities::LOCAL
    },
    settings: &[
        SettingSpec {
            name: "argv",
            kind: SettingKind::TextList,
            required: true,
            summary: "the program and its arguments; `{}` stands for the name, which is appended where there is none",
        },
        SettingSpec {
            name: "protocol",
            kind: SettingKind::Choice(PROTOCOLS),
            required: false,
            summary: "`value` (default): a process a reference, its output is the value; `json-lines`: one for all",
        },
        SettingSpec {
            name: "keep_newline",
            kind: SettingKind::Flag,
            required: false,
            summary: "keep the newline that ends the output (protocol `value`)",
        },
        SettingSpec {
            name: "not_found_code",
            kind: SettingKind::Integer,
            required: false,
            summary: "the exit status that says that the secret does not exist; 44 by default (protocol `value`)",
        },
        SettingSpec {
            name: "stderr",
            kind: SettingKind::Choice(STDERR),
            required: false,
            summary: "`discard` (default), or `inherit`: the program's error output goes where ours goes",
        },
    ],
    options: &[
        OptionSpec {
            name: "version",
            summary: "the version to ask for (protocol `json-lines`)",
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
        return Err(
            Error::invalid_reference("a name is missing").with_hint(format!(
                "write `{}://name`: the name is handed to the program",
                reference.scheme()
            )),
        );
    }
    if name.starts_with('-') {
        return Err(Error::invalid_reference(format!(
            "`{name}` would be read by the program as an option"
        ))
        .with_hint("names that start with `-` are refused"));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::invalid_reference(
            "the name holds a control character",
        ));
    }
    let mut locator = Locator::new(name);
    if let Some(versions) = Versions::of_reference(reference, &["version"])? {
        locator = versions.on(locator);
    }
    let others = reference
        .options()
        .filter(|(option, _)| *option != Versions::NAME);
    for (option, value) in others {
        if option != "version" {
            return Err(
                Error::invalid_reference(format!("`command` has no option `{option}`"))
                    .with_hint("its options are `version` and `versions`"),
            );
        }
        if value.is_empty() {
            return Err(Error::invalid_reference("the option `version` is empty"));
        }
        locator = locator.with_option(option, value);
    }
    Ok(locator)
}

fn open(settings: Settings, environment: Environment) -> OpenFuture {
    Box::pin(async move {
        let command = Command::new(&settings, environment)?;
        Ok(Box::new(Programs { command }) as Box<dyn Provider>)
    })
}

struct Programs {
    command: Command,
}

#[async_trait]
impl Provider for Programs {
    async fn fetch(&self, locators: &[Locator]) -> Vec<Result<Secret>> {
        if locators.is_empty() {
            return Vec::new();
        }
        match &self.command.protocol {
            Protocol::Value(rules) => {
                let runs = locators
                    .iter()
                    .map(|locator| value::fetch(&self.command, *rules, locator));
                together::all(runs, value::PROCESSES).await
            }
            Protocol::JsonLines => json_lines::fetch(&self.command, locators).await,
        }
    }

    /// The program is there and may be run. It is not run: nothing says that it would read no secret.
    async fn check(&self) -> Result<Identity> {
        settings::executable(&self.command.path, &self.command.name)?;
        Ok(Identity::new(self.command.path.display().to_string()).with(
            "protocol",
            match self.command.protocol {
                Protocol::Value(_) => "value",
                Protocol::JsonLines => "json-lines",
            },
        ))
    }
}
