//! Writing: a new secret, or a new version of one that is there. Key Vault knows no "only if it is new": that is looked up
//! first.

use azure_core::http::RequestContent;
use azure_security_keyvault_secrets::models::SetSecretParameters;
use nuages_provider::{
    Error, ErrorKind, Locator, PutOptions, PutOutcome, Result, SecretValue, Versions, Writer,
    async_trait,
};

use super::{KeyVault, fetch, names};

/// The longest value, in bytes.
const LONGEST: usize = 25_600;

#[async_trait]
impl Writer for KeyVault {
    async fn put(
        &self,
        locator: &Locator,
        value: &SecretValue,
        options: &PutOptions,
    ) -> Result<PutOutcome> {
        options.without_kms_key()?;
        if locator.option("version").is_some() {
            return Err(Error::invalid_reference("only a new version is written")
                .with_hint("leave `version` out"));
        }
        Versions::refuse_writing(locator)?;
        let (vault, name) = names::split(locator);
        let name = names::whole(&self.prefix, name)?;
        let text = text(value)?;
        let opened = self.vaults.find(vault)?;
        let outcome = match fetch::get(&opened, &name, None).await {
            Err(error) if error.kind() == ErrorKind::NotFound => PutOutcome::Created,
            // Disabled, and there all the same.
            Ok(_) if !options.overwrite => return Err(exists(&name)),
            Ok(_) => PutOutcome::Replaced,
            // An identity may be allowed to write and not to read.
            Err(error) if options.overwrite && error.kind() == ErrorKind::PermissionDenied => {
                PutOutcome::Replaced
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(Error::new(error.kind(), error.message()).with_hint(
                    "to look whether it is there needs Get on secrets; `--overwrite` writes without that",
                ));
            }
            Err(error) => return Err(error),
        };
        let parameters = SetSecretParameters {
            value: Some(text),
            ..SetSecretParameters::default()
        };
        let content: RequestContent<SetSecretParameters> =
            parameters
                .try_into()
                .map_err(|failure: azure_core::Error| {
                    Error::invalid_reference("the value cannot be written as JSON")
                        .with_source(failure)
                })?;
        opened
            .client
            .set_secret(&name, content, None)
            .await
            .map_err(|failure| fetch::about(&opened, &failure, &name, None))?;
        Ok(outcome)
    }
}

fn exists(name: &str) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("there is a secret `{name}` already"),
    )
}

/// Key Vault keeps text.
#[expect(
    clippy::disallowed_methods,
    reason = "a store that is written to is a sink"
)]
fn text(value: &SecretValue) -> Result<String> {
    let refused = |text: &str| Error::new(ErrorKind::Unsupported, text.to_owned());
    let text = value.expose_text().map_err(|_| {
        refused("Key Vault keeps text, and the value is none")
            .with_hint("put it as base64, and read it with `| base64decode`")
    })?;
    if text.len() > LONGEST {
        return Err(refused(&format!(
            "the value has {} bytes, and Key Vault takes at most {LONGEST}",
            text.len()
        )));
    }
    Ok(text.to_owned())
}
