//! Access tokens: what stands in them, for whom, and how a test bends them.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use crate::clock::Clock;
use crate::jwt::Signer;
use crate::random;

/// Who a token is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Principal {
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) object_id: String,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// An application with a secret, a certificate or a federated credential.
    App,
    /// A managed identity, with the resource that stands in `xms_mirid`.
    ManagedIdentity(String),
    /// A person, by the user principal name.
    User(String),
}

/// A token the fake has issued.
#[derive(Clone)]
#[non_exhaustive]
pub struct Issued {
    /// The token itself.
    pub token: String,
    /// Its claim `aud`.
    pub audience: String,
    /// Its claim `tid`.
    pub tenant: String,
    /// Its claim `appid`.
    pub client_id: String,
    /// Its claim `oid`.
    pub object_id: String,
    /// When it ends, in seconds since 1970.
    pub expires_on: i64,
    pub(crate) not_before: i64,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued")
            .field("audience", &self.audience)
            .field("tenant", &self.tenant)
            .field("client_id", &self.client_id)
            .field("expires_on", &self.expires_on)
            .finish_non_exhaustive()
    }
}

/// How tokens are made, and which were.
pub(crate) struct Mint {
    /// Seconds a token lives.
    pub(crate) life: i64,
    /// Seconds by which `nbf` and `exp` are off.
    pub(crate) shift: i64,
    /// Stands in `aud` whatever was asked for.
    pub(crate) audience: Option<String>,
    /// Give the same principal the same token for the same audience.
    pub(crate) same: bool,
    pub(crate) issued: Vec<Issued>,
    kept: BTreeMap<(Principal, String), Issued>,
    revoked: usize,
}

impl Default for Mint {
    fn default() -> Self {
        Self {
            life: 3_600,
            shift: 0,
            audience: None,
            same: false,
            issued: Vec::new(),
            kept: BTreeMap::new(),
            revoked: 0,
        }
    }
}

impl Mint {
    /// A token of the version-1.0 format, which Key Vault and the databases take.
    pub(crate) fn issue(
        &mut self,
        signer: &Signer,
        clock: &Clock,
        principal: &Principal,
        audience: &str,
    ) -> Issued {
        let key = (principal.clone(), audience.to_owned());
        if self.same
            && let Some(kept) = self.kept.get(&key)
        {
            return kept.clone();
        }
        let now = clock.now();
        let not_before = now + self.shift;
        let expires_on = not_before + self.life;
        let audience = self.audience.as_deref().unwrap_or(audience);
        let claims = claims(principal, audience, now, not_before, expires_on);
        let issued = Issued {
            token: signer.sign(&claims),
            audience: audience.to_owned(),
            tenant: principal.tenant.clone(),
            client_id: principal.client_id.clone(),
            object_id: principal.object_id.clone(),
            expires_on,
            not_before,
        };
        self.issued.push(issued.clone());
        self.kept.insert(key, issued.clone());
        issued
    }

    /// Takes back every token there is; services then refuse them.
    pub(crate) fn revoke(&mut self) {
        self.revoked = self.issued.len();
        self.kept.clear();
    }

    pub(crate) fn is_revoked(&self, token: &str) -> bool {
        self.issued
            .iter()
            .take(self.revoked)
            .any(|issued| issued.token == token)
    }
}

fn claims(principal: &Principal, audience: &str, now: i64, not_before: i64, expires: i64) -> Value {
    let tenant = &principal.tenant;
    let issuer = issuer(tenant, audience);
    let mut claims = json!({
        "aud": audience,
        "iss": issuer,
        "iat": now,
        "nbf": not_before,
        "exp": expires,
        "aio": random::hex::<16>(),
        "appid": principal.client_id,
        "appidacr": "2",
        "idp": issuer,
        "idtyp": "app",
        "oid": principal.object_id,
        "rh": "0.AAAA.",
        "sub": principal.object_id,
        "tid": tenant,
        "uti": random::hex::<11>(),
        "ver": "1.0",
    });
    match &principal.kind {
        Kind::App => claims["appidacr"] = json!("1"),
        Kind::ManagedIdentity(resource) => claims["xms_mirid"] = json!(resource),
        Kind::User(upn) => {
            claims["appidacr"] = json!("0");
            claims["idtyp"] = json!("user");
            claims["upn"] = json!(upn);
            claims["unique_name"] = json!(upn);
            claims["scp"] = json!("user_impersonation");
        }
    }
    claims
}

/// Who issues version-1.0 tokens in the cloud that the audience belongs to.
pub(crate) fn issuer(tenant: &str, audience: &str) -> String {
    let host = if audience.contains(".azure.cn") || audience.contains(".chinacloudapi.cn") {
        "sts.chinacloudapi.cn"
    } else {
        "sts.windows.net"
    };
    format!("https://{host}/{tenant}/")
}
