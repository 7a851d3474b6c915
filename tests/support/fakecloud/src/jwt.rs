//! Signed tokens (RFC 7519, RS256): made and checked with the key of the fake, taken apart where others have made them.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use serde_json::{Value, json};

/// A key for tests alone: ring makes no RSA keys, and this one opens nothing.
const KEY: &[u8] = include_bytes!("../keys/issuer.p8");

/// Text as the parts of a token hold it.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a part; Python's libraries leave the padding on in some places.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

/// What signs every token the fake issues, be it for Entra, GitHub, Azure Pipelines or a cluster.
pub(crate) struct Signer {
    key: RsaKeyPair,
    name: String,
}

impl Signer {
    pub(crate) fn new() -> io::Result<Self> {
        let key =
            RsaKeyPair::from_pkcs8(KEY).map_err(|error| io::Error::other(error.to_string()))?;
        let public = key.public_key().as_ref();
        let name = encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, public));
        Ok(Self { key, name })
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = json!({ "typ": "JWT", "alg": "RS256", "x5t": self.name, "kid": self.name });
        let signed = format!(
            "{}.{}",
            encode(header.to_string()),
            encode(claims.to_string())
        );
        let mut signature = vec![0; self.key.public().modulus_len()];
        let signing = self.key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        );
        // It fails for a buffer of another length only; the token is then refused as any with a bad signature.
        debug_assert!(signing.is_ok());
        format!("{signed}.{}", encode(signature))
    }

    /// Whether the fake has signed this token; its times are not looked at.
    pub(crate) fn has_signed(&self, token: &Jwt<'_>) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.key.public_key())
            .verify(token.signed.as_bytes(), &token.signature)
            .is_ok()
    }

    /// The public key, as `jwks_uri` gives it.
    pub(crate) fn key_set(&self) -> Value {
        let parts = PublicKeyComponents::<Vec<u8>>::from(self.key.public_key());
        json!({ "keys": [{
            "kty": "RSA", "use": "sig", "kid": self.name, "x5t": self.name,
            "n": encode(parts.n), "e": encode(parts.e),
        }] })
    }
}

/// A token taken apart, whoever made it.
pub(crate) struct Jwt<'a> {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) signed: &'a str,
    pub(crate) signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    /// Nothing when the text is no token of three parts.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let json = |part| serde_json::from_slice(&decode(part)?).ok();
        Some(Self {
            header: json(header)?,
            claims: json(claims)?,
            signed,
            signature: decode(signature)?,
        })
    }

    /// A claim that is text.
    pub(crate) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A claim that is a time, in seconds since 1970.
    pub(crate) fn time(&self, name: &str) -> Option<i64> {
        let value = self.claims.get(name)?;
        // Python's libraries write some of them as floating point numbers; the fraction is of no importance here.
        value
            .as_i64()
            .or_else(|| value.to_string().split('.').next()?.parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_signature() {
        let signer = Signer::new().unwrap();
        let token = signer.sign(&json!({ "aud": "https://vault.azure.net", "exp": 12.5 }));
        let parsed = Jwt::parse(&token).unwrap();
        assert_eq!(parsed.claim("aud"), Some("https://vault.azure.net"));
        assert_eq!(parsed.time("exp"), Some(12));
        assert!(signer.has_signed(&parsed));

        let (head, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let forged = format!("{head}.{}.{signature}", encode(r#"{"aud":"other"}"#));
        assert!(!signer.has_signed(&Jwt::parse(&forged).unwrap()));
        assert!(Jwt::parse("no token").is_none());
        assert!(Jwt::parse("e30.e30").is_none());
    }
}
