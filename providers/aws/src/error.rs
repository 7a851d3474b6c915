//! What AWS's errors mean: told apart by type, code and status, never by their text, which is not shown either.

use std::{error, time::Duration};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use nuages_provider::{Error, ErrorKind, Retry};
use nuages_provider_http::TransportError;

/// What was asked, for messages: `ssm:GetParameters`, as policies write it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action(pub(crate) &'static str);

/// The failure of a whole call.
pub(crate) fn classify<E>(error: &SdkError<E, HttpResponse>, action: Action) -> Error
where
    E: error::Error + ProvideErrorMetadata + 'static,
{
    let status = error.raw_response().map(|raw| raw.status().as_u16());
    let wait = error
        .raw_response()
        .and_then(|raw| raw.headers().get("retry-after"))
        .and_then(|text| text.parse().ok())
        .map(Duration::from_secs);
    match error {
        SdkError::ServiceError(context) => answered(context.err().code(), status, wait, action),
        SdkError::ResponseError(_) => answered(None, status, wait, action),
        other => inner(other).unwrap_or_else(|| {
            Error::new(
                ErrorKind::Unavailable,
                format!("{} could not be asked", action.0),
            )
        }),
    }
}

/// An error of ours that the SDK carried through itself.
pub(crate) fn inner(error: &(dyn error::Error + 'static)) -> Option<Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(transport) = error.downcast_ref::<TransportError>() {
            return Some(transport.to_error());
        }
        if let Some(own) = error.downcast_ref::<Error>() {
            return Some(own.repeat());
        }
        next = error.source();
    }
    None
}

/// The class of an answer that is no success.
pub(crate) fn answered(
    code: Option<&str>,
    status: Option<u16>,
    wait: Option<Duration>,
    action: Action,
) -> Error {
    let status = status.unwrap_or(0);
    let later = wait.map_or(Retry::Later, Retry::After);
    // JSON services may write `com.amazonaws…#Code`, or `Code:http://…`.
    let code = code
        .and_then(|code| code.rsplit('#').next())
        .and_then(|code| code.split(':').next())
        .filter(|code| is_code(code));
    let Some(code) = code else {
        return if status >= 500 || status == 429 {
            let text = format!("{} was answered with HTTP {status}", action.0);
            Error::new(
                if status == 429 {
                    ErrorKind::RateLimited
                } else {
                    ErrorKind::Unavailable
                },
                text,
            )
            .with_retry(later)
        } else {
            let text = format!(
                "{} was answered with something that is not AWS's (HTTP {status})",
                action.0
            );
            Error::new(ErrorKind::Malformed, text)
                .with_hint("look at the endpoint, and at a proxy on the way")
        };
    };
    let kind = kind(code, status);
    let error = Error::new(kind, format!("`{code}` on {}", action.0));
    let error = match kind {
        ErrorKind::RateLimited | ErrorKind::Unavailable => error.with_retry(later),
        _ => error,
    };
    match hint(code) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn is_code(code: &str) -> bool {
    !code.is_empty()
        && code.len() <= 64
        && code
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_')
}

/// What a code means.
///
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html> and the pages of the operations.
fn kind(code: &str, status: u16) -> ErrorKind {
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "TooManyUpdates"
        | "SlowDown" => ErrorKind::RateLimited,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidIdentityToken"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "NotAuthorized"
        | "RequestExpired"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => ErrorKind::Unauthenticated,
        "AccessDenied"
        | "AccessDeniedException"
        | "DecryptionFailure"
        | "EncryptionFailure"
        | "InvalidKeyId"
        | "KMSAccessDeniedException"
        | "KMSDisabledException"
        | "KMSInvalidStateException"
        | "KMSNotFoundException"
        | "OptInRequired"
        | "RegionDisabledException"
        | "UnauthorizedOperation" => ErrorKind::PermissionDenied,
        "ParameterNotFound" | "ParameterVersionNotFound" | "ResourceNotFoundException" => {
            ErrorKind::NotFound
        }
        "ParameterAlreadyExists" | "ResourceExistsException" => ErrorKind::AlreadyExists,
        "InvalidParameterException"
        | "InvalidRequestException"
        | "ValidationException"
        | "ValidationError" => ErrorKind::InvalidReference,
        "InternalFailure"
        | "InternalServerError"
        | "InternalServiceError"
        | "IDPCommunicationError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => ErrorKind::Unavailable,
        _ => match status {
            429 => ErrorKind::RateLimited,
            401 => ErrorKind::Unauthenticated,
            403 => ErrorKind::PermissionDenied,
            500.. => ErrorKind::Unavailable,
            _ => ErrorKind::Unsupported,
        },
    }
}

