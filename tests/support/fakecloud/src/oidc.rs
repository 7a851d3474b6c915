//! Tokens that prove which job is running: Azure Pipelines (REST API 7.1, `distributedtask/oidctoken`) and GitHub Actions
//! (docs.github.com, "`OpenID` Connect reference"). Entra exchanges them where an application is federated with them.

use serde_json::json;

use crate::exchange::{Answer, Ask};
use crate::lock;
use crate::random;
use crate::world::{EXCHANGE, Shared};

/// Who issues the tokens of GitHub Actions.
pub const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";
/// The subject of GitHub's tokens from the start.
pub const GITHUB_SUBJECT: &str = "repo:shop/shop:ref:refs/heads/main";
/// Who issues the tokens of Azure Pipelines.
pub const PIPELINES_ISSUER: &str =
    "https://vstoken.dev.azure.com/7f0a4c16-9d2b-4b7e-8a35-e1c6f0d94b28";
/// Who issues the tokens of the cluster's service accounts.
pub const CLUSTER_ISSUER: &str = "https://westeurope.oic.prod-aks.azure.com/0b1f6471-1bf0-4dda-aec3-cb9272f09590/3e8d5a70-14cf-4b69-a2d0-6c97be3f1d58/";
/// The service account of the cluster that the first application is federated with.
pub const CLUSTER_SUBJECT: &str = "system:serviceaccount:shop:web";

/// Seconds a job's token lives.
const LIFE: i64 = 600;

/// `POST …/oidctoken?api-version=7.1&serviceConnectionId=…`
pub(crate) fn pipelines(shared: &Shared, ask: &Ask) -> Answer {
    let refuse = |status: u16, name: &str, message: &str| {
        let body = json!({ "$id": "1", "innerException": null, "message": message, "typeKey": name, "errorCode": 0 });
        Answer::json(status, &body)
    };
    let (token, subject) = {
        let jobs = &lock(&shared.world).jobs;
        let connection = ask.parameter("serviceConnectionId").unwrap_or_default();
        let subject = jobs
            .connections
            .get(&connection.to_ascii_lowercase())
            .cloned();
        (jobs.pipelines_token.clone(), subject)
    };
    if ask.bearer() != Some(&token) {
        // Without this header Azure DevOps leads to its page for logging in.
        if ask
            .header("x-tfs-fedauthredirect")
            .is_none_or(|value| !value.eq_ignore_ascii_case("suppress"))
        {
            return Answer::empty(302).header(
                "location",
                "https://spsprodweu1.vssps.visualstudio.com/_signin",
            );
        }
        return refuse(
            401,
            "UnauthorizedRequestException",
            "The user is not authorized to access this resource.",
        )
        .header("www-authenticate", "Bearer")
        .header("x-vss-e2eid", random::guid())
        .header("x-msedge-ref", random::hex::<8>());
    }
    let version = ask.parameter("api-version").unwrap_or_default();
    if !version.starts_with("7.1") {
        return refuse(
            400,
            "VssVersionNotSpecifiedException",
            "The api-version of this request is missing or not supported.",
        );
    }
    let Some(subject) = subject else {
        return refuse(
            404,
            "ServiceEndpointNotFoundException",
            "The service connection does not exist or has not been authorized for use.",
        );
    };
    let token = job_token(shared, PIPELINES_ISSUER, &subject, EXCHANGE, LIFE);
    Answer::json(200, &json!({ "oidcToken": token }))
}

/// `GET $ACTIONS_ID_TOKEN_REQUEST_URL&audience=…`
pub(crate) fn github(shared: &Shared, ask: &Ask) -> Answer {
    let (token, subject) = {
        let jobs = &lock(&shared.world).jobs;
        (jobs.github_token.clone(), jobs.github_subject.clone())
    };
    if ask.bearer() != Some(&token) {
        return Answer::json(401, &json!({ "message": "The request is not authorized." }));
    }
    let audience = ask
        .parameter("audience")
        .unwrap_or_else(|| "https://github.com/shop".into());
    let token = job_token(shared, GITHUB_ISSUER, &subject, &audience, LIFE);
    Answer::json(200, &json!({ "count": token.len(), "value": token }))
}

/// A token of somebody else than Entra, signed by the fake.
pub(crate) fn job_token(
    shared: &Shared,
    issuer: &str,
    subject: &str,
    audience: &str,
    life: i64,
) -> String {
    let now = shared.clock.now();
    shared.signer.sign(&json!({
        "iss": issuer,
        "sub": subject,
        "aud": audience,
        "iat": now,
        "nbf": now,
        "exp": now + life,
        "jti": random::guid(),
    }))
}
