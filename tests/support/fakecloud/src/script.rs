//! Answers that a test lays down beforehand, given instead of the service's own.

use std::time::Duration;

use serde_json::json;

use crate::exchange::{Answer, Ask};
use crate::{entra, random};

/// An answer for the next requests of an operation; see [`crate::FakeCloud::script`].
///
/// It is given once, unless [`times`](Self::times) or [`always`](Self::always) say otherwise.
#[derive(Clone, Debug)]
pub struct Reply {
    answer: Answer,
    late: Duration,
    left: Option<u32>,
    text: Option<String>,
}

impl Reply {
    /// An answer without a body.
    pub fn status(status: u16) -> Self {
        Self::of(Answer::empty(status))
    }

    /// An answer with this body in JSON.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::of(Answer::json(status, body))
    }

    /// An answer as a proxy or a load balancer gives it: any body of any type.
    pub fn text(status: u16, content_type: &str, body: &str) -> Self {
        let mut answer = Answer::empty(status).header("content-type", content_type);
        body.clone_into(&mut answer.body);
        Self::of(answer)
    }

    /// 429 as Key Vault says it, with `Retry-After` in seconds.
    pub fn throttled(retry_after: u64) -> Self {
        let message = "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached";
        let body = json!({ "error": { "code": "Throttled", "message": message } });
        Self::json(429, &body).header("retry-after", &retry_after.to_string())
    }

    /// A refusal as the token endpoint of Entra says it: `Reply::entra(503, "temporarily_unavailable", 90033)`.
    pub fn entra(status: u16, error: &str, code: u32) -> Self {
        let id = random::guid();
        Self::of(entra::refusal(
            status,
            error,
            code,
            "A reply of the test.",
            0,
            &id,
        ))
    }

    /// An error as Key Vault says it: `Reply::vault(503, "ServiceUnavailable")`.
    pub fn vault(status: u16, code: &str) -> Self {
        let body = json!({ "error": { "code": code, "message": "A reply of the test." } });
        Self::json(status, &body)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.answer = self.answer.header(name, value);
        self
    }

    /// For so many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    /// For all requests from now on.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.left = None;
        self
    }

    /// Only for requests whose path or query holds this text, such as the name of a secret.
    #[must_use]
    pub fn naming(mut self, text: &str) -> Self {
        self.text = Some(text.to_owned());
        self
    }

    /// So much later than otherwise.
    #[must_use]
    pub fn late(mut self, delay: Duration) -> Self {
        self.late = delay;
        self
    }

    fn of(answer: Answer) -> Self {
        Self {
            answer,
            late: Duration::ZERO,
            left: Some(1),
            text: None,
        }
    }
}

/// The replies that are laid down, oldest first.
#[derive(Default)]
pub(crate) struct Scripts(Vec<(String, Reply)>);

impl Scripts {
    pub(crate) fn add(&mut self, operation: &str, reply: Reply) {
        self.0.push((operation.to_owned(), reply));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The reply to this request and how late it comes, which is then used up by one.
    pub(crate) fn take(&mut self, operation: &str, ask: &Ask) -> Option<(Answer, Duration)> {
        let applies = |(name, reply): &(String, Reply)| {
            names(name, operation)
                && reply.left != Some(0)
                && reply.text.as_ref().is_none_or(|text| {
                    ask.path.contains(text.as_str()) || ask.query.contains(text.as_str())
                })
        };
        let (_, reply) = self.0.iter_mut().find(|entry| applies(entry))?;
        if let Some(left) = &mut reply.left {
            *left -= 1;
        }
        Some((reply.answer.clone(), reply.late))
    }
}

/// Whether a name stands for an operation: itself, or the service it belongs to (`vault` for `vault.get`).
pub(crate) fn names(name: &str, operation: &str) -> bool {
    operation
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_an_operation_or_a_service() {
        assert!(names("vault.get", "vault.get"));
        assert!(names("vault", "vault.get"));
        assert!(!names("vault.g", "vault.get"));
        assert!(!names("vault.get", "vault"));
    }
}
