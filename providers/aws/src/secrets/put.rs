//! Writing: a new secret, or a new current version of one that is there.

use aws_sdk_secretsmanager::{Client, primitives::Blob};
use nuages_provider::{
    Error, ErrorKind, Locator, PutOptions, PutOutcome, Result, SecretValue, Versions, Writer,
    async_trait,
};

use super::{SecretsManager, names};
use crate::error::{Action, classify};

#[async_trait]
impl Writer for SecretsManager {
    /// Text where the value is UTF-8, else binary.
    async fn put(
        &self,
        locator: &Locator,
        value: &SecretValue,
        options: &PutOptions,
    ) -> Result<PutOutcome> {
        if locator.option("version_id").is_some() || locator.option("stage").is_some() {
            return Err(
                Error::invalid_reference("only the current version is written")
                    .with_hint("leave `version_id` and `stage` out"),
            );
        }
        Versions::refuse_writing(locator)?;
        let id = names::whole(&self.prefix, locator.name())?;
        // The next region is for reading: what is written goes to the first alone.
        let regions = self.session.regions(locator.option("region"))?;
        let Some((region, _)) = regions.into_iter().next() else {
            return Err(Error::invalid_settings("no region is known"));
        };
        let configuration = self
            .session
            .configuration(region, self.session.transport.clone());
        let client = Client::new(&configuration);
        if options.overwrite {
            match replace(&client, &id, value, options).await {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                outcome => return outcome,
            }
        }
        create(&client, &id, value, options).await
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a store that is written to is a sink"
)]
fn parts(value: &SecretValue) -> (Option<String>, Option<Blob>) {
    match value.expose_text() {
        Ok(text) => (Some(text.to_owned()), None),
        Err(_) => (None, Some(Blob::new(value.expose()))),
    }
}

async fn create(
    client: &Client,
    id: &str,
    value: &SecretValue,
    options: &PutOptions,
) -> Result<PutOutcome> {
    let (text, bytes) = parts(value);
    client
        .create_secret()
        .name(id)
        .set_secret_string(text)
        .set_secret_binary(bytes)
        .set_kms_key_id(options.kms_key.clone())
        .send()
        .await
        .map_err(|error| classify(&error, Action("secretsmanager:CreateSecret")))?;
    Ok(PutOutcome::Created)
}

async fn replace(
    client: &Client,
    id: &str,
    value: &SecretValue,
    options: &PutOptions,
) -> Result<PutOutcome> {
    let (text, bytes) = parts(value);
    if options.kms_key.is_some() {
        // Only the secret itself has a key; a version follows it.
        client
            .update_secret()
            .secret_id(id)
            .set_secret_string(text)
            .set_secret_binary(bytes)
            .set_kms_key_id(options.kms_key.clone())
            .send()
            .await
            .map_err(|error| classify(&error, Action("secretsmanager:UpdateSecret")))?;
    } else {
        client
            .put_secret_value()
            .secret_id(id)
            .set_secret_string(text)
            .set_secret_binary(bytes)
            .send()
            .await
            .map_err(|error| classify(&error, Action("secretsmanager:PutSecretValue")))?;
    }
    Ok(PutOutcome::Replaced)
}
