//! A request as the services look at it, and an answer as they give it, without anything of the connection.

use bytes::Bytes;
use http::{HeaderMap, Method, Version};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// What a client asks.
pub(crate) struct Ask {
    pub(crate) method: Method,
    /// In lower case, without a port.
    pub(crate) host: String,
    /// The host as it was written, with its port.
    pub(crate) authority: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) version: Version,
    pub(crate) connection: u64,
    pub(crate) secure: bool,
}

impl Ask {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The first parameter of this name in the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        find(&pairs(&self.query), name)
    }

    /// The parts of the path between its slashes, decoded; a slash at the end adds none.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// What follows `Bearer` in the header `Authorization`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The fields of a form, `application/x-www-form-urlencoded`.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }

    /// The body, or null when it is no JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether the host is this machine, which stands for any service.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
    }

    /// How this service was reached, for links that lead back: `https://shop.vault.azure.net`.
    pub(crate) fn origin(&self) -> String {
        if !self.is_local() {
            // Behind a proxy of the tests that takes TLS off, the real names still stand for https.
            return format!("https://{}", self.host);
        }
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }
}

/// The value of the first pair with this name.
pub(crate) fn find(pairs: &[(String, String)], name: &str) -> Option<String> {
    let (_, value) = pairs.iter().find(|(found, _)| found == name)?;
    Some(value.clone())
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// What a service says.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![(
                "content-type".into(),
                "application/json; charset=utf-8".into(),
            )],
            body: body.to_string(),
        }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_queries_are_decoded() {
        assert_eq!(
            pairs("scope=https%3A%2F%2Fvault.azure.net%2F.default+openid&empty=&bare&=x"),
            [
                ("scope", "https://vault.azure.net/.default openid"),
                ("empty", ""),
                ("bare", ""),
                ("", "x"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }
}
