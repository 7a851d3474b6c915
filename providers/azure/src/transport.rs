//! Lends the shared HTTP client to the Azure SDK: requests go to the hosts that a policy allows, and every answer that is
//! no success is told here, by its status and codes, before the SDK could wait and ask again.

use std::{fmt, sync::Arc, time::Duration};

use azure_core::{
    Bytes,
    cloud::{CloudConfiguration, CustomConfiguration},
    error::{Error as SdkError, ErrorKind as SdkErrorKind},
    http::{
        AsyncRawResponse, Body, ClientOptions, HttpClient as SdkHttpClient, Request, RetryOptions,
        Transport as SdkTransport, UserAgentOptions,
        headers::{HeaderName, HeaderValue, Headers},
    },
};
use nuages_provider::{Error, ErrorKind, async_trait};
use nuages_provider_http::{HostPolicy, HttpClient, host_and_port};

/// What an answer that is no success means; nothing where the SDK is to go on with it.
pub(crate) type Judge = fn(&http::Request<Bytes>, &http::Response<Bytes>) -> Option<Error>;

/// The SDK's way to the network.
#[derive(Clone)]
pub(crate) struct Transport {
    client: HttpClient,
    policy: HostPolicy,
    limit: Option<Duration>,
    judge: Judge,
}

impl Transport {
    pub(crate) fn new(client: HttpClient, policy: HostPolicy, judge: Judge) -> Self {
        Self {
            client,
            policy,
            limit: None,
            judge,
        }
    }

    /// The same, giving each request so much time.
    pub(crate) fn limited(self, limit: Option<Duration>) -> Self {
        Self { limit, ..self }
    }

    /// The SDK's options for it, with the authority that issues tokens. Trying again is the caller's.
    pub(crate) fn options(self, authority: &str) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        authority.clone_into(&mut cloud.authority_host);
        ClientOptions {
            retry: RetryOptions::none(),
            transport: Some(SdkTransport::new(Arc::new(self))),
            user_agent: UserAgentOptions {
                application_id: Some("nuages".to_owned()),
            },
            cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
            ..ClientOptions::default()
        }
    }

    /// Sends a request and takes its answer, which is a success.
    pub(crate) async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Error> {
        let about = head(&request);
        let answer = self
            .client
            .send(request, &self.policy, self.limit)
            .await
            .map_err(|error| error.to_error())?;
        if !answer.status().is_success()
            && let Some(error) = (self.judge)(&about, &answer)
        {
            return Err(error);
        }
        if answer.status().is_success() && is_beyond_time(&about, &answer) {
            let text = format!(
                "`{}` gives a token whose life is no time",
                host_and_port(about.uri())
            );
            return Err(Error::new(ErrorKind::Malformed, text));
        }
        Ok(answer)
    }
}

/// The longest life of a token, in seconds, that is taken for one: a year. The SDK adds it to the time, whatever it is.
const LONGEST_LIFE: i64 = 31_536_000;

/// Whether an answer of a token endpoint gives its token a life that no clock can be set by.
fn is_beyond_time(request: &http::Request<Bytes>, answer: &http::Response<Bytes>) -> bool {
    if !request.uri().path().ends_with("/oauth2/v2.0/token") {
        return false;
    }
    let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    body.get("expires_in")
        .and_then(serde_json::Value::as_i64)
        .is_some_and(|seconds| !(0..=LONGEST_LIFE).contains(&seconds))
}

/// A request without its body, which may hold a secret.
fn head(request: &http::Request<Bytes>) -> http::Request<Bytes> {
    let mut head = http::Request::new(Bytes::new());
    *head.method_mut() = request.method().clone();
    *head.uri_mut() = request.uri().clone();
    *head.headers_mut() = request.headers().clone();
    head
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

#[async_trait]
impl SdkHttpClient for Transport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.send(plain(request)?).await.map_err(carried)?;
        let (parts, body) = answer.into_parts();
        let mut headers = Headers::new();
        for (name, value) in &parts.headers {
            // A header that is no text means nothing to the SDK.
            if let Ok(value) = value.to_str() {
                headers.insert(
                    HeaderName::from(name.as_str().to_owned()),
                    HeaderValue::from(value.to_owned()),
                );
            }
        }
        Ok(AsyncRawResponse::from_bytes(
            parts.status.as_u16().into(),
            headers,
            body,
        ))
    }
}

fn plain(request: &Request) -> azure_core::Result<http::Request<Bytes>> {
    let Body::Bytes(body) = request.body() else {
        // Every request of these services is in memory whole; one that streams is not ours.
        return Err(refused("the request is not in memory"));
    };
    let mut builder = http::Request::builder()
        .method(request.method().as_str())
        .uri(request.url().as_str());
    for (name, value) in request.headers().iter() {
        builder = builder.header(name.as_str(), value.as_str());
    }
    // The error may quote a header.
    builder
        .body(body.clone())
        .map_err(|_| refused("the request cannot be sent as HTTP"))
}

fn refused(text: &'static str) -> SdkError {
    SdkError::with_message(SdkErrorKind::Other, text)
}

/// An error of ours on its way through the SDK, of a kind that the SDK does not try again.
pub(crate) fn carried(error: Error) -> SdkError {
    SdkError::new(SdkErrorKind::Other, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_life_that_a_clock_can_be_set_by() {
        let is_refused = |uri: &str, body: &str| {
            let request = http::Request::post(uri).body(Bytes::new()).unwrap();
            let answer = http::Response::new(Bytes::copy_from_slice(body.as_bytes()));
            is_beyond_time(&request, &answer)
        };
        let token = "https://login.microsoftonline.com/t/oauth2/v2.0/token";
        for body in [
            "{\"expires_in\": 3599}",
            "{\"expires_in\": 86400}",
            "{}",
            "x",
        ] {
            assert!(!is_refused(token, body), "{body}");
        }
        for body in [
            "{\"expires_in\": 9223372036854775807}",
            "{\"expires_in\": -1}",
        ] {
            assert!(is_refused(token, body), "{body}");
            assert!(!is_refused(
                "https://shop.vault.azure.net/secrets/db/",
                body
            ));
        }
    }
}
