//! A client certificate: a PEM file with a private key, and the signed assertion that proves it is ours.
//!
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials> has the claims and the header.

use std::{
    fmt,
    path::Path,
    time::{Duration, SystemTime},
};

use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use nuages_provider::{Environment, Error, async_trait};
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom as _, SystemRandom},
    signature::{RSA_PSS_SHA256, RsaKeyPair},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use serde_json::json;

use crate::{error::encoded, transport::carried};

/// How long an assertion is valid: it is used at once.
const LIFE: Duration = Duration::from_mins(10);

/// A key with the certificate that Entra knows it by.
pub(super) struct Certificate {
    key: RsaKeyPair,
    /// The certificate's SHA-256 fingerprint.
    fingerprint: String,
    /// The certificates of the file, for an application that trusts an issuer and a name rather than one certificate.
    chain: Vec<String>,
    audience: String,
    client_id: String,
}

impl Certificate {
    pub(super) fn read(
        path: &Path,
        environment: &Environment,
        authority: &str,
        tenant: &str,
        client_id: &str,
    ) -> Result<Self, Error> {
        let shown = path.display();
        let wrong = |reason: &str, hint: &str| {
            Error::invalid_settings(format!("the certificate `{shown}` {reason}"))
                .with_hint(hint.to_owned())
        };
        let bytes = super::file::read(path).map_err(|reason| {
            wrong(
                &format!("cannot be read: {reason}"),
                "look at `AZURE_CLIENT_CERTIFICATE_PATH`",
            )
        })?;
        let bytes = zeroize::Zeroizing::new(bytes);
        let convert = "write key and certificate into one PEM file: `openssl pkcs12 -in app.pfx -out app.pem -nodes`";
        if is_encrypted(&bytes) {
            let reason = if environment
                .text("AZURE_CLIENT_CERTIFICATE_PASSWORD")
                .is_some()
            {
                "has an encrypted key, which this program does not open, with a password or without"
            } else {
                "has an encrypted key"
            };
            return Err(wrong(reason, convert));
        }
        let certificates: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(&bytes)
            .collect::<Result<_, _>>()
            .map_err(|_| wrong("is no PEM file", convert))?;
        let Some(own) = certificates.first() else {
            return Err(wrong("holds no certificate", convert));
        };
        let key = PrivateKeyDer::from_pem_slice(&bytes)
            .map_err(|_| wrong("holds no private key", convert))?;
        let rsa = "use an RSA key of 2048 bits or more: Entra takes no other";
        let key = match &key {
            PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err(wrong("has a key that is not RSA", rsa)),
        }
        .map_err(|_| wrong("has a key that cannot be used", rsa))?;
        let sends_chain = environment
            .text("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN")
            .is_some_and(|text| text == "1" || text.eq_ignore_ascii_case("true"));
        let chain = if sends_chain {
            certificates
                .iter()
                .map(|one| STANDARD.encode(one))
                .collect()
        } else {
            Vec::new()
        };
        Ok(Self {
            key,
            fingerprint: URL_SAFE_NO_PAD.encode(digest(&SHA256, own)),
            chain,
            audience: format!("{authority}/{tenant}/oauth2/v2.0/token"),
            client_id: client_id.to_owned(),
        })
    }

    /// A JWT that only the key's owner can make, once.
    fn assertion(&self, now: SystemTime) -> Result<String, Error> {
        let failed = || Error::invalid_settings("the certificate's key does not sign");
        let random = SystemRandom::new();
        let mut id = [0; 16];
        random.fill(&mut id).map_err(|_| failed())?;
        let seconds = |time: SystemTime| {
            time.duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs()
        };
        let mut header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.fingerprint});
        if !self.chain.is_empty() {
            header["x5c"] = json!(self.chain);
        }
        let claims = json!({
            "aud": self.audience,
            "iss": self.client_id,
            "sub": self.client_id,
            "jti": URL_SAFE_NO_PAD.encode(id),
            "nbf": seconds(now),
            "iat": seconds(now),
            "exp": seconds(now + LIFE),
        });
        let mut text = format!("{}.{}", encoded(&header), encoded(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &random, text.as_bytes(), &mut signature)
            .map_err(|_| failed())?;
        text.push('.');
        text.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(text)
    }
}

/// Whether the key of a PEM file needs a password, in either of the two ways of saying so.
fn is_encrypted(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        || text.contains("Proc-Type: 4,ENCRYPTED")
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl ClientAssertion for Certificate {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.assertion(SystemTime::now()).map_err(carried)
    }
}
