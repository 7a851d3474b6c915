//! What token endpoints answer: Entra's codes in words, and those of the metadata services.

use azure_core::Bytes;
use nuages_provider::{Error, ErrorKind};
use serde_json::Value;

use super::{by_status, code, host, json, later};

/// An answer of Entra's token endpoint that gives no token, or of an endpoint that gives the assertion for it.
#[expect(
    clippy::unnecessary_wraps,
    reason = "one of several judges, and others let some answers pass"
)]
pub(crate) fn token(
    request: &http::Request<Bytes>,
    answer: &http::Response<Bytes>,
) -> Option<Error> {
    let path = request.uri().path();
    Some(if path.ends_with("/oauth2/v2.0/token") {
        of_entra(&host(request), answer)
    } else if path.ends_with("/oidctoken") {
        of_issuer(
            "Azure Pipelines",
            "look at the service connection's ID, and at `SYSTEM_ACCESSTOKEN`",
            answer,
        )
    } else {
        of_issuer(
            "GitHub",
            "the job needs `permissions: id-token: write`",
            answer,
        )
    })
}

fn of_entra(host: &str, answer: &http::Response<Bytes>) -> Error {
    let status = answer.status().as_u16();
    let body = json(answer);
    let Some(code) = entra_code(&body) else {
        return by_status(host, answer);
    };
    let (kind, meaning, hint) = meaning(code, status);
    let text = match meaning {
        Some(meaning) => format!("`AADSTS{code}` of `{host}`: {meaning}"),
        None => format!("`AADSTS{code}` of `{host}`"),
    };
    let error = Error::new(kind, text);
    let error = match kind {
        ErrorKind::Unavailable | ErrorKind::RateLimited => error.with_retry(later(answer)),
        _ => error,
    };
    match hint {
        Some(hint) => error.with_hint(hint),
        None if meaning.is_none() => error.with_hint(format!(
            "https://login.microsoftonline.com/error?code={code} explains it"
        )),
        None => error,
    }
}

/// The number of an `AADSTS` code: the first of `error_codes`, or out of the description's beginning.
fn entra_code(body: &Value) -> Option<u64> {
    let listed = body.get("error_codes").and_then(|codes| codes.get(0));
    listed.and_then(Value::as_u64).or_else(|| {
        let description = body
            .get("error_description")
            .or(body.get("message"))?
            .as_str()?;
        let digits = description.strip_prefix("AADSTS")?;
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        digits.get(..end)?.parse().ok()
    })
}

type Meaning = (ErrorKind, Option<&'static str>, Option<&'static str>);

