//! Who gets into a vault: a token for Key Vault, of the vault's tenant, of our own signature, that is not over.

use super::answers::{Caller, denied, unauthorized};
use super::requests::{HEALTH, operation};
use super::{Denied, Store};
use crate::exchange::{Answer, Ask};
use crate::jwt::Jwt;
use crate::lock;
use crate::token::issuer;
use crate::world::Shared;

/// Where vaults of this suffix log in, and the audience they want.
fn of_host(host: &str) -> (&'static str, &'static str) {
    if host.ends_with(".vault.azure.cn") {
        (
            "https://login.partner.microsoftonline.cn",
            "https://vault.azure.cn",
        )
    } else if host.ends_with(".vault.usgovcloudapi.net") {
        (
            "https://login.microsoftonline.us",
            "https://vault.usgovcloudapi.net",
        )
    } else {
        (
            "https://login.microsoftonline.com",
            "https://vault.azure.net",
        )
    }
}

/// Lets a request through to the vault, or gives the 401 with its challenge. Whether it is there, a vault tells everybody:
/// <https://learn.microsoft.com/azure/key-vault/general/private-link-diagnostics>.
pub(crate) fn guard(shared: &Shared, ask: &Ask) -> Result<(), Answer> {
    if operation(ask) == HEALTH {
        return Ok(());
    }
    let Some(text) = ask.bearer() else {
        let message = "AKV10000: Request is missing a Bearer or PoP token.";
        return Err(challenge(shared, ask, unauthorized(message), false));
    };
    token_fault(shared, ask, text).map_or(Ok(()), |message| {
        Err(challenge(shared, ask, unauthorized(&message), true))
    })
}

/// What is wrong with a token.
fn token_fault(shared: &Shared, ask: &Ask, text: &str) -> Option<String> {
    let Some(token) = Jwt::parse(text) else {
        return Some("AKV10000: The token cannot be parsed.".into());
    };
    if !shared.signer.has_signed(&token) {
        return Some("AKV10046: Unable to resolve the key used for signature validation.".into());
    }
    let (_, wanted) = of_host(&ask.host);
    let found = token.claim("aud").unwrap_or_default();
    if found.trim_end_matches('/') != wanted {
        return Some(format!(
            "AKV10022: Invalid audience. Expected {wanted}, found: {found}."
        ));
    }
    let world = lock(&shared.world);
    let tenant = &world.vaults.get(&ask.host)?.tenant;
    if token.claim("tid") != Some(tenant) {
        let found = token.claim("iss").unwrap_or_default();
        let expected = issuer(tenant, wanted);
        return Some(format!(
            "AKV10032: Invalid issuer. Expected one of {expected}, found {found}."
        ));
    }
    if !shared.is_current(&token) || world.mint.is_revoked(text) {
        return Some("Error validating token: it is expired, not yet valid or revoked.".into());
    }
    None
}

fn challenge(shared: &Shared, ask: &Ask, answer: Answer, invalid: bool) -> Answer {
    let world = lock(&shared.world);
    let Some(store) = world.vaults.get(&ask.host) else {
        return answer;
    };
    let (authority, resource) = of_host(&ask.host);
    let challenge = &store.challenge;
    if challenge.missing {
        return answer;
    }
    let authority = challenge.authority.as_deref().unwrap_or(authority);
    let tenant = challenge.tenant.as_ref().unwrap_or(&store.tenant);
    let resource = challenge.resource.as_deref().unwrap_or(resource);
    let fault = if invalid {
        ", error=\"invalid_token\""
    } else {
        ""
    };
    answer.header(
        "www-authenticate",
        format!("Bearer authorization=\"{authority}/{tenant}\", resource=\"{resource}\"{fault}"),
    )
}

/// The 403 for somebody whose token is good but who may not do this. `verb` is what Key Vault calls the operation.
pub(super) fn permission(store: &Store, ask: &Ask, name: &str, verb: &str) -> Result<(), Answer> {
    let Some(token) = ask.bearer().and_then(Jwt::parse) else {
        return Ok(());
    };
    let claim = |name| token.claim(name).unwrap_or_default().to_owned();
    let caller = Caller {
        client_id: claim("appid"),
        object_id: claim("oid"),
        tenant: claim("tid"),
    };
    let stranger = !store.admitted.is_empty() && !store.admitted.contains(&caller.object_id);
    let reason = store
        .denied
        .or_else(|| store.secrets.get(name).and_then(|entry| entry.denied))
        .or(stranger.then_some(Denied::ByRbac));
    reason.map_or(Ok(()), |reason| {
        Err(denied(reason, &caller, &ask.host, verb))
    })
}
