//! Sends a request and takes the whole answer, bounded in size, with faults told apart.

use std::{fmt, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use nuages_provider::{Environment, Error};

use crate::{Fault, HostPolicy, TransportError, dns, proxy, trust};

/// The largest answer that is read, in bytes. Twenty of the largest secrets that a store keeps are a third of it.
pub const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// How long a connection may take to be there, with its TLS. A packet that is lost once is sent again within it; a server
/// that is further away than that serves no container's start.
pub const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// How long an idle connection is kept: shorter than the servers' own limits.
const IDLE: Duration = Duration::from_secs(15);

/// A client that follows no redirects, sends no cookies and goes through the proxy that the environment names.
#[derive(Clone)]
pub struct HttpClient {
    client: reqwest::Client,
    has_proxy: bool,
}

impl HttpClient {
    /// The client of this run, made by the first provider that asks.
    ///
    /// # Errors
    /// `InvalidSettings` where the environment names a proxy or a file of certificates that cannot be used.
    pub fn shared(environment: &Environment) -> Result<Self, Error> {
        let made = environment.shared("http", || Self::new(environment));
        match &*made {
            Ok(client) => Ok(client.clone()),
            Err(error) => Err(error.repeat()),
        }
    }

    fn new(environment: &Environment) -> Result<Self, Error> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(trust::configuration(environment)?)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .pool_idle_timeout(IDLE)
            .connect_timeout(CONNECT_LIMIT)
            .dns_resolver(Arc::new(dns::System))
            .no_proxy();
        let proxies = proxy::proxies(environment)?;
        let has_proxy = !proxies.is_empty();
        for proxy in proxies {
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|error| {
            Error::invalid_settings("the HTTP client cannot be set up").with_source(error)
        })?;
        Ok(Self { client, has_proxy })
    }

    /// Sends `request` to a host that `policy` allows and reads the answer, at most [`LARGEST_BODY`] bytes of it.
    /// `limit` bounds the whole exchange; without one only the caller's own deadline does.
    ///
    /// # Errors
    /// What went wrong on the way. Any HTTP answer that is whole is no error.
    pub async fn send(
        &self,
        request: http::Request<Bytes>,
        policy: &HostPolicy,
        limit: Option<Duration>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let host = host_and_port(request.uri());
        policy
            .check(request.uri())
            .map_err(|fault| TransportError::new(&host, fault))?;
        let exchange = self.exchange(request);
        let outcome = match limit {
            Some(limit) => tokio::time::timeout(limit, exchange)
                .await
                .unwrap_or(Err(Fault::TimedOut)),
            None => exchange.await,
        };
        outcome.map_err(|fault| TransportError::new(&host, fault).behind_proxy(self.has_proxy))
    }

    async fn exchange(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Fault> {
        let (parts, body) = request.into_parts();
        let sent = self
            .client
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .body(body)
            .send()
            .await;
        let mut answer = sent.map_err(|error| match Fault::of(&error) {
            // A tunnel that the proxy denies has no type of its own.
            Fault::Other if self.has_proxy && error.is_connect() => Fault::Proxy,
            fault => fault,
        })?;
        if answer.content_length().is_some_and(is_too_large) {
            return Err(Fault::TooLarge);
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| Fault::of_body(&error))?
        {
            if body.len() + chunk.len() > LARGEST_BODY {
                return Err(Fault::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut whole = http::Response::new(body.freeze());
        *whole.status_mut() = answer.status();
        *whole.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(whole)
    }
}

/// Leaves the client itself out: it knows the proxy, and that may have a password.
impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("has_proxy", &self.has_proxy)
            .finish_non_exhaustive()
    }
}

/// The host of a URL, and the port where it has one; never a login that stands before them.
#[must_use]
pub fn host_and_port(uri: &http::Uri) -> String {
    let host = uri.host().unwrap_or_default();
    match uri.port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn is_too_large(length: u64) -> bool {
    usize::try_from(length).map_or(true, |length| length > LARGEST_BODY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_in_a_url_is_not_shown() {
        let shown = |text: &str| host_and_port(&text.parse().unwrap());
        assert_eq!(
            shown("https://user:hunter2@example.org:8443/x"),
            "example.org:8443"
        );
        assert_eq!(shown("https://hunter2@example.org/"), "example.org");
        assert_eq!(shown("http://[::1]:5000/"), "[::1]:5000");
    }

    #[test]
    fn a_proxys_password_is_not_in_debug() {
        let variables = [("HTTPS_PROXY".into(), "http://user:hunter2@proxy:1".into())];
        let environment = Environment::new(variables, "/");
        let client = HttpClient::shared(&environment).unwrap();
        assert!(!format!("{client:?}").contains("hunter2"));
    }
}