/// What a code means, and what to do.
///
/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
fn meaning(code: u64, status: u16) -> Meaning {
    let refused = |meaning, hint| (ErrorKind::Unauthenticated, Some(meaning), Some(hint));
    let denied = |meaning, hint| (ErrorKind::PermissionDenied, Some(meaning), Some(hint));
    let setting = |meaning, hint| (ErrorKind::InvalidSettings, Some(meaning), Some(hint));
    match code {
        7_000_215 => refused(
            "the client secret is wrong",
            "`AZURE_CLIENT_SECRET` is the secret's value, not its ID",
        ),
        7_000_222 => refused(
            "the client secret has expired",
            "make a new one, or use a federated identity, which has none",
        ),
        7_000_218 | 7_000_216 => refused(
            "the application sent no credential",
            "give it a secret, a certificate or a federated identity",
        ),
        700_016 | 700_011 => refused(
            "the tenant has no such application",
            "look at the client ID and the tenant",
        ),
        7_000_229 => refused(
            "the application has no service principal in the tenant",
            "an administrator of the tenant has to consent to it",
        ),
        7_000_112 => refused(
            "the application is disabled",
            "an administrator of the tenant can enable it",
        ),
        90_002 | 900_023 | 90_019 | 90_038 | 90_051 => refused(
            "there is no such tenant in this cloud",
            "look at the tenant, and at `AZURE_AUTHORITY_HOST` for its cloud",
        ),
        50_020 => refused(
            "the account is not in the tenant",
            "look at the tenant, or log in with another account",
        ),
        50_053 => refused(
            "the account is locked, or the address is blocked",
            "an administrator of the tenant can see which",
        ),
        50_196 => refused(
            "too many requests for the same token in a short time",
            "wait some minutes, and look what starts again and again",
        ),
        700_024 => refused(
            "the assertion is not valid at this time",
            "look at this machine's clock and, with a federated token, whether its file is renewed",
        ),
        700_027 | 7_000_214 | 700_030 => refused(
            "the certificate is not one of the application's, or its signature is wrong",
            "upload the certificate to the application's registration",
        ),
        70_021 | 700_211..=700_213 => refused(
            "no federated credential of the application matches the token",
            "its issuer, subject and audience must be equal to the token's, letter by letter",
        ),
        700_021 | 50_027 | 50_013 => refused(
            "the assertion is not accepted",
            "look at the client ID, and at this machine's clock",
        ),
        50_034 | 50_126 => refused("the name or the password is wrong", "log in again"),
        50_076 | 50_079 | 50_078 | 70_043 | 70_044 | 700_082 | 50_173 => refused(
            "a person has to log in again",
            "`az login`, or `azd auth login`",
        ),
        53_000..=53_011 | 530_001..=530_039 => denied(
            "a Conditional Access policy forbids it",
            "an administrator of the tenant can say which",
        ),
        50_105 | 501_051 => denied(
            "the identity has no role in the application that the token is for",
            "an administrator of the tenant can assign one",
        ),
        65_001 | 650_057 => denied(
            "nobody consented to this access",
            "an administrator of the tenant has to consent",
        ),
        500_011 | 500_014 | 650_052 | 50_001 => setting(
            "the tenant knows no such resource",
            "look at the scope or resource that is asked for, and at the tenant",
        ),
        70_011 | 1_002_012 | 28_002 | 28_003 => setting(
            "the scope is not valid",
            "write a resource, such as `https://vault.azure.net`, or its scope `…/.default`",
        ),
        90_033 | 90_006 | 90_012 | 90_024 | 90_090 | 50_000 | 50_033 => (
            ErrorKind::Unavailable,
            Some("Entra does not work for the moment"),
            None,
        ),
        90_055 => (ErrorKind::RateLimited, Some("too many requests"), None),
        _ if status == 429 => (ErrorKind::RateLimited, None, None),
        _ if status >= 500 => (ErrorKind::Unavailable, None, None),
        _ => (ErrorKind::Unauthenticated, None, None),
    }
}

/// Of an endpoint whose token Entra trusts.
fn of_issuer(name: &str, hint: &'static str, answer: &http::Response<Bytes>) -> Error {
    match answer.status().as_u16() {
        status @ (300..=407 | 409..=428) => Error::new(
            ErrorKind::Unauthenticated,
            format!("{name} gives this job no identity token (HTTP {status})"),
        )
        .with_hint(hint),
        429 => Error::new(
            ErrorKind::RateLimited,
            format!("{name} asks for fewer requests"),
        )
        .with_retry(later(answer)),
        status => Error::new(
            ErrorKind::Unavailable,
            format!("{name} answered with HTTP {status}"),
        )
        .with_retry(later(answer)),
    }
}

