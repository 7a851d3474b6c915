//! A cloud's content as JSON, for the program `fakecloud`.

use std::io;
use std::time::Duration;

use serde_json::Value;

use crate::app::App;
use crate::cloud::FakeCloud;
use crate::vault::SecretSetup;
use crate::world::TENANT;

impl FakeCloud {
    /// Fills the cloud from JSON:
    ///
    /// ```json
    /// {
    ///   "vaults": {
    ///     "shop": {
    ///       "db-password": "hunter2",
    ///       "old": { "value": "x", "disabled": true, "contentType": "text/plain" }
    ///     }
    ///   },
    ///   "apps": [{ "tenant": "…", "clientId": "…", "secret": "…", "certificate": "-----BEGIN …" }],
    ///   "identities": [{ "clientId": "…", "name": "shop-identity" }],
    ///   "tokenLife": 3600,
    ///   "sameTokens": true
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// It is no JSON, or something in it is not as above.
    pub fn seed(&self, text: &str) -> io::Result<()> {
        let seed: Value = serde_json::from_str(text)?;
        let seed = seed
            .as_object()
            .ok_or_else(|| wrong("the seed is no object"))?;
        for (key, value) in seed {
            match key.as_str() {
                "vaults" => self.seed_vaults(value)?,
                "apps" => self.seed_apps(value)?,
                "identities" => self.seed_identities(value)?,
                "tokenLife" => {
                    let life = value.as_u64().ok_or_else(|| wrong("`tokenLife`"))?;
                    self.token_life(Duration::from_secs(life));
                }
                "sameTokens" => {
                    self.same_tokens(value.as_bool().ok_or_else(|| wrong("`sameTokens`"))?);
                }
                other => return Err(wrong(&format!("unknown key `{other}`"))),
            }
        }
        Ok(())
    }

    fn seed_vaults(&self, vaults: &Value) -> io::Result<()> {
        let vaults = vaults.as_object().ok_or_else(|| wrong("`vaults`"))?;
        for (vault, secrets) in vaults {
            let secrets = secrets.as_object().ok_or_else(|| wrong("`vaults`"))?;
            let vault = self.vault(vault);
            for (name, secret) in secrets {
                let value = secret
                    .as_str()
                    .or_else(|| text(secret, "value"))
                    .ok_or_else(|| wrong(&format!("the secret `{name}` has no value")))?;
                let setup = SecretSetup {
                    content_type: text(secret, "contentType").map(str::to_owned),
                    disabled: secret.get("disabled").and_then(Value::as_bool) == Some(true),
                    ..SecretSetup::default()
                };
                vault.set_with(name, value, setup);
            }
        }
        Ok(())
    }

    fn seed_apps(&self, apps: &Value) -> io::Result<()> {
        for app in apps.as_array().ok_or_else(|| wrong("`apps`"))? {
            let client_id = text(app, "clientId").ok_or_else(|| wrong("`clientId` of an app"))?;
            let mut made = App::new();
            if let Some(secret) = text(app, "secret") {
                made = made.with_secret(secret);
            }
            if let Some(pem) = text(app, "certificate") {
                made = made.with_certificate(pem)?;
            }
            self.add_app(text(app, "tenant").unwrap_or(TENANT), client_id, made);
        }
        Ok(())
    }

    fn seed_identities(&self, identities: &Value) -> io::Result<()> {
        for identity in identities.as_array().ok_or_else(|| wrong("`identities`"))? {
            let part = |name| text(identity, name).ok_or_else(|| wrong("an identity"));
            self.add_user_identity(part("clientId")?, part("name")?);
        }
        Ok(())
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

fn wrong(what: &str) -> io::Error {
    let message = format!("the seed is not as documented: {what}");
    io::Error::new(io::ErrorKind::InvalidData, message)
}
