//! Microsoft Entra ID: the token endpoint of version 2.0 for programs, and the documents that clients look it up in.
//! Shapes and codes as learn.microsoft.com has them under identity-platform (`v2-oauth2-client-creds-grant-flow`,
//! `certificate-credentials`, `reference-error-codes`).

mod assertion;
mod discovery;
mod error;

pub(crate) use discovery::{configuration, instance, keys};
pub(crate) use error::answer as refusal;

use serde_json::json;

use crate::app::App;
use crate::exchange::{Answer, Ask, find};
use crate::lock;
use crate::token::Principal;
use crate::world::Shared;
use error::Refusal;

/// Resources of one of Azure's clouds, without a slash at the end.
struct Cloud {
    login: &'static [&'static str],
    resources: &'static [&'static str],
}

const CLOUDS: &[Cloud] = &[
    Cloud {
        login: &["login.microsoftonline.com", "login.microsoft.com"],
        resources: &[
            "https://vault.azure.net",
            "https://managedhsm.azure.net",
            "https://database.windows.net",
            "https://ossrdbms-aad.database.windows.net",
            "https://management.azure.com",
            "https://management.core.windows.net",
            "https://graph.microsoft.com",
            "https://storage.azure.com",
        ],
    },
    Cloud {
        login: &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
        resources: &[
            "https://vault.azure.cn",
            "https://database.chinacloudapi.cn",
            "https://ossrdbms-aad.database.chinacloudapi.cn",
            "https://management.chinacloudapi.cn",
        ],
    },
    Cloud {
        login: &["login.microsoftonline.us"],
        resources: &[
            "https://vault.usgovcloudapi.net",
            "https://database.usgovcloudapi.net",
            "https://ossrdbms-aad.database.usgovcloudapi.net",
            "https://management.usgovcloudapi.net",
        ],
    },
];

/// Whether this host is one that logs in.
pub(crate) fn is_login(host: &str) -> bool {
    CLOUDS.iter().any(|cloud| cloud.login.contains(&host))
}

/// Whether a token for this resource can be had at this host; each of Azure's clouds knows its own. A host that is none
/// of them, as for a managed identity, knows all.
pub(crate) fn knows(login: &str, resource: &str, registered: &[String]) -> bool {
    let plain = resource.trim_end_matches('/');
    let of_azure = CLOUDS
        .iter()
        .filter(|cloud| !is_login(login) || cloud.login.contains(&login))
        .any(|cloud| cloud.resources.contains(&plain));
    of_azure || registered.iter().any(|known| known == plain)
}

/// `POST /{tenant}/oauth2/v2.0/token`
pub(crate) fn token(shared: &Shared, ask: &Ask, tenant: &str) -> Answer {
    let form = ask.form();
    let correlation = ask
        .header("client-request-id")
        .map(str::to_owned)
        .or_else(|| find(&form, "client-request-id"));
    match grant(shared, ask, tenant, &form) {
        Ok((principal, audience)) => {
            let issued = shared.issue(&principal, &audience);
            let seconds = issued.expires_on - shared.clock.now() - 1;
            Answer::json(
                200,
                &json!({
                    "token_type": "Bearer",
                    "expires_in": seconds,
                    "ext_expires_in": seconds,
                    "access_token": issued.token,
                }),
            )
            .header("cache-control", "no-store, no-cache")
        }
        Err(refusal) => refusal.answer(shared.clock.now(), correlation),
    }
}

/// Who asks for a token, and for what audience.
fn grant(
    shared: &Shared,
    ask: &Ask,
    tenant: &str,
    form: &[(String, String)],
) -> Result<(Principal, String), Refusal> {
    let tenant = tenant.to_ascii_lowercase();
    let field = |name: &str| find(form, name).filter(|value| !value.is_empty());
    let needed = |name: &str| field(name).ok_or_else(|| Refusal::missing(name));
    if !lock(&shared.world).tenants.contains_key(&tenant) {
        return Err(Refusal::tenant(&tenant));
    }
    let grant = needed("grant_type")?;
    if grant != "client_credentials" {
        return Err(Refusal::grant(&grant));
    }
    let client_id = needed("client_id")?.to_ascii_lowercase();
    let found = {
        let world = lock(&shared.world);
        let app = world
            .tenants
            .get(&tenant)
            .and_then(|apps| apps.get(&client_id));
        app.cloned().zip(world.application(&tenant, &client_id))
    };
    let (app, principal) = found.ok_or_else(|| Refusal::application(&client_id, &tenant))?;

    match (field("client_assertion"), field("client_secret")) {
        (Some(text), _) => {
            let kind = field("client_assertion_type");
            if kind.as_deref() != Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") {
                return Err(Refusal::assertion_type());
            }
            assertion::check(shared, ask, &app, &principal, &text)?;
        }
        (None, Some(secret)) => check_secret(&app, &client_id, &secret)?,
        (None, None) => return Err(Refusal::no_credential()),
    }
    let audience = audience(&needed("scope")?)?;
    if !knows(&ask.host, &audience, &lock(&shared.world).resources) {
        return Err(Refusal::resource(&audience, &tenant));
    }
    Ok((principal, audience))
}

fn check_secret(app: &App, client_id: &str, secret: &str) -> Result<(), Refusal> {
    match app.secrets.iter().find(|known| known.value == secret) {
        Some(known) if known.expired => Err(Refusal::expired_secret(client_id)),
        Some(_) => Ok(()),
        None => Err(Refusal::secret(client_id)),
    }
}

/// The resource of a scope is all that stands before `/.default`, so that one more slash there ends up in the audience:
/// `https://database.windows.net//.default` gives `https://database.windows.net/`.
fn audience(scopes: &str) -> Result<String, Refusal> {
    let own = ["openid", "profile", "offline_access", "email"];
    let mut resources = scopes
        .split_whitespace()
        .filter(|scope| !own.contains(scope));
    match (resources.next(), resources.next()) {
        (Some(scope), None) => scope
            .strip_suffix("/.default")
            .filter(|resource| !resource.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| Refusal::scope_without_default(scope)),
        _ => Err(Refusal::scope(scopes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audience_is_what_stands_before_default() {
        let audience = |scope| audience(scope).ok();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            audience("https://vault.azure.net/.default"),
            some("https://vault.azure.net")
        );
        assert_eq!(
            audience("openid https://database.windows.net//.default"),
            some("https://database.windows.net/")
        );
        assert_eq!(audience("https://vault.azure.net"), None);
        assert_eq!(audience("/.default"), None);
        assert_eq!(audience("a/.default b/.default"), None);
        assert_eq!(audience("openid"), None);
    }

    #[test]
    fn each_cloud_knows_its_own_resources() {
        let own = ["api://shop".to_owned()];
        assert!(knows(
            "login.microsoftonline.com",
            "https://vault.azure.net/",
            &own
        ));
        assert!(!knows(
            "login.microsoftonline.com",
            "https://vault.azure.cn",
            &own
        ));
        assert!(knows(
            "login.chinacloudapi.cn",
            "https://vault.azure.cn",
            &own
        ));
        assert!(knows("localhost", "https://vault.azure.cn", &own));
        assert!(knows("login.microsoftonline.us", "api://shop", &own));
        assert!(!knows("localhost", "https://elsewhere.example", &own));
    }
}