/// An answer of a managed identity's endpoint that gives no token.
///
/// <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#error-handling>
#[expect(
    clippy::unnecessary_wraps,
    reason = "one of several judges, and others let some answers pass"
)]
pub(crate) fn metadata(
    request: &http::Request<Bytes>,
    answer: &http::Response<Bytes>,
) -> Option<Error> {
    const ASSIGN: &str =
        "assign the identity to this app or machine; of several, name one as `client_id`";
    let host = host(request);
    let status = answer.status().as_u16();
    let body = json(answer);
    let code = code(body.get("error").unwrap_or(&Value::Null)).map(str::to_owned);
    // The machine's service has a code for it, the app's passes Entra's on.
    let is_of_resource =
        code.as_deref() == Some("invalid_resource") || entra_code(&body) == Some(500_011);
    let said = code.map_or_else(
        || format!("HTTP {status}"),
        |code| format!("`{code}`, HTTP {status}"),
    );
    if is_of_resource {
        let text = "the tenant knows no such resource";
        return Some(
            Error::invalid_settings(format!("{text} ({said})"))
                .with_hint("look at the resource that is asked for"),
        );
    }
    Some(match status {
        400 | 403 => Error::new(
            ErrorKind::Unauthenticated,
            format!("there is no such managed identity here ({said})"),
        )
        .with_hint(ASSIGN),
        401 => Error::new(
            ErrorKind::Unauthenticated,
            format!("`{host}` does not know this process ({said})"),
        )
        .with_hint("`IDENTITY_HEADER` changes: it is the one of this very start of the app"),
        // While the machine starts, and while the service is upgraded.
        404 | 410 => Error::new(
            ErrorKind::Unavailable,
            format!("`{host}` gives no tokens yet ({said})"),
        )
        .with_retry(later(answer)),
        _ => by_status(&host, answer),
    })
}

#[cfg(test)]
mod tests {
    use nuages_provider::Retry;
    use serde_json::json;

    use super::*;

    fn asked(uri: &str) -> http::Request<Bytes> {
        http::Request::get(uri).body(Bytes::new()).unwrap()
    }

    fn answered(status: u16, body: &Value) -> http::Response<Bytes> {
        http::Response::builder()
            .status(status)
            .body(Bytes::from(body.to_string()))
            .unwrap()
    }

    const TOKEN: &str = "https://login.microsoftonline.com/t/oauth2/v2.0/token";

    #[test]
    fn entras_codes_have_their_class() {
        for (code, status, kind) in [
            (7_000_215, 401, ErrorKind::Unauthenticated),
            (700_016, 400, ErrorKind::Unauthenticated),
            (700_024, 401, ErrorKind::Unauthenticated),
            (500_011, 400, ErrorKind::InvalidSettings),
            (53_003, 400, ErrorKind::PermissionDenied),
            (90_033, 503, ErrorKind::Unavailable),
            (1, 400, ErrorKind::Unauthenticated),
            (1, 503, ErrorKind::Unavailable),
            (1, 429, ErrorKind::RateLimited),
        ] {
            let body = json!({"error": "x", "error_description": "hunter2", "error_codes": [code]});
            let error = token(&asked(TOKEN), &answered(status, &body)).unwrap();
            assert_eq!(error.kind(), kind, "{code}");
            assert!(
                error.message().starts_with(&format!("`AADSTS{code}` of ")),
                "{error}"
            );
            assert!(!format!("{error:?}").contains("hunter2"));
            let comes_again = matches!(kind, ErrorKind::Unavailable | ErrorKind::RateLimited);
            assert_eq!(error.retry() != Retry::Never, comes_again, "{code}");
        }
    }

    #[test]
    fn a_code_is_found_in_the_description_too() {
        let body = json!({"error_description": "AADSTS7000222: The provided client secret keys …"});
        let error = token(&asked(TOKEN), &answered(401, &body)).unwrap();
        assert!(
            error.message().ends_with("the client secret has expired"),
            "{error}"
        );
    }

    #[test]
    fn what_is_not_entras_is_not_shown() {
        let page = http::Response::builder()
            .status(403)
            .body(Bytes::from_static(b"<html>hunter2"))
            .unwrap();
        let error = token(&asked(TOKEN), &page).unwrap();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(!error.message().contains("hunter2"));
    }

    #[test]
    fn a_metadata_service_says_what_is_missing() {
        let imds = asked("http://169.254.169.254/metadata/identity/oauth2/token");
        let body = json!({"error": "invalid_request", "error_description": "Identity not found"});
        let error = metadata(&imds, &answered(400, &body)).unwrap();
        assert_eq!(
            error.message(),
            "there is no such managed identity here (`invalid_request`, HTTP 400)"
        );
        let error = metadata(&imds, &answered(410, &Value::Null)).unwrap();
        assert_eq!(
            (error.kind(), error.retry()),
            (ErrorKind::Unavailable, Retry::Later)
        );
    }
}
