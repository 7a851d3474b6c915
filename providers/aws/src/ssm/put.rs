//! Writing: an encrypted parameter, made or replaced as the caller says.

use aws_sdk_ssm::{
    Client,
    types::{ParameterTier, ParameterType},
};
use nuages_provider::{
    Error, ErrorKind, Locator, PutOptions, PutOutcome, Result, SecretValue, Versions, Writer,
    async_trait,
};

use super::{ParameterStore, asked};
use crate::error::{Action, classify};

/// What a parameter of the standard tier holds, in bytes.
const LARGEST_STANDARD: usize = 4096;

#[async_trait]
impl Writer for ParameterStore {
    async fn put(
        &self,
        locator: &Locator,
        value: &SecretValue,
        options: &PutOptions,
    ) -> Result<PutOutcome> {
        let (name, _) = asked(&self.prefix, locator)?;
        Versions::refuse_writing(locator)?;
        if locator.option("selector").is_some() {
            return Err(Error::invalid_reference(
                "a version or a label that exists cannot be written",
            )
            .with_hint("leave `version` and `label` out: writing makes a new version"));
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "a store that is written to is a sink"
        )]
        let text = value.expose_text().map_err(|_| {
            Error::new(
                ErrorKind::Unsupported,
                "a parameter holds text, and this is not UTF-8",
            )
            .with_hint("store it as base64, and read it with `| base64decode`")
        })?;
        // The next region is for reading: what is written goes to the first alone.
        let regions = self.session.regions(locator.option("region"))?;
        let Some((region, _)) = regions.into_iter().next() else {
            return Err(Error::invalid_settings("no region is known"));
        };
        let configuration = self
            .session
            .configuration(region, self.session.transport.clone());
        let answer = Client::new(&configuration)
            .put_parameter()
            .name(name)
            .value(text)
            .r#type(ParameterType::SecureString)
            .set_key_id(options.kms_key.clone())
            .set_tier(self.tier.as_deref().and_then(tier))
            .overwrite(options.overwrite)
            .send()
            .await
            .map_err(|error| {
                let error = classify(&error, Action("ssm:PutParameter"));
                match error.kind() {
                    ErrorKind::InvalidReference if text.len() > LARGEST_STANDARD => error
                        .with_hint("the standard tier holds 4 KiB: `tier = \"advanced\"` holds 8 and has a price"),
                    _ => error,
                }
            })?;
        Ok(if answer.version() > 1 {
            PutOutcome::Replaced
        } else {
            PutOutcome::Created
        })
    }
}

fn tier(name: &str) -> Option<ParameterTier> {
    match name {
        "standard" => Some(ParameterTier::Standard),
        "advanced" => Some(ParameterTier::Advanced),
        "intelligent" => Some(ParameterTier::IntelligentTiering),
        _ => None,
    }
}
