//! What Key Vault answers: its codes in words, and what a challenge says of a token that was not accepted.

use azure_core::Bytes;
use nuages_provider::{Error, ErrorKind};
use serde_json::Value;

use super::{by_status, code, host, json, later, sent_claims};

/// An answer of Key Vault that is no success. A challenge that can be met is the SDK's to meet.
pub(crate) fn vault(
    request: &http::Request<Bytes>,
    answer: &http::Response<Bytes>,
) -> Option<Error> {
    if answer.status() == http::StatusCode::UNAUTHORIZED {
        return challenged(request, answer);
    }
    let host = host(request);
    let status = answer.status().as_u16();
    let body = json(answer);
    let error = body.get("error").unwrap_or(&Value::Null);
    let Some(outer) = code(error.get("code").unwrap_or(&Value::Null)) else {
        return Some(by_status(&host, answer));
    };
    let inner = error
        .get("innererror")
        .or_else(|| error.get("innerError"))
        .and_then(|inner| code(inner.get("code").unwrap_or(&Value::Null)));
    let code = inner.unwrap_or(outer);
    let (kind, text, hint) = meaning(code, status);
    let hint = match code {
        "ForbiddenByPolicy" | "ForbiddenByRbac" | "AccessDenied" | "Forbidden"
            if request.method() == http::Method::PUT =>
        {
            Some("writing needs the role `Key Vault Secrets Officer`, or Set on secrets")
        }
        "ForbiddenByPolicy" | "ForbiddenByRbac" | "AccessDenied" | "Forbidden"
            if is_list(request.uri()) =>
        {
            Some(
                "to count versions needs List on secrets besides Get; the role `Key Vault Secrets User` has both",
            )
        }
        _ => hint,
    };
    let text = format!("`{code}` of `{host}`: {text}");
    let error = Error::new(kind, text);
    let error = match kind {
        ErrorKind::RateLimited => error.with_retry(later(answer)),
        // A network that is closed stays so.
        ErrorKind::Unavailable if status != 403 => error.with_retry(later(answer)),
        _ => error,
    };
    Some(match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    })
}

/// Whether the versions of a secret were asked for: `/secrets/{name}/versions`.
fn is_list(uri: &http::Uri) -> bool {
    let mut parts = uri.path().split('/').filter(|part| !part.is_empty());
    parts.nth(2) == Some("versions")
}