fn hint(code: &str) -> Option<&'static str> {
    Some(match code {
        "ExpiredToken" | "ExpiredTokenException" => "log in again: these credentials have run out",
        "InvalidSignatureException" | "RequestExpired" | "SignatureDoesNotMatch" => {
            "look at the secret access key and at this machine's clock"
        }
        "InvalidAccessKeyId" | "InvalidClientTokenId" | "UnrecognizedClientException" => {
            "AWS does not know this access key: look whether it was deleted, and at the partition of the region"
        }
        "DecryptionFailure"
        | "InvalidKeyId"
        | "KMSAccessDeniedException"
        | "KMSDisabledException"
        | "KMSInvalidStateException"
        | "KMSNotFoundException" => {
            "the identity needs kms:Decrypt on the key, and the key must be enabled"
        }
        "InvalidRequestException" => {
            "the secret may be marked for deletion: `aws secretsmanager restore-secret` brings it back"
        }
        "EncryptionFailure" => {
            "the identity needs kms:GenerateDataKey on the key, and the key must be enabled"
        }
        _ => return None,
    })
}

/// Whether asking for each on its own may tell which one it was: a call for several fails as a whole by one of them.
pub(crate) fn may_be_one_of_several(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied
            | ErrorKind::InvalidReference
            | ErrorKind::NotFound
            | ErrorKind::Unsupported
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTION: Action = Action("ssm:GetParameters");

    #[test]
    fn codes_and_states_have_their_class() {
        for (code, status, kind) in [
            (Some("ThrottlingException"), 400, ErrorKind::RateLimited),
            (
                Some("com.amazonaws.ssm#ThrottlingException"),
                400,
                ErrorKind::RateLimited,
            ),
            (
                Some("ExpiredTokenException"),
                400,
                ErrorKind::Unauthenticated,
            ),
            (
                Some("UnrecognizedClientException"),
                400,
                ErrorKind::Unauthenticated,
            ),
            (
                Some("AccessDeniedException"),
                400,
                ErrorKind::PermissionDenied,
            ),
            (
                Some("AccessDeniedException:http://internal/"),
                400,
                ErrorKind::PermissionDenied,
            ),
            (Some("InvalidKeyId"), 400, ErrorKind::PermissionDenied),
            (Some("ResourceNotFoundException"), 400, ErrorKind::NotFound),
            (
                Some("ValidationException"),
                400,
                ErrorKind::InvalidReference,
            ),
            (Some("InternalServerError"), 500, ErrorKind::Unavailable),
            (
                Some("InvalidRequestException"),
                400,
                ErrorKind::InvalidReference,
            ),
            (Some("SomethingNew"), 400, ErrorKind::Unsupported),
            (Some("SomethingNew"), 403, ErrorKind::PermissionDenied),
            (Some("SomethingNew"), 503, ErrorKind::Unavailable),
            (None, 500, ErrorKind::Unavailable),
            (None, 429, ErrorKind::RateLimited),
            (None, 200, ErrorKind::Malformed),
            (None, 404, ErrorKind::Malformed),
        ] {
            let error = answered(code, Some(status), None, ACTION);
            assert_eq!(error.kind(), kind, "{code:?} {status}");
            let comes_again = matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable);
            assert_eq!(
                error.retry() != Retry::Never,
                comes_again,
                "{code:?} {status}"
            );
        }
    }

    #[test]
    fn a_code_that_is_none_is_not_shown() {
        let error = answered(Some("<b>hunter2</b>"), Some(400), None, ACTION);
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(!error.message().contains("hunter2"));
    }

    #[test]
    fn the_store_says_when() {
        let wait = Some(Duration::from_secs(7));
        let error = answered(Some("ThrottlingException"), Some(400), wait, ACTION);
        assert_eq!(error.retry(), Retry::After(Duration::from_secs(7)));
    }
}
