//! The documents by which msal finds and trusts a login host.

use serde_json::json;

use super::{CLOUDS, error};
use crate::exchange::{Answer, Ask};
use crate::lock;
use crate::random;
use crate::world::Shared;

/// `GET /common/discovery/instance`: which login hosts belong together.
pub(crate) fn instance(ask: &Ask) -> Answer {
    let endpoint = ask
        .parameter("authorization_endpoint")
        .unwrap_or_else(|| format!("{}/common/oauth2/v2.0/authorize", ask.origin()));
    let root = endpoint
        .split_once("/oauth2/")
        .map_or(endpoint.as_str(), |(root, _)| root);
    let metadata: Vec<_> = CLOUDS
        .iter()
        .map(|cloud| {
            let preferred = cloud.login.first();
            json!({ "preferred_network": preferred, "preferred_cache": preferred, "aliases": cloud.login })
        })
        .collect();
    Answer::json(
        200,
        &json!({
            "tenant_discovery_endpoint": format!("{root}/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": metadata,
        }),
    )
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`
pub(crate) fn configuration(shared: &Shared, ask: &Ask, tenant: &str) -> Answer {
    let known = ["common", "organizations", "consumers"].contains(&tenant)
        || lock(&shared.world)
            .tenants
            .contains_key(&tenant.to_ascii_lowercase());
    if !known {
        let sentence = format!("Tenant '{tenant}' not found.");
        let now = shared.clock.now();
        return error::answer(
            400,
            "invalid_tenant",
            90002,
            &sentence,
            now,
            &random::guid(),
        );
    }
    let root = format!("{}/{tenant}", ask.origin());
    Answer::json(
        200,
        &json!({
            "token_endpoint": format!("{root}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{root}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": format!("{root}/v2.0"),
            "authorization_endpoint": format!("{root}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{root}/oauth2/v2.0/devicecode"),
            "end_session_endpoint": format!("{root}/oauth2/v2.0/logout"),
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
        }),
    )
}

/// `GET /{tenant}/discovery/v2.0/keys`
pub(crate) fn keys(shared: &Shared) -> Answer {
    Answer::json(200, &shared.signer.key_set())
}