type Meaning = (ErrorKind, String, Option<&'static str>);

/// What a code means, and what to do.
///
/// <https://learn.microsoft.com/azure/key-vault/general/rest-error-codes>, and for what stands behind a 403
/// <https://learn.microsoft.com/azure/key-vault/general/troubleshooting-access-issues>.
fn meaning(code: &str, status: u16) -> Meaning {
    let denied = |text: &str, hint| (ErrorKind::PermissionDenied, text.to_owned(), Some(hint));
    match code {
        "SecretNotFound" => (
            ErrorKind::NotFound,
            "there is no such secret".to_owned(),
            None,
        ),
        "SecretDisabled" => denied(
            "the secret, or this version of it, is disabled",
            "`az keyvault secret set-attributes --enabled true` enables it",
        ),
        "SecretNotYetValid" => denied(
            "the secret is not valid yet",
            "look at its activation date, and at this machine's clock",
        ),
        "SecretExpired" => denied("the secret has expired", "set a new version of it"),
        "ForbiddenByPolicy" | "AccessDenied" => denied(
            "the vault's access policy does not allow it",
            "give the identity Get on secrets, or use the role `Key Vault Secrets User`",
        ),
        "ForbiddenByRbac" => denied(
            "no role of the identity allows it",
            "assign it `Key Vault Secrets User` on the vault; a new role takes some minutes",
        ),
        // Of the place, not of the identity: no secret can be read from here.
        "ForbiddenByFirewall" => (
            ErrorKind::Unavailable,
            "the vault's firewall does not let this address in".to_owned(),
            Some("add the address or the virtual network, or use a private endpoint"),
        ),
        "ForbiddenByConnection" => (
            ErrorKind::Unavailable,
            "the vault is closed to the public network".to_owned(),
            Some("use a private endpoint, or a network that the vault trusts"),
        ),
        "Forbidden" => denied(
            "the vault denies it",
            "the identity needs the role `Key Vault Secrets User`, or Get on secrets",
        ),
        // Nothing that could be overwritten.
        "ObjectIsDeletedButRecoverable" | "ObjectIsBeingDeleted" => (
            ErrorKind::Unsupported,
            "a secret of this name is deleted and can still be recovered".to_owned(),
            Some("`az keyvault secret recover`, or `purge` where nobody needs it"),
        ),
        "BadParameter" => (
            ErrorKind::InvalidReference,
            "the vault does not take this name or this value".to_owned(),
            Some("a value has at most 25 KB"),
        ),
        "Throttled" | "TooManyRequests" => (
            ErrorKind::RateLimited,
            "the vault asks for fewer requests".to_owned(),
            None,
        ),
        _ => {
            let kind = match status {
                // Key Vault itself says `SecretNotFound`; this is of something on the way.
                404 => ErrorKind::Malformed,
                403 => ErrorKind::PermissionDenied,
                409 => ErrorKind::AlreadyExists,
                429 => ErrorKind::RateLimited,
                408 | 500.. => ErrorKind::Unavailable,
                _ => ErrorKind::Unsupported,
            };
            (kind, format!("HTTP {status}"), None)
        }
    }
}

/// What a 401 says: nothing is wrong where no token was sent or one for another resource is wanted, and the SDK goes on.
fn challenged(request: &http::Request<Bytes>, answer: &http::Response<Bytes>) -> Option<Error> {
    let host = host(request);
    let challenge = answer
        .headers()
        .get(http::header::WWW_AUTHENTICATE)
        .and_then(|value| value.to_str().ok())
        .filter(|challenge| challenge.trim_start().starts_with("Bearer "));
    let Some(challenge) = challenge else {
        let text = format!("`{host}` does not say how to log in: it is no Key Vault");
        return Some(Error::new(ErrorKind::Malformed, text));
    };
    let domain = parameter(challenge, "resource")
        .or_else(|| parameter(challenge, "scope"))
        .and_then(|resource| resource.parse::<http::Uri>().ok())
        .and_then(|uri| uri.host().map(str::to_ascii_lowercase));
    let asked = request
        .uri()
        .host()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let fits = domain.as_ref().is_some_and(|domain| {
        nuages_provider_http::is_loopback(&asked) || asked.ends_with(&format!(".{domain}"))
    });
    if !fits {
        // Whoever answers there may not say for which service a token is made.
        let text = format!("`{host}` asks for a token of another service, which it does not get");
        return Some(Error::new(ErrorKind::Malformed, text).with_hint("look at the vault's name"));
    }
    let claims = sent_claims(request)?;
    let wanted = parameter(challenge, "authorization").and_then(tenant);
    if let (Some(wanted), Some(ours)) = (wanted, claims.tenant())
        && !wanted.eq_ignore_ascii_case(ours)
    {
        let text = format!(
            "`{host}` belongs to tenant `{wanted}`, and the login is one of tenant `{ours}`"
        );
        return Some(
            Error::new(ErrorKind::Unauthenticated, text)
                .with_hint("set the instance's `tenant`, or `AZURE_TENANT_ID`, to the vault's"),
        );
    }
    None
}

/// A 401 that no challenge could mend.
pub(crate) fn refused_token(host: &str) -> Error {
    Error::new(
        ErrorKind::Unauthenticated,
        format!("`{host}` does not accept the token"),
    )
    .with_hint("look at this machine's clock, and whether the vault is of the same cloud")
}

/// The value of `name="…"` in a challenge.
fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    challenge
        .trim_start()
        .strip_prefix("Bearer")?
        .split(',')
        .find_map(|part| {
            let (key, value) = part.trim().split_once('=')?;
            key.trim()
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().trim_matches('"'))
        })
}

