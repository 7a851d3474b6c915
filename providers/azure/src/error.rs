//! What Azure's errors mean: told apart by status and code, never by their text, which is not shown either.

use std::{error, time::Duration};

use azure_core::{Bytes, error::Error as SdkError};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nuages_provider::{Error, ErrorKind, Retry};
use serde_json::Value;

mod entra;
mod vault;

pub(crate) use entra::{metadata, token};
pub(crate) use vault::{refused_token, vault};

/// An error of ours that the SDK carried through itself; else that the SDK did not understand `what`.
pub(crate) fn told(error: &SdkError, what: &str) -> Error {
    inner(error).unwrap_or_else(|| {
        Error::new(ErrorKind::Malformed, format!("{what} is not understood"))
            .with_hint("look at a proxy on the way")
    })
}

/// An error of ours in the chain.
pub(crate) fn inner(error: &(dyn error::Error + 'static)) -> Option<Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(own) = error.downcast_ref::<Error>() {
            return Some(own.repeat());
        }
        // An I/O error hides what it wraps from `source`.
        if let Some(wrapped) = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            && let Some(own) = inner(wrapped)
        {
            return Some(own);
        }
        next = error.source();
    }
    None
}

/// The host that was asked, for messages.
fn host(request: &http::Request<Bytes>) -> String {
    nuages_provider_http::host_and_port(request.uri())
}

/// When to ask again, where the answer says so in seconds or as a date.
fn later(answer: &http::Response<Bytes>) -> Retry {
    let text = answer
        .headers()
        .get(http::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok());
    let Some(text) = text else {
        return Retry::Later;
    };
    if let Ok(seconds) = text.trim().parse() {
        return Retry::After(Duration::from_secs(seconds));
    }
    let Ok(date) = azure_core::time::parse_rfc7231(text) else {
        return Retry::Later;
    };
    let wait = date - azure_core::time::OffsetDateTime::now_utc();
    Retry::After(Duration::try_from(wait).unwrap_or_default())
}

/// A body as JSON; null where it is none.
fn json(answer: &http::Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap_or_default()
}

/// A code of an answer, where it is a word and nothing else: it is shown.
fn code(value: &Value) -> Option<&str> {
    value.as_str().filter(|code| {
        !code.is_empty()
            && code.len() <= 64
            && code
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
    })
}

/// What a server, or something on the way to it, answers when it is down or overwhelmed.
fn by_status(host: &str, answer: &http::Response<Bytes>) -> Error {
    let status = answer.status().as_u16();
    match status {
        429 => Error::new(
            ErrorKind::RateLimited,
            format!("`{host}` asks for fewer requests"),
        )
        .with_retry(later(answer)),
        408 | 500.. => Error::new(
            ErrorKind::Unavailable,
            format!("`{host}` answered with HTTP {status}"),
        )
        .with_retry(later(answer)),
        _ => Error::new(
            ErrorKind::Malformed,
            format!("`{host}` answered with something that is not Azure's (HTTP {status})"),
        )
        .with_hint("look at a proxy on the way"),
    }
}

/// The claims of the bearer token that a request carried.
fn sent_claims(request: &http::Request<Bytes>) -> Option<crate::claims::Claims> {
    let header = request.headers().get(http::header::AUTHORIZATION)?;
    let token = header.to_str().ok()?.strip_prefix("Bearer ")?;
    crate::claims::Claims::read(token)
}

/// The scope `resource/.default` of a resource.
pub(crate) fn scope(resource: &str) -> String {
    format!("{}/.default", resource.trim_end_matches('/'))
}

/// A part of a JWT.
pub(crate) fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}
