//! Lends the shared HTTP client to the AWS SDK, for requests to AWS's own hosts alone.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient as SdkHttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use nuages_provider_http::{Fault, HostPolicy, HttpClient, TransportError, host_and_port};

/// The domains that AWS serves its API under, partition by partition, dual-stack included.
///
/// <https://docs.aws.amazon.com/general/latest/gr/rande.html>, and `partitions.json` of the SDKs.
const DOMAINS: &[&str] = &[
    ".amazonaws.com",
    ".api.aws",
    ".amazonaws.com.cn",
    ".api.amazonwebservices.com.cn",
    ".amazonaws.eu",
    ".api.amazonwebservices.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
];

/// The SDK's way to the network.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    client: HttpClient,
    policy: HostPolicy,
    limit: Option<Duration>,
    asked: Arc<Mutex<Option<String>>>,
}

impl Transport {
    /// To AWS, and to `endpoint`'s host where the manifest names one.
    pub(crate) fn new(client: HttpClient, endpoint_host: Option<&str>) -> Self {
        let policy = HostPolicy::below(DOMAINS);
        Self {
            client,
            policy: match endpoint_host {
                Some(host) => policy.and_host(host),
                None => policy,
            },
            limit: None,
            asked: Arc::default(),
        }
    }

    /// The same, giving each request so much time.
    pub(crate) fn limited(&self, limit: Duration) -> Self {
        Self {
            limit: Some(limit),
            asked: Arc::default(),
            ..self.clone()
        }
    }

    /// The same, remembering by itself where it sent its last request.
    pub(crate) fn apart(&self) -> Self {
        Self {
            asked: Arc::default(),
            ..self.clone()
        }
    }

    /// Where the last request went: `https://ssm.eu-west-1.amazonaws.com`.
    pub(crate) fn endpoint(&self) -> Option<String> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn send(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request
            .try_into_http1x()
            .map_err(|error| ConnectorError::user(error.into()))?;
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = place(request.uri());
        // Every request of these services is in memory whole; one that streams is not ours.
        let request = request.map(|body| body.bytes().map(Bytes::copy_from_slice));
        let (parts, Some(body)) = request.into_parts() else {
            return Err(ConnectorError::user("the request is not in memory".into()));
        };
        let answer = self
            .client
            .send(
                http::Request::from_parts(parts, body),
                &self.policy,
                self.limit,
            )
            .await
            .map_err(connector_error)?;
        let (parts, body) = answer.into_parts();
        let status = StatusCode::try_from(parts.status.as_u16())
            .map_err(|error| ConnectorError::other(error.into(), None))?;
        let mut whole = HttpResponse::new(status, SdkBody::from(body));
        for (name, value) in &parts.headers {
            // A header that is no text means nothing to the SDK.
            if let Ok(value) = value.to_str() {
                whole
                    .headers_mut()
                    .append(name.as_str().to_owned(), value.to_owned());
            }
        }
        Ok(whole)
    }
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().send(request))
    }
}

impl SdkHttpClient for Transport {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn place(uri: &http::Uri) -> Option<String> {
    Some(format!("{}://{}", uri.scheme()?, host_and_port(uri)))
}

/// The class decides what the SDK makes of it; the error itself stays within as the source.
fn connector_error(error: TransportError) -> ConnectorError {
    match error.fault() {
        Fault::TimedOut => ConnectorError::timeout(error.into()),
        Fault::Forbidden | Fault::Plain => ConnectorError::user(error.into()),
        _ => ConnectorError::io(error.into()),
    }
}
