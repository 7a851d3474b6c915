//! How Entra refuses: status, OAuth error, the `AADSTS` code and a sentence, as its reference of error codes lists them.

use serde_json::json;

use crate::clock;
use crate::exchange::Answer;
use crate::random;

/// One reason not to give a token.
pub(super) struct Refusal {
    status: u16,
    error: &'static str,
    code: u32,
    sentence: String,
}

impl Refusal {
    fn new(status: u16, error: &'static str, code: u32, sentence: impl Into<String>) -> Self {
        Self {
            status,
            error,
            code,
            sentence: sentence.into(),
        }
    }

    fn client(code: u32, sentence: impl Into<String>) -> Self {
        Self::new(401, "invalid_client", code, sentence)
    }

    pub(super) fn tenant(tenant: &str) -> Self {
        Self::new(
            400,
            "invalid_request",
            90002,
            format!(
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
            ),
        )
    }

    pub(super) fn missing(name: &str) -> Self {
        let sentence = format!("The request body must contain the following parameter: '{name}'.");
        Self::new(400, "invalid_request", 900_144, sentence)
    }

    pub(super) fn grant(grant: &str) -> Self {
        let sentence = format!("The app requested an unsupported grant type '{grant}'.");
        Self::new(400, "unsupported_grant_type", 70003, sentence)
    }

    pub(super) fn application(client: &str, tenant: &str) -> Self {
        Self::new(
            400,
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
            ),
        )
    }

    pub(super) fn secret(client: &str) -> Self {
        Self::client(
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'."
            ),
        )
    }

    pub(super) fn expired_secret(client: &str) -> Self {
        Self::client(
            7_000_222,
            format!(
                "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new keys for your app, or consider using certificate credentials for added security."
            ),
        )
    }

    pub(super) fn no_credential() -> Self {
        let sentence = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        Self::client(7_000_218, sentence)
    }

    pub(super) fn assertion_type() -> Self {
        let sentence = "The request body must contain the following parameter: 'client_assertion_type' with the value 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'.";
        Self::new(400, "invalid_request", 900_144, sentence)
    }

    pub(super) fn malformed(what: &str) -> Self {
        let sentence = format!("JWT token is invalid or malformed. {what}");
        Self::new(400, "invalid_request", 50027, sentence)
    }

    pub(super) fn replayed() -> Self {
        let sentence = "Assertion is invalid: its identifier has been used before.";
        Self::client(50013, sentence)
    }

    pub(super) fn client_mismatch() -> Self {
        let sentence =
            "Client assertion application identifier doesn't match 'client_id' parameter.";
        Self::client(700_021, sentence)
    }

    pub(super) fn assertion_audience() -> Self {
        let sentence = "Client assertion audience claim does not match Realm issuer.";
        Self::client(700_023, sentence)
    }

    pub(super) fn assertion_time(now: i64, begin: Option<i64>, end: i64) -> Self {
        Self::client(
            700_024,
            format!(
                "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of assertion {}.",
                clock::long_date(now),
                clock::long_date(begin.unwrap_or(0)),
                clock::long_date(end)
            ),
        )
    }

    pub(super) fn certificate(client: &str, reason: &str) -> Self {
        Self::client(
            700_027,
            format!(
                "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - {reason}, Application: '{client}']"
            ),
        )
    }

    pub(super) fn no_federation(client: &str) -> Self {
        let sentence =
            format!("The client '{client}' has no configured federated identity credentials.");
        Self::client(70025, sentence)
    }

    /// `part` is `issuer`, `subject` or `audience`.
    pub(super) fn federation(code: u32, part: &str, found: &str) -> Self {
        Self::client(
            code,
            format!(
                "No matching federated identity record found for presented assertion {part} '{found}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion."
            ),
        )
    }

    pub(super) fn foreign_signature() -> Self {
        let sentence = "Unable to validate the signature of the presented assertion: no key of its issuer fits.";
        Self::client(700_027, sentence)
    }

    pub(super) fn scope(scopes: &str) -> Self {
        let sentence = format!(
            "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scopes} is not valid."
        );
        Self::new(400, "invalid_scope", 70011, sentence)
    }

    pub(super) fn scope_without_default(scope: &str) -> Self {
        let sentence = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        Self::new(400, "invalid_scope", 1_002_012, sentence)
    }

    pub(super) fn resource(resource: &str, tenant: &str) -> Self {
        Self::new(
            400,
            "invalid_resource",
            500_011,
            format!(
                "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."
            ),
        )
    }

    pub(super) fn answer(&self, now: i64, correlation: Option<String>) -> Answer {
        let correlation = correlation.unwrap_or_else(random::guid);
        answer(
            self.status,
            self.error,
            self.code,
            &self.sentence,
            now,
            &correlation,
        )
    }
}

/// An answer of the token endpoint in Entra's form.
pub(crate) fn answer(
    status: u16,
    error: &str,
    code: u32,
    sentence: &str,
    now: i64,
    correlation: &str,
) -> Answer {
    let (trace, timestamp) = (random::guid(), clock::entra_date(now));
    let body = json!({
        "error": error,
        "error_description": format!("AADSTS{code}: {sentence} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"),
        "error_codes": [code],
        "timestamp": timestamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
    });
    Answer::json(status, &body)
        .header("x-ms-request-id", trace)
        .header("cache-control", "no-store, no-cache")
}
