//! Client assertions: signed with a certificate of the application, or a token of somebody it is federated with.

use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};

use super::error::Refusal;
use crate::app::App;
use crate::exchange::Ask;
use crate::jwt::Jwt;
use crate::lock;
use crate::token::Principal;
use crate::world::Shared;

/// Whether the assertion lets the application in.
pub(super) fn check(
    shared: &Shared,
    ask: &Ask,
    app: &App,
    principal: &Principal,
    text: &str,
) -> Result<(), Refusal> {
    let token = Jwt::parse(text).ok_or_else(|| {
        Refusal::malformed("It needs three parts in base64url, two of them JSON.")
    })?;
    let end = token
        .time("exp")
        .ok_or_else(|| Refusal::malformed("There is no `exp`."))?;
    // Whoever an application is federated with has a URL for a name; the application itself has its client id.
    let by_certificate = token
        .claim("iss")
        .is_none_or(|issuer| !issuer.contains("://"));
    if by_certificate {
        signed_by_certificate(app, principal, &token)?;
        let audience = token.claim("aud").unwrap_or_default();
        if !audience.eq_ignore_ascii_case(&format!("{}{}", ask.origin(), ask.path)) {
            return Err(Refusal::assertion_audience());
        }
        let own = Some(principal.client_id.as_str());
        if token.claim("iss") != own || token.claim("sub") != own {
            return Err(Refusal::client_mismatch());
        }
    } else {
        federated(shared, app, principal, &token, text)?;
    }
    if !shared.is_current(&token) {
        let now = shared.clock.now();
        return Err(Refusal::assertion_time(now, token.time("nbf"), end));
    }
    if by_certificate {
        let id = token
            .claim("jti")
            .ok_or_else(|| Refusal::malformed("There is no `jti`."))?;
        if !lock(&shared.world).assertions.insert(id.to_owned()) {
            return Err(Refusal::replayed());
        }
    }
    Ok(())
}

/// The signature is really checked, with the public key of the certificate that the header names.
fn signed_by_certificate(app: &App, principal: &Principal, token: &Jwt<'_>) -> Result<(), Refusal> {
    let refuse = |reason| Refusal::certificate(&principal.client_id, reason);
    let header = |name: &str| token.header.get(name).and_then(|value| value.as_str());
    let algorithm: &dyn VerificationAlgorithm = match header("alg") {
        Some("PS256") => &RSA_PSS_2048_8192_SHA256,
        Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(refuse("The algorithm is neither PS256 nor RS256.")),
    };
    let certificate = app
        .certificates
        .iter()
        .find(|certificate| certificate.is_named(header("x5t#S256"), header("x5t")))
        .ok_or_else(|| refuse("The key was not found."))?;
    UnparsedPublicKey::new(algorithm, &certificate.public_key)
        .verify(token.signed.as_bytes(), &token.signature)
        .map_err(|_| refuse("The signature is not of this key."))
}

/// Issuer, subject and audience must be those of one federated credential, to the letter.
fn federated(
    shared: &Shared,
    app: &App,
    principal: &Principal,
    token: &Jwt<'_>,
    text: &str,
) -> Result<(), Refusal> {
    if app.federations.is_empty() {
        return Err(Refusal::no_federation(&principal.client_id));
    }
    if !shared.signer.has_signed(token) && !app.trusted.iter().any(|trusted| trusted == text) {
        return Err(Refusal::foreign_signature());
    }
    let claim = |name| token.claim(name).unwrap_or_default();
    let (issuer, subject, audience) = (claim("iss"), claim("sub"), claim("aud"));
    let of_issuer: Vec<_> = app
        .federations
        .iter()
        .filter(|federation| federation.issuer == issuer)
        .collect();
    if of_issuer.is_empty() {
        return Err(Refusal::federation(700_211, "issuer", issuer));
    }
    let of_subject: Vec<_> = of_issuer
        .into_iter()
        .filter(|federation| federation.subject == subject)
        .collect();
    if of_subject.is_empty() {
        return Err(Refusal::federation(700_213, "subject", subject));
    }
    if !of_subject
        .iter()
        .any(|federation| federation.audience == audience)
    {
        return Err(Refusal::federation(700_212, "audience", audience));
    }
    Ok(())
}
