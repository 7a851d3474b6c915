//! Managed identities: the endpoint of App Service, Functions and Container Apps, and that of virtual machines (IMDS),
//! as learn.microsoft.com has them (`app-service/overview-managed-identity`, `how-to-use-vm-token`).

use serde_json::json;

use crate::entra;
use crate::exchange::{Answer, Ask};
use crate::lock;
use crate::random;
use crate::token::{Kind, Principal};
use crate::world::{Identities, Shared};

/// `GET $IDENTITY_ENDPOINT?resource=…&api-version=2019-08-01`
pub(crate) fn app_service(shared: &Shared, ask: &Ask) -> Answer {
    let refuse = |status: u16, message: &str| {
        let body =
            json!({ "statusCode": status, "message": message, "correlationId": random::guid() });
        Answer::json(status, &body)
    };
    let chosen = {
        let world = lock(&shared.world);
        if ask.header("x-identity-header") != Some(&world.identities.header) {
            return refuse(401, "The header X-IDENTITY-HEADER is missing or wrong.");
        }
        choose(&world.identities, ask)
    };
    if ask.parameter("api-version").as_deref() != Some("2019-08-01") {
        return refuse(400, "Unsupported API version.");
    }
    let Some(resource) = ask.parameter("resource") else {
        return refuse(400, "The parameter resource is missing.");
    };
    let Some(principal) = chosen else {
        return refuse(
            400,
            "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
        );
    };
    if !known(shared, &resource) {
        return refuse(400, &unknown(&resource));
    }
    let token = body(shared, &principal, &resource);
    Answer::json(
        200,
        &json!({
            "access_token": token.access_token,
            "client_id": principal.client_id,
            "expires_on": token.expires_on,
            "resource": resource,
            "token_type": "Bearer",
        }),
    )
}

/// `GET http://169.254.169.254/metadata/identity/oauth2/token`
pub(crate) fn machine(shared: &Shared, ask: &Ask) -> Answer {
    let refuse = |error: &str, description: &str| {
        Answer::json(
            400,
            &json!({ "error": error, "error_description": description }),
        )
    };
    if ask
        .header("metadata")
        .is_none_or(|value| !value.eq_ignore_ascii_case("true"))
    {
        return refuse("invalid_request", "Required metadata header not specified");
    }
    if ask.header("x-forwarded-for").is_some() {
        return refuse(
            "invalid_request",
            "Requests by way of a proxy are not served",
        );
    }
    let version = ask.parameter("api-version");
    if !matches!(version.as_deref(), Some("2018-02-01" | "2019-08-01")) {
        return refuse("invalid_request", "The api-version is missing or unknown");
    }
    let Some(resource) = ask.parameter("resource") else {
        return refuse(
            "invalid_request",
            "Required query variable 'resource' is missing",
        );
    };
    let chosen = {
        let identities = &lock(&shared.world).identities;
        if identities.system.is_none() && !names_one(ask) && identities.user.len() > 1 {
            return refuse(
                "invalid_request",
                "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request",
            );
        }
        choose(identities, ask)
    };
    let Some(principal) = chosen else {
        return refuse("invalid_request", "Identity not found");
    };
    if !known(shared, &resource) {
        return refuse("invalid_resource", &unknown(&resource));
    }
    let token = body(shared, &principal, &resource);
    Answer::json(
        200,
        &json!({
            "access_token": token.access_token,
            "client_id": principal.client_id,
            "expires_in": token.expires_in,
            "expires_on": token.expires_on,
            "ext_expires_in": token.expires_in,
            "not_before": token.not_before,
            "resource": resource,
            "token_type": "Bearer",
        }),
    )
    .header("server", "IMDS/150.870.65.1854")
}

/// Times are text here, not numbers.
struct Body {
    access_token: String,
    expires_in: String,
    expires_on: String,
    not_before: String,
}

fn body(shared: &Shared, principal: &Principal, resource: &str) -> Body {
    let issued = shared.issue(principal, resource);
    Body {
        access_token: issued.token,
        expires_in: (issued.expires_on - shared.clock.now()).to_string(),
        expires_on: issued.expires_on.to_string(),
        not_before: issued.not_before.to_string(),
    }
}

fn known(shared: &Shared, resource: &str) -> bool {
    entra::knows("", resource, &lock(&shared.world).resources)
}

fn unknown(resource: &str) -> String {
    format!("AADSTS500011: The resource principal named {resource} was not found in the tenant.")
}

/// The parameters that name one identity: those of App Service, then those of IMDS.
const NAMES: &[&str] = &[
    "client_id",
    "principal_id",
    "object_id",
    "mi_res_id",
    "msi_res_id",
];

fn names_one(ask: &Ask) -> bool {
    NAMES.iter().any(|name| ask.parameter(name).is_some())
}

/// The identity that the request names, else that of the machine itself, else the only one there is.
fn choose(identities: &Identities, ask: &Ask) -> Option<Principal> {
    let all = || identities.system.iter().chain(&identities.user);
    let named = |test: &dyn Fn(&Principal) -> bool| all().find(|each| test(each)).cloned();
    if let Some(id) = ask.parameter("client_id") {
        return named(&|each| each.client_id.eq_ignore_ascii_case(&id));
    }
    if let Some(id) = ask
        .parameter("principal_id")
        .or_else(|| ask.parameter("object_id"))
    {
        return named(&|each| each.object_id.eq_ignore_ascii_case(&id));
    }
    if let Some(id) = ask
        .parameter("mi_res_id")
        .or_else(|| ask.parameter("msi_res_id"))
    {
        return named(
            &|each| matches!(&each.kind, Kind::ManagedIdentity(own) if own.eq_ignore_ascii_case(&id)),
        );
    }
    identities
        .system
        .clone()
        .or_else(|| match identities.user.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        })
}
