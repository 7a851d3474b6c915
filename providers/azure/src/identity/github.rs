//! The identity token that GitHub Actions gives a job, as the assertion that Entra trusts.
//!
//! <https://docs.github.com/actions/reference/security/oidc>: a request to the URL in the job's environment, with the audience
//! that the federated credential names.

use std::fmt;

use azure_core::{Bytes, credentials::Secret, http::ClientMethodOptions};
use azure_identity::ClientAssertion;
use nuages_provider::{Environment, Error, ErrorKind, async_trait};

use crate::transport::{Transport, carried};

/// The audience of a federated credential, as Azure's own actions ask for it.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// Asks GitHub.
pub(super) struct GitHub {
    url: http::Uri,
    token: Secret,
    transport: Transport,
}

impl GitHub {
    pub(super) fn new(environment: &Environment, transport: Transport) -> Result<Self, Error> {
        let text = environment
            .text("ACTIONS_ID_TOKEN_REQUEST_URL")
            .unwrap_or_default();
        let separator = if text.contains('?') { '&' } else { '?' };
        // The audience is of characters that a query may hold, but for the colon and the slashes.
        let audience = AUDIENCE.replace(':', "%3A").replace('/', "%2F");
        let url = format!("{text}{separator}audience={audience}")
            .parse()
            .map_err(|_| {
                Error::invalid_settings(
                    "`ACTIONS_ID_TOKEN_REQUEST_URL` in the environment is no URL",
                )
            })?;
        let token = environment
            .text("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
            .unwrap_or_default();
        Ok(Self {
            url,
            token: Secret::new(token.to_owned()),
            transport,
        })
    }

    async fn ask(&self) -> Result<String, Error> {
        let malformed = |text| Error::new(ErrorKind::Malformed, text);
        let request = http::Request::get(self.url.clone())
            .header(
                http::header::AUTHORIZATION,
                format!("Bearer {}", self.token.secret()),
            )
            .header(http::header::ACCEPT, "application/json")
            .body(Bytes::new())
            .map_err(|_| {
                Error::invalid_settings(
                    "`ACTIONS_ID_TOKEN_REQUEST_TOKEN` in the environment is no token",
                )
            })?;
        let answer = self.transport.send(request).await?;
        let body: serde_json::Value = serde_json::from_slice(answer.body())
            .map_err(|_| malformed("the answer of GitHub is not understood"))?;
        let token = body.get("value").and_then(serde_json::Value::as_str);
        token
            .map(str::to_owned)
            .ok_or_else(|| malformed("the answer of GitHub holds no identity token"))
    }
}

impl fmt::Debug for GitHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GitHub")
    }
}

#[async_trait]
impl ClientAssertion for GitHub {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.ask().await.map_err(carried)
    }
}