/// The tenant of `https://login.microsoftonline.com/TENANT`.
fn tenant(authorization: &str) -> Option<&str> {
    let path = authorization.split("://").nth(1)?.split('/').nth(1)?;
    let is_id = !path.is_empty()
        && path.len() <= 64
        && path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    is_id.then_some(path)
}

#[cfg(test)]
mod tests {
    use nuages_provider::Retry;
    use serde_json::json;

    use super::*;

    fn asked(token: Option<&Value>) -> http::Request<Bytes> {
        let mut request = http::Request::get("https://shop.vault.azure.net/secrets/db/");
        if let Some(claims) = token {
            let token = format!("Bearer e30.{}.c2ln", super::super::encoded(claims));
            request = request.header("authorization", token);
        }
        request.body(Bytes::new()).unwrap()
    }

    fn answered(status: u16, body: &Value) -> http::Response<Bytes> {
        http::Response::builder()
            .status(status)
            .body(Bytes::from(body.to_string()))
            .unwrap()
    }

    fn challenge(text: &str) -> http::Response<Bytes> {
        http::Response::builder()
            .status(401)
            .header("www-authenticate", text)
            .body(Bytes::new())
            .unwrap()
    }

    const GOOD: &str = r#"Bearer authorization="https://login.microsoftonline.com/t-1", resource="https://vault.azure.net""#;

    #[test]
    fn codes_have_their_class() {
        for (status, outer, inner, kind) in [
            (404, "SecretNotFound", None, ErrorKind::NotFound),
            (
                403,
                "Forbidden",
                Some("SecretDisabled"),
                ErrorKind::PermissionDenied,
            ),
            (
                403,
                "Forbidden",
                Some("ForbiddenByRbac"),
                ErrorKind::PermissionDenied,
            ),
            (403, "Forbidden", None, ErrorKind::PermissionDenied),
            (
                409,
                "Conflict",
                Some("ObjectIsDeletedButRecoverable"),
                ErrorKind::Unsupported,
            ),
            (
                403,
                "Forbidden",
                Some("ForbiddenByFirewall"),
                ErrorKind::Unavailable,
            ),
            (429, "Throttled", None, ErrorKind::RateLimited),
            (503, "ServiceUnavailable", None, ErrorKind::Unavailable),
            (404, "NotFound", None, ErrorKind::Malformed),
            (418, "Teapot", None, ErrorKind::Unsupported),
        ] {
            let mut body = json!({"error": {"code": outer, "message": "hunter2"}});
            if let Some(inner) = inner {
                body["error"]["innererror"] = json!({"code": inner});
            }
            let error = vault(&asked(None), &answered(status, &body)).unwrap();
            assert_eq!(error.kind(), kind, "{outer} {inner:?}");
            assert!(!format!("{error:?}").contains("hunter2"));
            let comes_again = matches!(status, 429 | 500..);
            assert_eq!(error.retry() != Retry::Never, comes_again, "{outer}");
        }
        let error = vault(&asked(None), &answered(404, &Value::Null)).unwrap();
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }

    #[test]
    fn a_challenge_that_can_be_met_is_the_sdks() {
        assert!(vault(&asked(None), &challenge(GOOD)).is_none());
        let ours = json!({"tid": "t-1"});
        assert!(vault(&asked(Some(&ours)), &challenge(GOOD)).is_none());
    }

    #[test]
    fn a_challenge_for_another_service_gets_nothing() {
        for resource in [
            "https://management.azure.com",
            "https://azure.net.example.org",
            "x",
            "",
        ] {
            let text = GOOD.replace("https://vault.azure.net", resource);
            let error = vault(&asked(None), &challenge(&text)).unwrap();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{resource}");
        }
        let error = vault(&asked(None), &challenge("Basic realm=\"x\"")).unwrap();
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }

    #[test]
    fn another_tenants_vault_is_told() {
        let ours = json!({"tid": "t-2"});
        let error = vault(&asked(Some(&ours)), &challenge(GOOD)).unwrap();
        assert_eq!(
            error.message(),
            "`shop.vault.azure.net` belongs to tenant `t-1`, and the login is one of tenant `t-2`"
        );
    }
}
